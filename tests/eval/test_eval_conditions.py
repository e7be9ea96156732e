"""Under which conditions a run was made, what two runs differ in, and in which folder a run is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eval_fakes import QUESTIONS, FakeLibrary, made_by_0_2, store_run
from report_fakes import make_record, make_run

from eval import folder
from eval.conditions import describe, parse_conditions, revision, to_json
from eval.dataset import QuestionSet
from eval.folder import run_folder
from eval.run import Run, read_conditions
from rag.types import Settings

CONDITIONS = replace(make_run([]).conditions, questions=3)


def test_conditions_read_back_and_tell_what_differs() -> None:
    assert parse_conditions(json.dumps(to_json(CONDITIONS))) == CONDITIONS
    other = replace(
        CONDITIONS, generation=4, set_sha256="cd" * 32, started="2025-01-01", library="moved",
        settings=replace(CONDITIONS.settings, rrf_k=10_000), machine=replace(CONDITIONS.machine, cpus=64),
    )  # fmt: skip
    assert CONDITIONS.differences(CONDITIONS) == []
    assert CONDITIONS.differences(other) == [
        "set sha256 abababababab…, now cdcdcdcdcdcd…",
        "generation 3, now 4",
        f"rrf_k {CONDITIONS.settings.rrf_k}, now 10000",
    ]


def test_conditions_describe_set_library_settings_and_machine(tmp_path: Path) -> None:
    question_set = QuestionSet(tmp_path / "news.jsonl", "news", "questions", "ab" * 32, QUESTIONS, None)
    found = describe(question_set, 3, FakeLibrary.info, Settings(rrf_k=60), index_chunks_per_second=12.5)
    assert (found.set_name, found.set_sha256, found.questions) == ("news", "ab" * 32, 3)
    assert (found.library, found.library_id, found.generation) == (str(Path("fake.rag").resolve()), "f00d", 3)
    assert (found.encoder, found.encoder_fingerprint) == ("fake-encoder", "fingerprint")
    assert (found.settings.rrf_k, found.index_chunks_per_second) == (60, 12.5)
    assert found.machine.cpus >= 1 and found.machine.memory_gb > 0 and found.machine.python.startswith("3.")
    assert found.started.endswith("+00:00")


@pytest.mark.parametrize("dated", [True, False])
def test_conditions_tell_whether_questions_were_asked_as_of_their_day(tmp_path: Path, dated: bool) -> None:
    question_set = QuestionSet(tmp_path / "news.jsonl", "news", "questions", "ab" * 32, QUESTIONS, None)
    found = describe(question_set, 3, FakeLibrary.info, Settings(), dated=dated)
    assert (found.dated, to_json(found)["dated"]) == (dated, dated)
    assert parse_conditions(json.dumps(to_json(found))) == found
    assert found.differences(replace(found, dated=not dated)) == [f"dated {dated}, now {not dated}"]


def test_questions_are_asked_as_of_their_day_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    question_set = QuestionSet(tmp_path / "news.jsonl", "news", "questions", "ab" * 32, QUESTIONS, None)
    assert describe(question_set, 3, FakeLibrary.info, Settings()).dated


def test_settings_of_reading_and_dates_read_back_and_differ() -> None:
    settings = Settings(read=12, rerank=False, recency=0.5)
    changed = replace(CONDITIONS, settings=replace(settings, min_confidence=CONDITIONS.settings.min_confidence))
    assert parse_conditions(json.dumps(to_json(changed))) == changed
    assert CONDITIONS.differences(changed) == ["read 30, now 12", "rerank True, now False", "recency 1.0, now 0.5"]


def test_conditions_of_a_run_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    """It asked as of today, and had neither settings of reading nor of dates."""
    run = store_run(tmp_path / "old", [make_record()], dated=True)
    found = read_conditions(made_by_0_2(run.folder))
    assert not found.dated
    assert found == replace(run.conditions, dated=False, reader="extractive-1", version="0.2.0")
    assert found.differences(run.conditions) == [
        "reader extractive-1, now extractive", "dated False, now True", "version 0.2.0, now 0.1.0"
    ]  # fmt: skip


def test_a_folder_outside_a_checkout_has_no_revision(tmp_path: Path) -> None:
    assert revision(tmp_path) is None


# -- where runs are kept --------------------------------------------------------------------------------------------


def test_runs_are_kept_where_the_environment_says(runs_folder: Path) -> None:
    assert folder.runs_folder() == runs_folder


def test_a_run_is_named_after_its_set_and_its_start(tmp_path: Path) -> None:
    assert run_folder(CONDITIONS, tmp_path) == tmp_path / "news-sample-20240901-120000"
    (tmp_path / "news-sample-20240901-120000").mkdir()
    assert run_folder(CONDITIONS, tmp_path) == tmp_path / "news-sample-20240901-120000-2"


def test_the_newest_interrupted_run_under_the_same_conditions_goes_on(tmp_path: Path) -> None:
    stored: list[Run] = [
        store_run(tmp_path / "news-sample-20240801-000000", [make_record()], questions=3),
        store_run(tmp_path / "news-sample-20240802-000000", [make_record()], questions=3),
        store_run(tmp_path / "news-sample-20240803-000000", [make_record()] * 3, questions=3),
        store_run(tmp_path / "news-sample-20240804-000000", [make_record()], questions=3, generation=9),
        store_run(tmp_path / "other-20240805-000000", [make_record()], questions=3),
    ]
    (tmp_path / "news-sample-notes").mkdir()
    assert run_folder(CONDITIONS, tmp_path) == stored[1].folder
