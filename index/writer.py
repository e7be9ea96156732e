"""The one writer of a library: its lock, its store, and the generation it builds on."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from index.commit import PUBLISHED, build, clear, digest_of, publish, roll_back
from rag.disk import storage_errors, writer_lock
from rag.encoder import check_same
from rag.errors import ChunkerMismatch, LibraryCorrupt, LibraryError, LibraryNotFound, StorageError
from rag.manifest import FORMAT, NAME, ChunkerSpec, Manifest, read_manifest
from rag.rows import ArticleRow
from rag.snapshot import check_identity, damaged_files
from rag.spec import EncoderSpec
from rag.store import Store


@dataclass(frozen=True, slots=True)
class Writer:
    """An open library that nobody else can write; `manifest` is what is published now, `live` its articles."""

    folder: Path
    store: Store
    manifest: Manifest
    live: tuple[ArticleRow, ...]


def recipe(encoder: EncoderSpec, chunker: ChunkerSpec) -> str:
    """What, besides title and text, the chunks and vectors of an article depend on."""
    return f"{encoder.fingerprint} {json.dumps(asdict(chunker), sort_keys=True)}"


@contextmanager
def locked(folder: Path) -> Iterator[Store]:
    """The store of a library under the writer's lock, made where nothing was ever published.

    Raises LibraryLocked, LibraryCorrupt or StorageError.
    """
    with storage_errors(f"opening {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder / "lock"):
        store = Store(folder, write=True, create=not was_published(folder))
        try:
            store.upgrade()
            yield store
        finally:
            store.close()


@contextmanager
def open_writer(folder: Path, encoder: EncoderSpec, chunker: ChunkerSpec) -> Iterator[Writer]:
    """Open a library for writing; a new one gets an empty first generation.

    What a crashed writer left unpublished is staged again, and derived files that are absent or damaged are rebuilt.
    Raises LibraryLocked, LibraryCorrupt, FormatTooNew or StorageError.
    """
    with locked(folder) as store:
        manifest = _published(folder, store)
        if manifest is None:
            manifest = _first(folder, store, encoder, chunker)
        check_newest(store, manifest)
        roll_back(store, manifest)
        live = live_articles(store, manifest)
        if damaged_files(folder, manifest):
            manifest = republish(folder, store, manifest)
        # Also what an earlier writer could not clear, because of a reader or a full disk.
        with suppress(OSError, StorageError):
            clear(folder, store, manifest.generation, time.time())
        yield Writer(folder, store, manifest, live)


def was_published(folder: Path) -> bool:
    """Whether the folder shows signs of a published library, so that its store must not be made anew."""
    try:
        read_manifest(folder)
    except LibraryNotFound:
        return False
    except LibraryError:
        return True
    return True


def check_newest(store: Store, manifest: Manifest) -> None:
    """Raise LibraryCorrupt if the manifest is not the store's or an old one: rolling back to it would lose articles."""
    check_identity(store, manifest)
    known = store.meta(PUBLISHED) or ""
    if known.isdigit() and int(known) > manifest.generation:
        raise LibraryCorrupt(
            f"{store.path.parent / NAME} is of generation {manifest.generation}, but generation {known} was published: "
            f"restore the newer file, or run rag repair --library {store.path.parent}"
        )


def live_articles(store: Store, manifest: Manifest) -> tuple[ArticleRow, ...]:
    """The published articles, checked against the manifest.  Raises LibraryCorrupt."""
    live = tuple(store.live(manifest.generation))
    if digest_of(live) != manifest.digest:
        raise LibraryCorrupt(
            f"{store.path} does not hold the {manifest.articles} articles that were published: "
            f"run rag repair --library {store.path.parent}"
        )
    return live


def check_recipe(manifest: Manifest, encoder: EncoderSpec, chunker: ChunkerSpec) -> None:
    """Raise EncoderMismatch or ChunkerMismatch unless new articles may join the library as it is."""
    check_same(manifest.encoder, encoder)
    if manifest.chunker != chunker:
        raise ChunkerMismatch(
            f"The library was cut with {_settings(manifest.chunker)}, you asked for {_settings(chunker)}.  "
            "Leave the settings out, or cut everything anew: rag index --rebuild"
        )


def _settings(chunker: ChunkerSpec) -> str:
    return ", ".join(f"{key} {value}" for key, value in asdict(chunker).items())


def _published(folder: Path, store: Store) -> Manifest | None:
    """The published manifest, None where nothing was ever published."""
    if (folder / NAME).exists():
        return read_manifest(folder)
    if store.query("SELECT 1 FROM generations WHERE generation > 0"):
        raise LibraryCorrupt(
            f"{folder / NAME} is missing, the articles are still there: run rag repair --library {folder}"
        )
    return None


def _first(folder: Path, store: Store, encoder: EncoderSpec, chunker: ChunkerSpec) -> Manifest:
    empty = Manifest(
        library=store.meta("library") or uuid.uuid4().hex, generation=0, articles=0, chunks=0, digest="",
        encoder=encoder, chunker=chunker, product=version("article-rag"), files=(),
    )  # fmt: skip
    with store.transaction():
        store.set_meta("library", empty.library)
    with storage_errors(f"making a library in {folder}"):
        manifest = build(folder, store, empty)
        publish(folder, store, manifest, time.time())
    return manifest


def republish(folder: Path, store: Store, manifest: Manifest) -> Manifest:
    """Build the derived files of the published articles anew, as the next generation.  Raises StorageError."""
    following = replace(manifest, generation=manifest.generation + 1, product=version("article-rag"), format=FORMAT)
    with storage_errors(f"rebuilding the indexes of {folder}"):
        rebuilt = build(folder, store, following)
        publish(folder, store, rebuilt, time.time())
    return rebuilt
