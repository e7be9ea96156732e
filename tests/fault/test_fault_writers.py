"""Two writers and many readers: one writes, the others are told at once, and no reader sees half a commit."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from fakes import MARKERS, SMALL_CHUNKS, FakeEncoder

from index.sync import sync
from rag.disk import Lease, unleased, writer_lock
from rag.errors import LibraryLocked
from rag.snapshot import open_snapshot
from rag.verify import verify

SPAWN = multiprocessing.get_context("spawn")
COUNT = 5
"""Articles that every commit rewrites together."""


def _hold(library: str, ready: Event, release: Event) -> None:
    with writer_lock(Path(library) / "lock"):
        ready.set()
        release.wait(60)


def test_the_second_writer_is_told_at_once(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    ready, release = SPAWN.Event(), SPAWN.Event()
    other = SPAWN.Process(target=_hold, args=(str(library), ready, release))
    other.start()
    try:
        assert ready.wait(60)
        start = time.monotonic()
        with pytest.raises(LibraryLocked, match=f"process {other.pid}"):
            sync([articles_folder], library, encoder=encoder)
        assert time.monotonic() - start < 1.0
        open_snapshot(library).close()
    finally:
        release.set()
        other.join(30)
    assert sync([articles_folder], library, encoder=encoder).unchanged == len(MARKERS)


def test_the_lock_dies_with_its_process(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    ready, release = SPAWN.Event(), SPAWN.Event()
    other = SPAWN.Process(target=_hold, args=(str(library), ready, release))
    other.start()
    assert ready.wait(60)
    other.kill()
    other.join(30)
    assert sync([articles_folder], library, encoder=encoder).unchanged == len(MARKERS)


def _edition(folder: Path, writer: int, turn: int) -> None:
    """All articles of one commit name the same edition, in every sentence."""
    for number in range(COUNT):
        lines = " ".join(f"Line {line} of edition w{writer}t{turn} is here to be read today." for line in range(12))
        (folder / f"article-{number}.txt").write_text(f"Article number {number} of the paper\n\n{lines}\n", "utf-8")


def _write(library: str, scratch: str, writer: int, until: float, results: Any) -> None:
    """Take turns with the other writers at committing editions of the same articles."""
    folder = Path(scratch) / "articles"
    encoder = FakeEncoder()
    turn = committed = 0
    try:
        while time.time() < until:
            turn += 1
            # The articles are shared, so that the ids are: one at a time may write them.
            own = Path(scratch) / "turn"
            try:
                with writer_lock(own):
                    _edition(folder, writer, turn)
                    report = sync([folder], Path(library), encoder=encoder, chunker=SMALL_CHUNKS)
                    assert (report.added, report.changed) in ((0, COUNT), (COUNT, 0)), report
                    committed += 1
            except LibraryLocked:
                time.sleep(0.01)
        results.put(("writer", committed))
    except BaseException as error:
        results.put(("error", writer, repr(error)))


def _race(library: str, articles: str, until: float, results: Any) -> None:
    """Sync again and again without waiting; either it works or it is refused within a second."""
    encoder = FakeEncoder()
    done = locked = 0
    slowest = 0.0
    try:
        while time.time() < until:
            start = time.monotonic()
            try:
                sync([Path(articles)], Path(library), encoder=encoder, chunker=SMALL_CHUNKS)
                done += 1
            except LibraryLocked:
                locked += 1
                slowest = max(slowest, time.monotonic() - start)
                time.sleep(0.005)
        results.put(("racer", done, locked, slowest))
    except BaseException as error:
        results.put(("error", os.getpid(), repr(error)))


def _read(library: str, until: float, results: Any) -> None:
    """Open the library again and again; each snapshot must be of one edition, through every way in."""
    encoder = FakeEncoder()
    opened = 0
    generations: set[int] = set()
    try:
        while time.time() < until:
            snapshot = open_snapshot(Path(library))
            try:
                _check_edition(snapshot, encoder)
                time.sleep(0.02)
                _check_edition(snapshot, encoder)
                generations.add(snapshot.manifest.generation)
                opened += 1
            finally:
                snapshot.close()
        results.put(("reader", opened, len(generations)))
    except BaseException as error:
        results.put(("error", os.getpid(), repr(error)))


def _check_edition(snapshot: Any, encoder: FakeEncoder) -> None:
    from rag.types import Filters

    columns = snapshot.columns
    articles = [snapshot.store.article(int(row)) for row in columns.article_row]
    assert len(articles) in (0, COUNT), len(articles)
    editions = {word for one in articles for word in one.text.split() if word[0] == "w" and word[1:2].isdigit()}
    assert len(editions) == (1 if articles else 0), editions
    for start, end, owner in zip(columns.start, columns.end, columns.chunk_article, strict=True):
        assert articles[owner].text[start:end].strip()
    for edition in editions:
        rows, _ = snapshot.lexical.search(snapshot.lexical.terms(edition), 1000, Filters(), [])
        assert sorted(rows.tolist()) == columns.chunk_row.tolist()
        positions, _ = snapshot.dense.search(encoder.encode_query(edition), 1000)
        assert sorted(positions.tolist()) == list(range(len(columns.chunk_row)))


@pytest.mark.parametrize(
    ("writers", "readers", "seconds"),
    [(3, 4, 6.0), pytest.param(8, 16, 60.0, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_no_reader_sees_half_a_commit(writers: int, readers: int, seconds: float, tmp_path: Path) -> None:
    library = tmp_path / "library"
    (tmp_path / "articles").mkdir()
    (tmp_path / "one").mkdir()
    sync([tmp_path / "one"], library, encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    results = SPAWN.Queue()
    until = time.time() + 3.0 + seconds
    jobs = [
        *(SPAWN.Process(target=_write, args=(str(library), str(tmp_path), n, until, results)) for n in range(writers)),
        *(SPAWN.Process(target=_read, args=(str(library), until, results)) for _ in range(readers)),
    ]
    for job in jobs:
        job.start()
    found = [results.get(timeout=120 + seconds) for _ in jobs]
    for job in jobs:
        job.join(30)
    assert [one for one in found if one[0] == "error"] == []
    assert sum(one[1] for one in found if one[0] == "writer") >= 3
    assert sum(one[1] for one in found if one[0] == "reader") >= readers
    with pytest.raises(Empty):
        results.get_nowait()
    _check_end(library, tmp_path / "articles")


def _check_end(library: Path, articles: Path) -> None:
    encoder = FakeEncoder()
    assert verify(library, encoder=encoder).ok
    sync([articles], library, encoder=encoder)
    assert [place.name for place in (library / "generations").iterdir()] == [f"{open_generation(library):08d}"], (
        "old generations are cleared once no reader holds them"
    )


def open_generation(library: Path) -> int:
    snapshot = open_snapshot(library)
    snapshot.close()
    return snapshot.manifest.generation


@pytest.mark.parametrize(("racers", "seconds"), [(3, 3.0), pytest.param(8, 30.0, marks=pytest.mark.long)])
def test_writers_that_do_not_wait(
    racers: int, seconds: float, library: Path, articles_folder: Path, encoder: FakeEncoder
) -> None:
    results = SPAWN.Queue()
    until = time.time() + 2.0 + seconds
    jobs = [
        SPAWN.Process(target=_race, args=(str(library), str(articles_folder), until, results)) for _ in range(racers)
    ]
    for job in jobs:
        job.start()
    found = [results.get(timeout=120) for _ in jobs]
    for job in jobs:
        job.join(30)
    assert [one for one in found if one[0] == "error"] == []
    assert sum(one[1] for one in found) > 0 and sum(one[2] for one in found) > 0
    assert max(one[3] for one in found) < 1.0
    assert verify(library, encoder=encoder).ok


def test_no_lease_on_what_is_being_cleared(library: Path) -> None:
    lease = library / "generations" / "00000001" / "lease"
    with unleased(lease) as free:
        assert free
        with pytest.raises(FileNotFoundError):
            Lease(lease)
    held = Lease(lease)
    with unleased(lease) as free:
        assert not free
    held.close()


def test_a_generation_is_kept_for_its_reader(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    reader = open_snapshot(library)
    (articles_folder / "gecko.txt").write_text("The gecko is gone from here\n\nIt left a xylophone.\n", "utf-8")
    sync([articles_folder], library, encoder=encoder)
    sync([articles_folder], library, encoder=encoder)
    kept = sorted(place.name for place in (library / "generations").iterdir())
    assert kept == ["00000001", "00000002"]
    texts = [reader.store.article(int(row)).text for row in reader.columns.article_row]
    assert not any("xylophone" in text for text in texts)
    reader.close()
    sync([articles_folder], library, encoder=encoder)
    assert [place.name for place in (library / "generations").iterdir()] == ["00000002"]
