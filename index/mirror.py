"""The folder that holds what was fetched: a file a page, and beside them what their hosts said of each."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timezone
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from index.address import shown
from index.feed import Entry
from index.fetch import Fetched
from rag.disk import storage_errors, write_atomic
from rag.errors import LoadError

NAME = ".fetched.json"
PAGE = ".mhtml"

KINDS = {
    "text/html": PAGE,
    "application/xhtml+xml": PAGE,
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.oasis.opendocument.text": ".odt",
}
"""Media types that are kept, and the ending of the file that keeps each."""

_POLICY = policy.SMTP.clone(max_line_length=0)

Outcome = Literal["new", "changed", "unchanged"]
Source = Literal["page", "feed"]


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a page that is kept; `url` is where redirects led, `digest` of what was kept.

    `source` tells whether the page itself was fetched, or only the text that a feed carries.
    """

    url: str
    suffix: str
    digest: str
    fetched: str
    etag: str = ""
    modified: str = ""
    source: Source = "page"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the mirror and the address that it was fetched from."""

    path: Path
    url: str


class Mirror:
    """The files of a folder by the address that was asked for.  Raises StorageError where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._records = _load(folder / NAME)

    def kept(self, url: str) -> Kept | None:
        """The copy of an address, if its file is still there."""
        record = self._records.get(url)
        path = self._path(url, record.suffix) if record else None
        return Kept(path, record.url) if record and path and path.is_file() else None

    def addresses(self) -> dict[Path, str]:
        """Where each file was fetched from, for kinds of files that cannot say so themselves."""
        return {self._path(url, record.suffix): record.url for url, record in self._records.items()}

    def page_of(self, url: str) -> str | None:
        """The day (ISO) on which the page at an address was fetched; None if there is no copy of the page itself."""
        record = self._records.get(url)
        return record.fetched[:10] if record and record.source == "page" and self.kept(url) else None

    def conditions(self, url: str) -> dict[str, str]:
        """The headers by which a host answers 304 if the copy of an address is still good."""
        record = self._records.get(url)
        if record is None or self.kept(url) is None:
            return {}
        given = {"If-None-Match": record.etag, "If-Modified-Since": record.modified}
        return {name: value for name, value in given.items() if value}

    def keep(
        self, url: str, page: Fetched, source: Source = "page", published: date | None = None
    ) -> tuple[Kept, Outcome]:
        """Keep a page under the address that was asked for; an equal copy is left as it is.  Raises LoadError.

        `published` is the day that a feed gives, for a page that does not tell it itself.
        """
        now = datetime.now(timezone.utc).replace(microsecond=0)
        record = Record(
            page.url, _suffix(page), hashlib.sha256(page.body).hexdigest(), now.isoformat(),
            _header(page, "etag"), _header(page, "last-modified"), source,
        )  # fmt: skip
        before, old = self._records.get(url), self.kept(url)
        kept = Kept(self._path(url, record.suffix), page.url)
        same = old == kept and before is not None and before.digest == record.digest
        if not same:
            with storage_errors(f"keeping {shown(url)} in {self.folder}"):
                kept.path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(kept.path, _mhtml(page, published) if record.suffix == PAGE else page.body)
                if old is not None and old.path != kept.path:
                    old.path.unlink(missing_ok=True)
        self._records[url] = record
        return kept, "unchanged" if same else "changed" if old else "new"

    def save(self) -> None:
        """Write down what is known of the pages, for the next time."""
        if not self._records and not self.folder.exists():
            return
        plain = {url: asdict(record) for url, record in sorted(self._records.items())}
        with storage_errors(f"keeping {self.folder / NAME}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / NAME, json.dumps(plain, indent=1).encode())

    def _path(self, url: str, suffix: str) -> Path:
        return self.folder / _name(url, suffix)


def _load(path: Path) -> dict[str, Record]:
    """The records of a mirror; none from a file that is damaged, which costs fetching its pages once more."""
    try:
        plain = json.loads(path.read_bytes())
        return {url: record for url, fields in plain.items() if (record := _record(fields))}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def _record(fields: object) -> Record | None:
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        return None
    with suppress(TypeError):
        record = Record(**fields)
        return record if record.suffix in KINDS.values() else None
    return None


def _name(url: str, suffix: str) -> str:
    """A file's name that can be read and that no other address has: HOST/words-of-the-path-HASH.mhtml."""
    parts = urlsplit(url)
    host = re.sub(r"[^a-z0-9._-]", "_", parts.hostname or "").lstrip(".") or "host"
    words = re.sub(r"[^a-z0-9]+", "-", parts.path.lower())[-80:].strip("-")
    code = hashlib.sha256(url.encode()).hexdigest()[:10]
    return f"{host}/{words or 'page'}-{code}{suffix}"


def _suffix(page: Fetched) -> str:
    kind = page.headers.get("content-type", "").partition(";")[0].strip().lower()
    if page.body.startswith(b"%PDF-"):
        return ".pdf"
    if kind in KINDS:
        return KINDS[kind]
    if kind in ("", "application/octet-stream") and re.match(rb"\s*<(?:!doctype html|html)", page.body, re.IGNORECASE):
        return PAGE
    raise LoadError(f"is of a kind that is not kept ({kind[:80] or 'not named'}); pages, PDF and text documents are")


def _header(page: Fetched, name: str) -> str:
    """A header that is to be sent back as it came; "" for one that could not be."""
    value = page.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= 1_000 else ""


def _mhtml(page: Fetched, published: date | None) -> bytes:
    """A page as a web archive of one part (RFC 2557), its bytes as they came.

    When it was fetched is not written into it: a reader would take that date for the article's.
    """
    part = EmailMessage(policy=_POLICY)
    part["Content-Type"] = "text/html"
    charset = _charset(page)
    if charset:
        part.set_param("charset", charset)
    part["Content-Transfer-Encoding"] = "base64"
    part["Content-Location"] = page.url
    part.set_payload(codecs.encode(page.body, "base64").decode("ascii"))
    whole = EmailMessage(policy=_POLICY)
    whole["From"] = "<Saved by article-rag>"
    whole["Snapshot-Content-Location"] = page.url
    whole["Content-Location"] = page.url
    if published is not None:
        whole["Date"] = format_datetime(datetime(published.year, published.month, published.day, tzinfo=timezone.utc))
    whole["MIME-Version"] = "1.0"
    whole["Content-Type"] = 'multipart/related; type="text/html"'
    whole.set_boundary(f"----article-rag-{hashlib.sha256(page.url.encode()).hexdigest()[:32]}")
    whole.set_payload([part])
    return whole.as_bytes()


def _charset(page: Fetched) -> str:
    """The encoding that the host names, else UTF-8 if the page is; "" leaves it to what the page says itself."""
    match = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", page.headers.get("content-type", ""), re.ASCII)
    with suppress(LookupError, UnicodeError):
        if match:
            "a".encode(match.group(1))
            return match.group(1).lower()
    with suppress(UnicodeDecodeError):
        page.body.decode("utf-8")
        return "utf-8"
    return ""


def of_entry(entry: Entry, url: str) -> Fetched:
    """The text that a feed carries, as the page that it could not be fetched from."""
    author = f'<meta name="author" content="{escape(entry.author)}">' if entry.author else ""
    day = f'<meta property="article:published_time" content="{entry.published}">' if entry.published else ""
    html = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(entry.title)}</title>{author}{day}</head>'
        f"<body><article><h1>{escape(entry.title)}</h1>{entry.content or ''}</article></body></html>"
    )
    return Fetched(url, 200, {"content-type": "text/html; charset=utf-8"}, html.encode("utf-8", "replace"))
