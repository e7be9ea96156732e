"""A passage as a card: where the words come from, and the words."""

from __future__ import annotations

from rag.types import Passage, Span
from ui.copies import number
from ui.markup import DOT, esc, marked, origin

WHOLE = 1_400
"""A passage of up to so many characters is shown whole."""


def card(passage: Passage, *, scores: bool = False) -> str:
    """One passage; its title opens the article at it."""
    end = len(passage.text) if len(passage.text) <= WHOLE else _at_space(passage.text, WHOLE)
    noise = [Span(mark.start - passage.start, mark.end - passage.start) for mark in passage.noise]
    after = " …" if end < len(passage.text) else ""
    opens = f'data-article="{esc(passage.article_id)}" data-start="{passage.start}" data-end="{passage.end}"'
    title = f'<a class="rag-open" href="#rag-source" {opens}>{esc(passage.title) or "Untitled"}</a>'
    body = f'<p class="rag-text" dir="auto">{marked(passage.text[:end], noise)}{after}</p>'
    return (
        f'<article class="rag-passage"><header><h4 class="rag-title" dir="auto">{title}</h4>{byline(passage)}</header>'
        f"{body}{_scores(passage) if scores else ''}</article>"
    )


def byline(about: Passage) -> str:
    """Source, date and link to the original, those that are known, and how many copies there are besides."""
    shown = DOT.join(part for part in (origin(about.source, about.published, about.url), number(about)) if part)
    return f'<p class="rag-byline">{shown}</p>' if shown else ""


def _scores(passage: Passage) -> str:
    parts = [f"score {passage.score:.4f}"]
    parts += [f"meaning {passage.dense:.3f}"] if passage.dense is not None else []
    parts += [f"words {passage.lexical:.2f}"] if passage.lexical is not None else []
    why = "Fused score; cosine similarity of meaning; BM25 of words. Higher is closer."
    return f'<p class="rag-scores" title="{why}">{" · ".join(parts)}</p>'


def _at_space(text: str, offset: int) -> int:
    """The nearest white space at or after `offset`, at most 40 characters on, so that no word is cut."""
    return next((i for i in range(offset, min(offset + 40, len(text))) if text[i].isspace()), offset)
