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
_TITLES = frozenset((
    "sir", "dame", "lord", "lady", "judge", "justice", "prof", "professor", "gov", "governor", "sen", "senator", "rep",
    "gen", "general", "captain", "minister", "prime", "secretary", "chancellor", "mayor", "king", "queen", "pope",
))  # fmt: skip
"""Words that say nothing beside a name."""
_ABOUT = re.compile(
    r"\b(?:about|around|some|nearly|almost|roughly|approximately|more than|over|under|miles?|feet|foot)\b"
)
NEAR = 0.03
"""By what share a number that is about right may be off."""
EXACT = 10_000
"""Numbers below are not rounded to two figures: 2020 is not about 2024."""
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
        plain = " ".join(words)
        marks.update((family, value) for family, value, pattern in _MARKS if pattern.search(plain))
        if _ABOUT.search(text.lower()):
            marks.add(("about", "about"))
        marks.update(("score", f"{score[1]}-{score[2]}") for score in _SCORE.finditer(text))
    said = frozenset(words) - _EMPTY
    return Key(said - _TITLES or said, frozenset(numbers), frozenset(marks))


def same(one: Key, other: Key) -> bool:
    """Whether two answers say the same: equal numbers, or the words of one among those of the other."""
    mine, its = dict(one.marks), dict(other.marks)
    if any(mine[family] != its[family] for family in mine.keys() & its.keys()):
        return False
    if "country" in mine and "country" in its:
        return True
    if one.numbers or other.numbers:
        if one.numbers != other.numbers and not _rounded(one, other):
            return False
        # "26" and "26 people" are the same count; "3 May" and "3 June" are not the same day.
        return not one.words or not other.words or bool(one.words & other.words)
    return bool(one.words and other.words) and (one.words <= other.words or other.words <= one.words)


def _rounded(one: Key, other: Key) -> bool:
    """Whether one number is the other in fewer figures, or about it."""
    if len(one.numbers) != 1 or len(other.numbers) != 1:
        return False
    (least, most) = sorted((*one.numbers, *other.numbers))
    if least <= 0:
        return False
    if ("about", "about") in one.marks | other.marks and most - least <= NEAR * most:
        return True
    return least >= EXACT and any(_in_fewer(a, b) for a, b in ((least, most), (most, least)))


def _in_fewer(number: float, exact: float) -> bool:
    """Whether a number of two or more figures, and then noughts, is an exact one rounded."""
    figures = f"{number:.0f}".rstrip("0")
    unit = 10.0 ** (len(f"{number:.0f}") - len(figures))
    return len(figures) > 1 and unit > 1 and round(exact / unit) * unit == number
