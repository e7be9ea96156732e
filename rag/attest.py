"""What else was found and speaks for an answer: headlines that hold its words, and other sources that do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.encoder import Vectors
from rag.retrieve import Found
from rag.same import key
from rag.stopwords import STOPWORDS

Words = frozenset[str | float]


class Witnesses:
    """The words of the chunks at `places` of `found`, and those of their headlines."""

    def __init__(self, question: str, found: Sequence[Found], places: Sequence[int]) -> None:
        self._asked = _words(question)
        self._places = places
        self._sources = [found[place].group for place in places]
        self._headlines = [_words(found[place].passage.title) for place in places]
        self._texts = [_words(found[place].passage.text) for place in places]

    def attested(self, text: str, source: str, chances: Vectors) -> tuple[float, float]:
        """How much of an answer stands in the headlines, and how surely other sources than its own hold it all.

        `chances`, of the chunks at all places, say how much each counts.  What the question says already is left out.
        """
        words = _words(text) - self._asked
        if not words:
            return 0.0, 0.0
        headlined = elsewhere = 0.0
        for place, own, headline, held in zip(self._places, self._sources, self._headlines, self._texts, strict=True):
            headlined += float(chances[place]) * len(words & headline) / len(words)
            if own != source and words <= headline | held:
                elsewhere += float(chances[place])
        return headlined, elsewhere

    def backed(self, answers: Sequence[tuple[str, float]], count: int) -> Vectors:
        """Of each of `count` chunks, the share of the weightiest answer whose words its text holds; 0 elsewhere."""
        found = np.zeros(count, np.float32)
        for text, share in answers:
            words = _words(text) - self._asked
            for place, held in zip(self._places, self._texts, strict=True):
                if words and words <= held:
                    found[place] = max(found[place], share)
        return found


def _words(text: str) -> Words:
    words, numbers, _ = key(text)
    return (words - STOPWORDS) | numbers
