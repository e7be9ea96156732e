"""The frozen dataclasses that cross modules.  All offsets are characters (code points) of `Article.text`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from rag.errors import QuestionError

SCHEMA_VERSION = 3
"""Version of the JSON form of `Answer` (Python, `--json` and the page share it)."""

MAX_QUESTION_CHARS = 4_000


class Span(NamedTuple):
    """Half-open range of characters `[start, end)` of an article's stored text."""

    start: int
    end: int


NoiseKind = Literal["title", "kicker", "teaser", "navigation", "byline"]
"""Why a line of a page is not part of its article's body."""


class Noise(NamedTuple):
    """A range of the stored text that is on the page but not in the article's body."""

    start: int
    end: int
    kind: NoiseKind


MarkKind = Literal["page", "heading"]


class Mark(NamedTuple):
    """A range of the stored text where a page begins, or that is a heading; `label` names the page or the section.

    What `label` says holds from `start` to the next mark of the same kind.
    """

    start: int
    end: int
    kind: MarkKind
    label: str


@dataclass(frozen=True, slots=True)
class Article:
    """One stored article.  `text` is what was read, normalised once (NFC, `\\n` line ends), never changed.

    `language` is an ISO 639 code, None where it is not known; `marks` are the pages and headings, by their start.
    """

    id: str
    title: str
    text: str
    source: str | None = None
    url: str | None = None
    published: date | None = None
    origin: str = ""
    noise: tuple[Noise, ...] = ()
    author: str | None = None
    language: str | None = None
    marks: tuple[Mark, ...] = ()

    def at(self, kind: MarkKind, place: int) -> str | None:
        """The page or section in which a character stands, None where that is not known."""
        labels = [mark.label for mark in self.marks if mark.kind == kind and mark.start <= place]
        return labels[-1] if labels else None

    def pages(self, start: int, end: int) -> str | None:
        """The page of a range of characters, or the first and the last of several; None where there are none."""
        first, last = self.at("page", start), self.at("page", max(start, end - 1))
        return first if first == last or first is None else f"{first}–{last}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A contiguous piece of an article's body: `article.text[start:end]`."""

    article_id: str
    ordinal: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What may be retrieved; applied before top-k in both retrievers.  Empty tuples and None mean "any".

    `published_after` and `published_before` are inclusive; an undated article passes neither.  `as_of` leaves out
    what was published after that day; an undated article passes.
    """

    published_after: date | None = None
    published_before: date | None = None
    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    as_of: date | None = None

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved range of one article: one chunk, or overlapping and neighbouring chunks merged.

    `score` is the fused score (higher is better); `dense` the best cosine and `lexical` the best BM25 of
    its chunks, None where that retriever did not return any of them.  `copies` counts the other copies of its article
    that the filters allow; their passages that say the same are left out.
    """

    article_id: str
    title: str
    source: str | None
    url: str | None
    published: date | None
    start: int
    end: int
    text: str
    score: float
    dense: float | None = None
    lexical: float | None = None
    noise: tuple[Noise, ...] = ()
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """Another copy or version of an article's text.

    `original`: published first of all; `newest`: published last or, where all are of one day, the original.  The quote
    whose citation it stands with is its `text[start:end]`; both are 0 where it does not hold the quote word for word.
    """

    article_id: str
    title: str
    source: str | None
    url: str | None
    published: date | None
    original: bool
    newest: bool
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote: `quote == library.article(article_id).text[start:end]`, checked before it leaves `rag`.

    `copies` are the other copies of the article that the filters allow and the answer does not cite itself, at most 20;
    `more_copies` counts those beyond.  All are one source.  `original` and `newest` say what the cited article is among
    them, as in `Copy`; both are true of an article without copies.
    """

    number: int
    article_id: str
    title: str
    source: str | None
    url: str | None
    published: date | None
    start: int
    end: int
    quote: str
    copies: tuple[Copy, ...] = ()
    more_copies: int = 0
    original: bool = True
    newest: bool = True
    author: str | None = None
    page: str | None = None
    """Where the quote begins, as the document itself names its pages; "3–4" if it runs on."""
    section: str | None = None
    """The heading under which the quote stands."""

    def place(self, short: Short) -> Span | None:
        """Where a short answer stands in the quote, None where it does not."""
        if short.article_id == self.article_id and self.start <= short.start < short.end <= self.end:
            return Span(short.start - self.start, short.end - self.start)
        return None


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall time of each stage in milliseconds."""

    encode: float = 0.0
    dense: float = 0.0
    lexical: float = 0.0
    fuse: float = 0.0
    read: float = 0.0
    cite: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How a question is answered.  Defaults were chosen on `news-2024h2` (docs/evaluation.md)."""

    candidates: int = 100
    """Chunks taken from each retriever before fusion."""
    dense_weight: float = 1.0
    lexical_weight: float = 1.0
    rrf_k: int = 10
    """Constant of reciprocal rank fusion (Cormack et al., SIGIR 2009)."""
    read: int = 30
    """Chunks that are weighed for an answer; the 15 most promising of them are read."""
    rerank: bool = True
    """Whether reading and dates change the order of what was retrieved; an answer is read from the same chunks."""
    recency: float = 1.0
    """How much the date of an article counts, as a multiple of what was learned."""
    passages: int = 10
    """Passages that are told with the answer and, when nothing answers, shown."""
    max_citations: int = 3
    min_confidence: float = 0.16
    """An answer that is less likely right than this is withheld."""

    def __post_init__(self) -> None:
        counts = {
            "candidates": self.candidates, "read": self.read, "passages": self.passages,
            "max_citations": self.max_citations,
        }  # fmt: skip
        for name, value in counts.items():
            if not 1 <= value <= 10_000:
                raise QuestionError(f"{name} is {value}; it must be between 1 and 10,000.")
        if not 0 <= self.min_confidence <= 1:
            raise QuestionError(f"min_confidence is {self.min_confidence}; it must be between 0 and 1.")
        weights = (self.rrf_k, self.dense_weight, self.lexical_weight, self.recency)
        if not all(math.isfinite(weight) for weight in weights):
            raise QuestionError("rrf_k, recency and the weights of fusion must be finite numbers.")
        if min(self.rrf_k, self.dense_weight, self.lexical_weight, self.recency) < 0:
            raise QuestionError("rrf_k, recency and the weights of fusion must not be negative.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the pipeline knows of its best answer, whether it was given or not: what `confidence` is computed from.

    All zero where nothing was read.
    """

    answers: float = 0.0
    """The log-odds that the reader gives to the answer's passage answering the question."""
    pointed: float = 0.0
    """The same for each content term of the question: a long question is seldom met in every word."""
    highest: float = 0.0
    """The highest such log-odds of a passage."""
    relevant: float = 0.0
    """The log-odds that the passage is about the question."""
    chance: float = 0.0
    """The log probability of the answer's words within their passage."""
    share: float = 0.0
    """The answer's share of all that was proposed."""
    margin: float = 0.0
    """How far its share is ahead of the next answer's, as a logarithm."""
    agreeing: float = 0.0
    """The logarithm of how many articles give it, copies of one text counted once."""
    score: float = 0.0
    """The learned score of its passage."""
    dense: float = 0.0
    """The highest cosine of a passage."""
    lexical: float = 0.0
    """The highest BM25 of a passage, per content term of the question."""
    covered: float = 0.0
    """Share of the question's content terms, by weight, that occur in its passage or title; a word of the same family
    counts in part."""
    told: float = 0.0
    """The same share of its whole article, as far as that is looked at."""
    shown: float = 0.0
    """1 if the answer is of the kind asked for (a number, a name), 0 if not, 0.5 where that cannot be told."""
    strange: float = 0.0
    """Names of the question that no passage mentions."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an answer was made from: enough to ask the same question of the same library again."""

    library: str
    generation: int
    encoder: str
    version: str
    settings: Settings
    filters: Filters
    calibration: str = ""
    """Digest of what turned evidence into confidence."""
    reader: str = ""
    """What read the passages."""
    as_of: date | None = None
    """The day for which the question was answered: what is recent is so by it."""


