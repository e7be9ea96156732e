"""Bad input: reported by name, the batch goes on, nothing that was indexed is lost, memory and time are bounded."""

from __future__ import annotations

import codecs
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import fault_files
import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

import index.stream
from index.discover import file_of
from index.draft import Draft, Issue
from index.report import SyncReport
from index.sync import Options, sync
from index.worker import Reader
from rag.snapshot import open_snapshot
from rag.verify import verify

MB = 1024 * 1024
MEMORY = 400 * MB
SPAWN = multiprocessing.get_context("spawn")


def _origins(library: Path) -> set[str]:
    """The files that gave articles."""
    snapshot = open_snapshot(library)
    try:
        rows = snapshot.columns.article_row.tolist()
        return {str(file_of(row.origin)) for row in snapshot.store.article_rows(rows)}
    finally:
        snapshot.close()


def _named(report: SyncReport) -> set[str]:
    return {str(file_of(issue.origin)) for issue in report.issues}


def _job(folder: str, library: str, results: Any) -> None:
    """A sync with small limits, in a process of its own so that its memory can be measured."""
    index.stream.Reader = partial(Reader, memory=MEMORY, seconds=1.5)  # type: ignore[misc, assignment]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        report = sync([Path(folder)], Path(library), encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    except BaseException as error:
        results.put(repr(error))
        raise
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    results.put((report, grown // 1024, children // 1024))


def _sync_apart(folder: Path, library: Path, seconds: float) -> tuple[SyncReport, int, int]:
    results = SPAWN.Queue()
    job = SPAWN.Process(target=_job, args=(str(folder), str(library), results))
    job.start()
    found = results.get(timeout=seconds)
    job.join(30)
    assert not isinstance(found, str), found
    report, grown, children = found
    return report, grown, children


def test_bombs_and_broken_files(scratch: Path) -> None:
    folder, library = scratch / "bad", scratch / "bad-library"
    folder.mkdir()
    expected_bad = dict(fault_files.bad())
    odd = dict(fault_files.odd())
    fine = {f"good-{n}{suffix}": fault_files.good(suffix, n) for n in range(4) for suffix in fault_files.SUFFIXES}
    for name, data in (expected_bad | odd | fine).items():
        (folder / name).write_bytes(data)
    report, grown, children = _sync_apart(folder, library, 120)
    origins, named = _origins(library), _named(report)
    assert {name for name in fine if str(folder / name) not in origins} == set()
    assert {name for name in expected_bad if str(folder / name) not in named} == set()
    assert {name for name in expected_bad if str(folder / name) in origins} == set()
    assert {name for name in odd if str(folder / name) not in named | origins} == set()
    assert len(expected_bad) + len(odd) >= 80
    assert children < MEMORY // MB, f"the reader used {children} MB"
    assert grown < 600, f"the parent grew by {grown} MB"
    assert verify(library, encoder=FakeEncoder()).ok
    json.dumps([issue.message for issue in report.issues]).encode()


@pytest.mark.parametrize("count", [12, pytest.param(10_000, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.timeout(7_200)
def test_generated_files(count: int, scratch: Path) -> None:
    """Every file is accounted for: it gave an article, or it is named."""
    for suffix in fault_files.SUFFIXES:
        folder, library = scratch / f"generated{suffix}", scratch / f"generated-library{suffix}"
        folder.mkdir()
        files = [folder / f"{seed:05d}{suffix}" for seed in range(count)]
        for seed, file in enumerate(files):
            file.write_bytes(fault_files.damaged(suffix, seed))
        fine = folder / f"zzz{suffix}"
        fine.write_bytes(fault_files.good(suffix, 99_999))
        report, _, _ = _sync_apart(folder, library, 60 + count)
        origins = _origins(library)
        assert str(fine) in origins
        assert [file.name for file in files if str(file) not in origins | _named(report)] == []
        assert verify(library, encoder=FakeEncoder()).ok


def _fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe.txt")
    return "pipe.txt"


def _link_out(folder: Path) -> str:
    (folder.parent / "secret.txt").write_text("The secret is that there is none. It is here.\n", "utf-8")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    return "link.txt"


def _link_loop(folder: Path) -> str:
    (folder / "loop.txt").symlink_to("loop.txt")
    return "loop.txt"


def _dangling(folder: Path) -> str:
    (folder / "dangling.txt").symlink_to("nothing.txt")
    return "dangling.txt"


def _link_through_parents(folder: Path) -> str:
    (folder.parent / "secret.txt").write_text("The secret is that there is none. It is here.\n", "utf-8")
    (folder / "dots.txt").symlink_to("../articles/../secret.txt")
    return "dots.txt"


def _device(folder: Path) -> str:
    (folder / "zero.txt").symlink_to("/dev/zero")
    return "zero.txt"


def _not_utf8(folder: Path) -> str:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("Coffee is served here. It is hot.\n", "utf-8")
    return "caf\\xe9.txt"


@pytest.mark.parametrize("make", [_fifo, _link_out, _link_loop, _dangling, _link_through_parents, _device, _not_utf8])
def test_things_that_are_not_files(
    make: Callable[[Path], str], articles_folder: Path, library: Path, encoder: FakeEncoder
) -> None:
    name = make(articles_folder)
    start = time.monotonic()
    report = sync([articles_folder], library, encoder=encoder, options=Options(prune=True))
    assert time.monotonic() - start < 10
    assert [Path(issue.origin).name for issue in report.issues if issue.skipped] == [name]
    assert (report.unchanged, report.added, report.removed) == (8, 0, 0)
    (articles_folder.parent / "secret.txt").unlink(missing_ok=True)


def test_a_pipe_named_by_the_user(articles_folder: Path, library: Path, encoder: FakeEncoder) -> None:
    _fifo(articles_folder)
    report = sync([articles_folder / "pipe.txt"], library, encoder=encoder)
    assert [issue.message for issue in report.issues] == ["is not a regular file"]


def test_folders_with_names_of_files(articles_folder: Path, library: Path, encoder: FakeEncoder) -> None:
    (articles_folder / "folder.txt").mkdir()
    (articles_folder / "folder.txt" / "inside.txt").write_text("Something is inside of it. It is text.\n", "utf-8")
    (articles_folder / "outside").symlink_to("/etc")
    (articles_folder / "again").symlink_to(articles_folder)
    report = sync([articles_folder], library, encoder=encoder)
    assert (report.added, report.unchanged, report.issues) == (1, 8, ())


def test_a_file_that_vanishes(
    articles_folder: Path, library: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Reader):
        def read(self, path: Path, fields: Any = None) -> Iterator[Any]:
            if path.name == "gecko.txt":
                path.unlink()
            yield from super().read(path, fields)

    monkeypatch.setattr(index.stream, "Reader", Late)
    report = sync([articles_folder], library, encoder=encoder, options=Options(prune=True, reread=True))
    assert [Path(issue.origin).name for issue in report.issues] == ["gecko.txt"]
    assert (report.unchanged, report.removed) == (7, 0)


def test_bad_lines_are_named_up_to_a_limit(articles_folder: Path, library: Path, encoder: FakeEncoder) -> None:
    lines = [*["not JSON"] * 5_000, json.dumps({"id": "late", "text": "It comes late. It comes all the same."})]
    (articles_folder / "many.jsonl").write_text("\n".join(lines), "utf-8")
    report = sync([articles_folder], library, encoder=encoder)
    assert report.added == 1 and len(report.issues) == 101
    assert report.issues[-1].message == "has 4,900 more lines from which nothing could be taken"


@pytest.mark.parametrize("damage", [b"", b"\x00\x01\x02" * 100, b"\xff\xfe\x00"], ids=["empty", "binary", "half"])
def test_a_file_that_turns_bad_keeps_what_it_gave(
    damage: bytes, articles_folder: Path, library: Path, encoder: FakeEncoder
) -> None:
    (articles_folder / "gecko.txt").write_bytes(damage)
    report = sync([articles_folder], library, encoder=encoder, options=Options(prune=True))
    assert (report.unchanged, report.removed, report.skipped) == (7, 0, 1)
    assert str(articles_folder / "gecko.txt") in _origins(library)


def test_a_bad_file_with_a_hash_in_its_name_keeps_what_it_gave(
    articles_folder: Path, library: Path, encoder: FakeEncoder
) -> None:
    file = articles_folder / "c#.txt"
    file.write_text("The language is musical, they say. It is not.\n", "utf-8")
    assert sync([articles_folder], library, encoder=encoder, options=Options(prune=True)).added == 1
    file.write_bytes(b"")
    assert sync([articles_folder], library, encoder=encoder, options=Options(prune=True)).removed == 0
    file.unlink()
    assert sync([articles_folder], library, encoder=encoder, options=Options(prune=True)).removed == 1


def _unprivileged(folder: str, library: str, results: Any) -> None:
    import faiss
    import tantivy
    from fault_server import InProcess

    # Nobody else may be allowed to start this Python, or to import from where it lies.
    codecs.lookup("cp437")  # names in zip files
    assert faiss and tantivy
    index.stream.Reader = InProcess  # type: ignore[misc, assignment]
    if os.geteuid() == 0:
        os.setegid(65534)
        os.seteuid(65534)
    try:
        report = sync(
            [Path(folder)], Path(library), encoder=FakeEncoder(), chunker=SMALL_CHUNKS, options=Options(prune=True)
        )
        results.put((report.added, report.unchanged, report.removed, sorted(_named(report))))
    except BaseException as error:
        results.put(repr(error))


def test_what_may_not_be_read_keeps_what_it_gave(scratch: Path) -> None:
    home = scratch / "unprivileged"
    (home / "articles" / "inner").mkdir(parents=True)
    for name in ("one.txt", "two.txt", "inner/three.txt"):
        (home / "articles" / name).write_text(f"The text of {name} is this. It is short.\n", "utf-8")
        # Long ago, so that its time alone tells whether it changed.
        os.utime(home / "articles" / name, (1e9, 1e9))
    for place in (scratch, home, home / "articles", home / "articles" / "inner"):
        place.chmod(0o777)

    def run() -> Any:
        results = SPAWN.Queue()
        job = SPAWN.Process(target=_unprivileged, args=(str(home / "articles"), str(home / "library"), results))
        job.start()
        found = results.get(timeout=60)
        job.join(30)
        return found

    assert run() == (3, 0, 0, [])
    (home / "articles" / "one.txt").chmod(0)
    (home / "articles" / "inner").chmod(0)
    # A file that has not changed is not opened; what lies in a folder that may not be looked into is kept.
    assert run() == (0, 2, 0, [str(home / "articles" / "inner")])
    (home / "articles" / "two.txt").write_text("It changed. It may be read.\n", "utf-8")
    (home / "articles" / "one.txt").chmod(0o666)
    (home / "articles" / "one.txt").write_text("It changed too. It may not be read.\n", "utf-8")
    (home / "articles" / "one.txt").chmod(0)
    assert run() == (0, 0, 0, [str(home / "articles" / "inner"), str(home / "articles" / "one.txt")])
    (home / "articles" / "inner").chmod(0o777)
    (home / "articles" / "one.txt").chmod(0o666)
    assert run() == (0, 2, 0, [])


def test_the_reader_goes_on_after_a_bomb(tmp_path: Path) -> None:
    bomb, fine = tmp_path / "bomb.md", tmp_path / "fine.txt"
    bomb.write_bytes(dict(fault_files.bad())["yaml-merge-bomb.md"])
    fine.write_bytes(fault_files.good(".txt"))
    reader = Reader(memory=MEMORY, seconds=2.0)
    try:
        assert isinstance(next(iter(reader.read(fine))), Draft)
        start = time.monotonic()
        (issue,) = reader.read(bomb)
        assert isinstance(issue, Issue) and issue.origin == str(bomb)
        assert time.monotonic() - start < 8
        assert isinstance(next(iter(reader.read(fine))), Draft)
    finally:
        reader.close()


def test_the_reader_ends_with_its_parent(tmp_path: Path) -> None:
    import signal
    import subprocess
    import sys

    bomb = tmp_path / "bomb.md"
    bomb.write_bytes(dict(fault_files.bad())["yaml-merge-bomb.md"])
    code = (
        "import sys; from pathlib import Path; from index.worker import Reader\n"
        "reader = Reader(); child = reader._start(); print(child.pid, flush=True)\n"
        "list(reader.read(Path(sys.argv[1])))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(bomb)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait(10)
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        if " Z " in Path(f"/proc/{child}/stat").read_text("ascii"):
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{child}").exists(), "the reader outlives its parent"
