"""Whether sources give different answers to one question, or only parts, updates and other words of the same."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from rag.countries import country
from rag.denials import corrects, denies
from rag.inquiry import Inquiry, coverage, presence, strangers, words_of
from rag.kinds import Kind, asks_for_several, is_of, kind_of, names
from rag.read import Group, Proposal, Readings
from rag.retrieve import Found
from rag.same import key, same
from rag.stopwords import STOPWORDS

RIVAL_SHARE = 0.01
"""A rival must have this share of the best answer's weight."""
GIVES_LEAST = 0.1
"""A proposal must have this share of the weight of its group's best for its article to give the answer."""
ANSWERS_LEAST = 1.0
"""Log-odds that a rival's passage answers the question."""
ABOUT_LEAST = 0.5
"""Share of the best passage's coverage of the question that a rival's passage must have."""
DAYS_MOST = 45
"""Articles that lie further apart tell of other events, or of a later state of things."""
REVISED_LEAST = 0.5
"""Share of the words of two sentences that are common where one is a version of the other."""
COMMON_LEAST = 2
"""Names that passages must have in common to tell of one event where the question names nothing."""
NEW_DAYS = 2
"""Days within which articles tell of the same latest state of things."""
_LEVEL = re.compile(r"\b(?:prices?|costs?|rates?|levels?|value|worth|temperatures?|population|wages?)\b", re.IGNORECASE)
_PRESENT = re.compile(r"\b(?:is|are|does|do|now|costs)\b", re.IGNORECASE)
"""Of a level, what it is now."""
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_PART = re.compile(
    r"(?<!all )(?<!each )\b(?:of (?:them|whom|those|these|which)|including|among (?:them|those)|another|others?|"
    r"further|additional|more than half|the rest|remaining|each|respectively|alone)\b",
    re.IGNORECASE,
)
_OTHERS_PART = re.compile(r"\b([\w.,]+)\s+of (?:them|whom|those|these|which)\b", re.IGNORECASE)
"""Behind a number: another one is the part, this one the whole."""
_SO_FAR = re.compile(
    r"\b(?:at least|so far|rose|risen|rises|climb\w*|increas\w*|now stands?|initial\w*|earlier|up from|previous\w*|"
    r"first reports?|later|updated?|revised?|originally|by (?:then|evening|midday|nightfall)|"
    r"still (?:missing|unaccounted)|as of|until now|had been|death toll|toll)\b",
    re.IGNORECASE,
)
_GREW = re.compile(
    r"\b(?:rose|risen|rises|climb\w*|now (?:stands?|at|been|totals?)|up from|updated?|revised?|by (?:then|now)|"
    r"so far|death toll|toll)\b",
    re.IGNORECASE,
)
"""In a sentence with a later count than that of an older article."""
LATER_SHARE = 0.02
"""A later count must have this share of the best answer's weight."""
_COUNTED = re.compile(r"\bhow many (?:more |other )?(?!people\b|persons\b|times\b)(\w+)", re.IGNORECASE)
_CALENDAR = frozenset((*calendar.day_name, *calendar.month_name))
_INITIALS = re.compile(r"\b([A-Z]{2,6})\W*$")
_BRACKETED = re.compile(r"\s*\(([A-Z]{2,6})\)")
LARGE = 100
BOUND = 12
"""Characters before a number in which it is said to be about right."""
NEAR = 60
"""Characters around a number in which a word makes it a part."""


def sides(inquiry: Inquiry, readings: Readings, found: Sequence[Found]) -> tuple[Group, ...]:
    """The answers that contradict each other, the best first; empty where the sources agree as far as can be told."""
    kind = kind_of(inquiry.question)
    if kind not in ("name", "place", "country", "time", "number", "thing") or asks_for_several(inquiry.question):
        return ()
    groups = readings.groups
    if len(groups) < 2:
        return ()
    best = groups[0]
    rivals = [group for group in groups[1:] if _contradicts(inquiry, best, group, readings, found)]
    distinct: list[Group] = []
    for rival in rivals:
        if not any(_articles(rival, found) & _articles(other, found) for other in distinct):
            distinct.append(rival)
    return (best, *distinct) if distinct else ()


