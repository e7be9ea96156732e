"""What happened to one question: the facts from which every metric is computed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

from eval.dataset import Question
from eval.text import contains
from rag.errors import ArticleNotFound, LoadError
from rag.examination import Examination
from rag.types import Article, Chunk, Citation, Evidence, Passage, Timings, to_plain

DEPTH = 100
"""Chunks in which hits are looked for."""


class Source(Protocol):
    """Where gold articles are read (`rag.library.Library`)."""

    def article(self, article_id: str, /) -> Article: ...
    def chunks(self, article_id: str, /) -> tuple[Chunk, ...]: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk of the ranking.  `relevant`: it is a chunk of a gold article and contains a gold answer."""

    article: str
    start: int
    end: int
    score: float
    relevant: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A passage that was read for the answer.  `relevant` as in `Hit`."""

    article: str
    title: str
    source: str | None
    published: str | None
    start: int
    end: int
    text: str
    relevant: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote of the answer, or the one that would have been given had the question not been refused."""

    article: str
    title: str
    start: int
    end: int
    text: str
    in_gold_article: bool
    has_answer: bool
    """A gold answer stands inside the quote."""
    verbatim: bool
    """The quote is the stored text at its offsets."""

    @property
    def supports(self) -> bool:
        """From a gold article, and with a gold answer in it."""
        return self.in_gold_article and self.has_answer


@dataclass(frozen=True, slots=True)
class Gold:
    """What the library holds of a question's gold articles."""

    indexed: tuple[str, ...]
    """Gold articles that are in the library."""
    has_answer: bool
    """The text of one of them contains a gold answer."""
    chunks: tuple[str, ...]
    """Their chunks that contain a gold answer, as `chunk_name` names them."""


