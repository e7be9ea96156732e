"""`rag verify`: every file, row, seal and offset of a library, and a sample of its vectors encoded again."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from rag.calibration import read_calibration
from rag.columns import Columns, read_columns
from rag.dense import DenseIndex, Positions
from rag.disk import Lease
from rag.encoder import Encoder, check_same, cosines, load_matching
from rag.errors import LibraryError, RagError, StorageError
from rag.lexical import LexicalIndex
from rag.manifest import Manifest, read_manifest
from rag.passage import passage, title_share
from rag.rows import content_digest
from rag.snapshot import (
    COLUMNS,
    LEASE,
    LEXICAL,
    VECTORS,
    check_identity,
    damaged_files,
    generation_folder,
    header,
)
from rag.store import LIVE, Store

SAME = 0.99
"""Least cosine between a stored vector and the same text encoded again, be it in bf16 or in f32."""
COMPARED = 32
"""Vectors of the index that are compared with the store, or `sample` if that is more."""
NAMED = 3
"""Problems of one kind that are named; the rest are counted."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check; `detail` says what was looked at, or what is wrong."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All checks in order.  A check that could not be made because of an earlier problem is not listed."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def verify(folder: Path, *, encoder: Encoder | None = None, sample: int = 32) -> VerifyReport:
    """Check the published generation of the library in `folder`.  Damage is reported, never raised.

    `sample` vectors are encoded again, by the library's own model if no encoder is given; with 0 none is loaded.
    Raises StorageError if generations are published faster than they can be checked.
    """
    for _ in range(100):
        with ExitStack() as stack:
            run = _Run(folder, stack)
            manifest = run.check("manifest", run.manifest)
            whole = manifest is not None and _hold(run, manifest)
            # A writer may have published, and cleared away what we were about to check.
            if manifest is not None and not run.ok and _moved_on(folder, manifest):
                continue
            store = run.check("store", run.store)
            if store is not None and manifest is not None:
                _verify_rows(run, _Opened(folder, manifest, store), whole, encoder, sample)
            return VerifyReport(tuple(run.checks))
    raise StorageError(f"{folder} is being written faster than it can be checked: try again.")


def _hold(run: _Run, manifest: Manifest) -> bool:
    """Keep the generation from being cleared away; whether its files are whole."""
    run.check("lease", lambda: run.lease(manifest))
    return run.check("files", lambda: run.files(manifest)) is not None


def _moved_on(folder: Path, manifest: Manifest) -> bool:
    try:
        return read_manifest(folder).generation != manifest.generation
    except LibraryError:
        return False


def _verify_rows(run: _Run, library: _Opened, whole: bool, encoder: Encoder | None, sample: int) -> None:
    run.check("identity", lambda: _identity(library))
    run.check("calibration", lambda: _calibration(library))
    rows = run.check("articles", lambda: _articles(library))
    run.check("chunks", lambda: _loose_chunks(library))
    run.check("unpublished", lambda: _unpublished(library))
    run.check("earlier texts", lambda: _earlier(library))
    # FAISS and tantivy must not be given a damaged file: they may crash on it, or answer wrongly.
    columns = run.check("columns", lambda: _columns(library)) if whole else None
    if columns is not None:
        if rows is not None:
            run.check("same rows", lambda: _same_rows(rows, columns))
        run.check("lexical index", lambda: _lexical(library, columns))
        dense = run.check("vector index", lambda: _dense(library))
        if dense is not None and rows is not None:
            run.check("stored vectors", lambda: _stored_vectors(library, columns, dense, sample))
            run.check("encoded again", lambda: _encoded_again(library, columns, dense, encoder, sample))


@dataclass(frozen=True, slots=True)
class _Opened:
    folder: Path
    manifest: Manifest
    store: Store

    @property
    def place(self) -> Path:
        return generation_folder(self.folder, self.manifest.generation)


@dataclass(frozen=True, slots=True)
class _Row:
    """An article whose seals hold: what the columns must say of it, chunks as (row, start, end)."""

    row: int
    id: str
    digest: bytes
    chunks: tuple[tuple[int, int, int], ...]


class _Bad(Exception):
    """A check failed; the text is its detail."""


