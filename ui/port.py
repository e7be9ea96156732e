"""What the page needs of a library; `rag.library.Library` has it, and so does the fake of the tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from rag.copies import Copies
from rag.encoder import Encoder
from rag.shelf import Query, Shelf
from rag.types import Answer, Article, Chunk, Filters


class InfoPort(Protocol):
    """The facts about a library that the page shows."""

    @property
    def path(self) -> Path | str: ...
    @property
    def generation(self) -> int: ...
    @property
    def articles(self) -> int: ...
    @property
    def chunks(self) -> int: ...


class LibraryPort(Protocol):
    """An open library; every method may be called from several threads at once."""

    @property
    def info(self) -> InfoPort: ...

    @property
    def encoder(self) -> Encoder: ...

    def ask(self, question: str, /, *, filters: Filters) -> Answer: ...

    def articles(self) -> Iterable[Article]: ...

    def article(self, article_id: str, /) -> Article: ...

    def chunks(self, article_id: str, /) -> Sequence[Chunk]: ...

    def copies(self, article_id: str, /) -> Copies: ...

    def shelf(self, query: Query, /) -> Shelf: ...

    def sources(self) -> Sequence[tuple[str, int]]: ...

    def reload(self) -> bool: ...

    def close(self) -> None: ...
