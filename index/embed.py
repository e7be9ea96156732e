"""Articles to vectors: the next batch is cut while the last one is being encoded."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from index.chunk import Chunker
from rag.encoder import Encoder
from rag.rows import Vector
from rag.types import Article, Chunk

BATCH_CHUNKS = 256
"""Chunks embedded and staged together: what an interrupt can cost."""
MOST_BATCHES = 2
"""Batches that may be on their way: one that is encoded, one that is ready for it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An article with its chunks and its sketch."""

    article: Article
    chunks: list[Chunk]
    sketch: bytes


Stage = Callable[[Sequence[Cut], Sequence[Vector]], None]


class Embedder:
    """Encodes in a thread of its own and hands whole batches to `stage`, in order, in the caller's thread.

    `busy` are the seconds that the encoder worked, `embedded` the chunks that were staged.
    """

    def __init__(self, encoder: Encoder, chunker: Chunker, stage: Stage) -> None:
        self._encoder = encoder
        self._chunker = chunker
        self._stage = stage
        self._pool = ThreadPoolExecutor(1, "article-rag-encoding")
        self._batches: deque[tuple[list[Cut], Future[Vector]]] = deque()
        self._waiting: list[Cut] = []
        self._count = 0
        self.embedded = 0
        self.busy = 0.0

    def add(self, cut: Cut) -> bool:
        """Take an article; whether a batch was handed on with it."""
        self._waiting.append(cut)
        self._count += len(cut.chunks)
        if self._count < BATCH_CHUNKS:
            return False
        self._hand_on()
        return True

    def finish(self) -> None:
        """Encode and stage all that was taken."""
        if self._waiting:
            self._hand_on()
        while self._batches:
            self._take()

    def close(self) -> None:
        """Stage what is encoded already, also after an interrupt, and end the thread."""
        self._pool.shutdown(cancel_futures=True)
        while self._batches:
            # What failed or was never begun is embedded by the next run; why it ended is known already.
            with suppress(BaseException):
                self._take()

    def _hand_on(self) -> None:
        batch, self._waiting, self._count = self._waiting, [], 0
        texts = [
            self._chunker.passage(cut.article.title, cut.article.text[chunk.start : chunk.end])
            for cut in batch
            for chunk in cut.chunks
        ]
        self._batches.append((batch, self._pool.submit(self._encode, texts)))
        while len(self._batches) > MOST_BATCHES:
            self._take()

    def _encode(self, texts: list[str]) -> Vector:
        start = time.perf_counter()
        try:
            if not texts:
                return np.empty((0, self._encoder.spec.dimension), np.float16)
            return self._encoder.encode_passages(texts).astype(np.float16)
        finally:
            self.busy += time.perf_counter() - start

    def _take(self) -> None:
        batch, future = self._batches.popleft()
        vectors = future.result()
        counts = np.cumsum([len(cut.chunks) for cut in batch])[:-1]
        self._stage(batch, np.split(vectors, counts))
        self.embedded += len(vectors)
