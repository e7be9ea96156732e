"""Sweeps: the same questions under many settings, each a run of its own, compared with the first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from eval.compare import Comparison, compare
from eval.conditions import describe
from eval.corpus import Built, Recipe, library_for
from eval.dataset import Question, QuestionSet, sample
from eval.metrics import Summary, summarise
from eval.records import DEPTH
from eval.run import Run, conduct, read_run
from eval.shared import SharedEncoder
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import LoadError
from rag.library import Library
from rag.manifest import ChunkerSpec, read_manifest
from rag.types import Settings

TIMED = 25
"""Questions that are asked once more, by a library opened anew, to time a variant like any other."""
OF_CHUNKS = ("max_tokens", "overlap")
OF_SETTINGS = tuple(field.name for field in fields(Settings))
Value = int | float


@dataclass(frozen=True, slots=True)
class Variant:
    """One point of a sweep: what differs from the base, by name."""

    changes: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        """How people, and its folder, call it."""
        return ",".join(f"{name}={value:g}" for name, value in self.changes) or "base"

    def settings(self, base: Settings) -> Settings:
        """The settings of its questions.  Raises `QuestionError`."""
        changes: dict[str, Any] = {name: value for name, value in self.changes if name in OF_SETTINGS}
        return replace(base, **changes)

    def recipe(self, base: Recipe) -> Recipe:
        """How its library is cut."""
        changes: dict[str, Any] = {name: value for name, value in self.changes if name in OF_CHUNKS}
        return replace(base, **changes)


@dataclass(frozen=True, slots=True)
class Point:
    """A variant's run, its figures, its comparison with the base (None for the base) and its latency in ms."""

    variant: Variant
    run: Run
    summary: Summary
    against: Comparison | None
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is swept over: questions of a set, variants, and where libraries come from.

    `library` is an existing one, where only settings vary; else the libraries are made from `articles`, or from the
    articles that belong to the set.
    """

    question_set: QuestionSet
    variants: tuple[Variant, ...]
    folder: Path
    library: Path | None = None
    articles: Path | None = None
    limit: int | None = None
    recipe: Recipe = field(default_factory=Recipe)


OnStage = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def parse_axes(texts: Sequence[str]) -> dict[str, tuple[Value, ...]]:
    """`NAME=V1,V2` each.  Raises `LoadError` for a name or a value that is not known."""
    axes: dict[str, tuple[Value, ...]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if name not in (*OF_CHUNKS, *OF_SETTINGS) or not equals:
            known = ", ".join((*OF_CHUNKS, *OF_SETTINGS))
            raise LoadError(f"--vary {text!r}: expected NAME=VALUE,VALUE with one of {known}")
        axes[name] = (*axes.get(name, ()), *(_value(name, value, text) for value in values.split(",")))
    return axes


def variants(axes: dict[str, tuple[Value, ...]], *, grid: bool = False) -> tuple[Variant, ...]:
    """The base, then one change at a time or, with `grid`, every combination."""
    if grid:
        combined = itertools.product(*([(name, value) for value in values] for name, values in axes.items()))
        return (Variant(), *(Variant(changes) for changes in combined if changes))
    return (Variant(), *(Variant(((name, value),)) for name, values in axes.items() for value in values))


def sweep(plan: Plan, *, on_stage: OnStage | None = None) -> Iterator[Point]:
    """The points of a plan, the base first, as they are done; complete runs that are there already are not asked again.

    Variants of one cut share its library, the vectors of questions and of sentences; libraries share the vectors of
    equal chunks.  Raises `LoadError`, `QuestionError`, `Interrupted` and the LibraryError family.
    """
    tell = on_stage or (lambda what, done, total: None)
    if plan.library and any(name in OF_CHUNKS for variant in plan.variants for name, _ in variant.changes):
        raise LoadError("a library that exists is cut already: give --articles to vary max_tokens or overlap")
    for variant in plan.variants:
        variant.settings(Settings())  # what cannot be is found before the first question
    questions = sample(plan.question_set.questions, plan.limit)
    benches = _Benches(plan, tell)
    base: Run | None = None
    for variant in plan.variants:
        with benches.open(variant) as library:
            run = _run(plan, variant, library, questions, tell)
        with benches.open_fresh(variant) as fresh:
            p50, p95 = _timed(fresh, questions, run.conditions.settings)
        base = base or run
        against = None if run is base else compare(base, run)
        yield Point(variant, run, summarise(run.records), against, p50, p95)


class _Benches:
    """Opens the library of a variant, made if needed, with one encoder for all."""

    def __init__(self, plan: Plan, tell: OnStage) -> None:
        self._plan = plan
        self._tell = tell
        self._encoder: Encoder | None = None
        self._shared: SharedEncoder | None = None
        self._built: dict[Recipe, Built] = {}

    def open(self, variant: Variant) -> Library:
        """A library that knows the vectors of what was read for other variants."""
        path = self._plan.library or self._library(variant)
        return Library(path, encoder=self._sharing(lambda: load_matching(read_manifest(path).encoder)))

    def open_fresh(self, variant: Variant) -> Library:
        """One that knows nothing, after `open`: its questions take as long as they take elsewhere."""
        return Library(self._plan.library or self._library(variant), encoder=self._encoder)

    def _sharing(self, load: Callable[[], Encoder]) -> SharedEncoder:
        if self._shared is None:
            self._encoder = load()
            self._shared = SharedEncoder(self._encoder)
        return self._shared

    def _library(self, variant: Variant) -> Path:
        recipe = variant.recipe(self._plan.recipe)
        if recipe not in self._built:
            self._built[recipe] = library_for(
                self._plan.question_set, self._plan.articles, recipe,
                on_progress=lambda p: self._tell(f"indexing {variant.name}", p.done, p.total),
                encoder=self._sharing(lambda: load_encoder(recipe.model)),
            )  # fmt: skip
        return self._built[recipe].library


def _run(plan: Plan, variant: Variant, library: Library, questions: Sequence[Question], tell: OnStage) -> Run:
    settings = variant.settings(library.settings)
    conditions = describe(plan.question_set, len(questions), library.info, settings)
    folder = plan.folder / variant.name
    try:
        before = read_run(folder)
    except LoadError:
        before = None
    if before and before.complete and not before.conditions.differences(conditions):
        return before
    return conduct(
        library,
        questions,
        folder,
        conditions,
        on_progress=lambda done, total: tell(f"asking {variant.name}", done, total),
    )


def _timed(library: Library, questions: Sequence[Question], settings: Settings) -> tuple[float, float]:
    import numpy as np

    chosen = sample(tuple(questions), TIMED)
    library.examine("What is known about the weather?", k=DEPTH, settings=settings)
    spent = [library.ask(question.question, settings=settings).timings.total for question in chosen]
    p50, p95 = np.percentile(spent, [50, 95])
    return float(p50), float(p95)


def _value(name: str, text: str, whole: str) -> Value:
    kinds = {field.name: field.type for field in (*fields(Settings), *fields(ChunkerSpec))}
    kind = int if kinds[name] == "int" else float
    try:
        value = kind(text)
        if math.isfinite(value):
            return value
    except (ValueError, OverflowError):
        pass
    raise LoadError(f"--vary {whole!r}: {text!r} is not {'a whole number' if kind is int else 'a number'}")
