"""What the last sync did, for the Articles tab."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ui.markup import esc
from ui.port import LibraryPort
from ui.upload import MOST_ISSUES

if TYPE_CHECKING:
    from index.history import LastSync, Named


def changes(library: LibraryPort) -> str:
    """What the last sync did."""
    from index.history import read_last_sync

    last = read_last_sync(Path(str(library.info.path)))
    if last is None:
        return '<p class="rag-none">No sync of this library has been noted yet.</p>'
    counts = last.counts
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed"),
            (counts.moved, "moved"),
            (counts.unchanged, "unchanged"), (counts.skipped, "skipped"),
        )
        if count
    ]  # fmt: skip
    return (
        f"<p>{_moment(last.when)}, generation {last.generation:,}: {', '.join(parts) or 'nothing changed'}.</p>"
        f"{_named('Added', last.added, counts.added)}{_named('Changed', last.changed, counts.changed)}"
        f"{_named('Removed', last.removed, counts.removed, opens=False)}{_noted(last)}"
    )


def _moment(when: datetime) -> str:
    return (
        f'<time datetime="{when.isoformat()}">{when.day} {when:%B} {when.year}, {when:%H:%M} UTC</time>'
    )  # fmt: skip


def _named(label: str, articles: Sequence[Named], count: int, *, opens: bool = True) -> str:
    if not count:
        return ""
    rows = "".join(
        f'<li dir="auto">{_opening(one) if opens else esc(one.title) or esc(one.id)}</li>' for one in articles
    )
    more = f"<li>and {count - len(articles):,} more</li>" if count > len(articles) else ""
    return f"<details><summary>{label} ({count:,})</summary><ul>{rows}{more}</ul></details>"


def _opening(one: Named) -> str:
    name = esc(one.title) or esc(one.id)
    return f'<button type="button" class="rag-plain rag-read" data-article="{esc(one.id)}">{name}</button>'


def _noted(last: LastSync) -> str:
    if not last.issues:
        return ""
    shown = last.issues[:MOST_ISSUES]
    rows = "".join(f"<li><bdi>{esc(issue.origin)}</bdi> {esc(issue.message)}</li>" for issue in shown)
    more = max(last.counts.issues, len(last.issues)) - len(shown)
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    label = f"Files and lines to look at ({last.counts.issues:,})"
    return f"<details><summary>{label}</summary><ul>{rows}{rest}</ul></details>"
