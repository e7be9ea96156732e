"""Question sets: gold answers and gold articles, from JSON lines, SQuAD files and BEIR folders."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from eval.fields import FieldError, is_whole, line_errors, lines, list_of, parsed, text_of, texts_of
from eval.text import fold
from rag.errors import LoadError
from rag.spec import file_sha256

Form = Literal["questions", "squad", "beir"]
FORMS = (
    "questions as JSON lines (.jsonl, .jsonl.gz; NAME is enough for NAME.questions.jsonl), SQuAD 1.1 or 2.0 (.json, "
    ".json.gz), or a BEIR folder (corpus.jsonl, queries.jsonl, qrels/)"
)
DRAFT = "draft"
"""The tag of a question that `rag eval new` left to a person."""

_LINES = (".jsonl", ".jsonl.gz")
_JSON = (".json", ".json.gz")
_NEWS = (".questions.jsonl", ".questions.jsonl.gz")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what a right answer is.

    An answerable question has at least one string in `answers` (any of them is right) and one id in
    `articles` (those that hold the answer); an unanswerable one has no `answers`.  Where only retrieval can be
    judged (BEIR), an answerable question has no `answers` either.  `quotes` are gold quotes, `tags` group
    questions in a report, `asked` is the day on which it was asked, `grades` say how relevant each of
    `articles` is (1 where left out).
    """

    id: str
    question: str
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    answerable: bool
    quotes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    asked: date | None = None
    grades: tuple[int, ...] = ()

    @property
    def retrieval_only(self) -> bool:
        """There are gold articles but no gold answers."""
        return self.answerable and not self.answers


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of a file or folder.

    `name` is short and fit for a folder's name.  `sha256` is of the bytes that the questions were read from.
    `articles` is the file of articles that lies beside a set of the form "questions"; sets of the other forms
    hold their articles themselves (`eval.corpus`).
    """

    path: Path
    name: str
    form: Form
    sha256: str
    questions: tuple[Question, ...]
    articles: Path | None

    @property
    def brings_articles(self) -> bool:
        """Its articles lie beside it or in it."""
        return self.articles is not None or self.form != "questions"


def load_set(path: Path, *, split: str | None = None) -> QuestionSet:
    """The set at `path`, in whichever of `FORMS` it is; `split` names the judgements of a BEIR folder.

    Raises `LoadError`, naming the file, the line or place and the field, for the first thing that is malformed.
    """
    # They are built on this module.
    from eval.beir import has_queries, load_beir
    from eval.squad import load_squad

    found = _resolved(path)
    if found.is_dir() and has_queries(found):
        return load_beir(found, split=split)
    if not found.is_dir() and found.name.lower().endswith(_LINES + _JSON):
        if split is not None:
            raise LoadError(f"{found}: found the split {split!r}, but only a BEIR folder has splits: leave it out")
        return load_squad(found) if found.name.lower().endswith(_JSON) else _load_lines(found)
    raise LoadError(f"{path}: found {_described(found)}, expected {FORMS}")


def load(path: Path) -> tuple[Question, ...]:
    """The questions of a `.jsonl` or `.jsonl.gz` file, in its order.

    Blank lines and unknown fields are skipped.  Raises `LoadError`, naming the file, the line and the field,
    for the first thing that is malformed.
    """
    questions: dict[str, Question] = {}
    for number, line in lines(path):
        with line_errors(path, number):
            question = _question(parsed(line))
            if question.id in questions:
                raise FieldError("id", "an id that no other line has", question.id)
        questions[question.id] = question
    if not questions:
        raise LoadError(f"{path}: found no question, expected one JSON object on each line")
    return tuple(questions.values())


def digest(path: Path) -> str:
    """SHA-256 of the file as it lies on disk, in hexadecimal.  Raises `LoadError` where it cannot be read."""
    try:
        return file_sha256(path)
    except OSError as error:
        raise LoadError(f"{path}: cannot be read ({error.strerror})") from None


def short_name(path: Path) -> str:
    """The name of a set, fit for a folder: `news` for `news.questions.jsonl.gz`."""
    name = path.resolve().name
    endings = sorted(_NEWS + _LINES + _JSON, key=len, reverse=True)
    ending = next((ending for ending in endings if name.lower().endswith(ending)), "")
    return re.sub(r"[^\w.-]+", "-", name[: len(name) - len(ending)])[:100].strip(".-") or "set"


def sample(questions: tuple[Question, ...], limit: int | None) -> tuple[Question, ...]:
    """At most `limit` questions, evenly spaced over the set: a file sorted by kind keeps its mixture."""
    if limit is None or limit >= len(questions):
        return questions
    if limit < 1:
        raise LoadError(f"found a limit of {limit} questions, expected 1 or more")
    return tuple(questions[index * len(questions) // limit] for index in range(limit))


def _resolved(path: Path) -> Path:
    """`path`, or the file of questions that it is the short name of."""
    try:
        if not path.exists():
            return next((file for file in _with_endings(path, _NEWS) if file.is_file()), path)
    except OSError as error:
        raise LoadError(f"{path}: cannot be read ({error.strerror}), expected {FORMS}") from None
    return path


def _with_endings(path: Path, endings: tuple[str, ...]) -> list[Path]:
    return [path.parent / f"{path.name}{ending}" for ending in endings]


def _described(path: Path) -> str:
    if path.is_dir():
        return "a folder without queries.jsonl"
    if not path.exists():
        return "nothing there"
    return f"a file that ends in {path.suffix!r}" if path.suffix else "a file without ending"


def _load_lines(path: Path) -> QuestionSet:
    articles = None
    if path.name.lower().endswith(_NEWS):
        stem = path.with_name(path.name[: path.name.lower().rindex(".questions.jsonl")])
        siblings = _with_endings(stem, (".articles.jsonl", ".articles.jsonl.gz"))
        articles = next((file for file in siblings if file.is_file()), None)
    questions = load(path)
    return QuestionSet(path, short_name(path), "questions", digest(path), questions, articles)


def _question(row: dict[str, Any]) -> Question:
    try:
        return _checked(row)
    except FieldError as error:
        tags = row.get("tags")
        if isinstance(tags, list) and DRAFT in tags:
            expected = f"{error.expected} (it is tagged 'draft' and still has to be filled in, or taken out)"
            raise FieldError(error.field, expected, error.found) from None
        raise


def _checked(row: dict[str, Any]) -> Question:
    answerable = row.get("answerable")
    if not isinstance(answerable, bool):
        raise FieldError("answerable", "true or false", answerable)
    question = Question(
        id=text_of("id", row.get("id")),
        question=text_of("question", row.get("question")),
        answers=texts_of("answers", row.get("answers")),
        articles=texts_of("articles", row.get("articles")),
        answerable=answerable,
        quotes=texts_of("quotes", row.get("quotes")),
        tags=texts_of("tags", row.get("tags")),
        asked=_day("asked", row.get("asked")),
        grades=_grades("grades", row.get("grades")),
    )
    _check(question)
    return _without_grade_0(question)


def _without_grade_0(question: Question) -> Question:
    """An article that is judged not to be relevant is no gold article."""
    if all(question.grades):
        return question
    kept = [pair for pair in zip(question.articles, question.grades, strict=True) if pair[1]]
    return replace(question, articles=tuple(name for name, _ in kept), grades=tuple(grade for _, grade in kept))


def _check(question: Question) -> None:
    if question.grades and len(question.grades) != len(question.articles):
        expected = f"one grade for each of the {len(question.articles)} articles"
        raise FieldError("grades", expected, question.grades)
    if not question.answerable:
        if question.answers:
            raise FieldError("answers", "an empty list, since 'answerable' is false", question.answers)
        return
    if not question.answers:
        raise FieldError("answers", "at least one string, since 'answerable' is true", [])
    if not question.articles:
        raise FieldError("articles", "at least one article id, since 'answerable' is true", [])
    if question.grades and not any(question.grades):
        raise FieldError("grades", "at least one grade above 0, since 'answerable' is true", question.grades)
    for answer in question.answers:
        if not fold(answer):
            raise FieldError("answers", "strings with a letter or a digit", answer)


def _grades(field: str, value: Any) -> tuple[int, ...]:
    found = list_of(field, value, "whole numbers")
    for grade in found:
        if not is_whole(grade) or grade < 0:
            raise FieldError(field, "whole numbers from 0", grade)
    return tuple(found)


def _day(field: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise FieldError(field, "a date such as 2024-08-01", value)
