"""Bombs and damaged files of every document and archive format: each ends as drafts and issues, within the limits."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import fault_bombs
import pytest

from index.draft import Draft, Issue
from index.worker import MEMORY_BYTES, SECONDS, Reader

GOOD = {f"good{suffix}": fault_bombs.good(suffix) for suffix in fault_bombs.GOOD}
LEAKS = ("root:", "hahaha", "aaaaaaaaaa")


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.close()


def _read(reader: Reader, folder: Path, name: str, data: bytes) -> list[Draft | Issue]:
    file = folder / name
    file.write_bytes(data)
    try:
        return list(reader.read(file))
    finally:
        file.unlink()


def _texts(found: list[Draft | Issue]) -> list[str]:
    return [item.text for item in found if isinstance(item, Draft)]


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.timeout(1_800)
def test_bombs(step: int, reader: Reader, scratch: Path) -> None:
    """Each is named, or gives what is good in it; none takes the time limit, and the next file is read as ever."""
    count = 0
    for name, data in itertools.islice(fault_bombs.bombs(), 0, None, step):
        start = time.monotonic()
        found = _read(reader, scratch, name, data)
        assert found, name
        assert time.monotonic() - start < SECONDS, name
        assert not any(leak in text for text in _texts(found) for leak in LEAKS), name
        assert all(item.message and len(item.message) < 1_500 for item in found if isinstance(item, Issue)), name
        count += 1
    assert count >= 160 // step
    assert MEMORY_BYTES == 1024**3
    for name, data in GOOD.items():
        assert any(fault_bombs.TEXT in text for text in _texts(_read(reader, scratch, name, data))), name


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.parametrize("suffix", list(fault_bombs.GOOD))
@pytest.mark.timeout(7_200)
def test_damaged_files(suffix: str, count: int, reader: Reader, scratch: Path) -> None:
    read = 0
    for seed in range(count):
        found = _read(reader, scratch, f"{seed:05d}{suffix}", fault_bombs.damaged(suffix, seed))
        assert found, seed
        read += bool(_texts(found))
    # Damage that is all too great would prove nothing.
    assert read > count // 20
