"""What a conversation has named, by kind, and which of it a pronoun or a phrase like "this dam" can mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

from rag.kinds import asks_for_several, kind_of
from rag.types import Answer
from rag.wording import (
    ARTICLES,
    ATTRIBUTES,
    AUX,
    BASES,
    BE,
    DO,
    EVENTS,
    FEMALE,
    FUNCTION,
    GROUPS,
    HE,
    MALE,
    MODAL,
    NOT_PERSONS,
    OF_PLACES,
    PERSONS,
    PLACES,
    SHE,
    TIME,
    TITLES,
    WITHIN,
    WORKS,
    is_past,
    is_plural,
    is_verb,
    singular,
)

LONGEST = 400
"""Characters of a question, and of a quote, that are looked at."""

Kind = Literal["person", "place", "thing", "event", "plural", "time"]
Gender = Literal["he", "she", ""]
Fits = tuple[tuple[Kind, int], ...]

_PLACE: Fits = (("place", 3), ("thing", 2))
_PLURAL: Fits = (("plural", 3),)
_EVENT: Fits = (("event", 3), ("thing", 3))
_GROUP: Fits = (("thing", 3), ("plural", 2))
_PERSON: Fits = (("person", 3),)

_OWNER = re.compile(r"(\S.*?)[’']s?\s")
_TOKEN = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|St|Sen|Gov|Rep|Gen|Lt|Prof)\.(?=\s)|(?:[^\W\d_]\.){2,}|[’'](?:s|re|ll|d|ve)\b|"
    r"[^\W_]+(?:[-&][^\W_]+)*(?:[’'](?!(?:s|re|ll|d|ve)\b)[^\W_]+)*|[^\w\s]"
)


class Token(NamedTuple):
    """A word or mark of a text, in lower case besides."""

    text: str
    low: str
    start: int
    end: int

    @property
    def named(self) -> bool:
        """Whether it is written as a name is."""
        return self.text[0].isupper() and not TIME.fullmatch(self.text)

    @property
    def content(self) -> bool:
        """Whether it is a word that says something by itself."""
        return self.low[0].isalnum() and self.low not in FUNCTION and not TIME.fullmatch(self.text)

    @property
    def clitic(self) -> bool:
        """Whether it begins with an apostrophe, as in "he's"."""
        return self.low[0] in {"'", "’"}

    @property
    def owning(self) -> bool:
        """Whether it may make an owner of the word before it."""
        return self.clitic and self.low[1:] == "s"


@dataclass(frozen=True, slots=True)
class Referent:
    """A phrase that a pronoun may mean; `fits` says how surely (1 to 3) it is of a kind, and of which gender."""

    text: str
    start: int
    end: int
    fits: Fits
    gender: Gender = ""
    head: str = ""

    def fit(self, kind: Kind) -> int:
        """How surely it is of a kind, 0 where it is not."""
        return dict(self.fits).get(kind, 0)


@lru_cache(maxsize=256)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The words and marks of a text, in order."""
    return tuple(Token(m.group(), m.group().lower(), m.start(), m.end()) for m in _TOKEN.finditer(text))


@lru_cache(maxsize=256)
def referents_of(text: str, leading: bool = False) -> tuple[Referent, ...]:
    """The noun phrases of a text that are names or definite, in order; `leading`: its first word may be a name."""
    tokens = tokens_of(text)
    found: list[Referent] = []
    at = 0
    while at < len(tokens):
        end = _phrase_end(tokens, at, leading)
        if end == at:
            at += 1
            continue
        one = _referent(text, tokens, at, end)
        if one.head in ATTRIBUTES and " of " in one.text:
            # "it" after "the population of Peru" is Peru.
            at += 1 + next(k for k, token in enumerate(tokens[at:end]) if token.low == "of")
            continue
        at = end
        if found and re.fullmatch(r",? and |, ", text[found[-1].end : one.start]):
            found.append(Referent(text[found[-1].start : one.end], found[-1].start, one.end, _PLURAL))
        found.append(one)
    return tuple(found)


def _phrase_end(tokens: Sequence[Token], at: int, leading: bool) -> int:
    """Where the noun phrase that begins at a token ends; `at` where none does."""
    first = at + (tokens[at].low in ARTICLES)
    before = tokens[at - 1].low if at else ""
    if first == len(tokens) or not tokens[first].content:
        return at
    if first == at and not (tokens[at].named and (at or leading or (len(tokens) > 1 and tokens[1].named))):
        return at
    end = run_end(tokens, first, before, named=first == at)
    if first == at and before not in AUX and end < len(tokens) and _describes(tokens[end]):
        return at
    if end > first and end + 1 < len(tokens) and tokens[end].low == "of":
        inner = end + 1 + (tokens[end + 1].low in ARTICLES)
        if inner < len(tokens) and tokens[inner].content and (first > at or tokens[inner].named):
            end = max(end, run_end(tokens, inner, before, named=inner == end + 1 and tokens[inner].named))
    return end if end > first else at


def _describes(after: Token) -> bool:
    """Whether the word after a name is a noun, so that the name only says of which: "California foods"."""
    return after.content and not is_verb(after.low) and not after.low.endswith("ly") and after.low[0].isalpha()


