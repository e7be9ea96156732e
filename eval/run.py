"""A run: every question of a set asked of one library, judged, and kept on disk."""

from __future__ import annotations

import json
import os
import platform
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from eval.dataset import Question, digest
from eval.metrics import Summary
from eval.records import DEPTH, Record, judge
from rag.errors import ArticleNotFound, StorageError
from rag.types import Answer, Article, Passage, Settings, to_plain

Progress = Callable[[int, int], None]
"""Called with the number of questions done and their total."""


class Info(Protocol):
    """What a library says about itself (`rag.library.LibraryInfo`)."""

    @property
    def path(self) -> Path | str: ...
    @property
    def generation(self) -> int: ...
    @property
    def articles(self) -> int: ...
    @property
    def chunks(self) -> int: ...
    @property
    def encoder_name(self) -> str: ...
    @property
    def version(self) -> str: ...


class Answerer(Protocol):
    """What is judged: `rag.library.Library`, or anything that answers and cites like it."""

    @property
    def info(self) -> Info: ...
    def ask(self, question: str, /, *, settings: Settings = ...) -> Answer: ...
    def hits(self, query: str, /, *, k: int = ..., settings: Settings = ...) -> tuple[Passage, ...]: ...
    def article(self, article_id: str, /) -> Article: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run was made; latencies compare only on the same machine."""

    system: str
    processor: str
    cpus: int
    python: str


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Under which conditions a run was made: enough to make it again."""

    set_path: str
    set_sha256: str
    questions: int
    library: str
    generation: int
    articles: int
    chunks: int
    encoder: str
    version: str
    settings: Settings
    machine: Machine
    started: str
    """UTC, ISO 8601."""


def describe(
    library: Answerer, set_path: Path, questions: Sequence[Question], *, settings: Settings | None = None
) -> RunSettings:
    """The conditions of a run that starts now.  Raises `LoadError` where the set cannot be read."""
    info = library.info
    return RunSettings(
        set_path=str(set_path),
        set_sha256=digest(set_path),
        questions=len(questions),
        library=str(info.path),
        generation=info.generation,
        articles=info.articles,
        chunks=info.chunks,
        encoder=info.encoder_name,
        version=info.version,
        settings=settings or Settings(),
        machine=Machine(platform.platform(), platform.machine(), os.cpu_count() or 1, platform.python_version()),
        started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )


def run(
    library: Answerer,
    questions: Sequence[Question],
    *,
    on_progress: Progress | None = None,
    settings: Settings | None = None,
) -> tuple[Record, ...]:
    """One record per question, in the order of the set.

    Each question is asked before its chunks are ranked, so that a cached query cannot flatter the timings; a
    query that is not counted warms the library up first.  Errors of the library are not caught.
    """
    settings = settings or Settings()
    if questions:
        library.hits("warm up", k=1, settings=settings)
    records: list[Record] = []
    for question in questions:
        answer = library.ask(question.question, settings=settings)
        hits = library.hits(question.question, k=DEPTH, settings=settings)
        records.append(judge(question, answer, hits, library.article))
        if on_progress is not None:
            on_progress(len(records), len(questions))
    return tuple(records)


def missing(library: Answerer, questions: Sequence[Question]) -> tuple[str, ...]:
    """Gold articles of answerable questions that the library does not hold, sorted."""
    gold = sorted({article for question in questions if question.answerable for article in question.articles})
    return tuple(article for article in gold if not _holds(library, article))


def check_free(path: Path) -> None:
    """Raises `StorageError` where `path` holds something already: a run never replaces anything."""
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise StorageError(f"{path} is not empty, expected a new folder: choose another one or remove it")


def write(path: Path, records: Sequence[Record], summary: Summary, settings: RunSettings) -> None:
    """A new folder `path` with records.jsonl, summary.json and settings.json; all of it or nothing.

    Written beside `path`, synced and renamed.  Raises `StorageError` where `path` is not empty or the disk
    refuses.
    """
    check_free(path)
    draft = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    try:
        draft.mkdir(parents=True)
        _write_text(draft / "records.jsonl", "".join(f"{record.to_line()}\n" for record in records))
        _write_text(draft / "summary.json", _pretty(summary.to_dict()))
        _write_text(draft / "settings.json", _pretty(to_plain(asdict(settings))))
        if path.exists():
            path.rmdir()
        draft.rename(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror or error}): choose another folder") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _holds(library: Answerer, article_id: str) -> bool:
    try:
        library.article(article_id)
    except ArticleNotFound:
        return False
    return True


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
