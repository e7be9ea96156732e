"""A run on the terminal: its figures, the figures by tag, and what went wrong; readable at 60 columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.interval import Estimate
from eval.metrics import Metric, Summary, answer_accuracy, hit_at, refusal_recall
from eval.records import Failure, Record, failure

UNDEFINED = "–"
FAILURES_SHOWN = 20


def show(console: Console, summary: Summary, records: Sequence[Record]) -> None:
    """Prints the summary, the figures by tag (where there are tags), the latencies and the failures."""
    console.print(summary_table(summary))
    if any(record.tags for record in records):
        console.print(tag_table(records))
    console.print(latency_table(summary))
    failed = [(kind, record) for record in records if (kind := failure(record)) is not None]
    if not failed:
        console.print("Nothing went wrong.")
        return
    counts = Counter(kind for kind, _ in failed)
    console.print(Text(", ".join(f"{kind} {count}" for kind, count in counts.most_common())))
    console.print(failure_table(failed[:FAILURES_SHOWN]))
    if len(failed) > FAILURES_SHOWN:
        console.print(f"and {len(failed) - FAILURES_SHOWN} more: `--out DIR` keeps them all")


def summary_table(summary: Summary) -> Table:
    """Each figure with its interval and the number of questions that it is over."""
    refused = summary.questions - summary.answered
    title = f"{summary.questions} questions, {summary.answerable} answerable, {refused} refused"
    table = _table(title, "figure", "value", "95% interval", "of")
    for section in _sections(summary):
        for label, estimate in section:
            table.add_row(label, _rate(estimate.value), _interval(estimate), str(estimate.n))
        table.add_section()
    return table


def tag_table(records: Sequence[Record]) -> Table:
    """A few figures for each tag; a question with two tags counts for both."""
    table = _table("By tag", "tag", "n", "hit@5", "right", "refused")
    columns: tuple[Metric, ...] = (hit_at(5), answer_accuracy(), refusal_recall())
    for tag in sorted({tag for record in records for tag in record.tags}):
        tagged = [record for record in records if tag in record.tags]
        table.add_row(Text(tag), str(len(tagged)), *(_rate(metric(tagged)) for metric in columns))
    return table


def latency_table(summary: Summary) -> Table:
    """Median and 95th percentile of each stage that took any time."""
    table = _table("Milliseconds", "stage", "p50", "p95")
    for latency in summary.latency:
        if latency.p95.value > 0:
            table.add_row(latency.stage, f"{latency.p50.value:.1f}", f"{latency.p95.value:.1f}")
    return table


def failure_table(failed: Sequence[tuple[Failure, Record]]) -> Table:
    """What went wrong, and with which question."""
    table = Table(title="What went wrong", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("what", no_wrap=True)
    table.add_column("question", overflow="fold")
    for kind, record in failed:
        table.add_row(kind, Text(record.question))
    return table


def _sections(summary: Summary) -> Iterator[tuple[tuple[str, Estimate], ...]]:
    yield (
        ("hit@1", summary.hit_at_1),
        ("hit@5", summary.hit_at_5),
        ("hit@10", summary.hit_at_10),
        ("hit@20", summary.hit_at_20),
        ("MRR@10", summary.mrr_at_10),
    )
    yield (
        ("right, of answerable", summary.answer_accuracy),
        ("right, of those answered", summary.answer_accuracy_answered),
        ("right, of all answers", summary.answer_precision),
        ("citation: right article", summary.right_article_rate),
        ("citation: verbatim", summary.verbatim_rate),
    )
    yield (
        ("refusal precision", summary.refusal_precision),
        ("refusal recall", summary.refusal_recall),
        ("refusal F1", summary.refusal_f1),
        ("AUROC of confidence", summary.auroc),
    )


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column(first, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _rate(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.3f}"


def _interval(estimate: Estimate) -> str:
    return UNDEFINED if math.isnan(estimate.low) else f"{estimate.low:.3f}–{estimate.high:.3f}"
