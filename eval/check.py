"""What is doubtful about a set: gold that its articles do not hold, duplicates, contradictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

from eval.dataset import Question
from eval.text import contains, fold
from index.draft import normalise
from rag.errors import ArticleNotFound
from rag.types import Article

Kind = Literal[
    "missing article",
    "answer not in article",
    "quote not in article",
    "duplicate question",
    "contradiction",
    "answer in question",
]


class Source(Protocol):
    """Where articles are read (`rag.library.Library`)."""

    def article(self, article_id: str, /) -> Article: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a question that a person should look at; `detail` is for the eye."""

    question_id: str
    kind: Kind
    detail: str


def check(questions: Sequence[Question], library: Source) -> tuple[Problem, ...]:
    """The problems of a set, by question in its order, then by kind in the order of `Kind`.

    An article is missing if `library` does not have it; the others of a question are still looked at.  An answer is
    in an article by `eval.text.contains`; a quote is if the stored text has exactly its characters, white space
    apart, since pages may be wrapped.  Questions are duplicates if they are equal after `fold`; they contradict
    each other if besides only one can be answered, or their answers have nothing in common.  Questions that were
    asked on different days and have no answer in common are neither.  Where only retrieval can be judged, there
    are no answers to look at.
    """
    texts = _Texts(library)
    earlier: dict[str, list[Question]] = {}
    found: list[Problem] = []
    for question in questions:
        found += _in_articles(question, texts)
        same = earlier.setdefault(fold(question.question), [])
        found += _against(question, same)
        found += _in_itself(question)
        same.append(question)
    return tuple(found)


class _Texts:
    """Texts of articles: as stored, in one line, and folded; those of the last few hundred are kept."""

    def __init__(self, library: Source) -> None:
        self._library = library
        self.stored = lru_cache(maxsize=512)(self._stored)
        self.unwrapped = lru_cache(maxsize=512)(self._unwrapped)
        self.folded = lru_cache(maxsize=512)(self._folded)

    def _stored(self, article: str) -> str | None:
        try:
            return self._library.article(article).text
        except ArticleNotFound:
            return None

    def _unwrapped(self, article: str) -> str:
        return _one_line(self.stored(article) or "")

    def _folded(self, article: str) -> str:
        return fold(self.stored(article) or "")


def _in_articles(question: Question, texts: _Texts) -> Iterator[Problem]:
    present = [article for article in question.articles if texts.stored(article) is not None]
    for article in question.articles:
        if article not in present:
            yield Problem(question.id, "missing article", f"the library has no article {article!r}")
    if not present:
        return
    yield from _answers_in(question, present, texts)
    for quote in question.quotes:
        plain = _one_line(quote)
        if not any(plain in texts.unwrapped(article) for article in present):
            yield Problem(question.id, "quote not in article", f"{_listed([quote])} is in none of {_listed(present)}")


def _answers_in(question: Question, present: list[str], texts: _Texts) -> Iterator[Problem]:
    held = {
        article: {answer for answer in question.answers if contains(texts.folded(article), (answer,))}
        for article in present
    }
    nowhere = [answer for answer in question.answers if not any(answer in own for own in held.values())]
    if nowhere and len(nowhere) == len(question.answers):
        detail = f"no answer ({_listed(nowhere)}) occurs in {_listed(present)}"
        yield Problem(question.id, "answer not in article", detail)
        return
    if nowhere:
        detail = f"{_listed(nowhere)} occurs in none of {_listed(present)}, though another answer does"
        yield Problem(question.id, "answer not in article", detail)
    if question.answers:
        for article, own in held.items():
            if not own:
                detail = f"{article!r} holds none of {_listed(question.answers)}"
                yield Problem(question.id, "answer not in article", detail)


def _against(question: Question, earlier: Sequence[Question]) -> Iterator[Problem]:
    """What is to be said of a question and those before it that are worded the same: one problem at most."""
    agreeing = [other for other in earlier if _agree(question, other)]
    clashing = [other for other in earlier if not _agree(question, other) and not _other_day(question, other)]
    if clashing:
        yield Problem(question.id, "contradiction", f"{_known(clashing[0])}, while {_known(question)}")
    elif agreeing:
        yield Problem(question.id, "duplicate question", f"{agreeing[0].id!r} asks the same")


def _agree(one: Question, other: Question) -> bool:
    if one.answerable != other.answerable:
        return False
    if not one.answers or not other.answers:
        return True
    return not set(map(fold, one.answers)).isdisjoint(map(fold, other.answers))


def _other_day(one: Question, other: Question) -> bool:
    return one.asked is not None and other.asked is not None and one.asked != other.asked


def _known(question: Question) -> str:
    if not question.answerable:
        return f"{question.id!r} cannot be answered"
    return f"{question.id!r} is answered with {_listed(question.answers)}"


def _in_itself(question: Question) -> Iterator[Problem]:
    own = [answer for answer in question.answers if contains(question.question, (answer,))]
    if own:
        yield Problem(question.id, "answer in question", f"{_listed(own)} stands in the question")


def _one_line(text: str) -> str:
    return " ".join(normalise(text).split())


def _listed(items: Sequence[str]) -> str:
    """The first three, shortened, and how many more there are."""
    shown = ", ".join(repr(item if len(item) <= 60 else f"{item[:59]}…") for item in items[:3])
    return f"{shown} and {len(items) - 3} more" if len(items) > 3 else shown
