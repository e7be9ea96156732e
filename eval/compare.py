"""Two runs over the same questions: what changed, by how much, and whether chance would explain it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from eval.cause import cause
from eval.interval import Difference, difference, resamples
from eval.metrics import METRICS, tabulate
from eval.records import Record
from eval.run import Run
from eval.statistic import ORDERING
from rag.errors import LoadError

RIGHT = "right"
SIGNIFICANT = 0.05


def significant(found: Difference) -> bool:
    """Whether chance is unlikely (p < 0.05) and the interval leaves 0 out."""
    return found.p < SIGNIFICANT and not found.low <= 0 <= found.high


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose outcome differs: "right" or the value of its `Cause`, before and after."""

    question_id: str
    question: str
    before: str
    after: str

    @property
    def better(self) -> bool:
        """It went wrong before and right after."""
        return self.after == RIGHT

    @property
    def worse(self) -> bool:
        """It went right before and wrong after."""
        return self.before == RIGHT


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run B against run A over the questions of both; `only_a` and `only_b` are ids that are in one of them."""

    differences: Mapping[str, Difference]
    changed: tuple[Change, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


def compare(a: Run, b: Run) -> Comparison:
    """B against A, paired by question id.

    Raises `LoadError` where they share no question, or where a shared one was judged by other gold answers.
    """
    before = {record.question_id: record for record in a.records}
    after = {record.question_id: record for record in b.records}
    shared = [name for name in before if name in after]
    if not shared:
        raise LoadError(f"{a.folder} and {b.folder} share no question: compare runs of one set.")
    for name in shared:
        _check_gold(before[name], after[name])
    first, second = [before[name] for name in shared], [after[name] for name in shared]
    return Comparison(
        differences=differences(first, second),
        changed=tuple(change for one, other in zip(first, second, strict=True) if (change := _change(one, other))),
        only_a=tuple(name for name in before if name not in after),
        only_b=tuple(name for name in after if name not in before),
    )


def differences(a: Sequence[Record], b: Sequence[Record]) -> dict[str, Difference]:
    """Every metric of `b` less that of `a`; record i of both is the same question."""
    weights = resamples(len(a))
    first, second = tabulate(a), tabulate(b)
    return {
        name: difference(first[name], second[name], metric.statistic, weights, ranked=metric.statistic in ORDERING)
        for name, metric in METRICS.items()
    }


def _check_gold(a: Record, b: Record) -> None:
    told = ("question", "answerable", "answers", "articles", "grades")
    if any(getattr(a, name) != getattr(b, name) for name in told):
        raise LoadError(
            f"question {a.question_id!r} has another text or other gold answers in the second run: "
            "the set was changed between them; run both on one set."
        )


def outcome(record: Record) -> str:
    """ "right", a refusal where there is no answer included, or the value of its `Cause`."""
    found = cause(record)
    return RIGHT if found is None else str(found.value)


def _change(a: Record, b: Record) -> Change | None:
    before, after = outcome(a), outcome(b)
    return None if before == after else Change(a.question_id, a.question, before, after)


@dataclass(frozen=True, slots=True)
class Gate:
    """How much a metric may get worse: `allowed` is what the difference may be, 0 or on the bad side of it."""

    metric: str
    allowed: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate found.  It is `broken` where the loss is larger than allowed, and significant."""

    gate: Gate
    difference: Difference
    broken: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"metric": self.gate.metric, "allowed": self.gate.allowed, "broken": self.broken}


_GATE = re.compile(r"\s*([\w@]+)\s*:\s*([+-]?\d+(?:\.\d+)?)\s*")


def parse_gates(text: str) -> tuple[Gate, ...]:
    """Gates such as `hit@5:-0.01,refusal_f1:-0.02,ece:+0.02`.

    Raises `LoadError` for a metric that is not known, or a number on the side on which it is better.
    """
    gates = []
    for part in text.split(","):
        found = _GATE.fullmatch(part)
        if not found:
            raise LoadError(f"--gate {part.strip()!r}: expected METRIC:CHANGE, for example hit@5:-0.01")
        name, allowed = found[1], float(found[2])
        if name not in METRICS:
            near = get_close_matches(name, METRICS, n=3, cutoff=0.4) or list(METRICS)[:8]
            raise LoadError(f"--gate: there is no metric {name!r}; did you mean {', '.join(near)}?")
        better = METRICS[name].better
        if (allowed > 0) if better == "higher" else (allowed < 0):
            sign = "-" if better == "higher" else "+"
            raise LoadError(
                f"--gate {part.strip()!r}: {better} is better for {name}, so that the change that is allowed is "
                f"0 or {sign}{abs(allowed):g}"
            )
        gates.append(Gate(name, allowed))
    return tuple(gates)


def verdicts(comparison: Comparison, gates: Sequence[Gate]) -> tuple[Verdict, ...]:
    """Whether each gate holds.  A metric that no longer has a value where it had one breaks its gate.

    Raises `LoadError` where a gate cannot be judged: questions of the first run are missing from the second, or the
    metric had no value in the first.
    """
    if gates and comparison.only_a:
        raise LoadError(
            f"--gate: the second run lacks {len(comparison.only_a)} questions of the first ({comparison.only_a[0]} for "
            "one): let it end, or make the first with the same --limit."
        )
    for gate in gates:
        if math.isnan(comparison.differences[gate.metric].a):
            raise LoadError(f"--gate {gate.metric}: the first run has no question that this figure could be about.")
    return tuple(_verdict(gate, comparison.differences[gate.metric]) for gate in gates)


def _verdict(gate: Gate, found: Difference) -> Verdict:
    lost = math.isnan(found.b) and not math.isnan(found.a)
    # A loss that is just what is allowed may be a little more in floating point.
    worse = gate.allowed - found.value if METRICS[gate.metric].better == "higher" else found.value - gate.allowed
    beyond = worse > 1e-9
    return Verdict(gate, found, lost or (beyond and significant(found)))


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """JSON form, with null for nan."""
    return {
        "differences": {name: found.to_dict() for name, found in comparison.differences.items()},
        "changed": [
            {"id": change.question_id, "question": change.question, "before": change.before, "after": change.after}
            for change in comparison.changed
        ],
        "only_a": list(comparison.only_a),
        "only_b": list(comparison.only_b),
    }  # fmt: skip
