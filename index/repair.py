"""`rag repair`: what can be made again is made again from the stored articles; what cannot is taken out and named."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

from index.commit import PUBLISHED, build, digest_of, newest, publish, record, roll_back
from index.discover import file_of
from index.writer import locked
from rag.columns import Columns, read_columns
from rag.disk import storage_errors, write_atomic
from rag.errors import FormatTooNew, LibraryCorrupt, LibraryError, LibraryNotFound, StorageError
from rag.manifest import FORMAT, Manifest, read_manifest
from rag.snapshot import COLUMNS, generation_folder, header
from rag.store import LIVE, NAME, Store, delete_rows
from rag.verify import damaged_texts, verify


@dataclass(frozen=True, slots=True)
class LostArticle:
    """An article that was taken out; index its file again.  `origin` is "" where even that is not known any more."""

    id: str
    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair found and did.

    `written` is a .jsonl file that names the lost articles; those that it has the text of can be indexed from it.
    """

    generation: int
    problems: tuple[str, ...]
    lost: tuple[LostArticle, ...] = ()
    written: str | None = None

    @property
    def changed(self) -> bool:
        """False for a healthy library, which is left as it is."""
        return bool(self.problems)


def repair(folder: Path) -> RepairReport:
    """Bring a damaged library into a state that verifies, as a new generation; does nothing to a healthy one.

    Raises LibraryNotFound, LibraryLocked, FormatTooNew, StorageError, and LibraryCorrupt where the store itself
    cannot be read.
    """
    if not (folder / NAME).exists():
        read_manifest(folder)
        raise LibraryCorrupt(
            f"{folder / NAME} is missing, and rag repair cannot make it again: restore it from a copy, or remove "
            f"{folder} and index the articles again."
        )
    try:
        return _repair(folder)
    except LibraryCorrupt as error:
        # What was found is part of the message; its advice to run this very command is not.
        why = str(error).split(": run rag repair")[0][:500]
        raise LibraryCorrupt(
            f"{folder} cannot be repaired: {why}.  Restore the folder from a copy; without one, move it away and index "
            f"the articles again: rag index FOLDER --library {folder}"
        ) from error


def _repair(folder: Path) -> RepairReport:
    with locked(folder) as store:
        problems = _bad(folder)
        if not problems:
            return RepairReport(read_manifest(folder).generation, ())
        _mend_store(store)
        report = _republish(folder, store, tuple(problems))
        # Twice, because a disk that fails once is no damage to the library.
        if _bad(folder) and (left := _bad(folder)):
            raise LibraryCorrupt("; ".join(left))
        return report


def _bad(folder: Path) -> list[str]:
    return [f"{check.name}: {check.detail}" for check in verify(folder, sample=0).checks if not check.ok]


def _mend_store(store: Store) -> None:
    """Make SQLite's indexes again where they are what is wrong.  Raises LibraryCorrupt if the tables are."""
    if not store.integrity():
        return
    try:
        store.execute("REINDEX")
        left = store.integrity()
    except StorageError:
        raise
    except LibraryError as error:
        left = [str(error)]
    if left:
        raise LibraryCorrupt("; ".join(left[:3]))


def _republish(folder: Path, store: Store, problems: tuple[str, ...]) -> RepairReport:
    base = _base(folder, store)
    roll_back(store, base)
    with store.transaction():
        # Also where the store's own record was damaged.
        record(store, base)
        store.execute("DELETE FROM chunks WHERE article NOT IN (SELECT row FROM articles)")
        _drop_damaged_texts(store)
    columns = _published_columns(folder, base)
    if columns is not None:
        _set_live(store, base, columns)
    lost, broken = _lost(store, base, columns)
    generation = base.generation + 1
    written = _write_down(folder, store, generation, lost, broken) if lost else None
    with store.transaction():
        for row in broken:
            store.execute("UPDATE articles SET dead = ? WHERE row = ?", (generation, row))
        # So that the next sync reads them again.
        for one in lost:
            store.execute("DELETE FROM files WHERE path = ? OR ? = ''", (str(file_of(one.origin)), one.origin))
    with storage_errors(f"writing generation {generation} of {folder}"):
        target = replace(base, generation=generation, product=version("article-rag"), files=(), format=FORMAT)
        publish(folder, store, build(folder, store, target), time.time())
    _delete_damaged(store, base, broken)
    return RepairReport(generation, problems, tuple(lost), str(written) if written else None)


def _drop_damaged_texts(store: Store) -> None:
    """Earlier texts prove something only while they are whole; inside a transaction."""
    for row in damaged_texts(store):
        store.execute("DELETE FROM versions WHERE row = ?", (row,))


def _base(folder: Path, store: Store) -> Manifest:
    """The manifest to build on: the store's own record of its newest complete generation, else manifest.json."""
    recorded = newest(store)
    try:
        read = read_manifest(folder)
    except FormatTooNew:
        raise
    except LibraryNotFound:
        if recorded is None and not store.query("SELECT 1 FROM articles WHERE born IS NOT NULL LIMIT 1"):
            raise
        read = None
    except LibraryError:
        read = None
    if read is not None and store.identity(read.generation) == read.identity:
        # A newer record is of a commit that crashed, unless the manifest is an old copy.
        return recorded if recorded and _is_old_copy(store, read) else read
    if recorded is not None:
        return recorded
    if read is not None and (read.library == store.meta("library") or _holds(store, read)):
        return read
    raise LibraryCorrupt("neither manifest.json nor the store says which generation was published")


def _holds(store: Store, read: Manifest) -> bool:
    """Whether the store, whose own record is gone, has exactly the articles of the manifest."""
    try:
        return digest_of(list(store.live(read.generation))) == read.digest
    except LibraryCorrupt:
        return False


def _is_old_copy(store: Store, read: Manifest) -> bool:
    known = store.meta(PUBLISHED) or ""
    return known.isdigit() and int(known) > read.generation


def _published_columns(folder: Path, base: Manifest) -> Columns | None:
    """The columns of the generation, if they are whole: they name its articles independently of the store."""
    try:
        columns = read_columns(generation_folder(folder, base.generation) / COLUMNS, header(base))
    except Exception:
        # The file may be damaged, and its format has more ways to fail than can be listed.
        return None
    whole = hashlib.sha256(columns.article_seal.tobytes()).hexdigest() == base.digest
    return columns if whole and len(columns.article_row) == len(columns.article_id) == base.articles else None


def _set_live(store: Store, base: Manifest, columns: Columns) -> None:
    """Correct flipped marks of birth and death, which no seal covers."""
    published = set(columns.article_row.tolist())
    live = {row for (row,) in store.query(f"SELECT row FROM articles WHERE {LIVE}", {"g": base.generation})}
    with store.transaction():
        for row in published - live:
            store.execute("UPDATE articles SET born = ?, dead = NULL WHERE row = ?", (base.generation, row))
        for row in live - published:
            store.execute("UPDATE articles SET born = NULL, dead = NULL WHERE row = ?", (row,))


def _lost(store: Store, base: Manifest, columns: Columns | None) -> tuple[list[LostArticle], list[int]]:
    """The live articles with a broken seal and those that are gone; the rows of those that are still there."""
    names: dict[int, str] = {}
    seals: dict[int, bytes] = {}
    if columns is not None:
        rows = columns.article_row.tolist()
        names = dict(zip(rows, columns.article_id.tolist(), strict=True))
        seals = dict(zip(rows, (seal.tobytes() for seal in columns.article_seal), strict=True))
    lost: list[LostArticle] = []
    broken: list[int] = []
    sql = f"SELECT row, id, origin FROM articles WHERE {LIVE} ORDER BY row"
    present = store.query(sql, {"g": base.generation})
    for row, id_, origin in present:
        reason = _damage(store, row, base, seals.get(row))
        if reason:
            lost.append(LostArticle(names.get(row, str(id_)), str(origin), reason))
            broken.append(row)
    for row in sorted(names.keys() - {row for row, _, _ in present}):
        lost.append(LostArticle(names[row], "", "its record is gone from the store"))
    return lost, broken


def _damage(store: Store, row: int, base: Manifest, seal: bytes | None = None) -> str | None:
    """What is wrong with a stored article, None if it is whole (and the one with the seal given)."""
    try:
        store.article(row)
        found = store.article_rows([row])[0]
        store.chunks(found, base.encoder.dimension)
    except StorageError:
        raise
    except LibraryError as error:
        return str(error)
    return None if seal is None or seal == found.digest else "another article is stored in its place"


def _write_down(folder: Path, store: Store, generation: int, lost: list[LostArticle], broken: list[int]) -> Path:
    """Keep the names of the lost articles in a file, with those that are whole and only their chunks are not.

    The file can be indexed.  It is written before the articles are taken out: if the repair is killed, its report
    would be lost, and the next repair finds nothing wrong any more.
    """
    texts: dict[str, dict[str, str | None]] = {}
    for row in broken:
        with suppress(LibraryCorrupt):
            article = store.article(row)
            day = article.published.isoformat() if article.published else None
            texts[article.id] = {
                "title": article.title, "text": article.text, "source": article.source, "url": article.url,
                "published": day,
            }  # fmt: skip
    lines = [json.dumps(asdict(one) | texts.get(one.id, {})) + "\n" for one in lost]
    path = folder / f"lost-{generation}.jsonl"
    with storage_errors(f"writing down {len(lost)} lost articles in {path}"):
        write_atomic(path, "".join(lines).encode())
    return path


def _delete_damaged(store: Store, base: Manifest, broken: list[int]) -> None:
    """Take out what was lost, and damaged rows that are not published, so that no later sync meets them."""
    rows = [row for (row,) in store.query("SELECT row FROM articles WHERE born IS NULL OR dead IS NOT NULL")]
    with store.transaction():
        for row in dict.fromkeys([*broken, *(row for row in rows if _damage(store, row, base))]):
            delete_rows(store, "row = :row", {"row": row})
    store.checkpoint()
