"""Passages to candidate answers: which sentences answer the question, and how surely."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rag.encoder import Encoder, Vectors, unit
from rag.kinds import Kind, kind_of, names, shows
from rag.sentences import ends_sentence, sentences
from rag.stopwords import STOPWORDS
from rag.thesaurus import alike, kin
from rag.types import Article, Passage, Span
from rag.weights import GLANCE_WEIGHTS, JUDGE_BIAS, JUDGE_WEIGHTS, RANK_WEIGHTS

KIN = 0.7
"""How alike words of one family of the thesaurus count."""
KNOWN_WORDS, KNOWN_SENTENCES = 20_000, 10_000
"""Words and sentences whose vectors are kept: who asks on reads many of the same sentences again."""
LOOKED_AT = 24
"""Sentences that are embedded for a question: those that look best without it.  On news-2024h2 the best sentence of
all was among the first 24 for each question."""
LACKING: dict[Kind, tuple[float, float]] = {"number": (3.0, 0.2), "time": (1.5, 1.0)}
"""What a sentence without the kind of answer asked for loses: score, and share of its probability.

A number can be told surely, a time often; of other kinds a sentence may hold one without showing it.
"""
STRANGER_SHARE = 0.4
"""What is left of the confidence where the question names somebody whom no passage mentions."""
LONG_ARTICLE = 20
"""Sentences from which on the first ones of an article stand out."""
AGREEING = 3
"""Other articles that are looked at for agreement."""
LIKE_LEAST = 0.25
"""Cosine of two single words below which they have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as the retriever left it: its vector, content terms, and how to analyse and weigh more terms."""

    question: str
    vector: Vectors
    terms: tuple[str, ...]
    analyse: Callable[[str], list[str]]
    weigh: Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence that may answer: `span` in the article of `passages[passage]`.

    `score` orders readings; `probability` is how likely the sentence answers the question.  `vector` is the
    sentence's own embedding, by which two that say the same are told.
    """

    passage: int
    span: Span
    text: str
    score: float
    probability: float
    vector: Vectors


class Reader(Protocol):
    """Finds answers in passages.  Thread-safe."""

    @property
    def name(self) -> str:
        """What it is called; another name when its scores mean something else."""
        ...

    def read(
        self, inquiry: Inquiry, passages: Sequence[Passage], articles: Sequence[Article], encoder: Encoder
    ) -> list[Reading]:
        """Readings, best first; `articles[i]` is the article of `passages[i]`."""
        ...


FEATURES = (
    "soft", "exact", "context", "cosine", "dense", "rank", "kind", "names", "named_kind", "question", "length",
    "lead", "first", "fresh", "title", "agreement",
)  # fmt: skip
"""What is known of a sentence; `ExtractiveReader._row` says what each is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage, with the sentence before it and its place among the `total` of its article."""

    passage: int
    span: Span
    text: str
    before: str
    place: int
    total: int


def candidates(passages: Sequence[Passage], articles: Sequence[Article]) -> list[Candidate]:
    """The sentences of the passages that could be quoted: whole sentences of the body, each once."""
    found: dict[tuple[str, int], Candidate] = {}
    bodies = {article.id: _body_sentences(article) for article in {a.id: a for a in articles}.values()}
    for index, (passage, article) in enumerate(zip(passages, articles, strict=True)):
        spans = bodies[article.id]
        for place, span in enumerate(spans):
            text = article.text[span.start : span.end]
            inside = passage.start <= span.start < passage.end or passage.start < span.end <= passage.end
            if inside and _quotable(text):
                before = spans[place - 1] if place else Span(0, 0)
                candidate = Candidate(index, span, text, article.text[before.start : before.end], place, len(spans))
                found.setdefault((article.id, span.start), candidate)
    return list(found.values())


def _body_sentences(article: Article) -> list[Span]:
    marks = [(mark.start, mark.end) for mark in article.noise]
    return [
        span
        for span in sentences(article.text)
        if not any(start < span.end and span.start < end for start, end in marks)
    ]


def _quotable(text: str) -> bool:
    """Headings and captions echo questions without answering them; a sentence ends as one, or is long."""
    words = len(text.split())
    return 4 <= words <= 120 and (ends_sentence(text) or words >= 12) and not text.startswith("#")


class KnownVectors:
    """Vectors of texts, each encoded once as long as it is among the `most` latest ones.  Thread-safe."""

    def __init__(self, most: int) -> None:
        self._known: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, texts: Sequence[str], encoder: Encoder) -> Vectors:
        """(n, dimension) unit vectors."""
        model = encoder.spec.fingerprint
        with self._lock:
            known = {text: self._known[model, text] for text in dict.fromkeys(texts) if (model, text) in self._known}
            for text in known:
                self._known.move_to_end((model, text))
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            vectors = unit(encoder.encode_passages(within_budget(missing, encoder)))
            known.update(zip(missing, vectors, strict=True))
            with self._lock:
                self._known.update(((model, text), known[text]) for text in missing)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])


