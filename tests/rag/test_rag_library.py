"""Retrieval and libraries with an encoder of hashed words: filters, merging, reloading, threads, question checks."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from fakes import MARKERS, SMALL_CHUNKS, FakeEncoder, FakeScorer, article_text, write_articles
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rag_made import Phrases, make_library

import rag
from index.sync import rebuild, remove, sync
from rag.encoder import Vectors
from rag.errors import (
    ArticleNotFound,
    EncoderMismatch,
    LibraryNotFound,
    QuestionError,
)
from rag.library import Library, check_question
from rag.manifest import read_manifest
from rag.scoring import Scorer, reader_name
from rag.types import Answer, Article, Filters, Passage, Settings, Timings

QUERY = "harbour pilots"
START = date(2024, 1, 1)
LAST = 299
"""The article that names the query's words least often, and so ranks last."""


def record(number: int) -> dict[str, object]:
    """Article `n` of day `n`, of a source of its own; all are about the query, the last hardly."""
    about = "Harbour pilots spoke of harbour pilots. " * 3
    text = about if number < LAST else "Rain fell on meadows and orchards while farmers slept in barns, pilots said. "
    return {
        "id": f"a{number}",
        "title": f"Story {number}",
        "text": f"{text}Story number {number} ends here.",
        "source": f"Echo {number}",
        "published": None if number == 0 else (START + timedelta(days=number)).isoformat(),
    }


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """300 articles of one chunk each."""
    place = tmp_path_factory.mktemp("many")
    (place / "news.jsonl").write_text("\n".join(json.dumps(record(n)) for n in range(300)), "utf-8")
    sync([place / "news.jsonl"], place / "library", encoder=FakeEncoder(128), chunker=SMALL_CHUNKS)
    with Library(place / "library", encoder=FakeEncoder(128), scorer=FakeScorer()) as opened:
        yield opened


def day(number: int) -> date:
    return START + timedelta(days=number)


def ids(passages: tuple[Passage, ...]) -> set[str]:
    return {passage.article_id for passage in passages}


# -- filters --------------------------------------------------------------------------------------------------------


def test_without_a_filter_the_last_article_is_not_among_the_candidates(many: Library) -> None:
    found = many.hits(QUERY, k=300)
    assert f"a{LAST}" not in ids(found)
    # At most so many from each retriever.
    assert 100 <= len(found) <= 200


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param(Filters(published_after=day(LAST)), id="after"),
        pytest.param(Filters(published_after=day(LAST), published_before=day(LAST)), id="one-day"),
        pytest.param(Filters(sources=(f"Echo {LAST}",)), id="source"),
        pytest.param(Filters(sources=(f"eChO {LAST}",)), id="source-in-another-case"),
        pytest.param(Filters(articles=(f"a{LAST}",)), id="article"),
        pytest.param(Filters(articles=(f"a{LAST}", "nobody"), sources=(f"Echo {LAST}",)), id="two-kinds"),
    ],
)
def test_filters_apply_before_top_k_in_both_retrievers(many: Library, filters: Filters) -> None:
    (hit,) = many.hits(QUERY, k=10, filters=filters, settings=Settings(candidates=1))
    assert hit.article_id == f"a{LAST}"
    assert hit.dense is not None and hit.lexical is not None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(published_after=day(5), published_before=day(7)), {"a5", "a6", "a7"}, id="both-inclusive"),
        pytest.param(Filters(published_before=day(2)), {"a1", "a2"}, id="before-leaves-undated-out"),
        pytest.param(Filters(published_before=date(1969, 1, 1)), set(), id="before-everything"),
        pytest.param(Filters(published_after=day(9), published_before=day(8)), set(), id="empty-range"),
        pytest.param(Filters(sources=("Echo 3", "echo 4")), {"a3", "a4"}, id="any-of-the-sources"),
        pytest.param(Filters(sources=("Echo",)), set(), id="a-source-is-its-whole-name"),
        pytest.param(Filters(articles=("a0",)), {"a0"}, id="undated-by-id"),
        pytest.param(Filters(articles=("nobody",)), set(), id="no-such-article"),
        pytest.param(Filters(articles=("a5",), published_after=day(6)), set(), id="all-must-hold"),
        pytest.param(Filters(as_of=day(2)), {"a0", "a1", "a2"}, id="as-of-lets-undated-in"),
        pytest.param(Filters(as_of=date(1969, 1, 1)), {"a0"}, id="as-of-before-everything"),
        pytest.param(Filters(as_of=day(2), published_after=day(2)), {"a2"}, id="as-of-and-after"),
        pytest.param(Filters(as_of=day(9), published_before=day(2)), {"a1", "a2"}, id="as-of-and-before"),
        pytest.param(Filters(as_of=day(2), published_before=day(9)), {"a1", "a2"}, id="before-and-as-of"),
        pytest.param(Filters(as_of=day(2), sources=("Echo 1", "Echo 5")), {"a1"}, id="as-of-and-source"),
    ],
)
def test_what_passes_a_filter(many: Library, filters: Filters, expected: set[str]) -> None:
    found = many.hits(QUERY, k=300, filters=filters)
    assert ids(found) == expected
    assert all(hit.dense is not None and hit.lexical is not None for hit in found)
    assert ids(many.search(QUERY, k=100, filters=filters).passages) == expected


