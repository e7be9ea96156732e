"""Ask questions of your own articles: verbatim quotes with their source, or an honest refusal.

>>> import rag
>>> answer = rag.ask("Who mediated the swap?", library="library")
"""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.types import Answer, Article, Citation, Filters, Passage, SearchResult, Settings, Short, Side

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
    "Short",
    "Side",
    "ask",
    "open",
]


def open(library: str | PathLike[str], *, reader: str | None = None, reranker: str | None = None) -> Library:
    """Open the library in a folder for many questions.

    `reader` is a Hugging Face question-answering model, by name or path, to read instead of the one in the box,
    `reranker` a sentence-transformers CrossEncoder that ranks what is read.  Raises LibraryNotFound, LibraryCorrupt,
    FormatTooNew; ModelError comes with the first question.
    """
    from rag.library import Library

    return Library(Path(library), reader=reader, reranker=reranker)


def ask(
    question: str,
    *,
    library: str | PathLike[str],
    as_of: date | None = None,
    filters: Filters | None = None,
    settings: Settings | None = None,
) -> Answer:
    """Answer one question from the library in a folder; see `Library.ask`."""
    with open(library) as opened:
        return opened.ask(question, as_of=as_of, filters=filters, settings=settings)
