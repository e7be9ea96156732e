"""Runs, comparisons and calibrations on a terminal of 60 columns: nothing cut off, nothing taken for markup."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from report_fakes import make_record, make_run
from rich.console import Console

from eval.calibrate import Fit, Trade
from eval.compare import compare, parse_gates, verdicts
from eval.interval import Estimate
from eval.metrics import summarise
from eval.records import Record
from eval.show import SHOWN, show, show_comparison, show_fit, show_verdicts
from rag.calibration import SIGNALS, Calibration

QUESTION = "Which [bold]minister[/bold] said that " + "the talks would go on " * 5


class Terminal:
    """A console, and what was printed on it."""

    def __init__(self, width: int = 60) -> None:
        self._stream = io.StringIO()
        self.console = Console(file=self._stream, width=width, highlight=False)

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()

    @property
    def words(self) -> str:
        return " ".join(self._stream.getvalue().split())

    def fits(self) -> bool:
        return max(map(len, self.lines)) <= 60 and "…" not in self.words.replace(" … ", " ")


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_a_run_fits_sixty_columns(terminal: Terminal, mixed_records: list[Record]) -> None:
    records = [replace(record, question=QUESTION) for record in mixed_records]
    show(terminal.console, summarise(records), records)
    shown = terminal.words
    assert terminal.fits()
    assert "6 questions, 4 answerable, 3 refused" in shown
    assert "hit@20 0.750" in shown and "article hit@5 0.750" in shown
    # Of those that are defined: nothing unanswerable is asked about by "who", nothing answerable by "trap".
    assert "who 2 1.000 0.500 –" in shown
    assert "trap 1 – – 0.000" in shown
    assert "total 10.0 85.0 105.0" in shown
    assert " fuse " not in shown
    assert "[bold]minister[/bold]" in shown
    for kind in ("not extracted", "not retrieved", "wrongly refused", "wrongly answered"):
        assert shown.count(kind) == 2


def test_figures_of_nothing_are_left_out(terminal: Terminal) -> None:
    records = [make_record(tags=("[who]",))]
    show(terminal.console, summarise(records), records)
    assert "Nothing went wrong." in terminal.words
    assert "refusal recall" not in terminal.words and "nan" not in terminal.words
    assert "By tag" in terminal.words and "[who] 1" in terminal.words


def test_without_tags_there_is_no_table_of_tags(terminal: Terminal) -> None:
    records = [make_record()]
    show(terminal.console, summarise(records), records)
    assert "By tag" not in terminal.words


def test_only_so_many_failures_are_listed(terminal: Terminal, mixed_records: list[Record]) -> None:
    records = [replace(mixed_records[1], question_id=str(number)) for number in range(SHOWN + 3)]
    show(terminal.console, summarise(records), records)
    assert f"not extracted {SHOWN + 3}" in terminal.words
    assert "and 3 more: rag eval report RUN shows them all" in terminal.words


def test_a_run_of_nothing_can_be_shown(terminal: Terminal) -> None:
    show(terminal.console, summarise([]), [])
    assert "0 questions, 0 answerable, 0 refused" in terminal.words


def records(count: int, *, right: bool, question: str = QUESTION) -> list[Record]:
    return [make_record(question_id=str(n), question=question, answered=right) for n in range(count)]


def test_a_comparison_fits_and_names_what_changed(terminal: Terminal) -> None:
    before = make_run([*records(8, right=True), make_record(question_id="[gone]")])
    found = compare(before, make_run(records(8, right=False)))
    show_comparison(terminal.console, found)
    shown = terminal.words
    assert terminal.fits()
    assert "Went right before, wrong now: 8" in shown
    assert "Went wrong before, right now" not in shown and "Fails of something else" not in shown
    assert "[bold]minister[/bold]" in shown
    assert "Only in the first run, and not compared: 1 questions ([gone] for one)" in shown
    assert "Median latency 10 ms, then 10 ms (one machine only)" in shown
    assert "nan" not in shown


def test_only_so_many_changes_are_listed(terminal: Terminal) -> None:
    found = compare(make_run(records(SHOWN + 5, right=False)), make_run(records(SHOWN + 5, right=True)))
    show_comparison(terminal.console, found)
    assert f"Went wrong before, right now: {SHOWN + 5}" in terminal.words
    assert "and 5 more: rag eval report A B shows them all" in terminal.words


def test_verdicts_say_what_was_found(terminal: Terminal) -> None:
    found = compare(make_run(records(8, right=True)), make_run(records(8, right=False)))
    show_verdicts(terminal.console, verdicts(found, parse_gates("answer_accuracy:-0.01,hit@5:0,answer_precision:-1")))
    shown = terminal.words
    assert "gate answer_accuracy -0.01: BROKEN 1.000 → 0.000 (-1.000, p 0.008)" in shown
    assert "gate hit@5 +0: holds 1.000 → 1.000" in shown
    assert "gate answer_precision -1: BROKEN 1.000 → –" in shown
    assert shown.endswith("A gate breaks on a loss larger than allowed and significant (p < 0.05, interval without 0).")


def test_without_gates_nothing_is_said(terminal: Terminal) -> None:
    show_verdicts(terminal.console, ())
    assert terminal.words == ""


@pytest.mark.parametrize("width", [60, 80])
def test_a_calibration_fits_a_terminal(width: int) -> None:
    terminal = Terminal(width)
    made = Calibration((0.0,) * len(SIGNALS), 0.0, "e", "r", "my-set", 120, "0.1.0")
    figure, nothing = Estimate(0.75, 0.65, 0.85, 120), Estimate(float("nan"), float("nan"), float("nan"), 0)
    trades = (Trade(0.5, 0.8, figure, figure, figure), Trade(0.9, 0.0, nothing, figure, figure))
    show_fit(terminal.console, Fit(made, {"ece": figure}, {"ece": replace(figure, value=0.05)}, trades, ()))
    shown = terminal.words
    assert "Calibrated on 120 questions of my-set, cross-validated" in shown
    assert "0.750 (0.650–0.850) 0.050 (0.650–0.850)" in shown
    # What each row is of comes first, and no number is cut off.
    assert "0.50 0.800 0.750" in shown
    assert "0.90 0.000 – 0.750" in shown
    assert "…" not in shown
