"""The copies of an article's text as HTML: folded, each with a way to open it."""

from __future__ import annotations

from rag.copies import Copies
from rag.types import Citation, Copy, Passage
from ui.markup import DOT, esc, origin


def standing(original: bool, newest: bool) -> str:
    """What an article is among its copies, "" for one between the first and the last."""
    return "original" if original else "newest" if newest else ""


def also(citation: Citation, turn: int) -> str:
    """The copies of a citation's article; a link opens one beside the answer, at the quote where it holds that."""
    rows = "".join(
        f'<li><a class="rag-open" href="#turn-{turn}" data-article="{esc(copy.article_id)}" '
        f'data-start="{copy.start}" data-end="{copy.end}" dir="auto">{_title(copy)}</a>'
        f'<span class="rag-byline">{_about(copy, "" if copy.end else "worded differently")}</span></li>'
        for copy in citation.copies
    )
    return _folded(rows, len(citation.copies), citation.more_copies)


def family(copies: Copies) -> str:
    """The copies of an article that is being read; a button opens one in its place."""
    rows = "".join(
        f'<li><button type="button" class="rag-plain rag-read" data-article="{esc(copy.article_id)}" dir="auto">'
        f'{_title(copy)}</button><span class="rag-byline">{_about(copy)}</span></li>'
        for copy in copies.others
    )
    return _folded(rows, len(copies.others), copies.more)


def number(passage: Passage) -> str:
    """How many other copies a passage's article has, for its byline."""
    return _counted(passage.copies) if passage.copies else ""


def _counted(others: int) -> str:
    return "1 other copy" if others == 1 else f"{others:,} other copies"


def _folded(rows: str, named: int, more: int) -> str:
    if not rows:
        return ""
    rest = f"<li>and {more:,} more</li>" if more else ""
    summary = f"{_counted(named + more)} of this text"
    return f'<details class="rag-also"><summary>{summary}</summary><ul>{rows}{rest}</ul></details>'


def _title(copy: Copy) -> str:
    return esc(copy.title) or "Untitled"


def _about(copy: Copy, *notes: str) -> str:
    where = origin(copy.source, copy.published, copy.url, undated="undated")
    return DOT.join(part for part in (where, standing(copy.original, copy.newest), *notes) if part)
