"""An encoder that remembers passages, so that libraries cut in different sizes embed equal chunks once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

import numpy as np

from rag.encoder import Encoder, Vectors
from rag.spec import EncoderSpec

TEXTS = 200_000
"""Passages remembered; at 384 dimensions they take 150 MB."""


class SharedEncoder:
    """Encodes as `encoder` does, each passage once.  Thread-safe.

    Passage vectors have float16 precision, in which libraries keep them, whether they are remembered or new.  What is
    full stays as it is: libraries are built in the same order of articles, so that forgetting the oldest would
    forget just what the next one asks for first.
    """

    def __init__(self, encoder: Encoder, *, texts: int = TEXTS) -> None:
        self._encoder = encoder
        self._rows: dict[bytes, int] = {}
        self._vectors = np.empty((texts, encoder.spec.dimension), np.float16)
        self._lock = threading.Lock()

    @property
    def spec(self) -> EncoderSpec:
        return self._encoder.spec

    @property
    def passage_budget(self) -> int:
        return self._encoder.passage_budget

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def encode_query(self, text: str) -> Vectors:
        return self._encoder.encode_query(text)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        found = np.empty((len(texts), self.spec.dimension), np.float16)
        with self._lock:
            rows = [self._rows.get(key) for key in keys]
        known = [place for place, row in enumerate(rows) if row is not None]
        # Rows are written once and never moved.
        found[known] = self._vectors[[row for row in rows if row is not None]]
        fresh: dict[bytes, list[int]] = {}
        for place, (key, row) in enumerate(zip(keys, rows, strict=True)):
            if row is None:
                fresh.setdefault(key, []).append(place)
        if fresh:
            vectors = self._encoder.encode_passages([texts[places[0]] for places in fresh.values()])
            for vector, places in zip(vectors.astype(np.float16), fresh.values(), strict=True):
                found[places] = vector
            self._remember({key: found[places[0]] for key, places in fresh.items()})
        return found.astype(np.float32)

    def _remember(self, fresh: dict[bytes, Vectors]) -> None:
        with self._lock:
            for key, vector in fresh.items():
                if key not in self._rows and len(self._rows) < len(self._vectors):
                    self._vectors[len(self._rows)] = vector
                    self._rows[key] = len(self._rows)
