"""What a sync has to do: files found now against files as they were last read, before anything is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.discover import FoundFile, exists
from index.ledger import Fields, FileState, as_key
from rag.spec import file_sha256

RACY_NS = 2_000_000_000
"""A file that changed so shortly before it was read may have changed again without its time telling."""

Hash = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Files by what happened to them since they were last read.

    `new`, `edited` and `again` (quarantined, or read with another mapping) are to be read.  `moved` holds where each
    file was before; `gone` are no longer there.  `same` are as they were, `held` those of them that are quarantined.
    """

    new: tuple[FoundFile, ...] = ()
    edited: tuple[FoundFile, ...] = ()
    again: tuple[FoundFile, ...] = ()
    moved: tuple[tuple[str, FoundFile], ...] = ()
    gone: tuple[str, ...] = ()
    same: tuple[FoundFile, ...] = ()
    held: tuple[FoundFile, ...] = ()

    @property
    def to_read(self) -> tuple[FoundFile, ...]:
        """What has to be opened, in the order of the paths."""
        return tuple(sorted((*self.new, *self.edited, *self.again), key=lambda file: str(file.path)))


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at: the roots, the files found under them, and the places that could not be looked into."""

    roots: Sequence[Path]
    found: Sequence[FoundFile]
    kept: Collection[str] = ()
    fields: Mapping[Path, Fields] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Whether a file would have been found if it were still there."""
        file = Path(path)
        places = {str(file), *map(str, file.parents)}
        return any(str(root) in places for root in self.roots) and not any(place in places for place in self.kept)

    def fields_of(self, file: Path) -> Fields:
        """The mapping of the nearest root above a file."""
        above = [root for root in self.fields if file == root or root in file.parents]
        return self.fields[max(above, key=lambda root: len(root.parts))] if above else {}


def make_plan(
    looked: Looked, known: Mapping[str, FileState], *, retry: bool = False, reread: bool = False,
    digest: Hash = file_sha256,
) -> Plan:  # fmt: skip
    """Compare what was found with what is known.

    A file is taken for unchanged by its size and time, as long as that is safe, else by its content.  With `retry`
    quarantined files are read again, with `reread` all are.  Raises nothing for a file that goes away meanwhile.
    """
    parts: dict[str, list[FoundFile]] = defaultdict(list)
    fresh: list[FoundFile] = []
    for file in looked.found:
        state = known.get(str(file.path))
        if state is None:
            fresh.append(file)
        elif reread or state.fields != as_key(looked.fields_of(file.path)) or (retry and state.problem):
            parts["again"].append(file)
        elif _is_same(file, state, digest):
            parts["held" if state.quarantined else "same"].append(file)
        else:
            parts["edited"].append(file)
    present = {str(file.path) for file in looked.found}
    gone = [path for path in known if path not in present and looked.covers(path)]
    moved = _moved(fresh, present, known, digest)
    left = {path for path, _ in moved}
    arrived = {str(file.path) for _, file in moved}
    return Plan(
        new=tuple(file for file in fresh if str(file.path) not in arrived),
        moved=tuple(moved),
        gone=tuple(path for path in gone if path not in left),
        **{name: tuple(files) for name, files in parts.items()},
    )


def _is_same(file: FoundFile, state: FileState, digest: Hash) -> bool:
    if file.size != state.size:
        return False
    if file.mtime_ns == state.mtime_ns and file.mtime_ns < state.seen_ns - RACY_NS:
        return True
    return _hash(file.path, digest) == state.sha256


def _moved(
    fresh: Sequence[FoundFile], present: Collection[str], known: Mapping[str, FileState], digest: Hash
) -> list[tuple[str, FoundFile]]:
    """New files that hold what a file held that is no longer where it was; one of the same name is preferred."""
    sizes = {file.size for file in fresh}
    lost: dict[str, list[str]] = defaultdict(list)
    for path, state in known.items():
        if state.size in sizes and path not in present and not state.quarantined and not exists(Path(path)):
            lost[state.sha256].append(path)
    if not lost:
        return []
    wanted = {known[paths[0]].size for paths in lost.values()}
    found: list[tuple[str, FoundFile]] = []
    for file in fresh:
        if file.size not in wanted:
            continue
        candidates = lost.get(_hash(file.path, digest), [])
        if candidates:
            chosen = min(candidates, key=lambda path: (Path(path).name != file.path.name, path))
            candidates.remove(chosen)
            found.append((chosen, file))
    return found


def _hash(path: Path, digest: Hash) -> str:
    try:
        return digest(path)
    except OSError:
        return ""
