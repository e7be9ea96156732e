"""When two short answers say the same, and what of the words around one belongs to it: its list, or its title."""

from __future__ import annotations

import re

from rag.types import Span

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {word: n for n, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
NUMBERS |= {f"{ten}-{unit}": NUMBERS[ten] + NUMBERS[unit] for ten in _TENS for unit in _UNITS[1:10]}
NUMBERS |= {"dozen": 12}
_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "m": 1e6,
    "bn": 1e9,
    "k": 1e3,
}
_UNIT_SCALES = {
    name: (scale, unit)
    for names, scale, unit in (
        (("kilometre", "kilometres", "kilometer", "kilometers", "km"), 1e3, "metre"),
        (("metre", "metres", "meter", "meters"), 1.0, "metre"),
        (("tonne", "tonnes"), 1e3, "kilogram"),
        (("kilogram", "kilograms", "kg"), 1.0, "kilogram"),
        (("percent", "pct"), 1.0, "percent"),
    )
    for name in names
}
_EMPTY = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "about", "around", "some", "nearly", "almost",
    "roughly", "more", "than", "over", "least", "up", "mr", "mrs", "ms", "dr", "president", "people", "persons",
    "individuals", "us", "u", "s", "its", "his", "her", "their", "and",
))  # fmt: skip
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:-[^\W\d_]+)*", re.UNICODE)
Key = tuple[frozenset[str], frozenset[float]]
"""The words of an answer that mean something, and its numbers."""


def key(text: str) -> Key:
    """What an answer is compared by."""
    words: list[str] = []
    numbers: list[float] = []
    for token in _TOKEN.findall(text.lower().replace("’s", "").replace("'s", "")):
        if token[0].isdecimal():
            numbers.append(_number(token))
        elif token in NUMBERS:
            numbers.append(float(NUMBERS[token]))
        elif token in _UNIT_SCALES and numbers:
            scale, unit = _UNIT_SCALES[token]
            numbers[-1] *= scale
            words.append(unit)
        elif token in _SCALES and numbers:
            numbers[-1] *= _SCALES[token]
        elif token in _SCALES:
            numbers.append(_SCALES[token])
        elif token not in _EMPTY:
            words.append(token)
    return frozenset(words), frozenset(numbers)


def _number(token: str) -> float:
    plain = token.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", token) else token.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float("".join(c for c in plain if c.isdecimal()) or "nan")


def same(one: Key, other: Key) -> bool:
    """Whether two answers say the same: equal numbers, or the words of one among those of the other."""
    if one[1] or other[1]:
        if one[1] != other[1]:
            return False
        # "26" and "26 people" are the same count; "3 May" and "3 June" are not the same day.
        return not one[0] or not other[0] or bool(one[0] & other[0])
    return bool(one[0] and other[0]) and (one[0] <= other[0] or other[0] <= one[0])


_NAME = r"(?:(?:[A-Z]\.){2,}|[A-ZÀ-ÖØ-Þ](?:[\w.’'-]*\w)?)"
_ITEM = rf"(?:the\s+)?{_NAME}(?:\s+(?:(?:of|de|van|von|al|bin|the)\s+)?{_NAME})*"
_ONE = re.compile(_ITEM)
_LAST = r"\s*,?\s*\b(?:and|or|as well as)\s+"
_AFTER = re.compile(rf"{_LAST}{_ITEM}|\s*,\s*{_ITEM}(?=\s*(?:,|\b(?:and|or|as well as)\b))")
"""A further member of a list: the last one, or one after a comma that is itself followed by another."""
_BEFORE = re.compile(rf"{_ITEM}(?:{_LAST}|\s*,\s*)(?:the\s+)?$")

_OFFICE = (
    r"(?:vice )?president(?:-elect)?|(?:deputy )?prime minister|(?:(?:foreign|defen[cs]e|finance|interior|health) )?"
    r"(?:minister|secretary)|governor|senator|chancellor|mayor|pope|king|queen|prince(?:ss)?|general|judge|justice|"
    r"speaker|gov\.|sen\.|rep\.|dr\.?|prof\.?|gen\.|sir|dame|lord|lady|mrs?\.?|ms\.?"
)
_TITLE = re.compile(rf"(?<![\w.’'-])(?:{_NAME}\s+){{0,2}}(?i:{_OFFICE})\s+$")
_THE = re.compile(r"(?<!\w)[Tt]he\s+$")


def fullness(text: str) -> int:
    """How many words a name has: "Roy Cooper" says more than "Cooper"; 0 of what is not one name."""
    return len(text.removeprefix("the ").removeprefix("The ").split()) if _ONE.fullmatch(text) else 0


def joined(text: str, span: Span, within: Span) -> Span:
    """The enumeration of names around a span, inside a sentence; the span itself where it is in none."""
    start, end = span
    while (after := _AFTER.match(text, end, within.end)) is not None:
        end = after.end()
    while (before := _BEFORE.search(text[within.start : start])) is not None:
        start = within.start + before.start()
    return Span(start, end)


def entitled(text: str, span: Span, within: Span) -> Span:
    """A name with what it is called by before it, inside a sentence: "President-elect", "Minnesota Gov.", "the"."""
    words = fullness(text[span.start : span.end])
    before = text[within.start : span.start]
    found = (words and _TITLE.search(before)) or (words > 1 and _THE.search(before))
    return Span(within.start + found.start(), span.end) if found else span
