"""Questions to start with, made from the names that the newest articles speak of."""

from __future__ import annotations

import calendar
import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from rag.types import Article

LOOKED_AT = 5_000
"""Articles looked at, so that the page of a large library opens as fast as that of a small one."""

_WORD = re.compile(r"[^\W\d_][\w'’-]*|[.!?:;,\n\"“”()]")
_DATES = {*calendar.day_name, *calendar.month_name}


def suggestions(articles: Iterable[Article], limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` different questions about the newest of `articles`, newest first."""
    newest = heapq.nlargest(4 * limit, islice(articles, LOOKED_AT), key=lambda article: article.published or date.min)
    names = (subject(article) for article in newest)
    questions = dict.fromkeys(f"What is reported about {name}?" for name in names if name)
    return tuple(islice(questions, limit))


def subject(article: Article) -> str | None:
    """The name of two to four words that `article` speaks of most, in its title first, if any."""
    counts = Counter(_names(_body(article)))
    return max(counts, key=lambda name: (name in article.title, counts[name])) if counts else None


def _body(article: Article) -> str:
    kept, at = [], 0
    for start, end, _ in sorted(article.noise):
        kept.append(article.text[at:start])
        at = max(at, end)
    return "\n".join([*kept, article.text[at:]])


def _names(text: str) -> Iterator[str]:
    run: list[str] = []
    before = ""
    sentence_start = True
    for token in [*_WORD.findall(text), "."]:
        is_name = token[0].isupper() and not token.isupper() and token not in _DATES
        if is_name and not sentence_start:
            run.append(token)
            continue
        if 2 <= len(run) <= 4:
            yield before + " ".join(run).removesuffix("'s").removesuffix("’s")
        run, before = [], "the " if token == "the" else ""
        # A capital after the end of a sentence says nothing about a name.
        sentence_start = token in '.!?:\n"“'
