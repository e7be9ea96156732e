"""Text of an article cut to size, with the gold strings in it marked; all of it escaped."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from eval.text import contains, fold
from rag.types import Span

LEAD = 200
"""Characters before the first gold string, where text has to be cut."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text as HTML, and how many characters were cut away before and after it."""

    html: Markup
    before: int
    after: int


def excerpt(text: str, answers: tuple[str, ...], limit: int) -> Excerpt:
    """At most some `limit` characters of `text`, around the first of `answers` that stands in it or from its start."""
    spans = occurrences(text, answers)
    start, end = _window(text, spans[0].start if spans else 0, limit)
    inside = [Span(max(span.start, start), min(span.end, end)) for span in spans]
    inside = [span for span in inside if span.start < span.end]
    return Excerpt(marked(text, inside, Span(start, end)), start, len(text) - end)


def marked(text: str, spans: Sequence[Span], part: Span | None = None) -> Markup:
    """`text`, or a part of it, escaped, with `spans` (in order, apart from each other) in `<mark>`."""
    at, stop = part or Span(0, len(text))
    pieces = []
    for span in spans:
        pieces += [escape(text[at : span.start]), Markup("<mark>{}</mark>").format(text[span.start : span.end])]
        at = span.end
    return Markup("").join([*pieces, escape(text[at:stop])])


def occurrences(text: str, answers: tuple[str, ...]) -> tuple[Span, ...]:
    """Where `answers` stand in `text`, compared as `eval.text.contains` does; overlapping ones are one."""
    if not contains(text, answers):
        return ()
    folded, places = _trace(text)
    found = []
    for answer in filter(None, map(fold, answers)):
        at = folded.find(f" {answer} ")
        while at >= 0:
            found.append(Span(places[at + 1].start, places[at + len(answer)].end))
            at = folded.find(f" {answer} ", at + 1)
    return _merged(sorted(found))


def _trace(text: str) -> tuple[str, list[Span]]:
    """`text` as `fold` has it, a space on either side, and for each of its characters the range it comes from."""
    letters, places = [" "], [Span(0, 0)]
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        here = Span(start, end)
        for letter in _folded(text[start:end]):
            if letter != " " or letters[-1] != " ":
                letters.append(letter)
                places.append(here)
        start = end
    if letters[-1] != " ":
        letters.append(" ")
        places.append(Span(start, start))
    return "".join(letters), places


@lru_cache(maxsize=10_000)
def _folded(cluster: str) -> str:
    """What a character becomes inside a text: folded alone, a space would be dropped like a soft hyphen."""
    return fold(f"x{cluster}x")[1:-1]


def _window(text: str, first: int, limit: int) -> Span:
    """`limit` characters with `first` among them, cut between words where there are any."""
    if len(text) <= limit:
        return Span(0, len(text))
    start = max(min(first - min(LEAD, limit // 3), len(text) - limit), 0)
    end = min(start + limit, len(text))
    if start:
        gap = text.find(" ", start, first)
        start = gap + 1 if gap >= 0 else start
    if end < len(text):
        gap = text.rfind(" ", start + limit // 2, end)
        end = gap if gap >= 0 else end
    return Span(start, end)


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
