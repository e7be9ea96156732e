"""BEIR folders: which queries become questions, ids that survive indexing, and malformed files."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.beir import article_id, beir_articles, load_beir
from eval.dataset import Question
from index.draft import Draft
from index.load import read_file
from index.sync import sync
from rag.errors import LoadError
from rag.library import Library
from rag.types import Article

HEADER = "query-id\tcorpus-id\tscore"
QUERIES = ({"_id": "q1", "text": "Who closed the mine? "}, {"_id": 2, "text": "Why?"}, {"_id": "q3", "text": "When?"})
CORPUS = (
    {"_id": "d1", "title": "The mine", "text": "It flooded.", "metadata": {"url": "x"}},
    {"_id": 7, "title": None, "text": "Bread prices rose."},
    {"_id": "d3", "title": "Only a title", "text": " "},
)


def lines(*rows: Any) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def make(folder: Path, qrels: dict[str, str], queries: str = lines(*QUERIES), corpus: str = lines(*CORPUS)) -> Path:
    place = folder / "mines"
    (place / "qrels").mkdir(parents=True)
    (place / "queries.jsonl").write_text(queries, "utf-8")
    (place / "corpus.jsonl").write_text(corpus, "utf-8")
    for split, text in qrels.items():
        (place / "qrels" / f"{split}.tsv").write_text(text, "utf-8")
    return place


def test_queries_with_a_relevant_document_become_questions(tmp_path: Path) -> None:
    judged = ("q1\td1\t1", "q1\td9\t2", "q1\t7\t2", "q1\td3\t0", "q3\td1\t-1", "2\td3\t1", "2\td3\t1")
    found = load_beir(make(tmp_path, {"test": lines(HEADER, *judged)}))
    assert found.questions == (
        Question("q1", "Who closed the mine?", (), ("7", "d9", "d1"), True, grades=(2, 2, 1)),
        Question("2", "Why?", (), ("d3",), True, grades=(1,)),
    )
    assert all(question.retrieval_only for question in found.questions)


def test_articles_are_read_one_by_one(tmp_path: Path) -> None:
    folder = make(tmp_path, {}, corpus=lines(*CORPUS, "{oops"))
    articles = beir_articles(folder)
    assert [next(articles) for _ in CORPUS] == [
        Article("d1", "The mine", "It flooded."),
        Article("7", "", "Bread prices rose."),
        Article("d3", "", "Only a title"),
    ]
    with pytest.raises(LoadError, match=r"corpus\.jsonl, line 4: field '\(the whole line\)'"):
        next(articles)


def test_compressed_files_read_the_same(tmp_path: Path) -> None:
    folder = make(tmp_path, {"test": lines(HEADER, "q1\td1\t1")})
    before = load_beir(folder), list(beir_articles(folder))
    for name in ("queries.jsonl", "corpus.jsonl"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    after = load_beir(folder), list(beir_articles(folder))
    assert (after[0].questions, after[1]) == (before[0].questions, before[1])


@pytest.mark.parametrize(
    ("there", "asked", "chosen"),
    [
        pytest.param("train dev test", None, "test", id="test first"),
        pytest.param("train dev", None, "dev", id="then dev"),
        pytest.param("train other", None, "train", id="then train"),
        pytest.param("other", None, "other", id="then the only one"),
        pytest.param("train dev test", "train", "train", id="the one asked for"),
    ],
)
def test_the_split(tmp_path: Path, there: str, asked: str | None, chosen: str) -> None:
    folder = make(tmp_path, {name: lines(HEADER, f"q1\t{name}\t1") for name in there.split()})
    assert load_beir(folder, split=asked).questions[0].articles == (chosen,)


@pytest.mark.parametrize(
    ("there", "asked", "message"),
    [
        pytest.param("dev train", "test", "no split 'test', expected one of those there are: dev, train", id="absent"),
        pytest.param("a b", None, "found the splits a, b, expected test.tsv", id="in doubt"),
        pytest.param("", None, "found the splits none, expected test.tsv", id="none"),
    ],
)
def test_a_split_that_is_not_there(tmp_path: Path, there: str, asked: str | None, message: str) -> None:
    folder = make(tmp_path, dict.fromkeys(there.split(), HEADER))
    with pytest.raises(LoadError, match=message):
        load_beir(folder, split=asked)


def test_the_digest_depends_on_the_judgements(tmp_path: Path) -> None:
    folder = make(tmp_path, {"test": lines(HEADER, "q1\td1\t1"), "dev": lines(HEADER, "q1\td1\t2")})
    digests = {load_beir(folder, split=split).sha256 for split in ("test", "dev")}
    assert len(digests) == 2 and all(len(digest) == 64 for digest in digests)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(["q1\td1\t1"], "line 1: field '(the whole line)': expected the header query-id", id="no header"),
        pytest.param([HEADER, "q1 d1 1"], "line 2: field '(the whole line)': expected query-id", id="spaces"),
        pytest.param([HEADER, "q1\t0\td1\t1"], "line 2: field '(the whole line)'", id="four columns"),
        pytest.param([HEADER, "q1\td1\thigh"], "line 2: field 'score': expected a whole number", id="score"),
        pytest.param([HEADER, "q1\t \t1"], "line 2: field 'corpus-id': expected a string", id="blank"),
        pytest.param([HEADER, "", "q9\td1\t1"], "line 3: field 'query-id': expected the _id of", id="unknown query"),
        pytest.param([HEADER, "q1\td1\t1", "q1\td1\t2"], "line 3: field 'score': expected 1, as", id="two scores"),
        pytest.param([HEADER, "q1\td1\t0"], "found no score above 0", id="nothing relevant"),
    ],
)
def test_malformed_judgements_are_named(tmp_path: Path, rows: list[str], message: str) -> None:
    folder = make(tmp_path, {"test": lines(*rows)})
    with pytest.raises(LoadError) as error:
        load_beir(folder)
    assert str(error.value).startswith(str(folder / "qrels" / "test.tsv"))
    assert message in str(error.value)


def test_judgements_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path, {})
    (folder / "qrels" / "test.tsv").write_bytes(HEADER.encode() + b"\nq1\t\xe9\t1\n")
    with pytest.raises(LoadError, match=r"test\.tsv, line 2: .*UTF-8"):
        load_beir(folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"text": "Who?"}, "field '_id': expected a string", id="no id"),
        pytest.param({"_id": "q1", "text": "Who?"}, "field '_id': expected an id that no other", id="duplicate"),
        pytest.param({"_id": "q2", "text": ""}, "field 'text': expected a string", id="no text"),
        pytest.param("[]", "field '(the whole line)': expected a JSON object", id="not an object"),
    ],
)
def test_malformed_queries_are_named(tmp_path: Path, row: Any, message: str) -> None:
    folder = make(tmp_path, {"test": HEADER}, queries=lines(QUERIES[0], row))
    with pytest.raises(LoadError) as error:
        load_beir(folder)
    assert str(error.value).startswith(f"{folder / 'queries.jsonl'}, line 2: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"text": "It flooded."}, "field '_id'", id="no id"),
        pytest.param({"_id": "d1"}, "field 'text': expected a string, found nothing", id="no text"),
        pytest.param({"_id": "d1", "text": "x", "title": 3}, "field 'title': expected a string, found 3", id="title"),
    ],
)
def test_malformed_documents_are_named(tmp_path: Path, row: Any, message: str) -> None:
    folder = make(tmp_path, {}, corpus=lines(row))
    with pytest.raises(LoadError) as error:
        list(beir_articles(folder))
    assert str(error.value).startswith(f"{folder / 'corpus.jsonl'}, line 1: {message}")


def test_a_folder_without_a_corpus_is_named(tmp_path: Path) -> None:
    folder = make(tmp_path, {})
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(LoadError, match=r"found no corpus\.jsonl"):
        list(beir_articles(folder))


LOOKALIKE = article_id(" d1")
NASTY = (
    "d1", " d1", "d1 ", "d\n1", "d 1", "d\u20281", "d\x001", "caf\u00e9", "cafe\u0301", "\u2028x", LOOKALIKE, "\ufeff",
    "\x00", "x" * 200, "x" * 201, "x" * 202, "http://d.org/1#2", "007", "~0123456789abcdef",
)  # fmt: skip


@pytest.mark.parametrize("raw", ["d1", "d 1", "caf\u00e9", "MED-10", "007", "http://d.org/1#2", "x" * 200])
def test_ids_that_index_keeps_stay(raw: str) -> None:
    assert article_id(raw) == raw


def test_other_ids_keep_their_beginning() -> None:
    assert article_id(" d\n1").startswith("d 1~")
    assert len(article_id(" d\n1")) == len("d 1~") + 16
    assert len(article_id("x" * 500)) == 200


def test_the_ids_of_a_library_are_those_of_the_questions(tmp_path: Path) -> None:
    corpus = lines(*({"_id": raw, "text": f"Report number {n} of the mine."} for n, raw in enumerate(NASTY)))
    judged = lines(HEADER, *(f"q1\t{raw}\t1" for raw in NASTY if raw.strip() and "\n" not in raw))
    folder = make(tmp_path, {"test": judged}, corpus=corpus)
    articles = list(beir_articles(folder))
    rows = lines(*({"id": article.id, "text": article.text} for article in articles))
    (tmp_path / "articles.jsonl").write_text(rows, "utf-8")
    sync([tmp_path / "articles.jsonl"], tmp_path / "library", encoder=FakeEncoder())
    with Library(tmp_path / "library", encoder=FakeEncoder()) as library:
        assert [library.article(article_id(raw)).text for raw in NASTY] == [article.text for article in articles]
        for name in load_beir(folder).questions[0].articles:
            library.article(name)


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=250), min_size=1, max_size=8, unique=True))
def test_two_ids_stay_two_and_index_keeps_them(raws: list[str]) -> None:
    ids = [article_id(raw) for raw in [*raws, *map(article_id, raws)]]
    assert len(set(ids)) == len({*raws, *map(article_id, raws)})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "articles.jsonl")
        path.write_text(lines(*({"id": id_, "text": "x"} for id_ in ids)), "utf-8")
        kept = [(item.key or "")[:200] for item in read_file(path) if isinstance(item, Draft)]
    assert kept == ids
