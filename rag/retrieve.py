"""Question to passages: dense and lexical search, fused, with neighbouring chunks of an article merged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.dense import Positions
from rag.encoder import Encoder, Vectors
from rag.errors import QuestionError
from rag.snapshot import Snapshot
from rag.stopwords import STOPWORDS
from rag.types import Article, Filters, Passage, RankedChunk, Settings, Timings

MERGE_GAP = 3
"""Characters that may lie between two chunks of one article for them to be one passage."""
MERGE_CHARS = 3_000
"""Neighbours that only touch are not joined into a passage longer than this."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chunks in fused order: positions in the columns, fused scores, and each retriever's own score (nan: absent)."""

    positions: Positions
    scores: Vectors
    dense: Vectors
    lexical: Vectors
    vector: Vectors
    terms: tuple[str, ...]
    timings: Timings


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its whole article and the row from which the store gives that article again."""

    passage: Passage
    article: Article
    row: int


def content_terms(snapshot: Snapshot, text: str) -> tuple[str, ...]:
    """The index terms of a question without stop words, in order, each once."""
    words = [word for word in snapshot.lexical.terms(text) if word not in STOPWORDS]
    return tuple(dict.fromkeys(words))


def rank(snapshot: Snapshot, encoder: Encoder, question: str, settings: Settings, filters: Filters) -> Ranking:
    """Fuse the `settings.candidates` best chunks of each retriever by reciprocal rank, weighted.

    Raises QuestionError for a question of stop words only.
    """
    terms = content_terms(snapshot, question)
    if not terms:
        raise QuestionError(f"The question {question!r} holds only common words; add the names or things it is about.")
    clock = _Clock()
    query = encoder.encode_query(question)
    clock.lap("encode")
    k = settings.candidates
    allowed = snapshot.columns.mask(filters)
    dense, cosines = snapshot.dense.search(query, k, allowed)
    clock.lap("dense")
    # All words are searched, stop words too: their BM25 weight is small, and they keep names such as "The Who".
    every = snapshot.lexical.terms(question)
    rows, bm25 = snapshot.lexical.search(every, k, filters, _article_rows(snapshot, filters))
    lexical = np.searchsorted(snapshot.columns.chunk_row, rows)
    clock.lap("lexical")
    positions, scores = _fuse(dense, lexical, settings)
    ranking = Ranking(
        positions,
        scores,
        _aligned(positions, dense, cosines),
        _aligned(positions, lexical, bm25),
        query,
        terms,
        Timings(),
    )
    clock.lap("fuse")
    return replace(ranking, timings=Timings(**clock.laps))


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1e3
        self._last = now


def _article_rows(snapshot: Snapshot, filters: Filters) -> list[int]:
    if not filters.articles:
        return []
    wanted = np.isin(snapshot.columns.article_id, filters.articles)
    return [int(row) for row in snapshot.columns.article_row[wanted]]


def _fuse(dense: Positions, lexical: Positions, settings: Settings) -> tuple[Positions, Vectors]:
    fused: dict[int, float] = {}
    for positions, weight in ((dense, settings.dense_weight), (lexical, settings.lexical_weight)):
        for place, position in enumerate(positions.tolist(), start=1):
            fused[position] = fused.get(position, 0.0) + weight / (settings.rrf_k + place)
    order = sorted(fused, key=lambda position: (-fused[position], position))
    return np.array(order, np.int64), np.array([fused[p] for p in order], np.float32)


def _aligned(positions: Positions, found: Positions, scores: Vectors) -> Vectors:
    known = dict(zip(found.tolist(), scores.tolist(), strict=True))
    return np.array([known.get(position, np.nan) for position in positions.tolist()], np.float32)


def reordered(ranking: Ranking, order: Sequence[int]) -> Ranking:
    """The ranking with its first chunks in another order; each keeps its fused score."""
    places = np.concatenate([np.array(order, np.int64), np.arange(len(order), len(ranking.positions))])
    return replace(
        ranking, positions=ranking.positions[places], scores=ranking.scores[places], dense=ranking.dense[places],
        lexical=ranking.lexical[places],
    )  # fmt: skip


def merged(snapshot: Snapshot, ranking: Ranking, k: int) -> tuple[Found, ...]:
    """The k best passages: chunks in rank order, those of an article that overlap or touch joined into one."""
    groups: list[list[int]] = []
    for place in range(len(ranking.positions)):
        touching = [group for group in groups if _touches(snapshot, ranking, group, place)]
        if touching:
            touching[0].append(place)
            for other in touching[1:]:
                touching[0].extend(other)
                groups.remove(other)
        elif len(groups) < k:
            groups.append([place])
        elif place >= 4 * k:
            break
    return tuple(_found(snapshot, ranking, group) for group in groups)


def _touches(snapshot: Snapshot, ranking: Ranking, group: list[int], place: int) -> bool:
    """Whether a chunk overlaps a group of its article, or lies beside one that is not long yet."""
    columns = snapshot.columns
    mine, other = ranking.positions[group], int(ranking.positions[place])
    if columns.chunk_article[mine[0]] != columns.chunk_article[other]:
        return False
    first, last = int(columns.start[mine].min()), int(columns.end[mine].max())
    start, end = int(columns.start[other]), int(columns.end[other])
    if start < last and first < end:
        return True
    beside = start <= last + MERGE_GAP and first <= end + MERGE_GAP
    return beside and max(last, end) - min(first, start) <= MERGE_CHARS


def single(snapshot: Snapshot, ranking: Ranking, k: int) -> tuple[Found, ...]:
    """The k best chunks, each a passage of its own."""
    count = min(k, len(ranking.positions))
    return tuple(_found(snapshot, ranking, [place]) for place in range(count))


def ranked(snapshot: Snapshot, ranking: Ranking, k: int) -> tuple[RankedChunk, ...]:
    """Where the k best chunks are, without their texts."""
    columns, positions = snapshot.columns, ranking.positions[:k]
    names = columns.article_id[columns.chunk_article[positions]].tolist()
    starts, ends = columns.start[positions].tolist(), columns.end[positions].tolist()
    return tuple(map(RankedChunk, names, starts, ends, ranking.scores[:k].tolist()))


def _found(snapshot: Snapshot, ranking: Ranking, group: list[int]) -> Found:
    columns = snapshot.columns
    positions = ranking.positions[group]
    row = int(columns.article_row[columns.chunk_article[positions[0]]])
    article = snapshot.store.article(row)
    start, end = int(columns.start[positions].min()), int(columns.end[positions].max())
    passage = Passage(
        article_id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published=article.published,
        start=start,
        end=end,
        text=article.text[start:end],
        score=float(ranking.scores[group].max()),
        dense=_best(ranking.dense[group]),
        lexical=_best(ranking.lexical[group]),
        noise=tuple(mark for mark in article.noise if mark.start < end and mark.end > start),
    )
    return Found(passage, article, row)


def _best(scores: Vectors) -> float | None:
    found = scores[~np.isnan(scores)]
    return float(found.max()) if len(found) else None
