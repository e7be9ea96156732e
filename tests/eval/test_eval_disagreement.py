"""Cases of sources that differ: how they are read, and how an answer to one is judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.disagreement import SET, Case, Told, figures, judge_cases, load_cases
from rag.errors import LoadError
from rag.types import Answer, Citation, Filters, Provenance, Settings, Short, Side, Timings

HELD_OUT = SET.with_name("disagreement-held-out.jsonl")


def answer(*shorts: str, sides: bool = False) -> Answer:
    citations = tuple(
        Citation(n, f"a{n}", "", None, None, None, 0, len(text), text) for n, text in enumerate(shorts, start=1)
    )
    made = [Short(c.quote, c.article_id, 0, c.end, c.number) for c in citations]
    return Answer(
        "?", bool(shorts), "", 0.5, citations, (), Timings(), Provenance("", 1, "", "", Settings(), Filters()),
        short=made[0] if made else None, sides=tuple(Side(s, (s.citation,), None) for s in made) if sides else (),
    )  # fmt: skip


def case(*answers: str) -> Case:
    return Case("c", "?", len(answers) > 1, tuple((one,) for one in answers), "", ())


@pytest.mark.parametrize(
    ("told", "shown", "met", "right"),
    [
        pytest.param((case("16", "24"), answer("24", "16", sides=True)), True, 2, True, id="both sides shown"),
        pytest.param((case("16", "24"), answer("16", "12", sides=True)), True, 1, False, id="a wrong side"),
        pytest.param((case("16", "24"), answer("16")), False, 1, False, id="picked silently"),
        pytest.param((case("26"), answer("26 people")), False, 1, True, id="no conflict"),
        pytest.param((case("26"), answer("26", "16", sides=True)), True, 1, False, id="false alarm"),
        pytest.param((case("26"), answer()), False, 0, False, id="refused"),
    ],
)
def test_what_is_right(told: tuple[Case, Answer], shown: bool, met: int, right: bool) -> None:
    from eval.disagreement import _judged

    found = _judged(*told)
    assert (found.shown, found.met, found.right) == (shown, met, right)


def test_figures_by_hand() -> None:
    judged = [
        Told(case("1", "2"), answer("1", "2", sides=True), shown=True, met=2),
        Told(case("1", "2"), answer("1"), shown=False, met=1),
        Told(case("1"), answer("1", "2", sides=True), shown=True, met=1),
        Told(case("1"), answer("1"), shown=False, met=1),
    ]
    values = {name: figure.value for name, figure in figures(judged).items()}
    assert values == {
        "precision": 0.5, "recall": 0.5, "all sides shown": 0.5, "no false alarm": 0.5, "right": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "holds no case", id="empty"),
        pytest.param("{", "line 1", id="not JSON"),
        pytest.param('\n{"id": "a", "question": "?", "conflict": true, "answers": [["1"]], "articles": [{}]}', "line 2",
                     id="a conflict of one side"),
    ],
)  # fmt: skip
def test_a_set_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(text)
    with pytest.raises(LoadError, match=message):
        load_cases(path)


@pytest.mark.parametrize("path", [SET, HELD_OUT], ids=lambda path: path.stem)
def test_the_sets_are_sound(path: Path) -> None:
    cases = load_cases(path)
    assert len(cases) >= 30
    assert sum(one.conflict for one in cases) == len(cases) / 2
    names = [article["id"] for one in cases for article in one.articles]
    assert len(set(names)) == len(names)
    for one in cases:
        texts = " ".join(article["text"] for article in one.articles)
        assert all(any(wording in texts for wording in side) for side in one.answers), one.id


def test_differing_sources_are_told_and_hardly_any_false_alarm(tmp_path: Path) -> None:
    some = load_cases(SET)[:16]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(json.dumps(
        {"id": c.id, "question": c.question, "conflict": c.conflict, "answers": c.answers, "articles": c.articles}
    ) for c in some))  # fmt: skip
    values = {name: figure.value for name, figure in figures(judge_cases(load_cases(path))).items()}
    assert values["recall"] >= 0.5
    assert values["no false alarm"] >= 0.75
