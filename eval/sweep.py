"""Sweeps: the same questions under many settings, each a run of its own, compared with the first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from eval.compare import Comparison, compare
from eval.conditions import Conditions, describe
from eval.corpus import Built, Recipe, library_for
from eval.dataset import Question, QuestionSet, sample
from eval.metrics import Summary
from eval.run import CONDITIONS, Run, conduct, read_conditions, read_run
from eval.shared import SharedEncoder
from rag.encoder import Encoder, load_encoder, load_matching
from rag.errors import LoadError
from rag.library import Library
from rag.manifest import ChunkerSpec, read_manifest
from rag.types import Settings

LEAST_TOKENS = 24
"""The smallest chunk that `rag index` takes."""
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
    """A variant's run, and its comparison with the base (None for the base)."""

    variant: Variant
    run: Run
    against: Comparison | None

    @property
    def summary(self) -> Summary:
        """The figures of the run."""
        return self.run.summary


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

    Variants of one cut share its library; libraries share the vectors of equal chunks.  Raises `LoadError`,
    `QuestionError`, `Interrupted` and the LibraryError family.
    """
    tell = on_stage or (lambda what, done, total: None)
    if plan.library and any(name in OF_CHUNKS for variant in plan.variants for name, _ in variant.changes):
        raise LoadError("a library that exists is cut already: give --articles to vary max_tokens or overlap")
    for variant in plan.variants:  # what cannot be is found before the first question
        variant.settings(Settings())
        _check_cut(variant.recipe(plan.recipe).chunker)
    questions = sample(plan.question_set.questions, plan.limit)
    benches = _Benches(plan, tell)
    base: Run | None = None
    for variant in plan.variants:
        with benches.open(variant) as library:
            run = _run(plan, variant, library, questions, tell)
        base = base or run
        yield Point(variant, run, None if run is base else compare(base, run))


class _Benches:
    """Opens the library of a variant, made if needed, with one encoder for all."""

    def __init__(self, plan: Plan, tell: OnStage) -> None:
        self._plan = plan
        self._tell = tell
        self._encoder: Encoder | None = None
        self._shared: SharedEncoder | None = None
        self._built: dict[Recipe, Built] = {}

    def open(self, variant: Variant) -> Library:
        """A library that has read nothing yet: its questions take as long as they take elsewhere."""
        path = self._plan.library or self._library(variant)
        if self._encoder is None:
            self._encoder = load_matching(read_manifest(path).encoder)
        return Library(path, encoder=self._encoder)

    def _library(self, variant: Variant) -> Path:
        recipe = variant.recipe(self._plan.recipe)
        if self._shared is None:
            self._encoder = load_encoder(recipe.model)
            self._shared = SharedEncoder(self._encoder)
        if recipe not in self._built:
            self._built[recipe] = library_for(
                self._plan.question_set, self._plan.articles, recipe,
                on_progress=lambda p: self._tell(f"indexing {variant.name}", p.done, p.total), encoder=self._shared,
            )  # fmt: skip
        return self._built[recipe].library


def _run(plan: Plan, variant: Variant, library: Library, questions: Sequence[Question], tell: OnStage) -> Run:
    settings = variant.settings(library.settings)
    conditions = describe(plan.question_set, len(questions), library.info, settings)
    folder = next(place for place in _places(plan.folder, variant) if _is_free(place, conditions))
    try:
        before = read_run(folder)
    except LoadError:
        before = None
    if before and before.complete:
        return before
    return conduct(
        library,
        questions,
        folder,
        conditions,
        on_progress=lambda done, total: tell(f"asking {variant.name}", done, total),
    )


def _places(folder: Path, variant: Variant) -> Iterator[Path]:
    """Where a variant's run may lie: the sweep may have been made before, of another generation of the library."""
    yield folder / variant.name
    yield from (folder / f"{variant.name} ({number})" for number in itertools.count(2))


def _is_free(folder: Path, conditions: Conditions) -> bool:
    return not (folder / CONDITIONS).exists() or not read_conditions(folder).differences(conditions)


def _check_cut(chunker: ChunkerSpec) -> None:
    if chunker.max_tokens < LEAST_TOKENS or not 0 <= chunker.overlap < chunker.max_tokens:
        raise LoadError(
            f"--vary: chunks of {chunker.max_tokens} tokens with {chunker.overlap} shared cannot be cut; expected at "
            f"least {LEAST_TOKENS}, and fewer shared than that, but not below 0"
        )


def _value(name: str, text: str, whole: str) -> Value:
    kinds = {field.name: field.type for field in (*fields(Settings), *fields(ChunkerSpec))}
    if kinds[name] == "bool":
        if text not in ("0", "1"):
            raise LoadError(f"--vary {whole!r}: {text!r} is not 0 or 1")
        return int(text)
    kind = int if kinds[name] == "int" else float
    try:
        value = kind(text)
        if math.isfinite(value):
            return value
    except (ValueError, OverflowError):
        pass
    raise LoadError(f"--vary {whole!r}: {text!r} is not {'a whole number' if kind is int else 'a number'}")
