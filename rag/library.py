"""A library of articles on disk, open for questions."""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from rag import stage
from rag.answer import Ability, Composed, compose
from rag.calibration import Calibration
from rag.copies import Copies, copies
from rag.encoder import Encoder, check_same
from rag.errors import ArticleNotFound, QuestionError
from rag.examination import Examination
from rag.held import Held, Reading, settings_of
from rag.manifest import read_manifest
from rag.retrieve import merged, rank, ranked, single
from rag.scoring import Scorer
from rag.shelf import Query, Shelf, shelf
from rag.snapshot import Snapshot, open_snapshot
from rag.types import (
    MAX_QUESTION_CHARS,
    Answer,
    Article,
    Chunk,
    Filters,
    Passage,
    Provenance,
    SearchResult,
    Settings,
)


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
    chunker: str
    reader: str
    calibration: str
    version: str


class Library:
    """One generation of a library.  Thread-safe.  It goes on with what it has when a writer publishes; see `reload`.

    Close it (or use `with`) so that the writer may clear old generations away.  `reader` and `reranker` name other
    models than the reader in the box; see `rag.scoring.load_scorer`.
    """

    def __init__(
        self,
        path: Path,
        *,
        encoder: Encoder | None = None,
        scorer: Scorer | None = None,
        reader: str | None = None,
        reranker: str | None = None,
    ) -> None:
        self.path = path
        self._reader = Reading(scorer, reader, reranker)
        self._lock = threading.Lock()
        snapshot = open_snapshot(path)
        try:
            if encoder is not None:
                check_same(snapshot.manifest.encoder, encoder.spec)
            self._held = Held(snapshot, encoder, self._reader)
        except BaseException:
            snapshot.close()
            raise

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the library's files as soon as running questions have ended."""
        with self._lock:
            self._held.retire()

    def reload(self) -> bool:
        """Go over to the newest published generation and calibration; whether there was a newer generation.

        Questions that are running end on the generation that they began with.  A closed library stays closed.
        """
        held = self._held
        if held.closed:
            return False
        if read_manifest(self.path).generation == held.snapshot.manifest.generation:
            held.calibrate()
            return False
        newest = open_snapshot(self.path)  # checksums take a moment; questions go on meanwhile
        with self._lock:
            held = self._held
            if held.closed or newest.manifest.generation <= held.snapshot.manifest.generation:
                newest.close()
                return False
            same = newest.manifest.encoder == held.snapshot.manifest.encoder
            try:
                self._held = Held(newest, held.known_encoder if same else None, self._reader)
            except BaseException:
                newest.close()
                raise
        held.retire()
        return True

    @contextmanager
    def _using(self) -> Iterator[Held]:
        """The snapshot and encoder of now, which stay open while in the block whatever else happens."""
        with self._lock:
            held = self._held
            held.take()
        try:
            yield held
        finally:
            held.release()

    @property
    def snapshot(self) -> Snapshot:
        """The open generation, for those who measure it; it is closed with the library."""
        return self._held.snapshot

    @property
    def encoder(self) -> Encoder:
        """The encoder that the library was built with, loaded when first needed."""
        return self._held.encoder

    @property
    def calibration(self) -> Calibration:
        """What turns evidence into confidence here."""
        return self._held.calibration

    @property
    def settings(self) -> Settings:
        """How questions are answered where nothing else is asked for."""
        return self._held.settings

    @property
    def info(self) -> LibraryInfo:
        manifest = self.snapshot.manifest
        return LibraryInfo(
            str(self.path), manifest.library, manifest.generation, manifest.articles, manifest.chunks,
            manifest.encoder.name, manifest.encoder.fingerprint, manifest.chunker.label, self._reader.name,
            f"{self.calibration.fitted_on} ({self.calibration.digest})", version("article-rag"),
        )  # fmt: skip

    def articles(self) -> Iterator[Article]:
        """All articles, newest first, undated last; texts are read one by one.  Raises LibraryCorrupt."""
        with self._using() as held:
            columns = held.snapshot.columns
            order = sorted(
                range(len(columns.article_row)),
                key=lambda i: (-int(columns.published[i]), str(columns.article_id[i])),
            )
            for index in order:
                yield held.snapshot.store.article(int(columns.article_row[index]))

    def sources(self) -> tuple[tuple[str, int], ...]:
        """Where the articles come from and how many from each, most first; those of unknown source are left out."""
        with self._using() as held:
            names, counts = np.unique(held.snapshot.columns.source, return_counts=True)
            found = [(str(name), int(count)) for name, count in zip(names, counts, strict=True) if name]
        return tuple(sorted(found, key=lambda one: (-one[1], one[0])))

    def shelf(self, query: Query) -> Shelf:
        """One page of the articles that match, without their texts.  Raises LibraryCorrupt."""
        with self._using() as held:
            return shelf(held.snapshot, query)

    def article(self, article_id: str) -> Article:
        """One article by id.  Raises ArticleNotFound."""
        with self._using() as held:
            return _article(held.snapshot, article_id)

    def ask(
        self,
        question: str,
        *,
        as_of: date | None = None,
        filters: Filters | None = None,
        settings: Settings | None = None,
    ) -> Answer:
        """Answer a question with verified verbatim quotes, or refuse with the closest passages.

        `as_of` answers as on that day: nothing published later is seen, and what was recent then is preferred.

        Raises QuestionError for a question that is empty, too long or of stop words only, CitationError if a
        quote does not match the store, and the LibraryError family.
        """
        with self._using() as held:
            return self._answer(held, question, _on(filters, as_of), settings).answer

    def examine(
        self,
        question: str,
        *,
        k: int = 100,
        as_of: date | None = None,
        filters: Filters | None = None,
        settings: Settings | None = None,
    ) -> Examination:
        """What `ask` answers, the k best single chunks and the quotes that a refusal withheld.  Raises as `ask`."""
        with self._using() as held:
            composed = self._answer(held, question, _on(filters, as_of), settings, withheld=True)
            ranking = ranked(held.snapshot, composed.ranking, k)
            return Examination(composed.answer, ranking, composed.quotes, composed.short)

    def again(self, question: str, made: Provenance) -> Answer:
        """Ask as was asked before: with those settings and filters, and as on that day.  Raises as `ask` does."""
        with self._using() as held:
            return self._answer(held, question, made.filters, made.settings, day=made.as_of).answer

    def _answer(
        self,
        held: Held,
        question: str,
        filters: Filters,
        settings: Settings | None,
        *,
        withheld: bool = False,
        day: date | None = None,
    ) -> Composed:
        started = time.perf_counter()
        calibration = held.calibration  # once: a reload may bring another one meanwhile
        settings = settings or settings_of(calibration)
        plain = check_question(question)
        stage.begin("load")
        encoder, scorer = held.encoder, held.reader.scorer
        stage.begin("search")
        ranking = rank(held.snapshot, encoder, plain, settings, filters)
        provenance = _provenance(held, filters, settings, calibration)
        provenance = replace(provenance, as_of=day) if day else provenance
        ability = Ability(encoder, scorer, calibration)
        composed = compose(held.snapshot, ability, plain, ranking, provenance, withheld=withheld)
        total = (time.perf_counter() - started) * 1e3
        answer = replace(composed.answer, timings=replace(composed.answer.timings, total=total))
        return replace(composed, answer=answer)

    def search(
        self, query: str, *, k: int = 10, filters: Filters | None = None, settings: Settings | None = None
    ) -> SearchResult:
        """The k best passages for a query, neighbouring chunks merged.  Raises as `ask` does."""
        started = time.perf_counter()
        filters = filters or Filters()
        with self._using() as held:
            settings = settings or held.settings
            plain = check_question(query)
            ranking = rank(held.snapshot, held.encoder, plain, settings, filters)
            passages = tuple(found.passage for found in merged(held.snapshot, ranking, k, filters))
            timings = replace(ranking.timings, total=(time.perf_counter() - started) * 1e3)
            return SearchResult(plain, passages, timings, _provenance(held, filters, settings, held.calibration))

    def hits(
        self, query: str, *, k: int = 100, filters: Filters | None = None, settings: Settings | None = None
    ) -> tuple[Passage, ...]:
        """The k best single chunks, not merged: what retrieval metrics look at."""
        with self._using() as held:
            ranking = rank(
                held.snapshot, held.encoder, check_question(query), settings or held.settings, filters or Filters()
            )
            return tuple(found.passage for found in single(held.snapshot, ranking, k))

    def copies(self, article_id: str) -> Copies:
        """The other copies and versions of an article, and whether it is the original.  Raises ArticleNotFound."""
        with self._using() as held:
            columns = held.snapshot.columns
            return copies(held.snapshot, int(columns.article_row[_place(held.snapshot, article_id)]))

    def chunks(self, article_id: str) -> tuple[Chunk, ...]:
        """Where an article was cut, in its order.  Raises ArticleNotFound."""
        with self._using() as held:
            columns = held.snapshot.columns
            own = np.flatnonzero(columns.chunk_article == _place(held.snapshot, article_id))
            own = own[np.argsort(columns.start[own], kind="stable")]
            return tuple(
                Chunk(article_id, ordinal, int(columns.start[position]), int(columns.end[position]))
                for ordinal, position in enumerate(own)
            )


def _on(filters: Filters | None, as_of: date | None) -> Filters:
    return replace(filters or Filters(), as_of=as_of) if as_of else filters or Filters()


def _provenance(held: Held, filters: Filters, settings: Settings, calibration: Calibration) -> Provenance:
    manifest = held.snapshot.manifest
    return Provenance(
        manifest.library, manifest.generation, manifest.encoder.fingerprint, version("article-rag"),
        settings, filters, calibration.digest, held.reader.name, filters.as_of or date.today(),
    )  # fmt: skip


def _article(snapshot: Snapshot, article_id: str) -> Article:
    return snapshot.store.article(int(snapshot.columns.article_row[_place(snapshot, article_id)]))


def _place(snapshot: Snapshot, article_id: str) -> int:
    found = (snapshot.columns.article_id == article_id).nonzero()[0]
    if not len(found):
        raise ArticleNotFound(
            f"No article {article_id!r} in {snapshot.folder}.  See the ids: rag list --library {snapshot.folder}"
        )
    return int(found[0])


def check_question(question: str) -> str:
    """The question in NFC, as articles are, with single blanks.  Raises QuestionError if it is empty or too long."""
    # A shell passes bytes that are not UTF-8 as lone surrogates, which no index can take.
    plain = question.encode("utf-8", "replace").decode("utf-8")
    plain = " ".join(unicodedata.normalize("NFC", plain).split())
    if not plain:
        raise QuestionError("The question is empty; type what you want to know.")
    if len(question) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(question):,} characters; at most {MAX_QUESTION_CHARS:,} can be asked at once."
        )
    return plain
