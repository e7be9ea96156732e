"""Fixtures that all tests share: an encoder without a model, a folder of articles, a library."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder, write_articles

from index.sync import sync

__all__ = ["FakeEncoder"]


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
