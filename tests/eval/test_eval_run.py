"""Running a set, keeping the run, showing it, and the command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import rag
from eval.command import evaluate, judge_library
from eval.dataset import Question
from eval.metrics import summarise
from eval.records import Record
from eval.run import describe, missing, run, write
from eval.show import FAILURES_SHOWN, show
from rag.errors import LoadError, StorageError

QUESTIONS = (
    Question("q1", "Who closed the mine?", ("Ilse Brandt",), ("mine",), answerable=True, tags=("who",)),
    Question("q2", "When did the mine flood?", ("Monday",), ("mine",), answerable=True, tags=("when",)),
    Question("q3", "Who painted it?", (), (), answerable=False),
)


@pytest.fixture
def set_path(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    names = ("id", "question", "answers", "articles", "answerable", "tags")
    lines = [json.dumps({name: getattr(question, name) for name in names}) for question in QUESTIONS]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def terminal(width: int = 60) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=width), stream


def test_a_run_keeps_the_order_and_reports_progress(library: Any) -> None:
    seen: list[tuple[int, int]] = []
    records = run(library, QUESTIONS, on_progress=lambda done, total: seen.append((done, total)))
    assert [record.question_id for record in records] == ["q1", "q2", "q3"]
    assert [record.answer_correct for record in records] == [True, False, False]
    assert library.asked == [question.question for question in QUESTIONS]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_run_of_nothing_is_empty(library: Any) -> None:
    assert run(library, ()) == ()


def test_missing_names_gold_articles_that_are_not_there(library: Any) -> None:
    extra = replace(QUESTIONS[0], id="q4", articles=("mine", "zinc", "coal"))
    assert missing(library, (*QUESTIONS, extra)) == ("coal", "zinc")


def test_a_written_run_reads_back(library: Any, set_path: Path, tmp_path: Path) -> None:
    records = run(library, QUESTIONS)
    summary = summarise(records)
    out = tmp_path / "runs" / "first"
    write(out, records, summary, describe(library, set_path, QUESTIONS))
    assert sorted(path.name for path in out.iterdir()) == ["records.jsonl", "settings.json", "summary.json"]
    assert [path.name for path in out.parent.iterdir()] == ["first"]
    with (out / "records.jsonl").open(encoding="utf-8") as lines:
        assert tuple(Record.from_line(line) for line in lines) == records
    assert json.loads((out / "summary.json").read_text()) == summary.to_dict()
    settings = json.loads((out / "settings.json").read_text())
    assert settings["set_sha256"] == sha256(set_path.read_bytes()).hexdigest()
    assert (settings["generation"], settings["encoder"], settings["version"]) == (3, "fake-encoder", "0.0")
    assert settings["settings"]["rrf_k"] == 10
    assert settings["machine"]["cpus"] >= 1


def test_a_run_is_never_written_over(library: Any, set_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    conditions = describe(library, set_path, ())
    write(out, (), summarise(()), conditions)
    before = (out / "summary.json").read_bytes()
    with pytest.raises(StorageError, match="not empty"):
        write(out, (), summarise(()), conditions)
    assert (out / "summary.json").read_bytes() == before


def test_a_failed_write_leaves_nothing(library: Any, set_path: Path, tmp_path: Path) -> None:
    record = replace(run(library, QUESTIONS[:1])[0], quotes=("\ud800",))
    out = tmp_path / "runs" / "broken"
    with pytest.raises(UnicodeEncodeError):
        write(out, (record,), summarise((record,)), describe(library, set_path, ()))
    assert list(out.parent.iterdir()) == []


def test_a_file_in_the_way_is_a_storage_error(library: Any, set_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        write(set_path / "run", (), summarise(()), describe(library, set_path, ()))


def test_show_fits_sixty_columns(mixed_records: list[Record]) -> None:
    console, stream = terminal()
    question = "Which [bold]minister[/bold] said that " + "the talks would go on " * 5
    records = [replace(record, question=question) for record in mixed_records]
    show(console, summarise(records), records)
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 60
    assert "…" not in stream.getvalue()
    shown = " ".join(stream.getvalue().split())
    assert "6 questions, 4 answerable, 3 refused" in shown
    assert "hit@20 0.750" in shown
    assert "who 2 1.000 0.500 –" in shown
    assert "trap 1 – – 0.000" in shown
    assert "total 10.0 10.0" in shown
    assert "encode" not in shown
    assert "[bold]minister[/bold]" in shown
    for kind in ("wrong sentence", "ranked low", "not retrieved", "wrongly answered"):
        assert shown.count(kind) == 2


def test_show_says_how_many_failures_it_leaves_out(mixed_records: list[Record]) -> None:
    console, stream = terminal()
    records = [mixed_records[1]] * (FAILURES_SHOWN + 3)
    show(console, summarise(records), records)
    assert "and 3 more" in stream.getvalue()


def test_show_without_failures_or_tags(mixed_records: list[Record]) -> None:
    console, stream = terminal()
    records = [replace(mixed_records[0], tags=())]
    show(console, summarise(records), records)
    assert "Nothing went wrong." in stream.getvalue()
    assert "By tag" not in stream.getvalue()
    assert "AUROC of confidence" in stream.getvalue()


def test_the_command_shows_and_keeps_a_run(library: Any, set_path: Path, tmp_path: Path) -> None:
    console, stream = terminal()
    assert judge_library(library, set_path, out=tmp_path / "run", console=console) == 0
    assert "3 questions, 2 answerable, 1 refused" in stream.getvalue()
    assert (tmp_path / "run" / "records.jsonl").read_text().count("\n") == 3


def test_the_command_prints_nothing_but_json(library: Any, set_path: Path) -> None:
    console, stream = terminal()
    judge_library(library, set_path, json_output=True, limit=2, console=console)
    document = json.loads(stream.getvalue())
    assert document["settings"]["questions"] == 2
    assert document["summary"]["questions"] == 2
    assert document["missing_articles"] == []
    assert document["failures"] == [{"id": "q2", "question": "When did the mine flood?", "failure": "wrong sentence"}]


def test_the_command_asks_nothing_where_the_folder_is_taken(library: Any, set_path: Path) -> None:
    with pytest.raises(StorageError, match="not empty"):
        judge_library(library, set_path, out=set_path.parent, console=terminal()[0])
    assert library.asked == []


def test_the_command_refuses_a_set_for_other_articles(library: Any, set_path: Path) -> None:
    library.texts = {"bread": library.texts["bread"]}
    with pytest.raises(LoadError, match=r"none of the 1 gold articles .* \(mine for one\)"):
        judge_library(library, set_path, console=terminal()[0])
    assert library.asked == []


def test_the_command_mentions_missing_gold_articles(library: Any, set_path: Path) -> None:
    row = {"id": "q9", "question": "Why?", "answers": ["rye"], "articles": ["zinc"], "answerable": True}
    set_path.write_text(f"{set_path.read_text()}\n{json.dumps(row)}", encoding="utf-8")
    console, stream = terminal(100)
    judge_library(library, set_path, console=console)
    assert "Gold articles that are not in the library: 1 (zinc for one)." in stream.getvalue()


def test_the_id_of_a_missing_gold_article_is_no_markup(library: Any, set_path: Path) -> None:
    row = {"id": "q9", "question": "Why?", "answers": ["rye"], "articles": ["[b]"], "answerable": True}
    set_path.write_text(f"{set_path.read_text()}\n{json.dumps(row)}", encoding="utf-8")
    console, stream = terminal(100)
    judge_library(library, set_path, console=console)
    assert "Gold articles that are not in the library: 1 ([b] for one)." in stream.getvalue()


@pytest.mark.parametrize("name", ["set.jsonl", "nothing.jsonl"], ids=["a-run", "an-error"])
def test_the_command_closes_the_library(
    name: str, library: Any, set_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []

    @contextmanager
    def opened(path: Path) -> Iterator[Any]:
        events.append(f"opened {path}")
        try:
            yield library
        finally:
            events.append("closed")

    monkeypatch.setattr(rag, "open", opened)
    with suppress(LoadError):
        evaluate(set_path.with_name(name), "L", console=terminal()[0])
    assert events == ["opened L", "closed"]