def latest(inquiry: Inquiry, readings: Readings, found: Sequence[Found]) -> Group | None:
    """The answer that a newer article gives as a later count than the best one, where there is such."""
    if kind_of(inquiry.question) != "number" or not readings.groups:
        return None
    best = readings.groups[0]
    later = [group for group in readings.groups[1:] if _is_later(inquiry, best, group, readings, found)]
    return max(later, key=lambda group: found[group.best.place].article.published or date.min, default=None)


def _is_later(inquiry: Inquiry, best: Group, group: Group, readings: Readings, found: Sequence[Found]) -> bool:
    mine, other = best.best, group.best
    first, second = (found[one.place].article.published for one in (mine, other))
    return bool(
        first
        and second
        and second > first
        and group.weight >= LATER_SHARE * best.weight
        and readings.scored[other.place].answers >= ANSWERS_LEAST
        and _of_kind(inquiry, mine, other)
        and (_GREW.search(other.quote) or _knows(other, mine, found))
        and not _PART.search(_near(other, mine))
        and _same_event(inquiry, mine, other, found)
    )


def _articles(group: Group, found: Sequence[Found]) -> set[str]:
    """The articles that give an answer; one that only mentions its words does not."""
    least = GIVES_LEAST * group.best.weight
    return {found[proposal.place].article.id for proposal in group.proposals if proposal.weight >= least}


def _contradicts(inquiry: Inquiry, best: Group, rival: Group, readings: Readings, found: Sequence[Found]) -> bool:
    mine, other = best.best, rival.best
    light = rival.weight < RIVAL_SHARE * best.weight
    if (
        readings.scored[other.place].answers < ANSWERS_LEAST
        or _articles(best, found) & _articles(rival, found)
        or (light and not corrects(other.quote, found[other.place].passage.text, mine.text))
        or not _of_kind(inquiry, mine, other)
    ):
        return False
    if _denies(mine, other, found) or _denies(other, mine, found):
        return True
    if (
        _knows(mine, other, found)
        or _knows(other, mine, found)
        or _initials(mine) & _initials(other)
        or _describes(mine, other)
    ):
        return False
    if found[mine.place].group == found[other.place].group:
        return _revised(mine, other)
    return _same_event(inquiry, mine, other, found) and not (
        kind_of(inquiry.question) == "number" and _other_count(inquiry, mine, other, found)
    )


def _revised(mine: Proposal, other: Proposal) -> bool:
    """Whether two versions of one text give the answers in versions of one sentence: then one corrects the other.

    No event needs to be compared, and an update is no other count here: that it was changed is what is to be told.
    """
    words = [set(words_of(one.quote)) for one in (mine, other)]
    return len(words[0] & words[1]) >= REVISED_LEAST * len(words[0] | words[1])


def _of_kind(inquiry: Inquiry, *proposals: Proposal) -> bool:
    """Whether all are answers of the kind that is asked for."""
    kind: Kind = kind_of(inquiry.question)
    asked = set(words_of(inquiry.question))
    # What is of a country, as "Turkey's spies" or "Russian-US", is no other country.
    least = 1.0 if kind == "country" else 0.5
    return kind == "thing" or all(is_of(kind, one.text, asked) >= least for one in proposals)


def _same_event(inquiry: Inquiry, mine: Proposal, other: Proposal, found: Sequence[Found]) -> bool:
    """Whether the two passages tell of what the question asks about, at about the same time."""
    passages = [found[one.place].passage for one in (mine, other)]
    about = coverage(inquiry, [f"{passage.title} {passage.text}" for passage in passages])
    told = [set(names(f"{passage.title}. {passage.text}")) - _CALENDAR for passage in passages]
    # A question that names nothing does not say which event it means: then the passages must name the same.
    common = [name for name in told[0] & told[1] if name.lower() not in STOPWORDS]
    if not names(inquiry.question) and len(common) < COMMON_LEAST:
        return False
    if not _asked_of(inquiry, mine, other, found):
        return False
    # A sentence with nothing of the question beside one with most of it tells of something else.
    held = coverage(inquiry, [mine.quote, other.quote])
    if held[0] >= ABOUT_LEAST and not held[1]:
        return False
    elsewhere = strangers(inquiry, passages[1:]) - strangers(inquiry, passages[:1])
    return about[1] >= ABOUT_LEAST * about[0] and not elsewhere and _days_apart(mine, other, found) <= DAYS_MOST


