"""A question as it is read for, and how much of it texts hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rag.encoder import Vectors
from rag.kinds import names
from rag.pairs import heading
from rag.thesaurus import kin
from rag.types import Article, Passage
from rag.when import Horizon

KIN = 0.7
"""How alike words of one family of the thesaurus count."""
LOOKED_AT = 12_000
"""Characters of an article in which the question's words are looked for."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as the retriever left it: its vector, content terms, how to analyse and weigh more, and its date."""

    question: str
    vector: Vectors
    terms: tuple[str, ...]
    analyse: Callable[[str], list[str]]
    weigh: Callable[[str], float]
    horizon: Horizon


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without the marks around them."""
    return [word.lower().strip(".,;:!?\"'“”’") for word in text.split()]


def coverage(inquiry: Inquiry, texts: Sequence[str]) -> list[float]:
    """How much of the question's content terms, by weight, each text holds; a word of the same family in part."""
    return weighed(inquiry, met(inquiry, texts))


def whole(article: Article) -> str:
    """What of an article the question's words are looked for in."""
    return f"{heading(article.title, article.published)} {article.text[:LOOKED_AT]}"


def dated(passage: Passage) -> str:
    """What of a passage the question's words are looked for in; its date, as a question may name the day."""
    return f"{heading(passage.title, passage.published)} {passage.text}"


def met(inquiry: Inquiry, texts: Sequence[str]) -> list[tuple[float, ...]]:
    """The presence of each content term of the question in each text; equal texts are analysed once."""
    known: dict[str, tuple[float, ...]] = {}
    for text in dict.fromkeys(texts):
        stems = set(inquiry.analyse(text))
        known[text] = tuple(presence(term, stems) for term in inquiry.terms)
    return [known[text] for text in texts]


def weighed(inquiry: Inquiry, presences: Sequence[Sequence[float]]) -> list[float]:
    """The mean of each text's presences, by the weights of the terms."""
    weights = [inquiry.weigh(term) for term in inquiry.terms]
    total = sum(weights)
    if not total:
        return [0.0] * len(presences)
    return [sum(weight * share for weight, share in zip(weights, one, strict=True)) / total for one in presences]


def presence(term: str, stems: Collection[str]) -> float:
    """1 if a term is among the stems, KIN if one of its family is."""
    return 1.0 if term in stems else KIN if any(other in stems for other in kin(term)) else 0.0


def mentioned(inquiry: Inquiry, passages: Sequence[Passage]) -> set[str]:
    """The stems of the passages and their titles."""
    return {stem for passage in passages for stem in inquiry.analyse(dated(passage))}


def strangers(inquiry: Inquiry, passages: Sequence[Passage]) -> set[str]:
    """The stems of names in the question that no passage mentions."""
    named = {stem for name in names(inquiry.question) for stem in inquiry.analyse(name)}
    return named - mentioned(inquiry, passages)
