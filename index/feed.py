"""What a feed or a sitemap lists.  Other people's XML is parsed in a child process, within limits."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

from index.draft import MAX_TEXT_CHARS, day, normalise, reason
from index.sitemap import read_sitemap
from rag.disk import storage_errors
from rag.errors import LoadError

MEMORY_BYTES = 1024**3
SECONDS = 30.0
MAX_ENTRIES = 50_000
"""Of one feed or sitemap; the sitemap protocol allows no more."""

Kind = Literal["feed", "sitemap", "sitemaps", "page"]

_ROOTS: dict[str, Kind] = {
    "rss": "feed", "feed": "feed", "rdf": "feed", "channel": "feed", "urlset": "sitemap", "sitemapindex": "sitemaps",
}  # fmt: skip
_ASIDE = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
"""Comments and processing instructions."""
_ELEMENT = re.compile(r"<(?:\w+:)?([A-Za-z]\w*)")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is listed.  `content` is its whole text as HTML, where the feed carries it.

    `changed` is a sitemap's word for the last change of a page, which says nothing of when it was published.
    """

    url: str | None
    published: date | None = None
    title: str = ""
    author: str | None = None
    content: str | None = None
    changed: date | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a feed or a sitemap; of a page, the feeds it names.  `problem` is what could not be read."""

    entries: tuple[Entry, ...]
    problem: str | None = None


def kind_of(body: bytes) -> Kind:
    """What a document is by its first element, whatever its server calls it."""
    head = body[:4096].removeprefix(b"\xef\xbb\xbf").translate(None, b"\0\xff\xfe").lstrip().decode("latin-1")
    if not head.startswith("<"):
        return "page"
    match = _ELEMENT.search(_ASIDE.sub("", head))
    return _ROOTS.get(match.group(1).lower(), "page") if match else "page"


def read_listing(body: bytes, url: str, content_type: str = "", *, seconds: float = SECONDS) -> Listing:
    """What a document lists, with addresses made whole against `url`.  Raises LoadError, StorageError without a child.

    Order is the document's own.
    """
    code = "import sys; sys.path.insert(0, sys.argv[1]); from index.feed import main; main(*sys.argv[2:])"
    root = str(Path(__file__).resolve().parent.parent)
    # What a host sent is handed on only as far as any system takes it for an argument.
    told = content_type[:200].encode("ascii", "ignore").decode()
    command = [sys.executable, "-c", code, root, kind_of(body), url, told]
    with storage_errors("starting the process that reads feeds"):
        try:
            done = subprocess.run(command, input=body, capture_output=True, timeout=seconds, cwd=root, check=False)
        except subprocess.TimeoutExpired:
            raise LoadError(f"took longer than {seconds:.0f} seconds to read and was given up") from None
    try:
        found = json.loads(done.stdout)
        days = [{name: day(entry[name]) for name in ("published", "changed")} for entry in found["entries"]]
        entries = tuple(Entry(**{**entry, **dated}) for entry, dated in zip(found["entries"], days, strict=True))
        return Listing(entries, found["problem"])
    except (ValueError, KeyError, TypeError):
        limit = f"{MEMORY_BYTES // 1024**2} MB of memory"
        raise LoadError(f"could not be read: it needs more than {limit}, or breaks the parser") from None


def main(kind: str, url: str, content_type: str) -> None:
    """Child process: a document on stdin, its listing as JSON on stdout."""
    from index.worker import limit

    limit(MEMORY_BYTES)
    body = sys.stdin.buffer.read()
    found = parse(body, kind, url, content_type)
    json.dump(asdict(found), sys.stdout, default=lambda one: one.isoformat())


def parse(body: bytes, kind: str, url: str, content_type: str) -> Listing:
    """What `read_listing` gives, in this process and without its limits."""
    if kind == "feed":
        return _feed(body, url, content_type)
    if kind in ("sitemap", "sitemaps"):
        rows, problem = read_sitemap(body, MAX_ENTRIES)
        return Listing(tuple(Entry(row.url, published=row.published, changed=row.changed) for row in rows), problem)
    return _page(body)


def _feed(body: bytes, url: str, content_type: str) -> Listing:
    import feedparser

    # Hosts call feeds many things; what counts is the encoding that they name.
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.ASCII)
    kind = f"application/xml; charset={charset.group(1)}" if charset else "application/xml"
    headers = {"content-location": url, "content-type": kind}
    found = feedparser.parse(io.BytesIO(body), response_headers=headers)
    entries = tuple(_entry(one) for one in found.entries[:MAX_ENTRIES])
    error = found.get("bozo_exception")
    # A feed that declares another encoding than it has is read all the same.
    broken = found.bozo and not isinstance(error, feedparser.CharacterEncodingOverride)
    return Listing(entries, f"is not a well-formed feed ({reason(error)})" if broken else None)


def _entry(one: Any) -> Entry:
    moment = one.get("published_parsed") or one.get("updated_parsed")
    url = one.get("link") or None
    texts = [part for part in one.get("content", ()) if part.get("value")]
    # A summary may be a teaser: it stands for an article only where there is no page to read.
    if not texts and url is None:
        texts = [one.get("summary_detail") or {}]
    content = max((_html(part) for part in texts), key=len, default="")
    return Entry(url, _date(moment), one.get("title") or "", one.get("author") or None, content or None)


def _html(part: Any) -> str:
    value = normalise(part.get("value") or "")[:MAX_TEXT_CHARS]
    if part.get("type") != "text/plain":
        return value
    return "".join(f"<p>{escape(block)}</p>" for block in re.split(r"\n\s*\n", value) if block.strip())


def _date(moment: Any) -> date | None:
    try:
        return date(*moment[:3]) if moment else None
    except (ValueError, TypeError):
        return None


def _page(body: bytes) -> Listing:
    return Listing(tuple(Entry(address) for address in _feeds(body.decode("utf-8", "replace"))))


def _feeds(html: str) -> Iterator[str]:
    """The addresses of the feeds that a page names, as it writes them."""
    finder = _Finder()
    finder.feed(html)
    yield from finder.found


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_feed = given.get("type", "").lower() in _FEED_TYPES and "alternate" in given.get("rel", "").lower().split()
        if tag == "link" and is_feed and given.get("href"):
            self.found.append(given["href"].strip())
