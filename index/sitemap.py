"""The rows of a sitemap or of an index of sitemaps; a document that defines entities is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from xml.parsers import expat

from index.draft import day


@dataclass(frozen=True, slots=True)
class Row:
    """A page (or a sitemap) that is listed; `changed` says nothing of when it was published."""

    url: str
    published: date | None
    changed: date | None


class _Refused(ValueError):
    """A document that wants to define entities."""


def read_sitemap(body: bytes, limit: int) -> tuple[list[Row], str | None]:
    """The rows of a sitemap, `limit` at most, and what ended the reading of one that is not well-formed."""
    reader = _Reader(limit)
    try:
        reader.read(body)
    except _Refused as error:
        return reader.rows, f"was not read: {error}"
    except (expat.ExpatError, ValueError) as error:
        return reader.rows, f"is not well-formed XML to its end ({error})"[:200]
    return reader.rows, None


class _Reader:
    """Reads elements of the document's own namespace, and from others only the day of a news article."""

    def __init__(self, limit: int) -> None:
        self.rows: list[Row] = []
        self._limit = limit
        self._path: list[str] = []
        self._text: list[str] = []
        self._fields: dict[str, str] = {}

    def read(self, body: bytes) -> None:
        """Raises ExpatError, and _Refused before any entity is expanded."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(body, True)

    def _doctype(self, *_: object) -> None:
        raise _Refused("it declares a document type, which a sitemap has no use for")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name)
        self._text.clear()

    def _end(self, name: str) -> None:
        space, _, local = name.rpartition(" ")
        text = "".join(self._text).strip()
        self._text.clear()
        self._path.pop()
        own = len(self._path) == 2 and space == self._path[0].rpartition(" ")[0]
        if (own and local in ("loc", "lastmod")) or local == "publication_date":
            self._fields[local] = text
        elif len(self._path) == 1:
            self._keep()

    def _keep(self) -> None:
        url = self._fields.get("loc")
        if url and len(self.rows) < self._limit:
            self.rows.append(Row(url, day(self._fields.get("publication_date")), day(self._fields.get("lastmod"))))
        self._fields = {}
