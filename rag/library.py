"""A library of articles on disk, open for questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from rag.answer import compose
from rag.encoder import Encoder, check_same, load_matching
from rag.errors import ArticleNotFound, QuestionError
from rag.read import ExtractiveReader, Reader
from rag.retrieve import content_terms, merged, rank, single
from rag.snapshot import Snapshot, open_snapshot
from rag.types import MAX_QUESTION_CHARS, Answer, Article, Filters, Passage, Provenance, SearchResult, Settings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """What a library is; `version` is the article-rag that runs, not the one that wrote it."""

    path: str
    library: str
    generation: int
    articles: int
    chunks: int
    encoder_name: str
    encoder: str
    dimension: int
    version: str


class Library:
    """One generation of a library.  Thread-safe.  It goes on with what it has when a writer publishes; see `reload`.

    Close it (or use `with`) so that the writer may clear old generations away.
    """

    def __init__(self, path: Path, *, encoder: Encoder | None = None, reader: Reader | None = None) -> None:
        self.path = path
        self._snapshot = open_snapshot(path)
        self._encoder = encoder
        self._reader = reader or ExtractiveReader()
        self._lock = threading.RLock()
        self._idle = threading.Condition()
        self._using = 0
        if encoder is not None:
            check_same(self._snapshot.manifest.encoder, encoder.spec)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the library's files once running questions have ended."""
        with self._idle:
            self._idle.wait_for(lambda: self._using == 0)
            self._snapshot.close()

    def reload(self) -> bool:
        """Go over to the newest published generation; whether there was a newer one.  Questions wait for it."""
        newest = open_snapshot(self.path)
        with self._idle:
            if newest.manifest.generation == self._snapshot.manifest.generation:
                newest.close()
                return False
            if self._encoder is not None and newest.manifest.encoder != self._snapshot.manifest.encoder:
                self._encoder = None
            self._idle.wait_for(lambda: self._using == 0)
            self._snapshot.close()
            self._snapshot = newest
            return True

    def _with(self, work: Callable[[Snapshot], Result]) -> Result:
        with self._idle:
            self._using += 1
            snapshot = self._snapshot
        try:
            return work(snapshot)
        finally:
            with self._idle:
                self._using -= 1
                self._idle.notify_all()

    @property
    def encoder(self) -> Encoder:
        """The encoder that the library was built with, loaded when first needed."""
        with self._lock:
            if self._encoder is None:
                self._encoder = load_matching(self._snapshot.manifest.encoder)
            return self._encoder

    @property
    def info(self) -> LibraryInfo:
        manifest = self._snapshot.manifest
        return LibraryInfo(
            str(self.path), manifest.library, manifest.generation, manifest.articles, manifest.chunks,
            manifest.encoder.name, manifest.encoder.fingerprint, manifest.encoder.dimension, version("article-rag"),
        )  # fmt: skip

    def articles(self) -> Iterator[Article]:
        """All articles by id, newest first, undated last; texts are read one by one.  Raises LibraryCorrupt."""
        columns = self._snapshot.columns
        order = sorted(
            range(len(columns.article_row)), key=lambda i: (-int(columns.published[i]), str(columns.article_id[i]))
        )
        for index in order:
            yield self._with(lambda snapshot, row=int(columns.article_row[index]): snapshot.store.article(row))  # type: ignore[misc]

    def article(self, article_id: str) -> Article:
        """One article by id.  Raises ArticleNotFound."""
        return self._with(lambda snapshot: _article(snapshot, article_id))

    def ask(self, question: str, *, filters: Filters | None = None, settings: Settings | None = None) -> Answer:
        """Answer a question with verified verbatim quotes, or refuse with the closest passages.

        Raises QuestionError for a question that is empty, too long or of stop words only, CitationError if a quote
        does not match the store, and the LibraryError family.
        """
        filters, settings = filters or Filters(), settings or Settings()
        return self._with(lambda snapshot: self._ask(snapshot, check_question(question), filters, settings))

    def search(
        self, query: str, *, k: int = 10, filters: Filters | None = None, settings: Settings | None = None
    ) -> SearchResult:
        """The k best passages for a query, neighbouring chunks merged.  Raises as `ask` does."""
        filters, settings = filters or Filters(), settings or Settings()

        def work(snapshot: Snapshot) -> SearchResult:
            started = time.perf_counter()
            ranking = self._rank(snapshot, check_question(query), filters, settings)
            passages = merged(snapshot, ranking, k)
            timings = replace(ranking.timings, total=(time.perf_counter() - started) * 1e3)
            return SearchResult(query, passages, timings, self._provenance(snapshot, filters, settings))

        return self._with(work)

    def hits(
        self, query: str, *, k: int = 100, filters: Filters | None = None, settings: Settings | None = None
    ) -> tuple[Passage, ...]:
        """The k best single chunks, not merged: what retrieval metrics look at."""
        filters, settings = filters or Filters(), settings or Settings()
        return self._with(
            lambda snapshot: single(snapshot, self._rank(snapshot, check_question(query), filters, settings), k)
        )

    def _rank(self, snapshot: Snapshot, question: str, filters: Filters, settings: Settings):  # type: ignore[no-untyped-def]
        if not content_terms(snapshot, question):
            raise QuestionError(
                f"The question {question!r} holds only common words; add the names or things it is about."
            )
        return rank(snapshot, self.encoder, question, settings, filters)

    def _ask(self, snapshot: Snapshot, question: str, filters: Filters, settings: Settings) -> Answer:
        started = time.perf_counter()
        ranking = self._rank(snapshot, question, filters, settings)
        provenance = self._provenance(snapshot, filters, settings)
        return compose(snapshot, self.encoder, self._reader, question, ranking, provenance, started)

    def _provenance(self, snapshot: Snapshot, filters: Filters, settings: Settings) -> Provenance:
        manifest = snapshot.manifest
        return Provenance(
            manifest.library, manifest.generation, manifest.encoder.fingerprint, version("article-rag"), settings, filters
        )


def _article(snapshot: Snapshot, article_id: str) -> Article:
    found = (snapshot.columns.article_id == article_id).nonzero()[0]
    if not len(found):
        raise ArticleNotFound(
            f"No article {article_id!r} in {snapshot.folder}.  See the ids: rag list --library {snapshot.folder}"
        )
    return snapshot.store.article(int(snapshot.columns.article_row[found[0]]))


def check_question(question: str) -> str:
    """The question without surrounding white space.  Raises QuestionError if it is empty or too long."""
    plain = " ".join(question.split())
    if not plain:
        raise QuestionError("The question is empty; type what you want to know.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} can be asked at once."
        )
    return plain