def run_end(tokens: Sequence[Token], first: int, before: str, *, named: bool) -> int:
    """Where the nouns that begin at a token end: before the verb, which follows an auxiliary's subject."""
    end, owned = first, False
    while end < len(tokens):
        token = tokens[end]
        owns = token.owning and end + 1 < len(tokens) and tokens[end + 1].content
        owned = owned or owns
        if not owns and not (token.content and (not named or owned or token.named)):
            break
        end += 1
    if named and not owned:
        return end
    if before in DO | MODAL:
        verbs = [k for k in range(first + 1, end) if tokens[k].low in BASES and not tokens[k].named]
        if not verbs and not tokens[end - 1].named:
            return end - 1 if end - first == 2 else first
        return verbs[-1] if verbs else end
    for k in range(first + 1, end):
        if is_past(tokens[k].low) and (k + 1 == end or tokens[k + 1].named):
            return k
    loose = before in BE and end - first > 1 and tokens[end - 1].low.endswith("ing")
    return end - 1 if loose and tokens[end - 1].low not in EVENTS else end


def _referent(text: str, tokens: Sequence[Token], at: int, end: int) -> Referent:
    words = tokens[at:end]
    core = words[: next((k for k, token in enumerate(words) if token.low == "of"), len(words))] or words
    head = core[-1]
    said = _definite(text[words[0].start : words[-1].end])
    before = [token.low for token in tokens[max(0, at - 2) : at]]
    fits = _name_fits(core, ["", "", *before]) if head.named else _noun_fits(head.low)
    gender = _gender(core if head.named else [head])
    return Referent(said, words[0].start, words[-1].end, fits, gender, head.low)


def _definite(phrase: str) -> str:
    return re.sub(r"^(?:[Aa]n?|The)\b", "the", phrase)


def _gender(words: Iterable[Token]) -> Gender:
    for word in words:
        low = word.low.rstrip(".")
        if low in MALE or (word.named and low in HE):
            return "he"
        if low in FEMALE or (word.named and low in SHE):
            return "she"
    return ""


def _noun_fits(head: str) -> Fits:
    one = singular(head)
    person = one in PERSONS or (
        one not in NOT_PERSONS and re.search(r"(?:[^aeiou]er|[aeiou][lnrdz]er|tor|ist|ian|m[ae]n)$", one) is not None
    )
    if is_plural(head):
        return _PLURAL
    if head in EVENTS:
        return _EVENT
    if head in GROUPS:
        return _GROUP
    if person:
        return _PERSON
    return _PLACE if head in PLACES else (("thing", 3), ("place", 1))


def _name_fits(core: Sequence[Token], before: Sequence[str]) -> Fits:
    lows = [token.low.rstrip(".") for token in core]
    definite = lows[0] == "the"
    acronym = len(core) == 1 and core[0].text.isupper()
    full = 1 < len(core) < 4 and (before[-1] in AUX or is_verb(before[-1]))
    told: tuple[tuple[bool, Fits], ...] = (
        (any(low in EVENTS for low in lows), _EVENT),
        (acronym or any(low in GROUPS for low in lows), _GROUP),
        (any(low in PLACES for low in lows) or (not definite and before[-1] in WITHIN), _PLACE),
        (lows[definite and len(lows) > 1] in PERSONS | HE | SHE, _PERSON),
        (before[-1] == "of" and before[-2] in OF_PLACES, _PLACE),
        (definite, (("thing", 3), ("place", 2 if before[-1] in WITHIN else 1))),
        (before[-1] in {"at", "from", "to", "into"}, (("place", 2), ("thing", 1), ("person", 1))),
    )
    unknown: Fits = (("person", 2 if full else 1), ("thing", 1), ("place", 1))
    return next((fits for holds, fits in told if holds), unknown)


def answered_as(answer: Answer) -> tuple[Referent, ...]:
    """What a short answer may be referred to as, by what was asked for."""
    short = answer.short
    if not answer.answered or short is None or len(short.text) > 80:
        return ()
    kind, text = kind_of(answer.question), short.text.strip(" .,;:\"'“”‘’")
    if kind == "time" or (kind == "number" and TIME.fullmatch(text)):
        return (Referent(text, 0, 0, (("time", 3),)),)
    if kind in {"place", "country"}:
        return _location(re.sub(r"^(?:in|at|near|to|from|on)\s+", "", text), several=asks_for_several(answer.question))
    if kind not in {"name", "thing"}:
        return ()
    found = referents_of(text, leading=True)
    if not found and text.islower() and len(text.split()) <= 4 and is_plural(text.split()[-1]):
        return (Referent(text if text == "police" else f"the {text}", 0, 0, _PLURAL),)
    return tuple(_promoted(one, answer.question) if one.start == 0 else one for one in found)


def _location(text: str, *, several: bool) -> tuple[Referent, ...]:
    """The place, or places, that a short answer is."""
    whole = _definite(text)
    if " and " in text and several:
        return (Referent(whole, 0, 0, _PLURAL),)
    nominal = len(whole.split()) <= 6 and (whole[:1].isupper() or whole.startswith("the "))
    return (Referent(whole, 0, 0, _PLACE, head=tokens_of(whole)[-1].low),) if nominal else ()