@dataclass(frozen=True, slots=True)
class Record:
    """One question, judged.  Holds the gold answers too, so that a run can be read and scored without its set."""

    question_id: str
    question: str
    tags: tuple[str, ...]
    answerable: bool
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    grades: tuple[int, ...]
    gold: Gold
    answered: bool
    confidence: float
    evidence: Evidence
    quotes: tuple[Quote, ...]
    """Those of the answer; of a refused question, those that were withheld."""
    ranking: tuple[Hit, ...]
    """The first `DEPTH` chunks."""
    read: tuple[Read, ...]
    reason: str | None
    timings: Timings
    short: str = ""
    """The short answer, given or withheld; "" where the sentence as a whole is the answer."""

    @property
    def retrieval_only(self) -> bool:
        """There are gold articles but no gold answers: only the ranking of articles can be judged."""
        return self.answerable and not self.answers

    @property
    def has_answer(self) -> bool:
        """A gold answer stands in one of the quotes, given or withheld."""
        return self.answerable and any(quote.has_answer for quote in self.quotes)

    @property
    def right(self) -> bool:
        """It was answered, and a gold answer stands in one of the quotes."""
        return self.answered and self.has_answer

    @property
    def prediction(self) -> str:
        """The answer that is compared with the gold strings: the short one or, where there is none, the first quote.

        "" for a refusal.
        """
        return (self.short or self.quotes[0].text) if self.answered and self.quotes else ""

    @property
    def first_right(self) -> bool:
        """It was answered, and a gold answer stands in the first quote."""
        return self.answered and bool(self.quotes) and self.quotes[0].has_answer

    @property
    def hit_rank(self) -> int | None:
        """Rank, from 1, of the first relevant chunk."""
        return next((rank for rank, hit in enumerate(self.ranking, start=1) if hit.relevant), None)

    @property
    def hit_read(self) -> bool:
        """A relevant passage was read for the answer."""
        return any(passage.relevant for passage in self.read)

    def to_line(self) -> str:
        """One line of JSON, without the line end; hits as lists in the order of their fields."""
        plain = to_plain(asdict(self))
        plain["ranking"] = [list(hit.values()) for hit in plain["ranking"]]
        return json.dumps(plain, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_line(cls, line: str) -> Record:
        """The record that `to_line` wrote.  Raises `LoadError` for what is not JSON or has other fields."""
        try:
            row: dict[str, Any] = json.loads(line)
            if unknown := row.keys() - {field.name for field in fields(cls)}:
                raise ValueError(f"it has {', '.join(sorted(unknown))}")
            parsed: dict[str, Any] = {
                "timings": Timings(**row["timings"]),
                "evidence": _evidence(row["evidence"]),
                "gold": Gold(**{name: _frozen(value) for name, value in row["gold"].items()}),
                "quotes": tuple(Quote(**quote) for quote in row["quotes"]),
                "ranking": tuple(Hit(*hit) for hit in row["ranking"]),
                "read": tuple(Read(**passage) for passage in row["read"]),
            }
            # A run of an earlier version has no short answers.
            row.setdefault("short", "")
            record = cls(**{field.name: parsed.get(field.name, _frozen(row[field.name])) for field in fields(cls)})
            _check(record)
            return record
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LoadError(f"found a line that is not a record of `rag eval` ({error!r}): {line[:60]}") from None


def _evidence(row: dict[str, Any]) -> Evidence:
    """The signals that are still known: another reader had others."""
    if not isinstance(row, dict):
        raise ValueError(f"found {row!r}, expected the signals of `evidence`")
    return Evidence(**{field.name: row[field.name] for field in fields(Evidence) if field.name in row})


def chunk_name(article: str, start: int, end: int) -> str:
    """How a chunk is named in rankings and relevance judgements."""
    return f"{article}:{start}-{end}"


def gold_of(question: Question, source: Source) -> Gold:
    """What the library holds of the question's gold articles."""
    indexed, has_answer, chunks = [], False, []
    for name in question.articles if question.answerable else ():
        try:
            text = source.article(name).text
        except ArticleNotFound:
            continue
        indexed.append(name)
        has_answer = has_answer or contains(text, question.answers)
        chunks += [
            chunk_name(name, chunk.start, chunk.end)
            for chunk in source.chunks(name)
            if contains(text[chunk.start : chunk.end], question.answers)
        ]
    return Gold(tuple(indexed), has_answer, tuple(chunks))


def unasked(question: Question, reason: str, source: Source) -> Record:
    """The record of a question that the library does not take: refused, with nothing found."""
    return _record(
        question, gold_of(question, source),
        answered=False, confidence=0.0, evidence=Evidence(), quotes=(), ranking=(), read=(), reason=reason,
        timings=Timings(),
    )  # fmt: skip


def judge(question: Question, examined: Examination, source: Source) -> Record:
    """The record of one question.  A quote from an article that `source` does not have is not verbatim."""
    answer, gold = examined.answer, gold_of(question, source)
    relevant = frozenset(gold.chunks)
    return _record(
        question,
        gold,
        answered=answer.answered,
        confidence=float(answer.confidence),
        evidence=answer.evidence,
        quotes=tuple(_quote(question, citation, source) for citation in examined.quotes),
        ranking=tuple(
            Hit(c.article_id, c.start, c.end, round(c.score, 6), chunk_name(c.article_id, c.start, c.end) in relevant)
            for c in examined.ranking[:DEPTH]
        ),
        read=tuple(_read(question, passage) for passage in answer.passages),
        reason=answer.reason,
        timings=answer.timings,
        short=examined.short.text if examined.short else "",
    )


def _record(question: Question, gold: Gold, **found: Any) -> Record:
    return Record(
        question_id=question.id,
        question=question.question,
        tags=question.tags,
        answerable=question.answerable,
        answers=question.answers,
        articles=question.articles,
        grades=question.grades,
        gold=gold,
        **found,
    )


def _quote(question: Question, citation: Citation, source: Source) -> Quote:
    return Quote(
        article=citation.article_id,
        title=citation.title,
        start=citation.start,
        end=citation.end,
        text=citation.quote,
        in_gold_article=question.answerable and citation.article_id in question.articles,
        has_answer=contains(citation.quote, question.answers),
        verbatim=_is_verbatim(citation, source),
    )


def _read(question: Question, passage: Passage) -> Read:
    published = passage.published.isoformat() if passage.published else None
    return Read(
        passage.article_id, passage.title, passage.source, published,
        passage.start, passage.end, passage.text, _is_hit(question, passage),
    )  # fmt: skip


def _is_hit(question: Question, passage: Passage) -> bool:
    return question.answerable and passage.article_id in question.articles and contains(passage.text, question.answers)


def _is_verbatim(citation: Citation, source: Source) -> bool:
    try:
        text = source.article(citation.article_id).text
    except ArticleNotFound:
        return False
    in_range = 0 <= citation.start < citation.end <= len(text)
    return in_range and text[citation.start : citation.end] == citation.quote


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def load_records(lines: Sequence[str]) -> tuple[Record, ...]:
    """The records of a run, in its order; blank lines are skipped.  Raises `LoadError`, for an id that is twice too."""
    records = {}
    for line in lines:
        if line.strip():
            record = Record.from_line(line)
            if record.question_id in records:
                raise LoadError(f"found the question {record.question_id!r} twice")
            records[record.question_id] = record
    return tuple(records.values())


def _check(record: Record) -> None:
    """Raise ValueError for numbers that no run writes."""
    times = [getattr(record.timings, field.name) for field in fields(Timings)]
    signals = [getattr(record.evidence, field.name) for field in fields(Evidence)]
    for number in (record.confidence, *times, *signals, *(hit.score for hit in record.ranking)):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise ValueError(f"found {number!r}, expected a number")
    if not isinstance(record.short, str):
        raise ValueError(f"found {record.short!r}, expected the short answer as a string")
    if not 0 <= record.confidence <= 1:
        raise ValueError(f"found a confidence of {record.confidence}, expected 0 to 1")
    if record.grades and len(record.grades) != len(record.articles):
        raise ValueError("found another number of grades than of articles")
