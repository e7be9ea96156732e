"""What a question's words ask of time, and how much an article's date speaks for it."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 14.0
"""Within so many days news has lost 63 % of one half of its lead over older news."""
SEASON = 200.0
"""And within so many of the other half: this year's race is ahead of last year's, however long ago it was."""
LEAD = 2.0
"""How far the news of today is ahead of old news: 1 + LEAD times as likely."""
STALE = 60
"""A library whose newest article is older than so many days is read as a whole: none of it is news."""
PRESSING = 2.0
"""How much more the date counts where the question asks for what is new."""
AFTERMATH = 31
"""Days after a period in which it is still written about."""
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_RECENT = re.compile(
    rf"\b(?:today|tonight|yesterday|this (?:week|month|morning|weekend|{_DAY})|latest|newest|current(?:ly)?|"
    rf"recent(?:ly)?|now|nowadays|this (?:year|spring|summer|autumn|fall|winter)|just|last (?:night|week)|"
    rf"(?:on|last) {_DAY}|still|so far|breaking)\b",
    re.IGNORECASE,
)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_NAMES = {"march", "april", "may", "june", "august"}
"""Months that are words and names too."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_MONTH = re.compile(
    rf"\b(?P<before>{_NTH}\s+(?:of\s+)?)?\b(?P<month>{'|'.join(_MONTHS)})\b(?P<after>\s+{_NTH}\b)?"
    r"(?:(?P<comma>,?)\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\s*(?:,|[-–—/]|,?\s*\b(?:and|or|to|until|till|through)\b(?:[\s-]+(?:in|of|on|the|early|mid|late)\b)*)[\s-]*",
    re.IGNORECASE,
)
"""What joins two months of a range or a list."""
_NEAR = 20
"""Characters in which the word before is looked for."""
_FIRM = re.compile(
    r"\b(?:in|since|during|until|till|through|throughout|around|last|next|past|this|each|every|early|mid|late)[\s-]+$",
    re.IGNORECASE,
)
"""Before a word that is a month and no name."""
_LOOSE = re.compile(r"\b(?:of|on|by|before|after|from|between|and|or|to|for)\s+$", re.IGNORECASE)
"""Before a month, and before a person: "of April" but "of April Jones"."""
_OWNED = re.compile(r"\b(?:an?|the|his|her|its|our|their)\s+$", re.IGNORECASE)
_NOUN = re.compile(r"[-–—]|\s+(?!(?:on|for|of|to|in|at|against|from|by|is|was|are|were|and|or)\b)[a-z]")
"""After the month of "the May election", and not after "the March on Rome"."""
_DATING = re.compile(r"\b(?:in|since|during)\s+$", re.IGNORECASE)
"""Before a year, whatever follows."""
_COUNTED = (
    r"(?:people|persons|men|women|children|soldiers|troops|fighters|workers|employees|prisoners|hostages|refugees|"
    r"migrants|passengers|residents|inhabitants|pupils|students|civilians|volunteers|police|officers|families|homes|"
    r"houses|jobs|seats|votes|copies|pages|times|hours|days|weeks|months|years|degrees|dollars|euros|pounds|crowns|"
    r"kilomet(?:re|er)s|met(?:re|er)s|km|miles|feet|tonnes|tons|kilos|kilograms|lit(?:re|er)s|hectares|acres)\b"
)
_COUNT = re.compile(rf"\s+{_COUNTED}")
_ROUND = re.compile(
    rf"(?:\s+\w+){{0,2}}\s+{_COUNTED}|"
    r"\s+(?!(?:elections|primaries|games|finals|championships|awards|protests|riots|attacks|floods|fires|talks)\b)"
    r"[a-z]+[^\Wsui]s\b"
)
"""After a number of whole hundreds that counts; 2000 is seldom meant as a year."""
_LAST = re.compile(r"\blast (year|month)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Horizon:
    """When a question is asked, and what it asks of time: `strength` of recency, or a period that it names."""

    as_of: date
    strength: float = 1.0
    period: tuple[date, date] | None = None

    def prior(self, published: date | None) -> float:
        """Logarithm of how much likelier an article of that date is to answer than an old one; 0 without a date."""
        if published is None:
            return 0.0
        age = max(0, (self.as_of - published).days)
        fresh = self.strength * math.log1p(LEAD / 2 * (math.exp(-age / DAYS) + math.exp(-age / SEASON)))
        if self.period and self.period[0] <= published <= self.period[1] + timedelta(AFTERMATH):
            return max(fresh, math.log1p(LEAD))
        return fresh


def horizon(question: str, as_of: date, newest: date | None) -> Horizon:
    """What a question asked on a day asks of time, in a library whose newest article that it may see is of `newest`."""
    strength = PRESSING if _RECENT.search(question) else 1.0
    if newest is None or (as_of - newest).days > STALE:
        strength = 0.0
    return Horizon(as_of, strength, _period(question, as_of))


def _period(question: str, as_of: date) -> tuple[date, date] | None:
    """The year or month that a question names, where it lies before the day of asking."""
    if last := _LAST.search(question):
        year = as_of.year - 1 if last.group(1).lower() == "year" or as_of.month == 1 else as_of.year
        return _year(year) if last.group(1).lower() == "year" else _month(year, (as_of.month - 2) % 12 + 1)
    for months in _months(question):
        named = [one for one in _dated(months, as_of) if one <= (as_of.year, as_of.month)]
        if named:
            return _month(*min(named))[0], _month(*max(named))[1]
    years = [int(found.group()) for found in _YEAR.finditer(question) if _is_year(question, *found.span())]
    past = [year for year in years if year < as_of.year]
    return (_year(min(past))[0], _year(max(past))[1]) if past else None


def _months(question: str) -> list[list[tuple[int, int | None]]]:
    """The months that a question names with their years, those of one range or list together."""
    found: list[list[tuple[int, int | None]]] = []
    end = -1
    for match in _MONTH.finditer(question):
        # "may" and "march" are verbs too: a month is written large.
        if not match["month"][0].isupper():
            continue
        dated = match["year"] and (not match["comma"] or _is_year(question, *match.span("year")))
        one = _MONTHS[match["month"].lower()], int(match["year"]) if dated else None
        if found and _LINK.fullmatch(question, end, match.start()):
            found[-1].append(one)
        elif dated or match["before"] or match["after"] or _is_month(question, match.start(), match.end("month")):
            found.append([one])
        else:
            continue
        end = match.end()
    return found


def _is_month(question: str, start: int, end: int) -> bool:
    """Whether a month's name without a day or a year is meant as a month."""
    before, after = question[max(0, start - _NEAR) : start], question[end : end + 2]
    if question[start:end].lower() not in _NAMES or _FIRM.search(before):
        return True
    if _OWNED.search(before):
        return bool(_NOUN.match(question, end))
    return bool(_LOOSE.search(before)) and not (after[:1].isspace() and after[1:].isupper())


def _dated(months: Sequence[tuple[int, int | None]], as_of: date) -> list[tuple[int, int]]:
    """Year and month of each: without a year, counted on or back from one that has it, else from the latest first."""
    known = next((place for place, (_, year) in enumerate(months) if year), 0)
    month, year = months[known]
    year = year or as_of.year - (month > as_of.month)
    found = [(year, month)]
    for month, _ in reversed(months[:known]):
        found.insert(0, (found[0][0] - (month > found[0][1]), month))
    for month, own in months[known + 1 :]:
        found.append((own or found[-1][0] + (month < found[-1][1]), month))
    return found


def _is_year(question: str, start: int, end: int) -> bool:
    """Whether a number is a year: not so in "the 2000 soldiers"."""
    if _DATING.search(question[max(0, start - _NEAR) : start]):
        return True
    return not (_ROUND if question[start:end].endswith("00") else _COUNT).match(question, end)


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
