"""What speaks for the best answer to a question: the signals from which its confidence is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.inquiry import Inquiry, coverage, dated, strangers, whole, words_of
from rag.kinds import is_of, kind_of
from rag.read import Readings
from rag.retrieve import Found
from rag.types import Evidence


def evidence(inquiry: Inquiry, readings: Readings, found: Sequence[Found]) -> Evidence:
    """The signals of what was read; `found[proposal.place]` is where each proposal stands."""
    if not readings.groups:
        return Evidence()
    group = readings.groups[0]
    best = group.best
    scored = readings.scored[best.place]
    kind, owner = kind_of(inquiry.question), found[best.place].passage
    # Sentences of one article do not contradict each other on yes or no.
    own = owner.article_id if kind == "verdict" else None
    second = next((one.weight for one in readings.groups[1:] if found[one.best.place].article.id != own), 0.0)
    passages = [one.passage for one in found]
    covered, told = coverage(inquiry, [dated(owner), whole(found[best.place].article)])
    asked = set(words_of(inquiry.question))
    return Evidence(
        answers=_number(scored.answers),
        pointed=_number(scored.answers / max(len(inquiry.terms), 1)),
        highest=_number(max(one.answers for one in readings.scored)),
        relevant=_number(scored.relevant),
        chance=_number(
            next((chance for span, chance in scored.spans if owner.start + span.start == best.span.start), -5.0)
        ),
        share=_number(group.weight),
        margin=_number(math.log((group.weight + 0.01) / (second + 0.01))),
        agreeing=_number(math.log(len({found[proposal.place].group for proposal in group.proposals}))),
        score=_number(float(readings.scores[best.place])),
        dense=_number(max((passage.dense or 0.0) for passage in passages)),
        lexical=_number(max((passage.lexical or 0.0) for passage in passages) / max(len(inquiry.terms), 1)),
        covered=_number(covered),
        told=_number(told),
        shown=_number(is_of(kind, best.text, asked)),
        strange=_number(float(len(strangers(inquiry, passages)))),
    )


def _number(value: float) -> float:
    """Rounded, so that a record is short and the same on every run."""
    return round(float(value), 6)
