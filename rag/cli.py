"""The command `rag`.  Each subcommand loads what it needs when it runs, so that asking starts fast.

Exit codes: 0 done (a refusal is an answer too); 1 an error, said in one sentence; 2 wrong usage; 3 done, but some
files were skipped or a check found damage; 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag import upkeep
from rag.errors import Interrupted, QuestionError, RagError
from rag.option import (
    ERROR,
    INCOMPLETE,
    INTERRUPTED,
    OK,
    AfterOption,
    ArticleOption,
    AsOfOption,
    BeforeOption,
    JsonOption,
    LibraryOption,
    ReaderOption,
    RerankerOption,
    SourceOption,
    console,
    default_library,
    print_json,
)

if TYPE_CHECKING:
    from rag.types import Filters, Span


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


upkeep.add(app)


def _filters(after: str | None, before: str | None, sources: list[str] | None, articles: list[str] | None) -> Filters:
    from rag.types import Filters

    return Filters(_day(after, "--after"), _day(before, "--before"), tuple(sources or ()), tuple(articles or ()))


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise QuestionError(f"{option} {text!r} is not a date; write it as YYYY-MM-DD.") from None


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
        print_json(answer.to_dict())
    else:
        show_answer(console(), answer, folder)
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
        print_json(to_plain(asdict(found)))
    else:
        show_replay(console(), found)
    return INCOMPLETE if found.differences else OK


@app.command()
def check(
    answer: Annotated[
        Path, typer.Argument(metavar="ANSWER.json", help="What rag ask --json printed.", show_default=False)
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say for each citation of a saved answer whether it is intact, changed or gone (exit code 3: not all intact)."""
    from rag.check import check as hold_against
    from rag.terminal import show_checked
    from rag.types import to_plain

    found = hold_against(answer, library or default_library())
    if as_json:
        print_json(to_plain(asdict(found) | {"ok": found.ok}))
    else:
        show_checked(console(), found)
    return OK if found.ok else INCOMPLETE


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
        print_json(result.to_dict())
    else:
        show_passages(console(), result.passages)
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
            print_json([to_plain(row) for row in rows])
        else:
            show_list(console(), opened.articles())
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
        print_json(to_plain(asdict(found)))
    else:
        show_article(console(), found, _range(quote, len(found.text)))
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
def ui(
    library: LibraryOption = None,
    host: Annotated[str, typer.Option(help="Only addresses of this machine are accepted.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = False,
) -> int:
    """Serve the page, to this machine only, until Ctrl-C."""
    from ui.app import serve

    said = console(error=True)
    serve(
        library or default_library(), host=host, port=port, open_browser=open_browser,
        on_ready=lambda url: said.print(f"The page is at {url}  (stop it with Ctrl-C)"),
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
