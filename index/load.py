"""Files to article drafts: encodings, front matter, HTML metadata, JSON lines.

`read_file` is pure parsing and runs in the worker process (`index/worker.py`); nothing here writes.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from index.draft import DATED, Draft, Issue, dated, drafted, reason
from rag.errors import LoadError
from rag.sentences import ends_sentence, lines

SUFFIXES = (".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz")
MAX_FILE_BYTES = 64 * 1024 * 1024
"""Of one document; a .jsonl file may be of any size, each of its lines of this."""
MAX_NAMED_LINES = 100
"""Bad lines of one .jsonl file that are named one by one; a binary file may have millions."""
MAX_GZ_BYTES = 16 * 1024**3

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def suffix_of(path: Path) -> str:
    """The recognised ending of a file's name, "" if none."""
    name = path.name.lower()
    return next((suffix for suffix in (".jsonl.gz", *SUFFIXES) if name.endswith(suffix)), "")


def read_file(path: Path) -> Iterator[Draft | Issue]:
    """The drafts in one file and what was wrong with it.  Raises nothing on bad content, MemoryError at its limit."""
    try:
        suffix = suffix_of(path)
        if suffix in (".jsonl", ".jsonl.gz"):
            yield from _read_lines(path, suffix)
            return
        yield _read_document(path, suffix)
    except LoadError as error:
        yield Issue(str(path), str(error))
    except OSError as error:
        yield Issue(str(path), f"cannot be read: {error.strerror or error}")
    except Exception as error:
        # Parsers of other people's formats fail in ways that nobody lists; one file must not end the batch.
        yield Issue(str(path), f"cannot be parsed ({reason(error)})")


def _read_document(path: Path, suffix: str) -> Draft:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LoadError("is not a regular file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise LoadError(f"has {path.stat().st_size:,} bytes; a document may have {MAX_FILE_BYTES:,}")
    text = decode(path.read_bytes())
    if suffix in (".html", ".htm"):
        fields = _from_html(text)
    else:
        fields, text = _front_matter(text)
        fields["text"] = text
    draft = drafted(fields, str(path), path.stat().st_size)
    title = draft.title or title_in(draft.text) or _stem_title(path)
    return replace(draft, title=title, published=draft.published or dated(path.name))


def decode(raw: bytes) -> str:
    """Bytes to text: by byte order mark, as UTF-8, else as detected.  Raises LoadError for empty or binary data."""
    if not raw.strip():
        raise LoadError("is empty")
    for mark, name in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(name)
            except UnicodeDecodeError as error:
                raise LoadError(f"starts as {name} but is not: {error.reason}") from error
    if b"\0" in raw[:65_536]:
        raise LoadError("is binary, not text")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _detected(raw)


def _detected(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:1_000_000]).best()
    control = sum(byte < 9 or 13 < byte < 32 for byte in raw[:65_536])
    if best is None or control > len(raw[:65_536]) // 50:
        raise LoadError("is binary or in an unknown encoding; save it as UTF-8")
    return raw.decode(best.encoding, errors="replace")


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    import yaml

    plain = text.replace("\r\n", "\n").lstrip("\ufeff")
    match = _FRONT.match(plain)
    if not match:
        return {}, text
    try:
        fields = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LoadError(f"has front matter that is not YAML ({reason(error)})") from error
    if not isinstance(fields, dict):
        return {}, text
    return {str(key).lower(): value for key, value in fields.items()}, plain[match.end() :]


def _from_html(html: str) -> dict[str, Any]:
    import trafilatura

    try:
        found = trafilatura.bare_extraction(html, include_comments=False, with_metadata=True, favor_recall=True)
    except (ValueError, RecursionError, TypeError, AttributeError) as error:
        raise LoadError(f"is not readable HTML ({error})") from error
    facts: dict[str, Any] = (found if isinstance(found, dict) else found.as_dict()) if found is not None else {}
    if not facts.get("text"):
        raise LoadError("holds no article text (an empty page, a menu, or one that is drawn by JavaScript)")
    return {
        "title": facts.get("title"),
        "source": facts.get("sitename") or facts.get("hostname"),
        "url": facts.get("url"),
        "published": facts.get("date"),
        "text": facts["text"],
    }


def _read_lines(path: Path, suffix: str) -> Iterator[Draft | Issue]:
    with path.open("rb") as raw:
        stream: Any = _Bounded(gzip.GzipFile(fileobj=raw), MAX_GZ_BYTES) if suffix == ".jsonl.gz" else raw
        number = 0
        blank = True
        bad = 0
        try:
            while line := stream.readline(MAX_FILE_BYTES + 1):
                number += 1
                if len(line) > MAX_FILE_BYTES:
                    raise LoadError(f"line {number} has more than {MAX_FILE_BYTES:,} bytes; the rest is not read")
                if line.strip():
                    blank = False
                    item = _from_line(line, f"{path}#{number}", raw.tell())
                    bad += isinstance(item, Issue)
                    if isinstance(item, Draft) or bad <= MAX_NAMED_LINES:
                        yield item
        except (EOFError, OSError, ValueError, zlib.error) as error:
            blank = False
            yield Issue(str(path), f"ends badly after line {number}: {error}")
        if bad > MAX_NAMED_LINES:
            yield Issue(str(path), f"has {bad - MAX_NAMED_LINES:,} more lines from which nothing could be taken")
        if blank:
            yield Issue(str(path), "is empty")


class _Bounded:
    """A stream that refuses to give more than so many bytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream = io.BufferedReader(stream)
        self._left = limit

    def readline(self, size: int) -> bytes:
        line = self._stream.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise LoadError("unpacks to more than is allowed")
        return line


def _from_line(line: bytes, origin: str, position: int) -> Draft | Issue:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Issue(origin, f"is not JSON ({error})"[:200])
    if not isinstance(record, dict):
        return Issue(origin, "is not a JSON object with the fields id, title, text, source, url, published")
    if not isinstance(record.get("text"), str):
        return Issue(origin, "has no field 'text' with the article's text")
    try:
        return drafted(record, origin, position)
    except LoadError as error:
        return Issue(origin, str(error))
    except (ValueError, OverflowError, RecursionError) as error:
        return Issue(origin, f"cannot be parsed ({reason(error)})")


def title_in(text: str) -> str:
    """The headline among the first lines: a heading mark, or a line that does not end as a sentence does."""
    rows = [text[span.start : span.end] for span in lines(text[:5_000])[:3]]
    for index, row in enumerate(rows):
        if row.startswith("#"):
            return row.lstrip("#").strip()
        words = len(row.split())
        if ends_sentence(row) or words > 25 or index + 1 == len(rows):
            return ""
        if words >= 4:
            return row
    return ""


def _stem_title(path: Path) -> str:
    stem = path.name[: -len(suffix_of(path))] if suffix_of(path) else path.stem
    words = re.sub(r"[-_]+", " ", DATED.sub("", stem)).strip()
    return words[:1].upper() + words[1:]