def _promoted(one: Referent, question: str) -> Referent:
    """A referent of the kind that the question asked for, where its own words do not say."""
    if any(strength == 3 for _, strength in one.fits):
        return one
    asked = {token.low for token in tokens_of(question)[:4]}
    kinds: tuple[tuple[Kind, frozenset[str]], ...] = (
        ("person", PERSONS | {"who", "whom"}), ("place", PLACES), ("event", EVENTS), ("thing", GROUPS | WORKS),
    )  # fmt: skip
    kind: Kind = next((kind for kind, words in kinds if words & asked), "thing")
    return replace(one, fits=((kind, 3),) if kind in {"person", "thing"} else ((kind, 3), ("thing", 1)))


def _quoted(answer: Answer) -> tuple[Referent, ...]:
    """The people whom the first quote names in full or with a title."""
    if not answer.answered or not answer.citations:
        return ()
    quote = answer.citations[0].quote[:LONGEST]
    short = answer.short
    known = short.text if short and not answer.question.lower().startswith("who") else ""
    named = (one for one in referents_of(quote, leading=True) if one.fit("person") and one.text[0].isupper())
    full = (one for one in named if 1 < len(one.text.split()) < 5 and one.text not in known)
    return tuple(replace(one, text=_untitled(one.text), fits=(("person", max(2, one.fit("person"))),)) for one in full)


def _untitled(name: str) -> str:
    words = name.split()
    while len(words) > 2 and words[0].lower().rstrip(".") in TITLES:
        words.pop(0)
    return " ".join(words)


def pick(kind: Kind, gender: Gender, told: Sequence[Answer], banned: Iterable[str]) -> Referent | None:
    """The one phrase of the newest turn that has a fitting one; None where two fit alike."""
    shut, least = set(banned), 2 if kind in {"person", "place"} else 1
    for answer in reversed(told):
        sources = [answered_as(answer), referents_of(answer.question)] + ([_quoted(answer)] if kind == "person" else [])
        for source in sources:
            fitting = [
                one for one in source
                if one.fit(kind) >= least
                and (not gender or one.gender in {"", gender})
                and not shut & (names_of(one.text) | _owner_of(one.text))
            ]  # fmt: skip
            if not fitting:
                continue
            best = max(one.fit(kind) for one in fitting)
            texts = {one.text: one for one in fitting if one.fit(kind) == best}
            longest = max(texts, key=len)
            if any(text not in longest for text in texts):
                return None
            return _in_full(texts[longest], answer)
    return None


def names_of(text: str) -> set[str]:
    """What tells that a text speaks of the same: the last word of its name, or all of it."""
    return {text.rsplit(maxsplit=1)[-1].lower()} if text[0].isupper() else {text.lower()}


def _owner_of(text: str) -> set[str]:
    """Whom something belongs to: one does not ask what Turkey did to its own service by "them"."""
    owner = _OWNER.match(text)
    return names_of(owner[1]) if owner else set()


def _in_full(one: Referent, answer: Answer) -> Referent:
    """A person whom the question calls by one name, as the quote has it."""
    if " " in one.text or not one.fit("person") or one.fit("place") > 1:
        return one
    return next((replace(one, text=full.text) for full in _quoted(answer) if full.text.endswith(f" {one.text}")), one)


def last_time(told: Sequence[Answer], shape: str) -> str | None:
    """The newest time of a shape that was given or asked about."""
    for answer in reversed(told):
        times = [one.text for one in answered_as(answer) if one.fit("time")]
        times = times or [match.group() for match in TIME.finditer(answer.question)]
        found = [time for time in times if re.search(shape, time)]
        if found:
            return found[-1] if len(found[-1].split()) <= 6 else None
    return None


def described(head: str, told: Sequence[Answer], text: str) -> Referent | None:
    """What "this dam" or "that company" means: a phrase with that noun, else the one name of that kind."""
    one = singular(head)
    for answer in reversed(told):
        for source in (answered_as(answer), referents_of(answer.question)):
            same = [found for found in source if singular(found.head) == one and found.text.lower() not in text.lower()]
            if len({found.text for found in same}) == 1:
                return same[0]
    gender: Gender = "he" if one in MALE else "she" if one in FEMALE else ""
    kinds: tuple[tuple[Kind, bool], ...] = (
        ("plural", is_plural(head)), ("event", head in EVENTS), ("person", one in PERSONS),
        ("place", head in PLACES), ("thing", head in GROUPS | WORKS),
    )  # fmt: skip
    kind = next((kind for kind, holds in kinds if holds), None)
    found = pick(kind, gender, told, [token.low for token in tokens_of(text) if token.named]) if kind else None
    if found is None or kind is None:
        return None
    sure = found.fit(kind) == 3 and found.text[:1].isupper() and (kind != "thing" or found.fit("place") == 0)
    return found if kind in {"person", "plural", "event"} or sure else None
