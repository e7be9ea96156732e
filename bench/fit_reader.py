"""Fit what puts a reader's scores together: `python -m bench.fit_reader LIBRARY QUESTIONS [--write]`.

LIBRARY holds the articles of QUESTIONS (JSON lines as `rag eval` reads them).  Conditional logistic models: which of
the chunks found holds a gold answer in a gold article, before reading, after it, and once there are answers; and which
of the spans proposed is a gold answer.
Cross-validated figures are printed; the weights of all questions go into `rag/weights.py` with `--write`.
"""

from __future__ import annotations

import argparse
import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from rich.progress import track
from scipy.optimize import minimize

import rag
from eval.dataset import Question, load_set
from eval.text import contains
from rag.answer import inquire
from rag.around import entitled
from rag.attest import Witnesses
from rag.encoder import Vectors
from rag.pairs import heading, log_softmax
from rag.read import (
    CHUNK_FEATURES,
    FOUND_FEATURES,
    ORDER_FEATURES,
    SPAN_FEATURES,
    STUDIED,
    Group,
    Proposal,
    among_chunks,
    chunk_rows,
    found_rows,
    grouped,
    promising,
    span_rows,
    with_unread,
)
from rag.retrieve import Found, rank, single
from rag.same import key, same
from rag.scoring import Scored, load_scorer
from rag.types import Filters, Provenance, Settings, Span

FOLDS = 5


@dataclass(frozen=True)
class Prior:
    """Weights that are taken where the questions say nothing else, and how much it takes to leave them.

    `strength` is the L2 penalty on distances of standardised weights, in questions; the weight at `held` stays.
    """

    weights: tuple[float, ...]
    strength: float
    held: int | None = None


# A model of probabilities is taken at its word: log P(span | passage) + log P(passage).  A few hundred questions whose
# gold strings also stand in other places would have it trusted less, and in small libraries that is wrong.
FOUND_PRIOR = Prior((1.0, 0.5, 1.0, 1.0, 1.0), 5.0)
CHUNK_PRIOR = Prior((1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.0, 0.1), 20.0)
SPAN_PRIOR = Prior(
    (1.0, 1.0, 0.3, 1.0, -1.0, 0.0, 4.0, -1.0, 1.0, 0.2, 0.0, 1.0, 1.0), 20.0, held=SPAN_FEATURES.index("brief")
)
ORDER_PRIOR = Prior((1.0, 1.0), 10.0)


@dataclass
class Case:
    """A question with the chunks found for it, all of them read; `chosen` are those that would be."""

    question: Question
    found: tuple[Found, ...]
    scored: list[Scored]
    chunks: Vectors
    hits: np.ndarray
    spans: list[Proposal]
    rows: Vectors
    chosen: list[int] = field(default_factory=list)

    @property
    def known(self) -> Vectors:
        """What was known before reading."""
        return self.chunks[:, : len(FOUND_FEATURES)]


def collect(library: Path, questions: Sequence[Question]) -> list[Case]:
    """Every question, retrieved as of the day it was asked, and read."""
    scorer = load_scorer()
    settings = Settings()
    cases: list[Case] = []
    with rag.open(library) as opened:
        snapshot, encoder = opened.snapshot, opened.encoder
        for question in track(questions, description="reading"):
            filters = Filters(as_of=question.asked)
            ranking = rank(snapshot, encoder, question.question, settings, filters)
            found = single(snapshot, ranking, settings.read)
            inquiry = inquire(snapshot, question.question, ranking, _provenance(filters, settings))
            passages = [one.passage for one in found]
            scored = scorer.score(question.question, [(heading(p.title, p.published), p.text) for p in passages])
            hits = [p.article_id in question.articles and contains(p.text, question.answers) for p in passages]
            rows = chunk_rows(found_rows(inquiry, found), scored)
            spans, table = span_rows(inquiry, found, scored, np.zeros(len(found), np.float32))
            cases.append(Case(question, found, scored, rows, np.array(hits, bool), spans, table))
    return cases


def _provenance(filters: Filters, settings: Settings) -> Provenance:
    return Provenance("", 0, "", "", settings, filters, as_of=filters.as_of)


