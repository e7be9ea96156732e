"""The questions of a report: one row each, with what every run answered and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval import compare
from eval.cause import Cause
from eval.compare import RIGHT
from eval.excerpt import Excerpt, excerpt
from eval.records import Quote, Read, Record
from eval.run import Run

REFUSED = "rightly refused"
OUTCOMES = (RIGHT, REFUSED, *(kind.value for kind in Cause))
"""What can become of a question, as people read it."""

PASSAGE_CHARS, PASSAGE_LEAST, QUOTE_CHARS = 700, 120, 1_000
TEXT_BYTES, PASSAGES = 4_000_000, 6_000
"""How much passage text a report holds, and how many passages: with more, each is cut shorter and fewer are shown."""
RANKS_LEAST = 3
LISTED = 12
"""Gold answers and articles that are listed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many passages of each run are shown, besides relevant ones, and how many characters of each."""

    ranks: int
    chars: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage, at which rank each run read it (None: it did not), and its text."""

    passage: Read
    ranks: tuple[int | None, ...]
    text: Excerpt
    said: str
    """Whether it is relevant, in words; "" where no article is gold."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a quote should be, in words for what it is."""

    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A quote, given or withheld, with the checks that apply to the question."""

    title: str
    text: Excerpt
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run made of a question; None where it was not asked."""

    record: Record
    outcome: str
    quotes: tuple[Cited, ...]

    @property
    def failed(self) -> bool:
        return self.outcome not in {RIGHT, REFUSED}


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold article: its title where a run read or cited it, and whether it is in the library."""

    article: str
    title: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A question in all runs."""

    number: int
    asked: Record
    golds: tuple[Gold, ...]
    cells: tuple[Cell | None, ...]
    passages: tuple[Shown, ...]
    left_out: int
    """Passages that were read and are not among `passages`."""

    @property
    def held(self) -> tuple[Cell, ...]:
        """The cells of the runs that asked it."""
        return tuple(cell for cell in self.cells if cell)

    @property
    def changed(self) -> bool:
        """Not the same outcome in all runs that asked it."""
        return len({cell.outcome for cell in self.held}) > 1


def outcome(record: Record) -> str:
    """One of `OUTCOMES`."""
    found = compare.outcome(record)
    return REFUSED if found == RIGHT and not record.answerable else found


def question_rows(runs: Sequence[Run]) -> Iterator[Row]:
    """A row for each question, in the order of the runs; the same id with another text is another question."""
    columns = [{(record.question_id, record.question): record for record in run.records} for run in runs]
    limits = passage_limits(runs)
    for number, key in enumerate(dict.fromkeys(key for column in columns for key in column), start=1):
        yield _row(number, [column.get(key) for column in columns], limits)


def passage_limits(runs: Sequence[Run]) -> Limits:
    """Limits within which all passages stay within `PASSAGES` and `TEXT_BYTES`, relevant ones not counted."""
    reads = [record.read for run in runs for record in run.records]
    ranks = max((len(read) for read in reads), default=RANKS_LEAST)
    while ranks > RANKS_LEAST and sum(len(read[:ranks]) for read in reads) > PASSAGES:
        ranks -= 1
    texts = [passage.text[:PASSAGE_CHARS] for read in reads for passage in read[:ranks]]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    chars = PASSAGE_CHARS if size <= TEXT_BYTES else max(PASSAGE_CHARS * TEXT_BYTES // size, PASSAGE_LEAST)
    return Limits(ranks, chars)


def _row(number: int, records: Sequence[Record | None], limits: Limits) -> Row:
    held = [record for record in records if record]
    asked = held[0]
    titles = {quote.article: quote.title for record in held for quote in record.quotes}
    titles |= {passage.article: passage.title for record in held for passage in record.read}
    indexed = {name for record in held for name in record.gold.indexed}
    passages = tuple(_shown(records, limits))
    return Row(
        number=number,
        asked=asked,
        golds=tuple(Gold(name, titles.get(name, ""), name in indexed) for name in asked.articles),
        cells=tuple(None if record is None else _cell(record) for record in records),
        passages=passages,
        left_out=len({_place(passage) for record in held for passage in record.read}) - len(passages),
    )


def _cell(record: Record) -> Cell:
    return Cell(record, outcome(record), tuple(_cited(quote, record) for quote in record.quotes))


def _cited(quote: Quote, record: Record) -> Cited:
    checks = [Check(quote.verbatim, "verbatim" if quote.verbatim else "not verbatim")]
    if record.articles:
        said = "from a gold article" if quote.in_gold_article else "not from a gold article"
        checks.insert(0, Check(quote.in_gold_article, said))
    if record.answers:
        checks.insert(0, Check(quote.has_answer, "has a gold answer" if quote.has_answer else "no gold answer in it"))
    return Cited(quote.title, excerpt(quote.text, record.answers, QUOTE_CHARS), tuple(checks))


def _shown(records: Sequence[Record | None], limits: Limits) -> Iterator[Shown]:
    """The passages that any run read, by their best rank; one that several read is shown once."""
    ranks: dict[tuple[str, int, int], list[int | None]] = {}
    found: dict[tuple[str, int, int], tuple[Read, Record]] = {}
    for column, record in enumerate(records):
        for rank, passage in enumerate(record.read if record else (), start=1):
            if record and (rank <= limits.ranks or passage.relevant):
                found.setdefault(_place(passage), (passage, record))
                ranks.setdefault(_place(passage), [None] * len(records))[column] = rank
    for place in sorted(ranks, key=lambda place: min(rank for rank in ranks[place] if rank)):
        passage, record = found[place]
        text = excerpt(passage.text, record.answers, limits.chars)
        yield Shown(passage, tuple(ranks[place]), text, _relevance(passage, record))


def _relevance(passage: Read, record: Record) -> str:
    if passage.relevant:
        return "relevant: from a gold article, with a gold answer"
    if not record.articles:
        return ""
    return "from a gold article" if passage.article in record.articles else "not from a gold article"


def _place(passage: Read) -> tuple[str, int, int]:
    return passage.article, passage.start, passage.end
