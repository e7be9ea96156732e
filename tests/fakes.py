"""Fakes that all tests share: an encoder without a model, and articles that are told apart by one word."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.encoder import Vectors
from rag.manifest import ChunkerSpec
from rag.scoring import Scored
from rag.spec import EncoderSpec
from rag.types import Span

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


class FakeScorer:
    """Reads by words: a passage answers as far as it holds the question's words, and answers with its other words.

    Spans are the longest runs of words that the question does not hold, one for each sentence.
    """

    name = "fake-reader"

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        """What it says of each (heading, text)."""
        asked = set(WORD.findall(question.lower()))
        return [self._scored(asked, text) for _, text in passages]

    def _scored(self, asked: set[str], text: str) -> Scored:
        found: list[tuple[Span, float]] = []
        for sentence in re.finditer(r"[^.!?\n]+", text):
            words = [
                (m.group().lower(), sentence.start() + m.start(), sentence.start() + m.end())
                for m in WORD.finditer(sentence.group())
            ]
            shared = sum(word in asked for word, _, _ in words)
            runs, run = [], []
            for word in [*words, ("", 0, 0)]:
                if word[0] and word[0] not in asked:
                    run.append(word)
                elif run:
                    runs.append(run)
                    run = []
            if runs and shared:
                best = max(runs, key=len)
                found.append((Span(best[0][1], best[-1][2]), float(shared)))
        found.sort(key=lambda one: -one[1])
        share = len(asked & set(WORD.findall(text.lower()))) / max(len(asked), 1)
        top = found[0][1] if found else 0.0
        return Scored(6 * share - 3, 6 * share - 3, tuple((span, score - top) for span, score in found[:5]))


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
