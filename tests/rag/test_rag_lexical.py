"""The lexical index: many languages in one, English as it always was, and indexes of the older form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from paragraphs import PARAGRAPHS

from index.draft import Draft
from index.load import read_file
from rag.analysis import analyzer
from rag.errors import StorageError
from rag.lexical import ANALYZER, LexicalEntry, LexicalIndex, is_current, update
from rag.types import Filters

EXAMPLES = Path(__file__).parents[2] / "examples" / "articles"
TEXTS = [(code, text) for code, texts in PARAGRAPHS.items() for text in texts]


def entries(texts: Sequence[tuple[str | None, str]], first: int = 0) -> list[LexicalEntry]:
    return [
        LexicalEntry(row, row, 0, "", "", text, language) for row, (language, text) in enumerate(texts, start=first)
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    """One chunk for each paragraph, all languages together."""
    folder = tmp_path_factory.mktemp("lexical")
    update(folder, remove=(), add=entries(TEXTS))
    return LexicalIndex(folder, size=len(TEXTS))


def best(index: LexicalIndex, question: str, language: str, k: int = 3) -> list[str]:
    """The languages of the chunks found, best first."""
    others = index.terms_elsewhere(question, language)
    rows, _ = index.search(index.terms(question, language), k, Filters(), [], others)
    return [TEXTS[row][0] for row in rows]


def test_an_index_names_the_languages_it_holds(world: LexicalIndex) -> None:
    assert world.languages == tuple(sorted(PARAGRAPHS))


@pytest.mark.parametrize(
    ("language", "question"),
    [
        pytest.param("tr", "evler", id="turkish-house"),
        pytest.param("tr", "Köprünün açılışı ne zaman?", id="turkish-bridge"),
        pytest.param("ru", "старинная книга", id="russian-book"),
        pytest.param("uk", "діти навчаються", id="ukrainian-exact-forms"),
        pytest.param("de", "Was befürchtet ein Fischer?", id="german-fishermen"),
        pytest.param("fr", "la cantine des eleves", id="french-without-accents"),
        pytest.param("es", "¿Cuándo abrieron los puentes?", id="spanish-bridges"),
        pytest.param("pl", "otwarte mosty", id="polish-bridges"),
        pytest.param("el", "γέφυρες", id="greek-bridges"),
        pytest.param("ar", "متى فتح الجسر؟", id="arabic-bridge"),
        pytest.param("fa", "پل کی گشوده شد؟", id="persian-bridge"),
        pytest.param("zh", "水库的水量", id="chinese-reservoir"),
        pytest.param("ja", "橋はいつ開通したか", id="japanese-bridge"),
        pytest.param("ko", "다리는 언제 개통되었나", id="korean-bridge"),
        pytest.param("th", "สะพานเปิด", id="thai-bridge"),
        pytest.param("en", "When were the bridges opened?", id="english-bridges"),
    ],
)
def test_a_question_finds_articles_in_its_language(world: LexicalIndex, language: str, question: str) -> None:
    assert best(world, question, language)[0] == language


def test_a_name_is_found_in_the_articles_of_every_language(tmp_path: Path) -> None:
    texts = [("en", "The mayor met Merkel."), ("de", "Der Bürgermeister traf Merkel."), ("tr", "Merkel geldi.")]
    update(tmp_path, remove=(), add=entries(texts))
    index = LexicalIndex(tmp_path, size=3)
    rows, scores = index.search(
        index.terms("Who met Merkel?"), 9, Filters(), [], index.terms_elsewhere("Who met Merkel?", "en")
    )
    assert rows[0] == 0 and sorted(rows) == [0, 1, 2]
    assert scores[0] > scores[1]


def test_articles_of_other_languages_come_and_go(tmp_path: Path) -> None:
    update(tmp_path, remove=(), add=entries([("en", "A bridge."), ("tr", "Evlerinden çıktılar.")]))
    assert is_current(tmp_path)
    update(tmp_path, remove=[1], add=entries([("ru", "Старые книги.")], first=2))
    index = LexicalIndex(tmp_path, size=2)
    assert index.languages == ("en", "ru")
    assert index.search(index.terms("ev", "tr"), 5, Filters(), [])[0].tolist() == []
    assert index.search(index.terms("книга", "ru"), 5, Filters(), [])[0].tolist() == [2]


# -- English, and indexes of the older form -------------------------------------------------------------------------


def older(folder: Path, texts: Sequence[tuple[str, str]]) -> None:
    """Write an index as it was before languages: (title, body) of each chunk, everything as English."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_unsigned_field("article", indexed=True)
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name=ANALYZER, index_option="freq")
    builder.add_text_field("body", tokenizer_name=ANALYZER, index_option="freq")
    index = tantivy.Index(builder.build(), path=str(folder))
    index.register_tokenizer(ANALYZER, analyzer())
    writer = index.writer(64_000_000, 1)
    for row, (title, body) in enumerate(texts):
        document = tantivy.Document()
        document.add_unsigned("chunk", row)
        document.add_unsigned("article", row)
        document.add_integer("published", 0)
        document.add_text("source", "")
        document.add_text("title", title)
        document.add_text("body", body)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


