"""`rag sync` and `rag status` on a terminal: plans, progress, watching, and what is in quarantine."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from index import follow
from index.command import escape, issue_line, load_recipe, progress, reporter, summarise
from index.draft import Issue
from index.plan import Plan
from index.report import SyncReport
from rag.disk import beside
from rag.encoder import Encoder
from rag.errors import LibraryLocked, LoadError, StorageError
from rag.manifest import ChunkerSpec

if TYPE_CHECKING:
    from index.gather import Step

MOST_LISTED = 200
"""Files of a plan that are listed; the counts are of all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What `rag sync` was asked for on the command line: paths and addresses as they were typed, and how to go on."""

    places: tuple[str, ...] = ()
    how: follow.Order = follow.Order()  # noqa: RUF009
    forget: str | None = None
    dry_run: bool = False
    watch: bool = False
    web: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: as plain values for JSON, and how many files or addresses gave nothing."""

    plain: dict[str, Any]
    skipped: int = 0


def run_sync(library: Path, request: Request, console: Console) -> Outcome:
    """Carry out `rag sync`.  Raises RagError."""
    if request.dry_run and (request.watch or request.forget is not None):
        raise LoadError("--dry-run says what a sync would do; it goes with neither --watch nor --forget.")
    if request.how.fields and not request.places:
        raise LoadError("--field says how to read the places that are named with it: name one.")
    if request.forget is not None:
        follow.forget(library, request.forget)
        console.print(escape(f"{request.forget} is no longer followed; its articles stay in {library}."))
        return Outcome({"forgotten": request.forget})
    order = _order(library, request)
    if request.dry_run:
        plan, issues = follow.preview(library, order)
        show_plan(plan, issues, console)
        return Outcome(_plain_plan(plan, issues), sum(issue.skipped for issue in issues))
    issues = _fetch(library, order, console) if request.web else []
    encoder, chunker = load_recipe(library, console)
    report = _sync(library, order, (encoder, chunker), console)
    for issue in issues:
        console.print(issue_line(issue), soft_wrap=True)
    if request.watch:
        # What was asked for once is done; a disk that is unplugged later must not lose its articles.
        _watch(library, follow.Order(), (encoder, chunker), console)
    plain = asdict(report) | {"skipped": report.skipped, "fetch_issues": [asdict(issue) for issue in issues]}
    return Outcome(plain, report.skipped + len(issues))


def _order(library: Path, request: Request) -> follow.Order:
    addresses = tuple(place for place in request.places if follow.is_address(place))
    if addresses and not request.web:
        raise LoadError(f"{addresses[0]} is an address, and nothing is fetched unless you ask for it: add --web.")
    for place in request.places:
        if request.web and not follow.is_address(place) and not Path(place).exists():
            raise LoadError(f"{place} is neither a file nor a folder; an address begins with https://")
    paths = tuple(Path(place) for place in request.places if not follow.is_address(place))
    return replace(request.how, paths=paths, addresses=addresses)


def _fetch(library: Path, order: follow.Order, console: Console) -> list[Issue]:
    """Fetch the pages of every followed address, new ones too; what could not be had."""
    from index.gather import gather

    wanted = list(dict.fromkeys([*follow.addresses(library), *order.addresses]))
    if not wanted:
        return []
    with console.status("Fetching …") as status:

        def tell(step: Step) -> None:
            status.update(escape(f"Fetching {step.done:,} of {step.total:,}: {step.url[:100]}"))

        found = gather(wanted, follow.web_folder(library), on_page=tell)
    counts = found.counts
    console.print(
        f"Fetched: {counts.new:,} new, {counts.changed:,} changed, {counts.unchanged:,} unchanged, "
        f"{counts.failed:,} failed"
    )
    return list(found.issues)


def _sync(library: Path, order: follow.Order, recipe: tuple[Encoder, ChunkerSpec], console: Console) -> SyncReport:
    encoder, chunker = recipe
    with progress(console) as bar:
        report = follow.follow(library, order, encoder=encoder, chunker=chunker, on_progress=reporter(bar))
    summarise(report, library, console)
    return report


