"""Near-copies among articles: a sketch of each text, and which texts are copies or light edits of which original.

A sketch is MinHash (Broder, 1997) over the pairs of neighbouring words, and over the pairs of numbers that follow each
other; candidates come from bands of it (locality-sensitive hashing).  The hashing is written out here because sketches
are kept in libraries for years: the same text must give the same bytes whatever version of a package is installed.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from rag.columns import UNDATED
from rag.types import Noise

VERSION = 1
"""Of the form of a sketch, its first byte.  Sketches of another version make no groups."""
SLOTS = 256
NUMBER_SLOTS = 64
ROWS = 4
"""Slots in a band: two texts of similarity s are compared with probability 1 - (1 - s ** ROWS) ** (SLOTS / ROWS)."""
SHORT = 50
"""Texts of fewer words are copies only when all their words are the same."""
ALIKE = 0.5
"""Texts with this share of their pairs of words in common (Jaccard) are copies."""
CONTAINED = 0.9
"""A text with this share of its pairs in the other is a shortened copy of it ..."""
CONTAINED_ALIKE = 0.35
"""... where this share of all of both is common too."""
NUMBERS_ALIKE = 0.25
"""Texts with a smaller share of their numbers in common are one template filled in twice, such as weather reports."""
FEW_NUMBERS = 6
"""With fewer numbers in a text, they do not tell a template from a copy."""
CROWD = 64
"""Originals of one bucket that a text is compared with, the latest: templates fill a bucket by the thousand."""

_DTYPE = np.dtype([
    ("version", "u1"), ("words", "<u4"), ("figures", "<u4"), ("exact", "<u8"),
    ("slots", "<u2", (SLOTS,)), ("numbers", "<u2", (NUMBER_SLOTS,)),
])  # fmt: skip
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_]+")
"""A word, or a letter of the scripts that put no spaces between words."""
_NUMBER = re.compile(r"\d")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)

Ints = npt.NDArray[np.int32]
Table = npt.NDArray[np.void]


def sketch(text: str, noise: Iterable[Noise] = ()) -> bytes:
    """What `groups` needs to know of a text, the ranges of `noise` left out: always as many bytes."""
    words = _WORD.findall(_without(text, noise).casefold())
    # In a template many a number recurs; which follows which does not.
    numbers = _pairs([word for word in words if _NUMBER.search(word)])
    made = np.zeros(1, _DTYPE)
    made["version"] = VERSION
    made["words"] = len(words)
    made["figures"] = len(numbers)
    made["exact"] = int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest(), "little")
    made["slots"] = _minima(_pairs(words), SLOTS)
    made["numbers"] = _minima(numbers, NUMBER_SLOTS)
    return made.tobytes()


def groups(sketches: Sequence[bytes], published: Ints) -> Ints:
    """For each article the index of the original that it copies, its own where it copies none.

    `published` is in days, or UNDATED.  The original is what was published first; what has no date comes last, and
    among equals the lower index.  Every copy is like its original itself: a chain of small edits does not join two
    texts that have become different.  Bytes that are no sketch of this version make no group.
    """
    usable = np.array([len(one) == _DTYPE.itemsize and one[0] == VERSION for one in sketches], bool)
    blank = bytes(_DTYPE.itemsize)
    table = np.frombuffer(
        b"".join(one if good else blank for one, good in zip(sketches, usable, strict=True)), _DTYPE
    )  # fmt: skip
    days = published.astype(np.int64)
    days[published == UNDATED] = np.iinfo(np.int64).max
    order = np.argsort(days, kind="stable")
    found = np.arange(len(sketches), dtype=np.int32)
    texts = _exact(table, order[usable[order] & (table["words"][order] > 0)], found)
    _near(table, texts[table["words"][texts] >= SHORT], found)
    # An exact copy of what proved a near-copy has that one's original.
    return np.asarray(found[found], np.int32)


def alike(one: Table, other: Table) -> npt.NDArray[np.float64]:
    """Estimated similarity (Jaccard) of a sketch with each of others; 0 where they are not copies of each other."""
    common = (one["slots"] == other["slots"]).mean(axis=-1)
    least = np.minimum(one["words"], other["words"])
    both = one["words"].astype(np.float64) + other["words"]
    # |A & B| = J |A | B| = J (|A| + |B|) / (1 + J).
    contained = common / (1 + common) * both / least
    few = np.minimum(one["figures"], other["figures"]) < FEW_NUMBERS
    numbers = (one["numbers"] == other["numbers"]).mean(axis=-1)
    copies = (common >= ALIKE) | ((contained >= CONTAINED) & (common >= CONTAINED_ALIKE))
    return np.where(copies & (few | (numbers >= NUMBERS_ALIKE)), common, 0.0)


def _exact(table: Table, order: npt.NDArray[np.int64], found: Ints) -> npt.NDArray[np.int64]:
    """Note copies word for word in `found`; the first of each text, in the same order."""
    _, first, which = np.unique(table["exact"][order], return_index=True, return_inverse=True)
    originals = order[first[which]]
    found[order] = originals
    return np.asarray(order[originals == order], np.int64)


def _near(table: Table, order: npt.NDArray[np.int64], found: Ints) -> None:
    """Note in `found` which texts, each compared with the originals before it, copy one of them."""
    shared = _buckets(table["slots"][order])
    held: dict[tuple[int, int], deque[int]] = {}
    for place in np.flatnonzero((shared >= 0).any(axis=1)).tolist():
        keys = [(band, bucket) for band, bucket in enumerate(shared[place].tolist()) if bucket >= 0]
        rivals = sorted({other for key in keys for other in held.get(key, ())})
        if rivals:
            likeness = alike(table[order[place]], table[order[rivals]])
            best = int(likeness.argmax())
            if likeness[best] > 0:
                found[order[place]] = order[rivals[best]]
                continue
        for key in keys:
            held.setdefault(key, deque(maxlen=CROWD)).append(place)


def _buckets(slots: npt.NDArray[np.uint16]) -> Ints:
    """(n, bands): the bucket in which a text lies with others, -1 where it is alone."""
    bands = SLOTS // ROWS
    found = np.full((len(slots), bands), -1, np.int32)
    keys = np.ascontiguousarray(slots).view("<u8")
    for band in range(bands):
        _, which, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        found[:, band] = np.where(counts[which] > 1, which, -1)
    return found


def _without(text: str, noise: Iterable[Noise]) -> str:
    kept, at = [], 0
    for mark in sorted(noise):
        kept.append(text[at : mark.start])
        at = max(at, mark.end)
    return " ".join([*kept, text[at:]])


def _codes(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    known = {word: zlib.crc32(word.encode()) for word in set(words)}
    return _scrambled(np.array([known[word] for word in words], np.uint64))


def _pairs(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """A code for each word with the one after it."""
    codes = _codes(words)
    return codes[:-1] * _MIX + codes[1:]


def _minima(codes: npt.NDArray[np.uint64], slots: int) -> npt.NDArray[np.uint16]:
    """MinHash of a set in about one pass: fast similarity sketching (Dahlgaard, Knudsen and Thorup, FOCS 2017).

    Each turn hashes the codes into slots, and the least of those in a slot fills it where it is still empty; the last
    turns fill one slot each, from all codes.  (slots,) of 16 bits, 0 where there is no code.
    """
    least = np.full(slots, _EMPTY)
    codes, turns = np.unique(codes), _scrambled(np.arange(2 * slots, dtype=np.uint64))
    for turn in range(2 * slots if len(codes) else 0):
        empty = least == _EMPTY
        if not empty.any():
            break
        mixed = _scrambled(codes ^ turns[turn])
        falls = mixed % np.uint64(slots) if turn < slots else np.full(len(codes), turn - slots, np.uint64)
        lowest = np.full(slots, _EMPTY)
        np.minimum.at(lowest, falls.astype(np.intp), mixed)
        least[empty] = lowest[empty]
    # The least of many is small: only mixed again do its bits differ from text to text.
    return np.asarray(_scrambled(least) >> np.uint64(48) if len(codes) else np.zeros(slots), np.uint16)


def _scrambled(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    mixed = codes + _MIX
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)
