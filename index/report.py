"""What a sync says while it works, and at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.draft import Issue


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is.

    `done` and `total` are bytes of input; `files` of `all_files` are through; `chunks` were embedded in `seconds`.
    """

    done: int
    total: int
    articles: int
    chunks: int
    skipped: int
    seconds: float
    current: str
    stage: str = "reading and embedding"
    files: int = 0
    all_files: int = 0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.  `reused` articles needed no embedding; `issues` name every file that was not taken.

    `moved` articles are of files that were only renamed; `quarantined` files gave nothing before and were not tried
    again.  `busy` are the seconds of `seconds` in which the encoder worked.
    """

    generation: int
    added: int
    changed: int
    unchanged: int
    removed: int
    reused: int
    embedded: int
    seconds: float
    issues: tuple[Issue, ...]
    moved: int = 0
    quarantined: int = 0
    busy: float = 0.0

    @property
    def skipped(self) -> int:
        """Files and lines from which nothing was taken."""
        return sum(issue.skipped for issue in self.issues)


OnProgress = Callable[[Progress], None]
