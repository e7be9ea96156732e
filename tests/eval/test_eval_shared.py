"""An encoder that remembers: the same vectors, fewer texts, from any thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fakes import SMALL_CHUNKS, FakeEncoder, write_articles
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.shared import SharedEncoder
from index.sync import sync
from rag.encoder import Encoder, Vectors
from rag.errors import ModelError


class CountingEncoder(FakeEncoder):
    """Remembers every passage that it was asked to encode; refuses one."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        if "too long" in texts:
            raise ModelError("too long")
        self.texts.extend(texts)
        return super().encode_passages(texts)


def test_equal_passages_are_encoded_once() -> None:
    inner = CountingEncoder()
    shared = SharedEncoder(inner)
    shared.encode_passages(["the mine", "the flood", "the mine"])
    shared.encode_passages(["the flood", "the mayor"])
    assert inner.texts == ["the mine", "the flood", "the mayor"]


def test_vectors_stand_in_the_order_of_the_texts() -> None:
    shared = SharedEncoder(FakeEncoder())
    shared.encode_passages(["b"])
    texts = ["c", "b", "a", "b", "c"]
    found = shared.encode_passages(texts)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, FakeEncoder().encode_passages(texts).astype(np.float16).astype(np.float32))


def test_no_texts_are_no_vectors() -> None:
    assert SharedEncoder(FakeEncoder()).encode_passages([]).shape == (0, 32)


def test_everything_else_is_the_encoder_s_own() -> None:
    inner = FakeEncoder()
    shared: Encoder = SharedEncoder(inner)
    assert (shared.spec, shared.passage_budget, shared.count_tokens(["a b"])) == (inner.spec, 256, [2])
    np.testing.assert_array_equal(shared.encode_query("who?"), inner.encode_query("who?"))


def test_no_more_texts_are_remembered_than_asked_for() -> None:
    inner = CountingEncoder()
    shared = SharedEncoder(inner, texts=2)
    for _ in range(2):
        shared.encode_passages(["a", "b", "c"])
    assert inner.texts == ["a", "b", "c", "c"]


def test_a_refusal_is_passed_on_and_nothing_of_it_is_remembered() -> None:
    inner = CountingEncoder()
    shared = SharedEncoder(inner)
    with pytest.raises(ModelError):
        shared.encode_passages(["a", "too long"])
    shared.encode_passages(["a"])
    assert inner.texts == ["a"]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=3), max_size=6), max_size=6), st.integers(0, 5))
def test_what_was_asked_before_makes_no_difference(calls: list[list[str]], texts: int) -> None:
    shared = SharedEncoder(FakeEncoder(), texts=texts)
    for call in calls:
        expected = FakeEncoder().encode_passages(call).astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(shared.encode_passages(call), expected)


def test_threads_share_it() -> None:
    shared = SharedEncoder(FakeEncoder(), texts=50)
    calls = [[f"text {(call * 7 + n) % 60}" for n in range(30)] for call in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shared.encode_passages, calls))
    for call, vectors in zip(calls, found, strict=True):
        np.testing.assert_array_equal(vectors, FakeEncoder().encode_passages(call).astype(np.float16))


def test_a_library_made_with_it_is_the_library_made_without(tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "articles", ("gecko", "heron"))
    shared = SharedEncoder(CountingEncoder())
    for name, encoder in (("plain", FakeEncoder()), ("first", shared), ("second", shared)):
        sync([folder], tmp_path / name, encoder=encoder, chunker=SMALL_CHUNKS)
    vectors = [next((tmp_path / name).rglob("vectors.faiss")).read_bytes() for name in ("plain", "first", "second")]
    assert vectors[0] == vectors[1] == vectors[2]
