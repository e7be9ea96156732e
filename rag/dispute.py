"""Whether sources give different answers to one question, or only parts, updates and other words of the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.kinds import kind_of, shows
from rag.read import Group, Inquiry, Proposal, Readings, asks_for_several, coverage
from rag.retrieve import Found
from rag.same import key

RIVAL_SHARE = 0.1
"""A rival must have this share of the best answer's weight."""
ANSWERS_LEAST = 0.0
"""Log-odds that a rival's passage answers the question."""
ABOUT_LEAST = 0.75
"""Share of the best passage's coverage of the question that a rival's passage must have."""
DAYS_MOST = 45
"""Articles that lie further apart tell of other events, or of a later state of things."""
_PART = re.compile(
    r"\b(?:of (?:them|whom|those|these|which)|including|among (?:them|those)|another|others?|further|additional|"
    r"more than half|in total|altogether|the rest|remaining|each|respectively)\b",
    re.IGNORECASE,
)
_SO_FAR = re.compile(
    r"\b(?:at least|so far|rose|risen|rises|climb\w*|increas\w*|now stands?|initial\w*|earlier|up from|previous\w*|"
    r"first reports?|later|updated?|revised?|originally|by (?:then|evening|midday|nightfall)|"
    r"still (?:missing|unaccounted)|as of|until now|had been|death toll|toll)\b",
    re.IGNORECASE,
)
NEAR = 60
"""Characters around a number in which a word makes it a part."""


def sides(inquiry: Inquiry, readings: Readings, found: Sequence[Found]) -> tuple[Group, ...]:
    """The answers that contradict each other, the best first; empty where the sources agree as far as can be told."""
    kind = kind_of(inquiry.question)
    if kind not in ("name", "place", "time", "number", "thing") or asks_for_several(inquiry.question):
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


def _articles(group: Group, found: Sequence[Found]) -> set[str]:
    return {found[proposal.place].article.id for proposal in group.proposals}


def _contradicts(inquiry: Inquiry, best: Group, rival: Group, readings: Readings, found: Sequence[Found]) -> bool:
    mine, other = best.best, rival.best
    if rival.weight < RIVAL_SHARE * best.weight or readings.scored[other.place].answers < ANSWERS_LEAST:
        return False
    if _articles(best, found) & _articles(rival, found) or _says(mine, other) or _says(other, mine):
        return False
    kind = kind_of(inquiry.question)
    asked = {word.lower().strip("?,.") for word in inquiry.question.split()}
    if kind != "thing" and min(shows(kind, mine.text, asked), shows(kind, other.text, asked)) < 0.5:
        return False
    texts = [f"{found[one.place].passage.title} {found[one.place].passage.text}" for one in (mine, other)]
    about = coverage(inquiry, texts)
    if about[1] < ABOUT_LEAST * about[0]:
        return False
    apart = _days_apart(mine, other, found)
    if apart > DAYS_MOST:
        return False
    if kind == "number":
        return not any(_PART.search(_near(one)) for one in (mine, other)) and not (
            apart and any(_SO_FAR.search(one.quote) for one in (mine, other))
        )
    return True


def _says(one: Proposal, other: Proposal) -> bool:
    """Whether the sentence of `one` holds the answer of `other` too: then it knows of both."""
    words, numbers = key(other.text)
    held_words, held_numbers = key(one.quote)
    return numbers <= held_numbers if numbers else bool(words) and words <= held_words


def _near(proposal: Proposal) -> str:
    start = proposal.span.start - proposal.sentence.start
    end = start + len(proposal.text)
    return f"{proposal.quote[max(0, start - NEAR) : start]} {proposal.quote[end : end + NEAR]}"


def _days_apart(one: Proposal, other: Proposal, found: Sequence[Found]) -> int:
    dates = [found[proposal.place].article.published for proposal in (one, other)]
    first, second = dates
    return abs((first - second).days) if first and second else 0
