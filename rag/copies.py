"""The copies and versions of an article's text: the original, the newest, and where a quote stands in them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rag.columns import UNDATED, Columns, days
from rag.snapshot import Snapshot
from rag.types import Article, Copy, Filters, Span

MOST = 20
"""Copies that are named; the number of the others is told."""
REPEATED_LEAST = 0.8
"""A passage of a copy repeats the first copy when this share of its pairs of neighbouring words stands there."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The other copies of an article, and whether it is itself the original and the newest; `more` are not named."""

    original: bool = True
    newest: bool = True
    others: tuple[Copy, ...] = ()
    more: int = 0


def copies(
    snapshot: Snapshot, row: int, filters: Filters | None = None, *, quote: str = "", besides: Collection[str] = ()
) -> Copies:
    """The other copies of the article in a row of the store: the original, the newest, then by date, undated last.

    Only those that pass `filters` and whose id is not in `besides`.  What is the newest is so as of `filters.as_of`.
    """
    columns, filters = snapshot.columns, filters or Filters()
    place = int(np.searchsorted(columns.article_row, row))
    members = _members(columns, place)
    if len(members) == 1:
        return Copies()
    original, newest = int(columns.group[place]), _newest(columns, members, filters)
    kept = columns.kept(filters)
    others = [one for one in members.tolist() if one != place and kept[one] and columns.article_id[one] not in besides]
    day = columns.published
    others.sort(
        key=lambda one: (one != original, one not in newest, day[one] == UNDATED, day[one], columns.article_id[one])
    )
    rows = columns.article_row[others[:MOST]].tolist()
    named = tuple(
        _copy(snapshot.store.article(other), quote, one == original, one in newest)
        for one, other in zip(others, rows, strict=False)
    )
    return Copies(place == original, place in newest, named, len(others) - len(named))


def _members(columns: Columns, place: int) -> npt.NDArray[np.intp]:
    """The places of all copies of an article, its own among them."""
    return np.flatnonzero(columns.group == columns.group[place])


def _newest(columns: Columns, members: npt.NDArray[np.intp], filters: Filters) -> set[int]:
    """Those published last; where that was the original's own day, only the original."""
    published = columns.published[members]
    if filters.as_of:
        members = members[published <= days(filters.as_of)]
    latest = set(members[columns.published[members] == columns.published[members].max(initial=UNDATED)].tolist())
    originals = latest & set(columns.group[members].tolist())
    return originals or latest


def _copy(article: Article, quote: str, original: bool, newest: bool) -> Copy:
    start, end = located(article.text, quote)
    return Copy(
        article.id, article.title, article.source, article.url, article.published, original, newest, start, end
    )  # fmt: skip


def located(text: str, quote: str) -> Span:
    """Where a quote first stands word for word in a text, white space aside; empty at 0 where it does not."""
    words = r"\s+".join(re.escape(word) for word in quote.split())
    match = re.search(rf"(?<!\w){words}(?!\w)", text) if words else None
    return Span(*match.span()) if match else Span(0, 0)


class Repetition:
    """Which chunks only repeat, as copies of one text do, what was told from the first copy of it that was met.

    `filters` are those by which copies are counted.
    """

    def __init__(self, snapshot: Snapshot, filters: Filters | None = None) -> None:
        self._snapshot = snapshot
        self._filters = filters or Filters()
        group = snapshot.columns.group
        self._sizes = np.bincount(group, minlength=len(group))
        self._first: dict[int, int] = {}
        self._pairs: dict[int, set[tuple[str, str]]] = {}

    def among_copies(self, article: int) -> bool:
        """Whether the article at a place of the columns has copies."""
        return bool(self._sizes[self._snapshot.columns.group[article]] > 1)

    def others(self, row: int) -> int:
        """How many other copies of the article in a row of the store pass the filters."""
        columns = self._snapshot.columns
        place = int(np.searchsorted(columns.article_row, row))
        if not self.among_copies(place):
            return 0
        members = _members(columns, place)
        return int(self._kept[members[members != place]].sum())

    def repeats(self, position: int) -> bool:
        """Whether the chunk at a position is of a further copy and says next to nothing that the first does not."""
        columns = self._snapshot.columns
        article = int(columns.chunk_article[position])
        if not self.among_copies(article):
            return False
        group = int(columns.group[article])
        first = self._first.setdefault(group, article)
        if first == article:
            return False
        if group not in self._pairs:
            self._pairs[group] = _pairs(self._text(first))
        own = _pairs(self._text(article)[columns.start[position] : columns.end[position]])
        return len(own & self._pairs[group]) >= REPEATED_LEAST * len(own)

    def words(self, position: int) -> str:
        """The words of a chunk, white space aside."""
        columns = self._snapshot.columns
        text = self._text(int(columns.chunk_article[position]))
        return " ".join(text[columns.start[position] : columns.end[position]].split())

    @cached_property
    def _kept(self) -> npt.NDArray[np.bool_]:
        return self._snapshot.columns.kept(self._filters)

    def _text(self, article: int) -> str:
        return self._snapshot.store.article(int(self._snapshot.columns.article_row[article])).text


def _pairs(text: str) -> set[tuple[str, str]]:
    words = text.casefold().split()
    return set(pairwise(words))
