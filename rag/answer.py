"""Readings to an answer: choose what to quote, verify every quote against the store, or refuse and say why."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.calibration import Calibration
from rag.encoder import Encoder, Vectors, cosines
from rag.errors import CitationError
from rag.evidence import evidence
from rag.kinds import kind_of
from rag.read import Inquiry, Reader, Reading, mentioned
from rag.retrieve import Found, Ranking, merged
from rag.snapshot import Snapshot
from rag.types import Answer, Citation, Provenance

REFUSAL = "These articles do not answer this question."
ADDS_LEAST = 0.5
"""A further quote must be at least this likely, relative to the best, to stand beside it."""
ABOUT_LEAST = 0.35
"""Cosine below which two sentences are about different things."""
SAME_MOST = 0.9
"""Two sentences whose vectors are closer than this say the same."""
_MEASURE = re.compile(r"\bhow\s+\w+", re.IGNORECASE)
"""The measure of "how old" or "how many" is not a word that a passage would mention."""
_LACKING = {
    "name": "names who or what is asked for",
    "place": "gives a place",
    "time": "gives a time",
    "number": "gives a number",
    "reason": "gives a reason",
    "manner": "says how",
}


@dataclass(frozen=True, slots=True)
class Composed:
    """An answer, and its citations or, where they were asked for, those that were withheld."""

    answer: Answer
    quotes: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Ability:
    """What turns passages into an answer: what encodes, what reads, and how sure one may be of it."""

    encoder: Encoder
    reader: Reader
    calibration: Calibration


def compose(
    snapshot: Snapshot, ability: Ability, question: str, ranking: Ranking, provenance: Provenance, *, withheld: bool
) -> Composed:
    """The answer to a ranked question, its total time left to the caller.  Raises CitationError.

    With `withheld`, a refusal is cited too, for those who judge it.
    """
    settings = provenance.settings
    clock = time.perf_counter()
    found = merged(snapshot, ranking, settings.passages)
    inquiry = inquire(snapshot, question, ranking.vector, ranking.terms)
    passages = tuple(one.passage for one in found)
    readings = ability.reader.read(inquiry, passages, [one.article for one in found], ability.encoder) if found else []
    known = evidence(inquiry, readings, found)
    confidence = ability.calibration.confidence(known)
    read = (time.perf_counter() - clock) * 1e3
    clock = time.perf_counter()
    answered = bool(readings) and confidence >= settings.min_confidence
    chosen = choose(readings, found, settings.max_citations) if answered or withheld else []
    quotes = tuple(_cite(snapshot, number, reading, found) for number, reading in enumerate(chosen, start=1))
    cite = (time.perf_counter() - clock) * 1e3
    answer = Answer(
        question=question,
        answered=answered,
        text=" ".join(f"{c.quote} [{c.number}]" for c in quotes) if answered else REFUSAL,
        confidence=confidence,
        citations=quotes if answered else (),
        passages=passages,
        timings=replace(ranking.timings, read=read, cite=cite),
        provenance=provenance,
        reason=None if answered else _reason(inquiry, found, confidence, provenance),
        evidence=known,
    )
    return Composed(answer, quotes)


def inquire(snapshot: Snapshot, question: str, vector: Vectors, terms: tuple[str, ...]) -> Inquiry:
    """A question as a reader sees it."""
    chunks = snapshot.manifest.chunks

    def weigh(term: str) -> float:
        # Inverse document frequency, smoothed so that a library of a few articles does not overrule language.
        return math.log((chunks + 50) / (snapshot.lexical.document_frequency(term) + 1))

    return Inquiry(question, vector, terms, snapshot.lexical.terms, weigh)


def choose(readings: Sequence[Reading], found: Sequence[Found], most: int) -> list[Reading]:
    """The best reading, and others of other articles that are about the same, nearly as likely, and say more.

    The surest comes first.
    """
    chosen = list(readings[:1])
    for reading in readings[1:]:
        if len(chosen) == most:
            break
        owner = found[reading.passage].article.id
        likely = reading.probability >= ADDS_LEAST * chosen[0].probability
        near = _cosine(reading, chosen[0]) >= ABOUT_LEAST
        new = all(found[c.passage].article.id != owner and _cosine(reading, c) < SAME_MOST for c in chosen)
        if likely and near and new:
            chosen.append(reading)
    return sorted(chosen, key=lambda reading: -reading.probability)


def _cosine(one: Reading, other: Reading) -> float:
    return float(cosines(one.vector[None], other.vector[None])[0])


def _cite(snapshot: Snapshot, number: int, reading: Reading, found: Sequence[Found]) -> Citation:
    """A citation whose quote is read from the store anew and compared with what was read for the answer."""
    one = found[reading.passage]
    stored = snapshot.store.article(one.row)
    start, end = reading.span
    quote = stored.text[start:end]
    if quote != reading.text or not quote or stored.id != one.article.id:
        raise CitationError(
            f"The quote at {start}-{end} of article {one.article.id!r} differs from the stored text: "
            f"run rag verify --library {snapshot.folder}"
        )
    return Citation(number, stored.id, stored.title, stored.source, stored.url, stored.published, start, end, quote)


def _reason(inquiry: Inquiry, found: Sequence[Found], confidence: float, provenance: Provenance) -> str:
    if not found:
        limited = " that the filters allow" if provenance.filters else ""
        return f"No article{limited} has anything to do with the question."
    present = mentioned(inquiry, [one.passage for one in found])
    asked = _MEASURE.sub(" ", inquiry.question).split()
    absent = [word for word in asked if _is_absent(inquiry, word, present)]
    if absent:
        words = ", ".join(f"“{word}”" for word in dict.fromkeys(word.strip("?.,!\"'“”") for word in absent))
        return f"None of the closest passages mentions {words}."
    lacking = _LACKING.get(kind_of(inquiry.question), "says what is asked for")
    return (
        f"The closest passages are about this, but no sentence in them clearly {lacking} (confidence {confidence:.2f}, "
        f"at least {provenance.settings.min_confidence:.2f} is asked for)."
    )


def _is_absent(inquiry: Inquiry, word: str, present: set[str]) -> bool:
    terms = [term for term in inquiry.analyse(word) if term in inquiry.terms]
    return bool(terms) and not any(term in present for term in terms)
