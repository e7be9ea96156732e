"""Which form a path is taken for, and what a set is called."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from eval.dataset import load_set, short_name
from rag.errors import LoadError

LINE = json.dumps({"id": "q1", "question": "Who closed the mine?", "answerable": False}).encode()
SQUAD = json.dumps(
    {
        "data": [
            {
                "title": "Mine",
                "paragraphs": [
                    {
                        "context": "The mine flooded.",
                        "qas": [{"id": "s", "question": "Why?", "is_impossible": True, "answers": []}],
                    }
                ],
            }
        ]
    }
).encode()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def beir_folder(place: Path) -> Path:
    write(place / "queries.jsonl", b'{"_id": "b", "text": "Why?"}')
    write(place / "qrels" / "test.tsv", b"query-id\tcorpus-id\tscore\nb\td\t1\n")
    return place


@pytest.mark.parametrize(
    ("name", "content", "form", "short"),
    [
        pytest.param("swap.jsonl", LINE, "questions", "swap", id="lines"),
        pytest.param("swap.jsonl.gz", LINE, "questions", "swap", id="lines, compressed"),
        pytest.param("news.questions.jsonl", LINE, "questions", "news", id="news"),
        pytest.param("Dev-v2.0.json", SQUAD, "squad", "Dev-v2.0", id="squad"),
        pytest.param("dev.JSON.gz", SQUAD, "squad", "dev", id="squad, compressed"),
    ],
)
def test_a_file_is_read_by_its_ending(tmp_path: Path, name: str, content: bytes, form: str, short: str) -> None:
    path = write(tmp_path / name, content)
    found = load_set(path)
    assert (found.path, found.form, found.name, found.articles) == (path, form, short, None)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(found.questions) == 1


def test_a_folder_with_queries_is_beir(tmp_path: Path) -> None:
    found = load_set(beir_folder(tmp_path / "scifact"))
    assert (found.form, found.name, found.articles) == ("beir", "scifact", None)
    assert [question.id for question in found.questions] == ["b"]


@pytest.mark.parametrize("ending", [".questions.jsonl", ".questions.jsonl.gz"])
def test_the_name_of_a_news_set_is_enough(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"news-2024h2{ending}", LINE)
    found = load_set(tmp_path / "news-2024h2")
    assert (found.path, found.name) == (path, "news-2024h2")


@pytest.mark.parametrize("ending", [".articles.jsonl", ".articles.jsonl.gz"])
@pytest.mark.parametrize("questions", ["news.questions.jsonl", "news.questions.jsonl.gz"])
def test_articles_beside_the_questions_belong_to_them(tmp_path: Path, questions: str, ending: str) -> None:
    articles = write(tmp_path / f"news{ending}", b"{}")
    assert load_set(write(tmp_path / questions, LINE)).articles == articles


def test_articles_beside_other_lines_do_not_belong_to_them(tmp_path: Path) -> None:
    write(tmp_path / "swap.articles.jsonl", b"{}")
    assert load_set(write(tmp_path / "swap.jsonl", LINE)).articles is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("absent", "nothing there", id="absent"),
        pytest.param("table.csv", "a file that ends in '.csv'", id="another ending"),
        pytest.param("README", "a file without ending", id="no ending"),
        pytest.param("folder", "a folder without queries.jsonl", id="a folder of something else"),
        pytest.param("folder.jsonl", "a folder without queries.jsonl", id="a folder called like a file"),
    ],
)
def test_what_is_no_set_is_told_which_forms_there_are(tmp_path: Path, name: str, found: str) -> None:
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    elif name != "absent":
        write(path, b"x")
    with pytest.raises(LoadError) as error:
        load_set(path)
    assert str(error.value).startswith(f"{path}: found {found}, expected questions as JSON lines")
    assert "SQuAD" in str(error.value) and "BEIR" in str(error.value)


def test_a_question_taken_for_a_set_is_an_error_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="expected questions as JSON lines"):
        load_set(tmp_path / ("Who closed the mine? " * 40))


@pytest.mark.parametrize("name", ["swap.jsonl", "dev.json"])
def test_only_beir_has_splits(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, SQUAD if name.endswith("json") else LINE)
    with pytest.raises(LoadError, match="only a BEIR folder has splits"):
        load_set(path, split="dev")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("a/my set.jsonl", "my-set", id="spaces"),
        pytest.param("a/...questions.jsonl", "set", id="dots alone"),
        pytest.param("a/scifact/", "scifact", id="a folder"),
        pytest.param("a/scifact/../nfcorpus", "nfcorpus", id="a path with steps back"),
        pytest.param(f"{'x' * 150}.jsonl", "x" * 100, id="long"),
        pytest.param("/", "set", id="the root"),
    ],
)
def test_names_are_fit_for_folders(path: str, name: str) -> None:
    assert short_name(Path(path)) == name
