"""Runs and their folders: kept as they go, resumed, refused, scored again."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from eval_fakes import CLOSED, FLOOD, MINERS, QUESTIONS, FakeLibrary, miners, store_run
from report_fakes import make_record, make_run

from eval.conditions import Conditions
from eval.metrics import summarise
from eval.records import Record
from eval.run import ask, conduct, missing, read_run, rescore
from rag.disk import writer_lock
from rag.errors import Interrupted, LibraryLocked, LoadError, QuestionError, StorageError
from rag.types import Settings

CONDITIONS = replace(make_run([]).conditions, questions=3, settings=Settings())
FILES = ["conditions.json", "records.jsonl", "summary.json"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ids(records: tuple[Record, ...]) -> list[str]:
    return [record.question_id for record in records]


# -- asking ---------------------------------------------------------------------------------------------------------


def test_a_run_keeps_the_order_warms_up_and_tells_its_progress(answerer: FakeLibrary, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run = conduct(
        answerer, QUESTIONS, tmp_path / "run", CONDITIONS, on_progress=lambda done, total: seen.append((done, total))
    )
    assert ids(run.records) == ["q1", "q2", "q3"]
    assert [record.right for record in run.records] == [True, False, False]
    assert answerer.asked[1:] == [question.question for question in QUESTIONS]
    assert len(answerer.asked) == 4
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert (run.name, run.complete) == ("run", True)


def test_a_question_that_cannot_be_asked_counts_as_refused(tmp_path: Path) -> None:
    class Strict(FakeLibrary):
        def examine(self, question: str, **options: Any) -> Any:
            if question == FLOOD.question:
                raise QuestionError("holds only common words")
            return super().examine(question, **options)

    run = conduct(Strict({"mine": MINERS}, {}), QUESTIONS, tmp_path / "run", CONDITIONS)
    assert run.complete
    (record,) = (record for record in run.records if record.question == FLOOD.question)
    assert (record.answered, record.confidence, record.ranking) == (False, 0.0, ())
    assert (record.reason, record.short, record.prediction) == ("holds only common words", "", "")
    assert read_run(tmp_path / "run") == run


def test_two_processes_do_not_share_a_run(answerer: FakeLibrary, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with writer_lock(tmp_path / "run" / "lock"), pytest.raises(LibraryLocked):
        conduct(answerer, QUESTIONS, tmp_path / "run", CONDITIONS)
    assert conduct(answerer, QUESTIONS, tmp_path / "run", CONDITIONS).complete


def test_questions_are_asked_with_the_settings_of_the_run(answerer: FakeLibrary, tmp_path: Path) -> None:
    given: list[Settings] = []

    class Listening(FakeLibrary):
        def examine(self, question: str, **options: Any) -> Any:
            given.append(options["settings"])
            assert options["k"] == 100
            return super().examine(question, **options)

    chosen = Settings(rrf_k=60, min_confidence=0.9)
    conduct(Listening(answerer.texts, {}), QUESTIONS, tmp_path / "run", replace(CONDITIONS, settings=chosen))
    assert given == [chosen] * 4


def test_a_run_of_nothing_asks_nothing_and_is_complete(answerer: FakeLibrary, tmp_path: Path) -> None:
    run = conduct(answerer, (), tmp_path / "run", replace(CONDITIONS, questions=0))
    assert (run.complete, run.records, answerer.asked) == (True, (), [])
    assert names(tmp_path / "run") == FILES


def test_missing_names_gold_articles_that_are_not_there(answerer: FakeLibrary) -> None:
    extra = replace(CLOSED, id="q4", articles=("mine", "zinc", "coal"))
    unanswerable = replace(QUESTIONS[2], articles=("tin",))
    assert missing(answerer, (*QUESTIONS, extra, extra, unanswerable)) == ("coal", "zinc")


# -- the folder -----------------------------------------------------------------------------------------------------


def test_a_folder_can_be_read_with_nothing_but_json(answerer: FakeLibrary, tmp_path: Path) -> None:
    out = tmp_path / "runs" / "first"
    run = conduct(answerer, QUESTIONS, out, CONDITIONS)
    assert names(out) == FILES
    assert names(out.parent) == ["first"]
    conditions = json.loads((out / "conditions.json").read_bytes())
    assert (conditions["set_name"], conditions["questions"]) == ("news-sample", 3)
    assert conditions["settings"] == asdict(Settings())
    assert conditions["machine"]["cpus"] == 2
    rows = [json.loads(line) for line in (out / "records.jsonl").read_bytes().splitlines()]
    assert [row["question_id"] for row in rows] == ["q1", "q2", "q3"]
    assert json.loads((out / "summary.json").read_bytes()) == summarise(run.records).to_dict()


def test_a_run_reads_back(answerer: FakeLibrary, tmp_path: Path) -> None:
    run = conduct(answerer, QUESTIONS, tmp_path / "run", CONDITIONS)
    assert read_run(tmp_path / "run") == run


# -- interrupted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop_at", [1, 2, 3], ids="question {}".format)
def test_an_interrupted_run_goes_on_with_the_rest_and_ends_the_same(tmp_path: Path, stop_at: int) -> None:
    whole = conduct(miners(), QUESTIONS, tmp_path / "whole", CONDITIONS)
    out = tmp_path / "run"
    with pytest.raises(
        Interrupted, match=rf"Stopped after {stop_at - 1} of 3 questions, kept in {out}; run the same command to go on"
    ):
        conduct(miners(stop_at=stop_at), QUESTIONS, out, CONDITIONS)
    kept = read_run(out)
    assert ids(kept.records) == ["q1", "q2", "q3"][: stop_at - 1]
    assert not kept.complete
    assert names(out) == FILES[:2]
    again = miners()
    run = conduct(again, QUESTIONS, out, replace(CONDITIONS, started="later"))
    assert again.asked[1:] == [question.question for question in QUESTIONS[stop_at - 1 :]]
    assert run.records == whole.records
    for name in FILES:
        ours, theirs = (out / name).read_text("utf-8"), (tmp_path / "whole" / name).read_text("utf-8")
        assert ours == theirs
    assert names(out) == FILES


def test_an_interrupt_before_the_first_question_is_one_too(tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="Stopped after 0 of 3 questions"):
        conduct(miners(stop_at=0), QUESTIONS, tmp_path / "run", CONDITIONS)


def test_half_a_last_line_is_asked_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    whole = conduct(miners(), QUESTIONS, out, CONDITIONS)
    (out / "summary.json").unlink()
    raw = (out / "records.jsonl").read_bytes()
    (out / "records.jsonl").write_bytes(raw[: raw.rindex(b"\n", 0, -1) + 200])
    assert ids(read_run(out).records) == ["q1", "q2"]
    library = miners()
    run = conduct(library, QUESTIONS, out, CONDITIONS)
    assert library.asked[1:] == [QUESTIONS[2].question]
    assert (run.records, (out / "records.jsonl").read_bytes()) == (whole.records, raw)


def test_an_interrupt_after_the_last_question_leaves_only_the_summary_to_be_written(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    out, library = tmp_path / "run", miners()
    with pytest.raises(Interrupted, match=r"Stopped after 3 of 3 questions, kept in .*; run the same command"):
        conduct(library, QUESTIONS, out, CONDITIONS, on_progress=stop)
    assert names(out) == FILES[:2]
    asked = len(library.asked)
    run = conduct(library, QUESTIONS, out, CONDITIONS)
    assert (run.complete, len(library.asked), names(out)) == (True, asked, FILES)


def test_errors_of_the_library_end_the_run_and_what_was_asked_is_kept(tmp_path: Path) -> None:
    class Failing(FakeLibrary):
        def examine(self, question: str, **options: Any) -> Any:
            if question == QUESTIONS[1].question:
                raise StorageError("the disk is gone")
            return super().examine(question, **options)

    library = Failing(miners().texts, {})
    with pytest.raises(StorageError, match="the disk is gone"):
        conduct(library, QUESTIONS, tmp_path / "run", CONDITIONS)
    assert ids(read_run(tmp_path / "run").records) == ["q1"]


# -- refused --------------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(folder: Path, conditions: Conditions, match: str, error: type[Exception] = StorageError) -> None:
    """Nothing is asked, and nothing in the folder changes."""
    library, before = miners(), contents(folder)
    with pytest.raises(error, match=match):
        conduct(library, QUESTIONS, folder, conditions)
    assert library.asked == []
    assert contents(folder) == before


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A run that was interrupted at its third question."""
    with pytest.raises(Interrupted):
        conduct(miners(stop_at=3), QUESTIONS, tmp_path / "run", CONDITIONS)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"generation": 4}, "generation 3, now 4", id="library changed"),
        pytest.param({"library_id": "beef"}, "library id .*, now beef", id="another library"),
        pytest.param({"set_sha256": "00" * 32}, "set sha256", id="set changed"),
        pytest.param({"encoder_fingerprint": "other"}, "encoder fingerprint 53aa5117, now other", id="encoder"),
        pytest.param({"calibration": "own"}, "calibration shipped, now own", id="calibration"),
        pytest.param({"version": "0.2"}, "version 0.1.0, now 0.2", id="version"),
        pytest.param({"revision": None}, "revision abc1234, now None", id="revision"),
        pytest.param({"settings": Settings(rrf_k=7)}, "rrf_k .*, now 7", id="settings"),
        pytest.param({"settings": Settings(recency=0.0)}, "recency 1.0, now 0.0", id="settings of dates"),
        pytest.param({"dated": True}, "dated False, now True", id="days"),
        pytest.param({"reader": "article-rag-reader-1"}, "reader extractive, now article-rag-reader-1", id="reader"),
    ],
)
def test_a_run_under_other_conditions_is_refused(stopped: Path, change: dict[str, Any], told: str) -> None:
    refused(stopped, replace(CONDITIONS, **change), rf"other conditions \(.*{told}.*\): choose another folder")


