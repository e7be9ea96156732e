"""One sync at work: what is live, what was seen, what is born and what dies."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from index.chunk import Chunker
from index.clean import find_noise
from index.commit import Change, commit
from index.discover import exists, file_of, slug_of
from index.draft import Draft, Issue
from index.duplicate import sketch
from index.embed import Cut, Embedder
from index.history import Notes
from index.language import detect
from index.ledger import FileState
from index.plan import Looked, Plan
from index.report import OnProgress, Progress, SyncReport
from index.stream import Finished, Prepared, Stream
from index.writer import Writer, recipe
from rag.encoder import Encoder
from rag.errors import LibraryCorrupt
from rag.rows import ArticleRow, Vector, article_digest, content_digest
from rag.types import Article, Chunk

MOST_ID_CHARS = 200
MOST_REFUSED = 100
"""Articles of one file that are named because another has their id."""
MOST_REUSED = 256
"""Articles that are staged together because their vectors are there already."""


@dataclass
class Run:
    """The state of one sync: what is live, what was seen, what is born and what dies."""

    writer: Writer
    encoder: Encoder
    chunker: Chunker
    on_progress: OnProgress
    looked: Looked = field(default_factory=lambda: Looked(frozenset(), ()))
    noted: Mapping[str, FileState] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started = time.monotonic()
        self.recipe = recipe(self.encoder.spec, self.chunker.spec)
        self.by_id: dict[str, ArticleRow] = {row.id: row for row in self.writer.live}
        self.by_origin: dict[str, ArticleRow] = {row.origin: row for row in self.writer.live}
        self.by_file: dict[str, list[ArticleRow]] = {}
        for row in self.writer.live:
            self.by_file.setdefault(str(file_of(row.origin)), []).append(row)
        self.issues: list[Issue] = []
        self.skipped = 0
        self.seen: dict[str, str] = {}
        self.kept: set[str] = set()
        self.refused: Counter[str] = Counter()
        self.reused_cuts: list[tuple[Cut, Vector]] = []
        self.states: dict[str, FileState] = {}
        self.born: dict[int, None] = {}
        self.dead: list[int] = []
        self.added = self.changed = self.unchanged = self.reused = self.removed = self.moved = 0
        self.done = self.total = self.files = self.all_files = 0
        self.notes = Notes()
        self.embedder = Embedder(self.encoder, self.chunker, self._stage)

    def lacks(self, path: str, state: FileState) -> bool:
        """Whether articles that a file gave are not in the library any more: somebody removed them by their ids."""
        return len(self.by_file.get(path, ())) < state.articles

    def note(self, issue: Issue) -> None:
        """Tell of an issue with the report, and count it for the progress."""
        self.issues.append(issue)
        self.skipped += issue.skipped

    # -- files that need not be opened ----------------------------------------------------------------------------

    def move(self, plan: Plan) -> None:
        """Give the articles of moved files their new origin, and count those of files that are as they were."""
        for file in (*plan.same, *plan.held):
            for row in self.by_file.get(str(file.path), ()):
                self.seen[row.id] = row.origin
                self.unchanged += 1
        for old, new in plan.moved:
            # A sync that was killed after its commit, before its notes, has moved them already.
            for row in () if old in self.by_file else self.by_file.get(str(new.path), ()):
                self.seen[row.id] = row.origin
                self.unchanged += 1
            for row in self.by_file.get(old, ()):
                article = self.writer.store.article(row.row)
                origin = str(new.path) + row.origin[len(old) :]
                self.seen[row.id] = origin
                self.dead.append(row.row)
                self.moved += 1
                self._bring(replace(article, origin=origin), row.content)

    # -- reading ------------------------------------------------------------------------------------------------

    def read(self, plan: Plan) -> None:
        """Open what has to be read, one file after the other, and stage what is new in it."""
        files = plan.to_read
        self.total = sum(file.size for file in files)
        self.all_files = len(files)
        before = 0
        with Stream(files, self.looked) as stream:
            for event in stream:
                if isinstance(event, Issue):
                    self.note(event)
                    if event.skipped:
                        self.kept.add(event.origin)
                elif isinstance(event, Prepared):
                    self.done = max(self.done, before + event.draft.position)
                    self._take(event)
                else:
                    before += event.file.size
                    self.done = before
                    self._finish(event)
        self.embedder.finish()

    def _finish(self, event: Finished) -> None:
        self.files += 1
        path = str(event.file.path)
        refused = self.refused[path]
        if refused > MOST_REFUSED:
            more = f"has {refused - MOST_REFUSED:,} more articles with ids that others have"
            self.note(Issue(path, more))
        if event.state is not None:
            state = event.state
            if refused:
                problem = state.problem or "has articles with ids that other files have; an id names one article"
                state = replace(state, articles=state.articles - refused, problem=problem, refused=True)
            self.states[path] = state
        self._report(event.file.path.name)

    def _take(self, found: Prepared) -> None:
        draft = found.draft
        id_ = self._identify(draft)
        if id_ in self.seen:
            file = str(file_of(draft.origin))
            self.refused[file] += 1
            if self.refused[file] <= MOST_REFUSED:
                message = f"has the id {id_!r}, which {self.seen[id_]} already has; an id names one article"
                self.note(Issue(draft.origin, message))
            return
        self.seen[id_] = draft.origin
        article = Article(
            id_, draft.title, draft.text, draft.source, draft.url or self.urls.get(str(file_of(draft.origin))),
            draft.published, draft.origin, found.noise,
            draft.author, found.language, draft.marks,
        )  # fmt: skip
        self._compare(article, found.sketch)

    def _identify(self, draft: Draft) -> str:
        """Its own id; else the id its file has had; else a name made from the file's, never one that is taken."""
        if draft.key and len(draft.key) > MOST_ID_CHARS:
            return f"{draft.key[:180]}-{hashlib.sha256(draft.key.encode()).hexdigest()[:12]}"
        if draft.key:
            return draft.key
        own = self.by_origin.get(draft.origin)
        if own is not None and own.id not in self.seen:
            return own.id
        slug = slug_of(draft.origin)
        holder = self.by_id.get(slug)
        if (holder is None or self._left(str(file_of(holder.origin)))) and slug not in self.seen:
            return slug
        return f"{slug}-{hashlib.sha256(draft.origin.encode()).hexdigest()[:6]}"

    def _left(self, file: str) -> bool:
        """Whether a file of which there is no note was moved away; with a note, its content tells."""
        return file not in self.noted and self.looked.covers(file) and not exists(Path(file))

    def _compare(self, article: Article, sketched: bytes) -> None:
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
        self._bring(article, content, sketched)

    def _bring(self, article: Article, content: bytes, sketched: bytes | None = None) -> None:
        """Stage an article, from what an interrupted run staged or an equal text gave, else by embedding it."""
        store = self.writer.store
        source = store.with_content(content, self.recipe)
        row = store.article_rows([source])[0] if source is not None else None
        if row is not None and (row.content, row.recipe) != (content, self.recipe):
            raise LibraryCorrupt(f"{store.path}: its index is damaged: run rag repair --library {self.writer.folder}")
        sketched = sketched or (store.sketch(row) if row else None) or sketch(article.text, article.noise)
        if row is None or row.noise != article.noise:
            self._embed(Cut(article, self.chunker.chunks(article), sketched))
            return
        staged = store.staged(content, article_digest(article, self.recipe, row.chunks))
        if staged is not None and staged not in self.born:
            self.born[staged] = None
        else:
            found = store.chunks(row, self.encoder.spec.dimension)
            chunks = [Chunk(article.id, chunk.ordinal, chunk.start, chunk.end) for chunk in found]
            vectors = np.stack([c.vector for c in found]) if found else self._no_vectors()
            self.reused_cuts.append((Cut(article, chunks, sketched), vectors))
            if len(self.reused_cuts) >= MOST_REUSED:
                self._stage_reused()
        self.reused += 1

    def _stage_reused(self) -> None:
        if self.reused_cuts:
            self._stage([cut for cut, _ in self.reused_cuts], [vectors for _, vectors in self.reused_cuts])
            self.reused_cuts = []

    def _no_vectors(self) -> Vector:
        return np.empty((0, self.encoder.spec.dimension), np.float16)

    # -- embedding ----------------------------------------------------------------------------------------------

    def _embed(self, cut: Cut) -> None:
        if self.embedder.add(cut):
            self._report(Path(cut.article.origin).name)

    def _stage(self, cuts: Sequence[Cut], vectors: Sequence[Vector]) -> None:
        store = self.writer.store
        with store.transaction():
            rows = [
                store.stage(cut.article, self.recipe, cut.chunks, own, cut.sketch)
                for cut, own in zip(cuts, vectors, strict=True)
            ]
        self.born.update(dict.fromkeys(rows))

    def _report(self, current: str, stage: str = "reading and embedding") -> None:
        articles = self.added + self.changed + self.unchanged + self.moved
        seconds = time.monotonic() - self.started
        chunks = self.embedder.embedded
        counts = (self.done, self.total, articles, chunks, self.skipped)
        self.on_progress(Progress(*counts, seconds, current, stage, self.files, self.all_files))

    # -- the end ------------------------------------------------------------------------------------------------

    def prune(self) -> None:
        """Retire articles under the roots that no file gave this time; what could not be read keeps what it gave."""
        for row in self.by_id.values():
            if row.id in self.seen or not self.kept.isdisjoint(_holders(row.origin)):
                continue
            if self.looked.covers(str(file_of(row.origin))):
                self.dead.append(row.row)
                self.removed += 1
                self.notes.add("removed", row.id, row.title)

    def recut(self) -> None:
        """Bring every live article again with this run's encoder and chunker."""
        self.total = len(self.by_id)
        for row in self.by_id.values():
            stored = self.writer.store.article(row.row)
            language = stored.language or detect(stored.text)
            noise = find_noise(stored.text, stored.title, language)
            article = replace(stored, noise=noise, language=language)
            chunks = self.chunker.chunks(article)
            seal = article_digest(article, self.recipe, len(chunks))
            staged = self.writer.store.staged(row.content, seal)
            if staged is not None and staged not in self.born:
                self.born[staged] = None
            else:
                self._embed(Cut(article, chunks, self.writer.store.sketch(row) or sketch(article.text, article.noise)))
            self.changed += 1
            self.dead.append(row.row)
            self.done += 1
        self.embedder.finish()

    def publish(self, quarantined: int = 0) -> SyncReport:
        """Commit what was born and what dies, if there is any of it."""
        self._stage_reused()
        change = Change(tuple(self.born), tuple(self.dead))
        manifest = self.writer.manifest
        if change:
            self.done = self.total
            self._report("", "writing the indexes")
            base = replace(
                manifest, encoder=self.encoder.spec, chunker=self.chunker.spec, product=version("article-rag")
            )
            manifest = commit(self.writer.folder, self.writer.store, base, change, time.time())
        return SyncReport(
            manifest.generation, self.added, self.changed, self.unchanged, self.removed, self.reused,
            self.embedder.embedded, time.monotonic() - self.started, tuple(self.issues), self.moved, quarantined,
            self.embedder.busy,
        )  # fmt: skip


def _holders(origin: str) -> list[str]:
    """An origin and all that it lies in: `a.zip#b.csv#3` lies in `a.zip#b.csv` and in `a.zip`."""
    cuts = [place for place, sign in enumerate(origin) if sign == "#"]
    return [origin, *(origin[:place] for place in cuts)]
