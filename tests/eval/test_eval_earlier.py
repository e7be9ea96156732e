"""Runs that article-rag 0.2 made, whose reader was another: still read, scored and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eval_fakes import QUESTIONS, SIGNALS_OF_0_2, made_by_0_2, miners, store_run
from judged import Command, strict
from report_fakes import make_record, make_run, seeded_records

from eval.compare import compare
from eval.run import conduct, read_run, rescore
from rag.errors import Interrupted, StorageError
from rag.types import Settings

CONDITIONS = replace(make_run([]).conditions, questions=3, settings=Settings())


def test_the_fake_lacks_what_0_2_did_not_know(tmp_path: Path) -> None:
    old = made_by_0_2(store_run(tmp_path / "old", [make_record(short="Ilse Brandt")]).folder)
    plain = json.loads((old / "conditions.json").read_bytes())
    assert "dated" not in plain and len(plain["settings"]) == 7
    (row,) = map(json.loads, (old / "records.jsonl").read_bytes().splitlines())
    assert "short" not in row and row["evidence"] == SIGNALS_OF_0_2


def test_it_is_read_scored_and_compared(tmp_path: Path) -> None:
    new = conduct(miners(), QUESTIONS, tmp_path / "new", CONDITIONS)
    old = made_by_0_2(conduct(miners(), QUESTIONS, tmp_path / "old", CONDITIONS).folder)
    run, summary = rescore(old)
    assert run.complete and not run.conditions.dated
    assert [record.short for record in run.records] == ["", "", ""]
    assert [record.quotes for record in run.records] == [record.quotes for record in new.records]
    assert json.loads((old / "summary.json").read_bytes()) == summary.to_dict()
    found = compare(run, new)
    assert found.changed == ()
    # "Mayor Ilse Brandt closed mine" shares two of five words with the gold string, which the short answer is.
    assert summary.figures["exact_match"].value == pytest.approx(1 / 3)
    assert found.differences["exact_match"].value == pytest.approx(1 / 3)
    assert summary.figures["token_f1"].value == pytest.approx((2 * 2 / (5 + 2) + 0 + 1) / 3)
    assert found.differences["token_f1"].value == pytest.approx((1 - 4 / 7) / 3)
    assert [found.differences[name].value for name in ("short_right", "first_quote", "answer_accuracy")] == [0, 0, 0]


def test_one_that_was_interrupted_does_not_go_on(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        conduct(miners(stop_at=3), QUESTIONS, tmp_path / "run", CONDITIONS)
    old, library = made_by_0_2(tmp_path / "run"), miners()
    before = (old / "records.jsonl").read_bytes()
    message = r"other conditions \(reader extractive-1, now extractive; version 0.2.0, now 0.1.0\): choose another"
    with pytest.raises(StorageError, match=message):
        conduct(library, QUESTIONS, old, CONDITIONS)
    assert (library.asked, (old / "records.jsonl").read_bytes()) == ([], before)


def test_the_command_shows_compares_and_reports_it(rag: Command, tmp_path: Path) -> None:
    records = seeded_records(12)
    new = store_run(tmp_path / "new", records)
    old = made_by_0_2(store_run(tmp_path / "old", records).folder)
    code, out, err = rag("eval", "show", old, "--json")
    assert (code, err) == (0, "")
    plain = strict(out)
    assert plain["conditions"]["dated"] is False
    assert plain["summary"]["figures"]["answer_accuracy"] == new.summary.figures["answer_accuracy"].to_dict()
    code, out, err = rag("eval", "compare", old, new.folder, "--json")
    assert (code, err, strict(out)["changed"]) == (0, "", [])
    assert rag("eval", "report", old, new.folder, "--out", tmp_path / "report.html")[0] == 0
    assert "extractive-1" in (tmp_path / "report.html").read_text("utf-8")
    assert read_run(old).records == tuple(
        replace(record, short="", evidence=read_run(old).records[0].evidence) for record in records
    )
