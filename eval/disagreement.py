"""Do answers show where sources differ, and only there?  `rag eval disagreement` on cases of a few articles each.

A set is JSON lines: `id`, `question`, `conflict`, `answers` (for each side the wordings that are right), `why`, and
`articles` (`id`, `title`, `source`, `published`, `text`).  The articles of all cases make one library.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.interval import Estimate, estimate, resamples
from eval.metrics import Row
from eval.statistic import ratio
from eval.text import contains
from rag.errors import LoadError
from rag.library import Library
from rag.types import Answer

SET = Path(__file__).parent / "sets" / "disagreement.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """A question on which the articles differ or do not; `answers` has the wordings of each side."""

    id: str
    question: str
    conflict: bool
    answers: tuple[tuple[str, ...], ...]
    why: str
    articles: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """How a case was answered: whether sides were shown, how many gold sides stand in them, whether it is all right."""

    case: Case
    answer: Answer
    shown: bool
    met: int

    @property
    def right(self) -> bool:
        """Every side of a conflict is shown; without one the answer is given and none is made up."""
        return self.shown == self.case.conflict and self.met == len(self.case.answers)


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file.  Raises LoadError, naming the line."""
    found: list[Case] = []
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{path} cannot be read ({error})") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            answers = tuple(tuple(side) for side in row["answers"])
            if not all(isinstance(side, list) and all(isinstance(w, str) for w in side) for side in row["answers"]):
                raise ValueError("`answers` is a list of lists of strings, one for each side")
            if not isinstance(row["conflict"], bool) or len(answers) < 1 + row["conflict"] or not row["articles"]:
                raise ValueError("it needs `conflict`, `articles`, and the answers of each side")
            texts = (str(row["id"]), str(row["question"]), row["conflict"], answers, str(row.get("why", "")))
            found.append(Case(*texts, tuple({**article} for article in row["articles"])))
        except (ValueError, KeyError, TypeError) as error:
            raise LoadError(f"{path}, line {number}: found no case ({error!r})") from None
    if not found:
        raise LoadError(f"{path} holds no case")
    return tuple(found)


def judge_cases(cases: Sequence[Case]) -> tuple[Told, ...]:
    """Every case asked of one library of all their articles, which is made for it."""
    from index.sync import sync
    from rag.encoder import load_encoder

    with tempfile.TemporaryDirectory(prefix="article-rag-") as work:
        articles = Path(work, "articles.jsonl")
        rows = [json.dumps(article, ensure_ascii=False) for case in cases for article in case.articles]
        articles.write_text("".join(f"{row}\n" for row in rows), "utf-8")
        folder = Path(work, "library")
        encoder = load_encoder()
        sync([articles], folder, encoder=encoder)
        with Library(folder, encoder=encoder) as library:
            return tuple(_judged(case, library.ask(case.question)) for case in cases)


def _judged(case: Case, answer: Answer) -> Told:
    if answer.sides:
        told = [f"{side.short.text} {answer.citations[side.citations[0] - 1].quote}" for side in answer.sides]
    else:
        told = [" ".join([answer.short.text if answer.short else "", *(one.quote for one in answer.citations[:1])])]
    met = sum(any(contains(text, side) for text in told) for side in case.answers)
    return Told(case, answer, bool(answer.sides), met)


def figures(judged: Sequence[Told]) -> dict[str, Estimate]:
    """Precision and recall of "the sources differ", how often each case is right, and how often all sides are shown."""
    rows: dict[str, list[Row]] = {
        "precision": [(float(v.shown and v.case.conflict), float(v.shown)) for v in judged],
        "recall": [(float(v.shown and v.case.conflict), float(v.case.conflict)) for v in judged],
        "all sides shown": [(float(v.right), float(v.case.conflict)) if v.case.conflict else (0, 0) for v in judged],
        "no false alarm": [(float(not v.shown), 1.0) if not v.case.conflict else (0, 0) for v in judged],
        "right": [(float(v.right), 1.0) for v in judged],
    }
    import numpy as np

    weights = resamples(len(judged))
    return {name: estimate(np.array(found, np.float64), ratio, weights) for name, found in rows.items()}
