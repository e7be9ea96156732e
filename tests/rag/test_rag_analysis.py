"""Texts to terms: forms of words in many languages, their stop words, and what is looked for in other languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.analysis import STEMMERS, analysis, elsewhere


@pytest.mark.parametrize(
    ("language", "texts", "terms"),
    [
        pytest.param("tr", ["evlerinden", "evlerimizden", "evde", "EVLER"], ["tr:ev"], id="turkish-endings"),
        pytest.param("tr", ["İstanbul'da", "istanbul'da"], ["tr:istanbul", "tr:da"], id="turkish-dotted-i"),
        pytest.param("tr", ["KIRIK", "kırık"], ["tr:kırık"], id="turkish-dotless-i"),
        pytest.param("az", ["QIŞ", "qış"], ["word:qış"], id="azerbaijani-dotless-i"),
        pytest.param("ru", ["книги", "книг", "книгами", "Книга"], ["ru:книг"], id="russian-cases"),
        pytest.param("ru", ["самолёт", "самолет"], ["ru:самолет"], id="russian-yo"),
        pytest.param("de", ["Häuser", "Haus", "HÄUSERN"], ["de:haus"], id="german-umlaut"),
        pytest.param("de", ["Straße", "Strasse"], ["de:strass"], id="german-sharp-s"),
        pytest.param("fr", ["élèves", "eleve", "Élève"], ["fr:elev"], id="french-accents"),
        pytest.param("ro", ["ştiinţifici", "științifici"], ["ro:stiintif"], id="romanian-cedilla-and-comma"),
        pytest.param("pl", ["książki", "książka"], ["pl:książk"], id="polish-keeps-its-letters"),
        pytest.param("sr", ["knjige", "књига"], ["sr:knjig"], id="serbian-in-both-scripts"),
        pytest.param("hr", ["knjiga"], ["sr:knjig"], id="croatian-with-serbian"),
        pytest.param("ar", ["كتاب", "الكتاب"], ["ar:كتاب"], id="arabic-article"),
        pytest.param("fa", ["کتاب", "كتاب"], ["fa:کتاب"], id="persian-typed-with-arabic-letters"),
        pytest.param("hi", ["पुलों", "पुल"], ["hi:पुल"], id="hindi-endings"),
        pytest.param("uk", ["п'ять", "пʼять"], ["word:п", "word:ять"], id="ukrainian-apostrophes"),
        pytest.param("zh", ["北京市"], ["pair:北京", "pair:京市"], id="chinese-pairs"),
        pytest.param(
            "zh", ["OpenAI公司２０２４年"], ["pair:openai", "pair:公司", "pair:2024", "pair:年"], id="mixed-scripts"
        ),
        pytest.param("ja", ["東京タワー"], ["pair:東京", "pair:京タ", "pair:タワ", "pair:ワー"], id="japanese-pairs"),
        pytest.param("ko", ["서울에서"], ["pair:서울", "pair:울에", "pair:에서"], id="korean-particles"),
        pytest.param("en", ["Bridges", "bridge"], ["bridg"], id="english-as-ever"),
        pytest.param("", ["Bridges"], ["bridg"], id="unknown-as-english"),
    ],
)
def test_forms_of_a_word_have_the_same_terms(language: str, texts: list[str], terms: list[str]) -> None:
    assert [analysis(language).terms(text) for text in texts] == [terms] * len(texts)


@pytest.mark.parametrize(
    ("language", "question", "terms"),
    [
        pytest.param("de", "Was kostete die Straße?", ["de:kost", "de:strass"], id="german"),
        pytest.param("tr", "Köprü ne zaman açıldı?", ["tr:köprü", "tr:açıl"], id="turkish"),
        pytest.param("ru", "Когда открыли мост?", ["ru:откр", "ru:мост"], id="russian"),
        pytest.param("zh", "谁是市长？", ["pair:谁是", "pair:是市", "pair:市长"], id="chinese"),
        pytest.param("en", "Who was the mayor?", ["mayor"], id="english"),
    ],
)
def test_the_stop_words_of_a_question_are_those_of_its_language(language: str, question: str, terms: list[str]) -> None:
    assert analysis(language).content(question) == terms


@pytest.mark.parametrize("language", ["hi", "ne", "mr"])
def test_a_mark_inside_a_word_does_not_cut_it(language: str) -> None:
    assert len(analysis(language).terms("हिन्दी")) == 1


def test_no_english_stop_word_is_dropped_from_a_german_text() -> None:
    assert analysis("de").terms("die was an") == ["de:die", "de:was", "de:an"]


@pytest.mark.parametrize("language", [*STEMMERS, "", "en", "uk", "zh", "th", "ko", "xx"])
@given(text=st.text(max_size=120))
@settings(max_examples=10, deadline=None)
def test_content_is_a_part_of_the_terms_and_all_bear_the_key(language: str, text: str) -> None:
    how = analysis(language)
    terms = how.terms(text)
    assert set(how.content(text)) <= set(terms)
    assert all(term.startswith(how.key) and term != how.key for term in terms)


def test_equal_words_of_two_languages_are_two_terms() -> None:
    assert set(analysis("de").terms("die war")).isdisjoint(analysis("en").terms("die war"))


@pytest.mark.parametrize(
    ("question", "asked", "language", "terms"),
    [
        pytest.param("Wann war Merkel in Ankara?", "de", "en", ["merkel", "ankara"], id="german-war-is-no-war"),
        pytest.param("When did Merkel visit Ankara in 2015?", "en", "de",
                     ["de:merkel", "de:visit", "de:ankara", "de:2015"], id="names-and-numbers"),
        pytest.param("Who was it?", "en", "tr", [], id="stop-words-only"),
    ],
)  # fmt: skip
def test_what_of_a_question_is_looked_for_in_other_languages(
    question: str, asked: str, language: str, terms: list[str]
) -> None:
    assert elsewhere(question, asked, language) == terms
