"""Fixtures of the judge's tests: runs are kept in a folder of the test, records of every outcome."""

from __future__ import annotations

from pathlib import Path

import pytest
from eval_fakes import FakeLibrary, miners
from judged import Command, without_models
from report_fakes import make_record

from eval.records import Gold, Hit, Quote, Record
from rag.cli import main
from rag.types import Timings


@pytest.fixture(autouse=True)
def runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs go that name no folder; never among the user's own."""
    monkeypatch.setenv("ARTICLE_RAG_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def answerer() -> FakeLibrary:
    return miners()


@pytest.fixture
def rag(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs the command where no library needs a model."""
    without_models(monkeypatch)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return call


def ranking(rank: int | None, gold: str = "mine") -> tuple[Hit, ...]:
    """A hundred chunks, each of an article of its own, the relevant one at `rank`."""
    return tuple(
        Hit(gold, 0, 40, 1 / at, True) if at == rank else Hit(f"other{at}", 0, 40, 1 / at, False)
        for at in range(1, 101)
    )


def quote(text: str, *, gold: bool = False, right: bool = False, verbatim: bool = True) -> Quote:
    return Quote("mine" if gold else "bread", "A title", 0, len(text), text, gold, right, verbatim)


@pytest.fixture
def mixed_records() -> list[Record]:
    """Four answerable questions, a to d, and two unanswerable ones, with these outcomes:

    a right (rank 1); b wrong (4); c refused, the right quote withheld (12); d refused, no hit, but another chunk of
    the gold article at rank 2; e refused; f answered.
    """
    nothing = {"answerable": False, "answers": (), "articles": (), "gold": Gold((), False, ()), "read": ()}
    elsewhere = Hit("mine", 50, 90, 0.5, False)
    right = quote("Ilse Brandt.", gold=True, right=True)
    beside = (quote("Mayor Brandt resigned.", gold=True), quote("Bread prices rose."))
    half = (quote("Bread prices rose."), quote("Rye is dear.", verbatim=False))
    refused = {"answered": False, "reason": "nothing fits"}
    return [
        make_record(question_id="a", tags=("who",), confidence=0.9, quotes=(right,), ranking=ranking(1)),
        make_record(question_id="b", tags=("who",), confidence=0.8, quotes=beside, ranking=ranking(4)),
        make_record(question_id="c", confidence=0.3, quotes=(right,), ranking=ranking(12), read=(), **refused),
        make_record(
            question_id="d", confidence=0.1, quotes=(), read=(), timings=Timings(total=110.0),
            ranking=(ranking(None)[0], elsewhere, *ranking(None)[2:]), **refused,
        ),
        make_record(question_id="e", confidence=0.3, quotes=half[:1], ranking=ranking(None), **nothing, **refused),
        make_record(question_id="f", tags=("trap",), confidence=0.7, quotes=half, ranking=ranking(None), **nothing),
    ]  # fmt: skip
