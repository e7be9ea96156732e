"""The Articles tab: what the library holds, one article with its passages, what the last sync did, adding, removing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.copies import Copies
from rag.errors import QuestionError
from rag.shelf import Order, Query, Row, Shelf
from rag.types import Article, Chunk, Span
from ui.ask import Desk, html
from ui.copies import family, standing
from ui.history import changes
from ui.markup import counted, day, esc, marked
from ui.parts import add_part, whole_number
from ui.port import LibraryPort
from ui.source import about
from ui.upload import Intake, add_upload

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI


SHOWN_CHARS = 60_000
"""Characters of an article that are shown at once."""
MOST_SOURCES = 2_000
"""Sources to choose from, those with the most articles."""
MOST_WORDS = 200
"""Characters of a search that are looked at."""

_ORDERS: dict[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "By title",
    "source": "By source",
}


# -- the list ----------------------------------------------------------------------------------------------------------


def listed(desk: Desk, asked: dict[str, str]) -> str:
    """A page of the articles that match `q`, `source`, `after` and `before`, by `sort`, number `page`."""
    desk.refresh()
    order: Order = next((order for order in _ORDERS if order == asked.get("sort")), "newest")
    after, before = _day(asked.get("after")), _day(asked.get("before"))
    if after and before and after > before:
        raise QuestionError(f"No day lies between {after} and {before}: exchange the two dates.")
    query = Query(
        asked.get("q", "")[:MOST_WORDS], asked.get("source", ""), after, before, order,
        whole_number(asked.get("page"), 1, least=1),
    )  # fmt: skip
    return _shelf(desk.library.shelf(query), query, desk.library.info.articles)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise QuestionError("The dates cannot be read: they are written YYYY-MM-DD.") from None


def _shelf(shelf: Shelf, query: Query, held: int) -> str:
    said = counted(shelf.total, "article") + (f" of {held:,}" if shelf.total != held else "")
    if not shelf.rows:
        sentence = "No article matches." if held else "This library holds no articles yet: add some above."
        return f'<div class="rag-page-of" data-said="{sentence}"><p class="rag-none">{sentence}</p></div>'
    rows = "".join(_row(row) for row in shelf.rows)
    heads = "".join(_head(label, orders, query.order) for label, orders in _HEADS)
    return (
        f'<div class="rag-page-of" data-said="{said}, page {shelf.page} of {shelf.pages}">'
        f'<p class="rag-total">{said}</p><table class="rag-shelf"><caption class="rag-sr">Articles, '
        f"{_ORDERS[query.order].lower()}</caption><thead><tr>{heads}"
        f'<th scope="col" class="rag-count-of">Passages</th><th scope="col"><span class="rag-sr">Remove</span></th>'
        f"</tr></thead><tbody>{rows}</tbody></table>{_pager(shelf)}</div>"
    )


_HEADS: tuple[tuple[str, tuple[Order, ...]], ...] = (
    ("Title", ("title",)),
    ("Source", ("source",)),
    ("Date", ("newest", "oldest")),
)


def _head(label: str, orders: tuple[Order, ...], now: Order) -> str:
    """A column's head, which orders by it; pressed again, the other way round where there is one."""
    following = orders[(orders.index(now) + 1) % len(orders)] if now in orders else orders[0]
    sorted_by = ""
    if now in orders:
        sorted_by = f' aria-sort="{"descending" if now == "newest" else "ascending"}"'
    return (
        f'<th scope="col"{sorted_by}><button type="button" class="rag-plain rag-sort" data-sort="{following}">'
        f"{label}</button></th>"
    )


def _row(row: Row) -> str:
    title = esc(row.title) or "Untitled"
    known = f'data-article="{esc(row.id)}"'
    return (
        f'<tr {known}><th scope="row" dir="auto"><button type="button" class="rag-plain rag-read" {known}>{title}'
        f'</button></th><td class="rag-from-source"><bdi>{esc(row.source or "")}</bdi></td>'
        f'<td class="rag-when">{day(row.published) if row.published else "undated"}</td>'
        f'<td class="rag-count-of">{row.chunks:,}<span class="rag-unit"> '
        f"{'passage' if row.chunks == 1 else 'passages'}</span></td>"
        f'<td><button type="button" class="rag-plain rag-remove" {known}>Remove<span class="rag-sr" dir="auto"> {title}'
        "</span></button></td></tr>"
    )


def _pager(shelf: Shelf) -> str:
    if shelf.pages == 1:
        return ""
    last = shelf.pages
    buttons = [
        ("First", 1, shelf.page > 1),
        ("Previous", shelf.page - 1, shelf.page > 1),
        ("Next", shelf.page + 1, shelf.page < last),
        ("Last", last, shelf.page < last),
    ]
    before, after = (
        "".join(
            f'<button type="button" class="rag-turn-page" data-page="{page}"{"" if usable else " disabled"}>{label}'
            "</button>"
            for label, page, usable in some
        )
        for some in (buttons[:2], buttons[2:])
    )
    where = f"<span>Page {shelf.page:,} of {last:,}</span>"
    return f'<nav class="rag-pager" aria-label="Pages of articles">{before}{where}{after}</nav>'


