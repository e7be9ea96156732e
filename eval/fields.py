"""Fields of JSON objects: read with a check, and named with their place when they are wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from rag.errors import LoadError

WHOLE_LINE = "(the whole line)"


class FieldError(Exception):
    """What is wrong with one field of one line."""

    def __init__(self, field: str, expected: str, found: Any) -> None:
        self.field, self.expected, self.found = field, expected, found
        shown = "nothing" if found is None else json.dumps(found)
        shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
        super().__init__(f"field '{field}': expected {expected}, found {shown}")


@contextmanager
def line_errors(path: Path, number: int) -> Iterator[None]:
    """Turn a FieldError into a LoadError that names the file and the line too."""
    try:
        yield
    except FieldError as error:
        raise LoadError(f"{path}, line {number}: {error}") from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO | gzip.GzipFile]:
    """A file open for reading, unpacked where its name ends in `.gz`.  Raises LoadError, also while it is read."""
    try:
        with gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as stream:
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        raise LoadError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, each with its number from 1.  Raises LoadError."""
    with opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line


def parsed(line: bytes) -> dict[str, Any]:
    """The JSON object of a line.  Raises FieldError."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        excerpt = line[:60].decode("utf-8", "replace").strip()
        raise FieldError(WHOLE_LINE, f"a JSON object in UTF-8 ({error})", excerpt) from None
    if not isinstance(row, dict):
        raise FieldError(WHOLE_LINE, "a JSON object", row)
    return row


def text_of(field: str, value: Any) -> str:
    """A string that shows something and can be written as UTF-8.  Raises FieldError."""
    if not isinstance(value, str) or not value.strip():
        raise FieldError(field, "a string that is not empty", value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise FieldError(field, "text without lone surrogates", value) from None
    return value


def texts_of(field: str, value: Any) -> tuple[str, ...]:
    """A list of such strings; none for a field that is absent.  Raises FieldError."""
    return tuple(text_of(field, item) for item in list_of(field, value, "strings"))


def id_of(field: str, value: Any) -> str:
    """An id, which some data sets give as a whole number.  Raises FieldError."""
    return str(value) if is_whole(value) else text_of(field, value)


def list_of(field: str, value: Any, things: str) -> list[Any]:
    """A list, empty for a field that is absent.  Raises FieldError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise FieldError(field, f"a list of {things}", value)
    return value


def is_whole(value: Any) -> bool:
    """Whether a JSON value is a whole number, which `true` is not."""
    return isinstance(value, int) and not isinstance(value, bool)
