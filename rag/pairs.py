"""How a question and a passage are laid out for a reader, and how spans are told from its two scores a token."""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
QUESTION_TOKENS = 80
PAIR_TOKENS = 320
"""Most tokens that are read at once; a longer passage is cut at its end."""
HEADING_CHARS = 200
EDGES = 32
"""Tokens at which spans are looked for to begin, and to end: the likeliest."""
SPAN_TOKENS = 40
"""Most tokens of a short answer."""

_JOINERS = frozenset("\u200c\u200d")
"""Zero-width (non-)joiners; variation selectors are marks."""


def heading(title: str, published: date | str | None) -> str:
    """What stands before a passage: its article's title and date."""
    day = f"{published.day} {published:%B} {published.year}" if isinstance(published, date) else published or ""
    return f"{title} ({day})" if title and day else title or day


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids and segments of a question with a heading and a text, as the model's own tokenizer joins them.

    `first` is the place of the text's first token, `offsets` (n, 2) are the characters of the text's tokens, with the
    marks that follow them, which a tokenizer may strip or make tokens of their own.
    """

    ids: list[int]
    segments: list[int]
    first: int
    offsets: npt.NDArray[np.int32]


class Layout:
    """Makes pairs with a model's tokenizer.  Thread-safe."""

    def __init__(self, tokenizer: Any, most: int = PAIR_TOKENS) -> None:
        self._questions = tokenizer
        self._pairs = copy.deepcopy(tokenizer)
        self._pairs.enable_truncation(most, strategy="only_second")
        self._most = min(QUESTION_TOKENS, most // 3)

    @classmethod
    def read(cls, tokenizer: Path, most: int = PAIR_TOKENS) -> Layout:
        """A layout with the tokenizer in a file."""
        from tokenizers import Tokenizer

        loaded = Tokenizer.from_file(str(tokenizer))
        loaded.no_truncation()
        loaded.no_padding()
        return cls(loaded, most)

    def pairs(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Pair]:
        """A pair for each (heading, text)."""
        asked = self._questions.encode(question, add_special_tokens=False)
        if len(asked.ids) > self._most:
            question = question[: asked.offsets[self._most - 1][1]]
        heads = [f"{head[:HEADING_CHARS]}\n" if head else "" for head, _ in passages]
        texts = [head + text for head, (_, text) in zip(heads, passages, strict=True)]
        found = self._pairs.encode_batch([(question, text) for text in texts])
        return [
            _pair(encoding, len(head), text) for encoding, head, (_, text) in zip(found, heads, passages, strict=True)
        ]


def _pair(encoding: Any, head: int, text: str) -> Pair:
    offsets = np.array(encoding.offsets, np.int32).reshape(-1, 2)
    second = np.array([place == 1 for place in encoding.sequence_ids], bool)
    body = np.flatnonzero(second & (offsets[:, 0] >= head) & (offsets[:, 1] > head))
    first = int(body[0]) if len(body) else 0
    own = offsets[body] - head
    if not text.isascii():
        own[:, 1] = [_whole(text, end) for end in own[:, 1].tolist()]
    return Pair(encoding.ids, encoding.type_ids, first, own)


def _whole(text: str, end: int) -> int:
    """`end`, or where the marks and joiners that follow it end."""
    while end < len(text) and (text[end] in _JOINERS or unicodedata.category(text[end]).startswith("M")):
        end += 1
    return end


def padded(pairs: Sequence[Pair], width: int, filler: int = 0) -> dict[str, npt.NDArray[np.int64]]:
    """(n, width) inputs of the network; `filler` is the model's padding token."""
    inputs = {name: np.zeros((len(pairs), width), np.int64) for name in NAMES}
    inputs["input_ids"] += filler
    for row, pair in enumerate(pairs):
        length = len(pair.ids)
        inputs["input_ids"][row, :length] = pair.ids
        inputs["attention_mask"][row, :length] = 1
        inputs["token_type_ids"][row, :length] = pair.segments
    return inputs


NAMES = ("input_ids", "attention_mask", "token_type_ids")


def log_softmax(scores: Floats) -> Floats:
    """Log of the softmax over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)


def best_spans(starts: Floats, ends: Floats, most: int) -> list[tuple[int, int, float]]:
    """The `most` likeliest spans of text tokens, `(first, last, log probability)`, none inside or over another.

    `starts` and `ends` are the network's scores for the n tokens of a text.
    """
    if not len(starts):
        return []
    begin, end = log_softmax(starts), log_softmax(ends)
    # A likely span begins and ends at likely tokens: the others need not be paired.
    firsts = np.sort(np.argsort(-begin, kind="stable")[:EDGES])
    lasts = np.sort(np.argsort(-end, kind="stable")[:EDGES])
    gaps = lasts[None, :] - firsts[:, None]
    joint = np.where((gaps < 0) | (gaps >= SPAN_TOKENS), -np.inf, begin[firsts][:, None] + end[lasts][None, :])
    if not np.isfinite(joint).any():
        place = int(np.argmax(begin + end))
        return [(place, place, float(begin[place] + end[place]))]
    found: list[tuple[int, int, float]] = []
    for flat in np.argsort(-joint, axis=None, kind="stable"):
        row, column = divmod(int(flat), joint.shape[1])
        first, last = int(firsts[row]), int(lasts[column])
        if len(found) == most or not np.isfinite(joint[row, column]):
            break
        if all(last < other[0] or first > other[1] for other in found):
            found.append((first, last, float(joint[row, column])))
    return found
