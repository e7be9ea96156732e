"""“Save as eval case” over the network: what is taken, what is refused, and in which words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from ui_fakes import SWAP, FakeInfo, FakeLibrary
from ui_payloads import PAYLOADS

from eval.dataset import load
from rag.errors import ArticleNotFound
from rag.types import Article
from ui import cases
from ui.ask import Desk
from ui.guard import Guard, SecurityHeaders
from ui.parts import UNEXPECTED

RIGHT = {
    "verdict": "right",
    "question": "Who supervised the trade?",
    "asked": "2024-08-05",
    "article": "a1",
    "quote": "supervised by Turkey's spy service, the MIT.",
    "answer": "Turkey's spy service",
}


class Held(FakeLibrary):
    def article(self, article_id: str) -> Article:
        for article in self.held:
            if article.id == article_id:
                return article
        raise ArticleNotFound(f"No article {article_id!r}.")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "news-cases.jsonl"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[TestClient]:
    from fastapi import FastAPI

    app = FastAPI()
    cases.add_routes(app, Desk(Held(FakeInfo(path=tmp_path / "news"))))
    app.add_middleware(Guard)
    app.add_middleware(SecurityHeaders)
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_a_case_is_saved_and_said(page: TestClient, file: Path) -> None:
    response = page.post("/part/case", json=RIGHT)
    assert (response.status_code, response.json()) == (200, {"said": "Saved: 1 case in news-cases.jsonl."})
    response = page.post("/part/case", json={"verdict": "unanswerable", "question": "Who painted it?", "asked": None})
    assert response.json() == {"said": "Saved: 2 cases in news-cases.jsonl."}
    right, none = load(file)
    assert (right.answers, right.articles, str(right.asked)) == (("Turkey's spy service",), ("a1",), "2024-08-05")
    assert none.tags == ("saved", "unanswerable")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quote": "never said"}, f"These words are not in the stored text of “{SWAP.title}”"),
        ({"article": "a9"}, "No article 'a9'."),
        ({"article": "\ud83d"}, "No article"),
        ({"question": ""}, "The case has no question"),
        ({"verdict": "maybe"}, "The case cannot be read"),
        ({"verdict": ["right"]}, "The case cannot be read"),
        ({"verdict": None}, "The case cannot be read"),
        ({"question": {"a": 1}}, "The case cannot be read"),
        ({"asked": "yesterday"}, "The case cannot be read"),
        ({"asked": 5}, "The case cannot be read"),
    ],
)
def test_what_cannot_be_saved_is_said(page: TestClient, file: Path, change: dict[str, Any], said: str) -> None:
    response = page.post("/part/case", content=json.dumps(RIGHT | change))
    assert response.status_code == 422 and response.text.startswith(said)
    assert not file.exists()


@pytest.mark.parametrize("body", ["", "x", "[]", "null", '{"verdict": "right"', "[" * 50_000])
def test_what_is_no_case_is_refused(page: TestClient, body: str) -> None:
    assert page.post("/part/case", content=body).status_code == 422


def test_other_sites_cannot_save(page: TestClient, file: Path) -> None:
    assert page.post("/part/case", json=RIGHT, headers={"origin": "https://evil.test"}).status_code == 403
    assert page.get("/part/case").status_code == 405
    assert not file.exists()


def test_a_damaged_file_is_named(page: TestClient, file: Path) -> None:
    file.write_text("{", "utf-8")
    response = page.post("/part/case", json=RIGHT)
    assert response.status_code == 422
    assert "news-cases.jsonl, line 1" in response.text and "move the file away" in response.text


def test_markup_is_kept_as_text(page: TestClient, file: Path) -> None:
    for payload in PAYLOADS:
        body = json.dumps({"verdict": "unanswerable", "question": f"Is it {payload}?"})
        response = page.post("/part/case", content=body)
        assert response.headers["content-type"] == "application/json" and response.json()["said"].startswith("Saved")
    kept = {question.question for question in load(file)}
    assert "Is it <script>window.__xss=1</script>?" in kept


def test_what_nobody_expected_is_logged_and_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from fastapi import FastAPI

    class Broken(Held):
        def article(self, article_id: str) -> Article:
            raise ValueError("secret path")

    app = FastAPI()
    cases.add_routes(app, Desk(Broken(FakeInfo(path=tmp_path / "news"))))
    with TestClient(app) as client, caplog.at_level(logging.ERROR):
        response = client.post("/part/case", json=RIGHT)
    assert (response.status_code, response.text) == (500, UNEXPECTED)
    assert "secret path" in caplog.text