class ExtractiveReader:
    """Scores sentences by a logistic model over overlap, meaning, kind of answer and place (`FEATURES`).

    The weights were fitted by `python -m bench.fit_reader` (see `rag/weights.py`).
    """

    name = "extractive-1"

    def __init__(self) -> None:
        self._words = KnownVectors(KNOWN_WORDS)
        self._sentences = KnownVectors(KNOWN_SENTENCES)

    def read(
        self, inquiry: Inquiry, passages: Sequence[Passage], articles: Sequence[Article], encoder: Encoder
    ) -> list[Reading]:
        """The quotable sentences of the passages that are worth a closer look, best first."""
        asked = Asked(inquiry)
        found, rows = asked.glance(candidates(passages, articles), passages)
        if not found:
            return []
        features, vectors = self.features(asked, found, rows, passages, encoder)
        judged, scores = judge_features(features, RANK_WEIGHTS)
        probabilities = 1 / (1 + np.exp(-(judged @ JUDGE_WEIGHTS + JUDGE_BIAS)))
        kind, lacking = asked.kind, features[:, FEATURES.index("kind")] == 0
        if kind in LACKING:
            loss, share = LACKING[kind]
            scores = np.where(lacking, scores - loss, scores)
            probabilities = np.where(lacking, probabilities * share, probabilities)
        if asked.names - mentioned(inquiry, passages):
            probabilities = probabilities * STRANGER_SHARE
        return [
            Reading(
                found[i].passage, found[i].span, found[i].text, float(scores[i]), float(probabilities[i]), vectors[i]
            )
            for i in np.argsort(-scores, kind="stable")
        ]

    def features(
        self, asked: Asked, found: Sequence[Candidate], rows: Vectors, passages: Sequence[Passage], encoder: Encoder
    ) -> tuple[Vectors, Vectors]:
        """(n, len(FEATURES)) features of candidates and their (n, dimension) unit vectors.

        `rows` are their features as far as they are known without an encoder.
        """
        vectors = self._sentences.get([candidate.text for candidate in found], encoder)
        question = unit(asked.inquiry.vector[None])[0]
        titles = self._words.get([passages[candidate.passage].title or " " for candidate in found], encoder)
        features = rows.copy()
        soft = np.maximum(self._soft(asked.inquiry, found, encoder), asked.exact(found))
        features[:, FEATURES.index("soft")] = soft @ asked.weights
        features[:, FEATURES.index("cosine")] = vectors @ question
        features[:, FEATURES.index("title")] = titles @ question
        owners = [passages[candidate.passage].article_id for candidate in found]
        features[:, FEATURES.index("agreement")] = _agreement(vectors, owners)
        return features, vectors

    def _soft(self, inquiry: Inquiry, found: Sequence[Candidate], encoder: Encoder) -> Vectors:
        """(candidates, terms): how like the likest word of each sentence is to each question term, in [0, 1]."""
        asked = [_surface(inquiry, term) for term in inquiry.terms]
        bags = [_words(candidate.text) for candidate in found]
        vocabulary = list(dict.fromkeys(word for bag in bags for word in bag))
        if not vocabulary or not asked:
            return np.zeros((len(found), len(asked)), np.float32)
        column = {word: index for index, word in enumerate(vocabulary)}
        likeness = self._words.get(vocabulary, encoder) @ self._words.get(asked, encoder).T
        scaled = np.clip((likeness - LIKE_LEAST) / (1 - LIKE_LEAST), 0, 1)
        stems = [inquiry.analyse(word) for word in vocabulary]
        family = np.array([[any(alike(stem, term) for stem in own) for term in inquiry.terms] for own in stems], bool)
        scaled = np.maximum(scaled, KIN * family)
        empty = np.zeros(len(asked), np.float32)
        return np.stack([scaled[[column[w] for w in bag]].max(axis=0) if bag else empty for bag in bags])


def within_budget(texts: Sequence[str], encoder: Encoder) -> list[str]:
    """Texts cut at a word where they are longer than the encoder reads: enough to compare, not to index."""
    counts = encoder.count_tokens(texts)
    return [
        text if tokens <= encoder.passage_budget else _cut(text, tokens, encoder)
        for text, tokens in zip(texts, counts, strict=True)
    ]


