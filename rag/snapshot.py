"""One published generation, held open: later commits do not change what a snapshot sees."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rag.columns import Columns, read_columns
from rag.dense import DenseIndex
from rag.disk import Lease
from rag.errors import LibraryCorrupt, StorageError
from rag.lexical import LexicalIndex
from rag.manifest import FileFacts, Manifest, read_manifest
from rag.store import Store

VECTORS = "vectors.faiss"
COLUMNS = "columns.npz"
LEXICAL = "lexical"
LEASE = "lease"


def generation_folder(folder: Path, generation: int) -> Path:
    """Where the derived files of a generation lie."""
    return folder / "generations" / f"{generation:08d}"


def header(manifest: Manifest) -> tuple[str, ...]:
    """What every derived file is bound to."""
    return (manifest.library, str(manifest.generation), manifest.encoder.fingerprint)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The open files of one generation.  Thread-safe; close it to let the writer clear the generation away."""

    folder: Path
    manifest: Manifest
    store: Store
    columns: Columns
    dense: DenseIndex
    lexical: LexicalIndex
    lease: Lease

    def close(self) -> None:
        self.store.close()
        self.lease.close()


def open_snapshot(folder: Path) -> Snapshot:
    """Open the published generation, every derived file checked against the manifest.

    Raises LibraryNotFound, LibraryCorrupt or FormatTooNew.
    """
    for _ in range(100):
        manifest = read_manifest(folder)
        try:
            return _leased(folder, manifest)
        except LibraryCorrupt:
            # A writer may have published, and cleared away what we were about to open.
            if read_manifest(folder).generation == manifest.generation:
                raise
    raise StorageError(f"{folder} is being written faster than it can be opened: try again.")


def _leased(folder: Path, manifest: Manifest) -> Snapshot:
    path = generation_folder(folder, manifest.generation) / LEASE
    try:
        lease = Lease(path)
    except OSError as error:
        raise LibraryCorrupt(
            f"{path} cannot be opened ({error.strerror}): run rag repair --library {folder}"
        ) from error
    try:
        return _open(folder, manifest, lease)
    except BaseException:
        lease.close()
        raise


def _open(folder: Path, manifest: Manifest, lease: Lease) -> Snapshot:
    check_files(folder, manifest)
    place = generation_folder(folder, manifest.generation)
    store = Store(folder)
    try:
        check_identity(store, manifest)
        columns = read_columns(place / COLUMNS, header(manifest))
        if (len(columns.chunk_row), len(columns.article_row)) != (manifest.chunks, manifest.articles):
            raise LibraryCorrupt(f"{place / COLUMNS} has other counts: run rag repair --library {folder}")
        store.bind(columns.article_row, columns.article_seal)
        dense = DenseIndex(place / VECTORS, dimension=manifest.encoder.dimension, size=manifest.chunks)
        lexical = LexicalIndex(place / LEXICAL, size=manifest.chunks)
    except BaseException:
        store.close()
        raise
    return Snapshot(folder, manifest, store, columns, dense, lexical, lease)


def check_identity(store: Store, manifest: Manifest) -> None:
    """Raise LibraryCorrupt unless the store published exactly what the manifest says."""
    if store.identity(manifest.generation) != manifest.identity:
        raise LibraryCorrupt(
            f"manifest.json and {store.path.name} in {store.path.parent} do not belong together (generation "
            f"{manifest.generation}): restore the two from one copy, or run rag repair --library {store.path.parent}"
        )


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise LibraryCorrupt naming the first derived file whose size or sha256 is not the manifest's."""
    for problem in damaged_files(folder, manifest):
        raise LibraryCorrupt(f"{problem}: run rag repair --library {folder}")


def damaged_files(folder: Path, manifest: Manifest) -> list[str]:
    """What is wrong with each damaged derived file."""
    with ThreadPoolExecutor(4) as pool:
        problems = [*pool.map(lambda facts: _file_problem(folder, facts), manifest.files)]
    lease = generation_folder(folder, manifest.generation) / LEASE
    problems.append(None if lease.is_file() else f"{lease} is missing")
    return [problem for problem in problems if problem]


def _file_problem(folder: Path, facts: FileFacts) -> str | None:
    path = folder / facts.path
    try:
        size = path.stat().st_size
        if size != facts.bytes:
            return f"{path} has {size} bytes, expected {facts.bytes}"
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return None if digest.hexdigest() == facts.sha256 else f"{path} is damaged (its checksum is wrong)"
