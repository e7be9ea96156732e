"""Fit the calibration that is shipped (`rag/calibration.json`) on a set, asked of its articles and of parts of them.

    python -m bench.fit_calibration --set news-2024h2 --library LIBRARY [--write rag/calibration.json]

A calibration fitted on one large library refuses too much in a small one, where the closest passage is further off
by chance.  So small libraries are drawn from the set's articles; each is asked questions that it answers, and
as many that it does not: the set's unanswerable ones, and answerable ones whose articles were not drawn.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import rag
from eval.calibrate import fit
from eval.dataset import Question, load_set
from eval.records import Record
from eval.run import ask
from eval.text import contains
from index.sync import sync
from rag.calibration import SIGNALS
from rag.encoder import Encoder
from rag.library import Library
from rag.types import Settings

PARTS = ((15, 8, 6), (60, 5, 16), (250, 2, 50))
"""Articles of a part, how many such parts, and how many answerable questions each is asked."""
SEED = 5


def main() -> None:
    """Ask, fit, report; write with --write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    question_set = load_set(options.set)
    if question_set.articles is None:
        parser.error("the set must bring its articles")
    articles = _articles(question_set.articles)
    with rag.open(options.library) as library:
        whole = [ask(library, question, Settings()) for question in question_set.questions]
        parts = [record for part in _parts(articles, question_set.questions, library.encoder) for record in part]
        info = library.info
    for name, records in (("whole", whole), ("parts", parts), ("both", [*whole, *parts])):
        found = fit(records, encoder=info.encoder, fitted_on=question_set.name, version=info.version)
        print(f"{name}: {len(records)} questions, right {sum(r.has_answer for r in records) / len(records):.3f}")
        print("  ", dict(zip(SIGNALS, found.calibration.weights, strict=True)), found.calibration.bias)
        for figure, before in found.before.items():
            print(f"   {figure} {before.value:.3f} -> {found.after[figure].value:.3f}")
        for trade in found.trades[:9]:
            print(
                f"   at {trade.min_confidence:.2f}: answered {trade.coverage:.3f}, right of these "
                f"{trade.answer_precision.value:.3f}, accuracy {trade.accuracy.value:.3f}, "
                f"refusal F1 {trade.refusal_f1.value:.3f}"
            )
    if options.write:
        options.write.write_text(found.calibration.to_json(), "utf-8")


def _articles(path: Path) -> dict[str, dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


def _parts(
    articles: dict[str, dict[str, Any]], questions: Sequence[Question], encoder: Encoder
) -> Iterator[list[Record]]:
    drawing = random.Random(SEED)
    for size, count, asked in PARTS:
        for _ in range(count):
            chosen = drawing.sample([q for q in questions if q.answerable], asked)
            names: dict[str, None] = {}
            for question in chosen:
                names.update(dict.fromkeys(drawing.sample(question.articles, min(2, len(question.articles)))))
            names = dict.fromkeys(list(names)[:size])
            rest = [name for name in articles if name not in names]
            names.update(dict.fromkeys(drawing.sample(rest, max(size - len(names), 0))))
            here = [articles[name] for name in names]
            yield _ask(here, _questions(here, chosen, questions, drawing), encoder)


def _questions(
    here: list[dict[str, Any]], chosen: list[Question], questions: Sequence[Question], drawing: random.Random
) -> list[Question]:
    names = {row["id"] for row in here}
    texts = " \n ".join(row["text"] for row in here)
    kept = [replace(q, articles=tuple(a for a in q.articles if a in names)) for q in chosen]
    others = [
        replace(q, answers=(), articles=(), answerable=False)
        for q in questions
        if q not in chosen and not (q.answerable and contains(texts, q.answers))
    ]
    return [*(q for q in kept if q.articles), *drawing.sample(others, len(kept))]


def _ask(here: list[dict[str, Any]], questions: list[Question], encoder: Encoder) -> list[Record]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "articles.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in here), "utf-8")
        sync([path], Path(folder) / "library", encoder=encoder)
        with Library(Path(folder) / "library", encoder=encoder) as library:
            return [ask(library, question, Settings()) for question in questions]


if __name__ == "__main__":
    main()
