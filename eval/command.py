"""What `rag eval` and its subcommands do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

import rag
from eval.calibrate import Fit, fit
from eval.cause import cause
from eval.compare import Comparison, Gate, Verdict, compare, parse_gates, to_dict, verdicts
from eval.conditions import describe, to_json
from eval.corpus import Recipe, library_for
from eval.dataset import QuestionSet, load_set, sample
from eval.folder import run_folder
from eval.run import CONDITIONS, Run, check_place, conduct, missing, read_run, rescore
from eval.show import show, show_comparison, show_fit, show_verdicts
from rag.calibration import NAME, SIGNALS, read_calibration, write_calibration
from rag.errors import LoadError
from rag.library import Library
from rag.types import Settings


@dataclass(frozen=True, slots=True)
class Source:
    """Which library answers: one that exists, or one made from articles and kept for the next time."""

    library: Path | None = None
    articles: Path | None = None
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        if self.library and self.articles:
            raise LoadError("give --library or --articles, not both")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be asked of whom, and what becomes of the run."""

    set_path: Path
    source: Source
    default_library: Callable[[], Path]
    """Used where neither a library nor articles are given, and the set brings no articles."""
    split: str | None = None
    limit: int | None = None
    out: Path | None = None
    min_confidence: float | None = None
    baseline: Path | None = None
    gates: str = ""
    dated: bool = True
    """Ask each question as on its day, where it has one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with its figures, and what a baseline says of it."""

    run: Run
    missing: tuple[str, ...]
    comparison: Comparison | None
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """No gate is broken."""
        return not any(verdict.broken for verdict in self.verdicts)


def evaluate(order: Order, *, console: Console, quiet: bool = False) -> Outcome:
    """Ask a set, keep the run, and compare it with the baseline where there is one.

    Everything that can be wrong with the order is found before the first question.  Raises `RagError`.
    """
    gates, baseline = _gates(order.baseline, order.gates)
    question_set = load_set(order.set_path, split=order.split)
    questions = sample(question_set.questions, order.limit)
    if order.out:
        check_place(order.out)
    with opened(question_set, order.source, order.default_library, console, quiet=quiet) as (library, speed):
        absent = _check_gold(library, question_set)
        settings = _settings(library, order.min_confidence)
        conditions = describe(
            question_set, len(questions), library.info, settings, index_chunks_per_second=speed, dated=order.dated
        )
        folder = order.out or run_folder(conditions)
        with progress(console, quiet=quiet) as bar:
            task = bar.add_task("asking", total=len(questions))
            run = conduct(
                library, questions, folder, conditions, on_progress=lambda done, _: bar.update(task, completed=done)
            )
    return _outcome(run, absent, baseline, gates)


def judge_again(folder: Path, baseline: Path | None, gates: str) -> Outcome:
    """A stored run, scored anew."""
    parsed, before = _gates(baseline, gates)
    run, _ = rescore(folder)
    return _outcome(run, (), before, parsed)


def report_outcome(outcome: Outcome, console: Console) -> None:
    """Prints a run, and how it differs from the baseline."""
    run = outcome.run
    if not run.complete:
        console.print(f"Only {len(run.records)} of {run.conditions.questions} questions were asked.")
    if outcome.missing:
        console.print(
            Text(f"Gold articles that are not in the library: {len(outcome.missing)} ({outcome.missing[0]} for one).")
        )
    show(console, run.summary, run.records)
    speed = run.conditions.index_chunks_per_second
    if speed:
        console.print(f"The library was embedded at {speed:.0f} chunks per second.")
    if outcome.comparison:
        show_comparison(console, outcome.comparison)
    show_verdicts(console, outcome.verdicts)
    console.print(Text(f"The run is in {run.folder}"), soft_wrap=True)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """JSON form of an outcome."""
    failed = [
        {"id": record.question_id, "question": record.question, "cause": found.value}
        for record in outcome.run.records
        if (found := cause(record)) is not None
    ]
    return {
        "run": str(outcome.run.folder),
        "complete": outcome.run.complete,
        "conditions": to_json(outcome.run.conditions),
        "summary": outcome.run.summary.to_dict(),
        "failures": failed,
        "missing_articles": list(outcome.missing),
        "comparison": to_dict(outcome.comparison) if outcome.comparison else None,
        "gates": [verdict.to_dict() for verdict in outcome.verdicts],
    }  # fmt: skip


def compare_runs(a: Path, b: Path, gates: str) -> tuple[Comparison, tuple[Verdict, ...]]:
    """Run B against run A, and whether the gates hold."""
    parsed = parse_gates(gates) if gates else ()
    found = compare(read_run(a), read_run(b))
    return found, verdicts(found, parsed)


@dataclass(frozen=True, slots=True)
class CalibrateOrder:
    """A set to ask, or the folder of a run, and what to fit on it.

    `save` is a file for the calibration instead of the library; with `dry_run` it is written nowhere.
    """

    order: Order
    signals: tuple[str, ...] = SIGNALS
    save: Path | None = None
    dry_run: bool = False


