"""Readings to an answer: choose what to quote, verify every quote against the store, or refuse and say why."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag import stage
from rag.analysis import analysis
from rag.calibration import Calibration
from rag.copies import copies
from rag.dispute import latest, sides
from rag.encoder import Encoder
from rag.errors import CitationError
from rag.evidence import evidence
from rag.idioms import plain
from rag.inquiry import Inquiry, mentioned, presence
from rag.kinds import asks_for_several, is_pronoun, kind_of
from rag.read import Group, Proposal, Readings, listed, read
from rag.retrieve import Found, Ranking, merged, reordered, single, unrepeated
from rag.scoring import Scorer
from rag.snapshot import Snapshot
from rag.types import Answer, Citation, Filters, Provenance, Short, Side
from rag.when import horizon

REFUSAL = "These articles do not answer this question."
DIFFER = "The sources differ."
REVISED = "Versions of one text differ."
ADDS_LEAST = 0.1
"""A further member of a list must have this share of the best one's weight."""
BESIDE_LEAST = 0.25
"""A sentence of another source must have this share of the best one's weight to be quoted beside it."""
SUPPORTS_LEAST = -4.0
"""Log-odds that a passage answers the question for it to be quoted beside the best."""
_MEASURE = re.compile(r"\bhow\s+\w+", re.IGNORECASE)
"""The measure of "how old" or "how many" is not a word that a passage would mention."""
_LACKING = {
    "name": "names who or what is asked for",
    "place": "gives a place",
    "country": "names a country",
    "time": "gives a time",
    "number": "gives a number",
    "reason": "gives a reason",
    "manner": "says how",
}
_MEASURED = {
    "how old": "gives an age",
    "how long": "gives a duration",
    "how far": "gives a distance",
    "how much": "gives an amount",
}
"""What is missing in the words of a question for a number, where they say more than that."""
_WHOSE = re.compile(r"\bwhose\b", re.IGNORECASE)
_OWNER = re.compile(r"['’]")
_OWNED_BY = re.compile(r"\b(?:of|by|to)\s+(?:the\s+)?$")
_WHOLE = ("reason", "manner", "verdict")
"""Kinds of question that a sentence answers rather than a few words."""


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer, the ranking that reading left, and its citations or, where they were asked for, those withheld."""

    answer: Answer
    ranking: Ranking
    quotes: tuple[Citation, ...]
    short: Short | None


@dataclass(frozen=True, slots=True)
class Ability:
    """What turns passages into an answer: what encodes, what reads, and how sure one may be of it."""

    encoder: Encoder
    scorer: Scorer
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Quoted:
    """What will be cited: a sentence, and the words in it that answer; `side` is the number of its group of answers."""

    proposal: Proposal
    side: int = 0


def compose(
    snapshot: Snapshot, ability: Ability, question: str, ranking: Ranking, provenance: Provenance, *, withheld: bool
) -> Composed:
    """The answer to a ranked question, its total time left to the caller.  Raises CitationError.

    With `withheld`, a refusal is cited too, for those who judge it.
    """
    settings = provenance.settings
    clock = time.perf_counter()
    places = unrepeated(snapshot, ranking, settings.read)
    found = single(snapshot, reordered(ranking, [first for first, *_ in places]), len(places))
    inquiry = inquire(snapshot, question, ranking, provenance)
    stage.begin("read")
    readings = read(inquiry, found, ability.scorer)
    if settings.rerank:
        ranking = reordered(ranking, [place for one in readings.order for place in places[one]])
    known = evidence(inquiry, readings, found)
    confidence = ability.calibration.confidence(known)
    spent = (time.perf_counter() - clock) * 1e3
    clock = time.perf_counter()
    stage.begin("cite")
    answered = bool(readings.groups) and confidence >= settings.min_confidence
    differing = sides(inquiry, readings, found) if answered else ()
    if not differing and (newer := latest(inquiry, readings, found)):
        readings = replace(readings, groups=(newer, *(group for group in readings.groups if group is not newer)))
    chosen = choose(inquiry, readings, found, differing, settings.max_citations) if answered or withheld else []
    quotes = _cited(snapshot, chosen, found, provenance.filters)
    shorts = [_short(inquiry, number, one.proposal, found) for number, one in enumerate(chosen, start=1)]
    short = shorts[0] if shorts else None
    passages = tuple(one.passage for one in merged(snapshot, ranking, settings.passages, provenance.filters))
    text = " ".join(f"{citation.quote} [{citation.number}]" for citation in quotes)
    revised = bool(differing) and len({found[group.best.place].group for group in differing}) == 1
    answer = Answer(
        question=question,
        answered=answered,
        text=(f"{REVISED if revised else DIFFER} {text}" if differing else text) if answered else REFUSAL,
        confidence=confidence,
        citations=quotes if answered else (),
        passages=passages,
        timings=replace(ranking.timings, read=spent, cite=(time.perf_counter() - clock) * 1e3),
        provenance=provenance,
        reason=None if answered else _reason(inquiry, found, confidence, provenance),
        evidence=known,
        short=short if answered else None,
        sides=_sides(chosen, quotes, shorts) if differing else (),
        revised=revised,
    )
    return Composed(answer, ranking, quotes, short)


def inquire(snapshot: Snapshot, question: str, ranking: Ranking, provenance: Provenance) -> Inquiry:
    """A question as a reader sees it."""
    chunks = snapshot.manifest.chunks
    as_of = provenance.as_of or date.today()

    def weigh(term: str) -> float:
        # Inverse document frequency, smoothed so that a library of a few articles does not overrule language.
        return math.log((chunks + 50) / (snapshot.lexical.document_frequency(term) + 1))

    asked = horizon(question, as_of, snapshot.columns.newest(as_of))
    asked = replace(asked, strength=asked.strength * provenance.settings.recency)
    language = ranking.language
    analyse = analysis(language).terms
    if plain(question, language) != question:
        analyse = _plainly(language)
    return Inquiry(question, ranking.vector, ranking.terms, analyse, weigh, asked)


def _plainly(language: str) -> Callable[[str], list[str]]:
    return lambda text: analysis(language).terms(plain(text, language))


def choose(
    inquiry: Inquiry, readings: Readings, found: Sequence[Found], differing: Sequence[Group], most: int
) -> list[Quoted]:
    """What to quote, no wording and no source twice: copies of one text are one source.

    Of sources that differ, the best sentence of each side, newest first.  Else the best sentence, then others: where
    several are asked for, those with further members; elsewhere those of other articles that say the same.  Versions of
    one text are quoted beside each other only where they give different answers: the sides, or members of a list.
    """
    if not readings.groups:
        return []
    if differing:
        firsts = [Quoted(group.fullest, number) for number, group in enumerate(differing)]
        # No side is left out for want of room.
        most = max(most, len(firsts))
        firsts.sort(key=lambda one: found[one.proposal.place].article.published or date.min, reverse=True)
        more = (Quoted(one, number) for number, group in enumerate(differing) for one in group.proposals)
        return _distinct([*firsts, *more], found, most)
    return _distinct(_wanted(inquiry, readings), found, most)


def _wanted(inquiry: Inquiry, readings: Readings) -> Iterator[Quoted]:
    best = readings.groups[0]
    yield Quoted(best.fullest)
    if asks_for_several(inquiry.question):
        for number, group in enumerate(readings.groups[1:], start=1):
            if group.weight >= ADDS_LEAST * best.weight:
                yield Quoted(group.fullest, number)
    if kind_of(inquiry.question) in ("verdict", "reason"):
        # A sentence that says no is no group of one that says yes: both are quoted, whatever they say.
        for group in readings.groups[1:]:
            if group.weight >= BESIDE_LEAST * best.weight and _supports(readings, group.best):
                yield Quoted(group.best)
    yield from (Quoted(one) for one in best.proposals if _supports(readings, one))


def _supports(readings: Readings, proposal: Proposal) -> bool:
    """Whether a passage is about the question, and does not only hold the words of the answer."""
    return readings.scored[proposal.place].answers >= SUPPORTS_LEAST


def _distinct(wanted: Iterable[Quoted], found: Sequence[Found], most: int) -> list[Quoted]:
    chosen: list[Quoted] = []
    for one in wanted:
        if len(chosen) < most and not any(_repeats(one, other, found) for other in chosen):
            chosen.append(one)
    return chosen


def _repeats(one: Quoted, other: Quoted, found: Sequence[Found]) -> bool:
    """Whether a quote has the wording or the source of another; two versions of one text may give two answers."""
    mine, its = found[one.proposal.place], found[other.proposal.place]
    again = mine.group == its.group if one.side == other.side else mine.article.id == its.article.id
    return again or one.proposal.quote == other.proposal.quote


def _cited(
    snapshot: Snapshot, chosen: Sequence[Quoted], found: Sequence[Found], filters: Filters
) -> tuple[Citation, ...]:
    """The citations, each with the copies of its article that are not cited themselves."""
    besides = {found[one.proposal.place].article.id for one in chosen}
    quotes: list[Citation] = []
    for number, one in enumerate(chosen, start=1):
        citation = _cite(snapshot, number, one.proposal, found)
        known = copies(snapshot, found[one.proposal.place].row, filters, quote=citation.quote, besides=besides)
        quotes.append(
            replace(citation, copies=known.others, more_copies=known.more, original=known.original, newest=known.newest)
        )
    return tuple(quotes)


def _cite(snapshot: Snapshot, number: int, proposal: Proposal, found: Sequence[Found]) -> Citation:
    """A citation whose quote is read from the store anew and compared with what was read for the answer."""
    one = found[proposal.place]
    stored = snapshot.store.article(one.row)
    start, end = proposal.sentence
    quote = stored.text[start:end]
    if quote != proposal.quote or not quote or stored.id != one.article.id:
        raise CitationError(
            f"The quote at {start}-{end} of article {one.article.id!r} differs from the stored text: "
            f"run rag verify --library {snapshot.folder}"
        )
    return Citation(
        number, stored.id, stored.title, stored.source, stored.url, stored.published, start, end, quote,
        author=stored.author, page=stored.pages(start, end), section=stored.at("heading", start),
    )  # fmt: skip


def _short(inquiry: Inquiry, number: int, proposal: Proposal, found: Sequence[Found]) -> Short | None:
    """The words that answer; None where it takes the whole sentence."""
    if kind_of(inquiry.question) in _WHOLE or is_pronoun(proposal.text) or not _owns(inquiry, proposal):
        return None
    article = found[proposal.place].article
    start, end = listed(inquiry, proposal, article)
    return Short(article.text[start:end], article.id, start, end, number)


def _owns(inquiry: Inquiry, proposal: Proposal) -> bool:
    """Whether words may answer "whose": they name an owner, not what is owned."""
    before, behind = proposal.beside
    return not _WHOSE.search(inquiry.question) or bool(_OWNER.match(behind) or _OWNED_BY.search(before))


def _sides(chosen: Sequence[Quoted], quotes: Sequence[Citation], shorts: Sequence[Short | None]) -> tuple[Side, ...]:
    """The answers of sources that differ, in the order of their first citations."""
    found: list[Side] = []
    for number in dict.fromkeys(one.side for one in chosen):
        own = [place for place, one in enumerate(chosen) if one.side == number]
        short = shorts[own[0]]
        if short is not None:
            found.append(Side(short, tuple(quotes[place].number for place in own), quotes[own[0]].published))
    return tuple(found)


def _reason(inquiry: Inquiry, found: Sequence[Found], confidence: float, provenance: Provenance) -> str:
    settings = provenance.settings
    if not found:
        limited = " that the filters allow" if provenance.filters else ""
        return f"No article{limited} has anything to do with the question."
    present = mentioned(inquiry, [one.passage for one in found[: settings.passages]])
    asked = _MEASURE.sub(" ", inquiry.question).split()
    absent = [word for word in asked if _is_absent(inquiry, word, present)]
    if absent:
        words = ", ".join(f"“{word}”" for word in dict.fromkeys(word.strip("?.,!\"'“”") for word in absent))
        return f"None of the closest passages mentions {words}."
    measured = next((told for asked, told in _MEASURED.items() if asked in inquiry.question.lower()), None)
    lacking = measured or _LACKING.get(kind_of(inquiry.question), "says what is asked for")
    return (
        f"The closest passages are about this, but none clearly {lacking} (confidence {confidence:.2f}, "
        f"at least {settings.min_confidence:.2f} is asked for)."
    )


def _is_absent(inquiry: Inquiry, word: str, present: set[str]) -> bool:
    terms = [term for term in inquiry.analyse(word) if term in inquiry.terms]
    return bool(terms) and not any(presence(term, present) for term in terms)
