"""What a report says above its questions: the runs, their figures side by side, causes of failure, tags."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from markupsafe import Markup

from eval.cause import Cause
from eval.compare import Comparison, significant
from eval.curves import CauseShare, cause_shares
from eval.interval import Difference, Estimate, estimate, resamples
from eval.metrics import METRICS, Group, Metric, Summary, tabulate
from eval.records import Record
from eval.run import Run
from eval.svg import bar, marker, whiskers
from rag.types import Settings

TAGS_SHOWN = 40
TAG_FIGURES = ("hit@10", "answer_accuracy", "accuracy")

GROUPS: tuple[tuple[str, tuple[Group, ...], tuple[str, ...]], ...] = (
    ("Retrieval: chunks", ("chunks",), ("hit@1", "hit@5", "hit@10", "hit@100", "recall@100", "mrr@10", "ndcg@10")),
    (
        "Retrieval: articles", ("articles",),
        ("article_hit@1", "article_hit@5", "article_hit@10", "article_hit@100", "article_mrr@10", "article_ndcg@10"),
    ),
    ("Answers", ("answers",), ()),
    ("Citations", ("citations",), ()),
    ("Refusal", ("refusal",), ()),
    ("Confidence", ("confidence",), ()),
)  # fmt: skip
"""Title, groups of metrics, and those of them that show at once (none: all)."""


@dataclass(frozen=True, slots=True)
class Side:
    """How a run is told from the others; without others it has no letter."""

    letter: str
    name: str
    marker: Markup

    @property
    def label(self) -> str:
        """The name to draw with."""
        return f"{self.letter} {self.name}" if self.letter else ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition of every run, in words."""

    label: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Not the same for all runs."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Row:
    """A metric: its figure in every run and, of two runs, the difference with what it means in a word."""

    metric: Metric
    figures: tuple[Estimate, ...]
    drawing: Markup
    difference: Difference | None
    verdict: str

    @property
    def empty(self) -> bool:
        """No run has a question that counts."""
        return all(figure.n == 0 for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Card:
    """Figures that belong together; `more` are shown on demand."""

    title: str
    rows: tuple[Row, ...]
    more: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the questions of which answers are judged; `retrieval_only` are the others."""

    right: int
    wrong: int
    withheld: int
    refused: int
    answered: int
    retrieval_only: int

    @property
    def answerable(self) -> int:
        return self.right + self.wrong + self.withheld

    @property
    def unanswerable(self) -> int:
        return self.refused + self.answered


@dataclass(frozen=True, slots=True)
class Failing:
    """A cause of failure: how many questions of every run, and a bar for each."""

    cause: Cause
    shares: tuple[CauseShare, ...]
    bars: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag, and its figures (`TAG_FIGURES`) in every run."""

    tag: str
    counts: tuple[int, ...]
    figures: tuple[tuple[Estimate, ...], ...]


def sides(runs: Sequence[Run]) -> tuple[Side, ...]:
    """A letter, a name and a marker for each run; folders of the same name are told by their parents."""
    names = [run.folder.name or str(run.folder) for run in runs]
    if len(set(names)) < len(names):
        names = [str(Path(run.folder.parent.name, run.folder.name)) for run in runs]
    letters = [_letter(number) for number in range(len(runs))] if len(runs) > 1 else [""]
    return tuple(
        Side(letter, name, Markup(marker(series)))
        for series, (letter, name) in enumerate(zip(letters, names, strict=True))
    )


def facts(runs: Sequence[Run]) -> tuple[Fact, ...]:
    """Set, library, program, settings and machine of every run."""
    held = [run.conditions for run in runs]
    table = {
        "set": [f"{c.set_name} ({c.set_path}, sha256 {c.set_sha256[:12]})" for c in held],
        "questions": [_asked(run) for run in runs],
        "library": [f"{c.library}, generation {c.generation}" for c in held],
        "size": [f"{c.articles:,} articles, {c.chunks:,} chunks" for c in held],
        "chunks": [c.chunker for c in held],
        "encoder": [f"{c.encoder} ({c.encoder_fingerprint[:12]})" for c in held],
        "reader": [c.reader for c in held],
        "calibration": [c.calibration for c in held],
        "program": [f"article-rag {c.version}" + (f" at {c.revision}" if c.revision else "") for c in held],
        "started": [c.started for c in held],
        "asked": ["as on the day of each question" if c.dated else "as on the day of the run" for c in held],
        "machine": [_machine(run) for run in runs],
        "indexing": [_speed(c.index_chunks_per_second) for c in held],
    }
    for field in fields(Settings):
        values = [getattr(c.settings, field.name) for c in held]
        table[field.name] = [
            f"{value:g}" + ("" if value == field.default else " (not the default)") for value in values
        ]
    return tuple(Fact(label, tuple(values)) for label, values in table.items())


def cards(summaries: Sequence[Summary], comparison: Comparison | None) -> tuple[Card, ...]:
    """The key figures in groups; groups of which nothing is judged are left out."""
    found = []
    for title, groups, first in GROUPS:
        rows = [_row(metric, summaries, comparison) for metric in METRICS.values() if metric.group in groups]
        if not all(row.empty for row in rows):
            shown = tuple(row for row in rows if not first or row.metric.name in first)
            found.append(Card(title, shown, tuple(row for row in rows if row not in shown)))
    return tuple(found)


def latency_rows(summaries: Sequence[Summary], comparison: Comparison | None) -> tuple[Row, ...]:
    """The stages that took any time."""
    rows = [_row(metric, summaries, comparison) for metric in METRICS.values() if metric.group == "latency"]
    return tuple(row for row in rows if any(figure.value > 0 for figure in row.figures))


def tally(records: Sequence[Record]) -> Tally:
    """What became of the questions."""
    judged = [record for record in records if not record.retrieval_only]
    answerable = [record for record in judged if record.answerable]
    refused = sum(not record.answered for record in judged if not record.answerable)
    right, withheld = sum(r.right for r in answerable), sum(not r.answered for r in answerable)
    return Tally(
        right=right,
        wrong=len(answerable) - right - withheld,
        withheld=withheld,
        refused=refused,
        answered=len(judged) - len(answerable) - refused,
        retrieval_only=len(records) - len(judged),
    )


def failing(runs: Sequence[Run]) -> tuple[Failing, ...]:
    """Every cause in the order of the stages."""
    columns = [cause_shares(run.records) for run in runs]
    most = max((share.share.value for column in columns for share in column if share.count), default=1.0)
    return tuple(
        Failing(
            cause=shares[0].cause,
            shares=shares,
            bars=tuple(Markup(bar(share.share.value / most, series)) for series, share in enumerate(shares)),
        )
        for shares in zip(*columns, strict=True)
    )


def tag_names(runs: Sequence[Run]) -> list[str]:
    """The tags of all runs, the most frequent first."""
    counted = Counter(tag for run in runs for record in run.records for tag in set(record.tags))
    return sorted(counted, key=lambda tag: (-counted[tag], tag))


def tagged(runs: Sequence[Run], tags: Sequence[str]) -> tuple[Tagged, ...]:
    """Figures of the questions with each of `tags`; a question with two tags counts for both."""
    tables = [tabulate(run.records) for run in runs] if tags else []
    rows = []
    for tag in tags:
        held = [[number for number, r in enumerate(run.records) if tag in r.tags] for run in runs]
        figures = tuple(
            tuple(
                estimate(table[name][numbers], METRICS[name].statistic, resamples(len(numbers))) for name in TAG_FIGURES
            )
            for table, numbers in zip(tables, held, strict=True)
        )
        rows.append(Tagged(tag, tuple(len(numbers) for numbers in held), figures))
    return tuple(rows)


def verdict(metric: Metric, difference: Difference) -> str:
    """`better` or `worse` where the interval leaves 0 out and chance is unlikely, else `no clear difference`."""
    if math.isnan(difference.value):
        return "–"
    if not significant(difference):
        return "no clear difference"
    return "better" if metric.gains(difference.value) else "worse"


def _row(metric: Metric, summaries: Sequence[Summary], comparison: Comparison | None) -> Row:
    figures = tuple(summary.figures[metric.name] for summary in summaries)
    difference = comparison.differences[metric.name] if comparison else None
    return Row(
        metric=metric,
        figures=figures,
        drawing=Markup("" if metric.group == "latency" else whiskers(figures)),
        difference=difference,
        verdict=verdict(metric, difference) if difference else "",
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"R{number + 1}"


def _asked(run: Run) -> str:
    asked, planned = len(run.records), run.conditions.questions
    return f"{asked:,}" if asked == planned else f"{asked:,} of {planned:,}: the run is not complete"


def _machine(run: Run) -> str:
    held = asdict(run.conditions.machine)
    return "{processor}, {cpus} cores, {memory_gb:g} GB, {system}, Python {python}".format(**held)


def _speed(rate: float | None) -> str:
    return "built before" if rate is None else f"{rate:,.0f} chunks a second"
