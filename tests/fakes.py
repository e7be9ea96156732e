"""Fakes that all tests share: an encoder without a model, and articles that are told apart by one word."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.encoder import Vectors
from rag.manifest import ChunkerSpec
from rag.spec import EncoderSpec

WORD = re.compile(r"\w+")
SMALL_CHUNKS = ChunkerSpec(max_tokens=40, overlap=8, title_tokens=8)
"""Chunks so small that a short article has several."""


class FakeEncoder:
    """Hashed bags of words as unit vectors; tokens are words.  The same on every machine."""

    def __init__(self, dimension: int = 32, *, name: str = "fake", weights: str = "0" * 64) -> None:
        self.spec = EncoderSpec(
            name=name,
            weights=weights,
            tokenizer="1" * 64,
            dimension=dimension,
            max_tokens=256,
            pooling="mean",
            normalize=True,
            query_prompt="",
            passage_prompt="",
        )

    @property
    def passage_budget(self) -> int:
        return self.spec.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        found = [self.encode_query(text) for text in texts]
        return np.stack(found) if found else np.empty((0, self.spec.dimension), np.float32)

    def encode_query(self, text: str) -> Vectors:
        vector = np.full(self.spec.dimension, 1e-3, np.float32)
        for word in WORD.findall(text.lower()):
            code = zlib.crc32(word.encode())
            vector[code % self.spec.dimension] += 1.0 if code & (1 << 20) else -1.0
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


MARKERS = ("aardvark", "basilisk", "cormorant", "dromedary", "echidna", "flamingo", "gecko", "heron")
"""One word for each sample article that is in no other."""


def article_text(marker: str, sentences: int = 12) -> str:
    """A short article that only one marker word names."""
    body = " ".join(
        f"In week {number} the {marker} keepers of the {marker} house counted {number * 7} animals and wrote them down."
        for number in range(1, sentences + 1)
    )
    return f"The {marker} house opens again to visitors\n\n{body}\n"


def write_articles(folder: Path, markers: Sequence[str] = MARKERS) -> Path:
    """One .txt file for each marker."""
    folder.mkdir(parents=True, exist_ok=True)
    for marker in markers:
        (folder / f"{marker}.txt").write_text(article_text(marker), "utf-8")
    return folder
