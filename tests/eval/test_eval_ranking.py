"""Ranking metrics of single questions, computed by hand, at chunk and at article level."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Any

import numpy as np
import pytest
from eval_fakes import hits
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fakes import make_record

from eval.ranking import MEASURES, Level, ranking_rows
from eval.records import Gold, Hit, Record, chunk_name

KS = (1, 5, 10, 20, 50, 100)


def chunky(relevant: Sequence[int], *, depth: int = 100, missed: int = 0) -> Record:
    """A question with relevant chunks at these ranks, and some more that are in no ranking."""
    ranking = tuple(Hit("mine", rank, rank + 5, 1.0, rank in relevant) for rank in range(1, depth + 1))
    gold = [chunk_name("mine", rank, rank + 5) for rank in relevant]
    more = [chunk_name("mine", 1000 + number, 2000) for number in range(missed)]
    return make_record(ranking=ranking, gold=Gold(("mine",), True, (*gold, *more)))


def values(record: Record, level: Level = "chunk") -> dict[str, float]:
    rows = ranking_rows([record], level)
    assert all(found.shape == (1, 2) and found[0, 1] == 1 for found in rows.values())
    return {name: float(found[0, 0]) for name, found in rows.items()}


def test_one_relevant_chunk() -> None:
    found = values(chunky([4]))
    assert [found[f"hit@{k}"] for k in KS] == [0, 1, 1, 1, 1, 1]
    assert [found[f"recall@{k}"] for k in KS] == [0, 1, 1, 1, 1, 1]
    assert found["mrr@10"] == pytest.approx(1 / 4)
    assert found["map"] == pytest.approx(1 / 4)
    assert found["ndcg@10"] == pytest.approx(1 / log2(5))


def test_several_relevant_chunks_of_which_one_is_not_found() -> None:
    found = values(chunky([2, 5, 60], missed=1))
    assert [found[f"hit@{k}"] for k in KS] == [0, 1, 1, 1, 1, 1]
    assert [found[f"recall@{k}"] for k in KS] == [0, 2 / 4, 2 / 4, 2 / 4, 2 / 4, 3 / 4]
    assert found["mrr@10"] == pytest.approx(1 / 2)
    assert found["map"] == pytest.approx((1 / 2 + 2 / 5 + 3 / 60) / 4)
    ideal = 1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5)
    assert found["ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(6)) / ideal)


def test_nothing_relevant_in_the_first_ten() -> None:
    found = values(chunky([11]))
    assert (found["mrr@10"], found["ndcg@10"], found["hit@10"]) == (0, 0, 0)
    assert (found["hit@20"], found["map"]) == (1, pytest.approx(1 / 11))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(chunky([], missed=1), id="relevant but not ranked"),
        pytest.param(chunky([]), id="nothing relevant in the library"),
        pytest.param(chunky([], depth=0, missed=2), id="nothing ranked"),
    ],
)
def test_misses_count_as_zero(record: Record) -> None:
    assert set(values(record).values()) == {0.0}


def test_chunks_of_equal_scores_keep_their_order() -> None:
    names = [f"{letter}" for letter in "zyxwvutsrq"]
    ranking = tuple(Hit(name, 0, 5, 0.5, name == "x") for name in names)
    found = values(make_record(ranking=ranking, gold=Gold(("x",), True, ("x:0-5",))))
    assert found["mrr@10"] == pytest.approx(1 / 3)


def articles(ranked: Sequence[str], gold: Sequence[str], grades: tuple[int, ...] = (), **changes: Any) -> Record:
    record = {"ranking": hits(*ranked), "articles": tuple(gold), "grades": grades, "gold": Gold((), False, ())}
    return make_record(**record | changes)


def test_an_article_is_ranked_once_where_its_best_chunk_is() -> None:
    found = values(articles(["a", "a", "b", "a", "b", "gold", "gold"], ["gold"]), "article")
    assert found["mrr@10"] == pytest.approx(1 / 3)
    assert (found["hit@1"], found["hit@5"]) == (0, 1)
    assert found["map"] == pytest.approx(1 / 3)


def test_a_gold_article_that_is_not_there_is_missed() -> None:
    found = values(articles(["a", "gold"], ["gold", "absent"]), "article")
    assert (found["hit@5"], found["recall@5"], found["recall@100"]) == (1, 1 / 2, 1 / 2)
    assert found["map"] == pytest.approx((1 / 2) / 2)
    assert found["ndcg@10"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))


def test_grades_weigh_in_ndcg_and_zero_is_not_relevant() -> None:
    found = values(articles(["none", "one", "three"], ["three", "one", "none"], (3, 1, 0)), "article")
    assert found["ndcg@10"] == pytest.approx((1 / log2(3) + 3 / log2(4)) / (3 + 1 / log2(3)))
    assert found["mrr@10"] == pytest.approx(1 / 2)
    assert found["recall@100"] == 1
    assert found["map"] == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_a_gold_article_that_is_named_twice_is_one() -> None:
    assert values(articles(["gold", "a"], ["gold", "gold"]), "article")["recall@1"] == 1


def test_names_with_spaces_and_signs_stay_apart() -> None:
    found = values(articles(["a b", "a", "b\tc", "é"], ["b\tc"]), "article")
    assert found["mrr@10"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("change", "chunk", "article"),
    [
        pytest.param({}, 1, 1, id="answerable"),
        pytest.param({"answers": ()}, 0, 1, id="retrieval only"),
        pytest.param({"answerable": False, "answers": (), "articles": ()}, 0, 0, id="unanswerable"),
    ],
)
def test_which_questions_count(change: dict[str, Any], chunk: int, article: int) -> None:
    record = make_record(**change)
    for level, counts in (("chunk", chunk), ("article", article)):
        rows = ranking_rows([record, chunky([1])], "chunk" if level == "chunk" else "article")
        assert {(int(found[0, 1]), int(found[1, 1])) for found in rows.values()} == {(counts, 1)}
        assert counts or {float(found[0, 0]) for found in rows.values()} == {0.0}


@pytest.mark.parametrize("level", ["chunk", "article"])
def test_no_records_make_no_rows(level: Level) -> None:
    assert {found.shape for found in ranking_rows([], level).values()} == {(0, 2)}


def test_many_questions_keep_their_rows_apart() -> None:
    ranks = [3, 1, 12, 2, 1, 4, 8, 100, 2, 1, 7, 10]
    found = ranking_rows([chunky([rank]) for rank in ranks], "chunk")["mrr@10"][:, 0]
    assert found == pytest.approx([1 / rank if rank <= 10 else 0 for rank in ranks])


relevant = st.sets(st.integers(1, 100), max_size=8)


@given(st.lists(relevant, min_size=1, max_size=4), st.integers(0, 2))
@settings(max_examples=50, deadline=None)
def test_hits_and_recall_grow_with_k_and_all_lie_between_zero_and_one(found: list[set[int]], missed: int) -> None:
    rows = ranking_rows([chunky(sorted(ranks), missed=missed) for ranks in found], "chunk")
    assert set(rows) == {measure.name for measure in MEASURES}
    for kind in ("hit", "recall"):
        grown = np.stack([rows[f"{kind}@{k}"][:, 0] for k in KS])
        assert (np.diff(grown, axis=0) >= 0).all()
    assert all(0 <= value <= 1 + 1e-9 for name in rows for value in rows[name][:, 0])
    assert (rows["hit@1"][:, 0] <= rows["mrr@10"][:, 0]).all()
    assert (rows["mrr@10"][:, 0] <= rows["hit@10"][:, 0]).all()
    assert (rows["recall@10"][:, 0] <= rows["hit@10"][:, 0]).all()
