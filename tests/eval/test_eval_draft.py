"""Drafts: spread over the articles, on sentences that state a fact, never over a file that exists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.dataset import load_set
from eval.draft import draft
from index.sync import sync
from rag.errors import LoadError, StorageError
from rag.library import Library
from rag.types import Article, Noise

GOOD = "The harbour of Lund was closed by Mayor Ilse Brandt on 3 May 2024 after a flood."
PLAIN = "The quay of Malmo belongs to a guild that has not been named."


class Shelf:
    """Articles in memory."""

    def __init__(self, *articles: Article) -> None:
        self._articles = {article.id: article for article in articles}

    def articles(self) -> Iterator[Article]:
        return iter(self._articles.values())

    def article(self, article_id: str, /) -> Article:
        return self._articles[article_id]


def numbered(count: int, sentences: int = 3) -> Shelf:
    """Articles of sentences that are all worth asking about, and all different."""
    return Shelf(
        *(
            Article(
                f"a{n}",
                f"Title {n}",
                " ".join(
                    f"In report {n} the mayor of Lund counted {s + 10} boats in the harbour." for s in range(sentences)
                ),
            )
            for n in range(count)
        )
    )


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_draft_holds_all_that_is_known(tmp_path: Path) -> None:
    article = Article("mine", "The mine", f"It rained.\n\n{GOOD}", published=date(2024, 5, 4))
    assert draft(Shelf(article), tmp_path / "mine.jsonl", count=1) == 1
    assert rows_of(tmp_path / "mine.jsonl") == [
        {
            "id": "mine-001",
            "question": "",
            "answers": [],
            "articles": ["mine"],
            "answerable": True,
            "quotes": [GOOD],
            "tags": ["draft"],
            "title": "The mine",
            "published": "2024-05-04",
        }
    ]


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        pytest.param("Ilse Brandt closed Lund in 2024.", (), id="too short"),
        pytest.param(f"In Lund {'so ' * 40}it was.", (), id="too long"),
        pytest.param("They have never said why the old harbour was closed to everybody.", (), id="no name, no number"),
        pytest.param("Why did Mayor Ilse Brandt close the harbour of Lund in 2024?", (), id="a question"),
        pytest.param("Mayor Ilse Brandt closed the harbour of Lund in 2024 and then…", (), id="cut off"),
        pytest.param("Mayor Ilse Brandt Closes Harbour of Lund After the Flood of 2024", (), id="a headline"),
        pytest.param(GOOD, (Noise(0, len(GOOD), "teaser"),), id="noise"),
    ],
)
def test_what_is_not_worth_asking_about_is_not_drafted(tmp_path: Path, text: str, noise: tuple[Noise, ...]) -> None:
    bad = Article("bad", "", text, noise=noise)
    with pytest.raises(LoadError, match="no sentence to ask about"):
        draft(Shelf(bad), tmp_path / "set.jsonl")
    assert not (tmp_path / "set.jsonl").exists()
    draft(Shelf(bad, Article("good", "", GOOD)), tmp_path / "set.jsonl")
    assert [row["articles"] for row in rows_of(tmp_path / "set.jsonl")] == [["good"]]


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param(PLAIN, id="holds less"),
        pytest.param(f"But {GOOD}", id="leans on the one before"),
        pytest.param(f"“{GOOD}”", id="is quoted speech"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_best_sentence_is_taken_wherever_it_stands(tmp_path: Path, worse: str, seed: int) -> None:
    shelf = Shelf(Article("a", "", f"{worse}\n\n{GOOD}\n\n{worse}"))
    draft(shelf, tmp_path / "set.jsonl", count=1, seed=seed)
    assert rows_of(tmp_path / "set.jsonl")[0]["quotes"] == [GOOD]


def test_every_tenth_is_a_place_for_an_unanswerable_question(tmp_path: Path) -> None:
    assert draft(numbered(40), tmp_path / "set.jsonl", count=25) == 25
    rows = rows_of(tmp_path / "set.jsonl")
    assert [number for number, row in enumerate(rows, start=1) if not row["answerable"]] == [10, 20]
    assert rows[9] == {
        "id": "set-010",
        "question": "",
        "answers": [],
        "articles": [],
        "answerable": False,
        "quotes": [],
        "tags": ["draft", "unanswerable"],
    }


@settings(deadline=None, max_examples=40)
@given(count=st.integers(1, 45), articles=st.integers(1, 30), seed=st.integers(0, 3))
def test_drafts_are_spread_evenly_and_never_the_same(
    tmp_path_factory: pytest.TempPathFactory, count: int, articles: int, seed: int
) -> None:
    out = tmp_path_factory.mktemp("drafts") / "set.jsonl"
    shelf = numbered(articles, sentences=50)
    assert draft(shelf, out, count=count, seed=seed) == count
    rows = rows_of(out)
    used = Counter(row["articles"][0] for row in rows if row["answerable"])
    wanted = count - count // 10
    assert used.total() == wanted
    assert max(used.values()) - (min(used.values()) if len(used) == articles else 0) <= 1
    quotes = [quote for row in rows for quote in row["quotes"]]
    assert len(set(quotes)) == wanted
    assert all(row["quotes"][0] in shelf.article(row["articles"][0]).text for row in rows if row["answerable"])
    assert len({row["id"] for row in rows}) == count


def test_the_seed_decides(tmp_path: Path) -> None:
    shelf = numbered(200)
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        draft(shelf, tmp_path / name / "set.jsonl", seed=seed)
        texts.append((tmp_path / name / "set.jsonl").read_text("utf-8"))
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [pytest.param(1, 2, id="two facts"), pytest.param(5, 11, id="ten facts and a place")],
)
def test_there_are_fewer_where_the_articles_hold_no_more(tmp_path: Path, sentences: int, expected: int) -> None:
    assert draft(numbered(2, sentences), tmp_path / "set.jsonl", count=50) == expected


def test_a_sentence_of_two_articles_is_asked_about_once(tmp_path: Path) -> None:
    shelf = Shelf(Article("a", "", GOOD), Article("b", "", f"It rained.\n\n{GOOD}"))
    assert draft(shelf, tmp_path / "set.jsonl") == 1


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "set.jsonl"
    out.write_text("mine", "utf-8")
    with pytest.raises(StorageError, match="never overwrite"):
        draft(numbered(3), out)
    assert out.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "count", "error", "message"),
    [
        pytest.param("set.json", 5, LoadError, r"expected NAME\.jsonl", id="another ending"),
        pytest.param("set.jsonl", 0, LoadError, "expected 1 or more", id="none"),
        pytest.param("absent/set.jsonl", 5, StorageError, "cannot be written", id="no such folder"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, name: str, count: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        draft(numbered(3), tmp_path / name, count=count)


def test_a_library_gives_drafts_that_say_that_they_are_not_filled_in(tmp_path: Path, articles_folder: Path) -> None:
    out = tmp_path / "new.jsonl"
    library = tmp_path / "library"
    sync([articles_folder], library, encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    with Library(library, encoder=FakeEncoder()) as opened:
        assert draft(opened, out, count=20) == 20
        row = rows_of(out)[0]
        assert row["quotes"][0] in opened.article(row["articles"][0]).text
    with pytest.raises(LoadError) as error:
        load_set(out)
    assert str(error.value).startswith(f"{out}, line 1: field 'question': expected a string that is not empty")
    assert "tagged 'draft' and still has to be filled in" in str(error.value)
