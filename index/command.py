"""`rag index` and `rag repair` on a terminal: progress with an estimate, and a summary that names what was skipped."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape as _escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from index.draft import Issue
from index.report import OnProgress, SyncReport
from index.report import Progress as SyncProgress
from index.sync import Options, rebuild, sync
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import LoadError
from rag.manifest import NAME, ChunkerSpec, read_manifest
from rag.terminal import shown

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
    encoder, chunker = load_recipe(library, console, order)
    with progress(console) as bar:
        if order.anew and (library / NAME).exists():
            report = rebuild(library, encoder, chunker, reporter(bar))
        else:
            report = sync(
                paths,
                library,
                encoder=encoder,
                chunker=chunker,
                options=Options(prune=order.prune),
                on_progress=reporter(bar),
            )
    summarise(report, library, console)
    if order.anew and paths and (library / NAME).exists():
        return run(paths, library, Order(prune=order.prune), console)
    return report


def load_recipe(library: Path, console: Console, order: Order | None = None) -> tuple[Encoder, ChunkerSpec]:
    """The encoder and chunk settings of a library, or those ordered for a new one."""
    order = order or Order()
    known = read_manifest(library) if (library / NAME).exists() else None
    told = "Loading the encoder (compiled once, which takes some seconds) …"
    with console.status(told) if console.is_terminal else nullcontext():
        encoder = load_encoder(order.model) if order.model or not known else load_matching(known.encoder)
    base = known.chunker.current() if known else ChunkerSpec()
    size = base.max_tokens if order.chunk_tokens is None else order.chunk_tokens
    return encoder, replace(base, max_tokens=size, overlap=base.overlap if order.overlap is None else order.overlap)


def progress(console: Console) -> Progress:
    """A bar with what is being done, counts and the time left."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[what]}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def reporter(bar: Progress) -> OnProgress:
    """Shows the progress of a sync on `bar`."""
    task = bar.add_task("index", total=None, what="Reading", counts="")

    def report(now: SyncProgress) -> None:
        rate = now.chunks / now.seconds if now.seconds else 0.0
        files = f"{now.files:,}/{now.all_files:,} files, " if now.all_files > 1 else ""
        counts = f"{files}{now.articles:,} articles, {now.chunks:,} chunks, {rate:.0f}/s"
        if now.skipped:
            counts += f", {now.skipped:,} skipped"
        bar.update(task, total=now.total or None, completed=now.done, what=now.stage.capitalize(), counts=counts)

    return report


def escape(text: str) -> str:
    """Text of files and of their names as markup: none of its own counts, and nothing in it steers the terminal."""
    return _escape(shown(text.replace("\n", "�")).plain)


def issue_line(issue: Issue) -> str:
    """A line of markup for something that the user should know."""
    mark = "[red]skipped[/]" if issue.skipped else "[yellow]note[/]"
    return f"{mark} {escape(issue.origin)}: {escape(issue.message)}"


def summarise(report: SyncReport, library: Path, console: Console) -> None:
    """What a sync did, and each file that was not taken."""
    for issue in report.issues:
        console.print(issue_line(issue), soft_wrap=True)
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (report.added, "added"), (report.changed, "changed"), (report.unchanged, "unchanged"),
            (report.moved, "moved"), (report.removed, "removed"), (report.skipped, "skipped"),
            (report.quarantined, "in quarantine (rag status)"),
        )
        if count
    ]  # fmt: skip
    share = f", {report.busy / report.seconds:.0%} of it in the encoder" if report.embedded and report.seconds else ""
    console.print(
        f"{escape(str(library))}: {', '.join(parts) or 'nothing to do'} ({report.embedded:,} chunks embedded, "
        f"{report.seconds:.1f} s{share}, generation {report.generation})",
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
