"""Ask questions of your own articles: verbatim quotes with their source, or an honest refusal.

>>> import rag
>>> answer = rag.ask("Who mediated the swap?", library="library")
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.types import Answer, Article, Citation, Filters, Passage, SearchResult, Settings

if TYPE_CHECKING:
    from rag.library import Library

__all__ = [
    "Answer",
    "Article",
    "Citation",
    "Filters",
    "Passage",
    "RagError",
    "SearchResult",
    "Settings",
    "ask",
    "open",
]


def open(library: str | PathLike[str]) -> Library:
    """Open the library in a folder for many questions.  Raises LibraryNotFound, LibraryCorrupt, FormatTooNew."""
    from rag.library import Library

    return Library(Path(library))


def ask(
    question: str,
    *,
    library: str | PathLike[str],
    filters: Filters | None = None,
    settings: Settings | None = None,
) -> Answer:
    """Answer one question from the library in a folder; see `Library.ask`."""
    with open(library) as opened:
        return opened.ask(question, filters=filters, settings=settings)
