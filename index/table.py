"""Tables of articles: CSV and TSV, JSON lines, JSON arrays; a row an article, read one at a time.

Which column is which of our fields is told by `fields` ({"text": "summary+body", "title": "meta.headline"}) and, where
it says nothing, by the names that such columns have elsewhere (`SYNONYMS`).
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, BinaryIO, Protocol

from index.draft import Draft, Issue, drafted, reason
from index.raw import MAX_FILE_BYTES, encoding_of
from rag.errors import LoadError

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "_id", "article id", "doc id", "guid", "uuid"),
    "title": ("title", "headline", "heading", "name", "subject"),
    "text": (
        "text", "body", "content", "full text", "article body", "article text", "body text", "content text",
        "main text", "plain text", "article", "story", "content html", "body html", "html",
    ),
    "source": ("source", "publisher", "publication", "site name", "site", "outlet", "newspaper", "journal", "domain"),
    "author": ("author", "authors", "byline", "creator", "writer", "by"),
    "url": ("url", "link", "canonical url", "permalink", "web url", "href", "uri"),
    "published": (
        "published", "date", "published at", "date published", "pub date", "publish date", "publication date",
        "published date", "published on", "date publish", "created at", "created", "timestamp", "time", "day",
    ),
    "language": ("language", "lang", "locale"),
}  # fmt: skip
"""What columns are called that hold our fields, the likeliest first; case, spaces, `_` and `-` do not count."""
MAX_NAMED_ROWS = 100
"""Bad rows of one file that are named one by one; a binary file may have millions."""
MAX_GZ_BYTES = 16 * 1024**3
_DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 65_536
_MOST_COLUMNS = 10_000
"""That are looked at for the names of our fields."""
_BETWEEN = re.compile(r"[\s,]*")
_MARKUP = re.compile(r"</(?:p|div|li|ul|ol|h[1-6]|blockquote|section|article)\s*>", re.IGNORECASE)


def mapping(options: Sequence[str]) -> dict[str, str]:
    """Field names from options such as `text=summary+body`.  Raises LoadError for one that is none."""
    found: dict[str, str] = {}
    for option in options:
        field, sign, columns = (part.strip() for part in option.partition("="))
        if not sign or field not in SYNONYMS or not all(name.strip() for name in columns.split("+")):
            known = ", ".join(SYNONYMS)
            raise LoadError(f"--field {option!r} names no column: write FIELD=COLUMN, where FIELD is one of {known}.")
        found[field] = columns
    return found


def read(stream: BinaryIO, origin: str, suffix: str, fields: Mapping[str, str]) -> Iterator[Draft | Issue]:
    """The articles of a table, `ORIGIN#ROW` each, and what was wrong with rows.  Raises LoadError for all of it."""
    if suffix in (".csv", ".tsv"):
        items = _read_rows(stream, origin, suffix, fields)
    elif suffix == ".json":
        items = _read_json(stream, origin, fields)
    else:
        items = _read_lines(stream, origin, suffix, fields)
    seen, bad = False, 0
    for item in items:
        seen = True
        bad += isinstance(item, Issue) and item.origin != origin
        if isinstance(item, Draft) or item.origin == origin or bad <= MAX_NAMED_ROWS:
            yield item
    if not seen:
        yield Issue(origin, "holds no articles")
    if bad > MAX_NAMED_ROWS:
        kind = "rows" if suffix in (".csv", ".tsv") else "lines"
        yield Issue(origin, f"has {bad - MAX_NAMED_ROWS:,} more {kind} from which nothing could be taken")


# -- JSON lines -----------------------------------------------------------------------------------------------------


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


def _read_lines(stream: BinaryIO, origin: str, suffix: str, fields: Mapping[str, str]) -> Iterator[Draft | Issue]:
    lines: _Lines = _Bounded(gzip.GzipFile(fileobj=stream), MAX_GZ_BYTES) if suffix == ".jsonl.gz" else stream
    number = 0
    blank = True
    try:
        while line := lines.readline(MAX_FILE_BYTES + 1):
            number += 1
            if len(line) > MAX_FILE_BYTES:
                raise LoadError(f"line {number} has more than {MAX_FILE_BYTES:,} bytes; the rest is not read")
            if line.strip():
                blank = False
                yield _from_line(line, f"{origin}#{number}", stream.tell(), fields)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        blank = False
        yield Issue(origin, f"ends badly after line {number}: {error}")
    if blank:
        yield Issue(origin, "is empty")


class _Bounded:
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream = io.BufferedReader(stream)
        self._left = limit

    def readline(self, size: int, /) -> bytes:
        line = self._stream.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise LoadError("unpacks to more than is allowed")
        return line


def _from_line(line: bytes, origin: str, position: int, fields: Mapping[str, str]) -> Draft | Issue:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Issue(origin, f"is not JSON ({error})"[:200])
    return _from_record(record, origin, position, fields)


# -- JSON -----------------------------------------------------------------------------------------------------------


def _read_json(stream: BinaryIO, origin: str, fields: Mapping[str, str]) -> Iterator[Draft | Issue]:
    """An array of objects, one object, or objects that follow each other; only one of them is held at a time."""
    number = 0
    try:
        for whole in _elements(stream):
            for record in _wrapped(whole, fields):
                number += 1
                yield _from_record(record, f"{origin}#{number}", stream.tell(), fields)
    except ValueError as error:
        after = f" after article {number}" if number else ""
        yield Issue(origin, f"is not JSON{after} ({error})"[:200])


def _elements(stream: BinaryIO) -> Iterator[object]:
    """The elements of an array, or values that follow each other.  Raises ValueError where they end badly."""
    text = io.TextIOWrapper(stream, encoding_of(stream))
    decoder = json.JSONDecoder()
    try:
        buffer = text.read(_SAMPLE_CHARS)
        array = buffer.lstrip().startswith("[")
        place = buffer.find("[") + 1 if array else 0
        while True:
            match = _BETWEEN.match(buffer, place)
            place = match.end() if match else place
            if array and buffer.startswith("]", place):
                array, place = False, place + 1
                continue
            try:
                if place == len(buffer):
                    raise json.JSONDecodeError("it ends within the array", buffer, place)
                value, end = decoder.raw_decode(buffer, place)
            except json.JSONDecodeError:
                # Reading twice as much each time, a long element is not gone over more than a few times.
                more = text.read(max(_SAMPLE_CHARS, len(buffer) - place))
                if not more and place == len(buffer) and not array:
                    return
                if not more or len(buffer) - place > MAX_FILE_BYTES:
                    raise
                buffer, place = buffer[place:] + more, 0
                continue
            yield value
            place = end
    finally:
        # Else the stream, which is not ours, would be closed with the wrapper.
        text.detach()


def _wrapped(whole: object, fields: Mapping[str, str]) -> list[object]:
    """The articles in an object that is none but has one list of objects, as exports and JSON feeds do."""
    if isinstance(whole, dict) and _text(_values(whole, "text", fields)) is None:
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        if len(lists) == 1:
            return list(lists[0])
    return [whole]


# -- CSV ------------------------------------------------------------------------------------------------------------


def _read_rows(stream: BinaryIO, origin: str, suffix: str, fields: Mapping[str, str]) -> Iterator[Draft | Issue]:
    encoding = encoding_of(stream)
    text = io.TextIOWrapper(stream, encoding, errors="strict" if encoding.startswith("utf") else "replace", newline="")
    # A limit of the module, which is short of a long article; this process reads nothing else by it.
    csv.field_size_limit(MAX_FILE_BYTES)
    number = 0
    try:
        delimiter = "\t" if suffix == ".tsv" else _delimiter(text.read(_SAMPLE_CHARS), fields)
        text.seek(0)
        rows = csv.reader(_bounded_lines(text), delimiter=delimiter)
        header: list[str] = []
        for number, row in enumerate(rows, 1):
            if not any(cell.strip() for cell in row):
                continue
            if not header:
                header = [cell.strip() for cell in row]
                _check_header(header, fields)
                continue
            yield _from_row(row, header, f"{origin}#{number}", stream.tell(), fields)
        if not header:
            raise LoadError("is empty")
    except (csv.Error, UnicodeError) as error:
        yield Issue(origin, f"ends badly after row {number}: {error}")
    finally:
        # Else the stream, which is not ours, would be closed with the wrapper.
        text.detach()


def _bounded_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MAX_FILE_BYTES + 1):
        if len(line) > MAX_FILE_BYTES:
            raise csv.Error(f"a line has more than {MAX_FILE_BYTES:,} characters")
        yield line


def _delimiter(sample: str, fields: Mapping[str, str]) -> str:
    """What parts the columns: whatever gives the most columns that are known, then the most rows of one width."""

    def fitness(delimiter: str) -> tuple[int, bool, int]:
        try:
            rows = list(itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 50))
        except csv.Error:
            return (0, False, 0)
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
        known = sum(bool(_values(dict.fromkeys(header, "x"), field, fields)) for field in SYNONYMS)
        return (known, len(header) > 1, sum(len(row) == len(header) for row in rows))

    return max(_DELIMITERS, key=fitness)


def _check_header(header: Sequence[str], fields: Mapping[str, str]) -> None:
    columns = dict.fromkeys(header, "x")
    for field in fields:
        if not _values(columns, field, fields):
            raise LoadError(f"has no column {fields[field]!r} for {field}; its columns are {_listed(header)}")
    if not _values(columns, "text", fields):
        raise LoadError(
            f"has no column with the articles' text; its columns are {_listed(header)}: "
            "name the one that it is with --field text=COLUMN"
        )


def _from_row(
    row: Sequence[str], header: Sequence[str], origin: str, position: int, fields: Mapping[str, str]
) -> Draft | Issue:
    if any(cell.strip() for cell in row[len(header) :]):
        found = f"has {len(row)} cells where the header has {len(header)}"
        return Issue(origin, f"{found}: put texts that hold the delimiter in quotes")
    record: dict[str, str] = {}
    for name, cell in zip(header, row, strict=False):
        # Of two columns with one name the first counts.
        record.setdefault(name, cell)
    return _from_record(record, origin, position, fields)


# -- fields ---------------------------------------------------------------------------------------------------------


def _from_record(record: object, origin: str, position: int, fields: Mapping[str, str]) -> Draft | Issue:
    if not isinstance(record, dict):
        return Issue(origin, "is not a JSON object with the fields id, title, text, source, url, published")
    values = _values(record, "text", fields)
    text = _text(values)
    if text is None and not values and _values(dict.fromkeys(record, "x"), "text", fields):
        return Issue(origin, "holds no text")
    if text is None:
        name = fields.get("text", "text")
        hint = f"its fields are {_listed(list(record))}; name the one that it is with --field text=NAME"
        return Issue(origin, f"has no field {name!r} with the article's text ({hint})")
    found = {name: _one(values) for name in SYNONYMS if name != "text" and (values := _values(record, name, fields))}
    try:
        return drafted({**found, "text": _unmarked(text)}, origin, position)
    except LoadError as error:
        return Issue(origin, str(error))
    except (ValueError, OverflowError, RecursionError) as error:
        return Issue(origin, f"cannot be parsed ({reason(error)})")


def _values(record: Mapping[str, Any], field: str, fields: Mapping[str, str]) -> list[Any]:
    """What the columns of a field hold, in the order in which they were named; nothing for one that is not there."""
    if field in fields:
        found = [_at(record, column.strip()) for column in fields[field].split("+")]
        return [value for value in found if value not in (None, "")]
    held = (record[key] for key in _columns(tuple(record), field))
    return next(([value] for value in held if value not in (None, "", [])), [])


@lru_cache(maxsize=32)
def _columns(names: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Those of the columns that are called as a field is, the likeliest first; the same for all rows of most files."""
    by_name: dict[str, str] = {}
    for name in names[:_MOST_COLUMNS]:
        by_name.setdefault(_bare(name), name)
    return tuple(by_name[_bare(name)] for name in SYNONYMS[field] if _bare(name) in by_name)


