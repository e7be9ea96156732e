"""Two runs paired by question: what changed, in which direction, and whether a gate breaks."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from report_fakes import make_record, make_run, ranked

from eval.compare import Change, Comparison, Gate, Verdict, compare, differences, parse_gates, to_dict, verdicts
from eval.interval import Difference, difference, resamples
from eval.metrics import METRICS, tabulate
from eval.records import Quote, Record
from rag.errors import LoadError

WRONG = (Quote("mine", "The mine", 20, 30, "It rained.", True, False, True),)


def records(outcomes: str, **changes: Any) -> list[Record]:
    """A question for each letter: `r` rightly answered, `w` wrongly, `x` refused although it was right."""
    made = {"r": {}, "w": {"quotes": WRONG}, "x": {"answered": False}}
    return [
        make_record(question_id=f"q{place}", **made[letter] | changes) for place, letter in enumerate(outcomes, start=1)
    ]


# -- pairing --------------------------------------------------------------------------------------------------------


def test_what_changed_in_both_directions() -> None:
    found = compare(make_run(records("rrwwx")), make_run(records("rwrwr")))
    text = "Who closed the mine?"
    assert found.changed == (
        Change("q2", text, "right", "not extracted"),
        Change("q3", text, "not extracted", "right"),
        Change("q5", text, "wrongly refused", "right"),
    )
    assert [(change.better, change.worse) for change in found.changed] == [(False, True), (True, False), (True, False)]
    assert (found.only_a, found.only_b) == ((), ())
    right = found.differences["answer_accuracy"]
    assert (right.a, right.b, right.n) == (2 / 5, 3 / 5, 5)


def test_another_cause_is_a_change_that_is_neither_better_nor_worse() -> None:
    (change,) = compare(make_run(records("w")), make_run(records("x"))).changed
    assert (change.before, change.after) == ("not extracted", "wrongly refused")
    assert (change.better, change.worse) == (False, False)


def test_questions_are_paired_by_id_whatever_their_order() -> None:
    a, b = records("rrwwxr"), records("rwrwrr")
    straight = to_dict(compare(make_run(a), make_run(b)))
    assert to_dict(compare(make_run(a), make_run(b[::-1]))) == straight


def test_questions_of_one_run_are_named_and_left_out() -> None:
    found = compare(make_run(records("wwr")), make_run([*records("rrr")[1:], make_record(question_id="new")]))
    assert (found.only_a, found.only_b) == (("q1",), ("new",))
    right = found.differences["answer_accuracy"]
    assert (right.a, right.b, right.n) == (1 / 2, 1, 2)
    assert [change.question_id for change in found.changed] == ["q2"]


def test_a_run_does_not_differ_from_itself() -> None:
    run = make_run([*records("rwxr"), make_record(question_id="u", answerable=False, answered=False, confidence=0.2)])
    found = compare(run, run)
    assert (found.changed, found.only_a, found.only_b) == ((), (), ())
    assert list(found.differences) == list(METRICS)
    for same in found.differences.values():
        assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)


def test_the_other_way_round_every_difference_turns_its_sign() -> None:
    a, b = records("rrwwxrrw"), records("rwrrrrxr")
    there, back = differences(a, b), differences(b, a)
    for name, found in there.items():
        assert found.value == pytest.approx(-back[name].value, nan_ok=True)
        assert found.p == pytest.approx(back[name].p, nan_ok=True)
    assert there["answer_accuracy"].value == pytest.approx(6 / 8 - 4 / 8)


def test_runs_that_share_no_question_are_refused() -> None:
    other = [make_record(question_id="p1")]
    with pytest.raises(LoadError, match=r"runs/a and runs/b share no question: compare runs of one set"):
        compare(make_run(records("r"), "a"), make_run(other, "b"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"question": "Who opened the mine?"}, id="question"),
        pytest.param({"answers": ("Ilse Brandt", "Brandt")}, id="answers"),
        pytest.param({"articles": ("mine", "zinc")}, id="articles"),
        pytest.param({"answerable": False}, id="answerable"),
        pytest.param({"grades": (2,)}, id="grades"),
    ],
)
def test_a_question_that_was_judged_by_other_gold_is_refused(change: dict[str, Any]) -> None:
    a = records("rr")
    with pytest.raises(LoadError, match=r"'q2' has another text or other gold answers.*run both on one set"):
        compare(make_run(a), make_run([a[0], replace(a[1], **change)]))


def test_other_tags_and_places_of_the_gold_are_no_other_gold() -> None:
    a = records("rr")
    moved = replace(a[1], tags=("new",), gold=replace(a[1].gold, chunks=("mine:10-50",)))
    assert compare(make_run(a), make_run([a[0], moved])).changed == ()


def test_json_has_null_for_nan() -> None:
    found = compare(make_run(records("rw")), make_run(records("rr")))
    plain = json.loads(json.dumps(to_dict(found), allow_nan=False))
    # Nothing is unanswerable.
    assert plain["differences"]["refusal_recall"]["a"] is None
    right = plain["differences"]["answer_accuracy"]
    assert (right["a"], right["b"], right["difference"], right["n"], right["p"]) == (0.5, 1.0, 0.5, 2, 1.0)
    assert plain["changed"] == [
        {"id": "q2", "question": "Who closed the mine?", "before": "not extracted", "after": "right"}
    ]


# -- gates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("hit@5:-0.01", (Gate("hit@5", -0.01),), id="one"),
        pytest.param("hit@5:-0.01,refusal_f1:-0.02", (Gate("hit@5", -0.01), Gate("refusal_f1", -0.02)), id="two"),
        pytest.param(" hit@5 : -0.01 , ece:+0.02", (Gate("hit@5", -0.01), Gate("ece", 0.02)), id="spaces and plus"),
        pytest.param("hit@5:0,aurc:0", (Gate("hit@5", 0.0), Gate("aurc", 0.0)), id="no loss at all"),
        pytest.param("total_p95:250", (Gate("total_p95", 250.0),), id="milliseconds"),
        pytest.param("article_ndcg@10:-1", (Gate("article_ndcg@10", -1.0),), id="article level"),
    ],
)
def test_gates_are_read(text: str, expected: tuple[Gate, ...]) -> None:
    assert parse_gates(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("hit@5", "'hit@5': expected METRIC:CHANGE, for example hit@5:-0.01", id="no change"),
        pytest.param("hit@5:little", "'hit@5:little': expected METRIC:CHANGE", id="no number"),
        pytest.param("hit@5=-0.01", "expected METRIC:CHANGE", id="another sign"),
        pytest.param("hit@5:-0.01,", "'': expected METRIC:CHANGE", id="a comma at the end"),
        pytest.param("hit@5:-0.01;map:-0.1", "expected METRIC:CHANGE", id="semicolon"),
        pytest.param("hit@5:nan", "expected METRIC:CHANGE", id="nan"),
        pytest.param("hit@5:-1%", "expected METRIC:CHANGE", id="per cent"),
        pytest.param(" ", "expected METRIC:CHANGE", id="blank"),
        pytest.param("hits@5:-0.01", "there is no metric 'hits@5'; did you mean hit@5", id="unknown metric"),
        pytest.param("Hit@5:-0.01", "there is no metric 'Hit@5'", id="another case"),
        pytest.param("hit@5:0.01", "higher is better for hit@5, .* is 0 or -0.01", id="a gain of what is good"),
        pytest.param("ece:-0.02", r"lower is better for ece, .* is 0 or \+0.02", id="a loss of what is bad"),
    ],
)
def test_gates_that_make_no_sense_are_errors(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=rf"^--gate.*{message}"):
        parse_gates(text)


def verdict(gate: str, a: Sequence[Record], b: Sequence[Record]) -> Verdict:
    """What one gate says; no other metric is compared."""
    (parsed,) = parse_gates(gate)
    first, second = tabulate(a)[parsed.metric], tabulate(b)[parsed.metric]
    found = difference(first, second, METRICS[parsed.metric].statistic, resamples(len(a)))
    (told,) = verdicts(Comparison({parsed.metric: found}, (), (), ()), [parsed])
    return told


@pytest.mark.parametrize(
    ("gate", "before", "after", "broken"),
    [
        pytest.param("answer_accuracy:-0.1", "r" * 20, "r" * 10 + "w" * 10, True, id="large and significant"),
        pytest.param("answer_accuracy:-0.6", "r" * 20, "r" * 10 + "w" * 10, False, id="significant, but allowed"),
        pytest.param("answer_accuracy:-0.01", "r" * 20, "r" * 17 + "www", False, id="large, but may be chance"),
        pytest.param("answer_accuracy:0", "r" * 20, "r" * 14 + "w" * 6, True, id="none allowed, six lost"),
        pytest.param("answer_accuracy:0", "r" * 20, "r" * 15 + "w" * 5, False, id="none allowed, five lost"),
        pytest.param("answer_accuracy:0", "r" * 10 + "w" * 10, "r" * 20, False, id="a gain"),
        pytest.param("answer_accuracy:0", "r" * 20, "r" * 20, False, id="the same"),
        # 80 and 70 of 100: 0.7 - 0.8 is a little less than -0.1 in floating point.
        pytest.param("answer_accuracy:-0.1", "r" * 80 + "w" * 20, "r" * 70 + "w" * 30, False, id="just as allowed"),
    ],
)
def test_a_gate_breaks_on_a_loss_that_is_larger_than_allowed_and_significant(
    gate: str, before: str, after: str, broken: bool
) -> None:
    assert verdict(gate, records(before), records(after)).broken is broken


def confident(outcomes: str, right: float, wrong: float) -> list[Record]:
    return [replace(record, confidence=right if record.has_answer else wrong) for record in records(outcomes)]


@pytest.mark.parametrize(
    ("gate", "broken"),
    [("ece:+0.02", True), ("ece:0.6", False), ("aurc:0", True), ("auroc_right:-0.02", True)],
)
def test_where_lower_is_better_a_rise_breaks_the_gate(gate: str, broken: bool) -> None:
    good, bad = confident("rw" * 20, 0.9, 0.1), confident("rw" * 20, 0.4, 0.6)
    assert verdict(gate, good, bad).broken is broken
    assert verdict(gate, bad, good).broken is False


def test_latency_can_be_gated() -> None:
    fast = records("r" * 30)
    slow = [replace(record, timings=replace(record.timings, total=50.0)) for record in fast]
    assert verdict("total_p95:+20", fast, slow).broken
    assert not verdict("total_p95:+60", fast, slow).broken
    assert not verdict("total_p95:0", slow, fast).broken


def test_ranking_can_be_gated() -> None:
    first = [
        replace(record, ranking=ranked(1), gold=replace(record.gold, chunks=("mine:1-2",)))
        for record in records("r" * 12)
    ]
    later = [
        replace(record, ranking=ranked(9), gold=replace(record.gold, chunks=("mine:9-10",)))
        for record in records("r" * 12)
    ]
    assert verdict("mrr@10:-0.05", first, later).broken
    assert verdict("hit@5:-0.05", first, later).broken
    assert not verdict("hit@10:0", first, later).broken


def test_a_metric_that_lost_its_value_breaks_its_gate() -> None:
    answered, refused = records("r" * 3), records("x" * 3)
    found = verdict("answer_precision:-0.5", answered, refused)
    assert found.broken and math.isnan(found.difference.b)
    for never in ("refusal_recall:0", "answer_precision:0"):
        with pytest.raises(LoadError, match="has no question that this figure could be about"):
            verdict(never, refused, refused)


def test_a_verdict_names_its_gate_and_difference() -> None:
    found = verdict("answer_accuracy:-0.1", records("r" * 20), records("r" * 10 + "w" * 10))
    assert found.gate == Gate("answer_accuracy", -0.1)
    assert isinstance(found.difference, Difference)
    assert (found.difference.a, found.difference.b) == (1.0, 0.5)
    assert found.difference.p == pytest.approx(2 / 2**10)
