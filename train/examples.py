"""Questions with passages and the spans that answer them: what the reader is trained on."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """What is right: the spans that answer, none where the passage does not; whether it is about the question.

    `relevant` None means that this is not known.
    """

    spans: tuple[tuple[int, int], ...]
    relevant: bool | None = True


@dataclass(frozen=True)
class Example:
    """A question, a passage with its title and date (may be empty), and what is right.  `kind` says how it was made."""

    question: str
    text: str
    target: Target
    kind: str
    title: str = ""
    date: str = ""


FILES = ("squadshifts", "qamr", "squad")
HELD_OUT = {"qamr": 60, "squad": 60}
"""One paragraph in so many is held out; in 12 of the others."""


def load(folder: Path) -> tuple[list[Example], list[Example]]:
    """Training and held-out examples of the files of FILES that are there, split by paragraph."""
    rows: list[dict[str, Any]] = []
    found = [path for path in (folder / f"{name}.jsonl.gz" for name in FILES) if path.exists()]
    if not found:
        raise SystemExit(
            f"{folder} holds none of {', '.join(f'{name}.jsonl.gz' for name in FILES)}: see docs/reader.md."
        )
    for path in found:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    training: list[Example] = []
    held_out: list[Example] = []
    for row in rows:
        example = _example(row)
        if example is not None:
            (held_out if is_held_out(row["source"], row["context"]) else training).append(example)
    return training, held_out


def is_held_out(source: str, context: str) -> bool:
    """Whether a paragraph is held out: chosen by its text, so that all its questions are."""
    return int(hashlib.sha256(context.encode()).hexdigest()[:8], 16) % HELD_OUT.get(source, 12) == 0


def _example(row: dict[str, Any]) -> Example | None:
    question = " ".join(row["question"].split())
    if row["answer"] is None:
        return Example(question, row["context"], Target((), relevant=False), f"{row['source']}-random")
    start, end = row["start"], row["start"] + len(row["answer"])
    if row["context"][start:end] != row["answer"] or not row["answer"].strip():
        return None
    return Example(question, row["context"], Target(((start, end),)), row["source"])
