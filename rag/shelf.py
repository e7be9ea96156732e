"""The articles of a library as a reader browses them: filtered, sorted and cut into pages, without their texts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from rag.columns import UNDATED, Columns
from rag.snapshot import Snapshot
from rag.store import LIVE, Store
from rag.types import Filters

Order = Literal["newest", "oldest", "title", "source"]

PAGE = 50
"""Articles on one page."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Query:
    """Which articles, in what order, and which page of them; "" and None mean any.

    Each of `words` must occur in the title or the source, as part of a word too, in whatever case.  `source` is the
    whole name.  `after` and `before` are inclusive, and an undated article passes neither.
    """

    words: str = ""
    source: str = ""
    after: date | None = None
    before: date | None = None
    order: Order = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One article on a page; `chunks` is how many passages it was cut into."""

    id: str
    title: str
    source: str | None
    published: date | None
    chunks: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of the articles that match; `page` is 1 to `pages`, `total` counts those on all pages."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int


def shelf(snapshot: Snapshot, query: Query) -> Shelf:
    """The page of `query`, or the nearest that there is.  Undated articles and those of no source come last.

    Raises LibraryCorrupt.
    """
    columns, catalog = snapshot.columns, _catalog(snapshot)
    kept = np.flatnonzero(columns.kept(Filters(query.after, query.before)) & _of_source(columns, query.source))
    kept = catalog.matching(kept, query.words)
    total = len(kept)
    pages = max(1, -(-total // PAGE))
    page = min(max(query.page, 1), pages)
    shown = catalog.ordered(kept, query.order)[(page - 1) * PAGE : page * PAGE]
    rows = snapshot.store.article_rows(columns.article_row[shown].tolist())
    return Shelf(
        tuple(Row(row.id, row.title, row.source, row.published, row.chunks) for row in rows), total, page, pages
    )


def _of_source(columns: Columns, source: str) -> npt.NDArray[np.bool_]:
    if not source:
        return np.ones(len(columns.source), bool)
    return np.asarray(columns.source == source)


class _Catalog:
    """The titles and the orders of one generation, made when first asked for: the store is read once for them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._columns = snapshot.columns
        self._generation = snapshot.manifest.generation
        # Not the store itself, which would then never be forgotten.
        self._titles = _titles(snapshot.store, snapshot.columns, self._generation)

    @cached_property
    def _folded(self) -> list[str]:
        """Title and source of each article, in the form in which words are looked for."""
        sources = {name: folded(name) for name in np.unique(self._columns.source).tolist()}
        return [
            f"{folded(title)}\n{sources[source]}"
            for title, source in zip(self._titles, self._columns.source.tolist(), strict=True)
        ]

    @cached_property
    def _by_title(self) -> npt.NDArray[np.int64]:
        """The place of each article among all by title; those of no title last."""
        return _ranks([_sort_key(title) for title in self._titles])

    @cached_property
    def _by_source(self) -> npt.NDArray[np.int64]:
        names, which = np.unique(self._columns.source, return_inverse=True)
        return np.asarray(_ranks([_sort_key(name) for name in names.tolist()])[which])

    @cached_property
    def _by_id(self) -> npt.NDArray[np.int64]:
        return _ranks(self._columns.article_id.tolist())

    def matching(self, places: Places, words: str) -> Places:
        """Those of `places` in which every one of `words` occurs."""
        wanted = folded(words).split()
        if not wanted:
            return places
        texts = self._folded
        return np.array([place for place in places.tolist() if all(word in texts[place] for word in wanted)], np.intp)

    def ordered(self, places: Places, order: Order) -> Places:
        """`places` in an order; what is equal in it by date, newest first, and by id."""
        published = self._columns.published[places].astype(np.int64)
        undated = published == UNDATED
        # The last key counts most.
        keys: list[npt.NDArray[np.int64]] = [self._by_id[places], -published]
        if order == "oldest":
            keys += [published, undated.astype(np.int64)]
        elif order == "title":
            keys.append(self._by_title[places])
        elif order == "source":
            keys.append(self._by_source[places])
        return places[np.lexsort(keys)]


_catalogs: WeakKeyDictionary[Store, _Catalog] = WeakKeyDictionary()


def _catalog(snapshot: Snapshot) -> _Catalog:
    found = _catalogs.get(snapshot.store)
    if found is None:
        found = _catalogs[snapshot.store] = _Catalog(snapshot)
    return found


def _titles(store: Store, columns: Columns, generation: int) -> list[str]:
    """The title of each article of the columns, "" where the store has none of that row."""
    found = dict(store.query(f"SELECT row, title FROM articles WHERE {LIVE}", {"g": generation}))
    return [str(found.get(row, "")) for row in columns.article_row.tolist()]


def folded(text: str) -> str:
    """`text` without differences of case and of composition."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _sort_key(text: str) -> str:
    """`text` without case, accents and the signs before its first letter or number."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(sign for sign in unicodedata.normalize("NFD", plain) if not unicodedata.combining(sign))
    first = next((place for place, sign in enumerate(plain) if sign.isalnum()), 0)
    return plain[first:]


def _ranks(keys: list[str]) -> npt.NDArray[np.int64]:
    """The place of each key among all of them, the same for equal keys; "" comes last."""
    places = {key: place for place, key in enumerate(sorted(set(keys), key=lambda key: (not key, key)))}
    return np.array([places[key] for key in keys], np.int64)