def calibrate(wish: CalibrateOrder, *, console: Console, quiet: bool = False) -> tuple[Fit, Path | None]:
    """Fit a calibration and make it the library's own; and where it was written.

    A minimal confidence that the library has stays; `order.min_confidence` sets another.
    """
    order = wish.order
    for name in wish.signals:
        if name not in SIGNALS:
            raise LoadError(f"--signals: there is no signal {name!r}; there are {', '.join(SIGNALS)}")
    if wish.dry_run and wish.save:
        raise LoadError("--dry-run writes nothing: leave it out, or --save")
    if (order.set_path / CONDITIONS).exists():
        run = read_run(order.set_path)
        folder = order.source.library or Path(run.conditions.library)
        if not run.complete:
            raise LoadError(
                f"{run.folder} has {len(run.records)} of {run.conditions.questions} questions: let the run end first."
            )
    else:
        run = evaluate(replace(order, min_confidence=None), console=console, quiet=quiet).run
        folder = Path(run.conditions.library)
    found = fit(run.records, run.conditions, wish.signals)
    with rag.open(folder) as library:
        if (library.info.encoder, library.info.reader) != (run.conditions.encoder_fingerprint, run.conditions.reader):
            raise LoadError(
                f"{run.folder} was made with {run.conditions.encoder} and {run.conditions.reader}, {folder} has "
                f"{library.info.encoder_name} and {library.info.reader}: calibrate it on a run of its own."
            )
        if not order.source.library and library.info.library != run.conditions.library_id:
            raise LoadError(f"{folder} is another library than {run.folder} was made with: name one with --library.")
    own = read_calibration(folder)
    least = order.min_confidence if order.min_confidence is not None else own.min_confidence if own else None
    found = replace(found, calibration=replace(found.calibration, min_confidence=least))
    written = None if wish.dry_run else wish.save or folder / NAME
    if written:
        write_calibration(written, found.calibration)
    return found, written


def report_fit(found: Fit, written: Path | None, console: Console) -> None:
    """Prints what a calibration gives."""
    show_fit(console, found)
    if found.after["auroc_right"].value < found.before["auroc_right"].value:
        console.print(
            "It tells right from wrong no better than the calibration before it, only its numbers are nearer to the "
            "truth: try --signals answers,share,covered, or more questions."
        )
    console.print(Text(f"Written to {written}" if written else "Nothing was written (--dry-run)."), soft_wrap=True)


def fit_json(found: Fit, written: Path | None) -> dict[str, Any]:
    """JSON form of a fit."""
    return {
        "calibration": json.loads(found.calibration.to_json()),
        "before": {name: figure.to_dict() for name, figure in found.before.items()},
        "after": {name: figure.to_dict() for name, figure in found.after.items()},
        "trades": [
            {
                "min_confidence": trade.min_confidence,
                "coverage": trade.coverage,
                "answer_precision": trade.answer_precision.to_dict(),
                "accuracy": trade.accuracy.to_dict(),
                "refusal_f1": trade.refusal_f1.to_dict(),
            }
            for trade in found.trades
        ],
        "written": str(written) if written else None,
    }


@contextmanager
def opened(
    question_set: QuestionSet,
    source: Source,
    default_library: Callable[[], Path],
    console: Console,
    *,
    quiet: bool = False,
) -> Iterator[tuple[Library, float | None]]:
    """The library that answers, made from articles where that is asked for, and how fast it was embedded."""
    if source.library or not (source.articles or question_set.brings_articles):
        if source.recipe != Recipe():
            raise LoadError("--model, --chunk-tokens and --overlap are for --articles: a library is cut already")
        with rag.open(source.library or default_library()) as library:
            yield library, None
        return
    with progress(console, quiet=quiet) as bar:
        task = bar.add_task("indexing", total=None)
        built = library_for(
            question_set, source.articles, source.recipe,
            on_progress=lambda p: bar.update(task, completed=p.done, total=p.total, description="indexing"),
        )  # fmt: skip
    if built.skipped and not quiet:
        console.print(Text(f"Files or lines that gave no article: {built.skipped}."))
    with rag.open(built.library) as library:
        yield library, built.chunks_per_second


@contextmanager
def progress(console: Console, *, quiet: bool) -> Iterator[Progress]:
    """A bar that leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Where nobody watches, all that would be left of it is an empty line.
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        yield bar


def _outcome(run: Run, absent: tuple[str, ...], baseline: Run | None, gates: Sequence[Gate]) -> Outcome:
    if baseline is None:
        return Outcome(run, absent, None, ())
    found = compare(baseline, run)
    return Outcome(run, absent, found, verdicts(found, gates))


def _gates(baseline: Path | None, text: str) -> tuple[tuple[Gate, ...], Run | None]:
    if text and baseline is None:
        raise LoadError("--gate needs a run to compare with: --baseline RUN")
    return parse_gates(text) if text else (), read_run(baseline) if baseline else None


def _settings(library: Library, min_confidence: float | None) -> Settings:
    settings = library.settings
    return settings if min_confidence is None else replace(settings, min_confidence=min_confidence)


def _check_gold(library: Library, question_set: QuestionSet) -> tuple[str, ...]:
    """The gold articles that are missing; raises `LoadError` where that is all of them."""
    questions = question_set.questions
    absent = missing(library, questions)
    gold = {article for question in questions if question.answerable for article in question.articles}
    if gold and len(absent) == len(gold):
        raise LoadError(
            f"none of the {len(gold)} gold articles of this set is in the library {library.path} "
            f"({absent[0]} for one): index the articles that the set was made for, name them with --articles, or "
            "open their library with --library"
        )
    return absent
