"""`rag sync --watch`: look again whenever files change, once they have come to rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index.discover import IGNORE, exists


@dataclass(frozen=True, slots=True)
class Pace:
    """When to look, in seconds.

    Changes are waited for until there were none for `rest`, but no longer than `patience`; `blind` after the last look
    comes another one, since some disks (network, shared folders) tell nobody of their changes.
    """

    rest: float = 1.0
    patience: float = 30.0
    blind: float = 300.0
    tick: float = 0.25


def changes(
    roots: Sequence[Path],
    ignored: Sequence[Path],
    pace: Pace | None = None,
    stop: threading.Event | None = None,
    tell: Callable[[str], None] = lambda trouble: None,
) -> Iterator[None]:
    """Yields once when it watches, then each time when there may be something new under `roots`, `ignored` aside.

    So changes before the watch stood, and while the caller works, are not lost.  Ends when `stop` is set; Ctrl-C is
    raised as KeyboardInterrupt.  Where the system cannot watch, `tell` is told why, and it is looked now and then.
    """
    pace = pace or Pace()
    stop = stop or threading.Event()
    clock = _Clock(pace)
    files = {root: _stamp(root) for root in roots if not root.is_dir()}
    watched = [str(root) for root in roots if root.is_dir()]
    first = True
    for changed in _ticks(watched, _Filter(ignored, watched), pace, stop, tell):
        # A file that was named is looked at itself: an editor replaces it, and a watch would stay with the old one.
        stamps = {root: _stamp(root) for root in files}
        clock.tell(changed or stamps != files)
        files = stamps
        if first or clock.due():
            first = False
            yield
            clock.looked()


def _ticks(
    watched: Sequence[str], kept: Callable[..., bool], pace: Pace, stop: threading.Event, tell: Callable[[str], None]
) -> Iterator[bool]:
    """Several times a second, whether something changed since the last time."""
    try:
        if watched:
            yield from _watched(watched, kept, pace, stop)
    except (RuntimeError, OSError) as error:
        tell(
            f"The system cannot watch all of these folders ({error}): they are looked at every {pace.blind:.0f} "
            "seconds.  On Linux a higher fs.inotify.max_user_watches helps."
        )
    while not stop.wait(pace.tick):
        yield False


def _watched(watched: Sequence[str], kept: Callable[..., bool], pace: Pace, stop: threading.Event) -> Iterator[bool]:
    from watchfiles import watch

    milliseconds = int(pace.tick * 1000)
    for found in watch(
        *watched, watch_filter=kept, debounce=milliseconds, step=min(50, milliseconds), stop_event=stop,
        rust_timeout=milliseconds, yield_on_timeout=True, ignore_permission_denied=True,
    ):  # fmt: skip
        yield bool(found)


class _Filter:
    """Leaves out the library's own files, and hidden ones, which no sync reads; but not what says what to ignore."""

    def __init__(self, ignored: Sequence[Path], roots: Sequence[str] = ()) -> None:
        self._ignored = [str(path.resolve()) for path in ignored]
        self._roots = sorted(roots, key=len, reverse=True)

    def __call__(self, change: object, path: str) -> bool:
        inside = next((path[len(root) :] for root in self._roots if path.startswith(root)), path)
        *folders, name = inside.split("/")
        if any(folder.startswith(".") for folder in folders) or (name.startswith(".") and name != IGNORE):
            return False
        return not any(path == own or path.startswith(own + "/") for own in self._ignored)


class _Clock:
    """Decides when changes have come to rest."""

    def __init__(self, pace: Pace, now: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._now = now
        self._first: float | None = None
        self._last = 0.0
        self._looked = now()

    def tell(self, changed: bool) -> None:
        if changed:
            self._last = self._now()
            self._first = self._last if self._first is None else self._first

    def due(self) -> bool:
        now = self._now()
        if self._first is None:
            return now - self._looked >= self._pace.blind
        return now - self._last >= self._pace.rest or now - self._first >= self._pace.patience

    def looked(self) -> None:
        self._first = None
        self._looked = self._now()


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells that a file changed, None where it is not there."""
    with suppress(OSError):
        if exists(path):
            found = path.stat()
            return found.st_size, found.st_mtime_ns
    return None