@pytest.mark.parametrize("source", ["İstanbul Post", "STRASSE", "Αθήνα ΣΑΣ"])
def test_sources_in_any_language_are_found_in_either_case(tmp_path: Path, source: str) -> None:
    text = {"id": "x", "text": "Harbour pilots spoke of the harbour again.", "source": source}
    (tmp_path / "a.jsonl").write_text(json.dumps(text), "utf-8")
    sync([tmp_path / "a.jsonl"], tmp_path / "library", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    with Library(tmp_path / "library", encoder=FakeEncoder()) as opened:
        for name in (source, source.lower()):
            (hit,) = opened.hits(QUERY, filters=Filters(sources=(name,)))
            assert hit.dense is not None and hit.lexical is not None


def test_a_question_that_the_filters_leave_nothing_for_is_refused(many: Library) -> None:
    answer = many.ask("Who are the harbour pilots?", filters=Filters(articles=("nobody",)))
    assert (answer.answered, answer.passages, answer.confidence) == (False, (), 0.0)
    assert answer.reason == "No article that the filters allow has anything to do with the question."


# -- as on a day ----------------------------------------------------------------------------------------------------


def test_as_of_applies_before_top_k_in_both_retrievers(many: Library) -> None:
    """The articles of later days are closer, and there are more of them than are taken."""
    for k in (1, 3):
        found = many.hits(QUERY, k=10, filters=Filters(as_of=day(2)), settings=Settings(candidates=k))
        assert len(found) >= k and ids(found) <= {"a0", "a1", "a2"}
    everything = many.hits(QUERY, k=10, filters=Filters(as_of=day(2)))
    assert all(hit.dense is not None and hit.lexical is not None for hit in everything)


@pytest.mark.parametrize("alone", ["dense", "lexical"])
def test_neither_retriever_sees_what_was_published_later(many: Library, alone: str) -> None:
    weights = Settings(dense_weight=float(alone == "dense"), lexical_weight=float(alone == "lexical"), candidates=300)
    found = many.hits(QUERY, k=300, filters=Filters(as_of=day(50)), settings=weights)
    assert ids(found) == {f"a{number}" for number in range(51)}
    assert all(getattr(hit, alone) is not None for hit in found)


@pytest.mark.parametrize("number", [1, 150, LAST])
def test_a_question_as_on_a_day_is_answered_from_what_was_known(many: Library, number: int) -> None:
    every = Settings(min_confidence=0, candidates=300, read=300, passages=300)
    answer = many.ask("Who spoke of harbour pilots?", as_of=day(number), settings=every)
    assert answer.provenance.as_of == answer.provenance.filters.as_of == day(number)
    assert {passage.article_id for passage in answer.passages} == {f"a{n}" for n in range(number + 1)}
    assert all(one.published is None or one.published <= day(number) for one in (*answer.passages, *answer.citations))
    examined = many.examine("Who spoke of harbour pilots?", k=300, as_of=day(number), settings=every)
    assert {chunk.article_id for chunk in examined.ranking} == ids(answer.passages)


def test_as_of_joins_the_other_filters_and_overrules_theirs(many: Library) -> None:
    filters = Filters(sources=("Echo 1", "Echo 5"), as_of=day(LAST))
    answer = many.ask("Who spoke of harbour pilots?", as_of=day(3), filters=filters)
    assert answer.provenance.filters == replace(filters, as_of=day(3))
    assert ids(answer.passages) == {"a1"}
    assert many.ask("Who spoke of harbour pilots?", filters=filters).provenance.as_of == day(LAST)


def test_without_a_day_the_question_is_of_today(many: Library) -> None:
    made = many.ask("Who spoke of harbour pilots?").provenance
    assert (made.as_of, made.filters.as_of) == (date.today(), None)


def test_an_article_dated_tomorrow_is_seen_unless_a_day_is_asked_for(tmp_path: Path) -> None:
    tomorrow = date.today() + timedelta(days=1)
    folder = make_library(tmp_path, [{"id": "x", "text": "Harbour pilots spoke.", "published": tomorrow.isoformat()}])
    with Library(folder, encoder=FakeEncoder(), scorer=FakeScorer()) as opened:
        assert ids(opened.ask("Who are the harbour pilots?").passages) == {"x"}
        assert opened.ask("Who are the harbour pilots?", as_of=date.today()).passages == ()


@pytest.mark.parametrize(
    ("as_of", "newest"),
    [
        pytest.param(day(5), day(5), id="of-that-day"),
        pytest.param(day(0), None, id="before-the-first"),
        pytest.param(day(10_000), day(LAST), id="of-all"),
    ],
)
def test_the_newest_date_up_to_a_day(many: Library, as_of: date, newest: date | None) -> None:
    assert many.snapshot.columns.newest(as_of) == newest


@given(st.integers(-5, 305), st.integers(-5, 305) | st.none())
@hypothesis_settings(max_examples=40, deadline=None)
def test_both_retrievers_allow_the_same_chunks(many: Library, last: int, first: int | None) -> None:
    filters = Filters(as_of=day(last), published_after=None if first is None else day(first))
    snapshot = many.snapshot
    mask = snapshot.columns.mask(filters)
    assert mask is not None
    rows, _ = snapshot.lexical.search(["pilot"], 300, filters, [])
    assert sorted(rows.tolist()) == sorted(snapshot.columns.chunk_row[mask].tolist())


FLAT = Settings(min_confidence=0, rrf_k=100_000)
"""The ranks of the retrievers hardly count."""


def among(opened: Library, question: str, as_of: date, settings: Settings) -> list[str]:
    return [passage.article_id for passage in opened.ask(question, as_of=as_of, settings=settings).passages]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Articles of the same words and different days."""
    text = "Harbour pilots spoke of the old bridge and left."
    days = {"undated": None, "may": "2024-05-20", "old": "2023-01-10", "new": "2024-08-01"}
    records = [
        {"id": name, "title": "News", "text": text, "published": published} for name, published in days.items()
    ]  # fmt: skip
    with Library(
        make_library(tmp_path_factory.mktemp("dated"), records), encoder=FakeEncoder(), scorer=FakeScorer()
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "as_of", "first"),
    [
        pytest.param("Who spoke of the harbour bridge?", date(2024, 8, 2), "new", id="the-newest"),
        pytest.param("Who spoke of the harbour bridge?", date(2024, 5, 21), "may", id="what-was-newest-then"),
        pytest.param("Who spoke of the harbour bridge in January 2023?", date(2024, 8, 9), "old", id="of-the-period"),
        pytest.param("Who spoke of the harbour bridge in May?", date(2024, 12, 1), "may", id="of-the-month"),
    ],
)
def test_of_articles_that_are_alike_dates_decide(dated: Library, question: str, as_of: date, first: str) -> None:
    assert among(dated, question, as_of, FLAT)[0] == first


def test_recency_can_be_left_out(dated: Library) -> None:
    question, day_of_news, plain = "Who spoke of the harbour bridge?", date(2024, 8, 2), replace(FLAT, recency=0.0)
    unread = among(dated, question, day_of_news, replace(FLAT, rerank=False))
    assert among(dated, question, day_of_news, plain) == unread != among(dated, question, day_of_news, FLAT)


# -- passages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(library: Path, encoder: FakeEncoder) -> Iterator[Library]:
    with Library(library, encoder=encoder, scorer=FakeScorer()) as found:
        yield found


def test_the_article_that_a_query_names_comes_first(opened: Library) -> None:
    for marker in MARKERS:
        assert opened.search(f"{marker} keepers").passages[0].article_id == marker


def test_passages_are_ranges_of_the_stored_text_best_first(opened: Library) -> None:
    passages = opened.search("gecko keepers week 3", k=5).passages
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    for passage in passages:
        article = opened.article(passage.article_id)
        assert passage.text == article.text[passage.start : passage.end]
        assert passage.title == article.title


def test_neighbouring_chunks_are_one_passage(opened: Library) -> None:
    chunks = opened.hits("gecko keepers", k=100, filters=Filters(articles=("gecko",)))
    assert len(chunks) >= 3
    first, *others = opened.search("gecko keepers", k=10, filters=Filters(articles=("gecko",))).passages
    joined = [chunk for chunk in chunks if first.start <= chunk.start and chunk.end <= first.end]
    assert len(joined) >= 2
    spans = sorted((passage.start, passage.end) for passage in (first, *others))
    assert all(end <= start for (_, end), (start, _) in pairwise(spans)), "no two passages of an article overlap"
    assert first.start == min(chunk.start for chunk in joined) and first.end == max(chunk.end for chunk in joined)
    assert first.score == max(chunk.score for chunk in joined)
    assert first.dense == max(chunk.dense or 0 for chunk in joined)
    covered = [place for passage in (first, *others) for place in range(passage.start, passage.end)]
    assert set(covered) >= {place for chunk in chunks for place in range(chunk.start, chunk.end)}


def test_scores_are_reciprocal_ranks(opened: Library) -> None:
    settings = Settings(dense_weight=1.0, lexical_weight=0.0, rrf_k=60)
    scores = [hit.score for hit in opened.hits("gecko", k=3, settings=settings)]
    assert scores == pytest.approx([1 / 61, 1 / 62, 1 / 63])


def test_k_limits_passages_and_a_library_can_be_asked_for_more_than_it_has(opened: Library) -> None:
    assert len(opened.search("gecko", k=2).passages) == 2
    assert len(opened.hits("gecko", k=1)) == 1
    total = read_manifest(opened.path).chunks
    assert len(opened.hits("gecko", k=10_000, settings=Settings(candidates=10_000))) == total


def test_search_results_are_plain_json(opened: Library) -> None:
    result = opened.search("gecko", filters=Filters(published_after=None, sources=()))
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["query"] == "gecko"
    assert len(plain["passages"]) == len(result.passages)
    assert plain["provenance"]["generation"] == 1


# -- opening, closing, reloading ------------------------------------------------------------------------------------


def test_what_a_library_says_of_itself(opened: Library, library: Path) -> None:
    manifest = read_manifest(library)
    info = opened.info
    assert (info.generation, info.articles, info.chunks) == (1, 8, manifest.chunks)
    assert (info.encoder, info.encoder_name) == (FakeEncoder().spec.fingerprint, "fake")
    assert info.reader == "fake-reader"


def test_articles_come_newest_first_and_undated_last(many: Library) -> None:
    found = [article.id for article in many.articles()]
    assert found == [*(f"a{n}" for n in range(299, 0, -1)), "a0"]


def test_an_unknown_article_says_how_to_see_the_ids(opened: Library) -> None:
    with pytest.raises(ArticleNotFound, match=r"No article 'x' in .*rag list --library"):
        opened.article("x")


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match=r"There is no library in .*rag sync FOLDER --library"):
        rag.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_encoder_is_refused_and_nothing_stays_open(library: Path, recwarn: pytest.WarningsRecorder) -> None:
    import gc

    with pytest.raises(EncoderMismatch, match=r"dimension: 16, not 32"):
        Library(library, encoder=FakeEncoder(16))
    gc.collect()
    assert [str(one.message) for one in recwarn if issubclass(one.category, ResourceWarning)] == []


def test_a_closed_library_says_so_and_can_be_closed_again(library: Path, encoder: FakeEncoder) -> None:
    opened = Library(library, encoder=encoder)
    opened.close()
    opened.close()
    for use in (lambda: opened.ask("Who are the gecko keepers?"), lambda: opened.article("gecko")):
        with pytest.raises(LibraryNotFound, match=r"was closed; open it again with rag\.open\(\)"):
            use()


def test_an_open_library_goes_on_until_it_reloads(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    with Library(library, encoder=encoder, scorer=FakeScorer()) as old:
        before = old.ask("How many animals did the gecko keepers count?")
        remove(["gecko"], library)
        write_articles(articles_folder, ["ibis"])
        sync([articles_folder / "ibis.txt"], library, encoder=encoder, chunker=SMALL_CHUNKS)
        assert replace(old.ask(before.question), timings=before.timings) == before
        assert old.article("gecko").text == article_text("gecko")
        assert old.info.generation == 1
        assert old.reload() is True
        assert old.info.generation == 3
        assert old.reload() is False
        assert old.search("ibis").passages[0].article_id == "ibis"
        with pytest.raises(ArticleNotFound):
            old.article("gecko")


class ReloadingEncoder(FakeEncoder):
    """Reloads a library in the middle of a question."""

    library: Library | None = None

    def encode_query(self, text: str) -> Vectors:
        if self.library is not None:
            library, self.library = self.library, None
            library.reload()
        return super().encode_query(text)


def test_a_question_ends_on_the_generation_that_it_began_with(library: Path) -> None:
    encoder = ReloadingEncoder()
    with Library(library, encoder=encoder, scorer=FakeScorer()) as opened:
        remove(["gecko"], library)
        encoder.library = opened
        assert opened.ask("How many animals did the gecko keepers count?").provenance.generation == 1
        assert opened.info.generation == 2


def test_a_question_that_runs_while_the_encoder_is_replaced_ends_with_its_own(library: Path) -> None:
    encoder = ReloadingEncoder()
    with Library(library, encoder=encoder, scorer=FakeScorer()) as opened:
        rebuild(library, FakeEncoder(16, name="other", weights="2" * 64), SMALL_CHUNKS)
        encoder.library = opened
        answer = opened.ask("How many animals did the gecko keepers count?")
        assert answer.provenance.encoder == encoder.spec.fingerprint


# -- threads --------------------------------------------------------------------------------------------------------


def without_times(answer: Answer) -> Answer:
    return replace(answer, timings=Timings())


def test_many_threads_get_the_answers_of_one(opened: Library) -> None:
    questions = [
        f"{ask} in week {week}?"
        for week in range(1, 11)
        for ask in (f"How many animals did the {MARKERS[week % 8]} keepers count", "What opens to visitors")
    ]
    expected = [without_times(opened.ask(question)) for question in questions]

    def all_of_them(_: int) -> list[Answer]:
        return [without_times(opened.ask(question)) for question in questions]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(all_of_them, range(8)):
            assert found == expected


class Loads:
    """Stands for what loads a reader, and counts."""

    def __init__(self) -> None:
        self.named: list[tuple[str | None, str | None]] = []

    def __call__(self, reader: str | None, reranker: str | None) -> Scorer:
        self.named.append((reader, reranker))
        return Phrases("keepers", name=reader_name(reader, reranker))


def test_a_reader_is_loaded_by_the_first_question_and_once(
    library: Path, articles_folder: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads()
    monkeypatch.setattr("rag.held.load_scorer", loads)
    with Library(library, encoder=encoder, reader="mine", reranker="judge") as opened:
        assert opened.info.reader == "mine reranked by judge"
        opened.search("gecko")
        assert loads.named == []
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(opened.ask, ["Who are the gecko keepers?"] * 8))
        write_articles(articles_folder, ["ibis"])
        sync([articles_folder], library, encoder=encoder, chunker=SMALL_CHUNKS)
        assert opened.reload()
        assert opened.ask("Who are the ibis keepers?").provenance.reader == "mine reranked by judge"
    assert loads.named == [("mine", "judge")]


# -- questions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "message"),
    [
        pytest.param("", "is empty; type what you want to know", id="empty"),
        pytest.param(" \n\t ", "is empty", id="blank"),
        pytest.param("x" * 4_001, "has 4,001 characters; at most 4,000", id="too-long"),
        pytest.param(" " * 4_001 + "gecko", "has 4,006 characters", id="too-long-with-blanks"),
        pytest.param("What is it about?", "holds only common words; add the names", id="stop-words-only"),
        pytest.param("?!…", "holds only common words", id="no-words"),
    ],
)
def test_questions_that_cannot_be_asked(opened: Library, question: str, message: str) -> None:
    for ask in (opened.ask, opened.search, opened.hits):
        with pytest.raises(QuestionError, match=message):
            ask(question)


@pytest.mark.parametrize("question", ["gecko " * 666, "gecko\0keepers", "gecko \ud83e keepers", "Gecko? 🦎 «ящерица»"])
def test_odd_questions_are_still_asked(opened: Library, question: str) -> None:
    assert opened.search(question).passages[0].article_id == "gecko"
    opened.ask(question)


def test_a_question_is_trimmed_and_its_blanks_are_single() -> None:
    assert check_question("  who \n opened\tit ? ") == "who opened it ?"
    assert check_question("x" * 4_000) == "x" * 4_000


def test_a_question_is_composed_as_articles_are(opened: Library) -> None:
    assert check_question("Wer war in Mu\u0308nchen?") == "Wer war in M\u00fcnchen?"
    decomposed = unicodedata.normalize("NFD", "gecko in Łódź und Düren")
    assert opened.search(decomposed).query == "gecko in Łódź und Düren"


def test_a_search_tells_the_query_that_was_searched(opened: Library) -> None:
    assert opened.search(" gecko\udcff  keepers ").query == "gecko? keepers"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_filters_match_in_whatever_composition(tmp_path: Path, form: Literal["NFC", "NFD"]) -> None:
    record = {"id": "überfahrt", "text": "Harbour pilots spoke.", "source": "Échos İstanbul"}
    # A Mac spells names of files in NFD, and the id is made of the name.
    (tmp_path / unicodedata.normalize("NFD", "한국.txt")).write_text("Harbour pilots spoke.", "utf-8")
    folder = make_library(tmp_path, [record, {"id": "other", "text": "Harbour pilots spoke again.", "source": "Echo"}])
    sync([tmp_path], folder, encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    filters = {
        "überfahrt": Filters(articles=(unicodedata.normalize(form, "überfahrt"),)),
        "한국": Filters(articles=(unicodedata.normalize(form, "한국"),)),
    }
    with Library(folder, encoder=FakeEncoder()) as opened:
        by_source = opened.hits(QUERY, filters=Filters(sources=(unicodedata.normalize(form, "Échos İstanbul"),)))
        assert ids(by_source) == {"überfahrt"}
        for name, chosen in filters.items():
            (hit,) = opened.hits(QUERY, filters=chosen)
            assert unicodedata.normalize("NFC", hit.article_id) == name
            assert hit.dense is not None and hit.lexical is not None


def test_an_article_round_trips_through_the_store(tmp_path: Path, encoder: FakeEncoder) -> None:
    text = "Café 😀 — ﬁne\u2028line.\n\n\tTabs and\u00a0spaces stay.  \n"
    fields = {"id": "Ünï 1", "title": "T “q”", "text": text, "source": "Echo", "url": "https://e.org/?a=1&b=2"}
    (tmp_path / "a.jsonl").write_text(json.dumps({**fields, "published": "0999-01-02"}), "utf-8")
    sync([tmp_path / "a.jsonl"], tmp_path / "library", encoder=encoder, chunker=SMALL_CHUNKS)
    with Library(tmp_path / "library", encoder=encoder) as opened:
        found = opened.article("Ünï 1")
    assert found == Article(
        "Ünï 1", "T “q”", text, "Echo", "https://e.org/?a=1&b=2", date(999, 1, 2), f"{tmp_path / 'a.jsonl'}#1",
        found.noise,
    )  # fmt: skip
