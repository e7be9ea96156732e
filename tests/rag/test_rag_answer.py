"""Answers: exact citations, short answers, sources that differ, refusals with reasons, the JSON schema."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fakes import FakeEncoder, FakeScorer
from rag_made import Phrases, make_library

import rag
from rag.answer import DIFFER, REFUSAL, SUPPORTS_LEAST
from rag.encoder import Encoder
from rag.errors import CitationError
from rag.library import Library
from rag.scoring import Scored
from rag.store import Store
from rag.types import Answer, Article, Filters, Settings, Side, Span

SWAP = "Who mediated the swap?"
QUESTIONS = (
    SWAP,
    "How many people were exchanged in Ankara?",
    "When did the Brandholm Stock Exchange halt trading?",
    "What was stolen from the museum in Dunhaven?",
    "Why will the Pell Harbour bridge be closed?",
    "Where did the plane with the freed Russians land?",
)
KEYS = {
    "question", "answered", "text", "confidence", "citations", "passages", "timings", "provenance", "reason",
    "evidence", "short", "sides", "revised", "schema",
}  # fmt: skip
CITATION_KEYS = {"number", "article_id", "title", "source", "url", "published", "start", "end", "quote"} | {
    "copies", "more_copies", "original", "newest", "author", "page", "section",
}  # fmt: skip
PASSAGE_KEYS = {
    "article_id", "title", "source", "url", "published", "start", "end", "text", "score", "dense", "lexical", "noise",
    "copies",
}  # fmt: skip
PROVENANCE_KEYS = {
    "library", "generation", "encoder", "version", "settings", "filters", "calibration", "reader", "as_of",
}  # fmt: skip
ANY = Settings(min_confidence=0)


@pytest.fixture(scope="module")
def faked(sample_folder: Path, real_encoder: Encoder) -> Iterator[Library]:
    """The sample articles, read by words."""
    with Library(sample_folder, encoder=real_encoder, scorer=FakeScorer()) as opened:
        yield opened


@pytest.fixture(scope="module")
def answers(faked: Library) -> dict[str, Answer]:
    return {question: faked.ask(question, settings=ANY) for question in QUESTIONS}


# -- citations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_the_stored_text_at_its_offsets(
    question: str, answers: dict[str, Answer], faked: Library
) -> None:
    answer = answers[question]
    assert answer.answered and answer.reason is None
    assert 1 <= len(answer.citations) <= 3
    for citation in answer.citations:
        article = faked.article(citation.article_id)
        assert citation.quote and article.text[citation.start : citation.end] == citation.quote
        facts = (citation.title, citation.source, citation.url, citation.published)
        assert facts == (article.title, article.source, article.url, article.published)
        marks = [(mark.start, mark.end) for mark in article.noise]
        assert not any(start < citation.end and citation.start < end for start, end in marks)


@pytest.mark.parametrize("question", QUESTIONS)
def test_citations_are_numbered_from_one_and_come_from_different_articles(
    question: str, answers: dict[str, Answer]
) -> None:
    answer = answers[question]
    numbers = list(range(1, len(answer.citations) + 1))
    assert [citation.number for citation in answer.citations] == numbers
    assert [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)] == numbers
    quoted = " ".join(f"{c.quote} [{c.number}]" for c in answer.citations)
    assert answer.text == (f"{DIFFER} {quoted}" if answer.sides else quoted)
    assert len({citation.article_id for citation in answer.citations}) == len(numbers)


def in_its_citation(answer: Answer, article: Article, side: Side | None = None) -> bool:
    """Whether the short answer is the stored text at its offsets, inside the citation that it names."""
    short = side.short if side else answer.short
    assert short is not None
    citation = answer.citations[short.citation - 1]
    inside = citation.start <= short.start < short.end <= citation.end
    return inside and short.article_id == citation.article_id and article.text[short.start : short.end] == short.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_short_answer_stands_in_the_first_citation(
    question: str, answers: dict[str, Answer], faked: Library
) -> None:
    answer = answers[question]
    if question.startswith("Why"):
        assert answer.short is None, "a reason takes the whole sentence"
    else:
        assert answer.short is not None and answer.short.citation == 1
        assert in_its_citation(answer, faked.article(answer.short.article_id))


@pytest.mark.parametrize("question", QUESTIONS)
def test_confidence_is_a_probability_and_times_are_measured(question: str, answers: dict[str, Answer]) -> None:
    answer = answers[question]
    assert 0 <= answer.confidence <= 1
    times = answer.timings
    parts = times.encode + times.dense + times.lexical + times.fuse + times.read + times.cite
    assert 0 < parts <= times.total


def test_the_same_question_has_the_same_answer(faked: Library, answers: dict[str, Answer]) -> None:
    again = faked.ask(SWAP, settings=ANY)
    assert replace(again, timings=answers[SWAP].timings) == answers[SWAP]


def test_provenance_says_what_read_and_for_which_day(faked: Library, answers: dict[str, Answer]) -> None:
    made = answers[SWAP].provenance
    assert (made.reader, made.as_of, made.settings) == (FakeScorer.name, date.today(), ANY)
    assert made.calibration == faked.calibration.digest


# -- what is chosen -------------------------------------------------------------------------------------------------

RESCUE = "Who led the rescue of the Lisse ferry?"
HURT = "How many people were hurt in the Lisse ferry fire?"
SENT = "Which towns sent boats to the Lisse ferry?"
WEATHER = "Rain fell on the meadows all day and farmers slept in their barns until it was over."


def story(name: str, text: str, published: str | None = "2024-08-05") -> Mapping[str, object]:
    return {"id": name, "title": f"Report {name}", "text": f"{text} {WEATHER}", "published": published}


STORIES = (
    story("ada", "Ada Lind led the rescue of the Lisse ferry, people in the harbour said.", "2024-08-03"),
    story("lind", "The Lisse ferry rescue was led by Captain Ada Lind on a stormy night.", "2024-08-04"),
    story("twelve", "Twelve people were hurt in the Lisse ferry fire, the mayor told them.", "2024-08-03"),
    story("fifteen", "A doctor said that 15 people were hurt in the Lisse ferry fire.", "2024-08-05"),
    story("twenty", "The count of people hurt in the Lisse ferry fire was 20, nurses told.", "2024-08-04"),
    story("undated", "As many as 31 people were hurt in the Lisse ferry fire, a pilot said.", None),
    story("boats", "The towns of Oslo, Bergen and Sandnes sent boats to the Lisse ferry fire.", "2024-08-03"),
    story("more", "Boats to the Lisse ferry were sent by towns in the north such as Narvik.", "2024-08-03"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("answers"), STORIES)


def ask(folder: Path, question: str, *phrases: str, settings: Settings = ANY, answers: float = 5.0) -> Answer:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases(*phrases, answers=answers)) as opened:
        answer = opened.ask(question, settings=settings, as_of=date(2024, 8, 5))
        for side in answer.sides:
            assert in_its_citation(answer, opened.article(side.short.article_id), side)
        return answer


def test_an_answer_quotes_every_article_that_gives_it(folder: Path) -> None:
    answer = ask(folder, RESCUE, "Ada Lind")
    assert {citation.article_id for citation in answer.citations} == {"ada", "lind"}
    assert all("Ada Lind" in citation.quote for citation in answer.citations)
    assert answer.short is not None and answer.short.text == "Ada Lind"
    assert answer.sides == () and DIFFER not in answer.text


def test_an_article_is_quoted_once(folder: Path) -> None:
    answer = ask(folder, RESCUE, "Ada Lind", "Captain Ada", "stormy night")
    assert len({citation.article_id for citation in answer.citations}) == len(answer.citations)


class Elsewhere(Phrases):
    """Finds nothing that answers where a word stands, though the phrases do."""

    def _scored(self, text: str) -> Scored:
        found = super()._scored(text)
        return replace(found, answers=SUPPORTS_LEAST - 0.1) if "stormy" in text else found


def test_a_passage_that_only_holds_the_words_is_not_quoted_beside(folder: Path) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Elsewhere("Ada Lind")) as opened:
        answer = opened.ask(RESCUE, settings=ANY, as_of=date(2024, 8, 5))
    assert [citation.article_id for citation in answer.citations] == ["ada"]


@pytest.mark.parametrize(
    ("article", "question", "phrase", "short"),
    [
        pytest.param("ada", "Whose rescue was it?", "Ada Lind", None, id="who-does-is-not-whose"),
        pytest.param("lind", "Whose rescue was it?", "Captain Ada Lind", "Captain Ada Lind", id="of-or-by"),
        pytest.param("twelve", "Who was hurt in the Lisse ferry fire?", "them", None, id="a-pronoun"),
        pytest.param("ada", "Who led the rescue?", "Ada Lind", "Ada Lind", id="a-name"),
    ],
)
def test_words_that_name_nobody_are_no_short_answer(
    folder: Path, article: str, question: str, phrase: str, short: str | None
) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases(phrase)) as opened:
        answer = opened.ask(question, settings=ANY, filters=Filters(articles=(article,)), as_of=date(2024, 8, 5))
    assert phrase in answer.citations[0].quote
    assert (answer.short.text if answer.short else None) == short


def test_whether_is_answered_by_the_sentences_of_several_sources(folder: Path) -> None:
    answer = ask(folder, "Did Ada Lind lead the rescue of the Lisse ferry?", "Ada Lind")
    assert {citation.article_id for citation in answer.citations} >= {"ada", "lind"}


def test_fewer_citations_can_be_asked_for(folder: Path) -> None:
    answer = ask(folder, RESCUE, "Ada Lind", settings=replace(ANY, max_citations=1))
    assert len(answer.citations) == 1


def test_a_list_answers_a_question_for_several_and_more_members_follow(folder: Path) -> None:
    answer = ask(folder, SENT, "Bergen", "Narvik")
    assert {citation.article_id for citation in answer.citations} == {"boats", "more"}
    assert answer.sides == ()
    shown = {answer.short.text} if answer.short else set()
    assert shown <= {"Oslo, Bergen and Sandnes", "Narvik"} and shown


@pytest.mark.parametrize(
    "question",
    ["Why was the Lisse ferry on fire?", "How did the Lisse ferry burn?", "Did Ada Lind lead the rescue?"],
    ids=["reason", "manner", "verdict"],
)
def test_a_sentence_answers_why_and_how_and_whether(folder: Path, question: str) -> None:
    answer = ask(folder, question, "Ada Lind", "fire")
    assert answer.answered and answer.citations
    assert (answer.short, answer.sides) == (None, ())


# -- sources that differ --------------------------------------------------------------------------------------------


def test_of_sources_that_differ_each_is_quoted_newest_first(folder: Path) -> None:
    answer = ask(folder, HURT, "Twelve", "15")
    assert [side.short.text for side in answer.sides] == ["15", "Twelve"]
    assert [side.published for side in answer.sides] == [date(2024, 8, 5), date(2024, 8, 3)]
    assert [side.citations for side in answer.sides] == [(1,), (2,)]
    assert [citation.article_id for citation in answer.citations] == ["fifteen", "twelve"]
    assert answer.text.startswith(f"{DIFFER} A doctor said that 15 people")
    assert answer.short == answer.sides[0].short


def test_an_undated_side_comes_last(folder: Path) -> None:
    answer = ask(folder, HURT, "31", "Twelve")
    assert [(side.short.text, side.published) for side in answer.sides] == [
        ("Twelve", date(2024, 8, 3)),
        ("31", None),
    ]


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_no_side_is_left_out_for_want_of_room(folder: Path, most: int) -> None:
    chosen = replace(ANY, max_citations=most)
    answer = ask(folder, HURT, "Twelve", "15", "20", "31", settings=chosen)
    assert len(answer.sides) == len(answer.citations) == 4
    two = ask(folder, HURT, "Twelve", "15", settings=chosen)
    assert [side.short.text for side in two.sides] == ["15", "Twelve"]
    assert len(two.citations) == 2 and two.text.startswith(DIFFER)


def test_further_citations_are_of_a_side(folder: Path) -> None:
    answer = ask(folder, HURT, "Twelve", "15", settings=replace(ANY, max_citations=5))
    numbers = sorted(number for side in answer.sides for number in side.citations)
    assert numbers == [citation.number for citation in answer.citations]


# -- refusals -------------------------------------------------------------------------------------------------------


def test_an_answer_below_the_confidence_asked_for_is_withheld(folder: Path) -> None:
    answer = ask(folder, RESCUE, "Ada Lind", settings=Settings(min_confidence=1.0))
    assert (answer.answered, answer.text, answer.citations) == (False, REFUSAL, ())
    assert (answer.short, answer.sides) == (None, ())
    assert answer.confidence == pytest.approx(1 / (1 + math.exp(-5)))
    assert answer.reason is not None and "at least 1.00 is asked for" in answer.reason
    assert 1 <= len(answer.passages) <= 10


def test_sources_that_differ_are_not_told_in_a_refusal(folder: Path) -> None:
    answer = ask(folder, HURT, "Twelve", "15", settings=Settings(min_confidence=1.0))
    assert (answer.answered, answer.sides, DIFFER in answer.text) == (False, (), False)


@pytest.mark.parametrize(
    ("question", "lacking"),
    [
        pytest.param(RESCUE, "names who or what is asked for", id="name"),
        pytest.param("Where did the Lisse ferry rescue people?", "gives a place", id="place"),
        pytest.param("When was the Lisse ferry fire?", "gives a time", id="time"),
        pytest.param(HURT, "gives a number", id="number"),
        pytest.param("How old is the Lisse ferry?", "gives an age", id="age"),
        pytest.param("Why was the ferry hurt?", "gives a reason", id="reason"),
        pytest.param("How was the ferry hurt?", "says how", id="manner"),
        pytest.param("What hurt the ferry?", "says what is asked for", id="thing"),
    ],
)
def test_a_refusal_says_what_the_passages_lack(folder: Path, question: str, lacking: str) -> None:
    answer = ask(folder, question, "Lisse", answers=-1.0, settings=Settings(min_confidence=0.5))
    confidence = 1 / (1 + math.e)
    assert answer.reason == (
        f"The closest passages are about this, but none clearly {lacking} (confidence {confidence:.2f}, at least 0.50 "
        "is asked for)."
    )


def test_a_refusal_names_the_words_that_no_passage_mentions(folder: Path) -> None:
    answer = ask(folder, "How old is the airspeed of the Lisse “swallow”?", settings=Settings())
    assert answer.reason == "None of the closest passages mentions “airspeed”, “swallow”."
    assert (answer.confidence, answer.answered) == (0.0, False)


def test_words_of_one_family_and_expressions_are_not_told_as_missing(folder: Path) -> None:
    answer = ask(folder, "Who acted as go-between for the injured of the Lisse swallow?", settings=Settings())
    assert answer.reason == "None of the closest passages mentions “go-between”, “swallow”.", "but it says who was hurt"


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        pytest.param(
            Filters(articles=("nobody",)), "No article that the filters allow has anything to do with the question.",
            id="filters",
        ),
        pytest.param(
            Filters(articles=("undated",), as_of=date(1950, 1, 1)), None, id="undated-is-seen-on-any-day"
        ),
    ],
)  # fmt: skip
def test_a_question_for_which_nothing_is_left(folder: Path, filters: Filters, reason: str | None) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases("31")) as opened:
        answer = opened.ask(HURT, filters=filters)
    assert answer.reason == reason and answer.answered is (reason is None)


def test_what_a_refusal_withheld_is_cited_for_a_judge(folder: Path) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases("Ada Lind")) as opened:
        examined = opened.examine(RESCUE, settings=Settings(min_confidence=1.0))
        given = opened.examine(RESCUE, settings=ANY)
    assert (examined.answer.citations, examined.answer.short) == ((), None)
    assert examined.quotes == given.quotes == given.answer.citations
    assert given.short is not None
    assert examined.short == given.short == given.answer.short
    assert examined.ranking == given.ranking


# -- passages -------------------------------------------------------------------------------------------------------


def test_reading_changes_the_order_of_passages_unless_told_not_to(folder: Path) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases("Narvik", answers=10.0)) as opened:
        searched = [passage.article_id for passage in opened.search(HURT, k=10).passages]
        plain = opened.ask(HURT, settings=replace(ANY, rerank=False, recency=0.0))
        read = opened.ask(HURT, settings=replace(ANY, recency=0.0))
    assert searched[0] != "more"
    assert [passage.article_id for passage in plain.passages] == searched
    assert read.passages[0].article_id == "more"
    assert read.citations == plain.citations, "an answer is read from the same chunks"


def test_only_so_many_chunks_are_read(folder: Path) -> None:
    seen: list[int] = []

    class Counting(Phrases):
        def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
            seen.append(len(passages))
            return super().score(question, passages)

    with Library(folder, encoder=FakeEncoder(), scorer=Counting("15")) as opened:
        for count in (1, 3, 10_000):
            opened.ask(HURT, settings=replace(ANY, read=count))
        assert seen == [1, 3, opened.info.chunks]


# -- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrases", "settings"),
    [(["Twelve", "15"], ANY), (["15"], ANY), (["15"], Settings(min_confidence=1))],
    ids=["sides", "answer", "refusal"],
)
def test_the_json_form_has_the_documented_keys_and_round_trips(
    folder: Path, phrases: list[str], settings: Settings
) -> None:
    with Library(folder, encoder=FakeEncoder(), scorer=Phrases(*phrases)) as opened:
        filters = Filters(published_after=date(2024, 1, 1))
        plain = opened.ask(HURT, filters=filters, as_of=date(2024, 8, 6), settings=settings).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert set(plain) == KEYS
    assert plain["schema"] == 3
    assert bool(plain["citations"]) is plain["answered"] is (plain["reason"] is None) is (plain["short"] is not None)
    for citation in plain["citations"]:
        assert set(citation) == CITATION_KEYS
    for passage in plain["passages"]:
        assert set(passage) == PASSAGE_KEYS
        assert passage["published"] is None or date.fromisoformat(passage["published"])
    for side in plain["sides"]:
        assert set(side) == {"short", "citations", "published"}
        assert set(side["short"]) == {"text", "article_id", "start", "end", "citation"}
    assert len(plain["sides"]) == (2 if len(phrases) == 2 else 0)
    assert plain["provenance"]["filters"]["published_after"] == "2024-01-01"
    assert plain["provenance"]["filters"]["as_of"] == plain["provenance"]["as_of"] == "2024-08-06"
    assert set(plain["provenance"]) == PROVENANCE_KEYS


# -- a store that changed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda one: replace(one, text=one.text.upper()), id="other-words"),
        pytest.param(lambda one: replace(one, text="x" + one.text), id="other-place"),
        pytest.param(lambda one: replace(one, text=""), id="nothing"),
        pytest.param(lambda one: replace(one, id="other"), id="other-article"),
    ],
)
def test_a_quote_that_is_not_in_the_store_is_an_error_and_never_an_answer(
    folder: Path, twist: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store gives an article for reading, and another one when the quote is checked against it."""
    assert callable(twist)
    real = Store.article
    read: list[str] = []

    class Reading(Phrases):
        def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
            read.append(question)
            return super().score(question, passages)

    def article(store: Store, row: int) -> Article:
        one: Article = twist(real(store, row)) if read else real(store, row)
        return one

    monkeypatch.setattr(Store, "article", article)
    with (
        Library(folder, encoder=FakeEncoder(), scorer=Reading("Ada Lind")) as opened,
        pytest.raises(CitationError, match=r"differs from the stored text: run rag verify --library"),
    ):
        opened.ask(RESCUE, settings=ANY)


