"""Fit the weights of the extractive reader (`rag/weights.py`) and report what they give, cross-validated.

    python -m bench.fit_reader --library LIBRARY --questions news.questions.jsonl --reader squad.jsonl.gz ...

The library holds the articles of the questions.  Reader files have the fields question, context, answer, start.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

import rag
from eval.dataset import Question
from eval.dataset import load as load_questions
from eval.text import contains
from rag.answer import inquire
from rag.encoder import Encoder
from rag.library import Library
from rag.read import FEATURES, Asked, ExtractiveReader, Inquiry, candidates, judge_features, within_budget
from rag.retrieve import content_terms, merged, rank
from rag.snapshot import Snapshot
from rag.types import Article, Filters, Passage, Settings

Floats = npt.NDArray[np.float64]
RANKING = tuple(name for name in FEATURES if name != "names")
"""`names` only judges: in ranking it repeats `context`."""
L2 = 0.01
PER_FILE = 600


@dataclass(frozen=True)
class Group:
    """The candidates of one question: features, and which of them hold the answer."""

    features: Floats
    right: npt.NDArray[np.bool_]
    answerable: bool = True


def main() -> None:
    """Extract, fit, report, print the constants."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--reader", type=Path, nargs="*", default=[])
    parser.add_argument("--check", nargs=2, type=Path, metavar=("LIBRARY", "QUESTIONS"), help="scored, not fitted")
    options = parser.parse_args()
    with rag.open(options.library) as library:
        news = _news(library, load_questions(options.questions))
        reading = [_reading(library, path) for path in options.reader]
    answerable = [group for group in news if group.answerable]
    with_answer = [[group for group in groups if group.answerable] for groups in reading]
    weighted = [(answerable, 1.0)] + [(groups, 1.0 / (1 + index)) for index, groups in enumerate(with_answer)]
    weights = fit_ranking(weighted)
    print(
        f"reach {np.mean([g.right.any() for g in answerable]):.3f}, "
        f"first sentence right {_first(answerable, weights):.3f}"
    )
    print(f"first sentence right, cross-validated {_cross_validated(answerable, weighted[1:]):.3f}")
    for path, groups in zip(options.reader, with_answer, strict=True):
        print(f"{path.name}: first sentence right {_first(groups, weights):.3f}")
    judge = fit_judge([news, *reading], weights)
    for name, groups in zip(["news", *(path.name for path in options.reader)], [news, *reading], strict=True):
        _report_judge(name, groups, weights, judge)
    if options.check:
        with rag.open(options.check[0]) as library:
            checked = _news(library, load_questions(options.check[1]))
        print(f"check: first sentence right {_first([g for g in checked if g.answerable], weights):.3f}")
        _report_judge("check", checked, weights, judge)
    print("RANK_WEIGHTS =", np.round(weights, 4).tolist())
    print("JUDGE_WEIGHTS =", np.round(judge.coef_[0], 4).tolist())
    print("JUDGE_BIAS =", round(float(judge.intercept_[0]), 4))


def _news(library: Library, questions: tuple[Question, ...]) -> list[Group]:
    snapshot, encoder, reader = library.snapshot, library.encoder, ExtractiveReader()
    groups = []
    for question in questions:
        ranking = rank(snapshot, encoder, question.question, Settings(), Filters())
        found = merged(snapshot, ranking, Settings().passages)
        passages = [one.passage for one in found]
        asked = Asked(inquire(snapshot, question.question, ranking.vector, ranking.terms))
        sentences, rows = asked.glance(candidates(passages, [one.article for one in found]), passages)
        features, _ = reader.features(asked, sentences, rows, passages, encoder)
        right = [
            question.answerable
            and passages[s.passage].article_id in question.articles
            and contains(s.text, question.answers)
            for s in sentences
        ]
        groups.append(Group(features.astype(float), np.array(right, bool), question.answerable))
    return groups


