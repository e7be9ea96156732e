"""Whether what a saved answer quotes still stands in the articles: intact, changed, or gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from rag.errors import AnswerError
from rag.replay import read_saved
from rag.rows import content_digest
from rag.snapshot import Snapshot, open_snapshot
from rag.store import Store
from rag.types import SCHEMA_VERSION, Span

State = Literal["intact", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text that an article had before an edit, until `replaced` (UTC)."""

    title: str
    text: str
    replaced: datetime


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """What became of one citation.

    `now` is where the quote stands in the article as it is now, None where it does not; `earlier` is when the text that
    holds it was replaced, None where none is kept.
    """

    number: int
    article_id: str
    title: str
    quote: str
    state: State
    now: Span | None = None
    earlier: datetime | None = None

    @property
    def told(self) -> str:
        """The state in a sentence."""
        if self.state == "intact":
            return "The quote stands where it stood."
        if self.state == "gone":
            return "The article is not in the library any more."
        if self.now is not None:
            return f"The article was changed; the quote still stands in it, at characters {self.now[0]}–{self.now[1]}."
        kept = f"; the earlier text, replaced on {self.earlier:%Y-%m-%d}, holds it" if self.earlier else ""
        lost = "" if self.earlier else ", and no earlier text that holds it is kept"
        return f"The article was changed: the quote is no longer in it{kept}{lost}."


@dataclass(frozen=True, slots=True)
class Checked:
    """A saved answer held against the library's generation; without citations it is a refusal."""

    question: str
    generation: int
    citations: tuple[CheckedCitation, ...]

    @property
    def ok(self) -> bool:
        """Whether every quote stands where it stood."""
        return all(one.state == "intact" for one in self.citations)


def check(path: Path, folder: Path) -> Checked:
    """Hold the citations of the answer saved in `path` against the library in `folder`.

    Raises AnswerError for a file that is no answer, and the LibraryError family.
    """
    plain = read_saved(path, schemas=range(1, SCHEMA_VERSION + 1))
    with closing(open_snapshot(folder)) as snapshot:
        citations = tuple(_checked(snapshot, one) for one in _citations(plain, path))
        return Checked(plain["question"], snapshot.manifest.generation, citations)


def earlier_texts(store: Store, article_id: str, generation: int) -> list[Earlier]:
    """The texts that edits of an article replaced and that are still kept, the newest first; damaged ones left out."""
    # What another reader still holds has not been put aside yet.
    sql = "SELECT title, text, content, NULL FROM articles WHERE id = ? AND dead <= ? ORDER BY row DESC"
    found = store.query(sql, (article_id, generation))
    if store.has("versions"):
        sql = "SELECT title, text, content, replaced FROM versions WHERE id = ? ORDER BY row DESC"
        found += store.query(sql, (article_id,))
    return [
        Earlier(title, text, datetime.fromtimestamp(replaced or time.time(), timezone.utc))
        for title, text, content, replaced in found
        if content_digest(str(title), str(text)) == content
    ]


def _citations(plain: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    wanted = {"number": int, "article_id": str, "title": str, "quote": str, "start": int, "end": int}
    given = plain.get("citations")
    if not isinstance(given, list):
        raise AnswerError(f"{path} has no list of citations: it was changed by hand.")
    for one in given:
        if not isinstance(one, dict) or any(type(one.get(name)) is not kind for name, kind in wanted.items()):
            raise AnswerError(f"{path} has a citation that cannot be read: it was changed by hand.")
        yield one


def _checked(snapshot: Snapshot, one: dict[str, Any]) -> CheckedCitation:
    id_, quote, start, end = one["article_id"], one["quote"], one["start"], one["end"]
    told = (one["number"], id_, one["title"], quote)
    place = (snapshot.columns.article_id == id_).nonzero()[0]
    if not len(place):
        return CheckedCitation(*told, "gone")
    text = snapshot.store.article(int(snapshot.columns.article_row[place[0]])).text
    if quote and 0 <= start < end and text[start:end] == quote:
        return CheckedCitation(*told, "intact", Span(start, end))
    found = text.find(quote) if quote else -1
    if found >= 0:
        return CheckedCitation(*told, "changed", Span(found, found + len(quote)))
    kept = (
        earlier
        for earlier in earlier_texts(snapshot.store, id_, snapshot.manifest.generation)
        if quote and quote in earlier.text
    )
    return CheckedCitation(*told, "changed", earlier=next((earlier.replaced for earlier in kept), None))
