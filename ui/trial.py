"""A set asked of the open library: one run at a time, in a thread of its own, kept in a folder beside the library."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Protocol, cast

from eval.conditions import Conditions, describe
from eval.dataset import QuestionSet, load_set
from eval.folder import run_folder
from eval.interval import Estimate
from eval.run import RECORDS, SUMMARY, Answerer, Run, conduct, missing, read_conditions, read_run
from rag.disk import beside
from rag.errors import Interrupted, LoadError, RagError
from rag.library import LibraryInfo
from rag.stage import listening
from rag.types import Settings
from ui.parts import UNEXPECTED
from ui.port import LibraryPort

log = logging.getLogger(__name__)

LOOK_AGAIN = 0.25
"""Seconds between two looks at how far a run is."""
_NAME = re.compile(r"\w[\w.-]*")
"""Names of run folders: `eval.dataset.short_name` makes no others."""


class Judged(Answerer, Protocol):
    """What a run needs of the open library."""

    @property
    def info(self) -> LibraryInfo: ...
    @property
    def settings(self) -> Settings: ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where the user's runs and cases are: beside the library, never inside it."""

    runs: Path
    cases: Path


def places(library: LibraryPort) -> Places:
    """`NAME-runs` and `NAME-cases.jsonl` beside the library NAME."""
    folder = Path(library.info.path)
    return Places(beside(folder, "runs"), beside(folder, "cases.jsonl"))


@dataclass(frozen=True, slots=True)
class Listed:
    """A run as it stands in the list: its figures are there once it has ended."""

    name: str
    conditions: Conditions
    done: int
    figures: Mapping[str, Estimate]

    @property
    def complete(self) -> bool:
        return self.done == self.conditions.questions


def listed(runs: Path) -> tuple[Listed, ...]:
    """The runs in the folder, newest first; what cannot be read is no run."""
    found = []
    for folder in runs.iterdir() if runs.is_dir() else ():
        try:
            if _NAME.fullmatch(folder.name):
                found.append(_listed(folder))
        except (LoadError, OSError):
            log.debug("%s is not a run", folder, exc_info=True)
    return tuple(sorted(found, key=lambda run: (run.conditions.started, run.name), reverse=True))


def opened(runs: Path, name: str) -> Run:
    """The run of that name.  Raises LoadError where there is none, or it cannot be read."""
    if not _NAME.fullmatch(name) or not (runs / name).is_dir():
        raise LoadError(f"There is no run {name!r} in {runs}: go back to all runs and open another.")
    return read_run(runs / name)


def known_sets(library: LibraryPort) -> tuple[Path, ...]:
    """The sets to choose from: the user's own cases, those of earlier runs, and those of a checkout."""
    at = places(library)
    asked = [Path(run.conditions.set_path) for run in listed(at.runs)]
    return tuple(dict.fromkeys(path for path in (at.cases, *asked, *shipped_sets()) if path.exists()))


def shipped_sets() -> tuple[Path, ...]:
    """The project's own sets of questions, where they lie beside the program."""
    folder = Path(str(files("eval"))) / "sets"
    return tuple(path for path in sorted(folder.glob("*.jsonl")) if _is_set(path))