def sources(library: LibraryPort) -> str:
    """The sources to choose from."""
    options = "".join(
        f'<option value="{esc(name)}">{esc(name)} ({count:,})</option>'
        for name, count in list(library.sources())[:MOST_SOURCES]
    )
    return f'<option value="">All sources</option>{options}'


# -- one article -------------------------------------------------------------------------------------------------------


def read(library: LibraryPort, asked: dict[str, str]) -> str:
    """An article, or with `from` what follows of its text; `chunks` and `noise` are 1 where they are to be shown."""
    article = library.article(asked.get("article", ""))
    chunks = library.chunks(article.id)
    first = whole_number(asked.get("from"), 0, most=len(article.text))
    last = _end(article.text, first)
    shown = _text(article, chunks if asked.get("chunks") == "1" else (), Span(first, last), asked.get("noise") == "1")
    left = len(article.text) - last
    more = (
        f'<p class="rag-more"><button type="button" class="rag-plain rag-go-on" data-from="{last}">'
        f"Go on reading ({left:,} characters are left)</button></p>"
        if left
        else ""
    )
    text = f'<div class="rag-text" dir="auto">{shown}</div>{more}'
    if first:
        return text
    return (
        f'<article class="rag-whole" data-article="{esc(article.id)}"><header>'
        f'<h2 class="rag-reader-title" tabindex="-1" dir="auto">{esc(article.title) or "Untitled"}</h2>{about(article)}'
        f'<p class="rag-origin">{counted(len(chunks), "passage")} · {len(article.text):,} characters · '
        f"from <bdi>{esc(article.origin)}</bdi></p>{_copies(library.copies(article.id))}</header>"
        f"{_choices(article, len(chunks), asked)}{text}</article>"
    )


def _copies(copies: Copies) -> str:
    """What the article is among the copies of its text, and the others."""
    if not copies.others:
        return ""
    own = standing(copies.original, copies.newest)
    said = f'<p class="rag-byline">This is the {own} of {len(copies.others) + copies.more + 1:,} copies.</p>'
    return (said if own else "") + family(copies)


def _choices(article: Article, chunks: int, asked: dict[str, str]) -> str:
    boxes = [("chunks", f"Where passages begin and end ({chunks:,})")] if chunks else []
    if article.noise:
        boxes.append(("noise", f"Lines around the article, such as teasers and menus ({len(article.noise):,})"))
    return "".join(
        f'<label class="rag-show"><input type="checkbox" name="{name}"{" checked" if asked.get(name) == "1" else ""}>'
        f"{label}</label>"
        for name, label in boxes
    )


def _end(text: str, first: int) -> int:
    """Where the part that begins at `first` ends: at the last line that ends within its bounds, if one does."""
    last = min(first + SHOWN_CHARS, len(text))
    if last < len(text):
        line = text.rfind("\n", first + SHOWN_CHARS // 2, last)
        last = line + 1 if line >= 0 else last
    return last


def _text(article: Article, chunks: Sequence[Chunk], part: Span, noise: bool) -> str:
    """The part of an article's text, noise dimmed or left out, with the borders of `chunks`."""
    clutter = _clutter(article)
    starts = [span.start for span in clutter]
    borders: dict[int, str] = {}
    # An end before a start at the same place.
    for chunk in sorted(chunks, key=lambda chunk: chunk.end):
        borders[chunk.end] = borders.get(chunk.end, "") + _border(chunk, "ends")
    for chunk in sorted(chunks, key=lambda chunk: chunk.start):
        borders[chunk.start] = borders.get(chunk.start, "") + _border(chunk, "begins")
    edges = {*part, *borders, *(at for span in clutter for at in span)}
    places = sorted(at for at in edges if part.start <= at <= part.end)
    pieces: list[str] = []
    for start, end in zip(places, [*places[1:], part.end], strict=True):
        pieces.append(borders.get(start, "") if start < part.end or start == len(article.text) else "")
        around = bisect_right(starts, start) - 1
        dimmed = around >= 0 and start < clutter[around].end
        if end > start and (noise or not dimmed):
            pieces.append(marked(article.text[start:end], [Span(0, end - start)] if dimmed else []))
    return "".join(pieces)


def _clutter(article: Article) -> list[Span]:
    """The noise in order without overlaps, each with the white space after it, which would be left as a gap."""
    found: list[Span] = []
    for mark in sorted(article.noise):
        end = mark.end
        while end < len(article.text) and article.text[end].isspace():
            end += 1
        if found and mark.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, end))
        else:
            found.append(Span(mark.start, end))
    return found


def _border(chunk: Chunk, what: str) -> str:
    number = f"{chunk.ordinal + 1:,}"
    said = f'<span class="rag-sr">Passage </span>{number}<span class="rag-sr"> {what}. </span>'
    return f'<span class="rag-border rag-{what}">{said}</span>'