@pytest.fixture(scope="module")
def paragraphs_of_samples() -> list[tuple[str, str]]:
    drafts = [one for path in sorted(EXAMPLES.iterdir()) for one in read_file(path) if isinstance(one, Draft)]
    return [(draft.title, line) for draft in drafts for line in draft.text.split("\n") if line.strip()]


QUESTIONS = (
    "Who mediated the swap?", "When will the Pell Harbour bridge close?", "How low is the Cutler reservoir?",
    "Why was trading halted?", "What was stolen from the museum?", "How many prisoners were freed?",
    "Where did the exchange take place?", "Who met the plane at Vnukovo?", "What did Peskov say?",
    "Which prison opens as a hotel?", "What ended the rail strike?", "Who insures the grain ships?",
    "When does the Ostermere library reopen?", "Who thanked Minsk?", "What did Turkish intelligence do?",
    "Why is the count twenty-four?", "Who are the captives?", "How long is the drought?", "ferry pilots wages",
    "the who was it",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", None])
def test_english_is_ranked_and_scored_as_before_languages(
    tmp_path: Path, paragraphs_of_samples: list[tuple[str, str]], language: str | None
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    older(tmp_path / "old", paragraphs_of_samples)
    rows = enumerate(paragraphs_of_samples)
    made = [LexicalEntry(row, row, 0, "", title, body, language) for row, (title, body) in rows]
    update(tmp_path / "new", remove=(), add=made)
    old = LexicalIndex(tmp_path / "old", size=len(made))
    new = LexicalIndex(tmp_path / "new", size=len(made))
    assert old.languages == () and new.languages == (language or "",)
    found = 0
    for question in QUESTIONS:
        assert new.terms_elsewhere(question, "en") == []
        one, other = (index.search(index.terms(question), 50, Filters(), []) for index in (old, new))
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
        found += len(one[0])
    assert found > 20 * len(QUESTIONS)


def test_an_older_index_is_read_but_not_added_to(tmp_path: Path) -> None:
    older(tmp_path, [("Bridge", "The bridge was closed.")])
    assert not is_current(tmp_path)
    index = LexicalIndex(tmp_path, size=1)
    assert index.search(index.terms("bridges"), 5, Filters(), [])[0].tolist() == [0]
    with pytest.raises(StorageError):
        update(tmp_path, remove=(), add=entries([("tr", "Köprü.")], first=1))
    assert LexicalIndex(tmp_path, size=1).rows().tolist() == [0]


def test_an_empty_folder_holds_no_current_index(tmp_path: Path) -> None:
    assert not is_current(tmp_path)
