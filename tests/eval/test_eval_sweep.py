"""Sweeps: what is varied, what is shared, and what is not asked twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEncoder, write_articles
from judged import ROWS, make_library, row, strict, without_models, write_set

from eval.compare import to_dict
from eval.corpus import Recipe
from eval.dataset import load_set
from eval.sweep import OF_CHUNKS, OF_SETTINGS, Plan, Point, Variant, parse_axes, sweep, variants
from rag.cli import main
from rag.encoder import Vectors
from rag.errors import LoadError, QuestionError, RagError
from rag.types import Settings

BASE = Settings()

# -- what is varied -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "axes"),
    [
        pytest.param(["rrf_k=5,60"], {"rrf_k": (5, 60)}, id="whole numbers"),
        pytest.param(["dense_weight=0,0.5,1"], {"dense_weight": (0.0, 0.5, 1.0)}, id="weights"),
        pytest.param(["read=5,30", "recency=0,2"], {"read": (5, 30), "recency": (0.0, 2.0)}, id="reading and dates"),
        pytest.param(["max_tokens=40", "overlap=0,8"], {"max_tokens": (40,), "overlap": (0, 8)}, id="chunks"),
        pytest.param(["rrf_k=5", "rrf_k=60"], {"rrf_k": (5, 60)}, id="one axis given twice"),
        pytest.param([], {}, id="none"),
    ],
)
def test_axes_are_read(texts: list[str], axes: dict[str, tuple[Any, ...]]) -> None:
    found = parse_axes(texts)
    assert found == axes
    assert [type(value) for values in found.values() for value in values] == [
        type(value) for values in axes.values() for value in values
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("rrf", "expected NAME=VALUE,VALUE with one of max_tokens, overlap, candidates", id="no values"),
        pytest.param("chunk=5", "expected NAME=VALUE,VALUE with one of", id="unknown name"),
        pytest.param("title_tokens=5", "expected NAME=VALUE,VALUE with one of", id="not offered"),
        pytest.param("rrf_k=", "'' is not a whole number", id="empty value"),
        pytest.param("rrf_k=5,", "'' is not a whole number", id="a comma at the end"),
        pytest.param("rrf_k=1.5", "'1.5' is not a whole number", id="half"),
        pytest.param("dense_weight=much", "'much' is not a number", id="a word"),
        pytest.param("dense_weight=nan", "'nan' is not a number", id="nan"),
        pytest.param("lexical_weight=inf", "'inf' is not a number", id="infinite"),
    ],
)
def test_axes_that_make_no_sense_are_errors(text: str, message: str) -> None:
    with pytest.raises(LoadError, match=rf"^--vary '{text}': {message}"):
        parse_axes([text])


def test_every_setting_and_both_sizes_of_chunks_can_be_varied() -> None:
    assert {*OF_SETTINGS} == {field.name for field in fields(Settings)}
    assert OF_CHUNKS == ("max_tokens", "overlap")


def test_one_change_at_a_time() -> None:
    found = variants({"rrf_k": (5, 60), "passages": (3,)})
    assert [one.name for one in found] == ["base", "rrf_k=5", "rrf_k=60", "passages=3"]
    assert found[0] == Variant()


def test_a_grid_is_every_combination() -> None:
    found = variants({"rrf_k": (5, 60), "dense_weight": (0.5, 1.0)}, grid=True)
    assert [one.name for one in found] == [
        "base", "rrf_k=5,dense_weight=0.5", "rrf_k=5,dense_weight=1", "rrf_k=60,dense_weight=0.5",
        "rrf_k=60,dense_weight=1",
    ]  # fmt: skip


@pytest.mark.parametrize("grid", [False, True], ids=["one at a time", "grid"])
def test_nothing_to_vary_is_the_base_alone(grid: bool) -> None:
    assert variants({}, grid=grid) == (Variant(),)


def test_a_variant_changes_what_it_names_and_nothing_else() -> None:
    variant = Variant((("rrf_k", 60), ("max_tokens", 80), ("min_confidence", 0.9)))
    assert variant.settings(Settings(passages=3)) == Settings(passages=3, rrf_k=60, min_confidence=0.9)
    assert variant.recipe(Recipe(model="m", overlap=4)) == Recipe(model="m", max_tokens=80, overlap=4)
    assert Variant().settings(BASE) == BASE


def test_a_setting_that_cannot_be_is_an_error() -> None:
    with pytest.raises(QuestionError, match="candidates is 0"):
        Variant((("candidates", 0),)).settings(BASE)


# -- sweeping -------------------------------------------------------------------------------------------------------


class CountingEncoder(FakeEncoder):
    """Keeps the texts that it was asked to encode."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []
        self.passages: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages.extend(texts)
        return super().encode_passages(texts)

    def encode_query(self, text: str) -> Vectors:
        self.queries.append(text)
        return super().encode_query(text)


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> CountingEncoder:
    """Stands for every model that a sweep loads."""
    counting = CountingEncoder()
    without_models(monkeypatch)
    monkeypatch.setattr("eval.sweep.load_matching", lambda _: counting)
    monkeypatch.setattr("eval.sweep.load_encoder", lambda _: counting)
    return counting