# -- the tab -----------------------------------------------------------------------------------------------------------


def add_routes(app: FastAPI, desk: Desk) -> None:
    """What the tab's script asks for."""
    add_part(app, "articles/list", lambda asked: listed(desk, asked))
    add_part(app, "articles/sources", lambda asked: sources(desk.library))
    add_part(app, "articles/read", lambda asked: read(desk.library, asked))
    add_part(app, "articles/changes", lambda asked: changes(desk.library))
    add_upload(app, desk)


def drop() -> str:
    """The place for files from the reader's machine, and what has become of them."""
    from index.load import SUFFIXES

    # A browser knows a file by the last of its endings.
    kinds = ",".join(sorted({f".{suffix.rpartition('.')[2]}" for suffix in SUFFIXES}))
    told = "Text, web pages, PDF, Word and OpenDocument, books, mail, tables and archives, up to 64 MB each"
    return (
        '<section class="rag-drop" aria-label="Add files"><p><label class="rag-pick">Choose files'
        f'<input type="file" class="rag-sr" multiple accept="{kinds}"></label> '
        "<span>or drop them anywhere on this tab</span></p>"
        f'<p class="rag-kinds">{told}</p>'
        '<ul class="rag-uploads" aria-label="Files"></ul></section>'
    )


def browser() -> str:
    """The list with its search and filters, and the place where an article is read; the page's script fills them."""
    orders = "".join(f'<option value="{order}">{label}</option>' for order, label in _ORDERS.items())
    return (
        '<div class="rag-browse"><details class="rag-history"><summary>What the last sync did</summary>'
        '<div class="rag-history-of"></div></details>'
        '<div class="rag-find" role="search" aria-label="Articles">'
        '<label class="rag-find-words">Search titles and sources'
        '<input type="search" name="q" autocomplete="off"></label>'
        '<label>Source<select name="source"><option value="">All sources</option></select></label>'
        '<label>From<input type="date" name="after" max="9999-12-31"></label>'
        '<label>To<input type="date" name="before" max="9999-12-31"></label>'
        f'<label>Sort<select name="sort">{orders}</select></label></div>'
        '<div class="rag-removal" role="group" aria-label="Articles to be removed" hidden><span role="status"></span>'
        '<button type="button" class="rag-plain rag-undo-all">Undo all</button>'
        '<button type="button" class="rag-commit">Remove now</button></div>'
        '<p class="rag-sr rag-said" role="status"></p><div class="rag-list"></div></div>'
        '<section class="rag-reader" aria-label="Article" hidden>'
        '<button type="button" class="rag-plain rag-back-to-list">← Back to the list</button>'
        '<div class="rag-reader-of"></div></section>'
    )


def build(desk: Desk, header: gr.HTML, talk: tuple[gr.HTML, gr.State]) -> None:
    """The tab's blocks, wired to `desk`; to be called inside its place on the page.

    `talk` is what `ask.build` gave.
    """
    import gradio as gr

    intake = Intake(desk)
    with gr.Column(elem_id="rag-articles"):
        with gr.Row(elem_id="rag-articles-add"):
            html(drop(), "rag-articles-drop")
            with gr.Row(elem_id="rag-articles-place"):
                path = gr.Textbox(
                    label="Folder or file on this machine",
                    placeholder="/home/me/articles",
                    lines=1,
                    max_lines=1,
                    max_length=4_000,
                    scale=1,
                    elem_id="rag-articles-path",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
                )
                add = gr.Button("Add", scale=0, min_width=88, elem_id="rag-articles-go")
                stop = gr.Button("Stop", scale=0, min_width=88, elem_id="rag-articles-stop")
        result = html("", "rag-articles-result")
        html(browser(), "rag-articles-page")
    order = gr.Textbox(visible="hidden", elem_id="rag-articles-order")
    carry_out = gr.Button("Carry out", visible="hidden", elem_id="rag-articles-carry-out")
    settings: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress_on": [result],
        "trigger_mode": "once",
        "concurrency_limit": 4,
    }
    # Gradio knows a tracker by the default of its parameter.
    tracker = gr.Progress()

    def ordered(written: str | None, progress: Any = tracker) -> tuple[str, str]:
        return intake.carry_out(written, lambda share, what: progress(share, desc=what)), desk.header()

    def typed(written: str | None, progress: Any = tracker) -> tuple[str, str]:
        return intake.add_path(written, lambda share, what: progress(share, desc=what)), desk.header()

    output, turns = talk
    adding = "(path) => window.rag.adding(path)"
    for job in (
        carry_out.click(ordered, [order], [result, header], **settings),
        gr.on([add.click, path.submit], typed, [path], [result, header], js=adding, **settings),
    ):
        job.then(desk.renewed, [turns], [output], api_visibility="private", show_progress="hidden")
    stop.click(intake.stop, api_visibility="private", show_progress="hidden")
