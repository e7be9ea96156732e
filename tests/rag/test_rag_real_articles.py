"""The user's two real articles, asked as their reader would; none of their text is in this repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import rag
from index.sync import sync
from rag.encoder import Encoder
from rag.library import Library

ARTICLES = Path(__file__).resolve().parents[3] / "shared" / "articles"
pytestmark = pytest.mark.skipif(not ARTICLES.is_dir(), reason="../shared/articles is not here")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("real") / "library"
    sync([ARTICLES], folder)
    with rag.open(folder) as library:
        yield library


@pytest.mark.parametrize(
    "question",
    [
        "Who mediated the swap?",
        "Who brokered the swap?",
        "Who arranged the exchange?",
        "Who helped bring about the swap?",
        "Which country mediated the prisoner swap?",
    ],
)
def test_who_mediated_the_swap(real: Library, question: str) -> None:
    answer = real.ask(question)
    assert answer.answered and answer.short is not None
    assert "Turkey" in answer.short.text
    assert (
        answer.citations[0].quote
        == real.article(answer.short.article_id).text[answer.citations[0].start : answer.citations[0].end]
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many people were exchanged?", "26"),
        ("How many people were sent to Germany?", "13"),
        ("How many Russians were returned home?", "eight"),
        ("Where did the exchange take place?", "Ankara"),
        ("Who greeted the freed prisoners?", "Putin"),
        ("What did Putin tell Tucker Carlson?", "goodwill"),
        ("What did the father say on the phone?", "Son"),
        ("Was Belarus involved?", "Lukashenko"),
        ("Which agencies negotiated the exchange?", "FSB"),
        ("When did the prisoner swap happen?", "day"),
        ("Which airport did the plane land at?", "Vnukovo"),
    ],
)
def test_questions_of_a_reader(real: Library, question: str, expected: str) -> None:
    answer = real.ask(question)
    assert answer.answered
    assert expected in answer.citations[0].quote
    for citation in answer.citations:
        assert real.article(citation.article_id).text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    "question",
    [
        "How old is Ivan Safronov?",
        "What is the capital of France?",
        "Did Krasikov meet Scholz?",
        "Who won the marathon?",
    ],
)
def test_what_they_do_not_say(real: Library, question: str) -> None:
    answer = real.ask(question)
    assert not answer.answered
    assert answer.reason and answer.passages and not answer.citations


def test_teasers_are_never_quoted(real: Library) -> None:
    answer = real.ask("Was the prisoner swap a battle of self-control?")
    assert all("Battle of Self-Control" not in citation.quote for citation in answer.citations)


def test_the_encoder_is_the_default(real: Library) -> None:
    encoder: Encoder = real.encoder
    assert encoder.spec.dimension == 384
