"""Reading question sets, and what is said about malformed ones."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import Question, digest, load, sample
from rag.errors import LoadError

GOOD: dict[str, Any] = {
    "id": "q1",
    "question": "Who closed the mine?",
    "answers": ["Ilse Brandt"],
    "articles": ["mine"],
    "answerable": True,
}
SETS = Path(__file__).parents[2] / "eval" / "sets"
CASES = {*SETS.glob("disagreement*.jsonl")}
"""Not sets of questions; `test_eval_disagreement.py` reads them."""


def write_set(folder: Path, *rows: Any) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_all_fields_are_read(tmp_path: Path) -> None:
    row = GOOD | {"quotes": ["Mayor Ilse Brandt"], "tags": ["who"], "asked": "2024-08-01", "note": "skipped"}
    nothing = {"id": "q2", "question": "Why?", "answerable": False}
    assert load(write_set(tmp_path, row, "", nothing)) == (
        Question(
            id="q1",
            question="Who closed the mine?",
            answers=("Ilse Brandt",),
            articles=("mine",),
            answerable=True,
            quotes=("Mayor Ilse Brandt",),
            tags=("who",),
            asked=date(2024, 8, 1),
        ),
        Question(id="q2", question="Why?", answers=(), articles=(), answerable=False),
    )


def test_grades_are_read(tmp_path: Path) -> None:
    both = GOOD | {"articles": ["mine", "flood"], "grades": [2, 0]}
    distractor = {"id": "q2", "question": "Why?", "answerable": False, "articles": ["mine"], "grades": [0]}
    found = load(write_set(tmp_path, both, distractor))
    assert [question.grades for question in found] == [(2,), ()]
    assert [question.articles for question in found] == [("mine",), ()], "what is not relevant is not gold"


def test_a_draft_that_was_filled_in_is_a_question(tmp_path: Path) -> None:
    (question,) = load(write_set(tmp_path, GOOD | {"tags": ["draft"], "title": "The mine", "published": None}))
    assert question.tags == ("draft",)


@pytest.mark.parametrize(
    ("answerable", "answers", "expected"),
    [
        pytest.param(True, (), True, id="articles alone"),
        pytest.param(True, ("Ilse Brandt",), False, id="with an answer"),
        pytest.param(False, (), False, id="no articles either"),
    ],
)
def test_retrieval_only(answerable: bool, answers: tuple[str, ...], expected: bool) -> None:
    assert Question("q", "Who?", answers, ("mine",), answerable).retrieval_only is expected


def test_a_compressed_set_reads_the_same(tmp_path: Path) -> None:
    plain = write_set(tmp_path, GOOD)
    packed = tmp_path / "set.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert load(packed) == load(plain)
    assert digest(packed) != digest(plain)


def test_a_line_separator_in_a_string_and_a_byte_order_mark_are_no_line_ends(tmp_path: Path) -> None:
    row = json.dumps(GOOD | {"question": "Who\u2028closed it?"}, ensure_ascii=False)
    assert load(write_set(tmp_path, f"\ufeff{row}\r"))[0].question == "Who\u2028closed it?"


@pytest.mark.parametrize(
    ("row", "field", "expected", "found"),
    [
        pytest.param(GOOD | {"id": None}, "id", "a string", "nothing", id="missing id"),
        pytest.param(GOOD | {"id": 7}, "id", "a string", "7", id="id of a wrong type"),
        pytest.param(GOOD | {"id": "q0"}, "id", "no other line", '"q0"', id="duplicate id"),
        pytest.param(GOOD | {"question": " "}, "question", "not empty", '" "', id="blank question"),
        pytest.param(GOOD | {"question": "\ud800"}, "question", "surrogates", "ud800", id="lone surrogate"),
        pytest.param(GOOD | {"answerable": "yes"}, "answerable", "true or false", '"yes"', id="not a boolean"),
        pytest.param(GOOD | {"answerable": None}, "answerable", "true or false", "nothing", id="no answerable"),
        pytest.param(GOOD | {"answers": "x"}, "answers", "a list of strings", '"x"', id="answers not a list"),
        pytest.param(GOOD | {"answers": [3]}, "answers", "a string", "3", id="answer not a string"),
        pytest.param(GOOD | {"answers": ["?"]}, "answers", "a letter or a digit", '"?"', id="answer of signs"),
        pytest.param(GOOD | {"answers": []}, "answers", "at least one", "[]", id="answerable, no answers"),
        pytest.param(GOOD | {"articles": []}, "articles", "at least one", "[]", id="answerable, no articles"),
        pytest.param(GOOD | {"answerable": False}, "answers", "an empty list", "Ilse", id="answers to nothing"),
        pytest.param(GOOD | {"tags": {}}, "tags", "a list of strings", "{}", id="tags not a list"),
        pytest.param(GOOD | {"asked": "May 1"}, "asked", "a date", "May 1", id="not a date"),
        pytest.param(GOOD | {"asked": 2024}, "asked", "a date", "2024", id="date of a wrong type"),
        pytest.param(GOOD | {"grades": [1, 2]}, "grades", "each of the 1 articles", "[1, 2]", id="grades left over"),
        pytest.param(GOOD | {"grades": [-1]}, "grades", "from 0", "-1", id="negative grade"),
        pytest.param(GOOD | {"grades": [True]}, "grades", "whole numbers", "true", id="grade not a number"),
        pytest.param(GOOD | {"grades": 1}, "grades", "a list of whole numbers", "1", id="grades not a list"),
        pytest.param(GOOD | {"grades": [0]}, "grades", "above 0", "[0]", id="no article is relevant"),
        pytest.param(
            GOOD | {"question": "", "tags": ["draft"]}, "question", "tagged 'draft'", '""', id="draft without question"
        ),
        pytest.param(
            GOOD | {"answers": [], "tags": ["x", "draft"]}, "answers", "filled in", "[]", id="draft without answer"
        ),
        pytest.param([1], "(the whole line)", "a JSON object", "[1]", id="not an object"),
        pytest.param("{oops", "(the whole line)", "a JSON object", "{oops", id="not JSON"),
    ],
)
def test_malformed_lines_are_named(tmp_path: Path, row: Any, field: str, expected: str, found: str) -> None:
    path = write_set(tmp_path, GOOD | {"id": "q0"}, "", row)
    with pytest.raises(LoadError) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(f"{path}, line 3: field '{field}': expected ")
    assert expected in message
    assert found in message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("empty.jsonl", b"\n\n", id="no question"),
        pytest.param("fake.jsonl.gz", b"not gzip", id="not compressed"),
        pytest.param("cut.jsonl.gz", gzip.compress(b"{}" * 99)[:-9], id="cut short"),
        pytest.param("torn.jsonl.gz", gzip.compress(b"{}" * 99)[:12] + b"\xff" * 20, id="damaged"),
        pytest.param("latin.jsonl", b'{"id": "\xe9"}', id="not UTF-8"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LoadError, match=name):
        load(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"absent\.jsonl"):
        load(tmp_path / "absent.jsonl")
    with pytest.raises(LoadError, match=r"absent\.jsonl"):
        digest(tmp_path / "absent.jsonl")


@pytest.mark.parametrize(
    ("limit", "ids"),
    [
        pytest.param(None, "0 1 2 3 4", id="no limit"),
        pytest.param(9, "0 1 2 3 4", id="more than there are"),
        pytest.param(2, "0 2", id="evenly spaced"),
        pytest.param(1, "0", id="one"),
    ],
)
def test_sample(limit: int | None, ids: str) -> None:
    questions = tuple(Question(str(n), "Why?", (), (), answerable=False) for n in range(5))
    assert [question.id for question in sample(questions, limit)] == ids.split()


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(LoadError, match="1 or more"):
        sample((Question("q", "Why?", (), (), answerable=False),), 0)


@pytest.mark.parametrize("path", sorted({*SETS.glob("*.jsonl*")} - CASES), ids=lambda path: path.name)
def test_the_sets_of_the_project_load(path: Path) -> None:
    assert load(path)
