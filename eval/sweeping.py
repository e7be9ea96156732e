"""What `rag eval sweep` does: plan, ask, and a table of quality against latency."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eval.command import Source, progress
from eval.compare import SIGNIFICANT, to_dict
from eval.dataset import load_set
from eval.folder import runs_folder
from eval.metrics import METRICS
from eval.sweep import Plan, Point, parse_axes, sweep, variants

SHOWN = {
    "hit@5": "hit@5",
    "mrr@10": "MRR",
    "answer_accuracy": "right",
    "answer_precision": "of given",
    "refusal_f1": "refusal",
    "auroc_right": "AUROC",
}
"""Figures of the table and their headings."""


@dataclass(frozen=True, slots=True)
class SweepOrder:
    """What is to be swept over, and where it is kept."""

    set_path: Path
    vary: tuple[str, ...]
    source: Source
    default_library: Callable[[], Path]
    grid: bool = False
    limit: int | None = None
    out: Path | None = None


def run_sweep(order: SweepOrder, *, console: Console, quiet: bool = False) -> list[dict[str, Any]]:
    """Ask every variant and print the table; the JSON form of the points.  Raises `RagError`."""
    found = variants(parse_axes(order.vary), grid=order.grid)
    question_set = load_set(order.set_path)
    own = question_set.articles is not None or question_set.form != "questions"
    library = order.source.library or (None if order.source.articles or own else order.default_library())
    facts = [question_set.sha256, str(library), str(order.source.articles), order.limit]
    name = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
    folder = order.out or runs_folder() / f"sweep-{question_set.name}-{name}"
    plan = Plan(question_set, found, folder, library, order.source.articles, order.limit, order.source.recipe)
    with progress(console, quiet=quiet) as bar:
        whole = bar.add_task(f"{len(found)} variants", total=len(found))
        task = bar.add_task("", total=None)
        points = []
        for point in sweep(plan, on_stage=lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )):  # fmt: skip
            points.append(point)
            bar.advance(whole)
    if not quiet:
        console.print(sweep_table(points))
        console.print(
            "right: of answerable; of given: right, of all answers; refusal: F1; AUROC: right or wrong; ms: median."
        )
        console.print(Text(f"* p < {SIGNIFICANT} against the base, paired by question.  The runs are in {folder}"))
    return [_plain(point) for point in points]


def sweep_table(points: Sequence[Point]) -> Table:
    """Each variant's figures, marked where they differ significantly from the base, and its median latency."""
    table = Table(title="Quality against latency", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("variant", no_wrap=True)
    for heading in (*SHOWN.values(), "ms"):
        table.add_column(heading, justify="right")
    for point in points:
        figures = (_figure(point, name) for name in SHOWN)
        table.add_row(Text(point.variant.name), *figures, f"{point.p50:.0f}")
    return table


def _figure(point: Point, name: str) -> Text:
    value = point.summary.figures[name].value
    if point.against is None or not point.against.differences[name].p < SIGNIFICANT:
        return Text(f"{value:.3f} ")
    better = (point.against.differences[name].value > 0) == (METRICS[name].better == "higher")
    return Text(f"{value:.3f}*", style="green" if better else "red")


def _plain(point: Point) -> dict[str, Any]:
    return {
        "variant": dict(point.variant.changes),
        "run": str(point.run.folder),
        "summary": point.summary.to_dict(),
        "against_base": to_dict(point.against)["differences"] if point.against else None,
        "latency_ms": {"p50": point.p50, "p95": point.p95},
    }
