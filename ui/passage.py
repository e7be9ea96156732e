"""Passages as cards: where the words come from, and the quotes highlighted in their context."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Citation, Passage, Span
from ui.markup import day, esc, link, marked

WHOLE = 1_400
"""A passage of up to so many characters is shown whole."""
AROUND = 450
"""Characters of context kept on each side of the quotes of a longer passage."""


def card(passage: Passage, citations: Sequence[Citation] = (), *, scores: bool = False) -> str:
    """One passage with the quotes that `citations` (all from this passage) take from it."""
    window = _window(passage, citations)
    quotes = [(c.number, _within(c.start, c.end, passage, window)) for c in citations]
    noise = [_within(n.start, n.end, passage, window) for n in passage.noise]
    before = "… " if window.start > 0 else ""
    after = " …" if window.end < len(passage.text) else ""
    body = marked(passage.text[window.start : window.end], quotes, noise)
    return _article(
        passage,
        f'<p class="rag-text" dir="auto">{before}{body}{after}</p>',
        _scores(passage) if scores else "",
    )


def quote_card(citation: Citation) -> str:
    """A citation without its context, for when none of the passages holds the quote at its offsets."""
    body = marked(citation.quote, [(citation.number, Span(0, len(citation.quote)))], [])
    return _article(citation, f'<p class="rag-text" dir="auto">{body}</p>', "")


def holds(passage: Passage, citation: Citation) -> bool:
    """Whether `passage` contains exactly the quoted words at the cited offsets."""
    start = citation.start - passage.start
    return (
        passage.article_id == citation.article_id
        and start >= 0
        and passage.text[start : start + len(citation.quote)] == citation.quote
        and citation.end - citation.start == len(citation.quote)
    )


def _article(about: Passage | Citation, body: str, extra: str) -> str:
    title = f'<h3 class="rag-title" dir="auto">{esc(about.title) or "Untitled"}</h3>'
    return f'<article class="rag-passage"><header>{title}{_byline(about)}</header>{body}{extra}</article>'


def _byline(about: Passage | Citation) -> str:
    parts = [
        f"<bdi>{esc(about.source)}</bdi>" if about.source else "",
        day(about.published) if about.published else "",
        link(about.url),
    ]
    shown = '<span class="rag-dot" aria-hidden="true"> · </span>'.join(part for part in parts if part)
    return f'<p class="rag-byline">{shown}</p>' if shown else ""


def _scores(passage: Passage) -> str:
    parts = [f"score {passage.score:.4f}"]
    parts += [f"meaning {passage.dense:.3f}"] if passage.dense is not None else []
    parts += [f"words {passage.lexical:.2f}"] if passage.lexical is not None else []
    why = "Fused score; cosine similarity of meaning; BM25 of words. Higher is closer."
    return f'<p class="rag-scores" title="{why}">{" · ".join(parts)}</p>'


def _window(passage: Passage, citations: Sequence[Citation]) -> Span:
    """The range of `passage.text` to show: all of it, or the neighbourhood of its quotes."""
    size = len(passage.text)
    if size <= WHOLE:
        return Span(0, size)
    if not citations:
        return Span(0, _at_space(passage.text, WHOLE))
    first = min(c.start for c in citations) - passage.start - AROUND
    last = max(c.end for c in citations) - passage.start + AROUND
    start = _at_space(passage.text, first) if first > 0 else 0
    return Span(start, _at_space(passage.text, last) if last < size else size)


def _at_space(text: str, offset: int) -> int:
    """The nearest white space at or after `offset`, at most 40 characters on, so that no word is cut."""
    return next((i for i in range(offset, min(offset + 40, len(text))) if text[i].isspace()), offset)


def _within(start: int, end: int, passage: Passage, window: Span) -> Span:
    base = passage.start + window.start
    return Span(start - base, end - base)
