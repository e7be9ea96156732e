"""What `rag eval SET --library L` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

import rag
from eval.dataset import Question, load, sample
from eval.metrics import Summary, summarise
from eval.records import Record, failure
from eval.run import Answerer, RunSettings, check_free, describe, missing, run, write
from eval.show import show
from rag.errors import LoadError
from rag.types import to_plain


def evaluate(
    set_path: Path | str,
    library_path: Path | str,
    *,
    json_output: bool = False,
    out: Path | str | None = None,
    limit: int | None = None,
    console: Console | None = None,
) -> int:
    """Asks a set of a library, prints the figures on `console` and returns the exit status 0.

    `json_output` prints one JSON object instead of tables; `out` keeps the run in a new folder; `limit` asks
    that many questions, evenly spaced over the set.  Raises `RagError` where a file or the library cannot be
    used.
    """
    with rag.open(library_path) as library:
        return judge_library(library, set_path, json_output=json_output, out=out, limit=limit, console=console)


def judge_library(
    library: Answerer,
    set_path: Path | str,
    *,
    json_output: bool = False,
    out: Path | str | None = None,
    limit: int | None = None,
    console: Console | None = None,
) -> int:
    """`evaluate` for a library that is open."""
    console = console or Console()
    folder = None if out is None else Path(out)
    if folder is not None:
        check_free(folder)
    questions = sample(load(Path(set_path)), limit)
    absent = _check_gold(library, questions)
    if absent and not json_output:
        console.print(Text(f"Gold articles that are not in the library: {len(absent)} ({absent[0]} for one)."))
    settings = describe(library, Path(set_path), questions)
    records = _run(library, questions, console, quiet=json_output)
    summary = summarise(records)
    if folder is not None:
        write(folder, records, summary, settings)
    if json_output:
        console.out(_to_json(settings, summary, records, absent), highlight=False)
    else:
        show(console, summary, records)
    return 0


def _check_gold(library: Answerer, questions: Sequence[Question]) -> tuple[str, ...]:
    """The gold articles that are missing; raises `LoadError` where that is all of them."""
    absent = missing(library, questions)
    gold = {article for question in questions if question.answerable for article in question.articles}
    if gold and len(absent) == len(gold):
        raise LoadError(
            f"none of the {len(gold)} gold articles of this set is in the library {library.info.path} "
            f"({absent[0]} for one): index the articles that the set was made for, or open their library"
        )
    return absent


def _run(library: Answerer, questions: Sequence[Question], console: Console, *, quiet: bool) -> tuple[Record, ...]:
    with Progress(console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("Asking", total=len(questions))
        return run(library, questions, on_progress=lambda done, _: progress.update(task, completed=done))


def _to_json(settings: RunSettings, summary: Summary, records: Sequence[Record], absent: tuple[str, ...]) -> str:
    failed = [
        {"id": record.question_id, "question": record.question, "failure": kind}
        for record in records
        if (kind := failure(record)) is not None
    ]
    document = {
        "settings": to_plain(asdict(settings)),
        "summary": summary.to_dict(),
        "failures": failed,
        "missing_articles": list(absent),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
