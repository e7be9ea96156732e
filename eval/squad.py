"""SQuAD 1.1 and 2.0 files: their questions, and their contexts as articles.

Format: Rajpurkar et al., EMNLP 2016 and ACL 2018; `{"data": [{"title", "paragraphs": [{"context", "qas"}]}]}`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.dataset import Question, QuestionSet, digest, short_name
from eval.fields import FieldError, id_of, is_whole, opened, text_of
from eval.text import fold
from index.draft import normalise
from rag.errors import LoadError
from rag.types import Article

_SLUG_CHARS = 120


@dataclass(frozen=True, slots=True)
class _Context:
    """A paragraph: its article's id and title, its text, its `qas`, and where it stands in the file."""

    article: str
    title: str
    text: str
    qas: list[Any]
    place: str


def load_squad(path: Path) -> QuestionSet:
    """The questions of a SQuAD file, each with the paragraph that it was asked of as its gold article.

    Answers are stripped and taken once each; one without a letter or a digit is left out where there are others.  An
    impossible question has neither answers nor articles; `plausible_answers` are not looked at.  Raises `LoadError`
    with the file and the place for the first thing that is malformed; an `answer_start` is wrong only where the
    answer stands nowhere in the context.
    """
    questions: dict[str, Question] = {}
    with _place_errors(path):
        for context in _contexts(path):
            for number, row in enumerate(context.qas):
                place = f"{context.place}.qas[{number}]"
                question = _question(_object(place, row), place, context)
                if question.id in questions:
                    raise FieldError(f"{place}.id", "an id that no other question has", question.id)
                questions[question.id] = question
    if not questions:
        raise LoadError(f"{path}: found no question, expected some in data[].paragraphs[].qas[]")
    return QuestionSet(path, short_name(path), "squad", digest(path), tuple(questions.values()), None)


def squad_articles(path: Path) -> Iterator[Article]:
    """The contexts of a SQuAD file as articles, called after their title and numbered.  Raises `LoadError`."""
    with _place_errors(path):
        for context in _contexts(path):
            yield Article(context.article, context.title, context.text)


@contextmanager
def _place_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FieldError as error:
        raise LoadError(f"{path}: {error}") from None


def _contexts(path: Path) -> Iterator[_Context]:
    numbers: Counter[str] = Counter()
    for entry_number, entry in enumerate(_list("data", _object("(the whole file)", _json(path)).get("data"))):
        place = f"data[{entry_number}]"
        title = _title(f"{place}.title", _object(place, entry).get("title"))
        slug = _slug(title)
        for number, row in enumerate(_list(f"{place}.paragraphs", entry.get("paragraphs"))):
            inner = f"{place}.paragraphs[{number}]"
            text = text_of(f"{inner}.context", _object(inner, row).get("context"))
            qas = _list(f"{inner}.qas", row.get("qas"))
            numbers[slug] += 1
            yield _Context(f"{slug}-{numbers[slug]:04d}", title, text, qas, inner)


def _question(row: dict[str, Any], place: str, context: _Context) -> Question:
    impossible = row.get("is_impossible", False)
    if not isinstance(impossible, bool):
        raise FieldError(f"{place}.is_impossible", "true or false", impossible)
    given = [] if impossible and row.get("answers") is None else _list(f"{place}.answers", row.get("answers"))
    if impossible and given:
        raise FieldError(f"{place}.answers", "an empty list, since 'is_impossible' is true", given)
    if not impossible and not given:
        raise FieldError(f"{place}.answers", "at least one answer, since 'is_impossible' is not true", given)
    answers = [_answer(f"{place}.answers[{n}]", answer, context.text) for n, answer in enumerate(given)]
    if answers and not any(map(fold, answers)):
        raise FieldError(f"{place}.answers", "an answer with a letter or a digit", answers)
    return Question(
        id=id_of(f"{place}.id", row.get("id")),
        question=text_of(f"{place}.question", row.get("question")).strip(),
        answers=tuple(dict.fromkeys(answer for answer in answers if fold(answer))),
        articles=() if impossible else (context.article,),
        answerable=not impossible,
    )


def _answer(place: str, row: Any, context: str) -> str:
    text = text_of(f"{place}.text", _object(place, row).get("text"))
    start = row.get("answer_start")
    stands_there = is_whole(start) and start >= 0 and context.startswith(text, start)
    if not stands_there and text not in context:
        raise FieldError(f"{place}.text", f"words of the context, there or at 'answer_start' {start}", text)
    return text.strip()


def _slug(title: str) -> str:
    """A title as an id that `index` keeps as it is: no spaces, composed, short."""
    words = re.sub(r"[^\w]+", "-", normalise(title.lower())).strip("-")
    return words[:_SLUG_CHARS] or "article"


def _title(field: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise FieldError(field, "a string", value)
    return " ".join((value or "").replace("_", " ").split())


def _object(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldError(place, "a JSON object", value)
    return value


def _list(place: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FieldError(place, "a list", value)
    return value


def _json(path: Path) -> Any:
    with opened(path) as stream:
        try:
            return json.loads(stream.read().decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise LoadError(f"{path}: found no JSON in UTF-8 ({error}), expected a SQuAD file") from None
