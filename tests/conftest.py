"""Fixtures that all tests share: an encoder without a model, a folder of articles, a library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import ARGS, CHROMIUM
from fakes import SMALL_CHUNKS, FakeEncoder, write_articles

from index.sync import sync

__all__ = ["FakeEncoder"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, started once for a module of tests that are marked with `chromium.BROWSER`."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def articles_folder(tmp_path: Path) -> Path:
    return write_articles(tmp_path / "articles")


@pytest.fixture
def library(tmp_path: Path, articles_folder: Path, encoder: FakeEncoder) -> Path:
    """The sample articles, published as generation 1."""
    folder = tmp_path / "library"
    sync([articles_folder], folder, encoder=encoder, chunker=SMALL_CHUNKS)
    return folder
