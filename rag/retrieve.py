"""Question to passages: dense and lexical search, fused, with neighbouring chunks of an article merged."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.analysis import ENGLISH, analysis
from rag.copies import Repetition
from rag.dense import Positions
from rag.encoder import Encoder, Vectors
from rag.errors import QuestionError
from rag.examination import RankedChunk
from rag.idioms import plain
from rag.language import asked_in
from rag.snapshot import Snapshot
from rag.types import Article, Filters, Passage, Settings, Timings

MERGE_GAP = 3
"""Characters that may lie between two chunks of one article for them to be one passage."""
MERGE_CHARS = 3_000
"""Neighbours that only touch are not joined into a passage longer than this."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chunks in fused order: positions in the columns, fused scores, and each retriever's own score (nan: absent).

    `language` is the question's: `terms` are of it.
    """

    positions: Positions
    scores: Vectors
    dense: Vectors
    lexical: Vectors
    vector: Vectors
    terms: tuple[str, ...]
    timings: Timings
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its whole article and the row from which the store gives that article again.

    `group` is the id of the original of which the article is a copy, its own where it is none: what has the same group
    is one source.
    """

    passage: Passage
    article: Article
    row: int
    group: str


def content_terms(text: str, language: str) -> tuple[str, ...]:
    """The index terms of a question without stop words and expressions, in order, each once."""
    return tuple(dict.fromkeys(analysis(language).content(plain(text, language))))


def rank(snapshot: Snapshot, encoder: Encoder, question: str, settings: Settings, filters: Filters) -> Ranking:
    """Fuse the `settings.candidates` best chunks of each retriever by reciprocal rank, weighted.

    Raises QuestionError for a question of stop words only.
    """
    language = asked_in(question, snapshot.lexical.languages)
    terms = content_terms(question, language)
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
    every = [*snapshot.lexical.terms(question, language), *terms]
    others = snapshot.lexical.terms_elsewhere(question, language)
    rows, bm25 = snapshot.lexical.search(every, k, filters, _article_rows(snapshot, filters), others)
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
        language,
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
    wanted = snapshot.columns.kept(Filters(articles=filters.articles))
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
    """The ranking with the chunks at the places of `order` first; each keeps its fused score."""
    first = np.array(order, np.int64)
    places = np.concatenate([first, np.setdiff1d(np.arange(len(ranking.positions)), first)])
    return replace(
        ranking, positions=ranking.positions[places], scores=ranking.scores[places], dense=ranking.dense[places],
        lexical=ranking.lexical[places],
    )  # fmt: skip


def merged(snapshot: Snapshot, ranking: Ranking, k: int, filters: Filters | None = None) -> tuple[Found, ...]:
    """The k best passages: chunks in rank order, those of an article that overlap or touch joined into one.

    Of copies of one text the best is shown, and of the others only what it does not say; `filters` are those of the
    ranking, by which the copies are counted.
    """
    groups: list[list[int]] = []
    told = Repetition(snapshot, filters)
    for place in range(len(ranking.positions)):
        touching = [group for group in groups if _touches(snapshot, ranking, group, place)]
        if touching:
            touching[0].append(place)
            for other in touching[1:]:
                touching[0].extend(other)
                groups.remove(other)
        elif len(groups) < k:
            if not told.repeats(int(ranking.positions[place])):
                groups.append([place])
        elif place >= 4 * k:
            break
    found = [_found(snapshot, ranking, group) for group in groups]
    return tuple(replace(one, passage=replace(one.passage, copies=told.others(one.row))) for one in found)


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


def unrepeated(snapshot: Snapshot, ranking: Ranking, k: int) -> list[list[int]]:
    """The places of the k best chunks, each before those of the chunks in which copies of one day say the same.

    Copies of other days are read too: which of them fits the question is for their dates to decide.
    """
    told, columns = Repetition(snapshot), snapshot.columns
    chosen: list[list[int]] = []
    known: dict[tuple[int, int, str], list[int]] = {}
    for place, position in enumerate(ranking.positions.tolist()):
        article = int(columns.chunk_article[position])
        own = [place]
        if told.among_copies(article):
            said = (int(columns.group[article]), int(columns.published[article]), told.words(position))
            twins = known.setdefault(said, own)
            if twins is not own:
                twins.append(place)
                continue
        if len(chosen) == k:
            break
        chosen.append(own)
    return chosen


def ranked(snapshot: Snapshot, ranking: Ranking, k: int) -> tuple[RankedChunk, ...]:
    """Where the k best chunks are, without their texts."""
    columns, positions = snapshot.columns, ranking.positions[:k]
    names = columns.article_id[columns.chunk_article[positions]].tolist()
    starts, ends = columns.start[positions].tolist(), columns.end[positions].tolist()
    return tuple(map(RankedChunk, names, starts, ends, ranking.scores[:k].tolist()))


def _found(snapshot: Snapshot, ranking: Ranking, group: list[int]) -> Found:
    columns = snapshot.columns
    positions = ranking.positions[group]
    place = int(columns.chunk_article[positions[0]])
    row = int(columns.article_row[place])
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
    return Found(passage, article, row, str(columns.article_id[columns.group[place]]))


def _best(scores: Vectors) -> float | None:
    found = scores[~np.isnan(scores)]
    return float(found.max()) if len(found) else None