def test_a_span_that_is_not_in_its_passage_is_never_quoted(folder: Path) -> None:
    class Beyond(Phrases):
        def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
            return [Scored(5.0, 5.0, ((Span(10**6, 10**6 + 9), -1.0),)) for _ in passages]

    with Library(folder, encoder=FakeEncoder(), scorer=Beyond()) as opened:
        assert opened.ask(RESCUE, settings=ANY).citations == ()


def test_a_reader_that_the_calibration_was_not_fitted_with_is_taken_at_its_word(folder: Path) -> None:
    answer = ask(folder, RESCUE, "Ada Lind", answers=math.log(9))
    assert answer.confidence == pytest.approx(0.9)


# -- the front door -------------------------------------------------------------------------------------------------


def test_ask_opens_the_library_answers_and_closes_it(sample_folder: Path) -> None:
    answer = rag.ask(SWAP, library=str(sample_folder), settings=ANY)
    with rag.open(sample_folder) as opened:
        again = opened.ask(SWAP, settings=ANY)
    assert answer.passages and answer.provenance == again.provenance
    assert [c.quote for c in again.citations] == [c.quote for c in answer.citations]


def test_ask_can_be_asked_as_on_a_day(sample_folder: Path) -> None:
    answer = rag.ask(SWAP, library=sample_folder, as_of=date(2024, 7, 1), settings=ANY)
    assert answer.provenance.as_of == answer.provenance.filters.as_of == date(2024, 7, 1)
    assert all(passage.published is None or passage.published <= date(2024, 7, 1) for passage in answer.passages)
