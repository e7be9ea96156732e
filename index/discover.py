"""Which files are articles, and what an article is called after its file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from index.draft import Issue
from index.load import suffix_of
from rag.errors import LoadError

UNKNOWN_KIND = "is of a kind that is not read; known are .txt .md .html .jsonl .jsonl.gz"


def discover(paths: Sequence[Path]) -> tuple[list[Path], list[Issue]]:
    """The readable article files under `paths`, sorted, and what was left alone.  Raises LoadError."""
    files: dict[Path, None] = {}
    issues: list[Issue] = []
    for path in paths:
        if not exists(path):
            raise LoadError(f"{path} does not exist: name a file or a folder with articles.")
        root = path.resolve()
        if not root.is_dir():
            reason = _refused(root, root) or (None if suffix_of(root) else UNKNOWN_KIND)
            if reason:
                issues.append(Issue(_shown(path), reason))
            else:
                files[root] = None
            continue
        found, other = _walk(root, issues)
        files.update(dict.fromkeys(found))
        if other:
            kinds = ", ".join(sorted(other))
            issues.append(Issue(str(path), f"holds files of other kinds, left alone: {kinds}", skipped=False))
    return list(files), issues


def _walk(root: Path, issues: list[Issue]) -> tuple[list[Path], set[str]]:
    found: list[Path] = []
    other: set[str] = set()

    def unreadable(error: OSError) -> None:
        issues.append(Issue(_shown(error.filename), f"cannot be read: {error.strerror}"))

    for place, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in sorted(Path(place, name) for name in names if not name.startswith(".")):
            if not suffix_of(path):
                other.add(_shown(path.suffix.lower()) or "without ending")
            elif reason := _refused(path, root):
                issues.append(Issue(_shown(path), reason))
            else:
                found.append(path)
    return sorted(found), other


def _refused(path: Path, root: Path) -> str | None:
    """Why a file is not even opened; a pipe, for one, would be waited for."""
    try:
        if not path.resolve().is_relative_to(root):
            return "is a link that leads out of the folder; it is not followed"
        if not stat.S_ISREG(path.stat().st_mode):
            return "is not a regular file"
        str(path).encode()
    except UnicodeEncodeError:
        return "has a name that is not UTF-8; rename it"
    except (OSError, RuntimeError) as error:
        return f"cannot be read: {getattr(error, 'strerror', None) or 'it is a link that leads to itself'}"
    return None


def _shown(path: object) -> str:
    """A path as text that can be printed and stored, whatever bytes its name has."""
    return os.fsencode(str(path)).decode(errors="backslashreplace")


def file_of(origin: str) -> Path:
    """The file of an origin: `news.jsonl#12` gives `news.jsonl`, while `c#.txt` is a file itself."""
    path, _, line = origin.rpartition("#")
    return Path(path if line.isdigit() and suffix_of(Path(path)) in (".jsonl", ".jsonl.gz") else origin)


def exists(path: Path) -> bool:
    """Whether there is something; what may not be looked at counts as there."""
    try:
        return path.exists()
    except OSError:
        return True


def size_of(file: Path) -> int:
    """Bytes of a file, 0 for one that has gone since it was found; reading it will say so."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def slug_of(origin: str) -> str:
    """A readable id from a file's name: `news.jsonl#12` gives `news-12`."""
    name = file_of(origin).name
    line = origin[len(str(file_of(origin))) + 1 :]
    stem = name[: len(name) - len(suffix_of(Path(name)))] or name
    slug = re.sub(r"[^\w]+", "-", stem).strip("-").lower()[:120] or "article"
    return f"{slug}-{line}" if line else slug
