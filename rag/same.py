"""When two short answers say the same."""

from __future__ import annotations

import re
from typing import NamedTuple

from rag.amounts import amounts
from rag.countries import country

_EMPTY = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "about", "around", "some", "nearly", "almost",
    "roughly", "more", "than", "over", "least", "up", "mr", "mrs", "ms", "dr", "president", "people", "persons",
    "individuals", "its", "his", "her", "their", "and", "fewer", "less", "most", "under", "below", "only", "just",
    "exactly", "approximately",
))  # fmt: skip
_MARKS = tuple(
    (family, value, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for family, value, pattern in (
        ("half of the day", "am", r"am|in the morning"),
        ("half of the day", "pm", r"pm|in the (?:afternoon|evening)|at night"),
        ("direction", "up", r"up(?! to)|rose|risen|rise|increased?|gain(?:ed)?|grew|higher|growth"),
        ("direction", "down", r"down|fell|fallen|fall|decreased?|decline[ds]?|dropp?(?:ed)?|lost|lower|cut"),
        ("bound", "over", r"(?<!no )(?<!not )(?:more|greater|higher) than|over|above|at least"),
        ("bound", "under", r"not? more than|(?:fewer|less|lower) than|under|below|at most|up to"),
    )
)
_SCORE = re.compile(r"(?<![\w.,-])(\d{1,3})[-–](\d{1,3})(?![\w-])")


class Key(NamedTuple):
    """What an answer is compared by: the words that mean something, its numbers, and what tells equal numbers apart.

    `marks` are (family, value): two values of one family exclude each other.
    """

    words: frozenset[str]
    numbers: frozenset[float]
    marks: frozenset[tuple[str, str]] = frozenset()


def key(text: str) -> Key:
    """What an answer is compared by."""
    words, numbers = amounts(text)
    marks: set[tuple[str, str]] = {("country", named)} if (named := country(text)) else set()
    if numbers:
        marks.update((family, value) for family, value, pattern in _MARKS if pattern.search(" ".join(words)))
        marks.update(("score", f"{score[1]}-{score[2]}") for score in _SCORE.finditer(text))
    return Key(frozenset(words) - _EMPTY, frozenset(numbers), frozenset(marks))


def same(one: Key, other: Key) -> bool:
    """Whether two answers say the same: equal numbers, or the words of one among those of the other."""
    mine, its = dict(one.marks), dict(other.marks)
    if any(mine[family] != its[family] for family in mine.keys() & its.keys()):
        return False
    if "country" in mine and "country" in its:
        return True
    if one.numbers or other.numbers:
        if one.numbers != other.numbers:
            return False
        # "26" and "26 people" are the same count; "3 May" and "3 June" are not the same day.
        return not one.words or not other.words or bool(one.words & other.words)
    return bool(one.words and other.words) and (one.words <= other.words or other.words <= one.words)
