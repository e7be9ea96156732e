"""Runs on the terminal: figures, causes of failure, comparisons, calibrations; readable at 60 columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.cause import Cause, cause
from eval.compare import RIGHT, SIGNIFICANT, Change, Comparison, Verdict, significant
from eval.disagreement import Told
from eval.disagreement import figures as disagreement_figures
from eval.interval import Difference, Estimate, point
from eval.metrics import METRICS, STAGES, Metric, Summary, tabulate
from eval.records import Record

if TYPE_CHECKING:
    from eval.calibrate import Fit
    from eval.check import Problem

UNDEFINED = "–"
SHOWN = 20
"""Questions listed; the report has them all."""
LISTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Retrieval", ("hit@1", "hit@5", "hit@10", "hit@20", "recall@20", "mrr@10", "ndcg@10", "map")),
    ("Articles", ("article_hit@1", "article_hit@5", "article_recall@20", "article_ndcg@10")),
    (
        "Answers",
        (
            "answer_accuracy",
            "first_quote",
            "short_right",
            "answer_accuracy_answered",
            "answer_precision",
            "accuracy",
            "exact_match",
            "token_f1",
        ),
    ),
    ("Citations", ("citation_precision", "citation_recall", "right_article", "verbatim")),
    ("Refusal", ("refusal_precision", "refusal_recall", "refusal_f1")),
    ("Confidence", ("auroc", "auroc_right", "aurc", "ece")),
)
"""What the terminal shows; the JSON form and the report have every metric."""
WIDE = 78
"""Columns from which on a comparison has room for intervals."""
BY_TAG = ("hit@5", "answer_accuracy", "refusal_recall")


def show(console: Console, summary: Summary, records: Sequence[Record]) -> None:
    """Prints the summary, the figures by tag (where there are tags), the latencies and why questions failed."""
    console.print(summary_table(summary))
    if any(record.tags for record in records):
        console.print(tag_table(records))
    console.print(latency_table(summary))
    failed = [(kind, record) for record in records if (kind := cause(record)) is not None]
    if not failed:
        console.print("Nothing went wrong.")
        return
    console.print(cause_table(summary))
    console.print(failure_table(failed[:SHOWN]))
    if len(failed) > SHOWN:
        console.print(f"and {len(failed) - SHOWN} more: rag eval report RUN shows them all")


def summary_table(summary: Summary) -> Table:
    """Figures with their intervals and the number of questions that each is over; those of nothing left out."""
    refused = summary.questions - summary.answered
    table = _table(
        f"{_count(summary.questions)}, {summary.answerable} answerable, {refused} refused",
        "figure", "value", "95% interval", "of",
    )  # fmt: skip
    for _, names in LISTED:
        for name in names:
            figure = summary.figures[name]
            if figure.n:
                table.add_row(_label(METRICS[name]), _rate(figure.value), _interval(figure), str(figure.n))
        table.add_section()
    return table


def tag_table(records: Sequence[Record]) -> Table:
    """A few figures for each tag; a question with two tags counts for both."""
    table = _table("By tag", "tag", "n", "hit@5", "right", "refused")
    rows = tabulate(records, BY_TAG)
    for tag in sorted({tag for record in records for tag in record.tags}):
        held = [number for number, record in enumerate(records) if tag in record.tags]
        found = (point(rows[name][held], METRICS[name].statistic) for name in BY_TAG)
        table.add_row(Text(tag), str(len(held)), *map(_rate, found))
    return table


def latency_table(summary: Summary) -> Table:
    """Percentiles of each stage that took any time."""
    table = _table("Milliseconds", "stage", "p50", "p95", "p99")
    for stage in STAGES:
        figures = [summary.figures[f"{stage}_p{q}"].value for q in (50, 95, 99)]
        if figures[-1] > 0:
            table.add_row(stage, *(f"{figure:.1f}" for figure in figures))
    return table


def cause_table(summary: Summary) -> Table:
    """How many questions failed of each cause."""
    table = _table("Why questions failed", "cause", "questions")
    for kind, count in summary.causes.items():
        if count:
            table.add_row(kind.value, str(count))
    return table


def failure_table(failed: Sequence[tuple[Cause, Record]]) -> Table:
    """Which question failed, and of what."""
    table = Table(title="Failed", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("cause", no_wrap=True)
    table.add_column("question", overflow="fold")
    for kind, record in failed:
        table.add_row(kind.value, Text(record.question))
    return table


def show_comparison(console: Console, found: Comparison) -> None:
    """Prints each difference with its interval and p-value, and the questions that changed, in both directions."""
    wide = console.width >= WIDE
    headings = ("first", "second", "difference", *(["95%"] if wide else []), "p")
    table = _table("Second run less first, paired by question", "figure", *headings)
    for _, names in LISTED:
        for name in names:
            metric, difference = METRICS[name], found.differences[name]
            if difference.n:
                style = _style(metric, difference)
                table.add_row(
                    _label(metric), _rate(difference.a), _rate(difference.b),
                    Text(_signed(difference.value), style=style),
                    *([f"{_signed(difference.low)} … {_signed(difference.high)}"] if wide else []),
                    Text(_p(difference.p), style=style),
                )  # fmt: skip
        table.add_section()
    console.print(table)
    median = found.differences["total_p50"]
    console.print(f"Median latency {median.a:.0f} ms, then {median.b:.0f} ms (one machine only)")
    for title, changes in (
        ("Went right before, wrong now", [change for change in found.changed if change.worse]),
        ("Went wrong before, right now", [change for change in found.changed if change.better]),
        ("Fails of something else", [c for c in found.changed if RIGHT not in (c.before, c.after)]),
    ):
        _show_changes(console, title, changes)
    for side, names in (("first", found.only_a), ("second", found.only_b)):
        if names:
            console.print(
                Text(f"Only in the {side} run, and not compared: {len(names)} questions ({names[0]} for one)")
            )


def _show_changes(console: Console, title: str, changes: Sequence[Change]) -> None:
    if not changes:
        return
    table = Table(title=f"{title}: {len(changes)}", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("before, now", no_wrap=True)
    table.add_column("question", overflow="fold")
    for change in changes[:SHOWN]:
        table.add_row(f"{change.before} → {change.after}", Text(change.question))
    console.print(table)
    if len(changes) > SHOWN:
        console.print(f"and {len(changes) - SHOWN} more: rag eval report A B shows them all")


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Prints whether each gate holds, and why."""
    for verdict in verdicts:
        name, found = verdict.gate.metric, verdict.difference
        mark = "[red]BROKEN[/]" if verdict.broken else "[green]holds[/] "
        console.print(
            f"gate {name} {verdict.gate.allowed:+g}: {mark} {_rate(found.a)} → {_rate(found.b)} "
            f"({_signed(found.value)}, p {_p(found.p)})"
        )
    if verdicts:
        console.print(
            f"A gate breaks on a loss larger than allowed and significant (p < {SIGNIFICANT}, interval without 0)."
        )


