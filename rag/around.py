"""What of the words around a short answer belongs to it: the list of which it is a member, or its title."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache

from rag.countries import known
from rag.peoples import adjectives
from rag.stopwords import STOPWORDS
from rag.types import Span

_NAME = r"(?:(?:[A-Z]\.){2,}|[A-ZÀ-ÖØ-Þ](?:[\w.’'-]{0,40}\w)?)"
_ITEM = rf"(?:the\s+)?{_NAME}(?:\s+(?:(?:of|de|van|von|al|bin|the)\s+)?{_NAME}){{0,8}}"
_ONE = re.compile(_ITEM)
_LAST = r"\s*,?\s*\b(?:and|or|as well as)\s+"
_AFTER = re.compile(rf"{_LAST}{_ITEM}|\s*,\s*{_ITEM}(?=\s*(?:,|\b(?:and|or|as well as)\b))")
"""A further member of a list: the last one, or one after a comma that is itself followed by another."""
_BEFORE = re.compile(rf"(?<!\w)({_ITEM})(?:{_LAST}|\s*,\s*)(?:the\s+)?$")
NEAR = 120
"""Characters before a member in which another one is looked for."""
LONGEST = 600
"""Characters of a list; a longer one is no short answer."""
_LEADS = (
    STOPWORDS
    | {name.lower() for name in (*calendar.day_name, *calendar.month_name)}
    | {"before", "since", "despite", "today", "yesterday", "earlier", "later", "last", "next", "meanwhile", "however"}
)
"""Words that are written large at the beginning of a sentence, or are days, and begin no name."""

_OFFICE = (
    r"(?:vice )?president(?:-elect)?|(?:deputy )?prime minister|(?:(?:foreign|defen[cs]e|finance|interior|health) )?"
    r"(?:minister|secretary)|governor|senator|chancellor|mayor|pope|king|queen|prince(?:ss)?|general|judge|justice|"
    r"speaker|gov\.|sen\.|rep\.|dr\.?|prof\.?|gen\.|sir|dame|lord|lady|mrs?\.?|ms\.?"
)
_STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|"
    "Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|"
    "Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|"
    "Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|"
    "West Virginia|Wisconsin|Wyoming"
)
_THE = re.compile(r"(?<!\w)[Tt]he\s+$")
_BOUND = re.compile(
    r"\b(?:all but|at least|at most|(?:(?:no|not) )?(?:more|fewer|less|higher|lower|greater) than|up to|about|around|"
    r"nearly|almost|roughly|approximately|some|over|under|above|below|minus|not)\s+(?:the\s+|an?\s+)?[$€£]?$",
    re.IGNORECASE,
)
"""What makes another number of the one behind it."""
_TO = re.compile(r"\s?(?:[-–]|to)\s?\d+(?:[.,]\d+)*(?!\w)")
_NEXT = re.compile(r"\s+([a-z]+)")


@lru_cache(maxsize=1)
def _title() -> re.Pattern[str]:
    """An office before a name, with the country or state of which it is, and whether it still is."""
    lands = "|".join(map(re.escape, sorted(known(), key=len, reverse=True)))
    peoples = "|".join(word.capitalize() for word in sorted(adjectives()))
    of = rf"(?:[Tt]he\s+)?(?:(?i:former|then|acting|interim)[ -])?(?:(?:{_STATES}|{lands}|{peoples})\s+)?"
    return re.compile(rf"(?<![\w.’'-]){of}(?i:{_OFFICE})\s+$")


def fullness(text: str) -> int:
    """How many words a name has: "Roy Cooper" says more than "Cooper"; 0 of what is not one name."""
    return len(text.removeprefix("the ").removeprefix("The ").split()) if _ONE.fullmatch(text) else 0


def joined(text: str, span: Span, within: Span) -> Span:
    """The enumeration of names around a span, inside a sentence; the span itself where it is in none."""
    start, end = span
    while (after := _AFTER.match(text, end, within.end)) is not None and after.end() - start <= LONGEST:
        end = after.end()
    while (before := _BEFORE.search(text, max(within.start, start - NEAR), start)) is not None:
        words = re.findall(r"\w+", before[1].lower())
        if end - before.start() > LONGEST or (words[0] != "the" and words[0] in _LEADS) or words[-1] in _LEADS:
            break
        start = before.start()
    return Span(start, end)


def qualified(text: str, span: Span, within: Span) -> Span:
    """A number with what it is not without, inside a sentence: "all but six", "at least 40", "412 to 96"."""
    before = text[max(within.start, span.start - NEAR) : span.start]
    bound = _BOUND.search(before)
    to = (
        _TO.match(text, span.end, within.end)
        if text[span.start : span.end].strip("$€£").replace(",", "").isdecimal()
        else None
    )
    return Span(span.start - len(before) + bound.start() if bound else span.start, to.end() if to else span.end)


def whole_name(text: str, span: Span, within: Span) -> Span:
    """A name as far as it goes, inside a sentence: "the University of Cần" ends with "Thơ"."""
    if not fullness(text[span.start : span.end]):
        return span
    end = span.end
    for more in re.finditer(rf"\s+{_NAME}", text[end : min(within.end, end + NEAR)]):
        if more.start() != end - span.end or more[0].strip().lower().strip(".") in _LEADS:
            break
        end = span.end + more.end()
    return Span(span.start, end)


def entitled(text: str, span: Span, within: Span) -> Span:
    """A name with what it is called by before it, inside a sentence: "President-elect", "Minnesota Gov.", "the"."""
    words = fullness(text[span.start : span.end])
    before = text[max(within.start, span.start - NEAR) : span.start]
    found = _title().search(before) if words else None
    following = _NEXT.match(text, span.end)
    # "the Roy Cooper campaign" is no "the Roy Cooper".
    if found is None and words > 1 and (following is None or following[1] in STOPWORDS):
        found = _THE.search(before)
    return Span(span.start - len(before) + found.start(), span.end) if found else span
