"""Cases kept from the page: what is written, what is merged or replaced, and that nothing of others is lost."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from eval_fakes import MINERS, FakeLibrary

from eval.cases import Case, located, save
from eval.dataset import load, load_set
from rag.disk import writer_lock
from rag.errors import ArticleNotFound, LibraryLocked, LoadError, QuestionError, StorageError

RIGHT = Case(
    "right", "Who closed the mine?", date(2024, 8, 2), "mine", "Mayor Ilse Brandt closed the mine.", "Ilse Brandt"
)
MINE = Case("quote", "When did the mine flood?", None, "mine", "on\tMonday.  Mayor", "on Monday. Mayor")
NOWHERE = Case("unanswerable", "Who painted it?")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "news-cases.jsonl"


def test_a_right_answer_is_a_question_with_its_gold(path: Path, answerer: FakeLibrary) -> None:
    kept = save(path, RIGHT, answerer)
    assert (kept.said, kept.count) == ("Saved: 1 case in news-cases.jsonl.", 1)
    assert json.loads(path.read_text("utf-8")) == {
        "id": "news-cases-001",
        "question": "Who closed the mine?",
        "answers": ["Ilse Brandt"],
        "articles": ["mine"],
        "answerable": True,
        "asked": "2024-08-02",
        "quotes": ["Mayor Ilse Brandt closed the mine."],
        "tags": ["saved", "right"],
    }
    (question,) = load(path)
    assert (question.asked, question.answers, question.tags) == (RIGHT.asked, ("Ilse Brandt",), ("saved", "right"))
    assert load_set(path).name == "news-cases"


def test_selected_words_are_kept_as_they_are_stored(path: Path, answerer: FakeLibrary) -> None:
    save(path, MINE, answerer)
    (question,) = load(path)
    assert question.quotes == question.answers == ("on Monday.\nMayor",)
    assert question.quotes[0] in MINERS and question.asked is None


def test_an_unanswerable_question_has_no_gold(path: Path, answerer: FakeLibrary) -> None:
    save(path, Case("unanswerable", " Who \n painted it? ", article="mine", quote="nothing", answer="x"), answerer)
    (question,) = load(path)
    assert (question.question, question.answerable, question.answers) == ("Who painted it?", False, ())
    assert (question.articles, question.quotes, question.tags) == ((), (), ("saved", "unanswerable"))


@pytest.mark.parametrize(
    ("answer", "gold"),
    [("Ilse Brandt", "Ilse Brandt"), ("", RIGHT.quote), ("Monday", RIGHT.quote), ("lse Bran", RIGHT.quote)],
    ids=["inside", "none", "elsewhere", "half words"],
)
def test_an_answer_that_no_judge_would_find_is_the_whole_quote(
    path: Path, answerer: FakeLibrary, answer: str, gold: str
) -> None:
    save(path, Case("right", RIGHT.question, None, "mine", RIGHT.quote, answer), answerer)
    assert load(path)[0].answers == (gold,)


def test_cases_follow_each_other(path: Path, answerer: FakeLibrary) -> None:
    said = [save(path, case, answerer).said for case in (RIGHT, MINE, NOWHERE)]
    assert said[-1] == "Saved: 3 cases in news-cases.jsonl."
    assert [question.id for question in load(path)] == ["news-cases-001", "news-cases-002", "news-cases-003"]


def test_the_same_again_is_not_doubled(path: Path, answerer: FakeLibrary) -> None:
    save(path, RIGHT, answerer)
    before = path.read_bytes()
    again = save(path, Case("right", "who closed  the MINE", None, "mine", RIGHT.quote, RIGHT.answer), answerer)
    assert (again.said, again.count) == ("Saved before: 1 case in news-cases.jsonl.", 1)
    assert path.read_bytes() == before


def test_other_gold_of_the_same_verdict_is_added(path: Path, answerer: FakeLibrary) -> None:
    save(path, RIGHT, answerer)
    more = Case("right", RIGHT.question, date(2024, 8, 9), "bread", "The guild blames", "The guild")
    assert save(path, more, answerer).said == "Added to what was saved before: 1 case in news-cases.jsonl."
    (question,) = load(path)
    assert question.answers == ("Ilse Brandt", "The guild") and question.articles == ("mine", "bread")
    assert question.quotes == (RIGHT.quote, "The guild blames") and question.asked == RIGHT.asked
    # Another id: runs before and after cannot be compared by this question.
    assert question.id == "news-cases-002"


def test_another_verdict_takes_the_place(path: Path, answerer: FakeLibrary) -> None:
    save(path, RIGHT, answerer)
    save(path, MINE, answerer)
    said = save(path, Case("unanswerable", RIGHT.question), answerer).said
    assert said == "Saved, in place of the verdict “right”: 2 cases in news-cases.jsonl."
    first, second = load(path)
    assert (first.id, first.answerable, first.tags) == ("news-cases-003", False, ("saved", "unanswerable"))
    assert second.question == MINE.question
    save(path, NOWHERE, answerer)
    assert [question.id for question in load(path)] == ["news-cases-003", "news-cases-002", "news-cases-004"]


def test_lines_of_others_stay_as_they_are(path: Path, answerer: FakeLibrary) -> None:
    own = b'{"id":  "mine-7", "question": "Why?", "answerable": false, "note": "\xc3\xa9", "tags": ["saved"]}'
    path.write_bytes(b"\xef\xbb\xbf" + own + b"\r\n\n" + own.replace(b"mine-7", b"x").replace(b"Why", b"How"))
    before = path.read_bytes()
    assert save(path, RIGHT, answerer).count == 3
    assert path.read_bytes().startswith(before + b"\n")
    assert [question.id for question in load(path)] == ["mine-7", "x", "news-cases-008"]
    with pytest.raises(LoadError, match="as 'mine-7', and was not saved from the page: change it there"):
        save(path, Case("unanswerable", "why"), answerer)
    assert len(load(path)) == 3


def test_what_somebody_added_to_a_case_stays_when_gold_is_added(path: Path, answerer: FakeLibrary) -> None:
    save(path, RIGHT, answerer)
    row = json.loads(path.read_text("utf-8")) | {"note": "ask again", "tags": ["saved", "right", "who"], "grades": [2]}
    path.write_text(json.dumps(row) + "\n", "utf-8")
    save(path, Case("right", RIGHT.question, None, "bread", "The guild", ""), answerer)
    row = json.loads(path.read_text("utf-8"))
    assert (row["note"], row["tags"]) == ("ask again", ["saved", "right", "who"]) and "grades" not in row
    assert len(load(path)) == 1


@pytest.mark.parametrize(
    ("case", "error", "said"),
    [
        (Case("right", " \n"), QuestionError, "no question"),
        (Case("unanswerable", "x" * 4_001), QuestionError, "4,001 characters; at most 4,000"),
        (Case("right", "Who?"), LoadError, "has no quote"),
        (Case("quote", "Who?", None, "mine", "  "), LoadError, "has no quote"),
        (Case("quote", "Who?", None, "mine", "Ilse Brand closed"), LoadError, "not in the stored text of “mine”"),
        (
            Case("quote", "Who?", None, "mine", "Mayor Ilse Brandt closed the mine. Bread"),
            LoadError,
            "not in the stored",
        ),
        (Case("quote", "Who?", None, "mine", "."), LoadError, "no letter and no digit"),
        (Case("quote", "Who?", None, "mine", "y" * 4_001), LoadError, "4,001 characters; select at most 4,000"),
        (Case("quote", "Who?", None, "gone", "Mayor"), ArticleNotFound, "gone"),
    ],
)
def test_what_cannot_be_a_case_is_refused(
    path: Path, answerer: FakeLibrary, case: Case, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        save(path, case, answerer)
    assert not path.exists()


def test_a_question_of_the_most_characters_is_kept(path: Path, answerer: FakeLibrary) -> None:
    save(path, Case("unanswerable", "x" * 4_000), answerer)
    assert len(load(path)[0].question) == 4_000


def test_characters_that_break_lines_or_files_do_not(path: Path, answerer: FakeLibrary) -> None:
    answerer.texts["odd"] = "One\u2028two \x85 three\r\nfour. é \U0001f600"
    save(path, Case("quote", "Odd \ud83d \u2028 \x85?", None, "odd", "two \x85 three four"), answerer)
    save(path, NOWHERE, answerer)
    assert load(path)[0].quotes == ("two \x85 three\r\nfour",)
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize("damage", [b"{", b'{"id": "a"}\n', b"\xff\xfe\n", b'{"id": 1}\nnull\n'])
def test_a_damaged_file_is_named_and_left_alone(path: Path, answerer: FakeLibrary, damage: bytes) -> None:
    path.write_bytes(damage)
    with pytest.raises(LoadError, match=r"damaged: .*news-cases.jsonl, line 1: .*move the file away"):
        save(path, RIGHT, answerer)
    assert path.read_bytes() == damage


@pytest.mark.parametrize("blank", [b"", b"\n", b"  \n\n"])
def test_an_empty_file_is_a_beginning(path: Path, answerer: FakeLibrary, blank: bytes) -> None:
    path.write_bytes(blank)
    assert save(path, RIGHT, answerer).count == 1
    assert len(load(path)) == 1


def test_another_writer_is_waited_for_by_the_user(path: Path, answerer: FakeLibrary) -> None:
    with (
        writer_lock(path.with_name(f".{path.name}.lock")),
        pytest.raises(LibraryLocked, match="being written by another process: save again"),
    ):
        save(path, RIGHT, answerer)


def test_a_disk_that_refuses_keeps_the_file(path: Path, answerer: FakeLibrary) -> None:
    save(path, RIGHT, answerer)
    before = path.read_bytes()
    # What is written first cannot be.
    path.with_name(f".{path.name}.new").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        save(path, NOWHERE, answerer)
    assert path.read_bytes() == before


def test_a_link_stays_one(path: Path, answerer: FakeLibrary, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "set.jsonl"
    real.parent.mkdir()
    path.symlink_to(real)
    save(path, RIGHT, answerer)
    assert path.is_symlink() and len(load(real)) == 1


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("a  b\nc", "a b c", "a  b\nc"),
        ("a.b axb", "axb", "axb"),
        ("ab", " ", None),
        ("ab", "", None),
        ("a b", "ab", None),
        ("x\u00a0y", "x y", "x\u00a0y"),
    ],
)
def test_white_space_is_all_the_same(text: str, quote: str, found: str | None) -> None:
    assert located(text, quote) == found
