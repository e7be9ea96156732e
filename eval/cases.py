"""Cases that a reader of the page keeps: questions with what is right, appended to a set of the user's own.

A case is a line of the form that `eval.dataset.load` reads, tagged `saved` and with the verdict.  Lines that somebody
else wrote are never touched.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from eval.dataset import load, short_name
from eval.fields import parsed
from eval.text import contains, fold
from rag.disk import write_atomic, writer_lock
from rag.errors import LibraryLocked, LoadError, QuestionError, StorageError
from rag.types import MAX_QUESTION_CHARS, Article

Verdict = Literal["right", "quote", "unanswerable"]
"""The answer is right; it is not, but the words that were selected are; the articles do not answer the question."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
SAVED = "saved"
"""The tag of a case that was kept from the page; the verdict is its other tag."""
MOST_QUOTED = 4_000
"""Characters of a quote."""

_GOLD = ("answers", "articles", "quotes")
_NUMBER = re.compile(r"-(\d{1,9})$")
# Two clicks of one page, which the lock of the file would refuse, wait for each other.
_ONE_AT_A_TIME = threading.Lock()


class Source(Protocol):
    """Where articles are read (`rag.library.Library`)."""

    def article(self, article_id: str, /) -> Article: ...


@dataclass(frozen=True, slots=True)
class Case:
    """A question with a reader's verdict.  `answer` are the words of `quote` that answer, "" for all of them."""

    verdict: Verdict
    question: str
    asked: date | None = None
    article: str = ""
    quote: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a case, in a sentence, and how many there are in the file now."""

    said: str
    count: int


def save(path: Path, case: Case, library: Source) -> Kept:
    """Put `case` into the set at `path`, which is made where there is none.

    The same question with the same verdict stays one case, with the gold of both; with another verdict the new case
    takes the place of the old one.  Either way it gets a new id, as it is another question to compare runs by.

    Raises QuestionError for a question that cannot be asked, ArticleNotFound, LoadError for a quote that is not in its
    article and for a file that is no set or has the question from elsewhere, LibraryLocked while another process
    writes, StorageError where the disk refuses.
    """
    fresh = _row(case, library)
    # The file that a link leads to is what is to be replaced.
    place = path.resolve()
    with _writing(place):
        held = _Held(place)
        before = held.same_question(fresh["question"])
        if before is None:
            held.append(fresh)
            said = "Saved"
        elif held.verdict(before) != case.verdict:
            held.replace(before, fresh)
            said = f"Saved, in place of the verdict “{held.verdict(before)}”"
        elif held.has_gold(before, fresh):
            return Kept(_told("Saved before", held.count, path), held.count)
        else:
            held.replace(before, held.with_gold(before, fresh))
            said = "Added to what was saved before"
        held.write()
        return Kept(_told(said, held.count, path), held.count)


def located(text: str, quote: str) -> str | None:
    """The characters of `text` that `quote` is, white space being all the same; None where it is not in it."""
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
    return found[0] if found else None


def _row(case: Case, library: Source) -> dict[str, Any]:
    """The line of a case, without its id."""
    question = _question(case.question)
    asked = {"asked": case.asked.isoformat()} if case.asked else {}
    gold = _gold(case, library) if case.verdict != "unanswerable" else ("", "")
    return {
        "question": question,
        "answers": [gold[0]] if gold[0] else [],
        "articles": [case.article] if gold[1] else [],
        "answerable": case.verdict != "unanswerable",
        **asked,
        "quotes": [gold[1]] if gold[1] else [],
        "tags": [SAVED, case.verdict],
    }


def _question(question: str) -> str:
    plain = " ".join(question.encode("utf-8", "replace").decode("utf-8").split())
    if not plain:
        raise QuestionError("The case has no question: ask one first.")
    if len(plain) > MAX_QUESTION_CHARS:
        raise QuestionError(f"The question has {len(plain):,} characters; at most {MAX_QUESTION_CHARS:,} are kept.")
    return plain


def _gold(case: Case, library: Source) -> tuple[str, str]:
    """The answer and the quote, both as they stand in the stored article."""
    if not case.quote.strip() or not case.article:
        raise LoadError("The case has no quote: open the source and select the words that answer.")
    if len(case.quote) > MOST_QUOTED:
        raise LoadError(f"The selected words have {len(case.quote):,} characters; select at most {MOST_QUOTED:,}.")
    article = library.article(case.article)
    quote = located(article.text, case.quote)
    if quote is None:
        raise LoadError(
            f"These words are not in the stored text of “{article.title}”: select them there, within one article."
        )
    if not fold(quote):
        raise LoadError("The selected words have no letter and no digit: select the words that answer.")
    # What a judge looks for is the answer inside a quote: one that is elsewhere would never be found.
    answer = located(quote, case.answer)
    return (answer if answer and contains(quote, (answer,)) else quote), quote


class _Held:
    """The lines of a set, those of others as the bytes that they are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = _lines(path)
        self._rows = [parsed(line) if line.strip() else {} for line in self._lines]

    @property
    def count(self) -> int:
        return sum(bool(row) for row in self._rows)

    def same_question(self, question: str) -> int | None:
        """The line of the saved case that asks the same.  Raises LoadError where it is of somebody else."""
        same = [place for place, row in enumerate(self._rows) if row and _key(row["question"]) == _key(question)]
        saved = [place for place in same if self.verdict(place)]
        if same and not saved:
            row = self._rows[same[0]]
            raise LoadError(
                f"This question is in {self._path} already, as {row['id']!r}, and was not saved from the page: "
                "change it there."
            )
        return saved[0] if saved else None

    def verdict(self, place: int) -> Verdict | None:
        tags = self._rows[place].get("tags") or []
        return next((verdict for verdict in VERDICTS if SAVED in tags and verdict in tags), None)

    def has_gold(self, place: int, fresh: dict[str, Any]) -> bool:
        return all(set(fresh[name]) <= set(self._rows[place].get(name) or []) for name in _GOLD)

    def with_gold(self, place: int, fresh: dict[str, Any]) -> dict[str, Any]:
        """The case of the line with the gold of `fresh` too."""
        row = self._rows[place]
        # Grades, which somebody may have added, would have to be as many as the articles.
        kept = {name: value for name, value in row.items() if name not in {"id", "grades"}}
        return kept | {name: list(dict.fromkeys([*(row.get(name) or []), *fresh[name]])) for name in _GOLD}

    def append(self, fresh: dict[str, Any]) -> None:
        self._lines.append(_line({"id": self._free_id(), **fresh}))
        self._rows.append(fresh)

    def replace(self, place: int, fresh: dict[str, Any]) -> None:
        self._lines[place] = _line({"id": self._free_id(), **fresh})

    def write(self) -> None:
        try:
            write_atomic(self._path, b"".join(line + b"\n" for line in self._lines))
        except OSError as error:
            raise _refused(self._path, error) from error

    def _free_id(self) -> str:
        """Above every number there is: what was replaced must not come back as another question."""
        ids = [str(row["id"]) for row in self._rows if row]
        numbers = [int(found[1]) for name in ids if (found := _NUMBER.search(name))]
        return f"{short_name(self._path)}-{max(numbers, default=0) + 1:03d}"


def _key(question: str) -> str:
    return fold(question) or question


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")


def _lines(path: Path) -> list[bytes]:
    """The lines of the set, none where there is no file.  Raises LoadError where it is not one."""
    try:
        raw = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise _refused(path, error) from error
    if raw.strip():
        try:
            load(path)
        except LoadError as error:
            raise LoadError(
                f"Nothing was saved, as the file is damaged: {error}.  Mend that line, or move the file away: "
                "a new one is begun then."
            ) from None
    lines: Sequence[bytes] = raw.split(b"\n")
    return list(lines[:-1] if not lines[-1].strip() else lines)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Be the only one who writes the file."""
    with _ONE_AT_A_TIME:
        try:
            with writer_lock(path.with_name(f".{path.name}.lock")):
                yield
        except LibraryLocked:
            raise LibraryLocked(f"{path} is being written by another process: save again in a moment.") from None


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be written ({error.strerror or error}): make room or allow it, then save again."
    )


def _told(said: str, count: int, path: Path) -> str:
    return f"{said}: {count:,} case{'' if count == 1 else 's'} in {path.name}."
