"""Which language an article is in, and how those in other languages than English are cut and cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fakes import SMALL_CHUNKS
from hypothesis import given, settings
from hypothesis import strategies as st
from paragraphs import PARAGRAPHS

from index.chunk import Chunker
from index.clean import find_noise
from index.language import detect
from rag.language import asked_in, plain_code
from rag.manifest import ChunkerSpec
from rag.types import Article

ALL = [
    pytest.param(code, text, id=f"{code}-{number}")
    for code, texts in PARAGRAPHS.items()
    for number, text in enumerate(texts, start=1)
]
ENGLISH, GERMAN, TURKISH = PARAGRAPHS["en"][0], PARAGRAPHS["de"][0], PARAGRAPHS["tr"][0]


@pytest.mark.parametrize(("code", "text"), ALL)
def test_a_paragraph_is_in_its_language(code: str, text: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(("code", "text"), ALL)
def test_a_long_text_is_in_its_language_whatever_it_claims(code: str, text: str) -> None:
    assert detect("\n\n".join([text] * 20), "en" if code != "en" else "fr") == code


@pytest.mark.parametrize(
    ("text", "claimed", "expected"),
    [
        pytest.param("", None, None, id="nothing"),
        pytest.param("2024", None, None, id="a-number"),
        pytest.param("2024", "tr", "tr", id="a-number-claimed"),
        pytest.param("Arsenal 3 - 1 Chelsea", None, None, id="names"),
        pytest.param("北京", None, None, id="two-characters"),
        pytest.param("北京", "zh-Hant", "zh", id="two-characters-claimed"),
        pytest.param("The bridge", "en-GB", "en", id="two-words-claimed"),
        pytest.param("https://example.org/a-page-about-the-bridge-and-the-harbour", None, None, id="an-address"),
        pytest.param(f"{ENGLISH} {GERMAN}", "de", "de", id="half-and-half-claimed"),
        pytest.param(f"{ENGLISH} {GERMAN}", None, None, id="half-and-half"),
        pytest.param("\n".join([ENGLISH] * 8 + [GERMAN] * 2), "tr", "en", id="a-quarter-in-another"),
        pytest.param(ENGLISH, "tr", "en", id="a-false-claim"),
        pytest.param(TURKISH, "not a tag", "tr", id="a-claim-that-is-no-tag"),
        pytest.param(TURKISH, "und", "tr", id="a-claim-of-none"),
        pytest.param("Broen over havna åpnet på mandag etter to års "
                     "arbeid, og ferja slutter å gå i oktober, sa ordføreren.", "nb-NO", "no", id="a-variety"),
    ],
)  # fmt: skip
def test_a_claim_is_a_hint(text: str, claimed: str | None, expected: str | None) -> None:
    assert detect(text, claimed) == expected


@given(st.text(max_size=900), st.none() | st.text(max_size=12))
@settings(max_examples=80, deadline=None)
def test_any_text_has_a_code_or_none_and_the_same_each_time(text: str, claimed: str | None) -> None:
    found = detect(text, claimed)
    assert found is None or plain_code(found) == found
    assert detect(text, claimed) == found


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        pytest.param("en-GB", "en", id="region"),
        pytest.param("pt_BR", "pt", id="underscore"),
        pytest.param("zh-Hans-CN", "zh", id="script"),
        pytest.param(" DE ", "de", id="spaces-and-capitals"),
        pytest.param("iw", "he", id="old-code"),
        pytest.param("nb", "no", id="variety"),
        pytest.param("ceb", "ceb", id="three-letters"),
        pytest.param("mul", None, id="many"),
        pytest.param("x", None, id="too-short"),
        pytest.param("english", None, id="a-name"),
        pytest.param("", None, id="empty"),
    ],
)
def test_tags_as_codes(tag: str, code: str | None) -> None:
    assert plain_code(tag) == code


HELD = tuple(PARAGRAPHS)


@pytest.mark.parametrize(
    ("question", "held", "expected"),
    [
        pytest.param("Köprü ne zaman açıldı?", HELD, "tr", id="turkish"),
        pytest.param("Was kostet die Brücke?", HELD, "de", id="german"),
        pytest.param("Когда открыли мост?", HELD, "ru", id="russian"),
        pytest.param("桥什么时候开放？", HELD, "zh", id="chinese"),
        pytest.param("¿Quién es el alcalde?", HELD, "es", id="spanish"),
        pytest.param("When was the bridge opened?", HELD, "en", id="english"),
        pytest.param("Who is Erdoğan?", HELD, "en", id="english-with-a-foreign-name"),
        pytest.param("Was kostet die Brücke?", ("", "en"), "en", id="a-library-without-german"),
        pytest.param("Arsenal Chelsea", ("en", "no"), "en", id="names-only"),
        pytest.param("Köprü ne zaman açıldı?", (), "en", id="a-library-of-the-older-form"),
    ],
)
def test_a_question_is_in_a_language_that_is_held_or_in_english(
    question: str, held: tuple[str, ...], expected: str
) -> None:
    assert asked_in(question, held) == expected


# -- chunks ---------------------------------------------------------------------------------------------------------


def blind(texts: Sequence[str]) -> list[int]:
    """Counts as a tokenizer that does not know a script: one token for each run without spaces."""
    return [len(text.split()) for text in texts]


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_chunks_without_spaces_are_within_the_size(language: str, count_characters: Any) -> None:
    text = "".join(PARAGRAPHS[language]) * 20
    article = Article("a", "橋", text, language=language)
    chunks = Chunker(ChunkerSpec(max_tokens=60, overlap=10, title_tokens=8), count_characters, 80).chunks(article)
    assert len(chunks) > 20
    assert all(chunk.end - chunk.start <= 60 for chunk in chunks)


@pytest.fixture
def count_characters() -> Any:
    return lambda texts: [len(text.replace(" ", "")) for text in texts]


def test_a_script_unknown_to_the_tokenizer_still_makes_chunks_of_a_bounded_length() -> None:
    text = PARAGRAPHS["th"][0] * 40
    chunks = Chunker(SMALL_CHUNKS, blind, 254).chunks(Article("a", "", text, language="th"))
    assert max(chunk.end - chunk.start for chunk in chunks) <= 3 * SMALL_CHUNKS.max_tokens + 60
    assert chunks[0].start == 0 and chunks[-1].end == len(text)


def test_a_long_sentence_without_spaces_is_cut_at_a_comma(count_characters: Any) -> None:
    text = "水库的水量只有去年的一半，" * 6 + "镇政府要求居民节约用水。"
    article = Article("a", "", text, language="zh")
    chunks = Chunker(ChunkerSpec(max_tokens=40, overlap=0, title_tokens=0), count_characters, 80).chunks(article)
    assert len(chunks) > 1 and all(text[chunk.end - 1] in "，。" for chunk in chunks)


# -- noise ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "text"), ALL)
def test_no_paragraph_is_taken_for_noise(language: str, text: str) -> None:
    lines = text.replace("。", "。\n").replace(". ", ".\n")
    for article in (text, lines, f"{text}\n\n{text}"):
        assert find_noise(article, "Title", language) == ()


def test_a_german_heading_of_nouns_is_no_teaser() -> None:
    heading = "Letzte Chance für Bremerhavens Fischer"
    text = f"Die Brücke wurde am Montag eröffnet.\n\n{heading}\n\nIn der Bucht gibt es kaum noch Heringe."
    assert find_noise(text, "Title", "de") == ()
    assert [mark.kind for mark in find_noise(text, "Title")] == ["teaser"]
