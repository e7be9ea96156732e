"""The truth: articles, chunks, offsets and vectors in SQLite, each row sealed with a digest that is checked when read.

An article row is *staged* (`born` is NULL: embedded but not published), *live* (born, not dead) or *dead* (kept for
readers of older generations, then deleted).  Rows are never updated in place except to be born or to die.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import LibraryCorrupt, StorageError
from rag.rows import (
    NO_EXTRA,
    ArticleRow,
    ChunkRow,
    Vector,
    article_digest,
    chunk_digest,
    content_digest,
    extra,
    open_sketch,
    seal,
    sealed_sketch,
)
from rag.types import Article, Chunk, Mark, Noise

NAME = "store.sqlite"
CHUNK_PAGE = 10_000
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, title TEXT NOT NULL, source TEXT, url TEXT, published TEXT,
  origin TEXT NOT NULL, noise TEXT NOT NULL, recipe TEXT NOT NULL, chunks INTEGER NOT NULL,
  content BLOB NOT NULL, digest BLOB NOT NULL,
  staged REAL NOT NULL, born INTEGER, dead INTEGER, text TEXT NOT NULL,
  extra TEXT NOT NULL DEFAULT '{}', sketch BLOB);
CREATE INDEX articles_id ON articles (id);
CREATE INDEX articles_content ON articles (content);
CREATE INDEX articles_state ON articles (born, dead);
CREATE TABLE chunks (
  row INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles (row), ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL, digest BLOB NOT NULL);
CREATE INDEX chunks_article ON chunks (article);
CREATE TABLE generations (generation INTEGER PRIMARY KEY, identity TEXT NOT NULL);
"""
_LATER = """
CREATE TABLE IF NOT EXISTS versions (
  row INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, published TEXT, text TEXT NOT NULL,
  content BLOB NOT NULL, replaced REAL NOT NULL);
CREATE INDEX IF NOT EXISTS versions_id ON versions (id);
CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY, fields TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, facts TEXT NOT NULL, seal BLOB NOT NULL) WITHOUT ROWID;
"""
"""Tables that format 1 did not have: earlier texts, the places that are followed, and what is known of their files."""
_META = "row, id, title, source, url, published, origin, noise, recipe, chunks, content, digest"
LIVE = "born IS NOT NULL AND born <= :g AND (dead IS NULL OR dead > :g)"

Ints = npt.NDArray[np.int64]


