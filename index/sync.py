"""Bring a library up to date with files: plan, read, compare, cut, embed, stage, and publish once at the end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.chunk import Chunker
from index.commit import Change, commit
from index.discover import check_there, walk
from index.draft import Issue
from index.history import Counts, LastSync, Notes, now, write_last_sync
from index.ledger import Fields, FileState, read_files, read_roots, write_files, write_roots
from index.plan import RACY_NS, Looked, Plan, make_plan
from index.report import OnProgress, SyncReport
from index.run import Run
from index.version import check_kept_days, set_kept_days
from index.writer import Writer, check_recipe, open_writer
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import ArticleNotFound, Interrupted, StorageError
from rag.manifest import NAME, ChunkerSpec, read_manifest


@dataclass(frozen=True, slots=True)
class Options:
    """How a sync goes about it.

    `prune`: articles whose files under the paths are gone are removed.  `retry`: files that gave nothing are tried
    again; `reread`: all are read again; `revive`: so are files of which an article was removed.  `fields` maps the
    columns of tables, by path.  `roots` are to be followed from now on, each with its mapping.  `issues` are known
    already, and what lies under their origins is kept; what lay under `emptied` is gone for good.  `keep_days`: for how
    many days replaced texts are kept, None to leave it.  `urls` are the addresses of files that cannot name their own.
    """

    prune: bool = False
    retry: bool = True
    reread: bool = False
    revive: bool = True
    fields: Mapping[Path, Fields] = field(default_factory=dict)
    roots: Mapping[str, Fields] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    emptied: tuple[Path, ...] = ()
    urls: Mapping[str, str] = field(default_factory=dict)
    keep_days: int | None = None


def sync(
    paths: Sequence[Path],
    library: Path,
    *,
    encoder: Encoder | None = None,
    chunker: ChunkerSpec | None = None,
    options: Options | None = None,
    on_progress: OnProgress | None = None,
) -> SyncReport:
    """Index the articles under `paths` into the library at `library`, made if absent.

    Only files that changed are opened, and only new and changed articles embedded; a file that cannot be read this
    time keeps what it gave before.  Readers see all of it or nothing.
    Raises LoadError for a path that does not exist, Interrupted on Ctrl-C, and the LibraryError family.
    """
    options = options or Options()
    check_kept_days(options.keep_days)
    for path in paths:
        check_there(path)
    known = read_manifest(library) if (library / NAME).exists() else None
    encoder = encoder or (load_matching(known.encoder) if known else load_encoder())
    chunker = chunker or (known.chunker.current() if known else ChunkerSpec())
    cutter = Chunker(chunker, encoder.count_tokens, encoder.passage_budget)
    with open_writer(library, encoder.spec, chunker) as writer:
        check_recipe(writer.manifest, encoder.spec, chunker)
        # Under the lock, so that no other sync adds what was not seen.
        looked, issues = look(paths, options, read_roots(writer.store))
        states = read_files(writer.store)
        tell = on_progress or (lambda progress: None)
        run = Run(writer, encoder, cutter, tell, looked, states, options.urls)
        for issue in issues:
            run.note(issue)
        known_states = states
        if options.revive:
            known_states = {path: state for path, state in states.items() if not run.lacks(path, state)}
        plan = make_plan(looked, known_states, retry=options.retry, reread=options.reread)
        try:
            run.move(plan)
            run.read(plan)
            if options.prune:
                run.prune()
            _forget(writer, plan, states, options)
            report = run.publish(len(plan.held))
            report = _remembered(writer, plan, run, report, options)
        except KeyboardInterrupt:
            run.embedder.close()
            raise Interrupted(
                f"Stopped.  {run.embedder.embedded:,} newly embedded chunks are kept; run the same command to go on."
            ) from None
        finally:
            run.embedder.close()
        if report.added or report.changed or report.removed or report.moved or report.skipped:
            _keep(library, report, run.notes)
        return report


def look(paths: Sequence[Path], options: Options, followed: Mapping[str, Fields]) -> tuple[Looked, list[Issue]]:
    """What lies under `paths`, and what was left alone; a place that is followed is read as it was said for it."""
    found, issues = walk(paths)
    issues = [*options.issues, *issues]
    kept = frozenset(issue.origin for issue in issues if issue.skipped)
    fields = {Path(path): mapping for path, mapping in followed.items()}
    fields |= {path.resolve(): mapping for path, mapping in options.fields.items()}
    # Also by the names that were given: a folder may have become a link to its new place.
    roots = {str(one) for path in (*paths, *options.emptied) for one in (path.resolve(), path.absolute())}
    return Looked(frozenset(roots), found, kept, fields), issues


def _forget(writer: Writer, plan: Plan, states: Mapping[str, FileState], options: Options) -> None:
    """Drop the notes of what is about to change: a commit whose new notes are lost then only costs reading again."""
    changing = [str(file.path) for file in (*plan.edited, *plan.again)] + list(plan.gone if options.prune else ())
    stale = [path for path in changing if path in states]
    if stale or options.keep_days is not None:
        with writer.store.transaction():
            write_files(writer.store, {}, stale)
            if options.keep_days is not None:
                set_kept_days(writer.store, options.keep_days)


def _remembered(writer: Writer, plan: Plan, run: Run, report: SyncReport, options: Options) -> SyncReport:
    """The report, with a remark if no note could be taken of how each file was read and of what is followed."""
    try:
        _remember(writer, plan, run, options)
    except StorageError as error:
        # The articles are published; without the notes the next sync only has more to read.
        issue = Issue(str(writer.folder), f"keeps no note of its files: {error}", skipped=False)
        return replace(report, issues=(*report.issues, issue))
    return report


def _remember(writer: Writer, plan: Plan, run: Run, options: Options) -> None:
    """Note how each file was read, and what is followed; nothing is written where nothing is new."""
    now_ns = time.time_ns()
    read = dict(run.states)
    for old, file in plan.moved:
        read[str(file.path)] = replace(run.noted[old], mtime_ns=file.mtime_ns, seen_ns=now_ns)
    for file in plan.touched:
        state = run.noted[str(file.path)]
        if file.mtime_ns != state.mtime_ns or file.mtime_ns < now_ns - RACY_NS:
            read.setdefault(str(file.path), replace(state, mtime_ns=file.mtime_ns, seen_ns=now_ns))
    gone = [old for old, _ in plan.moved]
    if read or gone or options.roots:
        with writer.store.transaction():
            write_files(writer.store, read, gone)
            write_roots(writer.store, options.roots)
        writer.store.checkpoint()


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
        run = Run(writer, encoder, cutter, on_progress or (lambda progress: None))
        try:
            run.recut()
            return run.publish()
        except KeyboardInterrupt:
            raise Interrupted("Stopped.  What was embedded is kept; run the same command to go on.") from None
        finally:
            run.embedder.close()


def _keep(library: Path, report: SyncReport, notes: Notes) -> None:
    """Note beside the library what was done, for those who ask later."""
    counts = Counts(
        report.added, report.changed, report.unchanged, report.removed, report.skipped, len(report.issues), report.moved
    )  # fmt: skip
    named = notes.of("added"), notes.of("changed"), notes.of("removed")
    write_last_sync(library, LastSync(now(), report.generation, counts, *named, report.issues))