def _asked_of(inquiry: Inquiry, mine: Proposal, other: Proposal, found: Sequence[Found]) -> bool:
    """Whether a question asks of both: of what is now only the newest tells, of a year only what is of that year."""
    now = inquiry.horizon.strength > 1 or (_LEVEL.search(inquiry.question) and _PRESENT.search(inquiry.question))
    if now and _days_apart(mine, other, found) > NEW_DAYS:
        return False
    asked = set(_YEAR.findall(inquiry.question))
    held = [_YEAR.findall(one.quote) or [str(found[one.place].article.published)[:4]] for one in (mine, other)]
    return not asked or bool(asked & set(held[0])) == bool(asked & set(held[1]))


def _other_count(inquiry: Inquiry, mine: Proposal, other: Proposal, found: Sequence[Found]) -> bool:
    """Whether a count is a part of the other, the same count on another day, or one of other things."""
    if _PART.search(_near(mine, other)) or _PART.search(_near(other, mine)) or _rounded(mine, other):
        return True
    if _days_apart(mine, other, found) and any(_SO_FAR.search(one.quote) for one in (mine, other)):
        return True
    counted = _COUNTED.search(inquiry.question)
    stems = set(inquiry.analyse(counted.group(1))) if counted else set()
    held = [any(presence(stem, set(inquiry.analyse(one.quote))) for stem in stems) for one in (mine, other)]
    return bool(stems) and held[0] != held[1]


def _denies(one: Proposal, other: Proposal, found: Sequence[Found]) -> bool:
    return denies(found[one.place].passage.text, other.text)


def _knows(one: Proposal, other: Proposal, found: Sequence[Found]) -> bool:
    """Whether what `one` was read in holds the answer of `other` too: then it knows of both.

    Small numbers may stand anywhere; they count only in its sentence.
    """
    said = key(other.text)
    small = said.numbers and max(said.numbers) < LARGE
    held = key(one.quote if small else found[one.place].passage.text)
    return said.numbers <= held.numbers if said.numbers else bool(said.words) and said.words <= held.words


def _initials(proposal: Proposal) -> set[str]:
    """The initials for which an answer stands: its last word, or what follows it in brackets."""
    _, behind = proposal.beside
    found = (_BRACKETED.match(behind), _INITIALS.search(proposal.text))
    return {match.group(1) for match in found if match}


def _describes(one: Proposal, other: Proposal) -> bool:
    """Whether one answer names nothing that the other does not: "Turkey's spy service", a service of Turkey by name."""
    if country(one.text) and country(other.text):
        return False
    named = [{name.removesuffix("'s").removesuffix("’s") for name in names(f"by {each.text}")} for each in (one, other)]
    return all(named) and named[0] != named[1] and (named[0] <= named[1] or named[1] <= named[0])


def _near(proposal: Proposal, other: Proposal) -> str:
    """What stands around a number, but for the parts of it that are not the other number."""
    before, behind = proposal.beside
    rival = key(other.text).numbers
    parts = (found for found in _OTHERS_PART.finditer(behind) if found.start() < NEAR)
    ours = next((found.start() for found in parts if not key(found[1]).numbers & rival), NEAR)
    return f"{before[-NEAR:]} {behind[:ours]}"


def _rounded(*proposals: Proposal) -> bool:
    """Whether two numbers are the same but for rounding, as the words before them say."""
    one, other = (key(f"{each.beside[0][-BOUND:]} {each.text}") for each in proposals)
    return bool(one.numbers) and same(one, other)


def _days_apart(one: Proposal, other: Proposal, found: Sequence[Found]) -> int:
    dates = [found[proposal.place].article.published for proposal in (one, other)]
    first, second = dates
    return abs((first - second).days) if first and second else 0
