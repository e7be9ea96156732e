"""What a question's words ask of time, and how much an article's date speaks for it."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 14.0
"""Within so many days news has lost 63 % of its lead over older news."""
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
    rf"recent(?:ly)?|right now|just|last (?:night|week)|(?:on|last) {_DAY}|still|so far|breaking)\b",
    re.IGNORECASE,
)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH = re.compile(
    rf"\b({'|'.join(_MONTHS)})(?:\s+\d{{1,2}}(?:st|nd|rd|th)?,?)?(?:\s+(?:of\s+)?((?:19|20)\d\d))?\b", re.IGNORECASE
)
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
        fresh = self.strength * math.log1p(LEAD * math.exp(-age / DAYS))
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
    for match in _MONTH.finditer(question):
        # "may" and "march" are verbs too: a month is written large.
        if not match.group(1)[0].isupper():
            continue
        month = _MONTHS[match.group(1).lower()]
        year = int(match.group(2)) if match.group(2) else as_of.year - (month > as_of.month)
        if (year, month) <= (as_of.year, as_of.month):
            return _month(year, month)
    years = [int(year) for year in _YEAR.findall(question)]
    past = [year for year in years if year < as_of.year]
    return (_year(min(past))[0], _year(max(past))[1]) if past else None


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