def _bare(name: object) -> str:
    return "".join(sign for sign in str(name).casefold() if sign.isalnum())


def _at(value: Any, path: str) -> Any:
    """The value at a key or, through objects and lists, at a dotted path; None where there is none."""
    if isinstance(value, list):
        found = [one for item in value if (one := _at(item, path)) is not None]
        return found or None
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    key, dot, rest = path.partition(".")
    if dot and key in value:
        return _at(value[key], rest)
    return next((own for name, own in value.items() if str(name).casefold() == path.casefold()), None)


def _one(values: Sequence[Any]) -> Any:
    """One value of several columns; of an object with a name, and of a list of them, the names."""
    plain = [_name(value) for value in values]
    return plain[0] if len(plain) == 1 else " ".join(str(value) for value in plain if value is not None)


def _name(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("name")
    return [_name(one) for one in value] if isinstance(value, list) else value


def _text(values: Sequence[Any]) -> str | None:
    """The texts of several columns, a blank line between them; a list of strings is one of paragraphs."""
    parts: list[str] = []
    for value in values:
        strings = value if isinstance(value, list) else [value]
        if not all(isinstance(string, str) for string in strings):
            return None
        parts.extend(strings)
    return "\n\n".join(part for part in parts if part.strip()) or "\n".join(parts) if parts else None


def _unmarked(text: str) -> str:
    """A text without the HTML in which many systems export it; one that only speaks of HTML stays as it is."""
    ends = len(_MARKUP.findall(text[:1_000_000]))
    if ends >= 3 or (ends and text.lstrip().startswith("<")):
        from index import web

        return web.plain(text)[0]
    return text


def _listed(names: Sequence[object]) -> str:
    shown = ", ".join(str(name)[:40] for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown
