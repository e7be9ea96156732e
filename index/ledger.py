"""What a library remembers between syncs: the places that it follows, and each of their files as it was last read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rag.store import Store

Fields = Mapping[str, str]
"""Which column or key of a table holds which field of an article; empty where the names are told from themselves."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read; `seen_ns` is when that was, in nanoseconds since 1970.

    `articles` were taken from it; `problem` is what was wrong with it, "" if nothing was; `refused`: an article of it
    has an id that another file has.
    """

    size: int
    mtime_ns: int
    sha256: str
    seen_ns: int
    fields: tuple[tuple[str, str], ...] = ()
    articles: int = 0
    problem: str = ""
    refused: bool = False

    @property
    def quarantined(self) -> bool:
        """Whether nothing could be taken from it: it is not tried again until it changes, or somebody asks for it."""
        return bool(self.problem) and not self.articles


def as_key(fields: Fields) -> tuple[tuple[str, str], ...]:
    """A mapping of fields in a form that can be compared."""
    return tuple(sorted(fields.items()))


def read_roots(store: Store) -> dict[str, dict[str, str]]:
    """The places that are followed, each with its mapping of fields."""
    if not store.has("roots"):
        return {}
    found: dict[str, dict[str, str]] = {}
    for path, fields in store.query("SELECT path, fields FROM roots ORDER BY path"):
        try:
            plain = json.loads(fields)
            found[str(path)] = {str(name): str(value) for name, value in plain.items()}
        except (ValueError, AttributeError, RecursionError):
            # A damaged mapping must not stop the rest; its files are then read as if there were none.
            found[str(path)] = {}
    return found


def write_roots(store: Store, roots: Mapping[str, Fields]) -> None:
    """Follow these places besides those that are followed already; inside a transaction."""
    for path, fields in roots.items():
        store.execute(
            "INSERT INTO roots VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET fields = excluded.fields",
            (path, json.dumps(dict(fields), sort_keys=True)),
        )


def forget_root(store: Store, path: str) -> None:
    """No longer follow a place; inside a transaction."""
    store.execute("DELETE FROM roots WHERE path = ?", (path,))


def read_files(store: Store) -> dict[str, FileState]:
    """The files as they were last read; one whose record is damaged is left out, so that it is read again."""
    if not store.has("files"):
        return {}
    found: dict[str, FileState] = {}
    for path, facts, seal in store.query("SELECT path, facts, seal FROM files"):
        if seal != _seal(path, facts):
            continue
        known = FileState.__slots__
        plain: dict[str, Any] = {name: value for name, value in json.loads(facts).items() if name in known}
        plain["fields"] = tuple((name, value) for name, value in plain["fields"])
        found[path] = FileState(**plain)
    return found


def write_files(store: Store, read: Mapping[str, FileState], gone: Collection[str]) -> None:
    """Remember files as they were read, and forget those that are gone; inside a transaction."""
    for path in gone:
        store.execute("DELETE FROM files WHERE path = ?", (path,))
    for path, state in read.items():
        facts = json.dumps(asdict(state), sort_keys=True)
        store.execute(
            "INSERT INTO files VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET facts = excluded.facts, seal = excluded.seal",
            (path, facts, _seal(path, facts)),
        )


def _seal(path: str, facts: str) -> bytes:
    return hashlib.blake2b(f"{path}\0{facts}".encode(errors="surrogatepass"), digest_size=8).digest()
