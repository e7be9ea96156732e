"""The subcommands of `rag` that write a library or look after it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag.option import INCOMPLETE, OK, JsonOption, LibraryOption, console, default_library, print_json


def add(app: typer.Typer) -> None:
    """Give `app` these subcommands."""
    for command in (sync, status, index, remove, verify, repair):
        app.command()(command)


def sync(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files and folders to follow from now on, and addresses with --web.", show_default=False),
    ] = None,
    library: LibraryOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on whenever files change, until Ctrl-C.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try files again that could not be read.")] = False,
    reread: Annotated[bool, typer.Option("--reread", help="Read every file again, changed or not.")] = False,
    field: Annotated[
        list[str] | None, typer.Option(help="Where a table holds a field: text=COLUMN (may be repeated).")
    ] = None,
    forget: Annotated[str | None, typer.Option(help="No longer follow this place; its articles stay.")] = None,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Remove the articles of places that are empty or missing now.")
    ] = False,
    keep_versions: Annotated[
        int | None, typer.Option(help="Days for which the text that an edit replaces is kept.", min=0)
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="Fetch pages, feeds and sitemaps that are named.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Bring the library up to date with the places that it follows: what was added, edited, renamed, moved, deleted."""
    from index.follow import Order
    from index.table import mapping
    from index.terminal import Request, run_sync

    fields = mapping(field) if field else None
    how = Order(fields=fields, retry=retry, reread=reread, allow_empty=allow_empty, keep_days=keep_versions)
    request = Request(tuple(paths or ()), how, forget, dry_run, watch, web)
    report = run_sync(library or default_library(), request, console(error=True))
    if as_json:
        print_json(report.plain)
    return INCOMPLETE if report.skipped else OK


def status(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """What the library follows, and the files that could not be read, with reasons."""
    from index.follow import status as look
    from index.terminal import show_status
    from rag.types import to_plain

    found = look(library or default_library())
    if as_json:
        print_json(to_plain(asdict(found)))
    else:
        show_status(found, console())
    return OK


def index(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders with articles.", show_default=False)
    ] = None,
    library: LibraryOption = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="A sentence-transformers model, by name or path, for a new library."),
    ] = None,
    chunk_tokens: Annotated[int | None, typer.Option(help="Tokens of a chunk, for a new library.", min=24)] = None,
    overlap: Annotated[int | None, typer.Option(help="Tokens that neighbouring chunks share.", min=0)] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove articles whose files under PATHS are gone.")] = False,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Cut and embed all stored articles anew (after a change of model)."),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Add the articles under PATHS once (rag sync follows them); only new and changed ones are embedded."""
    from index.command import Order, run

    order = Order(model, chunk_tokens, overlap, prune, rebuild)
    report = run(paths or [], library or default_library(), order, console(error=True))
    if as_json:
        print_json(asdict(report) | {"skipped": report.skipped})
    return INCOMPLETE if report.skipped else OK


def remove(
    articles: Annotated[list[str], typer.Argument(help="Ids of articles (see rag list).", show_default=False)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Remove articles from the library; their files are not touched."""
    from index.sync import remove as remove_articles

    report = remove_articles(articles, library or default_library())
    if as_json:
        print_json(asdict(report))
    else:
        console(error=True).print(f"Removed {report.removed}; articles left: {report.unchanged}.")
    return OK


def verify(
    library: LibraryOption = None,
    sample: Annotated[int, typer.Option(help="How many vectors to encode again.", min=0)] = 32,
    as_json: JsonOption = False,
) -> int:
    """Check every file, row and offset of the library, and a sample of its vectors."""
    from rag.verify import verify as check

    report = check(library or default_library(), sample=sample)
    if as_json:
        print_json(asdict(report))
    else:
        for found in report.checks:
            mark = "[green]ok [/]" if found.ok else "[red]BAD[/]"
            console().print(f"{mark} {found.name}: ", end="")
            console().print(found.detail, markup=False)
    return OK if report.ok else INCOMPLETE


def repair(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Rebuild damaged indexes from the stored articles and vectors; name the articles that cannot be saved."""
    from index.command import show_repair
    from index.repair import repair as mend

    report = mend(library or default_library())
    if as_json:
        print_json(asdict(report))
    else:
        show_repair(report, console(error=True))
    return INCOMPLETE if report.lost else OK