def fit(groups: Sequence[tuple[Vectors, np.ndarray]], prior: Prior) -> Vectors:
    """Weights that maximise the likelihood that a choice among each group's rows falls on a right one."""
    usable = [(rows, right) for rows, right in groups if right.any() and not right.all()]
    stacked, rights = np.concatenate([rows for rows, _ in usable]), np.concatenate([right for _, right in usable])
    scale = np.maximum(stacked.std(axis=0), 1e-6)
    rows, centre = stacked / scale, np.array(prior.weights) * scale
    sizes = [len(right) for _, right in usable]
    starts, owner = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)

    free = np.ones(len(centre))
    if prior.held is not None:
        free[prior.held] = 0.0

    def loss(weights: Vectors) -> tuple[float, Vectors]:
        scores = rows @ weights
        chances = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        chances /= np.add.reduceat(chances, starts)[owner]
        mine = np.maximum(np.add.reduceat(np.where(rights, chances, 0.0), starts), 1e-12)
        posterior = np.where(rights, chances / mine[owner], 0.0)
        away = weights - centre
        return (
            prior.strength * float(away @ away) / 2 - float(np.log(mine).sum()),
            (prior.strength * away - rows.T @ (posterior - chances)) * free,
        )

    found = minimize(loss, centre, jac=True, method="L-BFGS-B")
    return np.asarray(found.x / scale, np.float32)


def cross_validated(
    cases: Sequence[Case], groups: Callable[[Case], tuple[Vectors, np.ndarray]], prior: Prior
) -> tuple[list[Vectors], Vectors]:
    """Each case's scores by a model that has not seen it, and the weights of all."""
    every = [groups(case) for case in cases]
    fold = np.random.default_rng(0).permutation(len(cases)) % FOLDS
    models = [fit([g for g, f in zip(every, fold, strict=True) if f != k], prior) for k in range(FOLDS)]
    return [rows @ models[f] for (rows, _), f in zip(every, fold, strict=True)], fit(every, prior)


def span_right(case: Case) -> np.ndarray:
    """Which spans are a gold answer; where none is, which stand in a sentence with one."""
    golds = case.question.answers
    exact = [contains(one.text, golds) or any(same(key(one.text), key(gold)) for gold in golds) for one in case.spans]
    exact = [e and contains(one.quote, golds) for e, one in zip(exact, case.spans, strict=True)]
    loose = [contains(one.quote, golds) for one in case.spans]
    return np.array(exact if any(exact) else loose, bool)


def placed(case: Case, scores: Vectors) -> Vectors:
    """The rows of spans among chunks with these scores."""
    return among_chunks(case.spans, case.rows, case.found, scores, witnesses(case))


def witnesses(case: Case) -> Witnesses:
    return Witnesses(case.question.question, case.found, case.chosen)


def answered(case: Case, scores: Vectors) -> list[Group]:
    """The answers of a case, best first, by the scores of its spans."""
    chances = np.exp(log_softmax(scores)) if case.spans else scores
    weighed = [replace(one, weight=float(chance)) for one, chance in zip(case.spans, chances, strict=True)]
    return grouped(weighed, case.found)


def order_rows(case: Case, scores: Vectors, groups: Sequence[Group]) -> Vectors:
    """(chunks read, len(ORDER_FEATURES)) from the scores of the chunks that were read."""
    backed = witnesses(case).backed([(group.best.text, group.weight) for group in groups], len(case.found))
    return np.stack([scores, backed[case.chosen]], axis=1)


def narrowed(case: Case, chosen: list[int]) -> Case:
    """The case with the spans of the chunks that would be read."""
    mine = [i for i, one in enumerate(case.spans) if one.place in chosen]
    return replace(case, chosen=chosen, spans=[case.spans[i] for i in mine], rows=case.rows[mine])


