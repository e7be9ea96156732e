"""The cached library of a set: what it is made from, when it is used again, and what repairs it."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEncoder, article_text, write_articles

from eval.corpus import Built, Recipe, library_for
from eval.dataset import QuestionSet, load_set
from index.report import Progress
from rag.disk import writer_lock
from rag.encoder import Vectors
from rag.errors import Interrupted, LibraryLocked, LoadError, StorageError
from rag.library import Library
from rag.manifest import ChunkerSpec, read_manifest

SMALL = Recipe(max_tokens=40, overlap=8)
CONTEXT = "The mine of Lund flooded on Monday. Mayor Ilse Brandt closed it."
SQUAD: dict[str, Any] = {
    "data": [
        {
            "title": "Mining_towns",
            "paragraphs": [{"context": CONTEXT, "qas": [{"id": "q", "question": "Why?", "is_impossible": True}]}],
        }
    ]
}


class CountingEncoder(FakeEncoder):
    """Counts the passages that it was asked to encode; stops the whole run after some calls."""

    def __init__(self, *, calls: int = 1_000, weights: str = "0" * 64) -> None:
        super().__init__(weights=weights)
        self.calls = calls
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt
        self.texts.extend(texts)
        return super().encode_passages(texts)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "eval"


def write_rows(path: Path, *rows: Any) -> Path:
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def news(tmp_path: Path) -> QuestionSet:
    """A set with two articles beside it, one of them twice, which is one line too many."""
    write_rows(
        tmp_path / "news.articles.jsonl",
        {"id": "gecko", "title": "The gecko house", "text": article_text("gecko")},
        {"id": "heron", "title": "The heron house", "text": article_text("heron")},
        {"id": "heron", "title": "The heron house", "text": article_text("heron")},
    )
    write_rows(tmp_path / "news.questions.jsonl", {"id": "q", "question": "Why?", "answerable": False})
    return load_set(tmp_path / "news")


def make(question_set: QuestionSet, articles: Path | None = None, **options: Any) -> Built:
    return library_for(question_set, articles, SMALL, **({"encoder": FakeEncoder()} | options))


def ids_of(built: Built) -> list[str]:
    with Library(built.library, encoder=FakeEncoder()) as library:
        return sorted(article.id for article in library.articles())


def test_a_library_is_built_once_and_then_used_again(news: QuestionSet, cache: Path) -> None:
    encoder = CountingEncoder()
    first = make(news, encoder=encoder)
    embedded = len(encoder.texts)
    second = make(news, encoder=encoder)
    assert re.fullmatch(r"news-[0-9a-f]{16}/library", first.library.relative_to(cache).as_posix())
    assert (first.reused, first.skipped) == (False, 1)
    assert first.chunks_per_second is not None and first.chunks_per_second > 0
    assert second == Built(first.library, True, first.chunks_per_second, 1)
    assert ids_of(first) == ["gecko", "heron"]
    assert len(encoder.texts) == embedded == read_manifest(first.library).chunks


def test_the_recipe_is_what_the_library_is_cut_with(news: QuestionSet) -> None:
    manifest = read_manifest(make(news).library)
    assert manifest.chunker == ChunkerSpec(max_tokens=40, overlap=8)
    assert Recipe().chunker == ChunkerSpec()
    assert Recipe(overlap=0).chunker.overlap == 0


def test_other_settings_make_another_library(news: QuestionSet) -> None:
    built = [
        library_for(news, None, recipe, encoder=encoder)
        for recipe, encoder in (
            (SMALL, FakeEncoder()),
            (Recipe(max_tokens=60, overlap=8), FakeEncoder()),
            (Recipe(max_tokens=40, overlap=0), FakeEncoder()),
            (SMALL, FakeEncoder(weights="2" * 64)),
        )
    ]
    assert len({one.library for one in built}) == 4
    assert not any(one.reused for one in built)


def test_the_content_of_the_articles_decides_and_not_their_place(news: QuestionSet, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "a", ("gecko", "heron"))
    first = make(news, folder)
    (folder / "picture.png").write_bytes(b"not an article")
    os.utime(folder / "gecko.txt", (0, 0))
    assert make(news, folder).reused
    assert make(news, shutil.copytree(folder, tmp_path / "b")).reused
    (folder / "heron.txt").rename(folder / "egret.txt")
    renamed = make(news, folder)
    (folder / "egret.txt").write_text(article_text("dromedary"), "utf-8")
    changed = make(news, folder)
    assert len({first.library, renamed.library, changed.library}) == 3
    assert ids_of(renamed) == ["egret", "gecko"]


def test_one_file_of_articles_is_enough(news: QuestionSet, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "a", ("gecko", "heron"))
    assert ids_of(make(news, folder / "gecko.txt")) == ["gecko"]


@pytest.mark.parametrize("name", ["dev.json", "dev.json.gz"])
def test_the_contexts_of_squad_become_the_library(tmp_path: Path, name: str) -> None:
    question_set = load_set(write_rows(tmp_path / name, SQUAD))
    built = make(question_set)
    with Library(built.library, encoder=FakeEncoder()) as library:
        article = library.article("mining-towns-0001")
    assert (article.title, article.text) == ("Mining towns", CONTEXT)
    assert make(question_set).reused


def beir_folder(place: Path, *documents: Any) -> Path:
    (place / "qrels").mkdir(parents=True)
    write_rows(place / "corpus.jsonl", *documents)
    write_rows(place / "queries.jsonl", {"_id": "q", "text": "Why?"})
    write_rows(place / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore", "q\td  1\t1")
    return place


def test_the_corpus_of_beir_becomes_the_library(tmp_path: Path) -> None:
    folder = beir_folder(tmp_path / "mines", {"_id": "d  1", "title": "", "text": CONTEXT}, {"_id": "2", "text": ""})
    question_set = load_set(folder)
    built = make(question_set)
    with Library(built.library, encoder=FakeEncoder()) as library:
        assert library.article(question_set.questions[0].articles[0]).text == CONTEXT
    assert built.skipped == 1
    write_rows(folder / "corpus.jsonl", {"_id": "d  1", "title": "", "text": f"{CONTEXT} It is so."})
    assert not make(question_set).reused


def test_a_malformed_corpus_leaves_nothing_half_written(tmp_path: Path, cache: Path) -> None:
    folder = beir_folder(tmp_path / "mines", {"_id": "d1", "text": CONTEXT}, {"_id": "d2"})
    encoder = CountingEncoder()
    with pytest.raises(LoadError, match=r"corpus\.jsonl, line 2: field 'text'"):
        make(load_set(folder), encoder=encoder)
    assert encoder.texts == []
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_articles_that_are_named_come_before_those_of_the_set(tmp_path: Path) -> None:
    question_set = load_set(write_rows(tmp_path / "dev.json", SQUAD))
    assert ids_of(make(question_set, write_articles(tmp_path / "a", ("gecko",)))) == ["gecko"]


def test_an_interrupted_build_goes_on(news: QuestionSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embed.BATCH_CHUNKS", 4)
    with pytest.raises(Interrupted):
        make(news, encoder=CountingEncoder(calls=1))
    encoder = CountingEncoder()
    built = make(news, encoder=encoder)
    assert (built.reused, built.chunks_per_second) == (False, None)
    assert 0 < len(encoder.texts) < read_manifest(built.library).chunks
    assert make(news) == Built(built.library, True, None, 1)


def test_a_build_whose_facts_were_lost_is_finished_without_embedding(news: QuestionSet) -> None:
    built = make(news)
    (built.library.parent / "build.json").write_bytes(b"{")
    encoder = CountingEncoder()
    assert make(news, encoder=encoder) == Built(built.library, False, None, 1)
    assert encoder.texts == []
    assert make(news).reused


def damage_vectors(library: Path) -> None:
    (vectors,) = library.rglob("vectors.faiss")
    vectors.write_bytes(vectors.read_bytes()[:-1] + b"\xff")


def damage_manifest(library: Path) -> None:
    (library / "manifest.json").write_bytes(b"{}")


def lose_manifest(library: Path) -> None:
    (library / "manifest.json").unlink()


def lose_store(library: Path) -> None:
    for path in library.glob("*.sqlite*"):
        path.unlink()


@pytest.mark.parametrize("damage", [damage_vectors, damage_manifest, lose_manifest, lose_store])
def test_a_damaged_library_is_built_again(tmp_path: Path, damage: Any) -> None:
    question_set = load_set(write_rows(tmp_path / "dev.json", SQUAD))
    first = make(question_set)
    damage(first.library)
    again = make(question_set)
    assert (again.library, again.reused) == (first.library, False)
    assert ids_of(again) == ["mining-towns-0001"]
    assert make(question_set).reused


def test_a_library_that_was_deleted_is_built_again(news: QuestionSet) -> None:
    built = make(news)
    shutil.rmtree(built.library)
    assert not make(news).reused


def test_only_one_process_builds(news: QuestionSet) -> None:
    built = make(news)
    (built.library / "manifest.json").write_bytes(b"{}")
    with writer_lock(built.library / "lock"), pytest.raises(LibraryLocked):
        make(news)
    assert not make(news).reused


def test_the_model_is_loaded_only_to_build(news: QuestionSet, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str | None] = []

    def load(model: str | None) -> FakeEncoder:
        loaded.append(model)
        return FakeEncoder()

    monkeypatch.setattr("eval.corpus.locate", lambda model: (Path(str(model)), FakeEncoder(name=model).spec))
    monkeypatch.setattr("eval.corpus.load_encoder", load)
    recipe = Recipe(model="tiny", max_tokens=40)
    assert [library_for(news, None, recipe).reused for _ in range(2)] == [False, True]
    assert loaded == ["tiny"]


def test_progress_is_told(news: QuestionSet) -> None:
    told: list[Progress] = []
    make(news, on_progress=told.append)
    assert told and told[-1].articles == 2


def test_questions_without_articles_say_what_to_name(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "swap.jsonl", {"id": "q", "question": "Why?", "answerable": False})
    with pytest.raises(LoadError, match="name a library with --library, or articles with --articles"):
        make(load_set(path))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({}, "found no file that can be read as articles", id="an empty folder"),
        pytest.param({"a.png": "x"}, "found no file that can be read as articles", id="pictures"),
        pytest.param({"a.jsonl": "{}\n"}, "found no article in it, .* has no field 'text'", id="no article"),
        pytest.param({"a.txt": "\n"}, "found no article in it, .* is empty", id="no text"),
    ],
)
def test_a_place_without_articles_is_named(
    news: QuestionSet, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    for _ in range(2):
        with pytest.raises(LoadError, match=message) as error:
            make(news, folder)
        assert str(folder) in str(error.value)


def test_a_place_that_does_not_exist_is_named(news: QuestionSet, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="does not exist"):
        make(news, tmp_path / "absent")


def test_a_cache_that_cannot_be_written_is_named(
    news: QuestionSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "news.questions.jsonl"))
    with pytest.raises(StorageError, match="set ARTICLE_RAG_CACHE"):
        make(news)