@pytest.fixture(scope="module")
def animals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("sweep"))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_set(tmp_path / "animals.jsonl", [ROWS[0], ROWS[1], ROWS[-1]])


def plan(questions: Path, folder: Path, *axes: str, **options: Any) -> Plan:
    return Plan(load_set(questions), variants(parse_axes(axes)), folder, **options)


def test_a_sweep_gives_each_variant_a_run_and_compares_it_with_the_base(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int]] = []
    points = list(
        sweep(
            plan(questions, tmp_path / "sweep", "min_confidence=0,1", library=animals),
            on_stage=lambda what, done, total: seen.append((what, done, total)),
        )
    )
    assert [point.variant.name for point in points] == ["base", "min_confidence=0", "min_confidence=1"]
    assert [(p.run.folder.name, p.run.conditions.settings.min_confidence) for p in points[1:]] == [
        ("min_confidence=0", 0), ("min_confidence=1", 1)
    ]  # fmt: skip
    assert all(point.run.complete and (point.run.folder / "summary.json").exists() for point in points)
    assert [point.summary.answered for point in points[1:]] == [3, 0]
    assert all(point.run.conditions.dated for point in points)
    assert points[0].against is None
    assert [point.against is not None for point in points[1:]] == [True, True]
    assert all(point.summary.figures["total_p50"].value > 0 for point in points)
    assert seen[:3] == [("asking base", 1, 3), ("asking base", 2, 3), ("asking base", 3, 3)]


