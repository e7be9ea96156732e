"""The command `rag`.  Each subcommand loads what it needs when it runs, so that asking starts fast.

Exit codes: 0 done (a refusal is an answer too); 1 an error, said in one sentence; 2 wrong usage; 3 done, but some
files were skipped or a check found damage; 130 interrupted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.errors import Interrupted, QuestionError, RagError

if TYPE_CHECKING:
    from rich.console import Console

    from rag.types import Filters, Span

OK, ERROR, USAGE, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130


def _exit(code: int, **_: object) -> None:
    raise typer.Exit(code)


app = typer.Typer(
    name="rag",
    result_callback=_exit,
    help="Ask questions of your own articles: verbatim quotes with their source, or an honest refusal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done; 1 error; 2 wrong usage; 3 done, but files were skipped or damage was found; "
    "130 interrupted.",
)


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


def _console(*, error: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=False)


def _json(plain: Any) -> None:
    typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))


def _filters(after: str | None, before: str | None, sources: list[str] | None, articles: list[str] | None) -> Filters:
    from rag.types import Filters

    return Filters(_day(after, "--after"), _day(before, "--before"), tuple(sources or ()), tuple(articles or ()))


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise QuestionError(f"{option} {text!r} is not a date; write it as YYYY-MM-DD.") from None


@app.command()
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
    """Add the articles under PATHS (.txt .md .html .jsonl .jsonl.gz); only new and changed ones are embedded."""
    from index.command import Order, run

    order = Order(model, chunk_tokens, overlap, prune, rebuild)
    report = run(paths or [], library or default_library(), order, _console(error=True))
    if as_json:
        _json(asdict(report) | {"skipped": report.skipped})
    return INCOMPLETE if report.skipped else OK


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.", show_default=False)],
    library: LibraryOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    source: SourceOption = None,
    article: ArticleOption = None,
    as_of: AsOfOption = None,
    reader: ReaderOption = None,
    reranker: RerankerOption = None,
    min_confidence: Annotated[
        float | None, typer.Option(help="Withhold answers less likely to be right than this.", min=0, max=1)
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Answer a question with verbatim quotes and their sources, or say that the articles do not answer it."""
    import rag
    from rag.terminal import show_answer

    folder = library or default_library()
    with rag.open(folder, reader=reader, reranker=reranker) as opened:
        own = opened.settings
        settings = own if min_confidence is None else replace(own, min_confidence=min_confidence)
        filters = _filters(after, before, source, article)
        answer = opened.ask(question, as_of=_day(as_of, "--as-of"), filters=filters, settings=settings)
    if as_json:
        _json(answer.to_dict())
    else:
        show_answer(_console(), answer, folder)
    return OK