def _reading(library: Library, path: Path) -> list[Group]:
    """Paragraphs of a question-answering set, a third of them without an answer: the one passage is the paragraph."""
    snapshot, encoder, reader = library.snapshot, library.encoder, ExtractiveReader()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(1).shuffle(rows)
    left = {True: PER_FILE, False: PER_FILE // 2}
    groups: list[Group] = []
    for row in rows:
        answerable = row["answer"] is not None
        if not left[answerable]:
            continue
        article = Article("x", "", row["context"])
        inquiry = _plain_inquiry(snapshot, encoder, row["question"])
        near = encoder.encode_passages(within_budget([article.text], encoder))[0] @ inquiry.vector
        passage = Passage("x", "", None, None, None, 0, len(article.text), article.text, 1.0, float(near), 1.0)
        asked = Asked(inquiry)
        sentences, known = asked.glance(candidates([passage], [article]), [passage])
        right = np.array([answerable and s.span.start <= row["start"] < s.span.end for s in sentences], bool)
        if len(sentences) < 3 or (answerable and not right.any()) or not inquiry.terms:
            continue
        features, _ = reader.features(asked, sentences, known, [passage], encoder)
        groups.append(Group(features.astype(float), right, answerable))
        left[answerable] -= 1
    return groups


def _plain_inquiry(snapshot: Snapshot, encoder: Encoder, question: str) -> Inquiry:
    return inquire(snapshot, question, encoder.encode_query(question), content_terms(snapshot, question))


def _columns(group: Group) -> Floats:
    return group.features[:, [FEATURES.index(name) for name in RANKING]]


def fit_ranking(weighted: list[tuple[list[Group], float]]) -> Floats:
    """Weights over FEATURES that maximise the likelihood of a right sentence under a softmax over candidates."""
    rows = [
        (_columns(g), g.right, weight / len(groups)) for groups, weight in weighted for g in groups if g.right.any()
    ]
    every = np.concatenate([features for features, _, _ in rows])
    mean, spread = every.mean(axis=0), every.std(axis=0) + 1e-6
    total = sum(weight for _, _, weight in rows)

    def loss(w: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, np.zeros_like(w)
        for features, right, weight in rows:
            scaled = (features - mean) / spread
            scores = scaled @ w
            share = np.exp(scores - scores.max())
            share /= share.sum()
            mass = (share * right).sum() + 1e-12
            value -= weight * np.log(mass)
            slope -= weight * (scaled.T @ (share * right / mass - share))
        return value / total + L2 * (w @ w) / 2, slope / total + L2 * w

    found = minimize(loss, np.zeros(len(RANKING)), jac=True, method="L-BFGS-B").x / spread
    weights = np.zeros(len(FEATURES))
    weights[[FEATURES.index(name) for name in RANKING]] = found
    return weights


def _first(groups: list[Group], weights: Floats) -> float:
    """How often the best sentence holds the answer."""
    return float(np.mean([len(g.right) > 0 and g.right[np.argmax(g.features @ weights)] for g in groups]))


def _cross_validated(groups: list[Group], others: list[tuple[list[Group], float]]) -> float:
    found = []
    for train, test in KFold(5, shuffle=True, random_state=0).split(groups):
        weights = fit_ranking([([groups[i] for i in train], 1.0), *others])
        found.append(_first([groups[i] for i in test], weights))
    return float(np.mean(found))


def _judged(groups: list[Group], weights: Floats) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Judge features of each question's best sentence, whether it is right, and whether the question has an answer."""
    rows, right = [], []
    for group in groups:
        if not len(group.right):
            continue
        judged, scores = judge_features(group.features, weights)
        best = int(np.argmax(scores))
        rows.append(judged[best])
        right.append(group.right[best])
    return np.array(rows), np.array(right, bool), np.array([g.answerable for g in groups if len(g.right)], bool)


def fit_judge(sets: list[list[Group]], weights: Floats) -> LogisticRegression:
    """How likely the passages answer the question, judged by their best sentence; each set counts the same."""
    parts = [_judged(groups, weights) for groups in sets]
    rows = np.concatenate([rows for rows, _, _ in parts])
    answerable = np.concatenate([answerable for _, _, answerable in parts])
    # Within a set, questions with and without an answer count the same: whether one has is what is asked.
    share = np.concatenate(
        [np.where(own, 0.5 / own.sum(), 0.5 / (~own).sum()) * len(rows) / len(parts) for _, _, own in parts]
    )
    model = LogisticRegression(C=1.0, max_iter=5_000)
    news = len(parts[0][0])
    guesses = np.zeros(news)
    for train, test in KFold(5, shuffle=True, random_state=0).split(np.arange(news)):
        kept = np.concatenate([train, np.arange(news, len(rows))])
        model.fit(rows[kept], answerable[kept], sample_weight=share[kept])
        guesses[test] = model.predict_proba(rows[test])[:, 1]
    print(f"judge on news, cross-validated: AUROC answerable {roc_auc_score(answerable[:news], guesses):.3f}")
    return model.fit(rows, answerable, sample_weight=share)


def _report_judge(name: str, groups: list[Group], weights: Floats, judge: LogisticRegression) -> None:
    rows, right, answerable = _judged(groups, weights)
    guesses = judge.predict_proba(rows)[:, 1]
    print(
        f"{name}: AUROC right {roc_auc_score(right, guesses):.3f}, answerable {roc_auc_score(answerable, guesses):.3f}"
    )
    for least in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        said = guesses >= least
        print(
            f"  at {least:.2f}: answered {said[answerable].mean():.2f} of answerable, {said[~answerable].mean():.2f} "
            f"of the rest; right of answered {right[said].mean() if said.any() else float('nan'):.2f}"
        )


if __name__ == "__main__":
    main()
