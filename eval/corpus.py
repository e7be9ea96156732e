"""The library in which the questions of a set are asked: built once from its articles, then used again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.beir import beir_articles, corpus_file
from eval.dataset import QuestionSet
from eval.squad import squad_articles
from index.discover import walk
from rag.disk import sync_folder, write_atomic, writer_lock
from rag.encoder import Encoder, load_encoder
from rag.errors import LibraryCorrupt, LibraryNotFound, LoadError, StorageError
from rag.manifest import FORMAT, ChunkerSpec, read_manifest
from rag.models import cache_folder, locate
from rag.snapshot import open_snapshot
from rag.spec import file_sha256
from rag.types import Article

if TYPE_CHECKING:
    from index.report import OnProgress

CONVERSION = 1
"""Version of how SQuAD contexts and BEIR corpora are made into articles."""

_LIBRARY = "library"
_ARTICLES = "articles.jsonl"
_BUILD = "build.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a library is made; None leaves a setting at the product's default."""

    model: str | None = None
    max_tokens: int | None = None
    overlap: int | None = None

    @property
    def chunker(self) -> ChunkerSpec:
        """How its articles are cut."""
        base = ChunkerSpec()
        return replace(
            base,
            max_tokens=base.max_tokens if self.max_tokens is None else self.max_tokens,
            overlap=base.overlap if self.overlap is None else self.overlap,
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A library that is ready.  `reused`: it was there before.

    `chunks_per_second` is how fast it was made, from reading to publishing; None where an earlier run had done
    part of the work.  `skipped` files or lines gave no article.
    """

    library: Path
    reused: bool
    chunks_per_second: float | None
    skipped: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a library is made from (`held`: of articles that the set itself holds), where, and how."""

    question_set: QuestionSet
    source: Path
    held: bool
    place: Path
    recipe: Recipe

    @property
    def library(self) -> Path:
        return self.place / _LIBRARY


def library_for(
    question_set: QuestionSet,
    articles: Path | None,
    recipe: Recipe,
    *,
    on_progress: OnProgress | None = None,
    encoder: Encoder | None = None,
) -> Built:
    """The library of `articles`, a file or folder; of the articles that belong to the set where that is None.

    It lies in the cache, under a name that depends on the content of the articles and on the settings.  An
    interrupted build goes on where it stopped, a damaged library is built again once.  `encoder` is the recipe's
    model, already loaded.  Raises LoadError where there are no articles, and what `index.sync.sync` raises.
    """
    plan = _plan(question_set, articles, recipe, encoder)
    with _cache_errors(plan.place):
        plan.place.mkdir(parents=True, exist_ok=True)
    try:
        return _ready(plan) or _build(plan, on_progress, encoder)
    except LibraryCorrupt:
        _clear(plan)
        return _build(plan, on_progress, encoder)


def _plan(question_set: QuestionSet, articles: Path | None, recipe: Recipe, encoder: Encoder | None) -> _Plan:
    held = articles is None and question_set.form != "questions"
    source = articles or _own_articles(question_set)
    spec = encoder.spec if encoder else locate(recipe.model)[1]
    facts = {
        "files": _file_facts(source, [source.resolve()] if held else _article_files(source)),
        "conversion": CONVERSION if held else 0,
        "encoder": spec.fingerprint,
        "chunker": asdict(recipe.chunker),
        "format": FORMAT,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    place = cache_folder() / "eval" / f"{question_set.name}-{digest[:16]}"
    return _Plan(question_set, source, held, place, recipe)


def _own_articles(question_set: QuestionSet) -> Path:
    """The file that holds the articles of a set."""
    if question_set.form == "squad":
        return question_set.path
    if question_set.form == "beir":
        return corpus_file(question_set.path)
    if question_set.articles is None:
        raise LoadError(
            f"{question_set.path}: found questions without articles, expected {question_set.name}.articles.jsonl "
            "beside them: name a library with --library, or articles with --articles"
        )
    return question_set.articles


def _article_files(source: Path) -> list[Path]:
    found, issues = walk([source])
    files = [file.path for file in found]
    if not files:
        reason = f" ({issues[0].message})" if issues else ""
        raise LoadError(f"{source}: found no file that can be read as articles{reason}, expected at least one")
    return files


def _file_facts(source: Path, files: Sequence[Path]) -> list[tuple[str, str]]:
    """The name of each file, relative to `source`, and the sha256 of its content."""
    root = source.resolve() if source.is_dir() else source.resolve().parent
    return sorted((file.relative_to(root).as_posix(), _sha256(file)) for file in files)


def _sha256(file: Path) -> str:
    try:
        return file_sha256(file)
    except OSError as error:
        # Indexing goes on without it and names it; once it can be read, the digest is another.
        return f"cannot be read ({error.errno})"


def _ready(plan: _Plan) -> Built | None:
    """The library if it is complete and undamaged, None if it has to be built.  Raises LibraryCorrupt."""
    try:
        if read_manifest(plan.library).generation < 1:
            return None
        facts = json.loads((plan.place / _BUILD).read_bytes())
        built = Built(plan.library, True, facts["chunks_per_second"], facts["skipped"])
    except (LibraryNotFound, OSError, ValueError, KeyError, TypeError):
        return None
    open_snapshot(plan.library).close()
    return built


def _build(plan: _Plan, on_progress: OnProgress | None, encoder: Encoder | None) -> Built:
    from index.sync import sync

    resumed = plan.library.exists()
    if plan.held and not (plan.place / _ARTICLES).exists():
        with _cache_errors(plan.place):
            _write_articles(plan)
    report = sync(
        [plan.place / _ARTICLES if plan.held else plan.source],
        plan.library,
        encoder=encoder or load_encoder(plan.recipe.model),
        chunker=plan.recipe.chunker,
        on_progress=on_progress,
    )
    if not report.added + report.changed + report.unchanged:
        first = f"; {report.issues[0].origin} {report.issues[0].message}" if report.issues else ""
        raise LoadError(f"{plan.source}: found no article in it, expected at least one{first}")
    timed = not resumed and report.embedded > 0 and report.seconds > 0
    built = Built(plan.library, False, report.embedded / report.seconds if timed else None, report.skipped)
    facts = {"chunks_per_second": built.chunks_per_second, "skipped": built.skipped}
    with _cache_errors(plan.place):
        write_atomic(plan.place / _BUILD, json.dumps(facts).encode())
    return built


def _write_articles(plan: _Plan) -> None:
    """The articles that the set holds as JSON lines in the cache, all or none.  Raises LoadError and OSError."""
    beir = plan.question_set.form == "beir"
    articles = beir_articles(plan.question_set.path) if beir else squad_articles(plan.question_set.path)
    handle, name = tempfile.mkstemp(prefix=f".{_ARTICLES}.", dir=plan.place)
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for article in articles:
                file.write(_line(article))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(plan.place / _ARTICLES)
    finally:
        scratch.unlink(missing_ok=True)
    sync_folder(plan.place)


def _line(article: Article) -> bytes:
    return json.dumps({"id": article.id, "title": article.title, "text": article.text}).encode() + b"\n"


def _clear(plan: _Plan) -> None:
    """Take a damaged library out of the cache.  Raises LibraryLocked where somebody is writing it."""
    with _cache_errors(plan.place), writer_lock(plan.library / "lock"):
        for name in (_BUILD, _ARTICLES):
            (plan.place / name).unlink(missing_ok=True)
        shutil.rmtree(plan.library)


@contextmanager
def _cache_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{place} cannot be written ({error.strerror or error}): free some space there, or set ARTICLE_RAG_CACHE "
            "to a folder that can be written"
        ) from error
