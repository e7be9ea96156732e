"""The project's own set over the sample articles, with the real encoder: what must never get worse."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from eval.cause import Cause, cause
from eval.dataset import load_set
from eval.metrics import Summary, summarise
from eval.records import Record
from eval.run import ask
from index.sync import sync

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    library = tmp_path_factory.mktemp("swap") / "library"
    sync([ROOT / "examples" / "articles"], library)
    questions = load_set(ROOT / "eval" / "sets" / "swap.jsonl").questions
    with rag.open(library) as opened:
        return tuple(ask(opened, question, opened.settings) for question in questions)


@pytest.fixture(scope="module")
def summary(records: tuple[Record, ...]) -> Summary:
    return summarise(records)


def test_the_set_is_as_large_as_it_should_be(summary: Summary) -> None:
    assert summary.questions >= 80
    assert summary.questions - summary.answerable >= 20


def test_every_quote_is_verbatim(summary: Summary) -> None:
    assert summary.figures["verbatim"].value == 1.0


def test_every_answer_stands_in_a_chunk_of_an_indexed_article(records: tuple[Record, ...]) -> None:
    assert all(record.gold.chunks for record in records if record.answerable)
    assert not {Cause.NOT_INDEXED, Cause.NO_CHUNK} & {cause(record) for record in records}


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("hit@5", 0.93),
        ("hit@20", 0.99),
        ("right_article", 0.75),
        ("answer_accuracy", 0.52),
        ("first_quote", 0.5),
        ("refusal_recall", 0.7),
        ("auroc", 0.84),
    ],
)
def test_figures_do_not_fall(summary: Summary, name: str, least: float) -> None:
    """Floors a little under the figures of docs/benchmarks.md, so that a real loss is seen."""
    assert summary.figures[name].value >= least
