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
from eval.compare import significant, to_dict
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
    split: str | None = None


def run_sweep(order: SweepOrder, *, console: Console, quiet: bool = False) -> list[dict[str, Any]]:
    """Ask every variant and print the table; the JSON form of the points.  Raises `RagError`."""
    found = variants(parse_axes(order.vary), grid=order.grid)
    question_set = load_set(order.set_path, split=order.split)
    library = order.source.library
    if library is None and not (order.source.articles or question_set.brings_articles):
        library = order.default_library()
    places = [path.resolve() if path else None for path in (library, order.source.articles)]
    facts = [question_set.sha256, *map(str, places), order.limit]
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
        console.print("* significantly different from the base, paired by question.")
        console.print(Text(f"The runs are in {folder}"), soft_wrap=True)
    return [_plain(point) for point in points]


def sweep_table(points: Sequence[Point]) -> Table:
    """Each variant's figures, marked where they differ significantly from the base, and its median latency."""
    table = Table(title="Quality against latency", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("variant", overflow="fold", min_width=10)
    for heading in (*SHOWN.values(), "ms"):
        table.add_column(heading, justify="right", no_wrap=True, min_width=max(6, len(heading)))
    for point in points:
        figures = (_figure(point, name) for name in SHOWN)
        table.add_row(Text(point.variant.name), *figures, f"{point.summary.figures['total_p50'].value:.0f}")
    return table


def _figure(point: Point, name: str) -> Text:
    value = point.summary.figures[name].value
    if point.against is None or not significant(point.against.differences[name]):
        return Text(f"{value:.3f} ")
    gained = METRICS[name].gains(point.against.differences[name].value)
    return Text(f"{value:.3f}*", style="green" if gained else "red")


def _plain(point: Point) -> dict[str, Any]:
    return {
        "variant": dict(point.variant.changes),
        "run": str(point.run.folder),
        "summary": point.summary.to_dict(),
        "against_base": to_dict(point.against)["differences"] if point.against else None,
    }