@dataclass(frozen=True, slots=True)
class Short:
    """The words that answer, `library.article(article_id).text[start:end]`; they stand in citation `citation`."""

    text: str
    article_id: str
    start: int
    end: int
    citation: int


@dataclass(frozen=True, slots=True)
class Side:
    """One of several answers on which the sources differ; `citations` are the numbers of those that give it."""

    short: Short
    citations: tuple[int, ...]
    published: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a question: quotes with their sources, or a refusal with the closest passages.

    `answered` is False for a refusal; then `citations` is empty, `text` says that these articles do not answer,
    and `reason` says why.  `confidence` in [0, 1] is how likely the answer is right, or the one that was withheld
    would have been; `evidence` is what it was computed from.  `passages` are the best of those that were read.

    `short` are the words of the first citation that answer, None for a refusal and where the whole sentence does (yes
    or no, why, how).  Where sources differ, `sides` are the answers with their citations, newest first; else it is
    empty.  `revised` says that the sides are versions of one text, which was changed, and not independent sources.
    """

    question: str
    answered: bool
    text: str
    confidence: float
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    timings: Timings
    provenance: Provenance
    reason: str | None = None
    evidence: Evidence = Evidence()
    short: Short | None = None
    sides: tuple[Side, ...] = ()
    revised: bool = False
    schema: int = field(default=SCHEMA_VERSION)

    @property
    def shorts(self) -> tuple[Short, ...]:
        """The short answers of all sides or, where sources agree, the one."""
        return tuple(side.short for side in self.sides) or ((self.short,) if self.short else ())

    def to_dict(self) -> dict[str, Any]:
        """The versioned JSON form: only dicts, lists, strings, numbers, booleans and None; dates are ISO."""
        plain: dict[str, Any] = to_plain(asdict(self))
        return plain


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages for a query, best first, without reading them for an answer."""

    query: str
    passages: tuple[Passage, ...]
    timings: Timings
    provenance: Provenance

    def to_dict(self) -> dict[str, Any]:
        """JSON form, with the same conventions as `Answer.to_dict`."""
        plain: dict[str, Any] = to_plain(asdict(self))
        return plain


def to_plain(value: Any) -> Any:
    """`value` with tuples as lists, dates as ISO strings and noise as lists, ready for `json.dumps`."""
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