@app.command()
def replay(
    answer: Annotated[
        Path, typer.Argument(metavar="ANSWER.json", help="What rag ask --json printed.", show_default=False)
    ],
    library: LibraryOption = None,
    reader: ReaderOption = None,
    reranker: RerankerOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask a saved answer's question again as it was asked then, and tell every difference (exit code 3)."""
    import rag
    from rag.replay import replay as ask_again
    from rag.terminal import show_replay
    from rag.types import to_plain

    with rag.open(library or default_library(), reader=reader, reranker=reranker) as opened:
        found = ask_again(answer, opened)
    if as_json:
        _json(to_plain(asdict(found)))
    else:
        show_replay(_console(), found)
    return INCOMPLETE if found.differences else OK


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words or a question.", show_default=False)],
    library: LibraryOption = None,
    k: Annotated[int, typer.Option("-k", help="How many passages.", min=1, max=100)] = 10,
    after: AfterOption = None,
    before: BeforeOption = None,
    source: SourceOption = None,
    article: ArticleOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the passages closest to a query."""
    import rag
    from rag.terminal import show_passages

    with rag.open(library or default_library()) as opened:
        result = opened.search(query, k=k, filters=_filters(after, before, source, article))
    if as_json:
        _json(result.to_dict())
    else:
        show_passages(_console(), result.passages)
    return OK


@app.command("list")
def list_(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """List the articles, newest first."""
    import rag
    from rag.terminal import show_list
    from rag.types import to_plain

    with rag.open(library or default_library()) as opened:
        if as_json:
            kept = ("id", "title", "source", "url", "published", "origin")
            rows = ({name: getattr(article, name) for name in kept} for article in opened.articles())
            _json([to_plain(row) for row in rows])
        else:
            show_list(_console(), opened.articles())
    return OK


@app.command()
def show(
    article: Annotated[str, typer.Argument(help="The article's id (see rag list).", show_default=False)],
    library: LibraryOption = None,
    quote: Annotated[str | None, typer.Option(help="Highlight these characters, START-END.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Show one article as it is stored, with a quote highlighted."""
    import rag
    from rag.terminal import show_article
    from rag.types import to_plain

    with rag.open(library or default_library()) as opened:
        found = opened.article(article)
    if as_json:
        _json(to_plain(asdict(found)))
    else:
        show_article(_console(), found, _range(quote, len(found.text)))
    return OK


def _range(quote: str | None, length: int) -> Span | None:
    from rag.types import Span

    if quote is None:
        return None
    start, _, end = quote.partition("-")
    if not (start.isdecimal() and end.isdecimal() and int(start) < int(end) <= length):
        raise QuestionError(f"--quote {quote!r} is not a range START-END within the article's {length} characters.")
    return Span(int(start), int(end))


@app.command()
def remove(
    articles: Annotated[list[str], typer.Argument(help="Ids of articles (see rag list).", show_default=False)],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Remove articles from the library; their files are not touched."""
    from index.sync import remove as remove_articles

    report = remove_articles(articles, library or default_library())
    if as_json:
        _json(asdict(report))
    else:
        _console(error=True).print(f"Removed {report.removed}; articles left: {report.unchanged}.")
    return OK


@app.command()
def verify(
    library: LibraryOption = None,
    sample: Annotated[int, typer.Option(help="How many vectors to encode again.", min=0)] = 32,
    as_json: JsonOption = False,
) -> int:
    """Check every file, row and offset of the library, and a sample of its vectors."""
    from rag.verify import verify as check

    report = check(library or default_library(), sample=sample)
    if as_json:
        _json(asdict(report))
    else:
        for found in report.checks:
            mark = "[green]ok [/]" if found.ok else "[red]BAD[/]"
            _console().print(f"{mark} {found.name}: ", end="")
            _console().print(found.detail, markup=False)
    return OK if report.ok else INCOMPLETE


@app.command()
def repair(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Rebuild damaged indexes from the stored articles and vectors; name the articles that cannot be saved."""
    from index.command import show_repair
    from index.repair import repair as mend

    report = mend(library or default_library())
    if as_json:
        _json(asdict(report))
    else:
        show_repair(report, _console(error=True))
    return INCOMPLETE if report.lost else OK


@app.command()
def ui(
    library: LibraryOption = None,
    host: Annotated[str, typer.Option(help="Only addresses of this machine are accepted.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = False,
) -> int:
    """Serve the page, to this machine only, until Ctrl-C."""
    from ui.app import serve

    console = _console(error=True)
    serve(
        library or default_library(), host=host, port=port, open_browser=open_browser,
        on_ready=lambda url: console.print(f"The page is at {url}  (stop it with Ctrl-C)"),
    )  # fmt: skip
    return OK


@app.command("eval", add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def eval_(context: typer.Context) -> int:
    """Ask a set of questions, score the answers, compare runs (see rag eval --help)."""
    from eval.cli import main as judge

    return judge(context.args)


@app.command()
def version() -> int:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(f"article-rag {installed('article-rag')}")
    return OK


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code.  Errors of article-rag are one sentence on stderr."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else OK
    except RagError as error:
        typer.echo(str(error), err=True)
        return INTERRUPTED if isinstance(error, Interrupted) else ERROR
    return OK
