"""What a sync has to do: files found now against files as they were last read, before anything is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.discover import FoundFile, exists
from index.ledger import Fields, FileState, as_key
from index.load import suffix_of
from rag.spec import file_sha256

RACY_NS = 2_000_000_000
"""A file that changed so shortly before it was read may have changed again without its time telling."""

Hash = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Files by what happened to them since they were last read.

    `new`, `edited` and `again` (quarantined, or read with another mapping) are to be read.  `moved` holds where each
    file was before; `gone` are no longer there.  `same` are as they were, `held` those of them that are quarantined,
    and `touched` those of both whose content had to be compared.
    """

    new: tuple[FoundFile, ...] = ()
    edited: tuple[FoundFile, ...] = ()
    again: tuple[FoundFile, ...] = ()
    moved: tuple[tuple[str, FoundFile], ...] = ()
    gone: tuple[str, ...] = ()
    same: tuple[FoundFile, ...] = ()
    held: tuple[FoundFile, ...] = ()
    touched: tuple[FoundFile, ...] = ()

    def named(self) -> dict[str, list[str]]:
        """The paths by what is to be done with them; a moved file as `old -> new`."""
        return {
            "new": [str(file.path) for file in self.new],
            "edited": [str(file.path) for file in self.edited],
            "moved": [f"{old} -> {file.path}" for old, file in self.moved],
            "gone": list(self.gone),
            "again": [str(file.path) for file in self.again],
        }

    @property
    def to_read(self) -> tuple[FoundFile, ...]:
        """What has to be opened, in the order of the paths."""
        return tuple(sorted((*self.new, *self.edited, *self.again), key=lambda file: str(file.path)))


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at: the roots, the files found under them, and the places that could not be looked into."""

    roots: frozenset[str]
    found: Sequence[FoundFile]
    kept: frozenset[str] = frozenset()
    fields: Mapping[Path, Fields] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        """Whether a file would have been found if it were still there."""
        places = places_of(path)
        return not self.roots.isdisjoint(places) and not self.kept.intersection(places)

    def fields_of(self, file: Path) -> Fields:
        """The mapping of the nearest root above a file."""
        if not self.fields:
            return {}
        return next((self.fields[place] for place in (file, *file.parents) if place in self.fields), {})


def places_of(path: str) -> list[str]:
    """A path and all folders above it, the nearest first."""
    file = Path(path)
    return [path, *map(str, file.parents)]


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
        elif _is_quiet(file, state):
            parts["held" if state.quarantined else "same"].append(file)
        elif file.size == state.size and _hash(file.path, digest) == state.sha256:
            parts["held" if state.quarantined else "same"].append(file)
            parts["touched"].append(file)
        else:
            parts["edited"].append(file)
    present = {str(file.path) for file in looked.found}
    gone = [path for path in known if path not in present and looked.covers(path)]
    moved = _moved(fresh, present, known, looked, digest)
    left = {path for path, _ in moved}
    arrived = {str(file.path) for _, file in moved}
    new = tuple(file for file in fresh if str(file.path) not in arrived)
    gone = [path for path in gone if path not in left]
    if new or gone or parts["edited"]:
        # An id that another file had may be free now.
        _ask_again(parts, known)
    return Plan(new=new, moved=tuple(moved), gone=tuple(gone), **{name: tuple(files) for name, files in parts.items()})


def _is_quiet(file: FoundFile, state: FileState) -> bool:
    """Whether size and time alone tell that a file is as it was."""
    same = (file.size, file.mtime_ns) == (state.size, state.mtime_ns)
    return same and file.mtime_ns < state.seen_ns - RACY_NS


def _ask_again(parts: dict[str, list[FoundFile]], known: Mapping[str, FileState]) -> None:
    for name in ("same", "held"):
        refused = [file for file in parts[name] if known[str(file.path)].refused]
        parts["again"] += refused
        parts[name] = [file for file in parts[name] if file not in refused]


def _moved(
    fresh: Sequence[FoundFile],
    present: Collection[str],
    known: Mapping[str, FileState],
    looked: Looked,
    digest: Hash,
) -> list[tuple[str, FoundFile]]:
    """New files that hold what a file held that is no longer where it was; one of the same name is preferred.

    Only where the same would be read from it: a file of the same kind, with the same mapping of columns.
    """
    sizes = {file.size for file in fresh}
    lost: dict[str, list[str]] = defaultdict(list)
    for path, state in known.items():
        away = state.size in sizes and path not in present and not state.quarantined
        # A folder that became a link to its new place still shows the old paths.
        if away and (looked.covers(path) or not exists(Path(path))):
            lost[state.sha256].append(path)
    if not lost:
        return []
    wanted = {known[paths[0]].size for paths in lost.values()}
    found: list[tuple[str, FoundFile]] = []
    for file in fresh:
        if file.size not in wanted:
            continue
        fields = as_key(looked.fields_of(file.path))
        candidates = [
            path
            for path in lost.get(_hash(file.path, digest), ())
            if suffix_of(Path(path)) == suffix_of(file.path) and known[path].fields == fields
        ]
        if candidates:
            chosen = min(candidates, key=lambda path: (Path(path).name != file.path.name, path))
            lost[known[chosen].sha256].remove(chosen)
            found.append((chosen, file))
    return found


def _hash(path: Path, digest: Hash) -> str:
    try:
        return digest(path)
    except OSError:
        return ""
