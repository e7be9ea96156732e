"""Answers over the sample articles with the real encoder: exact citations, refusals with reasons, the JSON schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import rag
from rag.answer import REFUSAL
from rag.encoder import Encoder
from rag.errors import CitationError
from rag.library import Library
from rag.read import Inquiry, Reading
from rag.types import Answer, Article, Filters, Passage, Settings, Span

SWAP = "Who mediated the swap?"
QUESTIONS = (
    SWAP,
    "How many people were exchanged in Ankara?",
    "When did the Brandholm Stock Exchange halt trading?",
    "What was stolen from the museum in Dunhaven?",
    "Why will the Pell Harbour bridge be closed?",
    "Where did the plane with the freed Russians land?",
)
NONSENSE = "What is the airspeed velocity of an unladen swallow?"
KEYS = {
    "question", "answered", "text", "confidence", "citations", "passages", "timings", "provenance", "reason",
    "evidence", "schema",
}  # fmt: skip
CITATION_KEYS = {"number", "article_id", "title", "source", "url", "published", "start", "end", "quote"}
PASSAGE_KEYS = {
    "article_id", "title", "source", "url", "published", "start", "end", "text", "score", "dense", "lexical", "noise",
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(samples: Library) -> dict[str, Answer]:
    return {question: samples.ask(question, settings=Settings(min_confidence=0)) for question in QUESTIONS}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_the_stored_text_at_its_offsets(
    question: str, answers: dict[str, Answer], samples: Library
) -> None:
    answer = answers[question]
    assert answer.answered and answer.reason is None
    assert 1 <= len(answer.citations) <= 3
    for citation in answer.citations:
        article = samples.article(citation.article_id)
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
    assert answer.text == " ".join(f"{c.quote} [{c.number}]" for c in answer.citations)
    assert len({citation.article_id for citation in answer.citations}) == len(numbers)
    assert {c.article_id for c in answer.citations} <= {p.article_id for p in answer.passages}


@pytest.mark.parametrize("question", QUESTIONS)
def test_confidence_is_a_probability_and_times_are_measured(question: str, answers: dict[str, Answer]) -> None:
    answer = answers[question]
    assert 0 <= answer.confidence <= 1
    times = answer.timings
    parts = times.encode + times.dense + times.lexical + times.fuse + times.read + times.cite
    assert 0 < parts <= times.total


def test_who_mediated_the_swap(samples: Library) -> None:
    answer = samples.ask(SWAP)
    assert answer.answered
    assert re.search(r"Turk(ey|ish)|\bMIT\b", answer.citations[0].quote)


def test_the_museum_s_loss(samples: Library) -> None:
    answer = samples.ask("What was stolen from the museum in Dunhaven?")
    assert answer.answered
    assert "silver compass" in answer.citations[0].quote


def test_the_same_question_has_the_same_answer(samples: Library, answers: dict[str, Answer]) -> None:
    again = samples.ask(SWAP, settings=Settings(min_confidence=0))
    assert replace(again, timings=answers[SWAP].timings) == answers[SWAP]


def test_fewer_citations_can_be_asked_for(samples: Library) -> None:
    assert len(samples.ask(SWAP, settings=Settings(min_confidence=0, max_citations=1)).citations) == 1


# -- refusals -------------------------------------------------------------------------------------------------------


def test_nonsense_is_refused_with_a_reason_and_the_closest_passages(samples: Library) -> None:
    answer = samples.ask(NONSENSE)
    assert (answer.answered, answer.text, answer.citations) == (False, REFUSAL, ())
    assert answer.reason is not None and "“airspeed”" in answer.reason
    assert 1 <= len(answer.passages) <= 10
    assert answer.confidence < 0.5


def test_an_answer_below_the_confidence_asked_for_is_withheld(samples: Library) -> None:
    answer = samples.ask(SWAP, settings=Settings(min_confidence=1.0))
    assert (answer.answered, answer.citations) == (False, ())
    assert answer.reason is not None and "at least 1.00 is asked for" in answer.reason


# -- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [SWAP, NONSENSE], ids=["answer", "refusal"])
def test_the_json_form_has_the_documented_keys_and_round_trips(samples: Library, question: str) -> None:
    settings = Settings(min_confidence=0 if question == SWAP else 0.5)
    plain = samples.ask(question, filters=Filters(published_after=date(2024, 1, 1)), settings=settings).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert set(plain) == KEYS
    assert plain["schema"] == 1
    assert bool(plain["citations"]) is plain["answered"] is (plain["reason"] is None)
    for citation in plain["citations"]:
        assert set(citation) == CITATION_KEYS
    for passage in plain["passages"]:
        assert set(passage) == PASSAGE_KEYS
        assert passage["published"] is None or date.fromisoformat(passage["published"])
    assert plain["provenance"]["filters"]["published_after"] == "2024-01-01"
    known = {"library", "generation", "encoder", "version", "settings", "filters", "calibration"}
    assert set(plain["provenance"]) == known


# -- readers that err -----------------------------------------------------------------------------------------------


class FixedReader:
    """Answers with the beginning of the best passage, changed by `twist`."""

    name = "fixed"

    def __init__(self, twist: Callable[[Reading], Reading]) -> None:
        self._twist = twist

    def read(
        self, inquiry: Inquiry, passages: Sequence[Passage], articles: Sequence[Article], encoder: Encoder
    ) -> list[Reading]:
        start = passages[0].start
        text = articles[0].text[start : start + 20]
        vector = np.ones(4, np.float32)
        return [self._twist(Reading(0, Span(start, start + 20), text, 1.0, 0.9, vector))]


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(lambda r: replace(r, text=r.text.upper()), id="other-words"),
        pytest.param(lambda r: replace(r, span=Span(r.span.start + 1, r.span.end + 1)), id="other-place"),
        pytest.param(lambda r: replace(r, text="", span=Span(0, 0)), id="nothing"),
        pytest.param(lambda r: replace(r, span=Span(10**6, 10**6 + 20)), id="behind-the-end"),
    ],
)
def test_a_quote_that_is_not_in_the_store_is_an_error_and_never_an_answer(
    sample_folder: Path, real_encoder: Encoder, twist: Callable[[Reading], Reading]
) -> None:
    with (
        Library(sample_folder, encoder=real_encoder, reader=FixedReader(twist)) as opened,
        pytest.raises(CitationError, match=r"differs from the stored text: run rag verify --library"),
    ):
        opened.ask(SWAP)


def test_another_reader_can_be_used(sample_folder: Path, real_encoder: Encoder) -> None:
    with Library(sample_folder, encoder=real_encoder, reader=FixedReader(lambda r: r)) as opened:
        answer = opened.ask(SWAP)
    assert answer.confidence == pytest.approx(0.9), (
        "a reader that the calibration was not fitted with is taken at its word"
    )
    assert len(answer.citations) == 1 and len(answer.citations[0].quote) == 20


# -- the front door -------------------------------------------------------------------------------------------------


def test_ask_opens_the_library_answers_and_closes_it(sample_folder: Path) -> None:
    answer = rag.ask(SWAP, library=str(sample_folder), settings=Settings(min_confidence=0))
    assert answer.answered
    with rag.open(sample_folder) as opened:
        again = opened.ask(SWAP, settings=Settings(min_confidence=0))
    assert [c.quote for c in again.citations] == [c.quote for c in answer.citations]
