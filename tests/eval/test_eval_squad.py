"""SQuAD files: questions, contexts as articles, and what is said about malformed ones."""

from __future__ import annotations

import json
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.dataset import Question, load_set
from eval.squad import load_squad, squad_articles
from index.draft import Draft
from index.load import read_file
from rag.errors import LoadError
from rag.types import Article

MINE = "The mine flooded on Monday. Mayor Ilse Brandt closed it."
BREAD = "Bread prices rose by 3 %."
CLOSED: dict[str, Any] = {
    "id": "56be",
    "question": " Who closed the mine?",
    "answers": [
        {"text": "Ilse Brandt", "answer_start": 34},
        {"text": "Mayor Ilse Brandt", "answer_start": 28},
        {"text": "Ilse Brandt", "answer_start": 34},
    ],
    "is_impossible": False,
}
REOPENED: dict[str, Any] = {
    "id": "5ad0",
    "question": "Who opened the mine again?",
    "answers": [],
    "plausible_answers": [{"text": "Ilse Brandt", "answer_start": 34}],
    "is_impossible": True,
}
ROSE: dict[str, Any] = {
    "id": "57ce",
    "question": "How much did prices rise?",
    "answers": [{"text": "3 %", "answer_start": 21}],
}


def squad(*entries: tuple[str, list[tuple[str, list[Any]]]]) -> dict[str, Any]:
    """`entries` are titles with their paragraphs, which are contexts with their questions."""
    data = [
        {"title": title, "paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs]}
        for title, paragraphs in entries
    ]
    return {"version": "v2.0", "data": data}


WHOLE = squad(("Mining_towns", [(MINE, [CLOSED, REOPENED])]), ("Mining towns", [(BREAD, [ROSE])]))


def write(folder: Path, content: Any) -> Path:
    path = folder / "dev.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_questions_of_both_versions(tmp_path: Path) -> None:
    assert load_set(write(tmp_path, WHOLE)).questions == (
        Question("56be", "Who closed the mine?", ("Ilse Brandt", "Mayor Ilse Brandt"), ("mining-towns-0001",), True),
        Question("5ad0", "Who opened the mine again?", (), (), False),
        Question("57ce", "How much did prices rise?", ("3 %",), ("mining-towns-0002",), True),
    )


def test_contexts_are_articles_numbered_over_equal_titles(tmp_path: Path) -> None:
    assert list(squad_articles(write(tmp_path, WHOLE))) == [
        Article("mining-towns-0001", "Mining towns", MINE),
        Article("mining-towns-0002", "Mining towns", BREAD),
    ]


def test_a_whole_number_is_an_id_as_some_sets_have_it(tmp_path: Path) -> None:
    path = write(tmp_path, squad(("T", [(BREAD, [ROSE | {"id": 38348}])])))
    assert load_squad(path).questions[0].id == "38348"


@pytest.mark.parametrize("start", [0, -3, 10**9, "34", None, True, 34.0])
def test_a_wrong_start_does_no_harm_where_the_answer_stands_elsewhere(tmp_path: Path, start: Any) -> None:
    answers = [{"text": "Ilse Brandt", "answer_start": start}]
    path = write(tmp_path, squad(("T", [(MINE, [CLOSED | {"answers": answers}])])))
    assert load_squad(path).questions[0].answers == ("Ilse Brandt",)


def test_an_answer_of_signs_is_left_out_beside_others(tmp_path: Path) -> None:
    answers = [{"text": "%", "answer_start": 23}, {"text": "3", "answer_start": 21}]
    path = write(tmp_path, squad(("T", [(BREAD, [ROSE | {"answers": answers}])])))
    assert load_squad(path).questions[0].answers == ("3",)


def changed(place: list[Any], value: Any) -> Any:
    """`WHOLE` with the value at `place` replaced, or taken out where it is Ellipsis."""
    whole = deepcopy(WHOLE)
    inner: Any = whole
    for step in place[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return whole


PARAGRAPH = ["data", 0, "paragraphs", 0]
QA = [*PARAGRAPH, "qas", 0]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        pytest.param(["data"], ..., "field 'data': expected a list, found nothing", id="no data"),
        pytest.param(["data", 1], 7, "field 'data[1]': expected a JSON object, found 7", id="entry"),
        pytest.param(["data", 0, "title"], [], "field 'data[0].title': expected a string, found []", id="title"),
        pytest.param(["data", 0, "paragraphs"], {}, "field 'data[0].paragraphs': expected a list", id="paragraphs"),
        pytest.param([*PARAGRAPH, "context"], " ", "field 'data[0].paragraphs[0].context'", id="context"),
        pytest.param([*PARAGRAPH, "qas"], ..., "field 'data[0].paragraphs[0].qas': expected a list", id="qas"),
        pytest.param([*QA, "id"], ..., "field 'data[0].paragraphs[0].qas[0].id': expected a string", id="id"),
        pytest.param([*QA, "id"], "5ad0", "qas[1].id': expected an id that no other", id="duplicate id"),
        pytest.param([*QA, "question"], "", "qas[0].question': expected a string", id="question"),
        pytest.param([*QA, "is_impossible"], "no", "qas[0].is_impossible': expected true or false", id="impossible"),
        pytest.param([*QA, "is_impossible"], True, "qas[0].answers': expected an empty list", id="answered"),
        pytest.param([*QA, "answers"], [], "qas[0].answers': expected at least one answer", id="no answer"),
        pytest.param([*QA, "answers"], ..., "qas[0].answers': expected a list, found nothing", id="answers absent"),
        pytest.param([*QA, "answers"], {"text": ["x"]}, "qas[0].answers': expected a list", id="answers of the hub"),
        pytest.param([*QA, "answers", 1, "text"], 3, "qas[0].answers[1].text': expected a string", id="text"),
        pytest.param(
            [*QA, "answers", 1, "text"],
            "Ilsa Brandt",
            "qas[0].answers[1].text': expected words of the context, there or at 'answer_start' 28, "
            'found "Ilsa Brandt"',
            id="not in the context",
        ),
        pytest.param(
            [*QA, "answers"],
            [{"text": ".", "answer_start": 26}],
            "qas[0].answers': expected an answer with a letter",
            id="signs",
        ),
    ],
)
def test_malformed_files_are_named_with_the_place(tmp_path: Path, place: list[Any], value: Any, message: str) -> None:
    path = write(tmp_path, changed(place, value))
    with pytest.raises(LoadError) as error:
        load_squad(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{oops", "no JSON in UTF-8", id="not JSON"),
        pytest.param(b'"\xe9"', "no JSON in UTF-8", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "no JSON in UTF-8", id="nested without end"),
        pytest.param(b"[]", "expected a JSON object", id="a list"),
        pytest.param(b'{"data": []}', "found no question", id="empty"),
    ],
)
def test_files_of_another_kind_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "dev.json"
    path.write_bytes(content)
    with pytest.raises(LoadError, match=message) as error:
        load_squad(path)
    assert str(path) in str(error.value)


@settings(deadline=None)
@given(st.lists(st.text(max_size=150), min_size=1, max_size=6))
def test_ids_are_unique_and_index_keeps_them(titles: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), squad(*((title, [(MINE, []), (BREAD, [])]) for title in titles)))
        found = list(squad_articles(path))
        lines = Path(folder, "articles.jsonl")
        lines.write_text("".join(json.dumps({"id": a.id, "text": a.text}) + "\n" for a in found), "utf-8")
        kept = [item.key for item in read_file(lines) if isinstance(item, Draft)]
    ids = [article.id for article in found]
    assert kept == ids
    assert len(set(ids)) == len(ids) == 2 * len(titles)
    assert max(map(len, ids)) <= 200
