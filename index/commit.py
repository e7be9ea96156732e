"""Publish a generation: derived files are built beside the old ones, then one manifest is replaced."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.duplicate import groups, sketch
from index.version import keep_replaced
from rag import dense, lexical
from rag.columns import Columns, Ints, days
from rag.disk import storage_errors, sync_file, sync_folder, unleased, write_synced
from rag.errors import LibraryCorrupt, StorageError
from rag.manifest import FORMAT, FileFacts, Manifest, from_facts, write_manifest
from rag.rows import ArticleRow
from rag.snapshot import COLUMNS, LEASE, LEXICAL, VECTORS, generation_folder, header
from rag.spec import file_sha256
from rag.store import Store, delete_rows

BLOCK_VECTORS = 16_384
STAGED_DAYS = 7
"""Embedded articles that no run published are forgotten after this long."""


PUBLISHED = "published"
"""Key in the store's `meta`: a generation that is known to be published; it may lag behind the manifest."""
NEWEST = "newest"
"""Key in the store's `meta`: the facts of the newest complete generation."""


@dataclass(frozen=True, slots=True)
class Change:
    """Rows to publish and rows to retire."""

    born: tuple[int, ...] = ()
    dead: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.born or self.dead)


def commit(folder: Path, store: Store, base: Manifest, change: Change, now: float) -> Manifest:
    """Publish `change` on top of `base` and clear away what no reader uses.  Raises StorageError.

    The store's rows are born and die in one transaction; until the manifest is replaced, readers and a writer that
    starts after a crash still see `base`, and the rows are taken back by `roll_back`.
    """
    generation = base.generation + 1
    with storage_errors(f"writing generation {generation} of {folder}"):
        _apply(store, change, generation)
        target = replace(base, generation=generation, format=FORMAT)
        manifest = build(folder, store, target, previous=base, dead=change.dead)
        publish(folder, store, manifest, now)
    return manifest


def publish(folder: Path, store: Store, manifest: Manifest, now: float) -> None:
    """Show readers a generation that was built, then clear away.  Raises OSError or StorageError."""
    write_manifest(folder, manifest)
    # The generation is published; what cannot be cleared away now is cleared by the next writer.
    with suppress(OSError, StorageError):
        clear(folder, store, manifest.generation, now)


def roll_back(store: Store, published: Manifest) -> None:
    """Undo rows that a crashed commit marked but never published: they are staged and live again."""
    after = (published.generation,)
    if not store.query("SELECT 1 FROM generations WHERE generation > ?", after) and not store.query(
        "SELECT 1 FROM articles WHERE born > ? OR dead > ? LIMIT 1", after * 2
    ):
        return
    with store.transaction():
        store.execute("UPDATE articles SET born = NULL WHERE born > ?", after)
        store.execute("UPDATE articles SET dead = NULL WHERE dead > ?", after)
        record(store, published)


def record(store: Store, manifest: Manifest) -> None:
    """Note in the store what the newest complete generation is; inside a transaction."""
    store.execute("DELETE FROM generations WHERE generation >= ?", (manifest.generation,))
    store.execute("INSERT INTO generations VALUES (?, ?)", (manifest.generation, manifest.identity))
    store.set_meta(NEWEST, manifest.facts)


def newest(store: Store) -> Manifest | None:
    """The newest complete generation, which is the published one or was about to be.

    None where there is none or its record is damaged; it names no files.
    """
    try:
        manifest = from_facts(store.meta(NEWEST) or "")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return manifest if store.identity(manifest.generation) == manifest.identity else None


def _apply(store: Store, change: Change, generation: int) -> None:
    with store.transaction():
        for row in change.born:
            done = store.execute("UPDATE articles SET born = ? WHERE row = ? AND born IS NULL", (generation, row))
            _check_applied(store, row, done)
        for row in change.dead:
            done = store.execute("UPDATE articles SET dead = ? WHERE row = ? AND dead IS NULL", (generation, row))
            _check_applied(store, row, done)


def _check_applied(store: Store, row: int, done: int) -> None:
    if done != 1:
        raise LibraryCorrupt(
            f"{store.path}: article row {row} is gone or was changed: run rag repair --library {store.path.parent}"
        )


def build(
    folder: Path,
    store: Store,
    target: Manifest,
    *,
    previous: Manifest | None = None,
    dead: Sequence[int] = (),
) -> Manifest:
    """Write the derived files of `target.generation` from the store and record its identity there.

    With `previous`, the lexical index grows out of that generation's; otherwise it is built anew.  The manifest
    returned is not yet published.  Raises OSError, StorageError or LibraryCorrupt.
    """
    articles = list(store.live(target.generation))
    place = generation_folder(folder, target.generation)
    if place.exists():
        shutil.rmtree(place)
    (place / LEXICAL).mkdir(parents=True)
    columns = _write_vectors(place / VECTORS, store, articles, target)
    target = replace(
        target,
        articles=len(articles),
        chunks=len(columns.chunk_row),
        digest=digest_of(articles),
    )
    write_synced(place / COLUMNS, replace(columns, header=np.array(header(target))).to_bytes())
    write_synced(place / LEASE, b"")
    _build_lexical(folder, store, articles, target, previous, dead)
    files = _sync_tree(folder, place)
    target = replace(target, files=files)
    with store.transaction():
        record(store, target)
    store.checkpoint()
    return target


def digest_of(articles: Sequence[ArticleRow]) -> str:
    """Digest of the seals of all articles of a generation, in the order of their rows."""
    return hashlib.sha256(b"".join(article.digest for article in articles)).hexdigest()


