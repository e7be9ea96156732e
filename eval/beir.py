"""BEIR folders: queries with judgements as questions, and the corpus as articles; retrieval only.

Format: Thakur et al., NeurIPS 2021; `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.dataset import Question, QuestionSet, digest, short_name
from eval.fields import WHOLE_LINE, FieldError, id_of, line_errors, lines, parsed, text_of
from index.draft import normalise
from rag.errors import LoadError
from rag.types import Article

SPLITS = ("test", "dev", "train")
"""Which split is taken where none is named: the first of these that there is."""
LONGEST_ID = 200
"""Characters of an id that `index` keeps."""
_ID_DIGITS = 16
_MADE = re.compile(rf"~[0-9a-f]{{{_ID_DIGITS}}}\Z")
_COLUMNS = ("query-id", "corpus-id", "score")

Judgements = dict[str, dict[str, int]]
"""The score of each judged article of each query."""


def load_beir(folder: Path, *, split: str | None = None) -> QuestionSet:
    """The queries that have an article with a score above 0, in the order of their file; answers are not known.

    A question's articles are sorted by falling score, then by id; its grades are the scores.  `sha256` is over the
    queries and the judgements; the corpus, which may be large, is not read.  Raises `LoadError` with file, line
    and field for the first thing that is malformed, and for a split that there is not.
    """
    queries = _file(folder, "queries")
    qrels = _qrels(folder, split)
    texts = _texts(queries)
    judgements = _judgements(qrels, texts)
    questions = tuple(_question(id_, text, judgements[id_]) for id_, text in texts.items() if judgements.get(id_))
    if not questions:
        raise LoadError(f"{qrels}: found no score above 0, expected at least one: there is no question to ask")
    both = hashlib.sha256(f"{digest(queries)} {digest(qrels)}".encode()).hexdigest()
    return QuestionSet(folder, short_name(folder), "beir", both, questions, None)


def has_queries(folder: Path) -> bool:
    """Whether a folder has the file of queries that makes it a BEIR folder."""
    return _present(folder, "queries") is not None


def corpus_file(folder: Path) -> Path:
    """The file of articles of a BEIR folder.  Raises `LoadError` where there is none."""
    return _file(folder, "corpus")


def beir_articles(folder: Path) -> Iterator[Article]:
    """The articles of the corpus, read line by line.  Raises `LoadError` with file, line and field.

    One without text has its title for text.
    """
    path = corpus_file(folder)
    for number, line in lines(path):
        with line_errors(path, number):
            row = parsed(line)
            id_ = article_id(id_of("_id", row.get("_id")))
            title, text = _string("title", row.get("title") or ""), _string("text", row.get("text"))
        yield Article(id_, title, text) if text.strip() else Article(id_, "", title)


def article_id(raw: str) -> str:
    """The id under which the document `raw` lies in a library.

    Ids that `index` keeps as they are stay; any other gets a readable beginning and 64 bits of its hash, so that
    two ids stay two.
    """
    plain = " ".join(normalise(raw).split())
    if plain == raw and len(raw) <= LONGEST_ID and not _MADE.search(raw):
        return raw
    made = hashlib.blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=_ID_DIGITS // 2).hexdigest()
    return f"{plain[: LONGEST_ID - _ID_DIGITS - 1]}~{made}"


def _present(folder: Path, name: str) -> Path | None:
    files = (folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz")
    return next((file for file in files if file.is_file()), None)


def _file(folder: Path, name: str) -> Path:
    found = _present(folder, name)
    if found is None:
        raise LoadError(f"{folder}: found no {name}.jsonl or {name}.jsonl.gz, expected one in a BEIR folder")
    return found


def _qrels(folder: Path, split: str | None) -> Path:
    found = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv")) if path.is_file()}
    known = ", ".join(found) or "none"
    chosen = split or next((name for name in SPLITS if name in found), None)
    if chosen is None and len(found) == 1:
        chosen = next(iter(found))
    if chosen is None:
        raise LoadError(f"{folder / 'qrels'}: found the splits {known}, expected test.tsv: name one with --split")
    if chosen not in found:
        raise LoadError(f"{folder / 'qrels'}: found no split {chosen!r}, expected one of those there are: {known}")
    return found[chosen]


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, line in lines(path):
        with line_errors(path, number):
            row = parsed(line)
            id_, text = id_of("_id", row.get("_id")), text_of("text", row.get("text"))
            if id_ in texts:
                raise FieldError("_id", "an id that no other query has", id_)
        texts[id_] = text.strip()
    return texts


def _judgements(path: Path, queries: dict[str, str]) -> Judgements:
    """The scores above 0, after a look at all of them."""
    seen: Judgements = {}
    for position, (number, line) in enumerate(lines(path)):
        with line_errors(path, number):
            cells = _cells(line)
            if position == 0:
                _check_header(cells)
                continue
            query, document, score = cells[0], article_id(cells[1]), _score(cells[2])
            if query not in queries:
                raise FieldError("query-id", "the _id of a query", query)
            if seen.setdefault(query, {}).setdefault(document, score) != score:
                raise FieldError("score", f"{seen[query][document]}, as an earlier line has it for this pair", score)
    return {
        query: good
        for query, scores in seen.items()
        if (good := {document: score for document, score in scores.items() if score > 0})
    }


def _cells(line: bytes) -> list[str]:
    try:
        cells = line.decode("utf-8-sig").rstrip("\r\n").split("\t")
    except UnicodeDecodeError as error:
        raise FieldError(WHOLE_LINE, "text in UTF-8", str(error)) from None
    if len(cells) != len(_COLUMNS):
        raise FieldError(WHOLE_LINE, f"{', '.join(_COLUMNS)} with tabs between them", "\t".join(cells))
    for column, cell in zip(_COLUMNS, cells, strict=True):
        text_of(column, cell)
    return cells


def _check_header(cells: list[str]) -> None:
    """Its names differ among data sets, but a number is none."""
    if _is_number(cells[2]):
        raise FieldError(WHOLE_LINE, f"the header {', '.join(_COLUMNS)} with tabs between", "\t".join(cells))


def _score(cell: str) -> int:
    if not _is_number(cell):
        raise FieldError("score", "a whole number", cell)
    return int(cell)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"\s*[-+]?[0-9]{1,9}\s*", cell) is not None


def _question(id_: str, text: str, scores: dict[str, int]) -> Question:
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return Question(
        id=id_,
        question=text,
        answers=(),
        articles=tuple(document for document, _ in ranked),
        answerable=True,
        grades=tuple(score for _, score in ranked),
    )


def _string(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError(field, "a string", value)
    return value
