"""A disk that is full or fails: a typed error, and the old generation goes on serving."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest
from fault_server import COUNT, Json, Server, copy_of, pick

FAULTS = {
    "no space": (errno.ENOSPC, False),
    "no space from then on": (errno.ENOSPC, True),
    "I/O error": (errno.EIO, False),
    "I/O error from then on": (errno.EIO, True),
}


def _found(answer: Json) -> str:
    assert answer["outcome"] == "ok", answer
    return str(answer["found"]["state"])


def _check(answer: Json, old: str, new: str) -> bool:
    """Whether the sync failed; then as a StorageError, with the old generation serving."""
    assert _found(answer["before"]) == old, answer
    failed = answer["sync"]["outcome"] != "ok"
    if failed:
        assert answer["sync"]["outcome"] == "StorageError", answer["sync"]
        # Only after the manifest was replaced, when the disk does not confirm it, is it already the new one.
        expected = new if "was replaced" in answer["sync"]["text"] else old
        assert _found(answer["after"]) == expected, answer
    else:
        assert _found(answer["after"]) == new, answer
    assert answer["verify"]["ok"], answer
    assert _found(answer["end"]) == new and answer["end_verify"]["ok"], answer
    return failed


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("count", [12, pytest.param(None, marks=pytest.mark.long)], ids=["short", "every"])
def test_a_call_that_fails(
    fault: str, count: int | None, shimmed: Server, scratch: Path, pair: tuple[Path, Path], new_articles: Path
) -> None:
    error, persists = FAULTS[fault]
    before, after = (_found(shimmed.ask(work="observe", library=str(folder))) for folder in pair)
    place = copy_of(pair[0], scratch / "failing")
    request = {"articles": str(new_articles), "library": str(place)}
    calls = shimmed.ask(work="armed_sync", **request, mode=COUNT, nth=0)["calls"]
    failures = 0
    for nth in pick(calls, count, seed=error + persists):
        copy_of(pair[0], place)
        answer = shimmed.ask(work="failing_sync", **request, nth=nth, error=error, persists=persists)
        assert answer.get("outcome") is None, (nth, answer)
        failures += _check(answer, before, after)
    assert failures > (count or calls) // 3


@pytest.mark.parametrize("count", [12, pytest.param(None, marks=pytest.mark.long)], ids=["short", "every"])
def test_a_call_of_the_first_sync_that_fails(
    count: int | None, shimmed: Server, scratch: Path, new_articles: Path
) -> None:
    place = copy_of(Path("absent"), scratch / "failing-first")
    request = {"articles": str(new_articles), "library": str(place)}
    counted = shimmed.ask(work="armed_sync", **request, mode=COUNT, nth=0)
    end = _found(shimmed.ask(work="observe", library=str(place)))
    for nth in pick(counted["calls"], count, seed=5):
        copy_of(Path("absent"), place)
        answer = shimmed.ask(work="armed_sync", **request, mode=3, nth=nth, error=errno.ENOSPC, persists=True)
        assert answer["outcome"] in ("ok", "StorageError"), (nth, answer)
        again = shimmed.ask(work="recovered", **request)
        assert again["reader"]["outcome"] in ("ok", "LibraryNotFound"), (nth, again)
        assert _found(again["end"]) == end and again["end_verify"]["ok"], (nth, again)


@pytest.mark.parametrize("limit", [0, 100, 4_096, 20_000, 50_000])
def test_a_limit_on_file_size(
    limit: int, server: Server, scratch: Path, pair: tuple[Path, Path], new_articles: Path
) -> None:
    before, after = (_found(server.ask(work="observe", library=str(folder))) for folder in pair)
    place = copy_of(pair[0], scratch / "limited")
    request = {"articles": str(new_articles), "library": str(place)}
    answer = server.ask(work="limited_sync", **request, limit=limit)
    assert answer["outcome"] == "StorageError", answer
    again = server.ask(work="recovered", **request)
    assert _found(again["reader"]) == before and again["verify"]["ok"]
    assert _found(again["end"]) == after and again["end_verify"]["ok"]


@pytest.mark.parametrize("free", [8_192, 40_000, 120_000])
def test_a_disk_that_fills(
    free: int, server: Server, tmp_path: Path, pair: tuple[Path, Path], new_articles: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs is not permitted here; a limit on file size is tested instead")
    try:
        before, after = (_found(server.ask(work="observe", library=str(folder))) for folder in pair)
        place = copy_of(pair[0], disk / "library")
        filler = disk / "filler"
        _fill(filler, free)
        request = {"articles": str(new_articles), "library": str(place)}
        answer = server.ask(work="synced", **request)
        assert answer["outcome"] == "StorageError", answer
        assert _found(server.ask(work="observe", library=str(place))) == before
        filler.unlink()
        again = server.ask(work="recovered", **request)
        assert _found(again["reader"]) == before and again["verify"]["ok"]
        assert _found(again["end"]) == after and again["end_verify"]["ok"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill(filler: Path, free: int) -> None:
    """Leave `free` bytes of the disk."""
    facts = os.statvfs(filler.parent)
    with filler.open("wb") as file:
        file.write(b"\0" * (facts.f_bavail * facts.f_frsize - free))
