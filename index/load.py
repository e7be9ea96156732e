"""Files to article drafts: which reader takes which kind of file, and plain text with front matter.

`read_file` is pure parsing and runs in the worker process (`index/worker.py`); nothing here writes.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from index.draft import DATED, MAX_LABEL_CHARS, Draft, Issue, dated, drafted, normalise, reason
from index.raw import decode, whole
from rag.errors import LoadError
from rag.sentences import ends_sentence, lines
from rag.types import Mark

if TYPE_CHECKING:
    from index.archive import Room

TEXTS = (".txt", ".text", ".md", ".markdown")
PAGES = (".html", ".htm", ".xhtml", ".mhtml", ".mht")
OFFICE = (".docx", ".odt")
MAILS = (".eml", ".mbox")
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".jsonl.gz", ".json")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
SUFFIXES = (*TEXTS, *PAGES, ".pdf", *OFFICE, ".epub", *MAILS, *TABLES, *ARCHIVES)
"""Every kind of file that is read; no other list says so."""
ROWS = (*TABLES, ".mbox")
"""Files of many articles, which are told by their number: `news.csv#12`."""
HOLDERS = (*ARCHIVES, ".eml", ".mbox")
"""Files that hold other files, which are told by their name: `articles.zip#inner/a.pdf`."""

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


def suffix_of(path: Path) -> str:
    """The recognised ending of a file's name, "" if none."""
    name = path.name.lower()
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix)), "")


def read_file(path: Path, fields: Mapping[str, str] | None = None) -> Iterator[Draft | Issue]:
    """The drafts in one file and what was wrong with it.  Raises nothing on bad content, MemoryError at its limit.

    `fields` names the columns or keys of tables that hold our fields, such as {"text": "Story"} (`index/table.py`).
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise LoadError("is not a regular file")
        with path.open("rb") as stream:
            yield from _read(stream, _Place(str(path), path.name, fields or {}))
    except LoadError as error:
        yield Issue(str(path), str(error))
    except OSError as error:
        yield Issue(str(path), f"cannot be read: {error.strerror or error}", again=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stream comes from; `name` is that of its file, which lies in another where there is a `room` for it."""

    origin: str
    name: str
    fields: Mapping[str, str]
    room: Room | None = None

    def member(self, stream: BinaryIO, origin: str, room: Room) -> Iterator[Draft | Issue]:
        """Read a file that this one holds; what is wrong with it ends only itself."""
        name = origin[len(self.origin) + 1 :]
        # In a mailbox, the number of its message stands before an attachment's name.
        name = name.partition("#")[2] if suffix_of(Path(self.name)) == ".mbox" else name
        return _read(stream, _Place(origin, name, self.fields, room))


def _read(stream: BinaryIO, place: _Place) -> Iterator[Draft | Issue]:
    suffix = suffix_of(Path(place.name))
    try:
        if not stream.read(1):
            raise LoadError("is empty")
        stream.seek(0)
        for item in _items(stream, suffix, place):
            # Of a file that holds many, each has been named where it was read.
            whole_file = isinstance(item, Draft) and item.origin == place.origin
            yield _named(item, place.name) if whole_file and isinstance(item, Draft) else item
    except LoadError as error:
        yield Issue(place.origin, str(error))
    except MemoryError:
        raise
    except OSError as error:
        # Libraries have errors of this kind for bad content too; those carry no number.
        yield Issue(place.origin, f"cannot be read: {error.strerror or error}", again=error.errno is not None)
    except Exception as error:
        # Parsers of other people's formats fail in ways that nobody lists; one file must not end the batch.
        yield Issue(place.origin, f"cannot be parsed ({reason(error)})")


def _items(stream: BinaryIO, suffix: str, place: _Place) -> Iterator[Draft | Issue]:
    """What the reader of this kind of file gives; only that reader is loaded."""
    origin = place.origin
    if suffix in TEXTS:
        return iter([_read_text(stream, origin)])
    if suffix in PAGES:
        from index import web

        return web.read(stream, origin)
    if suffix in TABLES:
        from index import table

        return table.read(stream, origin, suffix, place.fields)
    if suffix in MAILS:
        from index import mail

        return (mail.read_box if suffix == ".mbox" else mail.read)(stream, origin, place.member, place.room)
    if suffix in ARCHIVES:
        from index import archive

        return archive.read(stream, origin, place.member, _known, place.room)
    return _read_document(stream, suffix, origin)


def _known(name: str) -> bool:
    return bool(suffix_of(Path(name)))


def _read_document(stream: BinaryIO, suffix: str, origin: str) -> Iterator[Draft | Issue]:
    if suffix == ".pdf":
        from index import pdf

        return pdf.read(stream, origin)
    if suffix in OFFICE:
        from index import office

        return office.read(stream, origin)
    if suffix == ".epub":
        from index import epub

        return epub.read(stream, origin)
    raise LoadError("is of a kind that is not read")


def _named(draft: Draft, name: str) -> Draft:
    title = draft.title or title_in(draft.text) or _stem_title(Path(name))
    made = draft.published
    if suffix_of(Path(name)) in (".pdf", *OFFICE):
        # Their own date is when the file was made; one that somebody wrote into its name is meant.
        return replace(draft, title=title, published=dated(name) or made)
    return replace(draft, title=title, published=made or dated(name))


def _read_text(stream: BinaryIO, origin: str) -> Draft:
    raw = whole(stream)
    fields, text = _front_matter(decode(raw))
    text = normalise(text)
    marks = headings(text) if suffix_of(Path(origin)) in (".md", ".markdown") else ()
    return drafted({**fields, "text": text}, origin, len(raw), marks)


def headings(text: str) -> tuple[Mark, ...]:
    """The headings of a Markdown text, those marked with signs before them."""
    found = (match for match in _HEADING.finditer(text) if match[1].strip())
    return tuple(Mark(match.start(), match.end(), "heading", match[1].strip()[:MAX_LABEL_CHARS]) for match in found)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    import yaml

    plain = text.replace("\r\n", "\n").lstrip("\ufeff")
    match = _FRONT.match(plain)
    if not match:
        return {}, text
    try:
        fields = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        remedy = "put values that hold a colon in quotes"
        raise LoadError(f"has front matter that is not YAML ({reason(error)}); {remedy}") from error
    if not isinstance(fields, dict):
        return {}, text
    return {str(key).lower(): value for key, value in fields.items()}, plain[match.end() :]


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