def show_fit(console: Console, found: Fit) -> None:
    """Prints a calibration: the figures before and after it, and what each minimal confidence gives."""
    made = found.calibration
    table = _table(f"Calibrated on {made.questions} questions of {made.fitted_on}, cross-validated",
                   "figure", "before", "after")  # fmt: skip
    for name, before in found.before.items():
        table.add_row(_label(METRICS[name]), _with_interval(before), _with_interval(found.after[name]))
    console.print(table)
    trades = _table(
        "What a minimal confidence gives", "at least", "answered", "right of these", "accuracy", "refusal F1"
    )
    for trade in found.trades:
        figures = (trade.answer_precision, trade.accuracy, trade.refusal_f1)
        trades.add_row(
            f"{trade.min_confidence:.2f}", f"{trade.coverage:.3f}", *(_rate(figure.value) for figure in figures)
        )
    console.print(trades)


def show_disagreement(console: Console, judged: Sequence[Told]) -> None:
    """Prints how well differing sources are told, and the cases that went wrong."""
    table = _table(f"Differing sources, {len(judged)} cases", "figure", "value")
    for name, figure in disagreement_figures(judged).items():
        table.add_row(name, _with_interval(figure))
    console.print(table)
    wrong = [one for one in judged if not one.right]
    for one in wrong:
        shorts = [side.short.text for side in one.answer.sides] or [one.answer.short.text if one.answer.short else "–"]
        console.print(Text(f"{one.case.id} ({one.case.why}): {' | '.join(shorts)}"))


def show_problems(console: Console, problems: Sequence[Problem], questions: int) -> None:
    """Prints what is wrong with a set."""
    if not problems:
        console.print(f"{_count(questions)}, nothing wrong with the set.")
        return
    table = Table(title=f"{len(problems)} problems in {questions} questions", title_justify="left", box=SIMPLE_HEAD)
    for name in ("question", "problem", "what was found"):
        table.add_column(name, overflow="fold")
    for problem in problems:
        table.add_row(Text(problem.question_id), Text(problem.kind), Text(problem.detail))
    console.print(table)


def _style(metric: Metric, found: Difference) -> str:
    if not significant(found):
        return "dim"
    return "green" if metric.gains(found.value) else "red"


def _label(metric: Metric) -> str:
    return f"article {metric.label}" if metric.group == "articles" else metric.label


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column(first, overflow="fold", min_width=8)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _count(questions: int) -> str:
    return "1 question" if questions == 1 else f"{questions} questions"


def _rate(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{value:.3f}"


def _signed(value: float) -> str:
    return UNDEFINED if math.isnan(value) else f"{round(value, 3) + 0.0:+.3f}"


def _p(value: float) -> str:
    return UNDEFINED if math.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def _interval(figure: Estimate) -> str:
    return UNDEFINED if math.isnan(figure.low) else f"{figure.low:.3f}–{figure.high:.3f}"


def _with_interval(figure: Estimate) -> str:
    return UNDEFINED if math.isnan(figure.value) else f"{figure.value:.3f} ({_interval(figure)})"