def test_a_complete_run_is_refused(tmp_path: Path) -> None:
    conduct(miners(), QUESTIONS, tmp_path / "run", CONDITIONS)
    refused(tmp_path / "run", CONDITIONS, "holds a complete run: look at it with rag eval show or report, or choose")


def test_a_run_of_other_questions_under_the_same_conditions_is_refused(stopped: Path) -> None:
    lines = (stopped / "records.jsonl").read_text("utf-8").splitlines(keepends=True)
    (stopped / "records.jsonl").write_text("".join(reversed(lines)), "utf-8")
    refused(stopped, CONDITIONS, "holds other questions than this set begins with")


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("It was a dark and stormy night.")
    refused(tmp_path / "thesis", CONDITIONS, "is not empty and not a run: choose another folder")


def test_an_empty_folder_is_used(answerer: FakeLibrary, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert conduct(answerer, QUESTIONS, tmp_path / "run", CONDITIONS).complete


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", CONDITIONS, "is a file")
    refused(tmp_path / "file" / "run", CONDITIONS, "cannot be written")


def spoil(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    def changed(raw: bytes) -> bytes:
        plain = json.loads(raw)
        change(plain)
        return json.dumps(plain).encode()

    return changed


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        pytest.param(spoil("conditions.json", lambda raw: raw[:50]), "not what `rag eval` writes", id="half"),
        pytest.param(spoil("conditions.json", lambda _: b"[]"), "not what `rag eval` writes", id="a list"),
        pytest.param(spoil("conditions.json", lambda _: b"\xff"), "not what `rag eval` writes", id="not UTF-8"),
        pytest.param(
            spoil("conditions.json", edit(lambda plain: plain.pop("machine"))),
            "not what `rag eval` writes",
            id="machine",
        ),
        pytest.param(
            spoil("conditions.json", edit(lambda plain: plain["settings"].update(mood=1))), "writes", id="settings"
        ),
        pytest.param(lambda folder: (folder / "conditions.json").unlink(), "is not a run .*conditions.json", id="none"),
        pytest.param(
            lambda folder: (folder / "records.jsonl").unlink(), "is not a run .*records.jsonl", id="no records"
        ),
        pytest.param(
            spoil("records.jsonl", lambda raw: b"{}\n" + raw),
            "records.jsonl: found a line that is not a record",
            id="line",
        ),
        pytest.param(
            spoil("records.jsonl", lambda raw: raw.replace(b"mine", b"\xff")), None, id="bytes that are not UTF-8"
        ),
    ],
)
def test_what_is_no_run_is_said(stopped: Path, damage: Callable[[Path], object], match: str | None) -> None:
    damage(stopped)
    if match is None:
        # Damaged text is still a record.
        assert len(read_run(stopped).records) == 2
        return
    with pytest.raises(LoadError, match=match):
        read_run(stopped)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_a_storage_error(
    answerer: FakeLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageError, match=r"run cannot be written \(No space left on device\)"):
        conduct(answerer, QUESTIONS, tmp_path / "run", CONDITIONS)