def hit_rate(cases: Sequence[Case], scores: Sequence[Vectors], k: int) -> float:
    """Share of questions with a hit among the k best chunks."""
    return float(
        np.mean([case.hits[np.argsort(-s, kind="stable")][:k].any() for case, s in zip(cases, scores, strict=True)])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--keep", type=Path, help="keep what was read in this pickle and use it again")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    questions = [question for question in load_set(given.questions).questions if question.answerable]
    if given.keep and given.keep.exists():
        wanted = {question.id for question in questions}
        kept = pickle.loads(given.keep.read_bytes())  # noqa: S301 - our own file
        cases = [case for case in kept if case.question.id in wanted]
    else:
        cases = collect(given.library, questions)
        if given.keep:
            given.keep.write_bytes(pickle.dumps(cases))
    promise, found_weights = cross_validated(cases, lambda case: (case.known, case.hits), FOUND_PRIOR)
    cases = [narrowed(case, promising(one)) for case, one in zip(cases, promise, strict=True)]
    read_scores, chunk_weights = cross_validated(
        cases, lambda case: (case.chunks[case.chosen], case.hits[case.chosen]), CHUNK_PRIOR
    )
    chunk_scores = [
        with_unread(one, case.chosen, scores) for case, one, scores in zip(cases, promise, read_scores, strict=True)
    ]
    rows = {id(case): placed(case, scores) for case, scores in zip(cases, chunk_scores, strict=True)}
    rights = {id(case): span_right(case) for case in cases}
    span_scores, span_weights = cross_validated(cases, lambda case: (rows[id(case)], rights[id(case)]), SPAN_PRIOR)
    groups = [answered(case, scores) for case, scores in zip(cases, span_scores, strict=True)]
    ordered = {
        id(case): order_rows(case, scores, made) for case, scores, made in zip(cases, read_scores, groups, strict=True)
    }
    order_scores, order_weights = cross_validated(
        cases, lambda case: (ordered[id(case)], case.hits[case.chosen]), ORDER_PRIOR
    )
    last_scores = [
        with_unread(one, case.chosen, scores) for case, one, scores in zip(cases, promise, order_scores, strict=True)
    ]
    fused = [case.chunks[:, 0] for case in cases]
    for k in (1, 3, 5, 10, STUDIED, 30):
        told = [f"{hit_rate(cases, scores, k):.3f}" for scores in (fused, promise, chunk_scores, last_scores)]
        print(f"hit@{k:<3} fused {told[0]}  before reading {told[1]}  after {told[2]}  once answered {told[3]}")
    golds = [case.question.answers for case in cases]
    spans = [case.spans[int(np.argmax(s))] if case.spans else None for case, s in zip(cases, span_scores, strict=True)]
    bests = [made[0].fullest if made else None for made in groups]
    for name, chosen in (("span", spans), ("group", bests)):
        right = [
            (contains(one.quote, gold), contains(shown(one), gold)) if one else (False, False)
            for one, gold in zip(chosen, golds, strict=True)
        ]
        quoted, short = np.mean(right, axis=0)
        print(f"best {name}: quote {quoted:.3f} short {short:.3f}")
    print(f"any span right {np.mean([contains_any(c) for c in cases]):.3f}")
    fitted = {
        "FOUND": (FOUND_FEATURES, found_weights), "CHUNK": (CHUNK_FEATURES, chunk_weights),
        "SPAN": (SPAN_FEATURES, span_weights), "ORDER": (ORDER_FEATURES, order_weights),
    }  # fmt: skip
    for name, (features, weights) in fitted.items():
        told = [f"{feature} {weight:.3f}" for feature, weight in zip(features, weights.tolist(), strict=True)]
        print(f"{name.lower()}: {', '.join(told)}")
    if given.write:
        write({f"{name}_WEIGHTS": weights for name, (_, weights) in fitted.items()})


def shown(one: Proposal) -> str:
    """The short answer of a proposal."""
    inner = Span(one.span.start - one.sentence.start, one.span.end - one.sentence.start)
    start, end = entitled(one.quote, inner, Span(0, len(one.quote)))
    return one.quote[start:end]


def contains_any(case: Case) -> bool:
    """Whether a gold answer stands in the sentence of any span."""
    return any(contains(one.quote, case.question.answers) for one in case.spans)


def write(fitted: dict[str, Vectors]) -> None:
    """Put the weights into `rag/weights.py`."""
    path = Path(rag.__file__).with_name("weights.py")
    text = path.read_text("utf-8")
    for name, weights in fitted.items():
        told = ", ".join(f"{weight:.3f}" for weight in weights.tolist())
        text = re.sub(rf"{name} = np\.array\(\s*\[[^\]]*\]", f"{name} = np.array([{told}]", text)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