@dataclass(frozen=True, slots=True)
class At:
    """How far a run is."""

    name: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in a sentence, and the name under which it is kept, if it is."""

    said: str
    run: str = ""
    failed: bool = False


@dataclass
class Trial:
    """Asks sets, one at a time.  It goes on when the page is closed; whoever asks for the same set joins in."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _path: Path | None = None
    at: At = field(default_factory=lambda: At(""))
    outcome: Outcome = field(default_factory=lambda: Outcome(""))

    @property
    def running(self) -> bool:
        """Whether a set is being asked."""
        return self._thread is not None and self._thread.is_alive()

    async def run(self, library: LibraryPort, chosen: str | None, tell: Callable[[At], object]) -> Outcome:
        """Ask the set at the path `chosen`, telling how far it is; how it ended.  Never raises."""
        try:
            self.begin(library, chosen)
        except RagError as error:
            return Outcome(str(error), failed=True)
        while self.running:
            tell(self.at)
            await asyncio.sleep(LOOK_AGAIN)
        return self.outcome

    def begin(self, library: LibraryPort, chosen: str | None) -> None:
        """Begin the run, or do nothing where this set is being asked.  Raises LoadError while another one is."""
        path = _path(chosen)
        with self._lock:
            if self.running and path == self._path:
                return
            if self.running:
                raise LoadError(
                    f"{self.at.name} is being asked ({self.at.done:,} of {self.at.total:,}), and one set is asked at a "
                    "time: wait for it, or press Stop."
                )
            self._stop.clear()
            self._path, self.at = path, At(path.name)
            # Not a daemon: the program ends when the run has, which the end of the main thread stops.
            self._thread = threading.Thread(target=self._work, args=(library, path), name="trial")
            self._thread.start()

    def stop(self) -> None:
        """End the run at the next question; what was asked is kept."""
        self._stop.set()

    def _work(self, library: LibraryPort, path: Path) -> None:
        try:
            self.outcome = self._ask(library, path)
        except RagError as error:
            self.outcome = Outcome(str(error), failed=True)
        except Exception:
            log.exception("a set could not be asked")
            self.outcome = Outcome(UNEXPECTED, failed=True)

    def _ask(self, library: LibraryPort, path: Path) -> Outcome:
        judged = cast("Judged", library)
        found = load_set(path)
        absent = _absent(judged, found)
        total = len(found.questions)
        self.at = At(found.name, 0, total)
        conditions = describe(found, total, judged.info, judged.settings)
        folder = run_folder(conditions, places(library).runs)

        def look(*_: object) -> None:
            changed = judged.info.generation != conditions.generation
            if changed or self._stop.is_set() or not threading.main_thread().is_alive():
                raise KeyboardInterrupt

        def told(done: int, _: int) -> None:
            self.at = At(found.name, done, total)
            if done < total:
                look()

        try:
            with listening(look):
                conduct(judged, found.questions, folder, conditions, on_progress=told)
        except Interrupted:
            return self._interrupted(folder, changed=judged.info.generation != conditions.generation)
        less = f"  Not in the library: {len(absent):,} of its gold articles ({absent[0]} for one)." if absent else ""
        return Outcome(f"All {total:,} questions of {found.name} were asked.{less}", folder.name)

    def _interrupted(self, folder: Path, *, changed: bool) -> Outcome:
        kept = f"{self.at.done:,} of {self.at.total:,} questions were asked, and are kept"
        if changed:
            return Outcome(f"The articles changed meanwhile: {kept}.  Run the set again to ask all of it.", folder.name)
        return Outcome(f"Stopped: {kept}.  Run the same set to go on.", folder.name)


def _path(chosen: str | None) -> Path:
    # Pasted paths come with quotes and spaces.
    plain = (chosen or "").strip().strip("\"'").strip()
    if not plain:
        raise LoadError("Choose a set of questions first, or type the path of one.")
    try:
        return Path(plain).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise LoadError(f"{plain} cannot be read ({error}): type the path of a set of questions.") from None


def _absent(library: Judged, found: QuestionSet) -> Sequence[str]:
    """The gold articles that the library lacks.  Raises LoadError where that is all of them."""
    absent = missing(library, found.questions)
    gold = {article for question in found.questions if question.answerable for article in question.articles}
    if gold and len(absent) == len(gold):
        raise LoadError(
            f"None of the {len(gold):,} gold articles of {found.name} is in this library ({absent[0]} for one): open "
            "the library that the set was made for, or choose another set."
        )
    return absent


def _listed(folder: Path) -> Listed:
    conditions = read_conditions(folder)
    summary = folder / SUMMARY
    if not summary.exists():
        return Listed(folder.name, conditions, (folder / RECORDS).read_bytes().count(b"\n"), {})
    try:
        told = json.loads(summary.read_bytes())
        figures = {name: _estimate(figure) for name, figure in told["figures"].items()}
        return Listed(folder.name, conditions, int(told["questions"]), figures)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LoadError(f"{summary} is not what `rag eval` writes ({error})") from None


def _estimate(figure: Mapping[str, float | None]) -> Estimate:
    value, low, high = (math.nan if (one := figure[name]) is None else float(one) for name in ("value", "low", "high"))
    return Estimate(value, low, high, int(figure["n"] or 0))


def _is_set(path: Path) -> bool:
    try:
        load_set(path)
    except LoadError:
        return False
    return True
