"""hit@k, MRR@10 and latency of our hybrid, dense-only and BM25-only on the same chunks, and peers' lexical engines.

    python -m bench.retrieval --library LIBRARY --questions FILE [--peers]

A hit is a chunk of a gold article that contains an answer string.  `--peers` adds SQLite FTS5 (and bm25s, where it is
installed) over the same titles and chunks.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import rag
from eval.dataset import Question, load
from eval.text import contains
from rag.retrieve import rank
from rag.snapshot import Snapshot
from rag.types import Filters, Settings

DEPTH = 100
SYSTEMS = {
    "hybrid (ours)": Settings(),
    "dense only": Settings(lexical_weight=0.0),
    "BM25 only (ours)": Settings(dense_weight=0.0),
}


class Judge:
    """Whether a chunk is a hit for a question; texts are read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.columns = snapshot.columns
        self._snapshot = snapshot
        self._articles: dict[int, tuple[str, str]] = {}

    def article(self, index: int) -> tuple[str, str]:
        """Title and text."""
        if index not in self._articles:
            found = self._snapshot.store.article(int(self.columns.article_row[index]))
            self._articles[index] = (found.title, found.text)
        return self._articles[index]

    def chunk(self, position: int) -> str:
        """The text of a chunk."""
        text = self.article(int(self.columns.chunk_article[position]))[1]
        return text[int(self.columns.start[position]) : int(self.columns.end[position])]

    def first_hit(self, question: Question, positions: Sequence[int]) -> int:
        """Rank of the first hit, from 1; a large number if there is none."""
        for place, position in enumerate(positions[:DEPTH], start=1):
            owner = str(self.columns.article_id[self.columns.chunk_article[position]])
            if owner in question.articles and contains(self.chunk(position), question.answers):
                return place
        return 10**9


def main() -> None:
    """Print one line a system."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    questions = [question for question in load(options.questions) if question.answerable]
    with rag.open(options.library) as library:
        snapshot, encoder = library.snapshot, library.encoder
        judge = Judge(snapshot)
        for name, settings in SYSTEMS.items():
            rankings = [rank(snapshot, encoder, q.question, settings, Filters()) for q in questions]
            _report(name, judge, questions, [list(map(int, r.positions)) for r in rankings])
            stages = ("encode", "dense", "lexical", "fuse")
            spread = {stage: np.percentile([getattr(r.timings, stage) for r in rankings], (50, 95)) for stage in stages}
            print("    " + ", ".join(f"{stage} p50 {a:.1f} p95 {b:.1f} ms" for stage, (a, b) in spread.items()))
        if options.peers:
            for name, search in _peers(judge).items():
                start = time.perf_counter()
                found = [search(question.question) for question in questions]
                took = (time.perf_counter() - start) / len(questions) * 1e3
                _report(f"{name} ({took:.1f} ms)", judge, questions, found)


def _report(name: str, judge: Judge, questions: Sequence[Question], found: Sequence[Sequence[int]]) -> None:
    ranks = np.array([judge.first_hit(q, positions) for q, positions in zip(questions, found, strict=True)])
    hits = "  ".join(f"hit@{k} {np.mean(ranks <= k):.3f}" for k in (1, 5, 10, 20, 50, 100))
    mrr = np.where(ranks <= 10, 1 / ranks, 0).mean()
    print(f"{name:28} {hits}  MRR@10 {mrr:.3f}", flush=True)


def _peers(judge: Judge) -> dict[str, Callable[[str], list[int]]]:
    count = len(judge.columns.chunk_row)
    titles = [judge.article(int(index))[0] for index in judge.columns.chunk_article]
    bodies = [judge.chunk(position) for position in range(count)]
    peers: dict[str, Callable[[str], list[int]]] = {"SQLite FTS5 (porter)": _fts5(titles, bodies)}
    if find_spec("bm25s"):
        peers["bm25s"] = _bm25s([f"{title}\n{body}" for title, body in zip(titles, bodies, strict=True)])
    return peers


def _fts5(titles: Sequence[str], bodies: Sequence[str]) -> Callable[[str], list[int]]:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize = 'porter unicode61')")
    rows = zip(range(len(bodies)), titles, bodies, strict=True)
    database.executemany("INSERT INTO f (rowid, title, body) VALUES (?, ?, ?)", rows)

    def search(question: str) -> list[int]:
        words = dict.fromkeys(re.findall(r"\w+", question.lower()))
        match = " OR ".join(f'"{word}"' for word in words)
        found = database.execute(f"SELECT rowid FROM f WHERE f MATCH ? ORDER BY bm25(f) LIMIT {DEPTH}", (match,))
        return [int(row[0]) for row in found]

    return search


def _bm25s(texts: list[str]) -> Callable[[str], list[int]]:
    import bm25s

    def tokens(batch: list[str]) -> Any:
        return bm25s.tokenize(batch, stopwords="en", show_progress=False)

    index = bm25s.BM25()
    index.index(tokens(texts), show_progress=False)

    def search(question: str) -> list[int]:
        found, _ = index.retrieve(tokens([question]), k=DEPTH, show_progress=False)
        return [int(position) for position in found[0]]

    return search


if __name__ == "__main__":
    main()
