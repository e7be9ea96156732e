"""Which files are articles, and what an article is called after its file."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.draft import Issue, reason
from index.load import HOLDERS, ROWS, SUFFIXES, suffix_of
from rag.errors import LoadError
from rag.manifest import NAME as MANIFEST
from rag.store import NAME as STORE

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

UNKNOWN_KIND = f"is of a kind that is not read; known are {' '.join(SUFFIXES)}"
IGNORE = ".ragignore"
"""Names what to leave alone in its folder and below, as a .gitignore does."""
MAX_IGNORE_BYTES = 1024 * 1024
_INSTEAD = {
    ".doc": ".docx", ".rtf": ".docx", ".wpd": ".docx", ".wps": ".docx", ".pages": ".docx or .pdf",
    ".xls": ".csv", ".xlsx": ".csv", ".ods": ".csv", ".numbers": ".csv", ".parquet": ".csv or .jsonl",
    ".ppt": ".pdf", ".pptx": ".pdf", ".odp": ".pdf", ".key": ".pdf", ".ps": ".pdf", ".djvu": ".pdf", ".xps": ".pdf",
    ".mobi": ".epub", ".azw": ".epub", ".azw3": ".epub", ".fb2": ".epub", ".msg": ".eml", ".pst": ".mbox",
    ".webarchive": ".html", ".warc": ".html", ".rar": ".zip", ".7z": ".zip", ".xml": ".html, .csv or .jsonl",
    ".rst": ".txt", ".tex": ".pdf", ".log": ".txt",
}  # fmt: skip
"""What to save a file as that is of a kind that is not read."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that can be read, with what tells whether it has changed; a link has the facts of what it leads to."""

    path: Path
    size: int
    mtime_ns: int


def walk(paths: Sequence[Path]) -> tuple[list[FoundFile], list[Issue]]:
    """The readable article files under `paths`, each folder's sorted, and what was left alone.  Raises LoadError."""
    files: dict[Path, FoundFile] = {}
    issues: list[Issue] = []
    for path in paths:
        check_there(path)
        root = path.resolve()
        found = _Folder(root, issues).files(path) if root.is_dir() else _one(path, root, issues)
        files.update((file.path, file) for file in found)
    return list(files.values()), issues


def unknown_kind(path: Path) -> str:
    """Why a file with this name is not read, and what to save it as where that is known."""
    suffix = path.suffix.lower()
    if suffix in _INSTEAD:
        return f"is of a kind that is not read ({suffix}); save it as {_INSTEAD[suffix]}"
    return UNKNOWN_KIND


def _one(path: Path, root: Path, issues: list[Issue]) -> list[FoundFile]:
    """The file that was named, by its resolved path."""
    found = _looked_at(root, root)
    if isinstance(found, FoundFile) and suffix_of(root):
        return [found]
    issues.append(Issue(_shown(path), found if isinstance(found, str) else unknown_kind(root)))
    return []


class _Folder:
    """A walk below one root."""

    def __init__(self, root: Path, issues: list[Issue]) -> None:
        self._root = root
        self._issues = issues
        self._other: Counter[str] = Counter()

    def files(self, given: Path) -> Iterator[FoundFile]:
        """Every readable file below the root, in the order of their paths."""
        # A stack and no recursion: folders may lie deeper in each other than Python calls may.
        waiting = [self._entries(str(self._root), ())]
        while waiting:
            for entry, rules in waiting[-1]:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(self._entries(entry.path, rules))
                    break
                if found := self._file(entry):
                    yield found
            else:
                waiting.pop()
        if self._other:
            kinds = ", ".join(f"{kind} ({count:,})" for kind, count in sorted(self._other.items()))
            self._issues.append(Issue(str(given), f"holds files of other kinds, left alone: {kinds}", skipped=False))

    def _entries(self, folder: str, rules: _Rules) -> Iterator[tuple[os.DirEntry[str], _Rules]]:
        """What lies in a folder and is neither hidden nor ignored, with the rules that hold there."""
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self._issues.append(Issue(_shown(folder), f"cannot be read: {error.strerror}"))
            return
        names = {entry.name for entry in entries}
        if {MANIFEST, STORE} <= names:
            # A library is made from articles; its own files are none.
            return
        if IGNORE in names:
            rules = (*rules, *self._rules(folder))
        for entry in entries:
            if not entry.name.startswith(".") and not _ignored(entry, rules):
                yield entry, rules

    def _rules(self, folder: str) -> _Rules:
        from pathspec import GitIgnoreSpec

        path = Path(folder, IGNORE)
        try:
            found = _looked_at(path, self._root)
            if isinstance(found, str):
                raise LoadError(found)
            if found.size > MAX_IGNORE_BYTES:
                raise LoadError(f"has {found.size:,} bytes; it may have {MAX_IGNORE_BYTES:,}")
            return ((folder, GitIgnoreSpec.from_lines(path.read_text("utf-8-sig").splitlines())),)
        except (LoadError, OSError, ValueError) as error:
            why = str(error) if isinstance(error, LoadError) else reason(error)
            self._issues.append(Issue(_shown(path), f"{why}; what it names is not left alone", skipped=False))
            return ()

    def _file(self, entry: os.DirEntry[str]) -> FoundFile | None:
        path = Path(entry.path)
        if not suffix_of(path):
            # A link to a folder is not followed; what it leads to is read where it lies.
            if not entry.is_symlink() or not _is_folder(path):
                self._other[_shown(path.suffix.lower()) or "without ending"] += 1
            return None
        if entry.is_symlink() and _is_folder(path):
            return None
        found = _looked_at(path, self._root)
        if isinstance(found, FoundFile):
            return found
        self._issues.append(Issue(_shown(path), found))
        return None


_Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]


def _is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; one that may not be looked at leads to none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _ignored(entry: os.DirEntry[str], rules: _Rules) -> bool:
    """Whether the rules leave an entry alone: those of the nearest folder that say anything, as git does."""
    for folder, spec in reversed(rules):
        name = entry.path[len(folder.rstrip("/")) + 1 :] + ("/" if entry.is_dir(follow_symlinks=False) else "")
        verdict = spec.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def _looked_at(path: Path, root: Path) -> FoundFile | str:
    """The facts of a file, or why it is not even opened; a pipe, for one, would be waited for."""
    try:
        # Resolving every plain file would take most of a walk's time.
        facts = path.lstat()
        if stat.S_ISLNK(facts.st_mode):
            if not path.resolve().is_relative_to(root):
                return "is a link that leads out of the folder; it is not followed"
            facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return "is not a regular file"
        str(path).encode()
        if file_of(str(path)) != path:
            return "has a # behind the ending of a file that holds others; rename it"
    except UnicodeEncodeError:
        return "has a name that is not UTF-8; rename it"
    except (OSError, RuntimeError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or 'it is a link that leads to itself'}"
    return FoundFile(path, facts.st_size, facts.st_mtime_ns)


def _shown(path: object) -> str:
    """A path as text that can be printed and stored, whatever bytes its name has."""
    return os.fsencode(str(path)).decode(errors="backslashreplace")


def file_of(origin: str) -> Path:
    """The file of an origin: `news.jsonl#12` gives `news.jsonl`, `a.zip#b.pdf` gives `a.zip`; `c#.txt` is a file."""
    place = origin.find("#")
    while place >= 0:
        suffix = suffix_of(Path(origin[:place]))
        if _ROW.match(origin, place + 1) if suffix in ROWS else suffix in HOLDERS:
            return Path(origin[:place])
        place = origin.find("#", place + 1)
    return Path(origin)


_ROW = re.compile(r"\d+(?:#|\Z)")


def check_there(path: Path) -> None:
    """Raise LoadError for a path where nothing is."""
    if not exists(path):
        raise LoadError(f"{path} does not exist: name a file or a folder with articles.")


def exists(path: Path) -> bool:
    """Whether there is something; what may not be looked at counts as there."""
    try:
        return path.exists()
    except OSError:
        return True


def slug_of(origin: str) -> str:
    """A readable id from a file's name: `news.jsonl#12` gives `news-12`, `a.zip#inner/b.pdf` gives `a-inner-b`."""
    file = file_of(origin)
    parts = [_stem(file.name), *(_stem(part) for part in origin[len(str(file)) + 1 :].split("#") if part)]
    slugs = [re.sub(r"[^\w]+", "-", part).strip("-").lower() for part in parts]
    *before, last = [slug for slug in slugs if slug] or ["article"]
    head = "-".join(before)[: max(0, 120 - len(last))].rstrip("-")
    return f"{head}-{last[:120]}" if head else last[:120]


def _stem(name: str) -> str:
    return name[: len(name) - len(suffix_of(Path(name)))] or name
