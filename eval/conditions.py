"""Under which conditions a run was made: enough to make it again, and to tell what two runs differ in."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.dataset import QuestionSet
from rag.types import Settings, to_plain

if TYPE_CHECKING:
    from rag.library import LibraryInfo


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a run was made; latencies compare only on the same machine."""

    system: str
    processor: str
    cpus: int
    memory_gb: float
    python: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """Set, library, settings and machine of a run."""

    set_name: str
    set_path: str
    set_sha256: str
    questions: int
    library: str
    library_id: str
    generation: int
    articles: int
    chunks: int
    encoder: str
    encoder_fingerprint: str
    chunker: str
    reader: str
    calibration: str
    version: str
    revision: str | None
    """Git revision of article-rag where it runs from a checkout, with "+" where files were changed."""
    settings: Settings
    machine: Machine
    started: str
    """UTC, ISO 8601."""
    index_chunks_per_second: float | None = None
    """How fast the library was embedded, where `rag eval --articles` built it."""
    dated: bool = False
    """Questions with a day were asked as on that day."""

    def differences(self, other: Conditions) -> list[str]:
        """What would make answers differ between the two, one line each."""
        return [
            f"{name} {_short(ours)}, now {_short(theirs)}"
            for name, ours, theirs in self._pairs(other)
            if ours != theirs
        ]

    def _pairs(self, other: Conditions) -> Iterator[tuple[str, Any, Any]]:
        told = ("set_sha256", "questions", "library_id", "generation", "encoder_fingerprint", "reader", "calibration")
        for name in (*told, "dated", "version", "revision"):
            yield name.replace("_", " "), getattr(self, name), getattr(other, name)
        for field in fields(Settings):
            yield field.name, getattr(self.settings, field.name), getattr(other.settings, field.name)


def describe(
    question_set: QuestionSet,
    questions: int,
    info: LibraryInfo,
    settings: Settings,
    *,
    index_chunks_per_second: float | None = None,
    dated: bool = True,
) -> Conditions:
    """The conditions of a run of so many questions that starts now."""
    return Conditions(
        set_name=question_set.name,
        set_path=str(question_set.path.resolve()),
        set_sha256=question_set.sha256,
        questions=questions,
        library=str(Path(info.path).resolve()),
        library_id=info.library,
        generation=info.generation,
        articles=info.articles,
        chunks=info.chunks,
        encoder=info.encoder_name,
        encoder_fingerprint=info.encoder,
        chunker=info.chunker,
        reader=info.reader,
        calibration=info.calibration,
        version=info.version,
        revision=revision(),
        settings=settings,
        machine=machine(),
        started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        index_chunks_per_second=index_chunks_per_second,
        dated=dated,
    )


def parse_conditions(text: str) -> Conditions:
    """The conditions that a run folder holds.  Raises ValueError, KeyError or TypeError for anything else."""
    plain = json.loads(text)
    plain["settings"] = Settings(**plain["settings"])
    plain["machine"] = Machine(**plain["machine"])
    for name in ("questions", "generation", "articles", "chunks"):
        if type(plain[name]) is not int:
            raise ValueError(f"{name} is {plain[name]!r}, expected a whole number")
    if not isinstance(plain.get("dated", False), bool):
        raise ValueError(f"dated is {plain['dated']!r}, expected true or false")
    for name in ("set_name", "library", "library_id", "encoder_fingerprint", "reader", "version", "started"):
        if not isinstance(plain[name], str):
            raise ValueError(f"{name} is {plain[name]!r}, expected a string")
    return Conditions(**plain)


def to_json(conditions: Conditions) -> dict[str, Any]:
    """What `parse_conditions` reads, as plain values."""
    plain: dict[str, Any] = to_plain(asdict(conditions))
    return plain


def machine() -> Machine:
    """This machine."""
    return Machine(
        platform.platform(), _processor(), os.cpu_count() or 1, round(_memory() / 2**30, 1), platform.python_version()
    )


def revision(folder: Path | None = None) -> str | None:
    """The git revision of the checkout in which `folder` (default: this package) lies, None where it is none."""
    place = folder or Path(__file__).parent
    head = _git(place, "rev-parse", "--short=12", "HEAD")
    # A package installed into some other project's environment lies in that project's checkout.
    if head is None or _git(place, "ls-files", "--error-unmatch", "run.py" if folder is None else ".") is None:
        return None
    return head + ("+" if _git(place, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}…"
