"""Where runs are kept when no folder is named."""

from __future__ import annotations

import os
from pathlib import Path

from eval.conditions import Conditions
from eval.run import LOCK, read_conditions, read_run
from rag.disk import writer_lock
from rag.errors import RagError


def runs_folder() -> Path:
    """$ARTICLE_RAG_RUNS, else a folder among the user's data."""
    from platformdirs import user_data_path

    chosen = os.environ.get("ARTICLE_RAG_RUNS")
    return Path(chosen) if chosen else user_data_path("article-rag") / "runs"


def run_folder(conditions: Conditions, parent: Path | None = None) -> Path:
    """The newest run under these conditions that was interrupted, else a name that is free."""
    parent = parent or runs_folder()
    started = conditions.started.replace("-", "").replace(":", "").replace("T", "-")[:15]
    stem = f"{conditions.set_name}-{started}"
    for folder in sorted(parent.glob(f"{conditions.set_name}-*"), reverse=True):
        if _goes_on(folder, conditions):
            return folder
    free = (parent / (stem if number == 1 else f"{stem}-{number}") for number in range(1, 10_000))
    return next(folder for folder in free if not folder.exists())


def _goes_on(folder: Path, conditions: Conditions) -> bool:
    try:
        # Records are many; they are read only where the conditions fit.
        if read_conditions(folder).differences(conditions) or read_run(folder).complete:
            return False
        with writer_lock(folder / LOCK):
            return True
    except RagError:
        return False
