"""An answer as a judge sees it: with the ranking behind it and what was withheld."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Answer, Citation, Short


@dataclass(frozen=True, slots=True)
class RankedChunk:
    """A chunk of an article at its place in a ranking; `score` is the fused score."""

    article_id: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Examination:
    """An answer with what a judge looks at besides.

    `ranking` are single chunks, best first; `quotes` are the citations of the answer or, where it was refused,
    those that were withheld; `short` is the short answer in them.
    """

    answer: Answer
    ranking: tuple[RankedChunk, ...]
    quotes: tuple[Citation, ...]
    short: Short | None = None
