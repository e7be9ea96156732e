"""Reading ahead and encoding beside: order, bounds, errors and interrupts of the two threads of a sync."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index import embed
from index.chunk import Chunker
from index.discover import walk
from index.draft import Issue
from index.embed import Cut, Embedder
from index.plan import Looked
from index.stream import Event, Finished, Prepared, Stream
from rag.encoder import Vectors
from rag.rows import Vector
from rag.types import Article


class Recorder:
    """What was staged, in order."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.threads: set[str] = set()

    def __call__(self, cuts: Sequence[Cut], vectors: Sequence[Vector]) -> None:
        assert [len(cut.chunks) for cut in cuts] == [len(own) for own in vectors]
        self.ids += [cut.article.id for cut in cuts]
        self.threads.add(threading.current_thread().name)


def embedder(encoder: FakeEncoder, stage: Recorder) -> Embedder:
    return Embedder(encoder, cutter(encoder), stage)


def cutter(encoder: FakeEncoder) -> Chunker:
    return Chunker(SMALL_CHUNKS, encoder.count_tokens, encoder.passage_budget)


def cut(number: int, encoder: FakeEncoder) -> Cut:
    text = f"The pilots of harbour {number} waited at the quay on Monday.\n"
    article = Article(str(number), "T", text)
    return Cut(article, cutter(encoder).chunks(article), b"")


def test_batches_are_staged_in_order_in_the_caller_s_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_CHUNKS", 3)
    encoder, staged = FakeEncoder(), Recorder()
    work = embedder(encoder, staged)
    for number in range(20):
        work.add(cut(number, encoder))
    work.finish()
    work.close()
    assert staged.ids == [str(number) for number in range(20)]
    assert staged.threads == {threading.current_thread().name}
    assert work.embedded == 20
    assert work.busy > 0


def test_no_more_than_a_few_batches_wait_for_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_CHUNKS", 1)
    entered = 0
    gate = threading.Semaphore(0)

    class Gated(FakeEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            nonlocal entered
            entered += 1
            gate.acquire()
            return super().encode_passages(texts)

    encoder, staged = Gated(), Recorder()
    work = embedder(encoder, staged)
    taken: list[int] = []

    def add() -> None:
        for number in range(6):
            work.add(cut(number, encoder))
            taken.append(number)

    thread = threading.Thread(target=add)
    thread.start()
    time.sleep(0.5)
    assert (entered, taken) == (1, [0, 1])
    for _ in range(6):
        gate.release()
    thread.join(10)
    work.finish()
    work.close()
    assert staged.ids == ["0", "1", "2", "3", "4", "5"]


def test_what_was_encoded_before_an_error_is_staged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "BATCH_CHUNKS", 1)

    class Failing(FakeEncoder):
        def encode_passages(self, texts: Sequence[str]) -> Vectors:
            if "harbour 2" in texts[0]:
                raise RuntimeError("out of memory")
            return super().encode_passages(texts)

    encoder, staged = Failing(), Recorder()
    work = embedder(encoder, staged)
    with pytest.raises(RuntimeError, match="out of memory"):
        for number in range(9):
            work.add(cut(number, encoder))
    work.close()
    assert staged.ids[:2] == ["0", "1"] and "2" not in staged.ids


def test_articles_without_a_body_need_no_encoder() -> None:
    encoder, staged = FakeEncoder(), Recorder()
    work = embedder(encoder, staged)
    work.add(Cut(Article("a", "T", "x"), [], b""))
    work.finish()
    work.close()
    assert (staged.ids, work.embedded) == (["a"], 0)
    assert np.empty((0, 32), np.float16).dtype == np.float16


def events(folder: Path, **options: int) -> list[Event]:
    files, _ = walk([folder])
    with Stream(files, Looked(frozenset({str(folder)}), files), **options) as stream:
        return list(stream)


def test_each_file_gives_its_articles_then_its_state(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The pilots of the harbour waited at the quay on Monday for many hours.")
    (tmp_path / "b.txt").write_bytes(b"\0" * 9)
    found = events(tmp_path)
    assert [type(one) for one in found] == [Prepared, Finished, Issue, Finished]
    first, last = found[1], found[3]
    assert isinstance(first, Finished) and first.state is not None and isinstance(last, Finished)
    assert (first.state.articles, first.state.problem, first.state.quarantined) == (1, "", False)
    assert last.state is not None and last.state.quarantined


def test_a_file_that_goes_away_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    files, _ = walk([tmp_path])
    (tmp_path / "a.txt").unlink()
    with Stream(files, Looked(frozenset({str(tmp_path)}), files)) as stream:
        found = list(stream)
    assert isinstance(found[0], Issue)
    assert isinstance(found[1], Finished) and found[1].state is None


def test_reading_waits_while_enough_text_waits(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(f"The pilots of harbour {number} waited. " * 30)
    files, _ = walk([tmp_path])
    with Stream(files, Looked(frozenset({str(tmp_path)}), files), most=5_000) as stream:
        iterator = iter(stream)
        next(iterator)
        time.sleep(1.0)
        assert len(stream._waiting) < 20
        assert sum(isinstance(event, Prepared) for event in iterator) == 29


def test_a_reader_is_given_up_at_once_in_the_middle_of_a_long_file(tmp_path: Path) -> None:
    line = '{"text": "' + "The pilots waited at the quay. " * 200 + '"}\n'
    (tmp_path / "many.jsonl").write_text(line * 20_000)
    files, _ = walk([tmp_path])
    started = time.monotonic()
    with Stream(files, Looked(frozenset({str(tmp_path)}), files)) as stream:
        next(iter(stream))
    assert time.monotonic() - started < 15
