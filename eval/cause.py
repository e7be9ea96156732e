"""Why a question failed: one cause, the first stage that lost the answer."""

from __future__ import annotations

from enum import Enum

from eval.records import Record

SEEN = 10
"""Where only retrieval is judged, a question fails whose gold articles are not among so many articles."""


class Cause(str, Enum):
    """In the order of the stages; the value is what people read, `what` its definition."""

    what: str

    def __new__(cls, value: str, what: str) -> Cause:
        member = str.__new__(cls, value)
        member._value_ = value
        member.what = what
        return member

    NOT_INDEXED = ("not in the articles", "No gold article that is in the library contains a gold answer.")
    NO_CHUNK = (
        "in no chunk",
        "A gold article contains one, but no chunk of it does, nor a passage that was read: it was cut in two or left "
        "out as noise.",
    )
    NOT_RETRIEVED = (
        "not retrieved",
        "A chunk contains one, but is neither among the first 100 nor in a passage that was read.",
    )
    RANKED_LOW = ("ranked too low", "It is among the first 100, but in no passage that was read.")
    NOT_EXTRACTED = ("not extracted", "It is in a passage that was read, but in no quote, given or withheld.")
    WRONGLY_REFUSED = ("wrongly refused", "The quotes contained a gold answer and were withheld.")
    WRONG_CITATION = ("wrong citation", "A gold answer stands in the quotes, but in none from a gold article.")
    WRONGLY_ANSWERED = ("wrongly answered", "The articles do not answer the question, and it was answered.")


def cause(record: Record) -> Cause | None:
    """Why the question failed, None where it did not.

    A question succeeds that is answerable and gets a quote from a gold article with a gold answer in it, or
    that is unanswerable and refused.  Where only retrieval is judged, a gold article among the first `SEEN` is success.
    """
    if not record.answerable:
        return Cause.WRONGLY_ANSWERED if record.answered else None
    if record.retrieval_only:
        return _retrieval_cause(record)
    if record.has_answer:
        if not record.answered:
            return Cause.WRONGLY_REFUSED
        return None if any(quote.supports for quote in record.quotes) else Cause.WRONG_CITATION
    return _lost(record)


def _lost(record: Record) -> Cause:
    """Where the answer got lost that stands in no quote."""
    if not record.gold.has_answer:
        return Cause.NOT_INDEXED
    if record.hit_read:
        return Cause.NOT_EXTRACTED
    if not record.gold.chunks:
        return Cause.NO_CHUNK
    return Cause.NOT_RETRIEVED if record.hit_rank is None else Cause.RANKED_LOW


def _retrieval_cause(record: Record) -> Cause | None:
    if not record.gold.indexed:
        return Cause.NOT_INDEXED
    ranked = list(dict.fromkeys(hit.article for hit in record.ranking))
    places = [ranked.index(name) for name in record.articles if name in ranked]
    if not places:
        return Cause.NOT_RETRIEVED
    return None if min(places) < SEEN else Cause.RANKED_LOW
