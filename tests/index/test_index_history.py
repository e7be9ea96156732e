"""The note of the last sync: what it says, that it survives, and that nothing depends on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index.draft import Issue
from index.history import MOST, NAME, Counts, LastSync, Named, Notes, now, read_last_sync, write_last_sync
from index.report import SyncReport
from index.sync import Options, remove, sync
from rag.verify import verify

BODY = "The pilots of the harbour waited at the quay on Monday. Nobody came to relieve them until the evening.\n"
WHEN = datetime(2026, 11, 22, 4, 30, 5, tzinfo=timezone.utc)
LAST = LastSync(
    WHEN, 7, Counts(2, 1, 40, 1, 3, 1),
    added=(Named("a", "Ärger am Hafen"), Named("b", "")), changed=(Named("c", "C"),), removed=(Named("d", "D"),),
    issues=(Issue("/x/y.txt", "is empty"),),
)  # fmt: skip


class Place:
    """A folder of files and the library that is made of it."""

    def __init__(self, place: Path) -> None:
        self.files = place / "files"
        self.files.mkdir()
        self.library = place / "library"

    def write(self, name: str, text: str) -> None:
        (self.files / name).write_text(text, "utf-8")

    def sync(self, *, prune: bool = False) -> SyncReport:
        return sync(
            [self.files], self.library, encoder=FakeEncoder(), chunker=SMALL_CHUNKS, options=Options(prune=prune)
        )

    def last(self) -> LastSync:
        found = read_last_sync(self.library)
        assert found is not None
        return found


@pytest.fixture
def place(memory_path: Path) -> Place:
    return Place(memory_path)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_last_sync(tmp_path, LAST)
    assert read_last_sync(tmp_path) == LAST
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_sync_notes_what_it_added_changed_and_removed(place: Place) -> None:
    began = now()
    for name in ("quay", "gulls", "fog"):
        place.write(f"{name}.txt", f"All about the {name} today\n\n{BODY}")
    place.sync()
    first = place.last()
    assert first.counts == Counts(3, 0, 0, 0, 0, 0)
    assert first.added == (
        Named("fog", "All about the fog today"),
        Named("gulls", "All about the gulls today"),
        Named("quay", "All about the quay today"),
    )
    assert (first.changed, first.removed, first.issues, first.generation) == ((), (), (), 1)
    assert began <= first.when <= now()

    (place.files / "fog.txt").unlink()
    place.write("gulls.txt", f"More about the gulls today\n\n{BODY}")
    place.write("empty.txt", "")
    place.sync(prune=True)
    second = place.last()
    assert second.counts == Counts(0, 1, 1, 1, 1, 1)
    assert second.changed == (Named("gulls", "More about the gulls today"),)
    assert second.removed == (Named("fog", "All about the fog today"),)
    assert second.issues == (Issue(str(place.files / "empty.txt"), "is empty"),)
    assert second.generation == 2


def test_a_removal_is_noted(place: Place) -> None:
    place.write("quay.txt", f"All about the quay today\n\n{BODY}")
    place.write("fog.txt", BODY)
    place.sync()
    remove(["quay", "quay"], place.library)
    assert place.last().counts == Counts(0, 0, 1, 1, 0, 0)
    assert place.last().removed == (Named("quay", "All about the quay today"),)


def test_a_sync_that_finds_nothing_new_leaves_the_note(place: Place) -> None:
    place.write("quay.txt", BODY)
    place.sync()
    before = (place.library / NAME).read_bytes()
    place.sync()
    assert (place.library / NAME).read_bytes() == before


def test_issues_alone_are_noted(place: Place) -> None:
    place.write("quay.txt", BODY)
    place.sync()
    place.write("empty.txt", "")
    assert place.sync().generation == 1
    assert place.last().counts == Counts(0, 0, 1, 0, 1, 1)
    assert place.last().added == ()


def test_the_note_is_no_damage_and_outlives_later_generations(place: Place) -> None:
    for number in range(3):
        place.write("quay.txt", f"{BODY}{number}\n")
        place.sync()
    assert place.last().generation == 3
    assert verify(place.library, sample=0).ok


def test_a_note_that_cannot_be_written_fails_no_sync(place: Place) -> None:
    (place.library / NAME).mkdir(parents=True)
    place.write("quay.txt", BODY)
    assert place.sync().added == 1
    assert read_last_sync(place.library) is None


def test_names_and_issues_are_bounded_and_counts_are_not(tmp_path: Path) -> None:
    notes = Notes()
    for number in range(MOST + 1):
        notes.add("added", str(number), "")
    issues = (Issue("x", "y"),) * (MOST + 1)
    write_last_sync(
        tmp_path, LastSync(WHEN, 1, Counts(MOST + 1, 0, 0, 0, 0, MOST + 1), notes.of("added"), issues=issues)
    )
    found = read_last_sync(tmp_path)
    assert found is not None
    assert (len(found.added), found.added[-1].id, len(found.issues)) == (1_000, "999", 1_000)
    assert (found.counts.added, found.counts.issues) == (1_001, 1_001)


def _without(name: str) -> Callable[[dict[str, object]], object]:
    return lambda plain: plain.pop(name)


@pytest.mark.parametrize(
    "spoil",
    [
        _without("when"),
        _without("added"),
        _without("counts"),
        lambda plain: plain.update(when="yesterday"),
        lambda plain: plain.update(when="2026-11-22T04:30:05"),
        lambda plain: plain.update(generation=-1),
        lambda plain: plain.update(generation=True),
        lambda plain: plain.update(added=[{"id": 1, "title": ""}]),
        lambda plain: plain.update(removed=["d"]),
        lambda plain: plain.update(issues=[{"origin": "x"}]),
        lambda plain: plain.update(counts={"added": 1}),
        lambda plain: plain.update(counts=[]),
    ],
)
def test_a_damaged_note_is_none(tmp_path: Path, spoil: Callable[[dict[str, object]], object]) -> None:
    write_last_sync(tmp_path, LAST)
    plain = json.loads((tmp_path / NAME).read_text())
    spoil(plain)
    (tmp_path / NAME).write_text(json.dumps(plain))
    assert read_last_sync(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_note_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert read_last_sync(tmp_path) is None


def test_no_note_is_none(tmp_path: Path) -> None:
    assert read_last_sync(tmp_path) is None
    assert read_last_sync(tmp_path / "nothing") is None
