"""Passages to answers: the spans that a model proposes, added up where they say the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.aliases import aliases, explained, initials
from rag.around import entitled, fullness, joined, qualified, whole_name
from rag.attest import Witnesses
from rag.body import Body
from rag.denials import asks_for_denied, denied
from rag.encoder import Vectors
from rag.inquiry import Inquiry, coverage, dated, met, weighed, whole, words_of
from rag.kinds import Kind, asks_for_several, is_of, kind_of
from rag.pairs import heading, log_softmax
from rag.retrieve import Found
from rag.same import Key, key, same
from rag.scoring import UNREAD, Scored, Scorer
from rag.sentences import ends_sentence
from rag.stopwords import STOPWORDS
from rag.types import Article, Span
from rag.weights import CHUNK_WEIGHTS, FOUND_WEIGHTS, ORDER_WEIGHTS, SPAN_WEIGHTS

BRIEF = 3
"""Content terms up to which a question is short."""
VERDICT_COVERED = 6.0
"""How much it counts for a yes-or-no question that a sentence holds its words: no span stands for yes."""
NEXT = 60
"""Characters after a sentence in which it may be taken back."""
STUDIED = 15
"""Chunks that the model reads: the most promising of those that were found."""
_FULL_NAME = re.compile(r"(?:[^\W\d_a-z](?:[\w-]|\.(?=\s))*\s*)+")
"""A name without small words and genitives."""
FULL_LEAST = 0.35
"""Share of the best proposal's weight that a fuller name must have to be shown instead."""
FOUND_FEATURES = ("fused", "fresh", "dense", "covered", "told")
"""What is known of a chunk before it is read: log of its fused score, its date's prior, its cosine, and how much of the
question stands in it and in its whole article."""
CHUNK_FEATURES = (*FOUND_FEATURES, "answers", "relevant", "span")
"""And after it was read: the model's log-odds, and the likelihood of its best span."""
SPAN_FEATURES = (
    "chance", "passage", "answers", "shown", "echo", "covered", "brief", "asks", "quotable", "lead", "long",
    "headlined", "elsewhere",
)  # fmt: skip
"""What is known of a span; `span_rows` says what each is."""
ORDER_FEATURES = ("score", "backed")
"""What puts chunks in order once there are answers: their score, and the share of the best answer that they hold."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words that may answer: `span` of the article of `found[place]`, in the sentence `sentence` of it.

    `weight` is its share of all that was proposed.
    """

    place: int
    span: Span
    text: str
    sentence: Span
    quote: str
    weight: float

    @property
    def beside(self) -> tuple[str, str]:
        """What stands before and behind it in its sentence."""
        start = self.span.start - self.sentence.start
        return self.quote[:start], self.quote[start + len(self.text) :]


@dataclass(frozen=True, slots=True)
class Group:
    """Proposals that say the same, the one with most weight first; `weight` is their sum, a source counted once."""

    proposals: tuple[Proposal, ...]
    weight: float

    @property
    def best(self) -> Proposal:
        return self.proposals[0]

    @property
    def fullest(self) -> Proposal:
        """What is shown: the best, or where it is a name, one about as good that gives it in more words."""
        if not fullness(self.best.text):
            return self.best
        good = [one for one in self.proposals if one.weight >= FULL_LEAST * self.best.weight]
        full = max(good, key=lambda one: fullness(one.text))
        # Two names that are both fuller, but not the same: nobody knows which of them is meant.
        clear = all(same(key(one.text), key(full.text)) for one in good)
        return full if clear else self.best


@dataclass(frozen=True, slots=True)
class Readings:
    """What reading brought: the order in which chunks are best, their scores, and the answers, best first.

    A chunk that was not read is UNREAD in `scored`, and behind all that were.
    """

    order: tuple[int, ...]
    scores: Vectors
    scored: tuple[Scored, ...]
    groups: tuple[Group, ...]


def read(inquiry: Inquiry, found: Sequence[Found], scorer: Scorer) -> Readings:
    """Read chunks, `found` in the retriever's order, for a question."""
    if not found:
        return Readings((), np.empty(0, np.float32), (), ())
    known = found_rows(inquiry, found)
    promise = known @ FOUND_WEIGHTS
    chosen = promising(promise)
    passages = [found[place].passage for place in chosen]
    said = scorer.score(inquiry.question, [(heading(p.title, p.published), p.text) for p in passages])
    scored = [UNREAD] * len(found)
    for place, one in zip(chosen, said, strict=True):
        scored[place] = one
    first = chunk_rows(known[chosen], said) @ CHUNK_WEIGHTS
    witnesses = Witnesses(inquiry.question, found, chosen)
    hoped = with_unread(promise, chosen, first)
    spans, table = span_rows(inquiry, found, scored, hoped)
    table = among_chunks(spans, table, found, hoped, witnesses)
    ratings = table @ SPAN_WEIGHTS
    if kind_of(inquiry.question) == "verdict":
        ratings = ratings + VERDICT_COVERED * table[:, SPAN_FEATURES.index("covered")]
    weights = np.exp(log_softmax(ratings)) if spans else np.empty(0, np.float32)
    proposals = [
        Proposal(one.place, one.span, one.text, one.sentence, one.quote, float(weight))
        for one, weight in zip(spans, weights, strict=True)
    ]
    groups = grouped(proposals, found)
    backed = witnesses.backed([(group.best.text, group.weight) for group in groups], len(found))
    scores = with_unread(promise, chosen, np.stack([first, backed[chosen]], axis=1) @ ORDER_WEIGHTS)
    order = tuple(int(i) for i in np.argsort(-scores, kind="stable"))
    return Readings(order, scores, tuple(scored), tuple(groups))


