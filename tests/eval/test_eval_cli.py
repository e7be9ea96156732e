"""The command `rag eval` from end to end, over a library that needs no model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eval_fakes import store_run
from fakes import FakeEncoder, write_articles
from judged import ROWS, Command, make_library, row, strict, without_models, write_set
from report_fakes import make_record

from eval.run import read_run
from rag.cli import main
from rag.library import Library

FILES = ["conditions.json", "records.jsonl", "summary.json"]
SUBCOMMANDS = ("run", "show", "compare", "report", "new", "check", "calibrate", "sweep", "disagreement")


@pytest.fixture(scope="module")
def animals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody writes it."""
    return make_library(tmp_path_factory.mktemp("animals"))


@pytest.fixture(autouse=True)
def default_library(animals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the animals."""
    monkeypatch.setenv("ARTICLE_RAG_LIBRARY", str(animals))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_set(tmp_path / "animals.jsonl")


@pytest.fixture(scope="module")
def stored(animals: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two runs of the set: one that answers everything, one that answers nothing."""
    place = tmp_path_factory.mktemp("stored")
    path = write_set(place / "animals.jsonl")
    with pytest.MonkeyPatch.context() as patch:
        without_models(patch)
        for name, least in (("eager", "0"), ("silent", "1")):
            arguments = [str(path), "--library", str(animals), "--min-confidence", least, "--out", str(place / name)]
            assert main(["eval", *arguments, "--json"]) == 0
    yield place / "eager", place / "silent"


def flat(text: str) -> str:
    return " ".join(text.split())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["eval"], ["eval", "run"]], ids=["rag eval SET", "rag eval run SET"])
