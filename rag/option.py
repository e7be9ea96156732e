"""What the subcommands of `rag` share: options, exit codes, and how they print."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

OK, ERROR, USAGE, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130


def default_library() -> Path:
    """$ARTICLE_RAG_LIBRARY, else a folder among the user's data."""
    from platformdirs import user_data_path

    chosen = os.environ.get("ARTICLE_RAG_LIBRARY")
    return Path(chosen) if chosen else user_data_path("article-rag") / "library"


LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        "-l",
        help="The library's folder [default: $ARTICLE_RAG_LIBRARY or the user's data folder]",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
AfterOption = Annotated[str | None, typer.Option("--after", help="Only articles published on or after YYYY-MM-DD.")]
BeforeOption = Annotated[str | None, typer.Option("--before", help="Only articles published on or before YYYY-MM-DD.")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Only this source (may be repeated).")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Answer as on YYYY-MM-DD: nothing published later is seen [default: today]."),
]
ReaderOption = Annotated[
    str | None,
    typer.Option(help="A Hugging Face question-answering model, by name or path, instead of the reader in the box."),
]
RerankerOption = Annotated[
    str | None, typer.Option(help="A sentence-transformers CrossEncoder, by name or path, that ranks what is read.")
]
ArticleOption = Annotated[list[str] | None, typer.Option("--article", help="Only this article id (may be repeated).")]


def console(*, error: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=False)


def print_json(plain: Any) -> None:
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
