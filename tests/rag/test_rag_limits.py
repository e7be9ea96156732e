"""Settings that make no sense, questions during a reload, index files that claim too much."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import MARKERS, FakeEncoder, write_articles

from index.sync import sync
from rag import dense
from rag.errors import LibraryCorrupt, QuestionError
from rag.library import Library
from rag.types import Settings


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Settings(candidates=0), id="candidates"),
        pytest.param(lambda: Settings(passages=0), id="passages"),
        pytest.param(lambda: Settings(max_citations=0), id="citations"),
        pytest.param(lambda: Settings(min_confidence=1.5), id="confidence"),
        pytest.param(lambda: Settings(min_confidence=float("nan")), id="confidence-of-nan"),
        pytest.param(lambda: Settings(dense_weight=-1), id="weight"),
        pytest.param(lambda: Settings(read=0), id="nothing-read"),
        pytest.param(lambda: Settings(read=10_001), id="too-much-read"),
        pytest.param(lambda: Settings(recency=-0.1), id="recency"),
        pytest.param(lambda: Settings(recency=float("nan")), id="recency-of-nan"),
        pytest.param(lambda: Settings(lexical_weight=float("inf")), id="weight-of-infinity"),
    ],
)
def test_settings_are_checked(make: Callable[[], Settings]) -> None:
    with pytest.raises(QuestionError, match=r"must (be|not be)"):
        make()


def test_questions_go_on_while_the_library_is_reloaded(tmp_path: Path) -> None:
    files = tmp_path / "files"
    write_articles(files)
    sync([files], tmp_path / "library", encoder=FakeEncoder())
    problems: list[BaseException] = []
    done = threading.Event()

    with Library(tmp_path / "library", encoder=FakeEncoder()) as library:

        def ask() -> None:
            while not done.is_set():
                try:
                    library.search(MARKERS[0], k=3)
                except BaseException as error:
                    problems.append(error)
                    return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(12):
            (files / f"new-{number}.txt").write_text(f"A new story of number {number} was told on Monday.", "utf-8")
            sync([files], tmp_path / "library", encoder=FakeEncoder())
            assert library.reload()
            assert not library.reload()
        done.set()
        for thread in threads:
            thread.join()
        assert library.info.articles == len(MARKERS) + 12
    assert not problems


def test_an_index_that_claims_more_than_its_file_holds_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "library" / "generations" / "00000001"
    place.mkdir(parents=True)
    dense.write(tmp_path / "written", [np.ones((2, 8), np.float16), np.ones((1, 8), np.float16)], (3, 8))
    data = bytearray((tmp_path / "written").read_bytes())
    assert dense.DenseIndex(_put(place, data), dimension=8, size=3)
    codes = 3 * 8 * 2
    at = bytes(data).rindex(struct.pack("<Q", codes))
    data[at : at + 8] = struct.pack("<Q", 1 << 45)
    with pytest.raises(LibraryCorrupt, match="rag repair"):
        dense.DenseIndex(_put(place, data), dimension=8, size=3)


@pytest.mark.parametrize("count", [0, 1, 5, 1_000])
def test_an_index_that_is_written_in_blocks_is_the_one_that_faiss_writes(count: int, tmp_path: Path) -> None:
    vectors = np.random.default_rng(count).standard_normal((count, 24)).astype(np.float16)
    index = faiss.IndexScalarQuantizer(24, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    if count:
        index.add(vectors.astype(np.float32))
    dense.write(tmp_path / "written", np.array_split(vectors, 3), (count, 24))
    assert (tmp_path / "written").read_bytes() == bytes(memoryview(faiss.serialize_index(index)))


def test_an_index_of_another_size_than_was_said_is_not_left_unnoticed(tmp_path: Path) -> None:
    with pytest.raises(LibraryCorrupt, match="instead of"):
        dense.write(tmp_path / "written", [np.ones((2, 8), np.float16)], (3, 8))


def _put(place: Path, data: bytearray) -> Path:
    path = place / "vectors.faiss"
    path.write_bytes(data)
    return path