def _write_vectors(path: Path, store: Store, articles: list[ArticleRow], target: Manifest) -> Columns:
    """Write the vector index of the articles' chunks, by row; the columns in the same order."""
    places = np.empty((sum(article.chunks for article in articles), 4), np.int64)

    def blocks() -> Iterator[dense.Vector]:
        block: list[dense.Vector] = []
        for position, (place, chunk) in enumerate(store.live_chunks(articles, target.encoder.dimension)):
            places[position] = (chunk.row, place, chunk.start, chunk.end)
            block.append(chunk.vector)
            if len(block) == BLOCK_VECTORS:
                yield np.stack(block)
                block.clear()
        if block:
            yield np.stack(block)

    dense.write(path, blocks(), (len(places), target.encoder.dimension))
    # Whether this FAISS reads what was written in its name.
    dense.DenseIndex(path, dimension=target.encoder.dimension, size=len(places))
    return _columns(store, articles, places)


def _columns(store: Store, articles: list[ArticleRow], places: Ints) -> Columns:
    published = np.array([days(article.published) for article in articles], np.int32)
    return Columns(
        chunk_row=places[:, 0].copy(),
        chunk_article=places[:, 1].astype(np.int32),
        start=places[:, 2].astype(np.int32),
        end=places[:, 3].astype(np.int32),
        article_row=np.array([article.row for article in articles], np.int64),
        article_id=np.array([article.id for article in articles], dtype=np.str_),
        article_seal=np.array([article.digest for article in articles], dtype="V32"),
        published=published,
        source=np.array([article.source or "" for article in articles], dtype=np.str_),
        header=np.array(()),
        group=groups(_sketches(store, articles), published),
        language=np.array([article.language or "" for article in articles], dtype=np.str_),
    )


def _sketches(store: Store, articles: Sequence[ArticleRow]) -> list[bytes]:
    """The sketch of each article, made again where a library of format 1 has none or a stored one is damaged."""
    found = [store.sketch(article) for article in articles]
    made = {
        place: sketch(store.article(article.row).text, article.noise)
        for place, (article, known) in enumerate(zip(articles, found, strict=True))
        if known is None
    }
    if made:
        with store.transaction():
            for place, new in made.items():
                store.set_sketch(articles[place], new)
    return [made[place] if known is None else known for place, known in enumerate(found)]


def _build_lexical(
    folder: Path,
    store: Store,
    articles: list[ArticleRow],
    target: Manifest,
    previous: Manifest | None,
    dead: Sequence[int],
) -> None:
    place = generation_folder(folder, target.generation) / LEXICAL
    last = generation_folder(folder, previous.generation) / LEXICAL if previous is not None else None
    if last is not None and lexical.is_current(last):
        _link_tree(last, place)
        born = {row for (row,) in store.query("SELECT row FROM articles WHERE born = ?", (target.generation,))}
        added = [article for article in articles if article.row in born]
        lexical.update(place, remove=dead, add=_entries(store, added))
    else:
        lexical.update(place, remove=(), add=_entries(store, articles))


def _entries(store: Store, articles: list[ArticleRow]) -> Iterator[lexical.LexicalEntry]:
    for row in articles:
        article = store.article(row.row)
        found = store.query("SELECT row, start, end FROM chunks WHERE article = ? ORDER BY ordinal", (row.row,))
        for chunk, start, end in found:
            yield lexical.LexicalEntry(
                chunk,
                row.row,
                days(row.published),
                row.source or "",
                row.title,
                article.text[start:end],
                row.language,
            )


def _link_tree(old: Path, new: Path) -> None:
    """Hard links: tantivy never changes a segment file, and replaces its two small state files whole."""
    for path in old.iterdir():
        if path.name.endswith(".lock"):
            continue
        try:
            os.link(path, new / path.name)
        except OSError:
            shutil.copyfile(path, new / path.name)


def _sync_tree(folder: Path, place: Path) -> tuple[FileFacts, ...]:
    facts: list[FileFacts] = []
    for path in sorted(place.rglob("*")):
        if not path.is_file() or path.name == LEASE or path.name.endswith(".lock"):
            continue
        sync_file(path)
        facts.append(FileFacts(str(path.relative_to(folder)), path.stat().st_size, file_sha256(path)))
    for path in (place / LEXICAL, place, place.parent, folder):
        sync_folder(path)
    return tuple(facts)


def clear(folder: Path, store: Store, current: int, now: float) -> None:
    """Remove other generations that no reader holds, rows that none of the rest shows, and stale staged rows.

    `current` is the published generation; one that is newer was never finished.
    """
    oldest = current
    for place in sorted((folder / "generations").iterdir()):
        if not place.name.isdigit() or int(place.name) == current:
            continue
        with unleased(place / LEASE) as free:
            if free:
                shutil.rmtree(place, ignore_errors=True)
            else:
                oldest = min(oldest, int(place.name))
    with store.transaction():
        keep_replaced(store, current, oldest, now)
        delete_rows(store, "dead IS NOT NULL AND dead <= :oldest", {"oldest": oldest})
        delete_rows(store, "born IS NULL AND staged < :limit", {"limit": now - STAGED_DAYS * 86_400})
        store.execute("DELETE FROM generations WHERE generation < ?", (oldest,))
        if store.meta(PUBLISHED) != str(current):
            store.set_meta(PUBLISHED, str(current))
    store.checkpoint()
