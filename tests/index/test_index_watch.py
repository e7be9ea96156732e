"""Watching: changes are told once they have come to rest, bursts once, and the library's own files never."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.watch import Pace, _Clock, _Filter, changes

QUICK = Pace(rest=0.3, patience=3.0, blind=1_000.0, tick=0.05)


class Watched:
    """Counts the looks that `changes` asks for, in a thread of its own."""

    def __init__(self, roots: list[Path], ignored: list[Path], pace: Pace = QUICK, work: float = 0.0) -> None:
        self.looks = 0
        self.stop = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._run, args=(roots, ignored, pace))
        self._thread.start()
        self.wait(1)
        self.looks = 0

    def _run(self, roots: list[Path], ignored: list[Path], pace: Pace) -> None:
        for number, _ in enumerate(changes(roots, ignored, pace, self.stop)):
            time.sleep(self._work if number else 0.0)
            self.looks += 1

    def wait(self, looks: int, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while self.looks < looks and time.monotonic() < end:
            time.sleep(0.02)

    def close(self) -> None:
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    return place


@pytest.fixture
def watched(folder: Path) -> Iterator[Watched]:
    found = Watched([folder], [folder / "library"])
    yield found
    found.close()


def test_a_change_is_told(folder: Path, watched: Watched) -> None:
    (folder / "a.txt").write_text("one")
    watched.wait(1)
    assert watched.looks == 1
    (folder / "deep").mkdir()
    watched.wait(2)
    (folder / "deep" / "b.txt").write_text("two")
    watched.wait(3)
    assert watched.looks >= 2


def test_a_burst_of_ten_thousand_changes_is_told_a_few_times(folder: Path, watched: Watched) -> None:
    for number in range(10_000):
        (folder / f"{number}.txt").write_text("x")
    watched.wait(1)
    time.sleep(1.5)
    assert 1 <= watched.looks <= 5


def test_a_change_while_the_caller_works_is_not_lost(folder: Path) -> None:
    found = Watched([folder], [], work=1.0)
    try:
        (folder / "a.txt").write_text("one")
        time.sleep(0.8)  # the first look is being worked on
        (folder / "b.txt").write_text("two")
        found.wait(2)
        assert found.looks == 2
    finally:
        found.close()


def test_the_library_and_hidden_files_tell_nothing(folder: Path, watched: Watched) -> None:
    (folder / "library").mkdir()
    (folder / "library" / "store.sqlite").write_text("x")
    (folder / ".draft.txt.swp").write_text("x")
    time.sleep(1.5)
    assert watched.looks == 0


def test_a_file_that_was_named_is_watched_even_when_it_is_replaced(folder: Path) -> None:
    file = folder / "a.txt"
    file.write_text("one")
    found = Watched([file], [])
    try:
        (folder / "new").write_text("other")
        (folder / "new").replace(file)
        found.wait(1)
        assert found.looks == 1
        file.unlink()
        found.wait(2)
        assert found.looks == 2
    finally:
        found.close()


def test_now_and_then_one_looks_unasked(folder: Path) -> None:
    found = Watched([folder], [], Pace(rest=0.1, patience=1.0, blind=0.4, tick=0.05))
    try:
        found.wait(2)
        assert found.looks >= 2
    finally:
        found.close()


class _Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_waits_for_rest_but_not_for_ever() -> None:
    hand = _Hand()
    clock = _Clock(Pace(rest=1.0, patience=5.0, blind=100.0), hand)
    told = []
    for step in range(13):
        hand.now = step / 2
        clock.tell(changed=True)
        told.append(clock.due())
    # A change every half second never rests; after five seconds it is looked at all the same.
    assert told == [False] * 10 + [True] * 3
    clock.looked()
    assert not clock.due()
    hand.now = 6.5
    clock.tell(changed=True)
    hand.now = 7.4
    assert not clock.due()
    hand.now = 7.5
    assert clock.due()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/news/a.txt", True), ("/news/.a.txt", False), ("/news/.ragignore", True), ("/news/library", False),
        ("/news/library/manifest.json", False), ("/news/library2/a.txt", True),
    ],
)  # fmt: skip
def test_what_is_watched(path: str, kept: bool) -> None:
    assert _Filter([Path("/news/library")])(None, path) is kept
