"""A library of several languages: sentences, search, answers, and a multilingual model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FakeEncoder, FakeScorer
from hypothesis import given, settings
from hypothesis import strategies as st
from paragraphs import PARAGRAPHS
from rag_made import make_library
from rag_multilingual import DIMENSION, MAX_TOKENS, make_multilingual

from index.sync import sync
from rag.encoder import Encoder, load_encoder
from rag.library import Library
from rag.sentences import ends_sentence, sentences

TEXTS = [(code, text) for code, texts in PARAGRAPHS.items() for text in texts]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    records = [
        {"id": f"{code}-{number}", "title": "", "text": text}
        for code in ("en", "tr", "ru", "de", "zh")
        for number, text in enumerate(PARAGRAPHS[code])
    ]
    folder = make_library(tmp_path_factory.mktemp("several"), records)
    with Library(folder, encoder=FakeEncoder(), scorer=FakeScorer()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "first"),
    [
        pytest.param("Aileler evlerden neden ayrıldı?", "tr-1", id="turkish"),
        pytest.param("Где нашли книгу?", "ru-1", id="russian"),
        pytest.param("Was fürchtet der Fischer in der Bucht?", "de-1", id="german"),
        pytest.param("水库的水量是多少？", "zh-1", id="chinese"),
        pytest.param("Which household must use less water?", "en-1", id="english"),
    ],
)
def test_the_best_passage_by_words_is_in_the_question_s_language(several: Library, question: str, first: str) -> None:
    passages = several.search(question).passages
    lexical = max(passages, key=lambda passage: passage.lexical or 0.0)
    assert lexical.article_id == first


@pytest.mark.parametrize(
    "question",
    [pytest.param("Köprü ne zaman açıldı?", id="turkish"), pytest.param("Когда открыли мост?", id="russian")],
)
def test_an_answer_in_another_language_is_a_whole_quote_of_its_article(several: Library, question: str) -> None:
    answer = several.ask(question)
    for citation in answer.citations:
        assert citation.quote == several.article(citation.article_id).text[citation.start : citation.end]
        assert ends_sentence(citation.quote)
    assert answer.passages


# -- sentences ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        pytest.param("de", ["Am 3. März kam Dr. Orr, z. B. mit der Fähre.", "Dann ging er."], id="german"),
        pytest.param("tr", ["Prof. Ak, 19. yüzyılda yapılan köprüyü gördü.", "Sonra gitti."], id="turkish-ordinal"),
        pytest.param("ru", ["В 2020 г. он уехал, т. е. исчез.", "Потом вернулся."], id="russian"),
        pytest.param("zh", ["今天下雨。", "你好吗？", "他说：“好。”"], id="chinese"),
        pytest.param("ja", ["橋が開いた。", "本当か？", "はい！"], id="japanese"),
        pytest.param("ar", ["هل فتح الجسر؟", "نعم، يوم الاثنين."], id="arabic"),
        pytest.param("fa", ["آیا پل باز شد؟", "بله."], id="persian"),
        pytest.param("ur", ["پل کھل گیا۔", "لوگ خوش ہیں۔"], id="urdu"),
        pytest.param("hi", ["पुल खुल गया।", "लोग खुश हैं।"], id="hindi"),
    ],
)
def test_sentences_end_where_their_language_ends_them(language: str, parts: list[str]) -> None:
    text = ("" if language in ("zh", "ja") else " ").join(parts)
    assert [text[span.start : span.end] for span in sentences(text, language)] == parts
    assert all(ends_sentence(part) for part in parts)


@pytest.mark.parametrize("language", [*PARAGRAPHS, "xx", None])
@given(text=st.text(alphabet=st.sampled_from("aБ橋。.!? \n؟ท่م3A"), max_size=80))
@settings(max_examples=20, deadline=None)
def test_sentences_of_any_language_hold_every_visible_character(language: str | None, text: str) -> None:
    inside = "".join(text[span.start : span.end] for span in sentences(text, language))
    assert "".join(inside.split()) == "".join(text.split())


# -- a multilingual model -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encoder]:
    place = tmp_path_factory.mktemp("multilingual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTICLE_RAG_CACHE", str(place / "cache"))
        yield load_encoder(str(make_multilingual(place / "model")))


def test_a_model_of_the_kind_of_xlm_roberta_is_loaded_and_compiled(multilingual: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    spec = multilingual.spec
    assert (spec.dimension, spec.max_tokens, spec.pooling) == (DIMENSION, MAX_TOKENS, "mean")
    assert type(multilingual).__name__ == "OpenVINOEncoder"
    texts = [text[:60] for _, text in TEXTS]
    expected = SentenceTransformer(spec.name, device="cpu").encode(texts, normalize_embeddings=True)
    given_ = multilingual.encode_passages(texts)
    assert float((given_ * expected).sum(axis=1).min()) > 0.995


def test_articles_of_every_language_are_indexed_and_asked_with_a_multilingual_model(
    tmp_path: Path, multilingual: Encoder
) -> None:
    records = [{"id": f"{code}-{n}", "text": text * 3} for n, (code, text) in enumerate(TEXTS)]
    (tmp_path / "news.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    report = sync([tmp_path / "news.jsonl"], tmp_path / "library", encoder=multilingual)
    assert (report.added, report.issues) == (len(TEXTS), ())
    with Library(tmp_path / "library", encoder=multilingual, scorer=FakeScorer()) as library:
        for row, (code, text) in enumerate(TEXTS):
            article = library.article(f"{code}-{row}")
            assert (article.text, article.language) == (text * 3, code)
        found = library.search("Когда нашли старинные книги?").passages
        assert max(found, key=lambda passage: passage.lexical or 0.0).article_id.startswith("ru")
        assert library.ask("Köprü ne zaman açıldı?").passages