def _cut(text: str, tokens: int, encoder: Encoder) -> str:
    words = text.split()
    while tokens > encoder.passage_budget and len(words) > 1:
        words = words[: max(1, min(len(words) - 1, len(words) * encoder.passage_budget // tokens))]
        tokens = encoder.count_tokens([" ".join(words)])[0]
    return " ".join(words) if tokens <= encoder.passage_budget else words[0][: encoder.passage_budget]


def _surface(inquiry: Inquiry, term: str) -> str:
    """The word of the question that a term stands for."""
    return next((word for word in _words(inquiry.question) if inquiry.analyse(word) == [term]), term)


def _words(text: str) -> list[str]:
    words = (word.strip(".,;:!?\"'“”’‘()[]—–-").lower() for word in text.split())
    return [word for word in dict.fromkeys(words) if len(word) > 2 and word not in STOPWORDS]


def mentioned(inquiry: Inquiry, passages: Sequence[Passage]) -> set[str]:
    """The stems of the passages and their titles."""
    return {stem for passage in passages for stem in inquiry.analyse(f"{passage.title} {passage.text}")}


def _named(inquiry: Inquiry) -> set[str]:
    """The stems of the names in the question."""
    return {stem for name in names(inquiry.question) for stem in inquiry.analyse(name)}


def _agreement(vectors: Vectors, articles: Sequence[str]) -> Vectors:
    """(n,) how close the closest sentences of other articles come, averaged over the nearest three articles."""
    owners = np.array(articles)
    likeness = vectors @ vectors.T
    best = np.stack([likeness[:, owners == article].max(axis=1) for article in np.unique(owners)], axis=1)
    own = np.searchsorted(np.unique(owners), owners)
    best[np.arange(len(owners)), own] = 0.0
    nearest = np.sort(best, axis=1)[:, ::-1][:, :AGREEING]
    return np.asarray(nearest.sum(axis=1) / AGREEING, dtype=np.float32)


def judge_features(features: Vectors, weights: Vectors) -> tuple[Vectors, Vectors]:
    """What tells how likely each sentence is right, (n, len(FEATURES) + 2), and the (n,) scores that rank them.

    To its features come its score and its share of all candidates' softmax.
    """
    scores = features @ weights
    shares = np.exp(scores - scores.max())
    return np.column_stack([features, scores, shares / shares.sum()]), scores


def presence(term: str, stems: Collection[str]) -> float:
    """1 if a term is among the stems, KIN if one of its family is."""
    return 1.0 if term in stems else KIN if any(other in stems for other in kin(term)) else 0.0


class Asked:
    """What the features need to know of a question, worked out once."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry = inquiry
        self.kind = kind_of(inquiry.question)
        self.words = {word.lower().strip(".,;:!?\"'“”’") for word in inquiry.question.split()}
        weights = np.array([inquiry.weigh(term) for term in inquiry.terms], np.float32)
        self.weights = weights / max(float(weights.sum()), 1e-6)
        self.names = _named(inquiry)

    def glance(self, found: Sequence[Candidate], passages: Sequence[Passage]) -> tuple[list[Candidate], Vectors]:
        """The candidates that look best without an encoder, in their order, and their (n, len(FEATURES)) rows."""
        rows = np.array([self.row(one, passages[one.passage]) for one in found], np.float32).reshape(-1, len(FEATURES))
        kept = np.sort(np.argsort(-(rows @ GLANCE_WEIGHTS), kind="stable")[:LOOKED_AT])
        return [found[index] for index in kept], rows[kept]

    def exact(self, found: Sequence[Candidate]) -> Vectors:
        """(n, terms): which question terms each candidate holds to the letter."""
        stems = [set(self.inquiry.analyse(candidate.text)) for candidate in found]
        terms = self.inquiry.terms
        return np.array([[term in own for term in terms] for own in stems], np.float32).reshape(-1, len(terms))

    def row(self, candidate: Candidate, passage: Passage) -> list[float]:
        """The features of one candidate, in the order of FEATURES; 0 for those that need an encoder."""
        own = set(self.inquiry.analyse(candidate.text))
        around = own.union(self.inquiry.analyse(candidate.before), self.inquiry.analyse(passage.title))
        exact = np.array([term in own for term in self.inquiry.terms], np.float32)
        context = np.array([presence(term, around) for term in self.inquiry.terms], np.float32)
        shown = shows(self.kind, candidate.text, self.words)
        fresh = sum(word not in STOPWORDS and word not in self.inquiry.terms for word in own)
        return [
            0.0,  # soft: question terms met, by like words too
            float((self.weights * exact).sum()),  # question terms met to the letter
            float((self.weights * context).sum()),  # met with the help of the title and the sentence before
            0.0,  # cosine of sentence and question
            passage.dense or 0.0,
            1 / (1 + candidate.passage),
            shown,  # holds the kind of answer that is asked for
            len(self.names & around) / len(self.names) if self.names else 1.0,
            float(shown == 1.0 and self.kind in ("time", "number", "reason")),
            float(candidate.text.rstrip("\"”’' ").endswith("?")),
            float(np.log1p(len(candidate.text.split()))) / 5,
            float(np.log(candidate.total / (1 + candidate.place))) / 5,  # news says the most first,
            1 / (1 + candidate.place) if candidate.total >= LONG_ARTICLE else 0.0,  # above all in a long article
            min(fresh, 10) / 10,  # says something that the question does not
            0.0,  # title: its cosine with the question
            0.0,  # agreement: how close sentences of other articles come
        ]