class _Run:
    """Makes checks and writes down their outcome; holds the manifest's generation while they run."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.checks: list[Check] = []

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def check(self, name: str, work: Callable[[], tuple[Result, str]]) -> Result | None:
        """What `work` found for later checks; None if it failed."""
        try:
            found, detail = work()
        except (_Bad, RagError) as error:
            self.checks.append(Check(name, False, str(error)))
        except Exception as error:
            # Damage shows in ways that nobody lists; the report must say so instead of ending.
            self.checks.append(Check(name, False, f"{type(error).__name__}: {error}"))
        else:
            self.checks.append(Check(name, True, detail))
            return found
        return None

    def manifest(self) -> tuple[Manifest, str]:
        found = read_manifest(self._folder)
        return found, f"generation {found.generation}, {found.articles:,} articles, {found.chunks:,} chunks"

    def lease(self, manifest: Manifest) -> tuple[None, str]:
        path = generation_folder(self._folder, manifest.generation) / LEASE
        try:
            self._stack.callback(Lease(path).close)
        except OSError as error:
            raise _Bad(f"{path} cannot be opened ({error.strerror})") from error
        return None, "held while checking"

    def files(self, manifest: Manifest) -> tuple[bool, str]:
        _raise_if(damaged_files(self._folder, manifest))
        return True, f"{len(manifest.files)} derived files have their size and sha256"

    def store(self) -> tuple[Store, str]:
        store = Store(self._folder)
        self._stack.callback(store.close)
        _raise_if([f"{store.path}: {problem}" for problem in store.integrity()])
        return store, f"{store.path.name} passes SQLite's integrity check"


def _raise_if(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise _Bad("; ".join(problems[:NAMED]) + more)


def _calibration(library: _Opened) -> tuple[None, str]:
    own = read_calibration(library.folder)
    if own is None:
        return None, "the one that comes with article-rag"
    used = "" if own.encoder == library.manifest.encoder.fingerprint else ", not used: the encoder is another one now"
    return None, f"fitted on {own.questions:,} questions of {own.fitted_on}{used}"


def _identity(library: _Opened) -> tuple[None, str]:
    check_identity(library.store, library.manifest)
    return None, "manifest and store belong together"


def _articles(library: _Opened) -> tuple[list[_Row], str]:
    """Every seal, offset and count of the live articles."""
    rows: list[_Row] = []
    problems: list[str] = []
    found = library.store.query(
        f"SELECT row FROM articles WHERE {LIVE} ORDER BY row", {"g": library.manifest.generation}
    )
    for (row,) in found:
        try:
            rows.append(_article(library, row))
        except (_Bad, LibraryError) as error:
            problems.append(str(error))
    digest = hashlib.sha256(b"".join(row.digest for row in rows)).hexdigest()
    chunks = sum(len(row.chunks) for row in rows)
    expected = (library.manifest.articles, library.manifest.chunks)
    if not problems and ((len(rows), chunks) != expected or digest != library.manifest.digest):
        problems.append(f"{library.store.path} holds other articles than were published")
    _raise_if(problems)
    return rows, f"{len(rows):,} articles and {chunks:,} chunks: seals, counts and offsets hold"


def _article(library: _Opened, row: int) -> _Row:
    store = library.store
    article = store.article(row)
    meta = store.article_rows([row])[0]
    chunks = store.chunks(meta, library.manifest.encoder.dimension)
    for chunk in chunks:
        inside = 0 <= chunk.start < chunk.end <= len(article.text)
        if not inside or not article.text[chunk.start : chunk.end].strip():
            raise _Bad(f"chunk {chunk.ordinal} of {article.id!r} has no text at {chunk.start}-{chunk.end}")
        if any(mark.start < chunk.end and mark.end > chunk.start for mark in article.noise):
            raise _Bad(f"chunk {chunk.ordinal} of {article.id!r} is not within the body of its article")
    return _Row(row, article.id, meta.digest, tuple((chunk.row, chunk.start, chunk.end) for chunk in chunks))


def _loose_chunks(library: _Opened) -> tuple[None, str]:
    sql = "SELECT count(*) FROM chunks WHERE article NOT IN (SELECT row FROM articles)"
    count = int(library.store.query(sql)[0][0])
    _raise_if([f"{library.store.path} holds {count} chunks without an article"] if count else [])
    return None, "each belongs to an article"


def _columns(library: _Opened) -> tuple[Columns, str]:
    columns = read_columns(library.place / COLUMNS, header(library.manifest))
    return columns, f"{len(columns.chunk_row):,} chunks of {len(columns.article_row):,} articles"


def _same_rows(rows: Sequence[_Row], columns: Columns) -> tuple[None, str]:
    """Neither a dead article in the columns nor a live one that is not, and every chunk where the store says."""
    articles = [(row.row, row.id, row.digest) for row in rows]
    seals = [seal.tobytes() for seal in columns.article_seal]
    named = list(zip(columns.article_row.tolist(), columns.article_id.tolist(), seals, strict=True))
    owners = columns.article_row[columns.chunk_article].tolist()
    places = zip(columns.chunk_row.tolist(), owners, columns.start.tolist(), columns.end.tolist(), strict=True)
    stored = sorted((chunk, row.row, start, end) for row in rows for chunk, start, end in row.chunks)
    _raise_if(
        ([] if named == articles else ["the columns name other articles than the store has"])
        + ([] if list(places) == stored else ["the columns name other chunks than the store has"])
    )
    return None, "the columns name exactly the live articles and chunks of the store"


def _lexical(library: _Opened, columns: Columns) -> tuple[None, str]:
    found = LexicalIndex(library.place / LEXICAL, size=library.manifest.chunks).rows()
    _raise_if(
        []
        if np.array_equal(np.sort(found), columns.chunk_row)
        else [f"{library.place / LEXICAL} holds other chunks than the columns"]
    )
    return None, f"{len(found):,} documents, one for each chunk"


def _dense(library: _Opened) -> tuple[DenseIndex, str]:
    manifest = library.manifest
    index = DenseIndex(library.place / VECTORS, dimension=manifest.encoder.dimension, size=manifest.chunks)
    return index, f"{manifest.chunks:,} vectors of {manifest.encoder.dimension} dimensions"


def _picked(columns: Columns, sample: int) -> Positions:
    """Positions of a random sample, the same every time."""
    count = len(columns.chunk_row)
    return np.array(sorted(random.Random(0).sample(range(count), min(sample, count))), np.int64)


def _stored_vectors(library: _Opened, columns: Columns, dense: DenseIndex, sample: int) -> tuple[None, str]:
    picked = _picked(columns, max(sample, COMPARED))
    indexed = dense.vectors(picked)
    problems: list[str] = []
    for position, vector in zip(picked.tolist(), indexed, strict=True):
        sql = "SELECT vector FROM chunks WHERE row = ?"
        found = library.store.query(sql, (int(columns.chunk_row[position]),))
        if not found or not np.array_equal(np.frombuffer(found[0][0], np.float16), vector.astype(np.float16)):
            problems.append(f"the vector at {position} of the index is not the stored one")
    _raise_if(problems)
    return None, f"{len(picked)} vectors of the index are those of the store"


def _encoded_again(
    library: _Opened, columns: Columns, dense: DenseIndex, encoder: Encoder | None, sample: int
) -> tuple[None, str]:
    if not sample:
        return None, "skipped: no sample was asked for"
    if encoder is not None:
        check_same(library.manifest.encoder, encoder.spec)
    picked = _picked(columns, sample)
    if not len(picked):
        return None, "there are no vectors"
    if encoder is None:
        encoder = load_matching(library.manifest.encoder)
    texts = [_passage(library, columns, position, encoder) for position in picked.tolist()]
    found = cosines(encoder.encode_passages(texts), dense.vectors(picked))
    low = [f"{text[:40]!r} has cosine {value:.4f}" for text, value in zip(texts, found, strict=True) if value < SAME]
    _raise_if(low)
    return None, f"{len(picked)} vectors, least cosine {float(found.min()):.4f}"


def _passage(library: _Opened, columns: Columns, position: int, encoder: Encoder) -> str:
    article = library.store.article(int(columns.article_row[columns.chunk_article[position]]))
    share = title_share(library.manifest.chunker, encoder.passage_budget)
    text = article.text[int(columns.start[position]) : int(columns.end[position])]
    return passage(article.title, text, share, lambda part: encoder.count_tokens([part])[0])


def _unpublished(library: _Opened) -> tuple[None, str]:
    generation = {"g": library.manifest.generation}
    waiting = library.store.query("SELECT count(*) FROM articles WHERE born IS NULL OR born > :g", generation)
    dead = library.store.query("SELECT count(*) FROM articles WHERE dead <= :g", generation)
    return None, f"{waiting[0][0]:,} articles are staged, {dead[0][0]:,} wait to be cleared away"


def damaged_texts(store: Store) -> list[int]:
    """The rows of earlier texts that are not what was kept."""
    found = store.query("SELECT row, title, text, content FROM versions")
    return [row for row, title, text, content in found if content_digest(str(title), str(text)) != content]


def _earlier(library: _Opened) -> tuple[None, str]:
    """That kept texts are whole; those of articles that were removed since are cleared away by the next writer."""
    store = library.store
    if not store.has("versions"):
        return None, "none are kept"
    bad = damaged_texts(store)
    kept = [id_ for (id_,) in store.query("SELECT id FROM versions")]
    sql = f"SELECT DISTINCT id FROM articles WHERE {LIVE}"
    live = {id_ for (id_,) in store.query(sql, {"g": library.manifest.generation})}
    stray = set(kept) - live
    _raise_if([f"earlier text {row} of {store.path} is damaged" for row in bad])
    waiting = f", those of {len(stray):,} removed articles wait to be cleared away" if stray else ""
    return None, f"{len(kept):,} texts that edits replaced are kept for saved answers{waiting}"
