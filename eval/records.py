"""What happened to one question: the facts from which every metric is computed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from eval.dataset import Question
from eval.text import contains
from rag.errors import ArticleNotFound, LoadError
from rag.types import Answer, Article, Citation, Passage, Timings, to_plain

DEPTH = 100
"""Chunks in which the first hit is looked for."""

Failure = Literal["not retrieved", "ranked low", "wrong sentence", "wrongly refused", "wrongly answered"]
"""Where a question went wrong; see `failure`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One question, judged.

    A hit is a chunk of a gold article that contains a gold answer (`eval.text.contains`).  Ranks start at 1
    and are None where nothing is found in the first `DEPTH` chunks, and for unanswerable questions.
    """

    question_id: str
    question: str
    tags: tuple[str, ...]
    answerable: bool
    answered: bool
    confidence: float
    hit_rank: int | None
    """Rank of the first hit."""
    article_rank: int | None
    """Rank of the first chunk of a gold article."""
    hit_read: bool
    """A hit is among the passages that were read for the answer."""
    answer_correct: bool
    """A gold answer stands inside one of the quotes."""
    citation_right: float | None
    """Fraction of the citations that are from gold articles; None without citations or when unanswerable."""
    verbatim: float | None
    """Fraction of the citations whose quote is the stored text at its offsets; None without citations."""
    quotes: tuple[str, ...]
    cited: tuple[str, ...]
    """Article ids of the citations, in their order."""
    reason: str | None
    timings: Timings

    def to_line(self) -> str:
        """One line of JSON, without the line end."""
        return json.dumps(to_plain(asdict(self)), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> Record:
        """The record that `to_line` wrote.  Raises `LoadError` for what is not JSON or has other fields."""
        try:
            row: dict[str, Any] = json.loads(line)
            row["timings"] = Timings(**row["timings"])
            return cls(**row | {name: tuple(row[name]) for name in ("tags", "quotes", "cited")})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LoadError(f"found a line that is not a record of `rag eval` ({error!r}): {line[:60]}") from None


def judge(
    question: Question,
    answer: Answer,
    hits: Sequence[Passage],
    article: Callable[[str], Article],
) -> Record:
    """The record of one question from its answer and its chunks in rank order.

    `article` reads a stored article by its id; a citation of one that it does not find is not verbatim.
    """
    citations = answer.citations
    right = [float(citation.article_id in question.articles) for citation in citations]
    exact = [float(_is_verbatim(citation, article)) for citation in citations]
    is_hit = [_is_hit(question, passage) for passage in hits[:DEPTH]]
    is_gold = [question.answerable and passage.article_id in question.articles for passage in hits[:DEPTH]]
    return Record(
        question_id=question.id,
        question=question.question,
        tags=question.tags,
        answerable=question.answerable,
        answered=answer.answered,
        confidence=float(answer.confidence),
        hit_rank=_first(is_hit),
        article_rank=_first(is_gold),
        hit_read=any(_is_hit(question, passage) for passage in answer.passages),
        answer_correct=any(contains(citation.quote, question.answers) for citation in citations),
        citation_right=_mean(right) if question.answerable else None,
        verbatim=_mean(exact),
        quotes=tuple(citation.quote for citation in citations),
        cited=tuple(citation.article_id for citation in citations),
        reason=answer.reason,
        timings=answer.timings,
    )


def failure(record: Record) -> Failure | None:
    """The first stage that lost the answer, or None where the question went well.

    - `not retrieved`: no hit in the first `DEPTH` chunks, nor among the passages read;
    - `ranked low`: a hit, but not among the passages read;
    - `wrongly refused`: a hit was read, and the answer withheld;
    - `wrong sentence`: a hit was read, and something else quoted;
    - `wrongly answered`: an answer to an unanswerable question.
    """
    if not record.answerable:
        return "wrongly answered" if record.answered else None
    if record.answered and record.answer_correct:
        return None
    if not record.hit_read:
        return "not retrieved" if record.hit_rank is None else "ranked low"
    return "wrong sentence" if record.answered else "wrongly refused"


def _is_hit(question: Question, passage: Passage) -> bool:
    return passage.article_id in question.articles and contains(passage.text, question.answers)


def _is_verbatim(citation: Citation, article: Callable[[str], Article]) -> bool:
    try:
        text = article(citation.article_id).text
    except ArticleNotFound:
        return False
    in_range = 0 <= citation.start < citation.end <= len(text)
    return in_range and text[citation.start : citation.end] == citation.quote


def _first(flags: Sequence[bool]) -> int | None:
    return next((rank for rank, flag in enumerate(flags, start=1) if flag), None)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
