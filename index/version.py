"""The earlier texts of edited articles: kept for a while, never retrieved, so that a saved answer can be checked."""

from __future__ import annotations

from rag.errors import LoadError
from rag.store import Store

KEPT_DAYS = 90
"""For how many days the text that an edit replaced is kept, unless the library says otherwise."""
MOST_DAYS = 36_500
MOST_KEPT = 50
"""Texts of one article that are kept: a note that is saved every minute must not fill the disk."""
_SETTING = "keep_versions_days"


def kept_days(store: Store) -> int:
    """For how many days this library keeps replaced texts."""
    found = store.meta(_SETTING) or ""
    return min(int(found), MOST_DAYS) if found.isdecimal() else KEPT_DAYS


def check_kept_days(days: int | None) -> None:
    """Raise LoadError for a number of days that no library keeps texts for."""
    if days is not None and not 0 <= days <= MOST_DAYS:
        raise LoadError(f"Texts can be kept for 0 to {MOST_DAYS:,} days, not {days:,}.")


def set_kept_days(store: Store, days: int) -> None:
    """Keep replaced texts for so many days from now on, 0 for not at all; inside a transaction."""
    if days != kept_days(store):
        store.set_meta(_SETTING, str(days))


def keep_replaced(store: Store, generation: int, oldest: int, now: float) -> None:
    """Keep the texts of articles that die with generations up to `oldest` and live on edited; inside a transaction.

    What was removed leaves nothing behind, nor does what is older than the library keeps texts.
    """
    store.execute(
        "INSERT INTO versions (id, title, published, text, content, replaced) "
        "SELECT id, title, published, text, content, :now FROM articles AS old "
        "WHERE dead IS NOT NULL AND dead <= :oldest AND born IS NOT NULL AND EXISTS ("
        "SELECT 1 FROM articles AS own WHERE own.id = old.id AND own.born IS NOT NULL AND own.born <= :g "
        "AND (own.dead IS NULL OR own.dead > :g) AND own.content != old.content) "
        "ORDER BY row",
        {"now": now, "oldest": oldest, "g": generation},
    )
    store.execute(
        "DELETE FROM versions WHERE row IN (SELECT row FROM ("
        "SELECT row, row_number() OVER (PARTITION BY id ORDER BY row DESC) AS age FROM versions) WHERE age > ?)",
        (MOST_KEPT,),
    )
    store.execute(
        "DELETE FROM versions WHERE replaced <= :limit OR id NOT IN ("
        "SELECT id FROM articles WHERE born IS NOT NULL AND born <= :g AND (dead IS NULL OR dead > :g))",
        {"limit": now - kept_days(store) * 86_400, "g": generation},
    )
