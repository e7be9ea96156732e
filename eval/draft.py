"""`rag eval new`: a set of questions that a person has to fill in, each beside a sentence worth asking about."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from eval.dataset import DRAFT, short_name
from eval.text import fold
from rag.errors import LoadError, StorageError
from rag.kinds import names, shows
from rag.sentences import ends_sentence, sentences
from rag.types import Article, Span

LEAST_WORDS = 8
MOST_WORDS = 40
UNANSWERABLE_EVERY = 10
"""Every so many drafts there is a place for a question that the articles do not answer."""

_LEANING = re.compile(
    r"\W*(?:he|she|it|they|we|i|you|his|her|its|their|our|my|this|that|these|those|there|here|but|and|so|or|yet|then|"
    r"also|however|meanwhile|instead|still)\b",
    re.IGNORECASE,
)
"""A sentence that opens so says little without the one before."""
_QUOTED = re.compile(r"[\"“”]")


class Source(Protocol):
    """Where articles are read (`rag.library.Library`)."""

    def articles(self) -> Iterable[Article]: ...
    def article(self, article_id: str, /) -> Article: ...


@dataclass(frozen=True, slots=True)
class _Fact:
    """A sentence of an article, as it stands there."""

    article: Article
    quote: str


def draft(library: Source, out: Path, *, count: int = 50, seed: int = 0) -> int:
    """Write a new set of `count` drafts, spread evenly over the articles, to `out`; how many there are.

    They are fewer where the articles have not enough sentences that stand by themselves and hold a name or a
    number.  The same library and seed give the same drafts.  Raises LoadError where no draft can be made or `out`
    is not called *.jsonl, StorageError where it exists or cannot be written.
    """
    if count < 1:
        raise LoadError(f"found a count of {count} drafts, expected 1 or more")
    if out.suffix.lower() != ".jsonl":
        raise LoadError(f"{out}: found a name without the ending of a set, expected NAME.jsonl")
    # Said before the work and not after it; the open below is what keeps a file safe.
    if out.exists():
        raise _exists(out)
    facts = _Picker(library, seed).facts(count - count // UNANSWERABLE_EVERY)
    if not facts:
        raise LoadError("found no sentence to ask about in the library, expected articles with names or numbers")
    rows = list(_rows(facts, short_name(out), count))
    _write(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(out) from None
    except OSError as error:
        raise StorageError(f"{out} cannot be written ({error.strerror}): choose another place") from error


def _exists(out: Path) -> StorageError:
    return StorageError(f"{out} exists, and drafts never overwrite a file: choose another name")


def _rows(facts: Sequence[_Fact], name: str, count: int) -> Iterator[dict[str, Any]]:
    number = 0
    for fact in facts:
        number += 1
        yield {
            "id": f"{name}-{number:03d}",
            "question": "",
            "answers": [],
            "articles": [fact.article.id],
            "answerable": True,
            "quotes": [fact.quote],
            "tags": [DRAFT],
            "title": fact.article.title,
            "published": fact.article.published.isoformat() if fact.article.published else None,
        }
        if number < count and number % UNANSWERABLE_EVERY == UNANSWERABLE_EVERY - 1:
            number += 1
            yield {
                "id": f"{name}-{number:03d}",
                "question": "",
                "answers": [],
                "articles": [],
                "answerable": False,
                "quotes": [],
                "tags": [DRAFT, "unanswerable"],
            }


class _Picker:
    """Takes facts from a library, no sentence twice."""

    def __init__(self, library: Source, seed: int) -> None:
        self._library = library
        self._chance = random.Random(seed)
        self._seen: set[str] = set()
        # A few articles may have to give many facts each.
        self._candidates = lru_cache(maxsize=64)(lambda article_id: tuple(_candidates(library.article(article_id))))

    def facts(self, count: int) -> list[_Fact]:
        """At most `count` facts: one of each of as many equal stretches of the articles, then more from anywhere."""
        ids = [article.id for article in self._library.articles()]
        found: dict[int, _Fact] = {}
        for place in range(count):
            start = place * len(ids) // count
            fact = self._first(self._shuffled(ids[start : max(start + 1, (place + 1) * len(ids) // count)]))
            if fact:
                found[place] = fact
        rest = self._shuffled(ids)
        for place in range(count):
            if place not in found:
                fact = self._first(rest)
                if fact is None:
                    break
                found[place] = fact
        return [fact for _, fact in sorted(found.items())]

    def _shuffled(self, ids: Sequence[str]) -> list[str]:
        return self._chance.sample(ids, len(ids))

    def _first(self, ids: Sequence[str]) -> _Fact | None:
        """The best sentence of the first of these articles that has one left; chance decides between equals."""
        for id_ in ids:
            ranked = [
                (worth, self._chance.random(), quote)
                for worth, quote in self._candidates(id_)
                if fold(quote) not in self._seen
            ]
            if ranked:
                quote = max(ranked)[2]
                self._seen.add(fold(quote))
                return _Fact(self._library.article(id_), quote)
        return None


def _candidates(article: Article) -> Iterator[tuple[float, str]]:
    """The sentences of the body that hold a name or a number, each with how good it is to ask about."""
    for span in sentences(article.text):
        quote = article.text[span.start : span.end]
        if _is_body(article, span) and _is_statement(quote):
            people, numbers = len({*names(quote)}), any(character.isdigit() for character in quote)
            if people or numbers:
                yield _worth(quote, people, numbers), quote


def _is_body(article: Article, span: Span) -> bool:
    return not any(mark.start < span.end and span.start < mark.end for mark in article.noise)


def _is_statement(quote: str) -> bool:
    ends = ends_sentence(quote) and not quote.rstrip("\"”’')]").endswith(("?", "…", "..."))
    return ends and LEAST_WORDS <= len(quote.split()) <= MOST_WORDS


def _worth(quote: str, people: int, numbers: bool) -> float:
    """More for each thing that can be asked for, less for what needs the sentences around it."""
    worth = min(people, 2) + numbers + sum(shows(kind, quote, ()) for kind in ("time", "reason"))
    return worth - 2 * bool(_LEANING.match(quote)) - bool(_QUOTED.search(quote))
