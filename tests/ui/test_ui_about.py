"""The About tab: facts of the library, and what each check of it found."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder
from ui_fakes import FakeInfo, FakeLibrary, published
from ui_payloads import PAYLOADS

from index.sync import sync
from rag.errors import ModelError
from rag.verify import Check, VerifyReport
from ui import about
from ui.ask import Desk
from ui.parts import UNEXPECTED


@dataclass(frozen=True)
class Info(FakeInfo):
    path: Path = field(default_factory=published)
    library: str = "f00d"
    encoder: str = "0123456789abcdef"
    chunker: str = "sentences"
    reader: str = "reader-3"
    calibration: str = "news-2024h2 (ab12)"


@dataclass
class Opened(FakeLibrary):
    """A library whose model is `encoder`, or cannot be loaded."""

    info: Any = field(default_factory=Info)
    model: FakeEncoder | None = None

    @property
    def encoder(self) -> FakeEncoder:
        if self.model is None:
            raise ModelError("no model")
        return self.model


@pytest.fixture
def library_on_disk(tmp_path: Path, articles_folder: Path, encoder: FakeEncoder) -> Path:
    """The sample articles, published as generation 1."""
    folder = tmp_path / "news"
    sync([articles_folder], folder, encoder=encoder, chunker=SMALL_CHUNKS)
    return folder


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_facts_of_a_library() -> None:
    text = Seen(about.about(Opened())).text
    for fact in (
        "Identityf00d",
        "Generation3",
        "Articles3",
        "Passages1,204",
        "fake-encoder (0123456789ab)",
        "reader-3",
    ):
        assert fact in text
    assert "news-2024h2 (ab12)" in text and "article-rag0.1.0" in text and "gradio6." in text
    assert "What is open is what is on disk." in text


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 KB"),
        (12_345_678, "12.3 MB"),
        (5 * 10**9, "5.0 GB"),
        (5 * 10**15, "5,000.0 TB"),
    ],
)
def test_sizes_as_people_write_them(count: int, said: str) -> None:
    assert about.size(count) == said


def test_all_files_of_the_folder_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(b"123")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    assert about.on_disk(tmp_path) == 8


def test_health_is_what_a_restart_would_find(tmp_path: Path) -> None:
    assert about.health(published(), 2) == "Generation 3 is on disk and is taken up with the next question."
    assert about.health(tmp_path, 3).startswith("What is open goes on answering, but on disk: There is no library in")


def test_a_whole_library_is_verified(library_on_disk: Path, encoder: FakeEncoder) -> None:
    html = about.verified(Desk(Opened(Info(path=library_on_disk), model=encoder)))
    assert "All of it is whole." in html and "failed" not in html
    assert "encoded again" in html and html.count("<b>ok</b>") == html.count("<li>") > 10


def test_damage_is_named_with_the_remedy(library_on_disk: Path, encoder: FakeEncoder) -> None:
    derived = next((library_on_disk / "generations").rglob("vectors*"))
    derived.write_bytes(derived.read_bytes()[:-1] + b"\x00\x01")
    html = about.verified(Desk(Opened(Info(path=library_on_disk), model=encoder)))
    assert "1 of " in html and " checks failed." in html
    assert f"What to do: run <code>rag repair --library {library_on_disk}</code>" in html


def test_a_check_has_its_own_remedy() -> None:
    report = VerifyReport((Check("manifest", True, "fine"), Check("encoded again", False, "cosine 0.2")))
    html = about.checks(report, Path("/home/a b/news"))
    assert "1 of 2 checks failed." in html
    assert "<code>rag index --rebuild --library &#x27;/home/a b/news&#x27;</code>" in html


def test_what_nobody_expected_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Opened):
        @property
        def encoder(self) -> FakeEncoder:
            raise ValueError("secret path")

    with caplog.at_level(logging.ERROR):
        assert UNEXPECTED in about.verified(Desk(Broken()))
    assert "secret path" in caplog.text


def test_a_model_that_cannot_be_loaded_is_a_check_that_failed() -> None:
    # The library of the fakes is a manifest and nothing else.
    html = about.verified(Desk(Opened()))
    assert "checks failed" in html and "no model" not in html


def test_no_field_is_markup(tmp_path: Path) -> None:
    hostile = "".join(PAYLOADS)
    info = Info(tmp_path / "x", encoder_name=hostile, version=hostile, library=hostile, encoder="<b>", chunker=hostile)
    checks = tuple(Check(payload, ok, payload) for payload in PAYLOADS for ok in (True, False))
    for html in (
        about.about(Opened(info)),
        about.checks(VerifyReport(checks), Path("/a/<script>`x`</script>")),
    ):
        seen = Seen(html)
        assert seen.tags <= {
            "h2",
            "h3",
            "section",
            "dl",
            "div",
            "dt",
            "dd",
            "p",
            "ul",
            "li",
            "b",
            "span",
            "bdi",
            "code",
        }
        assert seen.names <= {"class", "dir", "role", "tabindex"}


def test_the_tab_has_a_button_and_takes_nothing() -> None:
    import gradio as gr

    async def built() -> gr.Blocks:
        # Where no event loop runs, Gradio makes some and never closes them.
        with gr.Blocks(analytics_enabled=False) as blocks:
            about.build(Desk(Opened()))
        return blocks

    blocks = asyncio.run(built())
    (event,) = blocks.fns.values()
    assert (event.inputs, event.api_visibility) == ([], "private")
    assert event.fn and "checks failed" in event.fn()