def test_a_set_is_asked_scored_and_kept(
    rag: Command, questions: Path, runs_folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = rag(*arguments, questions, "--min-confidence", "0")
    assert (code, err) == (0, "")
    (folder,) = runs_folder.iterdir()
    assert folder.name.startswith("animals-")
    assert names(folder) == FILES
    said = flat(out)
    assert "10 questions, 8 answerable, 0 refused" in said
    # Two articles of eight are not asked about; every sentence of an article answers.
    assert "right, of answerable 1.000 1.000–1.000 8" in said
    assert "wrongly answered 2" in said
    assert "[trap]" in said
    assert f"The run is in {folder}".replace(" ", "") in "".join(out.split())
    assert not out.startswith("\n\n")


def test_json_is_all_that_is_printed(rag: Command, questions: Path, runs_folder: Path, animals: Path) -> None:
    code, out, err = rag("eval", "--json", questions, "--library", animals, "--min-confidence", "1")
    assert (code, err) == (0, "")
    plain = strict(out)
    (folder,) = runs_folder.iterdir()
    assert plain["run"] == str(folder)
    assert plain["conditions"] == json.loads((folder / "conditions.json").read_text("utf-8"))
    assert plain["summary"] == json.loads((folder / "summary.json").read_text("utf-8"))
    conditions = plain["conditions"]
    assert (conditions["set_name"], conditions["questions"], conditions["articles"]) == ("animals", 10, 8)
    assert (conditions["library"], conditions["settings"]["min_confidence"]) == (str(animals), 1)
    figures = plain["summary"]["figures"]
    assert (figures["refusal_recall"]["value"], figures["refusal_precision"]["value"]) == (1.0, 0.2)
    assert figures["answer_precision"] == {"value": None, "low": None, "high": None, "n": 0}
    assert figures["article_hit@5"]["value"] == 1.0
    assert plain["failures"][0] == {
        "id": "aardvark", "question": ROWS[0]["question"], "cause": "wrongly refused"
    }  # fmt: skip
    assert (len(plain["failures"]), plain["missing_articles"]) == (8, [])
    assert (plain["comparison"], plain["gates"]) == (None, [])


def test_fewer_questions_evenly_spaced(rag: Command, questions: Path, tmp_path: Path) -> None:
    assert rag("eval", questions, "--limit", "3", "--out", tmp_path / "run", "--json")[0] == 0
    asked = [record.question_id for record in read_run(tmp_path / "run").records]
    assert asked == [ROWS[index]["id"] for index in (0, 3, 6)]


def test_gold_articles_that_are_missing_are_mentioned(rag: Command, tmp_path: Path) -> None:
    extra = row("yeti", "What did the yeti keepers count?", ["yetis"], ["[b]yeti"])
    path = write_set(tmp_path / "set.jsonl", [ROWS[0], extra])
    code, out, _ = rag("eval", path)
    assert code == 0
    assert "Gold articles that are not in the library: 1 ([b]yeti for one)." in flat(out)
    assert "not in the articles 1" in flat(out)


def test_articles_are_made_into_a_library_once(rag: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = FakeEncoder()
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("eval.corpus.locate", lambda _: (tmp_path, encoder.spec))
    monkeypatch.setattr("eval.corpus.load_encoder", lambda _: encoder)
    folder = write_articles(tmp_path / "zoo", ("gecko", "heron"))
    path = write_set(tmp_path / "set.jsonl", [row("g", "What did the gecko keepers count?", ["animals"], ["gecko"])])
    sizes = ("--chunk-tokens", "40", "--overlap", "8")
    first, second = (
        strict(rag("eval", path, "--articles", folder, *sizes, "--out", tmp_path / name, "--json")[1])["conditions"]
        for name in ("first", "second")
    )
    assert first["library"].startswith(str(tmp_path / "cache"))
    assert (first["articles"], first["chunker"]) == (2, "sentences v1, 40 tokens, 8 shared")
    assert first["index_chunks_per_second"] > 0
    assert (second["library"], second["generation"]) == (first["library"], 1)


# -- interrupted ----------------------------------------------------------------------------------------------------


def test_ctrl_c_exits_with_130_and_the_same_command_goes_on(
    rag: Command, questions: Path, runs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = Library.examine, []

    def stopping(library: Library, question: str, **options: Any) -> Any:
        asked.append(question)
        if len(asked) == 5:
            raise KeyboardInterrupt
        return real(library, question, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Library, "examine", stopping)
        code, out, err = rag("eval", questions)
        (folder,) = runs_folder.iterdir()
        assert (code, out.strip()) == (130, "")
        assert err == f"Stopped after 3 of 10 questions, kept in {folder}; run the same command to go on.\n"
        asked.clear()
        asked.extend(["already"] * 100)
        assert rag("eval", questions)[0] == 0
    # One that warms up, and the seven that were left.
    assert len(asked) == 108
    assert [path.name for path in runs_folder.iterdir()] == [folder.name]
    assert [record.question_id for record in read_run(folder).records] == [one["id"] for one in ROWS]
    code, _, err = rag("eval", questions, "--out", folder)
    assert (code, err) == (
        1,
        f"{folder} holds a complete run: look at it with rag eval show or report, or choose another folder.\n",
    )


# -- looking at runs ------------------------------------------------------------------------------------------------


def test_show_scores_a_run_again_without_a_library(rag: Command, stored: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(stored[0], tmp_path / "moved")
    (tmp_path / "moved" / "summary.json").unlink()
    code, out, err = rag("eval", "show", tmp_path / "moved", "--json")
    assert (code, err) == (0, "")
    assert strict(out)["summary"] == json.loads((stored[0] / "summary.json").read_text("utf-8"))
    assert names(tmp_path / "moved") == FILES
    code, out, _ = rag("eval", "show", tmp_path / "moved")
    assert code == 0 and "10 questions, 8 answerable, 0 refused" in flat(out)


def test_compare_pairs_two_runs(rag: Command, stored: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = rag("eval", "compare", *stored)
    assert (code, err) == (0, "")
    said = flat(out)
    # Eight lost, none won: 2 / 2^8.
    assert "right, of answerable 1.000 0.000 -1.000 -1.000 … -1.000 0.008" in said
    assert "Went right before, wrong now: 8" in said and "right → wrongly refused" in said
    assert "Went wrong before, right now: 2" in said and "wrongly answered → right" in said


def test_compare_as_json_with_gates(rag: Command, stored: tuple[Path, Path]) -> None:
    gates = "answer_accuracy:-0.1,refusal_recall:0"
    code, out, err = rag("eval", "compare", *stored, "--gate", gates, "--json")
    assert (code, err) == (3, "")
    plain = strict(out)
    assert plain["differences"]["answer_accuracy"]["difference"] == -1.0
    assert plain["differences"]["answer_precision"]["b"] is None
    assert (len(plain["changed"]), plain["only_a"], plain["only_b"]) == (10, [], [])
    assert plain["gates"] == [
        {"metric": "answer_accuracy", "allowed": -0.1, "broken": True},
        {"metric": "refusal_recall", "allowed": 0.0, "broken": False},
    ]
    assert rag("eval", "compare", *reversed(stored), "--gate", gates, "--json")[0] == 0


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [
        pytest.param("answer_accuracy:-0.1", 3, "gate answer_accuracy -0.1: BROKEN 1.000 → 0.000", id="broken"),
        pytest.param("answer_accuracy:-1", 0, "gate answer_accuracy -1: holds 1.000 → 0.000", id="allowed"),
        pytest.param("hit@5:0,refusal_recall:0", 0, "gate refusal_recall +0: holds 0.000 → 1.000", id="two that hold"),
    ],
)
def test_a_stored_run_passes_its_gates_or_exits_with_3(
    rag: Command, stored: tuple[Path, Path], gate: str, code: int, said: str
) -> None:
    eager, silent = stored
    found, out, err = rag("eval", "show", silent, "--baseline", eager, "--gate", gate)
    assert (found, err) == (code, "")
    assert said in flat(out)
    assert "A gate breaks on a loss larger than allowed and significant (p < 0.05, interval without 0)." in flat(out)


def test_a_gate_is_not_passed_by_leaving_questions_out(rag: Command, stored: tuple[Path, Path], tmp_path: Path) -> None:
    part = shutil.copytree(stored[0], tmp_path / "part")
    lines = (part / "records.jsonl").read_text("utf-8").splitlines(keepends=True)
    (part / "records.jsonl").write_text("".join(lines[:4]), "utf-8")
    code, out, err = rag("eval", "compare", stored[0], part, "--gate", "hit@5:-0.01")
    assert (code, out) == (1, "") and "the second run lacks 6 questions" in err
    assert "Only 4 of 10 questions were asked." in flat(rag("eval", "show", part)[1])


def test_a_report_replaces_reports_only(rag: Command, stored: tuple[Path, Path]) -> None:
    records = stored[1] / "records.jsonl"
    before = records.read_bytes()
    code, _, err = rag("eval", "report", stored[0], "--out", records)
    assert code == 1 and "is no .html file" in err
    assert records.read_bytes() == before


def test_a_new_run_is_compared_with_its_baseline(
    rag: Command, stored: tuple[Path, Path], questions: Path, tmp_path: Path
) -> None:
    arguments = ("--baseline", stored[0], "--gate", "accuracy:-0.1", "--json")
    code, out, _ = rag("eval", questions, "--min-confidence", "0", "--out", tmp_path / "same", *arguments)
    plain = strict(out)
    assert (code, plain["comparison"]["changed"]) == (0, [])
    assert plain["comparison"]["differences"]["accuracy"]["p"] == 1.0
    assert plain["gates"] == [{"metric": "accuracy", "allowed": -0.1, "broken": False}]
    code, out, _ = rag("eval", questions, "--min-confidence", "1", "--out", tmp_path / "worse", *arguments[:2],
                       "--gate", "answer_accuracy:-0.1")  # fmt: skip
    assert code == 3
    # A run that fails its gate is kept all the same.
    assert "BROKEN" in out and read_run(tmp_path / "worse").complete


# -- help, errors, usage --------------------------------------------------------------------------------------------


def test_help_names_every_subcommand(rag: Command) -> None:
    code, out, _ = rag("eval", "--help")
    assert code == 0
    assert all(name in out for name in SUBCOMMANDS)
    assert "rag eval SET" in flat(out)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_has_help(rag: Command, name: str) -> None:
    code, out, err = rag("eval", name, "--help")
    assert (code, err) == (0, "")
    assert f"Usage: rag eval {name}" in flat(out)


def test_errors_are_one_line_and_exit_with_1(
    rag: Command, questions: Path, stored: tuple[Path, Path], tmp_path: Path, runs_folder: Path
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "a", "question": "Who?", "answerable": "yes"}\n')
    strangers = write_set(tmp_path / "strangers.jsonl", [row("y", "Who is the yeti?", ["Yo"], ["yeti"])])
    other = store_run(tmp_path / "other", [make_record(question_id="nobody")]).folder
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("It was a dark and stormy night.")
    for arguments, said in (
        (["eval", tmp_path / "none.jsonl"], "none.jsonl: cannot be read (No such file or directory)"),
        (["eval", "swap"], "swap: found nothing there, expected questions as JSON lines"),
        (["eval", broken], "broken.jsonl, line 1: field 'answerable': expected "),
        (["eval", strangers], "none of the 1 gold articles of this set is in the library"),
        (["eval", questions, "--library", tmp_path / "no"], "There is no library in "),
        (["eval", questions, "--library", "l", "--articles", "a"], "give --library or --articles, not both"),
        (["eval", questions, "--library", "l", "--chunk-tokens", "40"], "a library is cut already"),
        (["eval", questions, "--gate", "hit@5:-0.1"], "--gate needs a run to compare with: --baseline RUN"),
        (["eval", questions, "--baseline", stored[0], "--gate", "hits:0"], "--gate: there is no metric 'hits'"),
        (["eval", questions, "--baseline", tmp_path], "is not a run ("),
        (["eval", questions, "--split", "dev"], "only a BEIR folder has splits"),
        (["eval", questions, "--out", tmp_path / "thesis"], "thesis is not empty and not a run"),
        (["eval", "show", tmp_path], "is not a run ("),
        (["eval", "show", stored[0], "--gate", "hit@5:0"], "--gate needs a run to compare with"),
        (["eval", "compare", stored[0], tmp_path / "none"], "is not a run ("),
        (["eval", "compare", stored[0], other], "share no question: compare runs of one set"),
        (["eval", "compare", *stored, "--gate", "hit@5:0.1"], "higher is better for hit@5"),
        (["eval", "calibrate", stored[0]], "found 8 questions with a right answer and 2 without, expected at least 10"),
    ):
        code, out, err = rag(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1), (arguments, code, out, err)
        assert said in err, (arguments, err)
    assert names(tmp_path / "thesis") == ["chapter.txt"]
    # Whatever can be wrong is found before anything is asked.
    assert not runs_folder.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["run"], id="no set"),
        pytest.param(["a.jsonl", "b.jsonl"], id="two sets"),
        pytest.param(["a.jsonl", "--wrong"], id="unknown option"),
        pytest.param(["a.jsonl", "--limit", "0"], id="no questions"),
        pytest.param(["a.jsonl", "--limit", "many"], id="no number"),
        pytest.param(["a.jsonl", "--min-confidence", "1.5"], id="above 1"),
        pytest.param(["a.jsonl", "--chunk-tokens", "5"], id="tiny chunks"),
        pytest.param(["show"], id="no run"),
        pytest.param(["compare", "one"], id="one run"),
        pytest.param(["report"], id="nothing to report"),
        pytest.param(["calibrate"], id="nothing to fit"),
    ],
)
def test_wrong_usage_exits_with_2(rag: Command, runs_folder: Path, arguments: list[str]) -> None:
    code, out, err = rag("eval", *arguments)
    assert code == 2
    assert "Usage: rag eval" in flat(out + err) and "Traceback" not in err
    assert not runs_folder.exists()


def test_the_main_help_mentions_eval(rag: Command) -> None:
    assert "eval" in rag("--help")[1]