def found_rows(inquiry: Inquiry, found: Sequence[Found]) -> Vectors:
    """(n, len(FOUND_FEATURES))."""
    covered = coverage(inquiry, [dated(one.passage) for one in found])
    told = coverage(inquiry, [whole(one.article) for one in found])
    rows = [
        (
            np.log(max(one.passage.score, 1e-6)),
            inquiry.horizon.prior(one.passage.published),
            one.passage.dense or 0.0,
            *shares,
        )
        for one, *shares in zip(found, covered, told, strict=True)
    ]
    return np.array(rows, np.float32).reshape(-1, len(FOUND_FEATURES))


def promising(promise: Vectors) -> list[int]:
    """The places of the STUDIED most promising chunks, in their order."""
    return sorted(np.argsort(-promise, kind="stable")[:STUDIED].tolist())


def chunk_rows(known: Vectors, scored: Sequence[Scored]) -> Vectors:
    """(n, len(CHUNK_FEATURES)) of chunks that were read, from their (n, len(FOUND_FEATURES))."""
    said = [(_within(one.answers), _within(one.relevant), one.spans[0][1] if one.spans else -10.0) for one in scored]
    return np.concatenate([known, np.array(said, np.float32).reshape(-1, 3)], axis=1)


def with_unread(promise: Vectors, chosen: Sequence[int], scores: Vectors) -> Vectors:
    """The scores of all chunks: those that were read as given, the others lower, in the order of their promise."""
    highest = float(promise.max(initial=0.0))
    found = np.asarray(scores.min(initial=0.0) - 1 - (highest - promise), np.float32)
    found[list(chosen)] = scores
    return found


def span_rows(
    inquiry: Inquiry, found: Sequence[Found], scored: Sequence[Scored], scores: Vectors
) -> tuple[list[Proposal], Vectors]:
    """Every span that can be quoted, each place of an article once, and (n, len(SPAN_FEATURES)) of them.

    What `among_chunks` adds to the rows is 0 in them.

    An answer that several copies of one text give in the same words is taken from the one whose chunk is the best, so
    that copies neither add to what is said nor take from its share.
    """
    kind, asked = kind_of(inquiry.question), set(words_of(inquiry.question))
    deniable = asks_for_denied(inquiry.question)
    bodies: dict[str, Body] = {}
    spans: list[Proposal] = []
    rows: list[list[float]] = []
    seen: set[tuple[str, int, int]] = set()
    tellers: dict[tuple[str, str], str] = {}
    for place in np.argsort(-scores, kind="stable").tolist():
        one = found[place]
        if scored[place] is UNREAD:
            continue
        body = bodies.setdefault(one.article.id, Body(one.article))
        offered = [
            (Span(one.passage.start + inner.start, one.passage.start + inner.end), chance)
            for inner, chance in scored[place].spans
        ]
        if kind == "verdict":
            offered = body.rated(Span(one.passage.start, one.passage.end), offered)
        for span, chance in offered:
            sentence = body.sentence(span)
            if sentence is None or (one.article.id, *span) in seen:
                continue
            if kind in _TOLD and not (body.inside(span) and (deniable or not _denied(one.article, span, sentence))):
                continue
            seen.add((one.article.id, *span))
            text, quote = one.article.text[span.start : span.end], one.article.text[sentence.start : sentence.end]
            if tellers.setdefault((one.group, " ".join(words_of(text))), one.article.id) != one.article.id:
                continue
            spans.append(Proposal(place, span, text, sentence, quote, 0.0))
            rows.append(
                [
                    chance,  # the model's log probability of the span within its chunk
                    0.0,  # passage: how far its chunk is behind the best
                    _within(scored[place].answers),
                    is_of(kind, text, asked) if kind in _TOLD else 0.5,  # the span itself is of the kind asked for
                    _echo(text, asked),  # says what the question says
                    0.0,  # covered: of the question in the sentence
                    0.0,  # brief: the same and the term that is met the least, where the question is short
                    float(quote.rstrip("\"”’' ").endswith("?")),
                    float(_quotable(quote)),
                    1 / (1 + sentence.start / 500),  # news says the most first
                    float(np.log1p(len(text.split()))),
                    0.0,  # headlined: how much of it stands in the headlines
                    0.0,  # elsewhere: how surely other sources hold it
                ]
            )
    table = np.array(rows, np.float32).reshape(-1, len(SPAN_FEATURES))
    if spans:
        presences = met(inquiry, [one.quote for one in spans])
        covered = np.array(weighed(inquiry, presences), np.float32)
        table[:, SPAN_FEATURES.index("covered")] = covered
        least = np.array([min(one, default=0.0) for one in presences], np.float32)
        shortness = min(1.0, BRIEF / max(len(inquiry.terms), 1))
        table[:, SPAN_FEATURES.index("brief")] = (covered + least) * shortness
    return spans, table


