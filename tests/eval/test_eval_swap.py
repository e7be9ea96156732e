"""The project's own set over the sample articles: what must never get worse."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from eval.dataset import load
from eval.metrics import answer_accuracy, hit_at, refusal_recall, right_article_rate, verbatim_rate
from eval.records import Record
from eval.run import run
from index.sync import sync

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    library = tmp_path_factory.mktemp("swap") / "library"
    sync([ROOT / "examples" / "articles"], library)
    with rag.open(library) as opened:
        return run(opened, load(ROOT / "eval" / "sets" / "swap.jsonl"))


def test_the_set_is_as_large_as_it_should_be(records: tuple[Record, ...]) -> None:
    assert len(records) >= 80
    assert sum(not record.answerable for record in records) >= 20


def test_every_quote_is_verbatim(records: tuple[Record, ...]) -> None:
    assert verbatim_rate()(records) == 1.0


def test_figures_do_not_fall(records: tuple[Record, ...]) -> None:
    """Floors a little under the figures of docs/benchmarks.md, so that a real loss is seen."""
    assert hit_at(5)(records) >= 0.93
    assert right_article_rate()(records) >= 0.92
    assert answer_accuracy()(records) >= 0.42
    assert refusal_recall()(records) >= 0.85
