"""Questions, passages and readings made by hand, and a scorer that proposes what a test wants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from fakes import SMALL_CHUNKS, FakeEncoder

from index.sync import sync
from rag.inquiry import Inquiry
from rag.lexical import analyzer
from rag.read import Proposal
from rag.retrieve import Found
from rag.scoring import Scored
from rag.stopwords import STOPWORDS
from rag.types import Article, Noise, Passage, Span
from rag.when import Horizon

DAY = date(2024, 8, 5)


def inquiry(question: str, weights: Mapping[str, float] | None = None, *, horizon: Horizon | None = None) -> Inquiry:
    """A question whose terms weigh 1 unless `weights` says otherwise, and that asks nothing of time."""
    analyse = analyzer().analyze
    terms = tuple(dict.fromkeys(term for term in analyse(question) if term not in STOPWORDS))
    known = weights or {}
    vector = np.zeros(2, np.float32)
    return Inquiry(
        question, vector, terms, analyse, lambda term: known.get(term, 1.0), horizon or Horizon(DAY, 0.0)
    )  # fmt: skip


def found(
    article: str, text: str, *, within: Span | None = None, title: str = "", published: date | None = None,
    noise: tuple[Noise, ...] = (), dense: float | None = None, lexical: float | None = None, score: float = 0.1,
    group: str = "",
) -> Found:  # fmt: skip
    """The passage `within` (all of it) of an article, as retrieval gives it; of `group`, else no copy of another."""
    start, end = within or Span(0, len(text))
    passage = Passage(
        article, title, None, None, published, start, end, text[start:end], score, dense, lexical, noise
    )  # fmt: skip
    return Found(passage, Article(article, title, text, published=published, noise=noise), 0, group or article)


def span_of(text: str, words: str) -> Span:
    """Where words first stand in a text."""
    start = text.index(words)
    return Span(start, start + len(words))


def proposal(place: int, one: Found, words: str, weight: float, sentence: str = "") -> Proposal:
    """Words of a passage proposed as an answer; without a sentence, the passage's whole article is theirs."""
    quote = sentence or one.article.text
    text = one.article.text
    return Proposal(place, span_of(text, words), words, span_of(text, quote), quote, weight)


class Phrases:
    """Proposes the phrases that it knows wherever they stand, likeliest first; other passages do not answer."""

    def __init__(self, *phrases: str, answers: float = 5.0, name: str = "phrases") -> None:
        self.name = name
        self._phrases = phrases
        self._answers = answers

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        return [self._scored(text) for _, text in passages]

    def _scored(self, text: str) -> Scored:
        spans = tuple(
            (span_of(text, phrase), -1.0 - place) for place, phrase in enumerate(self._phrases) if phrase in text
        )
        log_odds = self._answers if spans else -self._answers
        return Scored(log_odds, log_odds, spans)


def make_library(place: Path, records: Sequence[Mapping[str, object]], *, encoder: FakeEncoder | None = None) -> Path:
    """A library of articles given as the fields of a .jsonl file."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "news.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    sync([place / "news.jsonl"], place / "library", encoder=encoder or FakeEncoder(), chunker=SMALL_CHUNKS)
    return place / "library"