def test_a_second_sweep_asks_only_what_is_new(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    first = list(sweep(plan(questions, tmp_path / "sweep", "rrf_k=5", library=animals)))
    seen: list[str] = []
    again = sweep(
        plan(questions, tmp_path / "sweep", "rrf_k=5,60", library=animals), on_stage=lambda what, *_: seen.append(what)
    )
    second = list(again)
    assert seen == ["asking rrf_k=60"] * 3
    assert [point.run for point in second[:2]] == [point.run for point in first]
    before, after = (points[1].against for points in (first, second))
    # As JSON: nan, which is no number that equals itself, is null there.
    assert before and after and to_dict(after) == to_dict(before)


def test_an_interrupted_variant_goes_on(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    planned = plan(questions, tmp_path / "sweep", "rrf_k=5", library=animals)
    whole = list(sweep(planned))
    folder = tmp_path / "sweep" / "rrf_k=5"
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "records.jsonl").write_bytes(lines[0])
    (folder / "summary.json").unlink()
    seen: list[tuple[str, int, int]] = []
    again = list(sweep(planned, on_stage=lambda what, done, total: seen.append((what, done, total))))
    assert seen == [("asking rrf_k=5", 2, 3), ("asking rrf_k=5", 3, 3)]
    assert [record.quotes for record in again[1].run.records] == [record.quotes for record in whole[1].run.records]


def test_a_library_that_exists_is_not_cut_anew(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    with pytest.raises(LoadError, match="give --articles to vary max_tokens or overlap"):
        list(sweep(plan(questions, tmp_path / "sweep", "rrf_k=5", "overlap=4", library=animals)))
    assert not (tmp_path / "sweep").exists() and encoder.queries == []


def test_a_setting_that_cannot_be_is_found_before_anything_is_asked(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    with pytest.raises(RagError, match="candidates is 0"):
        list(sweep(plan(questions, tmp_path / "sweep", "candidates=50,0", library=animals)))
    assert not (tmp_path / "sweep").exists() and encoder.queries == []


def test_libraries_of_other_cuts_are_made_once_and_share_their_vectors(
    encoder: CountingEncoder, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "cache"))
    made = plan(
        questions, tmp_path / "sweep", "max_tokens=60", "rrf_k=5",
        articles=write_articles(tmp_path / "articles", ("gecko", "heron", "aardvark", "basilisk")),
        recipe=Recipe(max_tokens=40, overlap=8),
    )  # fmt: skip
    points: list[Point] = list(sweep(made))
    libraries = [point.run.conditions.library for point in points]
    assert libraries[0] == libraries[2] != libraries[1]
    assert points[0].run.conditions.chunks > points[1].run.conditions.chunks
    built = len(encoder.passages)
    seen: list[str] = []
    list(sweep(made, on_stage=lambda what, *_: seen.append(what)))
    assert seen == []
    assert len(encoder.passages) == built, "what is there is not made again"


def test_the_limit_is_of_the_whole_set(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    (point,) = sweep(plan(questions, tmp_path / "sweep", library=animals, limit=2))
    assert [record.question_id for record in point.run.records] == [ROWS[0]["id"], ROWS[1]["id"]]


def test_reading_and_dates_can_be_swept(
    encoder: CountingEncoder, animals: Path, questions: Path, tmp_path: Path
) -> None:
    points = list(sweep(plan(questions, tmp_path / "sweep", "rerank=0", "read=1", "recency=0", library=animals)))
    assert [point.variant.name for point in points] == ["base", "rerank=0", "read=1", "recency=0"]
    settings = [point.run.conditions.settings for point in points]
    assert [bool(one.rerank) for one in settings] == [True, False, True, True]
    assert ([one.read for one in settings], [one.recency for one in settings]) == ([30, 30, 1, 30], [1, 1, 1, 0])
    kept, single = ([record.ranking for record in point.run.records] for point in points[1:3])
    # The retriever's order stays, and one chunk that is read has no other to change places with.
    scores = [[hit.score for hit in ranking] for ranking in kept]
    assert scores == [sorted(each, reverse=True) for each in scores]
    assert single == kept


# -- the command ----------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table_and_keeps_the_runs(
    encoder: CountingEncoder, animals: Path, questions: Path, runs_folder: Path, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "140")
    arguments = ["eval", "sweep", str(questions), "--library", str(animals), "--vary", "min_confidence=1"]
    assert main(arguments) == 0
    out = capfd.readouterr().out
    assert "Quality against latency" in out and "min_confidence=1" in out and "of given" in out
    (folder,) = runs_folder.iterdir()
    assert folder.name.startswith("sweep-animals-")
    assert str(folder) in "".join(out.split())
    assert sorted(path.name for path in folder.iterdir()) == ["base", "min_confidence=1"]
    assert main([*arguments, "--json"]) == 0
    captured = capfd.readouterr()
    base, strictest = strict(captured.out)
    assert (base["variant"], base["against_base"]) == ({}, None)
    assert strictest["variant"] == {"min_confidence": 1.0}
    assert strictest["against_base"]["accuracy"]["n"] == 3
    assert strictest["summary"]["answered"] == 0
    assert strictest["summary"]["figures"]["total_p50"]["value"] > 0
    assert len(list(runs_folder.iterdir())) == 1


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(([], 2, "Missing option '--vary'"), id="nothing to vary"),
        pytest.param((["--vary", "mood=1"], 1, "--vary 'mood=1': expected NAME=VALUE"), id="unknown"),
        pytest.param((["--vary", "overlap=1"], 1, "a library that exists is cut already"), id="chunks of a library"),
        pytest.param((["--vary", "rrf_k=-1"], 1, "rrf_k, recency and the weights of fusion must not"), id="negative"),
    ],
)
def test_errors_of_the_command(
    encoder: CountingEncoder,
    animals: Path,
    questions: Path,
    capfd: pytest.CaptureFixture[str],
    case: tuple[list[str], int, str],
) -> None:
    arguments, code, message = case
    assert main(["eval", "sweep", str(questions), "--library", str(animals), *arguments]) == code
    captured = capfd.readouterr()
    assert captured.out == ""
    assert message in " ".join(captured.err.split()) and "Traceback" not in captured.err
    assert code == 2 or captured.err.count("\n") == 1


def test_a_set_of_one_question_can_be_swept(encoder: CountingEncoder, animals: Path, tmp_path: Path) -> None:
    path = write_set(
        tmp_path / "one.jsonl", [row("heron", "What did the heron keepers count?", ["animals"], ["heron"])]
    )
    points = list(sweep(plan(path, tmp_path / "sweep", "passages=1", library=animals)))
    assert [json.loads((p.run.folder / "conditions.json").read_text())["questions"] for p in points] == [1, 1]