class Store:
    """One SQLite connection, used under a lock; open one Store per thread of a writer, share one among readers."""

    def __init__(self, folder: Path, *, write: bool = False, create: bool = False) -> None:
        """Open the store in `folder`, made with `create` if absent or empty.  Raises LibraryCorrupt or StorageError."""
        self.path = folder / NAME
        self._lock = threading.RLock()
        self._published: tuple[Ints, npt.NDArray[np.void]] | None = None
        if not create and not self.path.is_file():
            raise LibraryCorrupt(
                f"{self.path} is missing: restore it from a copy; rag repair --library {folder} cannot make it again."
            )
        try:
            self._db = self._connect(folder, write, create)
        except sqlite3.Error as error:
            raise self._translate(error) from error
        try:
            # A writer that was killed early leaves a file without tables.
            if create and self._db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                self._create()
            self._db.execute("SELECT count(*) FROM meta").fetchone()
            columns = {str(found[1]) for found in self._db.execute("PRAGMA table_info(articles)")}
            self._has_extra = "extra" in columns
        except sqlite3.Error as error:
            self._db.close()
            raise self._translate(error) from error

    def _connect(self, folder: Path, write: bool, create: bool) -> sqlite3.Connection:
        mode = "rwc" if create else "rw" if write else "ro"
        wal = self.path.with_name(self.path.name + "-wal")
        if not write and not wal.exists() and not _writable(folder):
            mode = "ro&immutable=1"
        uri = f"{self.path.resolve().as_uri()}?mode={mode}"
        db = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            if write:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA secure_delete = ON")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _create(self) -> None:
        self._db.executescript(f"BEGIN; {_SCHEMA} {_LATER} COMMIT;")

    def upgrade(self) -> None:
        """Add what a store of format 1 lacks; nothing where all is there."""
        if self._has_extra and self.has("files"):
            return
        with self._guard() as db:
            added = (
                ""
                if self._has_extra
                else (
                    "ALTER TABLE articles ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'; "
                    "ALTER TABLE articles ADD COLUMN sketch BLOB;"
                )
            )
            db.executescript(f"BEGIN; {added} {_LATER} COMMIT;")
        self._has_extra = True

    @property
    def _meta(self) -> str:
        return _META + (", extra" if self._has_extra else f", '{NO_EXTRA}'")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _translate(self, error: sqlite3.Error) -> Exception:
        full = isinstance(error, sqlite3.OperationalError) and any(
            word in str(error) for word in ("full", "disk I/O", "readonly", "unable to open", "locked")
        )
        if full:
            return StorageError(
                f"{self.path}: {error}.  Free some space or check the disk, then run the same command again; "
                "what was published before is unchanged."
            )
        return LibraryCorrupt(f"{self.path} is damaged ({error}): run rag repair --library {self.path.parent}")

    @contextmanager
    def _guard(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise self._translate(error) from error
            except (UnicodeDecodeError, OverflowError) as error:
                raise self._translate(sqlite3.DatabaseError(str(error))) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen or none does."""
        with self._guard() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def query(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a read-only statement."""
        with self._guard() as db:
            return db.execute(sql, parameters).fetchall()

    def execute(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> int:
        """Run one writing statement inside a transaction; the number of rows it changed."""
        with self._guard() as db:
            return db.execute(sql, parameters).rowcount

    # -- facts about the library ------------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        found = self.query("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else None

    def set_meta(self, key: str, value: str) -> None:
        self.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def has(self, table: str) -> bool:
        """Whether the store has a table; one of format 1 lacks some."""
        return bool(self.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)))

    def identity(self, generation: int) -> str | None:
        """The manifest identity that was recorded for a generation."""
        found = self.query("SELECT identity FROM generations WHERE generation = ?", (generation,))
        return str(found[0][0]) if found else None

    # -- articles -----------------------------------------------------------------------------------------------

    def live(self, generation: int) -> Iterator[ArticleRow]:
        """The articles of a generation by row, metadata only, each seal checked."""
        for found in self.query(f"SELECT {self._meta} FROM articles WHERE {LIVE} ORDER BY row", {"g": generation}):
            yield self._article_row(found)

    def article_rows(self, rows: Sequence[int]) -> list[ArticleRow]:
        """Metadata of the given rows in that order.  Raises LibraryCorrupt where one is missing."""
        return [self._article_row(self._one(row, self._meta)) for row in rows]

    def bind(self, rows: Ints, seals: npt.NDArray[np.void]) -> None:
        """From now on `article` gives only these rows (ascending), and only with the seals that were published.

        A seal alone does not say which row it belongs to: a flipped row number would give a whole other article.
        """
        self._published = (rows, seals)

    def _check_published(self, found: ArticleRow) -> None:
        if self._published is None:
            return
        rows, seals = self._published
        place = int(np.searchsorted(rows, found.row))
        if place == len(rows) or rows[place] != found.row or seals[place].tobytes() != found.digest:
            raise self._damaged(f"article row {found.row} is not the one that was published")

    def article(self, row: int) -> Article:
        """A whole article with its text, both seals checked."""
        *meta, text = self._one(row, self._meta + ", text")
        found = self._article_row(tuple(meta))
        self._check_published(found)
        if not isinstance(text, str) or content_digest(found.title, text) != found.content:
            raise self._damaged(f"the text of article {found.id!r}")
        return Article(
            found.id, found.title, text, found.source, found.url, found.published, found.origin, found.noise,
            found.author, found.language, found.marks,
        )  # fmt: skip

    def _one(self, row: int, columns: str) -> tuple[Any, ...]:
        found = self.query(f"SELECT {columns} FROM articles WHERE row = ?", (row,))
        if not found:
            raise self._damaged(f"article row {row} is missing")
        return found[0]

    def _article_row(self, found: tuple[Any, ...]) -> ArticleRow:
        row, id_, title, source, url, published, origin, noise, recipe, chunks, content, digest, more = found
        try:
            facts = [id_, source, url, published, origin, json.loads(noise), recipe, chunks, content.hex()]
            if seal(facts, more) != digest:
                raise ValueError
            noises = tuple(Noise(*mark) for mark in facts[5])
            day = date.fromisoformat(published) if published else None
            others = json.loads(more)
            marks = tuple(Mark(*mark) for mark in others.get("marks", ()))
        except (ValueError, TypeError, AttributeError) as error:
            raise self._damaged(f"the record of article {id_!r} (row {row})") from error
        return ArticleRow(
            row, id_, title, source, url, day, origin, noises, recipe, chunks, content, digest,
            others.get("author"), others.get("language"), marks,
        )  # fmt: skip

    def _damaged(self, what: str) -> LibraryCorrupt:
        return LibraryCorrupt(f"{self.path}: damaged, {what}: run rag repair --library {self.path.parent}")

    def staged(self, content: bytes, digest: bytes) -> int | None:
        """The row of a staged article with that seal."""
        sql = "SELECT row FROM articles WHERE content = ? AND digest = ? AND born IS NULL"
        found = self.query(sql, (content, digest))
        return int(found[0][0]) if found else None

    def with_content(self, content: bytes, recipe: str) -> int | None:
        """The newest row, in any state, whose vectors were made from the same title and text in the same way."""
        found = self.query("SELECT max(row) FROM articles WHERE content = ? AND recipe = ?", (content, recipe))
        return int(found[0][0]) if found and found[0][0] is not None else None

    def stage(self, article: Article, recipe: str, chunks: Sequence[Chunk], vectors: Vector, sketch: bytes) -> int:
        """Add an unpublished article with its chunks, their (n, dimension) vectors and its sketch; the new row."""
        content = content_digest(article.title, article.text)
        sealed = sealed_sketch(content, sketch)
        noise = json.dumps([list(mark) for mark in article.noise])
        published = article.published.isoformat() if article.published else None
        digest = article_digest(article, recipe, len(chunks))
        with self._guard() as db:
            cursor = db.execute(
                "INSERT INTO articles (id, title, source, url, published, origin, noise, recipe, chunks, content, "
                "digest, staged, text, extra, sketch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (article.id, article.title, article.source, article.url, published, article.origin, noise, recipe,
                 len(chunks), content, digest, time.time(), article.text, extra(article), sealed),
            )  # fmt: skip
            row = int(cursor.lastrowid or 0)
            db.executemany(
                "INSERT INTO chunks (article, ordinal, start, end, vector, digest) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (row, c.ordinal, c.start, c.end, v.tobytes(), chunk_digest(content, c, v))
                    for c, v in zip(chunks, vectors, strict=True)
                ],
            )
        return row

    # -- chunks -------------------------------------------------------------------------------------------------

    def chunks(self, article: ArticleRow, dimension: int) -> list[ChunkRow]:
        """The chunks of an article in order, each seal checked, none missing."""
        found = self.query(
            "SELECT row, article, ordinal, start, end, vector, digest FROM chunks WHERE article = ? ORDER BY ordinal",
            (article.row,),
        )
        rows = [self._chunk_row(article, row, dimension) for row in found]
        if [row.ordinal for row in rows] != list(range(article.chunks)):
            raise self._damaged(f"chunks of article {article.id!r} are missing")
        return rows

    def live_chunks(self, articles: Sequence[ArticleRow], dimension: int) -> Iterator[tuple[int, ChunkRow]]:
        """All chunks of articles by row, each with its article's position in `articles`, seals checked, none missing.

        Few are held at a time.
        """
        places = {article.row: place for place, article in enumerate(articles)}
        following = [0] * len(articles)
        last = 0
        while found := self.query(
            "SELECT row, article, ordinal, start, end, vector, digest FROM chunks WHERE row > ? ORDER BY row LIMIT ?",
            (last, CHUNK_PAGE),
        ):
            last = found[-1][0]
            for one in found:
                place = places.get(one[1])
                if place is None:
                    continue
                row = self._chunk_row(articles[place], one, dimension)
                if row.ordinal != following[place] or row.ordinal >= articles[place].chunks:
                    raise self._damaged(f"chunks of article {articles[place].id!r} are missing")
                following[place] += 1
                yield place, row
        for article, count in zip(articles, following, strict=True):
            if count != article.chunks:
                raise self._damaged(f"chunks of article {article.id!r} are missing")

    def _chunk_row(self, article: ArticleRow, found: tuple[Any, ...], dimension: int) -> ChunkRow:
        row, owner, ordinal, start, end, blob, digest = found
        try:
            vector = np.frombuffer(blob, np.float16)
            whole = len(vector) == dimension and digest == chunk_digest(
                article.content, Chunk(article.id, ordinal, start, end), vector
            )
        except (TypeError, ValueError):
            whole = False
        if not whole:
            raise self._damaged(f"chunk {ordinal} of article {article.id!r}")
        return ChunkRow(row, owner, ordinal, start, end, vector)

    def sketch(self, article: ArticleRow) -> bytes | None:
        """An article's sketch for the search of copies; None where there is none that is whole."""
        found = self._one(article.row, "sketch" if self._has_extra else "NULL")[0]
        return open_sketch(article.content, found)

    def set_sketch(self, article: ArticleRow, sketch: bytes) -> None:
        """Put a sketch that was made again in the place of one that is not whole; inside a transaction."""
        sealed = sealed_sketch(article.content, sketch)
        self.execute("UPDATE articles SET sketch = ? WHERE row = ?", (sealed, article.row))

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the store file."""
        with self._guard() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def integrity(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        try:
            return [str(row[0]) for row in self.query("PRAGMA integrity_check") if row[0] != "ok"]
        except LibraryCorrupt as error:
            return [str(error)]


def _writable(folder: Path) -> bool:
    import os

    return os.access(folder, os.W_OK)


def delete_rows(store: Store, condition: str, parameters: dict[str, Any]) -> int:
    """Delete the articles that meet an SQL condition together with their chunks; how many articles."""
    store.execute(f"DELETE FROM chunks WHERE article IN (SELECT row FROM articles WHERE {condition})", parameters)
    return store.execute(f"DELETE FROM articles WHERE {condition}", parameters)