def test_a_disk_that_fills_up_on_the_way_loses_nothing_that_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, library, real = tmp_path / "run", miners(), os.fsync

    def full(descriptor: int) -> None:
        if len(library.asked) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    with monkeypatch.context() as patch, pytest.raises(StorageError, match="No space left"):
        patch.setattr(os, "fsync", full)
        conduct(library, QUESTIONS, out, CONDITIONS)
    assert ids(read_run(out).records)[:2] == ["q1", "q2"]


# -- again ----------------------------------------------------------------------------------------------------------


def test_scoring_again_asks_nothing_and_mends_the_summary(tmp_path: Path) -> None:
    out = tmp_path / "run"
    asked = conduct(miners(), QUESTIONS, out, CONDITIONS)
    before = (out / "summary.json").read_bytes()
    (out / "summary.json").write_text("{}")
    run, summary = rescore(out)
    assert run == asked
    assert summary.to_dict() == summarise(asked.records).to_dict()
    assert (out / "summary.json").read_bytes() == before


def test_a_summary_that_is_right_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conduct(miners(), QUESTIONS, tmp_path / "run", CONDITIONS)

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", read_only)
    run, _ = rescore(tmp_path / "run")
    assert run.complete


def test_a_stored_run_of_records_is_a_run(tmp_path: Path) -> None:
    run = store_run(tmp_path / "made", [make_record(), make_record(question_id="p")])
    assert read_run(tmp_path / "made") == run
    assert asdict(run.conditions)["questions"] == 2


def test_asking_one_question_judges_it(answerer: FakeLibrary) -> None:
    record = ask(answerer, CLOSED, Settings(), dated=True)
    assert record.right and record.first_right
    assert (record.short, record.prediction) == ("Ilse Brandt", "Ilse Brandt")
