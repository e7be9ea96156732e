"""Follow-up questions: what "he", "there" or "what about X?" mean is taken from the conversation before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.referents import (
    LONGEST,
    Gender,
    Kind,
    Token,
    described,
    last_time,
    names_of,
    pick,
    referents_of,
    run_end,
    tokens_of,
)
from rag.shortened import WORDY, counted, extended, part_of, reasked, swapped
from rag.types import MAX_QUESTION_CHARS, Answer
from rag.wording import (
    ARTICLES,
    ATTRIBUTES,
    AUX,
    BE,
    FUNCTION,
    GOING,
    JOINING,
    LEAD,
    MONTH,
    PARTICIPLES,
    PERIODS,
    PLACES,
    PREPOSITIONS,
    SAYING,
    SEVERAL_SENTENCES,
    WEEKDAY,
    WITHIN,
    dated,
    is_plural,
    is_verb,
    singular,
)

BACK = 3
"""Turns before the question that may say what it means."""
REMEMBERED = 6
"""Turns that are read at all: each may itself be a follow-up to the ones before it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was asked of the library, and its answer."""

    question: str
    answer: Answer


def rewritten(question: str, earlier: Sequence[Turn]) -> str | None:
    """The question made to stand alone, or None where it does already or nothing before it says what is meant.

    Up to `BACK` turns are looked at, the newest first, of a refusal its question only.  What is returned is a question
    in at most `MAX_QUESTION_CHARS` that would not be rewritten again.  Never raises.
    """
    if (
        not earlier
        or not question.strip()
        or len(question) > LONGEST
        or len(question.split()) > WORDY
        or SEVERAL_SENTENCES.search(question.strip())
    ):
        return None
    told: list[Answer] = []
    for turn in earlier[-REMEMBERED:]:
        if len(turn.question) <= LONGEST:
            meant = _settled(turn.question, told[-BACK:]) or turn.question
            told.append(replace(turn.answer, question=meant))
    alone = _settled(question, told[-BACK:])
    return alone if alone is not None and len(alone) <= MAX_QUESTION_CHARS else None


def _settled(question: str, told: Sequence[Answer]) -> str | None:
    """The question rewritten until nothing is left to rewrite; None where that does not come to an end."""
    result, current = None, question
    for _ in range(3):
        following = _once(current, told)
        if following is None or following == current:
            return result
        result = current = following
    return None


def _once(question: str, told: Sequence[Answer]) -> str | None:
    """The question in the first way that applies: the one before asked anew, or its pronouns resolved."""
    if not told:
        return None
    plain = " ".join(question.split()).rstrip("?!. …")
    said = LEAD.sub("", plain)
    part, previous = part_of(plain), told[-1]
    made = reasked(said, previous) or counted(said, previous) or extended(said, previous)
    if made is None and part is not None:
        made = swapped(part, _resolved(part, told), previous)
    if made is None:
        made = _resolved(said, told)
        if made == said:
            return None
    return _finished(made)


def _finished(text: str) -> str:
    """The text as a question."""
    plain = LEAD.sub("", " ".join(text.split())).rstrip("?!. …,")
    return f"{plain[:1].upper()}{plain[1:]}?"


Role = Literal["own", "subject", "object"]

_FAMILY: dict[str, tuple[Kind, Gender]] = {
    **dict.fromkeys(("he", "him", "his"), ("person", "he")),
    **dict.fromkeys(("she", "her", "hers"), ("person", "she")),
    **dict.fromkeys(("they", "them", "their", "theirs"), ("plural", "")),
    **dict.fromkeys(("it", "its"), ("thing", "")),
}  # fmt: skip
_EXPLETIVE = re.compile(
    r"\bit\s+(?:rain|snow|hail|seem|appear|turns?\s+out|feel\s+like|hurts?\s+to|matters?\b|make\s+sense)|"
    r"\bit\s+(?:take[sn]?|took|cost|costs)\b.*\b(?:to|for|until|before)\b|"
    r"\b(?:was|is|be|it|it['’]s|been)\s+(?:not\s+|so\s+|really\s+|now\s+|still\s+|also\s+)?(?:true|possible|impossible|"
    r"likely|unlikely|legal|illegal|safe|clear|known|necessary|hard|difficult|easy|important|common|normal|wrong|right|"
    r"fair|better|best|worth|okay|time|said|reported|believed|thought|expected|feared|understood|dangerous|bad|good)\s+"
    r"(?:that|to|for|if|whether|when|how)\b|\b(?:is|was|be|it|it['’]s)\s+(?:raining|snowing|cold|hot|warm|sunny|windy|"
    r"dark|late|foggy)\b|\bwhat\s+(?:time|day|date)\s+(?:is|was)\s+it\b|"
    r"\bhow\s+far\s+(?:is|was)\s+it\s+(?:from|to)\b|\bhow\s+(?:is|was)\s+it\s+going\b|"
    r"\b(?:how|why)\s+(?:is|was)\s+it\s+that\b|\b(?:it\s+(?:is|was)|it['’]s|(?:is|was)\s+it)\s.*\b(?:that|who)\b|"
    r"\bit(?:['’]s)?\s+up\s+to\b",
    re.IGNORECASE,
)
_HAPPENING = re.compile(r"\b(?:happen|occur|take place|start|begin|end|held)\b", re.IGNORECASE)
_PERIOD_SHAPE = {
    "year": r"^(?:in )?\d{4}$", "month": MONTH, "day": rf"{WEEKDAY}|{MONTH} \d|\d {MONTH}", "time": r"\d",
    "decade": r"\ds$",
}  # fmt: skip
_CLITICS = {"s": "is", "re": "are", "ll": "will", "d": "would", "ve": "have"}


@dataclass(frozen=True, slots=True)
class Change:
    """Words of a question, `[start, end)`, and what they mean."""

    start: int
    end: int
    text: str


def _owner(text: str) -> str:
    """A name as that of an owner."""
    return f"{text}'" if text.endswith("s") else f"{text}'s"


def _resolved(text: str, told: Sequence[Answer]) -> str:
    """The text with what its pronouns mean in their place, as far as that is known."""
    tokens = tokens_of(text)
    changes: list[Change] = []
    used: dict[str, str] = {}
    quoted, skip = False, 0
    for at, token in enumerate(tokens):
        quoted ^= token.text in {'"', "“", "”"}
        if quoted or at < skip:
            continue
        change, skip = _pointed(text, tokens, at, told)
        if change is None and token.low in _FAMILY:
            change = _meant(text, at, told, used)
        if change is not None:
            changes.append(change)
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def _meant(text: str, at: int, told: Sequence[Answer], used: dict[str, str]) -> Change | None:
    """What a personal pronoun means; `used` are those of the question that are resolved already."""
    tokens = tokens_of(text)
    token, role = tokens[at], _role(tokens, at)
    kind, gender = _FAMILY[token.low]
    family = gender or kind
    empty = family == "thing" and _EXPLETIVE.search(text)
    rivals = None if empty or (family in used and role != "object") else _rivals(text, tokens, at, role)
    if rivals is None:
        return None
    named = {token.low for token in tokens if token.named}
    banned = named | {one.text.lower() for one in referents_of(text)} | rivals | {
        name for meaning in used.values() for name in names_of(meaning)
    }  # fmt: skip
    events = _HAPPENING.search(text) if family == "thing" else None
    one = pick("event", "", told, banned) if events else None
    if one is None and not (events and events.group().lower() in {"happen", "occur", "take place"}):
        one = pick(kind, gender, told, banned)
    if one is None:
        return None
    used[family] = one.text
    end, said = token.end, _owner(one.text) if role == "own" else one.text
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if role != "own" and after is not None and after.clitic and after.low[1:]:
        following = tokens[at + 2].low if at + 2 < len(tokens) else ""
        verb = "has" if following in {"been", "got"} else _CLITICS[after.low[1:]]
        end, said = after.end, f"{said} {verb}"
    return Change(token.start, end, said)


def _role(tokens: Sequence[Token], at: int) -> Role:
    """What a personal pronoun is in its question."""
    low, after = tokens[at].low, tokens[at + 1].low if at + 1 < len(tokens) else ""
    if low in {"his", "its", "their", "hers", "theirs"}:
        return "own"
    if low == "her":
        return "own" if after[:1].isalnum() and after not in FUNCTION else "object"
    if low in {"him", "them"}:
        return "object"
    behind = tokens[at - 1] if at else None
    governed = behind is not None and (behind.low in PREPOSITIONS or (behind.content and behind.low not in SAYING))
    return "object" if low == "it" and governed else "subject"


def _rivals(text: str, tokens: Sequence[Token], at: int, role: Role) -> set[str] | None:
    """What the pronoun cannot mean though it stands before it; None where the question itself may say what it means."""
    kind = _FAMILY[tokens[at].low][0]
    first_aux = next((k for k, token in enumerate(tokens) if token.low in AUX), len(tokens))
    if role != "object" and first_aux == at - 1 and not any(token.text in {",", ";", ":"} for token in tokens[:at]):
        return set()
    if tokens[0].low in {"who", "whoever"} and kind in {"person", "plural"} and role != "object":
        return None
    verb = at - 1 - (tokens[at - 1].low in PREPOSITIONS) if role == "object" else at
    nouns = [
        k for k, token in enumerate(tokens[:at])
        if token.content and k != verb and not is_verb(token.low) and token.low not in ATTRIBUTES
    ]  # fmt: skip
    if not nouns:
        fronted = any(token.text == "," for token in tokens[at:]) and any(token.named for token in tokens[at:])
        return None if fronted else set()
    subject = first_aux + 1 + (first_aux + 1 < at and tokens[first_aux + 1].low in ARTICLES)
    if role != "object" or nouns != list(range(subject, subject + len(nouns))):
        return None
    joined = any(token.low in JOINING or token.owning for token in tokens[1:at])
    if joined or any(token.low in SAYING for token in tokens[: max(verb, 0)]):
        return None
    before = [one for one in referents_of(text) if one.end <= tokens[at].start]
    return {name for one in before for name in names_of(one.text)}


def _pointed(text: str, tokens: Sequence[Token], at: int, told: Sequence[Answer]) -> tuple[Change | None, int]:
    """What "there", "then" or "that year" mean, and the first token after it."""
    token, last = tokens[at], at + 1 == len(tokens)
    if token.low == "there":
        return _placed(tokens, at, told), at + 1
    if token.low == "then" and last and at > 1 and not {"happen", "happened", "next"} & {one.low for one in tokens}:
        spoken = last_time(told, r"\d")
        return (Change(token.start, token.end, dated(spoken)) if spoken else None), at + 1
    pointing = token.low in {"this", "that", "these", "those"} and not last
    if not pointing or not tokens[at + 1].content or tokens[at + 1].named:
        return None, at
    if singular(tokens[at + 1].low) in PERIODS:
        return _period(tokens, at, told), at + 2
    return _demonstrated(text, tokens, at, told)


def _demonstrated(text: str, tokens: Sequence[Token], at: int, told: Sequence[Answer]) -> tuple[Change | None, int]:
    """What "this dam" means, and the first token after it."""
    token, behind = tokens[at], tokens[at - 1].low if at else ""
    end = run_end(tokens, at + 1, behind, named=False)
    relative = token.low == "that" and (behind not in PREPOSITIONS | AUX or tokens[at + 1].low in PARTICIPLES)
    # "What did the firm say of this plan": what is near in the question may be meant.
    near = any(one.end <= token.start for one in referents_of(text)) and behind not in PREPOSITIONS | BE
    head = tokens[end - 1].low
    if end <= at + 1 or relative or near or (behind in {"of", "all"} and is_plural(head)):
        return None, at
    one = described(head, told, text)
    if one is None:
        return None, end
    owns = end < len(tokens) and tokens[end].owning and one.text.endswith("s")
    return Change(token.start, tokens[end if owns else end - 1].end, _owner(one.text) if owns else one.text), end


def _period(tokens: Sequence[Token], at: int, told: Sequence[Answer]) -> Change | None:
    """When "that year" or "that day" was."""
    behind = tokens[at - 1].low if at else ""
    if at < 2 or behind in SAYING or tokens[at].low not in {"that", "those"}:
        return None
    spoken = last_time(told, _PERIOD_SHAPE.get(singular(tokens[at + 1].low), r"(?!)"))
    if spoken is None:
        return None
    said = re.sub(r"^(?:in|on) ", "", spoken) if behind in PREPOSITIONS else dated(spoken)
    return Change(tokens[at].start, tokens[at + 1].end, said)


def _placed(tokens: Sequence[Token], at: int, told: Sequence[Answer]) -> Change | None:
    """Where "there" is, with the preposition that the verb takes; None where it only says that something exists."""
    ahead = tokens[at + 1] if at + 1 < len(tokens) else None
    behind = tokens[at - 1].low if at else ""
    exists = behind in AUX and not (ahead is None and tokens[0].low == "who")
    if at == 0 or exists or (ahead is not None and (ahead.low in AUX or ahead.clitic)):
        return None
    if any(token.named and tokens[k - 1].low in WITHIN for k, token in enumerate(tokens[1:at], start=1)):
        return None
    one = pick("place", "", told, [token.low for token in tokens if token.named])
    if one is None:
        return None
    loose = behind in {"over", "up", "down", "out"}
    start = tokens[at - 1 if loose else at].start
    if behind in PREPOSITIONS and not loose:
        return Change(start, tokens[at].end, one.text)
    inside = one.text[:1].isupper() or one.head in PLACES or one.text.rsplit(maxsplit=1)[-1][:1].isupper()
    lead = "to" if GOING & {token.low for token in tokens[:at]} else "in" if inside else "at"
    return Change(start, tokens[at].end, f"{lead} {one.text}")
