"""The real encoder, loaded once, and a library of the sample articles made with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.sync import sync
from rag.encoder import Encoder, load_encoder
from rag.library import Library

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "articles"


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory, real_encoder: Encoder) -> Path:
    """A library of examples/articles; nobody writes it."""
    folder = tmp_path_factory.mktemp("samples") / "library"
    sync([EXAMPLES], folder, encoder=real_encoder)
    return folder


@pytest.fixture(scope="session")
def samples(sample_folder: Path, real_encoder: Encoder) -> Iterator[Library]:
    """That library, open."""
    with Library(sample_folder, encoder=real_encoder) as opened:
        yield opened
