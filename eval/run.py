"""A run: every question of a set asked of one library, judged, and kept in a folder as it goes.

A run folder holds `conditions.json` (set, library, settings, machine), `records.jsonl` (one judged question a
line) and, once all questions are asked, `summary.json`.  All three can be read without the product.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

from eval.conditions import Conditions, parse_conditions, to_json
from eval.dataset import Question
from eval.metrics import Summary, summarise
from eval.records import DEPTH, Record, Source, judge, load_records, unasked
from rag.disk import write_atomic, writer_lock
from rag.errors import ArticleNotFound, Interrupted, LoadError, QuestionError, StorageError
from rag.examination import Examination
from rag.types import Article, Chunk, Settings

CONDITIONS, RECORDS, SUMMARY, LOCK = "conditions.json", "records.jsonl", "summary.json", "lock"
WARM_UP = "What is known about the weather?"
"""Asked first, and not counted: what is loaded on demand is loaded then."""
SYNC_EVERY = 25
"""Records that a power cut may cost; a kill costs none that was written."""

Progress = Callable[[int, int], None]
"""Called with the number of questions done and their total."""


class Answerer(Protocol):
    """What is judged: `rag.library.Library`, or anything that answers and cites like it."""

    def examine(
        self, question: str, /, *, k: int = ..., as_of: date | None = ..., settings: Settings = ...
    ) -> Examination: ...
    def article(self, article_id: str, /) -> Article: ...
    def chunks(self, article_id: str, /) -> tuple[Chunk, ...]: ...


@dataclass(frozen=True)
class Run:
    """A run as it lies in its folder; `records` are those of the questions asked so far."""

    folder: Path
    conditions: Conditions
    records: tuple[Record, ...]

    @property
    def name(self) -> str:
        """How people tell it from another: the name of its folder."""
        return self.folder.name

    @property
    def complete(self) -> bool:
        """Whether every question was asked."""
        return len(self.records) == self.conditions.questions

    @cached_property
    def summary(self) -> Summary:
        """Its figures, computed once."""
        return summarise(self.records)


def ask(library: Answerer, question: Question, settings: Settings, *, dated: bool = True) -> Record:
    """One question, asked and judged; where `dated`, as on the day of the question.

    What the library does not take for a question counts as refused.
    """
    as_of = question.asked if dated else None
    try:
        examined = library.examine(question.question, k=DEPTH, as_of=as_of, settings=settings)
    except QuestionError as error:
        return unasked(question, str(error), library)
    return judge(question, examined, library)


def conduct(
    library: Answerer,
    questions: Sequence[Question],
    folder: Path,
    conditions: Conditions,
    *,
    on_progress: Progress | None = None,
) -> Run:
    """Ask the questions and keep the run in `folder`; a run of the same conditions that is there already goes on.

    Raises `StorageError` where the folder holds anything else or the disk refuses, `LibraryLocked` where another
    process keeps its run there, `Interrupted` on Ctrl-C.  Errors of the library are not caught.  A question that is
    not counted warms the library up first.
    """
    check_place(folder, conditions)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder, error) from error
    with writer_lock(folder / LOCK):
        try:
            # Again: another process may have ended its run just now.
            before = check_place(folder, conditions)
            return _conduct(library, questions, Run(folder, conditions, before), on_progress)
        finally:
            with suppress(OSError):
                (folder / LOCK).unlink()


def _conduct(library: Answerer, questions: Sequence[Question], before: Run, on_progress: Progress | None) -> Run:
    """Go on with the run that was kept before."""
    folder, conditions, done = before.folder, before.conditions, list(before.records)
    _begin(before, questions)
    total, settings = len(questions), conditions.settings
    try:
        with _append(folder / RECORDS) as stream:
            if len(done) < total:
                library.examine(WARM_UP, k=DEPTH, settings=settings)
            for question in questions[len(done) :]:
                done.append(ask(library, question, settings, dated=conditions.dated))
                _write(stream, done[-1], sync=len(done) % SYNC_EVERY == 0 or len(done) == total)
                if on_progress is not None:
                    on_progress(len(done), total)
        run = Run(folder, conditions, tuple(done))
        _write_summary(run)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Stopped after {len(done)} of {total} questions, kept in {folder}; run the same command to go on."
        ) from None
    except OSError as error:
        raise _refused(folder, error) from error
    return run


def read_conditions(folder: Path) -> Conditions:
    """Under which conditions the run in `folder` was made.  Raises `LoadError` where there is none."""
    try:
        return parse_conditions((folder / CONDITIONS).read_text("utf-8"))
    except OSError as error:
        raise _no_run(folder, error) from None
    except (ValueError, KeyError, TypeError) as error:
        raise LoadError(f"{folder / CONDITIONS} is not what `rag eval` writes ({error})") from None


def read_run(folder: Path) -> Run:
    """The run in `folder`.  Raises `LoadError` where there is none or it cannot be read."""
    conditions = read_conditions(folder)
    try:
        lines = _whole_lines((folder / RECORDS).read_bytes())
        return Run(folder, conditions, load_records(lines))
    except OSError as error:
        raise _no_run(folder, error) from None
    except LoadError as error:
        raise LoadError(f"{folder / RECORDS}: {error}") from None


def _no_run(folder: Path, error: OSError) -> LoadError:
    return LoadError(
        f"{folder} is not a run ({error.filename} cannot be read: {error.strerror}): name a folder that "
        "`rag eval SET --out FOLDER` made."
    )


def rescore(folder: Path) -> tuple[Run, Summary]:
    """The run with its figures computed anew from its records, written where they differ from `summary.json`."""
    run = read_run(folder)
    try:
        _write_summary(run)
    except OSError as error:
        raise _refused(folder, error) from error
    return run, run.summary


def missing(library: Source, questions: Sequence[Question]) -> tuple[str, ...]:
    """Gold articles of answerable questions that the library does not hold, sorted."""
    gold = sorted({article for question in questions if question.answerable for article in question.articles})
    return tuple(article for article in gold if not _holds(library, article))


def check_place(folder: Path, conditions: Conditions | None = None) -> tuple[Record, ...]:
    """The records of the interrupted run that is there.

    Raises `StorageError` where no run can be kept: another thing, a complete run, or one of other conditions.
    """
    if not (folder / CONDITIONS).exists():
        if folder.exists() and not folder.is_dir():
            raise StorageError(f"{folder} is a file: choose another place for the run.")
        if folder.exists() and any(path.name != LOCK for path in folder.iterdir()):
            raise StorageError(f"{folder} is not empty and not a run: choose another folder, or remove it.")
        return ()
    before = read_run(folder)
    if before.complete and (folder / SUMMARY).exists():
        raise StorageError(
            f"{folder} holds a complete run: look at it with rag eval show or report, or choose another folder."
        )
    if conditions and (other := before.conditions.differences(conditions)):
        raise StorageError(
            f"{folder} holds a run under other conditions ({'; '.join(other)}): choose another folder, or remove it."
        )
    return before.records


def _begin(run: Run, questions: Sequence[Question]) -> None:
    """Leave in the folder what the run holds so far: a kill may have left half a line besides."""
    asked = [record.question_id for record in run.records]
    if asked != [question.id for question in questions[: len(asked)]]:
        raise StorageError(f"{run.folder} holds other questions than this set begins with: choose another folder.")
    try:
        write_atomic(run.folder / RECORDS, "".join(f"{record.to_line()}\n" for record in run.records).encode())
        if not (run.folder / CONDITIONS).exists():
            write_atomic(run.folder / CONDITIONS, _pretty(to_json(run.conditions)).encode())
    except OSError as error:
        raise _refused(run.folder, error) from error


def _append(path: Path) -> IO[str]:
    return path.open("a", encoding="utf-8", newline="\n")


def _write(stream: IO[str], record: Record, *, sync: bool) -> None:
    stream.write(record.to_line() + "\n")
    stream.flush()
    if sync:
        os.fsync(stream.fileno())


def _whole_lines(raw: bytes) -> list[str]:
    """Lines with their line end: a kill may have left half of the last one."""
    return [line.decode("utf-8", "replace") for line in raw.split(b"\n")[:-1]]


def _write_summary(run: Run) -> None:
    path, told = run.folder / SUMMARY, _pretty(run.summary.to_dict()).encode()
    if not path.exists() or path.read_bytes() != told:
        write_atomic(path, told)


def _refused(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} cannot be written ({error.strerror or error}): choose another folder.")


def _holds(library: Source, article_id: str) -> bool:
    try:
        library.article(article_id)
    except ArticleNotFound:
        return False
    return True


def _pretty(value: Any) -> str:
    # Escaped: a path need not be UTF-8.
    return json.dumps(value, allow_nan=False, indent=2) + "\n"
