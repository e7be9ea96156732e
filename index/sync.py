"""Bring a library up to date with files: read, compare, cut, embed, stage, and publish once at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from index.chunk import Chunker
from index.clean import find_noise
from index.commit import Change, commit
from index.discover import discover, exists, file_of, size_of, slug_of
from index.draft import Draft, Issue
from index.history import Counts, LastSync, Notes, now, write_last_sync
from index.worker import Reader
from index.writer import Writer, check_recipe, open_writer, recipe
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import ArticleNotFound, Interrupted, LibraryCorrupt
from rag.manifest import NAME, ChunkerSpec, read_manifest
from rag.store import ArticleRow, Vector, article_digest, content_digest
from rag.types import Article, Chunk

BATCH_CHUNKS = 256
"""Chunks embedded and staged together: what an interrupt can cost."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is.  `done` and `total` are bytes of input; `chunks` were embedded in `seconds`."""

    done: int
    total: int
    articles: int
    chunks: int
    skipped: int
    seconds: float
    current: str
    stage: str = "reading and embedding"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.  `reused` articles needed no embedding; `issues` name every file that was not taken."""

    generation: int
    added: int
    changed: int
    unchanged: int
    removed: int
    reused: int
    embedded: int
    seconds: float
    issues: tuple[Issue, ...]

    @property
    def skipped(self) -> int:
        """Files and lines from which nothing was taken."""
        return sum(issue.skipped for issue in self.issues)


OnProgress = Callable[[Progress], None]


def sync(
    paths: Sequence[Path],
    library: Path,
    *,
    encoder: Encoder | None = None,
    chunker: ChunkerSpec | None = None,
    prune: bool = False,
    on_progress: OnProgress | None = None,
) -> SyncReport:
    """Index the articles under `paths` into the library at `library`, made if absent.

    Only new and changed articles are embedded.  With `prune`, articles whose files under `paths` are gone are
    removed; a file that cannot be read this time keeps what it gave before.  Readers see all of it or nothing.
    Raises LoadError for a path that does not exist, Interrupted on Ctrl-C, and the LibraryError family.
    """
    files, issues = discover(paths)
    known = read_manifest(library) if (library / NAME).exists() else None
    encoder = encoder or (load_matching(known.encoder) if known else load_encoder())
    chunker = chunker or (known.chunker.current() if known else ChunkerSpec())
    cutter = Chunker(chunker, encoder.count_tokens, encoder.passage_budget)
    with open_writer(library, encoder.spec, chunker) as writer:
        check_recipe(writer.manifest, encoder.spec, chunker)
        run = _Run(writer, encoder, cutter, on_progress or (lambda progress: None))
        run.issues.extend(issues)
        run.kept_files.update(issue.origin for issue in issues if issue.skipped)
        try:
            run.read(files)
            if prune:
                run.prune(paths)
            report = run.publish()
        except KeyboardInterrupt:
            raise Interrupted(
                f"Stopped.  {run.embedded:,} newly embedded chunks are kept; run the same command to go on."
            ) from None
        if report.added or report.changed or report.removed or report.issues:
            _keep(library, report, run.notes)
        return report


def remove(ids: Sequence[str], library: Path) -> SyncReport:
    """Remove articles by id, all or none.  Raises ArticleNotFound and the LibraryError family."""
    manifest = read_manifest(library)
    with open_writer(library, manifest.encoder, manifest.chunker) as writer:
        rows = {row.id: row for row in writer.live}
        missing = [id_ for id_ in ids if id_ not in rows]
        if missing:
            raise ArticleNotFound(f"No article {missing[0]!r} in {library}.  See the ids: rag list --library {library}")
        start = time.monotonic()
        dead = [rows[id_] for id_ in dict.fromkeys(ids)]
        change = Change(dead=tuple(row.row for row in dead))
        done = commit(library, writer.store, writer.manifest, change, time.time())
        report = SyncReport(done.generation, 0, 0, done.articles, len(dead), 0, 0, time.monotonic() - start, ())
        notes = Notes()
        for row in dead:
            notes.add("removed", row.id, row.title)
        _keep(library, report, notes)
        return report


def rebuild(library: Path, encoder: Encoder, chunker: ChunkerSpec, on_progress: OnProgress | None = None) -> SyncReport:
    """Cut and embed every stored article anew with this encoder and chunker, as one new generation."""
    manifest = read_manifest(library)
    cutter = Chunker(chunker, encoder.count_tokens, encoder.passage_budget)
    with open_writer(library, manifest.encoder, manifest.chunker) as writer:
        run = _Run(writer, encoder, cutter, on_progress or (lambda progress: None))
        try:
            run.recut()
            return run.publish()
        except KeyboardInterrupt:
            raise Interrupted("Stopped.  What was embedded is kept; run the same command to go on.") from None


def _keep(library: Path, report: SyncReport, notes: Notes) -> None:
    """Note beside the library what was done, for those who ask later."""
    counts = Counts(
        report.added, report.changed, report.unchanged, report.removed, report.skipped, len(report.issues)
    )  # fmt: skip
    named = notes.of("added"), notes.of("changed"), notes.of("removed")
    write_last_sync(library, LastSync(now(), report.generation, counts, *named, report.issues))


@dataclass
class _Run:
    """The state of one sync: what is live, what was seen, what waits to be embedded."""

    writer: Writer
    encoder: Encoder
    chunker: Chunker
    on_progress: OnProgress
    issues: list[Issue] = field(default_factory=list)
    embedded: int = 0

    def __post_init__(self) -> None:
        self.started = time.monotonic()
        self.recipe = recipe(self.encoder.spec, self.chunker.spec)
        self.by_id: dict[str, ArticleRow] = {row.id: row for row in self.writer.live}
        self.by_origin: dict[str, ArticleRow] = {row.origin: row for row in self.writer.live}
        self.seen: dict[str, str] = {}
        self.kept_files: set[str] = set()
        self.born: dict[int, None] = {}
        self.dead: list[int] = []
        self.added = self.changed = self.unchanged = self.reused = self.removed = 0
        self.waiting: list[tuple[Article, list[Chunk]]] = []
        self.done = self.total = 0
        self.notes = Notes()

    # -- reading ------------------------------------------------------------------------------------------------

    def read(self, files: Sequence[Path]) -> None:
        sizes = [size_of(file) for file in files]
        self.total = sum(sizes)
        before = 0
        reader = Reader()
        try:
            for file, size in zip(files, sizes, strict=True):
                for item in reader.read(file):
                    if isinstance(item, Issue):
                        self.issues.append(item)
                        self.kept_files.add(str(file))
                        continue
                    self.done = before + min(item.position, size)
                    self._take(item)
                before += size
                self.done = before
                self._report(file.name)
        finally:
            reader.close()
        self._flush()

    def _take(self, draft: Draft) -> None:
        id_ = self._identify(draft)
        if id_ in self.seen:
            message = f"has the id {id_!r}, which {self.seen[id_]} already has; an id names one article"
            self.issues.append(Issue(draft.origin, message))
            return
        self.seen[id_] = draft.origin
        article = Article(
            id_, draft.title, draft.text, draft.source, draft.url, draft.published, draft.origin,
            find_noise(draft.text, draft.title),
        )  # fmt: skip
        self._compare(article)

    def _identify(self, draft: Draft) -> str:
        """Its own id; else the id its file has had; else a name made from the file's, never one that is taken."""
        if draft.key:
            return draft.key[:200]
        if draft.origin in self.by_origin:
            return self.by_origin[draft.origin].id
        slug = slug_of(draft.origin)
        holder = self.by_id.get(slug)
        moved = holder is not None and not exists(file_of(holder.origin))
        if (holder is None or moved) and slug not in self.seen:
            return slug
        return f"{slug}-{hashlib.sha256(draft.origin.encode()).hexdigest()[:6]}"

    def _compare(self, article: Article) -> None:
        old = self.by_id.get(article.id)
        content = content_digest(article.title, article.text)
        if old and old.recipe == self.recipe and old.digest == article_digest(article, self.recipe, old.chunks):
            self.unchanged += 1
            return
        if old:
            self.changed += 1
            self.dead.append(old.row)
        else:
            self.added += 1
        self.notes.add("changed" if old else "added", article.id, article.title)
        self._bring(article, content)

    def _bring(self, article: Article, content: bytes) -> None:
        """Stage an article, from what an interrupted run staged or an equal text gave, else by embedding it."""
        store = self.writer.store
        source = store.with_content(content, self.recipe)
        row = store.article_rows([source])[0] if source is not None else None
        if row is not None and (row.content, row.recipe) != (content, self.recipe):
            raise LibraryCorrupt(f"{store.path}: its index is damaged: run rag repair --library {self.writer.folder}")
        if row is None or row.noise != article.noise:
            self._embed(article)
            return
        staged = store.staged(content, article_digest(article, self.recipe, row.chunks))
        if staged is not None and staged not in self.born:
            self.born[staged] = None
        else:
            found = store.chunks(row, self.encoder.spec.dimension)
            chunks = [Chunk(article.id, chunk.ordinal, chunk.start, chunk.end) for chunk in found]
            self._stage([(article, chunks)], [np.stack([c.vector for c in found])] if found else [self._no_vectors()])
        self.reused += 1

    def _no_vectors(self) -> Vector:
        return np.empty((0, self.encoder.spec.dimension), np.float16)

    # -- embedding ----------------------------------------------------------------------------------------------

    def _embed(self, article: Article) -> None:
        self._wait(article, self.chunker.chunks(article))

    def _wait(self, article: Article, chunks: list[Chunk]) -> None:
        self.waiting.append((article, chunks))
        if sum(len(own) for _, own in self.waiting) >= BATCH_CHUNKS:
            self._flush()
            self._report(Path(article.origin).name)

    def _flush(self) -> None:
        if not self.waiting:
            return
        texts = [
            self.chunker.passage(article.title, article.text[chunk.start : chunk.end])
            for article, chunks in self.waiting
            for chunk in chunks
        ]
        vectors = self.encoder.encode_passages(texts).astype(np.float16) if texts else self._no_vectors()
        counts = np.cumsum([len(chunks) for _, chunks in self.waiting])[:-1]
        self._stage(self.waiting, np.split(vectors, counts))
        self.embedded += len(texts)
        self.waiting = []

    def _stage(self, pairs: Sequence[tuple[Article, list[Chunk]]], vectors: Sequence[Vector]) -> None:
        store = self.writer.store
        now = time.time()
        with store.transaction():
            rows = [
                store.stage(article, self.recipe, chunks, own, now)
                for (article, chunks), own in zip(pairs, vectors, strict=True)
            ]
        self.born.update(dict.fromkeys(rows))

    def _report(self, current: str) -> None:
        articles = self.added + self.changed + self.unchanged
        skipped = sum(issue.skipped for issue in self.issues)
        seconds = time.monotonic() - self.started
        self.on_progress(Progress(self.done, self.total, articles, self.embedded, skipped, seconds, current))

    # -- the end ------------------------------------------------------------------------------------------------

    def prune(self, paths: Iterable[Path]) -> None:
        """Retire articles under `paths` that no file gave this time; files with issues keep what they gave before."""
        roots = [path.resolve() for path in paths]
        for row in self.by_id.values():
            file = file_of(row.origin)
            under = any(file == root or file.is_relative_to(root) for root in roots)
            kept = any(str(place) in self.kept_files for place in (file, *file.parents))
            if under and row.id not in self.seen and not kept:
                self.dead.append(row.row)
                self.removed += 1
                self.notes.add("removed", row.id, row.title)

    def recut(self) -> None:
        """Bring every live article again with this run's encoder and chunker."""
        self.total = len(self.by_id)
        for row in self.by_id.values():
            stored = self.writer.store.article(row.row)
            article = replace(stored, noise=find_noise(stored.text, stored.title))
            chunks = self.chunker.chunks(article)
            seal = article_digest(article, self.recipe, len(chunks))
            staged = self.writer.store.staged(row.content, seal)
            if staged is not None and staged not in self.born:
                self.born[staged] = None
            else:
                self._wait(article, chunks)
            self.changed += 1
            self.dead.append(row.row)
            self.done += 1
        self._flush()

    def publish(self) -> SyncReport:
        change = Change(tuple(self.born), tuple(self.dead))
        manifest = self.writer.manifest
        if change:
            articles = self.added + self.changed + self.unchanged
            seconds = time.monotonic() - self.started
            self.on_progress(
                Progress(self.total, self.total, articles, self.embedded, 0, seconds, "", "writing the indexes")
            )
            base = replace(
                manifest, encoder=self.encoder.spec, chunker=self.chunker.spec, product=version("article-rag")
            )
            manifest = commit(self.writer.folder, self.writer.store, base, change, time.time())
        return SyncReport(
            manifest.generation, self.added, self.changed, self.unchanged, self.removed, self.reused, self.embedded,
            time.monotonic() - self.started, tuple(self.issues),
        )  # fmt: skip
