"""The default model's tokenizer, and samples of text that make chunking hard."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from rag.models import locate
from rag.spec import tokenizer_file

CountTokens = Callable[[Sequence[str]], list[int]]


@pytest.fixture(scope="session")
def count_tokens() -> CountTokens:
    """Counts tokens as the default encoder does, without loading its weights."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file(locate()[0])))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        return [len(found) for found in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    return count


@pytest.fixture
def memory_path() -> Iterator[Path]:
    """A folder in memory where there is one: a test that publishes many generations waits mostly for fsync.

    An index that was opened a moment ago may put its lock file into a folder that is being emptied.
    """
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else None, ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
