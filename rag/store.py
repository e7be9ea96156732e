"""The truth: articles, chunks, offsets and vectors in SQLite, each row sealed with a digest that is checked when read.

An article row is *staged* (`born` is NULL: embedded but not published), *live* (born, not dead) or *dead* (kept for
readers of older generations, then deleted).  Rows are never updated in place except to be born or to die.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import LibraryCorrupt, StorageError
from rag.types import Article, Chunk, Noise

NAME = "store.sqlite"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
  row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, title TEXT NOT NULL, source TEXT, url TEXT, published TEXT,
  origin TEXT NOT NULL, noise TEXT NOT NULL, recipe TEXT NOT NULL, chunks INTEGER NOT NULL,
  content BLOB NOT NULL, digest BLOB NOT NULL,
  staged REAL NOT NULL, born INTEGER, dead INTEGER, text TEXT NOT NULL);
CREATE INDEX articles_id ON articles (id);
CREATE INDEX articles_content ON articles (content);
CREATE INDEX articles_state ON articles (born, dead);
CREATE TABLE chunks (
  row INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles (row), ordinal INTEGER NOT NULL,
  start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL, digest BLOB NOT NULL);
CREATE INDEX chunks_article ON chunks (article);
CREATE TABLE generations (generation INTEGER PRIMARY KEY, identity TEXT NOT NULL);
"""
_META = "row, id, title, source, url, published, origin, noise, recipe, chunks, content, digest"
LIVE = "born IS NOT NULL AND born <= :g AND (dead IS NULL OR dead > :g)"

Vector = npt.NDArray[np.float16]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article's metadata as stored.

    Its vectors were made from `content` (digest of title and text) by `recipe` (encoder and chunker).
    """

    row: int
    id: str
    title: str
    source: str | None
    url: str | None
    published: date | None
    origin: str
    noise: tuple[Noise, ...]
    recipe: str
    chunks: int
    content: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as stored, with its (dimension,) float16 vector."""

    row: int
    article: int
    ordinal: int
    start: int
    end: int
    vector: Vector


def content_digest(title: str, text: str) -> bytes:
    """What the vectors of an article depend on."""
    return hashlib.sha256(json.dumps([title, text]).encode()).digest()


def article_digest(article: Article, recipe: str, chunks: int) -> bytes:
    """Seal over every stored field of an article; `text` and `title` enter through their content digest."""
    facts = [
        article.id,
        article.source,
        article.url,
        article.published.isoformat() if article.published else None,
        article.origin,
        [list(noise) for noise in article.noise],
        recipe,
        chunks,
        content_digest(article.title, article.text).hex(),
    ]
    return _seal(facts)


def _seal(facts: list[Any]) -> bytes:
    return hashlib.sha256(json.dumps(facts).encode()).digest()


def chunk_digest(article_content: bytes, chunk: Chunk, vector: Vector) -> bytes:
    """Seal over a chunk's place and vector, bound to its article's content."""
    head = f"{chunk.ordinal} {chunk.start} {chunk.end} ".encode()
    return hashlib.blake2b(article_content + head + vector.tobytes(), digest_size=16).digest()


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
        self._db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")

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

    def identity(self, generation: int) -> str | None:
        """The manifest identity that was recorded for a generation."""
        found = self.query("SELECT identity FROM generations WHERE generation = ?", (generation,))
        return str(found[0][0]) if found else None

    # -- articles -----------------------------------------------------------------------------------------------

    def live(self, generation: int) -> Iterator[ArticleRow]:
        """The articles of a generation by row, metadata only, each seal checked."""
        for found in self.query(f"SELECT {_META} FROM articles WHERE {LIVE} ORDER BY row", {"g": generation}):
            yield self._article_row(found)

    def article_rows(self, rows: Sequence[int]) -> list[ArticleRow]:
        """Metadata of the given rows in that order.  Raises LibraryCorrupt where one is missing."""
        return [self._article_row(self._one(row, _META)) for row in rows]

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
        *meta, text = self._one(row, _META + ", text")
        found = self._article_row(tuple(meta))
        self._check_published(found)
        if not isinstance(text, str) or content_digest(found.title, text) != found.content:
            raise self._damaged(f"the text of article {found.id!r}")
        return Article(found.id, found.title, text, found.source, found.url, found.published, found.origin, found.noise)

    def _one(self, row: int, columns: str) -> tuple[Any, ...]:
        found = self.query(f"SELECT {columns} FROM articles WHERE row = ?", (row,))
        if not found:
            raise self._damaged(f"article row {row} is missing")
        return found[0]

    def _article_row(self, found: tuple[Any, ...]) -> ArticleRow:
        row, id_, title, source, url, published, origin, noise, recipe, chunks, content, digest = found
        try:
            facts = [id_, source, url, published, origin, json.loads(noise), recipe, chunks, content.hex()]
            if _seal(facts) != digest:
                raise ValueError
            marks = tuple(Noise(*mark) for mark in facts[5])
            day = date.fromisoformat(published) if published else None
        except (ValueError, TypeError, AttributeError) as error:
            raise self._damaged(f"the record of article {id_!r} (row {row})") from error
        return ArticleRow(row, id_, title, source, url, day, origin, marks, recipe, chunks, content, digest)

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

    def stage(self, article: Article, recipe: str, chunks: Sequence[Chunk], vectors: Vector, now: float) -> int:
        """Add an unpublished article with its chunks and their (n, dimension) vectors; the new row."""
        content = content_digest(article.title, article.text)
        noise = json.dumps([list(mark) for mark in article.noise])
        published = article.published.isoformat() if article.published else None
        digest = article_digest(article, recipe, len(chunks))
        with self._guard() as db:
            cursor = db.execute(
                "INSERT INTO articles (id, title, source, url, published, origin, noise, recipe, chunks, content, "
                "digest, staged, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (article.id, article.title, article.source, article.url, published, article.origin, noise, recipe,
                 len(chunks), content, digest, now, article.text),
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
