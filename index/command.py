"""`rag index` and `rag repair` on a terminal: progress with an estimate, and a summary that names what was skipped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from index.sync import OnProgress, SyncReport, rebuild, sync
from index.sync import Progress as SyncProgress
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import LoadError
from rag.manifest import NAME, ChunkerSpec, read_manifest

if TYPE_CHECKING:
    from index.repair import RepairReport


@dataclass(frozen=True, slots=True)
class Order:
    """What `rag index` was asked to do beyond its paths; None leaves a setting as the library has it."""

    model: str | None = None
    chunk_tokens: int | None = None
    overlap: int | None = None
    prune: bool = False
    anew: bool = False


def run(paths: list[Path], library: Path, order: Order, console: Console) -> SyncReport:
    """Sync (or, with `order.anew`, cut and embed everything again) with progress on `console`."""
    if not paths and not order.anew:
        raise LoadError("Name the files or folders to index: rag index FOLDER")
    if not paths:
        read_manifest(library)  # there must be something to build anew
    encoder, chunker = _recipe(library, order, console)
    with _progress(console) as bar:
        if order.anew and (library / NAME).exists():
            report = rebuild(library, encoder, chunker, _reporter(bar))
        else:
            report = sync(
                paths, library, encoder=encoder, chunker=chunker, prune=order.prune, on_progress=_reporter(bar)
            )
    _summarise(report, library, console)
    if order.anew and paths and (library / NAME).exists():
        return run(paths, library, Order(prune=order.prune), console)
    return report


def _recipe(library: Path, order: Order, console: Console) -> tuple[Encoder, ChunkerSpec]:
    known = read_manifest(library) if (library / NAME).exists() else None
    with console.status("Loading the encoder (compiled once, which takes some seconds) …"):
        encoder = load_encoder(order.model) if order.model or not known else load_matching(known.encoder)
    base = known.chunker.current() if known else ChunkerSpec()
    size = base.max_tokens if order.chunk_tokens is None else order.chunk_tokens
    return encoder, replace(base, max_tokens=size, overlap=base.overlap if order.overlap is None else order.overlap)


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[what]}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def _reporter(bar: Progress) -> OnProgress:
    task = bar.add_task("index", total=None, what="Reading", counts="")

    def report(progress: SyncProgress) -> None:
        rate = progress.chunks / progress.seconds if progress.seconds else 0.0
        counts = f"{progress.articles:,} articles, {progress.chunks:,} chunks, {rate:.0f}/s"
        if progress.skipped:
            counts += f", {progress.skipped:,} skipped"
        what = progress.stage.capitalize()
        bar.update(task, total=progress.total or None, completed=progress.done, what=what, counts=counts)

    return report


def _summarise(report: SyncReport, library: Path, console: Console) -> None:
    for issue in report.issues:
        mark = "[red]skipped[/]" if issue.skipped else "[yellow]note[/]"
        console.print(f"{mark} {escape(issue.origin)}: {escape(issue.message)}", soft_wrap=True)
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (report.added, "added"), (report.changed, "changed"), (report.unchanged, "unchanged"),
            (report.removed, "removed"), (report.skipped, "skipped"),
        )
        if count
    ]  # fmt: skip
    console.print(
        f"{escape(str(library))}: {', '.join(parts) or 'nothing to do'} ({report.embedded:,} chunks embedded, "
        f"{report.seconds:.1f} s, generation {report.generation})",
        soft_wrap=True,
    )


def show_repair(report: RepairReport, console: Console) -> None:
    """Say what was wrong, what was rebuilt, and which articles could not be saved."""
    if not report.changed:
        console.print(f"Nothing to repair (generation {report.generation}).")
        return
    for problem in report.problems:
        console.print(f"[yellow]found[/] {escape(problem)}", soft_wrap=True)
    for lost in report.lost:
        where = f"; index {lost.origin} again" if lost.origin else ""
        console.print(f"[red]taken out[/] {escape(lost.id)}: {escape(lost.reason + where)}", soft_wrap=True)
    if report.written:
        message = f"They are listed in {report.written}; rag index reads the texts that it holds."
        console.print(escape(message), soft_wrap=True)
    console.print(f"Repaired: generation {report.generation}.")