def _denied(article: Article, span: Span, sentence: Span) -> bool:
    return denied(article.text[sentence.start : span.start], article.text[sentence.end : sentence.end + NEXT])


def among_chunks(
    spans: Sequence[Proposal], table: Vectors, found: Sequence[Found], scores: Vectors, witnesses: Witnesses
) -> Vectors:
    """The rows of spans with what hangs on the scores of all chunks."""
    rows = table.copy()
    if spans:
        chances = np.asarray(np.exp(log_softmax(_without_copies(found, scores))), np.float32)
        places = [one.place for one in spans]
        rows[:, SPAN_FEATURES.index("passage")] = (scores - scores.max())[places]
        attested = [witnesses.attested(one.text, found[one.place].group, chances) for one in spans]
        rows[:, [SPAN_FEATURES.index("headlined"), SPAN_FEATURES.index("elsewhere")]] = attested
    return rows


def _without_copies(found: Sequence[Found], scores: Vectors) -> Vectors:
    """The scores with those of copies of an article that has a better chunk at minus infinity."""
    tellers: dict[str, str] = {}
    for place in np.argsort(-scores, kind="stable").tolist():
        tellers.setdefault(found[place].group, found[place].article.id)
    return np.where([tellers[one.group] == one.article.id for one in found], scores, -np.inf)


_TOLD: Collection[Kind] = ("name", "place", "country", "time", "number")


def _within(log_odds: float) -> float:
    return max(-10.0, min(10.0, log_odds))


def grouped(proposals: Sequence[Proposal], found: Sequence[Found]) -> list[Group]:
    """Proposals that say the same together, the weightiest group first."""
    texts = dict.fromkeys(one.text for one in proposals)
    told = aliases({found[one.place].article.id: found[one.place].article.text for one in proposals}.values())
    known = {**initials(texts), **told}
    keys = {text: explained(text, known) for text in texts}
    unclear = _unclear(keys)
    groups: list[tuple[Key, list[Proposal]]] = []
    for proposal in sorted(proposals, key=lambda one: -one.weight):
        mine = keys[proposal.text]
        likely = (group for first, group in groups if (mine == first if {mine, first} & unclear else same(mine, first)))
        own = next(likely, None)
        if own is None:
            groups.append((mine, [proposal]))
        else:
            own.append(proposal)
    made = [Group(tuple(group), _weight(group, found)) for _, group in groups]
    return sorted(made, key=lambda group: -group.weight)


def _unclear(keys: Mapping[str, Key]) -> set[Key]:
    """Of the names with these keys, those that two others begin or end with which are not the same: "Kim", "Biden"."""
    names = {tuple(text.split()): own for text, own in keys.items() if _FULL_NAME.fullmatch(text)}
    found: set[Key] = set()
    for name, own in names.items():
        longer = [other for words, other in names.items() if len(words) > len(name) and _at_an_end(name, words)]
        if any(not same(one, other) for one in longer for other in longer):
            found.add(own)
    return found


def _at_an_end(name: Sequence[str], words: Sequence[str]) -> bool:
    return words[: len(name)] == name or words[-len(name) :] == name


def _weight(group: Sequence[Proposal], found: Sequence[Found]) -> float:
    """The weights summed, of each source (an article with its copies) and each wording of a sentence the largest."""
    counted: dict[str, float] = {}
    texts: dict[str, str] = {}
    for proposal in group:
        owner = found[proposal.place].group
        owner = texts.setdefault(" ".join(words_of(proposal.quote)), owner)
        counted[owner] = max(counted.get(owner, 0.0), proposal.weight)
    return sum(counted.values())


def listed(inquiry: Inquiry, proposal: Proposal, article: Article) -> Span:
    """The span with what belongs to it: a number's bound, a name's title, or the list where several are asked for."""
    text, sentence = article.text, proposal.sentence
    if kind_of(inquiry.question) == "number":
        return qualified(text, proposal.span, sentence)
    span = whole_name(text, proposal.span, sentence)
    return joined(text, span, sentence) if asks_for_several(inquiry.question) else entitled(text, span, sentence)


def _quotable(text: str) -> bool:
    """Headings and captions echo questions without answering them; a sentence ends as one, or is long."""
    words = len(text.split())
    return 4 <= words <= 120 and (ends_sentence(text) or words >= 12) and not text.startswith("#")


def _echo(text: str, asked: Collection[str]) -> float:
    """Share of a span's words that the question holds already."""
    own = set(words_of(text))
    words = [word for word in own if word not in STOPWORDS] or ["", *own]
    return sum(word in asked for word in words) / len(words)
