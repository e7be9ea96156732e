"""What the last sync did, kept as `last-sync.json` in the library's folder.

It is a note for people: nothing else depends on it, and a sync does not fail where it cannot be written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from index.draft import Issue
from rag.disk import write_atomic
from rag.errors import StorageError

NAME = "last-sync.json"
MOST = 1_000
"""Articles of each kind, and issues, that are named; the counts are of all."""

Kind = Literal["added", "changed", "removed"]
KINDS: tuple[Kind, ...] = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class Named:
    """An article that a sync touched; the title is the one that it had after it, or last."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many articles, and how many files or lines gave none (`skipped`)."""

    added: int
    changed: int
    unchanged: int
    removed: int
    skipped: int
    issues: int
    moved: int = 0


@dataclass(frozen=True, slots=True)
class LastSync:
    """The end of a sync, in UTC, the generation that was published by then, and what was done."""

    when: datetime
    generation: int
    counts: Counts
    added: tuple[Named, ...] = ()
    changed: tuple[Named, ...] = ()
    removed: tuple[Named, ...] = ()
    issues: tuple[Issue, ...] = ()


class Notes:
    """The first `MOST` articles of each kind, collected while a sync runs."""

    def __init__(self) -> None:
        self._named: dict[Kind, list[Named]] = {kind: [] for kind in KINDS}

    def add(self, kind: Kind, article_id: str, title: str) -> None:
        """Note an article, if there are not `MOST` of its kind yet."""
        if len(self._named[kind]) < MOST:
            self._named[kind].append(Named(article_id, title))

    def of(self, kind: Kind) -> tuple[Named, ...]:
        """Those of one kind in the order in which they were noted."""
        return tuple(self._named[kind])


def now() -> datetime:
    """This second in UTC."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def write_last_sync(folder: Path, last: LastSync) -> None:
    """Keep `last` in place of the one before.  Raises nothing."""
    plain: dict[str, Any] = {
        "when": last.when.isoformat(),
        "generation": last.generation,
        "counts": asdict(last.counts),
        "added": [asdict(one) for one in last.added[:MOST]],
        "changed": [asdict(one) for one in last.changed[:MOST]],
        "removed": [asdict(one) for one in last.removed[:MOST]],
        "issues": [{"origin": issue.origin, "message": issue.message} for issue in last.issues[:MOST]],
    }
    # What was published is published, whether or not the disk takes a note of it.
    with suppress(OSError, StorageError):
        write_atomic(folder / NAME, json.dumps(plain, indent=1).encode())


def read_last_sync(folder: Path) -> LastSync | None:
    """What the last sync did, None where that is not known: no file, or one that is damaged."""
    try:
        plain = json.loads((folder / NAME).read_bytes())
        when = datetime.fromisoformat(_text(plain, "when"))
        if when.tzinfo is None:
            return None
        # Before there was anything to say of moved files, nothing was said.
        told = {"moved": 0} | plain["counts"]
        counts = Counts(**{name: _number(told, name) for name in Counts.__slots__})
        added, changed, removed = (
            tuple(Named(_text(one, "id"), _text(one, "title")) for one in plain[kind]) for kind in KINDS
        )
        issues = tuple(Issue(_text(one, "origin"), _text(one, "message")) for one in plain["issues"])
        generation = _number(plain, "generation")
        return LastSync(when.astimezone(timezone.utc), generation, counts, added, changed, removed, issues)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _number(plain: Mapping[str, Any], name: str) -> int:
    value = plain[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(name)
    return value
