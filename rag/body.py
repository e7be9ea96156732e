"""The sentences of an article's body, in which what is quoted stands."""

from __future__ import annotations

from collections.abc import Sequence

from rag.sentences import paragraphs, sentences_of
from rag.types import Article, Span

UNLIKELY = -4.0
"""Log probability of a sentence in which the model found no span."""


class Body:
    """The sentences of an article, found where they are asked for."""

    def __init__(self, article: Article) -> None:
        self._text = article.text
        self._noise = [Span(mark.start, mark.end) for mark in article.noise]
        self._language = article.language
        self._paragraphs = paragraphs(article.text)
        self._sentences: dict[Span, list[Span]] = {}

    def sentence(self, span: Span) -> Span | None:
        """The sentence, or neighbouring ones, in which a span stands; None where it is not in the body."""
        if any(mark.start < span.end and span.start < mark.end for mark in self._noise):
            return None
        if not any(one.start <= span.start and span.end <= one.end for one in self._paragraphs):
            return None
        inside = [one for one in self._around(span) if one.start < span.end and span.start < one.end]
        return Span(inside[0].start, inside[-1].end) if inside else None

    def inside(self, span: Span) -> bool:
        """Whether one sentence holds the span."""
        return any(one.start <= span.start and span.end <= one.end for one in self._around(span))

    def rated(self, within: Span, spans: Sequence[tuple[Span, float]]) -> list[tuple[Span, float]]:
        """The whole sentences inside a passage, each as likely as the likeliest of `spans` in it."""
        whole = [one for one in self._around(within) if within.start <= one.start and one.end <= within.end]
        return [
            (one, max([UNLIKELY, *(chance for span, chance in spans if one.start <= span.start < one.end)]))
            for one in whole
        ]

    def _around(self, span: Span) -> list[Span]:
        """The sentences of the paragraphs that a span touches."""
        found: list[Span] = []
        for paragraph in self._paragraphs:
            if paragraph.start < span.end and span.start < paragraph.end:
                if paragraph not in self._sentences:
                    self._sentences[paragraph] = sentences_of(self._text, paragraph, self._language)
                found += self._sentences[paragraph]
        return found
