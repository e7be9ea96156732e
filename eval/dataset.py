"""Question sets: JSON lines with gold answers and gold articles."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from eval.text import fold
from rag.errors import LoadError


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what a right answer is.

    An answerable question has at least one string in `answers` (any of them is right) and one id in
    `articles` (those that hold the answer); an unanswerable one has no `answers`.  `quotes` are gold quotes,
    `tags` group questions in a report, `asked` is the day on which it was asked; all three may be left out.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    answerable: bool
    quotes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    asked: date | None = None


def load(path: Path) -> tuple[Question, ...]:
    """The questions of a `.jsonl` or `.jsonl.gz` file, in its order.

    Blank lines and unknown fields are skipped.  Raises `LoadError`, naming the file, the line and the field,
    for the first thing that is malformed.
    """
    questions: dict[str, Question] = {}
    for number, line in _lines(path):
        try:
            question = _parse(line)
            if question.id in questions:
                raise _FieldError("id", "an id that no other line has", question.id)
        except _FieldError as error:
            raise LoadError(f"{path}, line {number}: {error}") from None
        questions[question.id] = question
    if not questions:
        raise LoadError(f"{path}: found no question, expected one JSON object on each line")
    return tuple(questions.values())


def digest(path: Path) -> str:
    """SHA-256 of the file as it lies on disk, in hexadecimal.  Raises `LoadError` where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise LoadError(f"{path}: cannot be read ({error.strerror})") from None


def sample(questions: tuple[Question, ...], limit: int | None) -> tuple[Question, ...]:
    """At most `limit` questions, evenly spaced over the set: a file sorted by kind keeps its mixture."""
    if limit is None or limit >= len(questions):
        return questions
    if limit < 1:
        raise LoadError(f"found a limit of {limit} questions, expected 1 or more")
    return tuple(questions[index * len(questions) // limit] for index in range(limit))


class _FieldError(Exception):
    """What is wrong with one field of one line."""

    def __init__(self, field: str, expected: str, found: Any) -> None:
        shown = "nothing" if found is None else json.dumps(found)
        shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
        super().__init__(f"field '{field}': expected {expected}, found {shown}")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError) as error:
        raise LoadError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _parse(line: bytes) -> Question:
    row = _decode(line)
    answerable = row.get("answerable")
    if not isinstance(answerable, bool):
        raise _FieldError("answerable", "true or false", answerable)
    question = Question(
        id=_text("id", row.get("id")),
        question=_text("question", row.get("question")),
        answers=_texts("answers", row.get("answers")),
        articles=_texts("articles", row.get("articles")),
        answerable=answerable,
        quotes=_texts("quotes", row.get("quotes")),
        tags=_texts("tags", row.get("tags")),
        asked=_day("asked", row.get("asked")),
    )
    _check(question)
    return question


def _check(question: Question) -> None:
    if not question.answerable:
        if question.answers:
            raise _FieldError("answers", "an empty list, since 'answerable' is false", question.answers)
        return
    if not question.answers:
        raise _FieldError("answers", "at least one string, since 'answerable' is true", [])
    if not question.articles:
        raise _FieldError("articles", "at least one article id, since 'answerable' is true", [])
    for answer in question.answers:
        if not fold(answer):
            raise _FieldError("answers", "strings with a letter or a digit", answer)


def _decode(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _FieldError("(the whole line)", f"a JSON object in UTF-8 ({error})", _excerpt(line)) from None
    if not isinstance(row, dict):
        raise _FieldError("(the whole line)", "a JSON object", row)
    return row


def _excerpt(line: bytes) -> str:
    return line[:60].decode("utf-8", "replace").strip()


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _FieldError(field, "a string that is not empty", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _FieldError(field, "text without lone surrogates", value) from None
    return value


def _texts(field: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _FieldError(field, "a list of strings", value)
    items: Iterable[Any] = value
    return tuple(_text(field, item) for item in items)


def _day(field: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _FieldError(field, "a date such as 2024-08-01", value)