def _watch(library: Path, order: follow.Order, recipe: tuple[Encoder, ChunkerSpec], console: Console) -> None:
    from index.watch import changes

    roots = follow.places(library)
    there = [root for root in roots if root.exists()]
    console.print(f"Watching {len(there)} of {len(roots)} places (stop it with Ctrl-C) …")
    own = [library, beside(library, "uploads")]
    tell = console.print
    with _asked_to_stop() as stop, suppress(KeyboardInterrupt):
        for _ in changes(there, own, stop=stop, tell=lambda trouble: tell(escape(trouble), soft_wrap=True)):
            _again(library, order, recipe, console)
    console.print("Stopped watching.")


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets besides raising KeyboardInterrupt: Python drops that where it meets a destructor."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        # From a thread of its own: the one interrupted may hold the event's lock.
        threading.Thread(target=stop.set, daemon=True).start()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _again(library: Path, order: follow.Order, recipe: tuple[Encoder, ChunkerSpec], console: Console) -> None:
    """One more sync; what can pass by itself is told and does not end the watch."""
    try:
        plan, _ = follow.preview(library, order)
        if plan.to_read or plan.moved or plan.gone:
            console.print(time.strftime("%H:%M:%S"), style="dim")
            _sync(library, order, recipe, console)
        elif plan.touched:
            encoder, chunker = recipe
            follow.follow(library, order, encoder=encoder, chunker=chunker)
    except (LibraryLocked, LoadError, StorageError) as error:
        console.print(escape(str(error)), soft_wrap=True)


def show_plan(plan: Plan, issues: Sequence[Issue], console: Console) -> None:
    """What a sync would do, file by file."""
    found = [(what, path) for what, paths in plan.named().items() for path in paths]
    for what, path in found[:MOST_LISTED]:
        console.print(f"[cyan]{what:8}[/]{escape(path)}", soft_wrap=True)
    if len(found) > MOST_LISTED:
        console.print(f"and {len(found) - MOST_LISTED:,} more")
    for issue in issues:
        console.print(issue_line(issue), soft_wrap=True)
    counts = [
        f"{len(files):,} {word}"
        for files, word in (
            (plan.new, "new"), (plan.edited, "edited"), (plan.moved, "moved"), (plan.gone, "gone"),
            (plan.again, "to be read again"), (plan.same, "unchanged"), (plan.held, "in quarantine"),
        )
        if files
    ]  # fmt: skip
    console.print(f"{', '.join(counts) or 'No files'}.  Nothing was written.")


def _plain_plan(plan: Plan, issues: Sequence[Issue]) -> dict[str, Any]:
    counts = {"unchanged": len(plan.same), "quarantined": len(plan.held)}
    return {**plan.named(), **counts, "issues": [asdict(issue) for issue in issues]}


def show_status(status: follow.Status, console: Console) -> None:
    """What is followed, and each file with trouble and its reason."""
    console.print(f"generation {status.generation}, {status.articles:,} articles")
    for root in status.roots:
        there = "" if root.there else " [red](not there)[/]"
        fields = ", ".join(f"{name}={column}" for name, column in root.fields.items())
        mapping = escape(f" ({fields})") if fields else ""
        files = "" if follow.is_address(root.path) else f": {root.files:,} files"
        console.print(f"follows {escape(root.path)}{mapping}{files}{there}", soft_wrap=True)
    if not status.roots:
        console.print("follows nothing (rag sync FOLDER)")
    for one in status.trouble:
        mark = f"[yellow]partly, {one.articles:,} articles[/]" if one.articles else "[red]quarantined[/]"
        console.print(f"{mark} {escape(one.path)}: {escape(one.problem)}", soft_wrap=True)
    if any(not one.articles for one in status.trouble):
        console.print("They are tried again when they change, or with rag sync --retry.")
