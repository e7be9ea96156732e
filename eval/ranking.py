"""Ranking metrics at chunk and at article level, computed by ir_measures (TREC's trec_eval behind it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval.interval import Floats
from eval.records import Record, chunk_name

Level = Literal["chunk", "article"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A ranking metric; `notation` is how ir_measures writes it."""

    name: str
    label: str
    notation: str
    what: str


def _hit(k: int) -> Measure:
    return Measure(f"hit@{k}", f"hit@{k}", f"Success@{k}", f"Questions with something relevant among the first {k}.")


def _recall(k: int) -> Measure:
    return Measure(
        f"recall@{k}", f"recall@{k}", f"R@{k}", f"Mean share of all that is relevant that is among the first {k}."
    )


MEASURES = (
    *(_hit(k) for k in (1, 5, 10, 20, 50, 100)),
    *(_recall(k) for k in (1, 5, 10, 20, 50, 100)),
    Measure("mrr@10", "MRR@10", "RR@10", "Mean of 1/rank of the first that is relevant, 0 beyond 10 (Voorhees, 1999)."),
    Measure("ndcg@10", "nDCG@10", "nDCG@10", "Normalised discounted cumulative gain of the first 10 (Järvelin, 2002)."),
    Measure("map", "MAP", "AP", "Mean average precision over the first 100 chunks."),
)
"""Over answerable questions.  A chunk is relevant that is of a gold article and contains a gold answer; an article is
that is gold.  Its rank is that of its best chunk; gold articles that are not in the library count as missed."""


def ranking_rows(records: Sequence[Record], level: Level) -> dict[str, Floats]:
    """(records, 2) rows of each measure: its value and whether the record counts."""
    import ir_measures

    judged = [record.answerable and (level == "article" or not record.retrieval_only) for record in records]
    qrels, scored = [], []
    for query, record in enumerate(records):
        if judged[query]:
            relevant, ranked = _relevant(record, level), _ranked(record, level)
            # trec_eval, which is C, gets numbers: a name of a broken file may be no UTF-8.
            numbers = {name: str(number) for number, name in enumerate(dict.fromkeys([*relevant, *ranked]))}
            qrels += [ir_measures.Qrel(str(query), numbers[name], grade) for name, grade in relevant.items()]
            # Falling scores keep the order as it is: ties would be broken by name.
            scored += [ir_measures.ScoredDoc(str(query), numbers[name], -rank) for rank, name in enumerate(ranked)]
    measures = {ir_measures.parse_measure(measure.notation): measure.name for measure in MEASURES}
    rows = {measure.name: np.array([[0.0, float(counts)] for counts in judged]).reshape(-1, 2) for measure in MEASURES}
    for found in ir_measures.iter_calc(list(measures), qrels, scored) if qrels else ():
        rows[measures[found.measure]][int(found.query_id), 0] = found.value
    return rows


def _relevant(record: Record, level: Level) -> dict[str, int]:
    if level == "article":
        grades = record.grades or (1,) * len(record.articles)
        return dict(zip(record.articles, grades, strict=True))
    return dict.fromkeys(record.gold.chunks, 1)


def _ranked(record: Record, level: Level) -> list[str]:
    if level == "article":
        return list(dict.fromkeys(hit.article for hit in record.ranking))
    return [chunk_name(hit.article, hit.start, hit.end) for hit in record.ranking]
