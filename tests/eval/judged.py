"""A small library of the animal houses, built without a model, and a set of questions about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import MARKERS, SMALL_CHUNKS, FakeEncoder, FakeScorer, write_articles

from index.sync import sync

Command = Callable[..., tuple[int, str, str]]
"""Runs `rag` with these arguments; exit code, output and errors."""


def without_models(patch: pytest.MonkeyPatch) -> None:
    """Libraries that are opened without an encoder or a reader of their own get the fakes."""
    patch.setattr("rag.held.load_matching", lambda _: FakeEncoder())
    patch.setattr("rag.held.load_scorer", lambda *_: FakeScorer())
    patch.setattr("rag.held.reader_name", lambda *_: FakeScorer.name)


def make_library(place: Path) -> Path:
    """The library of `make_articles`, in `place`."""
    sync([write_articles(place / "articles")], place / "library", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    return place / "library"


def row(name: str, question: str, answers: Sequence[str] = (), articles: Sequence[str] = (), **more: Any) -> Any:
    return {
        "id": name, "question": question, "answers": list(answers), "articles": list(articles),
        "answerable": bool(answers), **more,
    }  # fmt: skip


ROWS = [
    *(
        row(marker, f"What did the {marker} keepers of the {marker} house count?", ["animals"], [marker], tags=["what"])
        for marker in MARKERS
    ),
    row("chapel", "Who painted the ceiling of the chapel?", tags=["[trap]"]),
    row("bakers", "Why did the bakers strike in Lund?"),
]
"""Eight questions that any sentence of the right article answers, and two that nothing answers."""


def write_set(path: Path, rows: Sequence[Any] = ROWS) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
    return path


def strict(text: str) -> Any:
    """The JSON value, which must not hold NaN or Infinity: other programs do not read these."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)
