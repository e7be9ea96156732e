"""The lexical index: BM25 over titles and chunks with tantivy; its segments never change, so a commit only adds.

The chunks of all languages are in the same two fields; `rag/analysis.py` keeps their terms apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.analysis import ENGLISH, analysis, analyzer, elsewhere
from rag.columns import UNDATED, days, spellings
from rag.dense import Positions
from rag.encoder import Vectors
from rag.errors import LibraryCorrupt, StorageError
from rag.thesaurus import kin
from rag.types import Filters

ANALYZER = "article_rag_en"
TITLE_BOOST = 0.35
KIN_BOOST = 0.5
"""Weight of a word of the same family (`rag/thesaurus.py`) beside the question's own."""
ELSEWHERE_BOOST = 0.5
"""Weight of a term of another language than the question's: what is rare there only because few articles are in it
would count too much."""
LANGUAGES_MOST = 1_000
HEAP_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """One chunk as the lexical index sees it."""

    chunk_row: int
    article_row: int
    published: int
    source: str
    title: str
    body: str
    language: str | None = None


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", fast=True)
    builder.add_unsigned_field("article", indexed=True)
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field("title", tokenizer_name=ANALYZER, index_option="freq")
    builder.add_text_field("body", tokenizer_name=ANALYZER, index_option="freq")
    return builder.build()


def is_current(folder: Path) -> bool:
    """Whether the index in `folder` has the present form, so that `update` can add to it; if not, build it anew."""
    import tantivy

    try:
        return bool(tantivy.Index.open(str(folder)).schema == _schema())
    except (ValueError, OSError):
        return False


def update(folder: Path, *, remove: Iterable[int], add: Iterable[LexicalEntry]) -> None:
    """Apply removals (article rows) and additions to the index in `folder`, made if empty.

    An index that is there must be current (see `is_current`).  Raises StorageError.
    """
    try:
        _update(folder, remove, add)
    except BaseException as error:
        # tantivy reports a disk that fails as a ValueError, or panics, which is a BaseException.
        if isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException":
            raise StorageError(
                f"The lexical index in {folder} could not be written ({_first_line(error)}): free some space or check "
                "the disk, then run the same command again; what was published before is unchanged."
            ) from error
        raise


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _update(folder: Path, remove: Iterable[int], add: Iterable[LexicalEntry]) -> None:
    import tantivy

    index = tantivy.Index(_schema(), path=str(folder), reuse=True)
    index.register_tokenizer(ANALYZER, analyzer())
    writer = index.writer(HEAP_BYTES, 1)
    # By query: delete_documents_by_term takes a number for a signed one, and so finds nothing in this field.
    rows = list(remove)
    if rows:
        writer.delete_documents_by_query(tantivy.Query.term_set_query(index.schema, "article", rows))
    for entry in add:
        document = tantivy.Document()
        document.add_unsigned("chunk", entry.chunk_row)
        document.add_unsigned("article", entry.article_row)
        document.add_integer("published", entry.published)
        document.add_text("source", entry.source.lower())
        document.add_text("language", entry.language or "")
        _add_terms(document, "title", entry.title, entry.language)
        _add_terms(document, "body", entry.body, entry.language)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _add_terms(document: Any, field: str, text: str, language: str | None) -> None:
    """A text as the terms of its language; English is left to the field's own analyser, which is faster."""
    import tantivy

    how = analysis(language or "")
    if not how.key:
        document.add_text(field, text)
        return
    tokens = [tantivy.Token(term, place, 0, 0) for place, term in enumerate(how.terms(text))]
    document.add_pre_tokenized_text(field, tantivy.PreTokenizedString("", tokens))


class LexicalIndex:
    """BM25 search over index files whose checksums the caller has verified.  Thread-safe.

    `languages` are the codes of the languages that its chunks are in, "" for those of which none is known; an index
    of the older form, in which everything is analysed as English, names none.
    """

    def __init__(self, folder: Path, *, size: int) -> None:
        import tantivy

        try:
            self._index = tantivy.Index.open(str(folder))
        except (ValueError, OSError) as error:
            raise LibraryCorrupt(
                f"{folder} is not a lexical index: run rag repair --library {folder.parents[2]}"
            ) from error
        # A generation never changes; by default a thread watches it and opens it anew, under a lock file.
        self._index.config_reader("Manual")
        self._index.register_tokenizer(ANALYZER, analyzer())
        self._schema = self._index.schema
        self._searcher = self._index.searcher()
        self.size = self._searcher.num_docs
        self.languages = self._held() if self._schema == _schema() else ()
        if self.size != size:
            raise LibraryCorrupt(
                f"{folder} holds {self.size} chunks, expected {size}: run rag repair --library {folder.parents[2]}"
            )

    def rows(self) -> Positions:
        """The chunk rows of all documents, in no order; for `rag verify`."""
        import tantivy

        if not self.size:
            return np.empty(0, np.int64)
        hits = self._searcher.search(tantivy.Query.all_query(), limit=self.size, count=False).hits
        return np.array(self._searcher.fast_field_values("chunk", [address for _, address in hits]), np.int64)

    def _held(self) -> tuple[str, ...]:
        import tantivy

        asked = {"held": {"terms": {"field": "language", "size": LANGUAGES_MOST}}}
        found = self._searcher.aggregate(tantivy.Query.all_query(), asked)
        return tuple(sorted(bucket["key"] for bucket in found["held"]["buckets"]))

    def terms(self, text: str, language: str = ENGLISH) -> list[str]:
        """The index terms of a text, in order, as those of a language."""
        return analysis(language).terms(text)

    def terms_elsewhere(self, question: str, language: str) -> list[str]:
        """The terms of a question, asked in a language, for the articles in the other languages that are held."""
        keys = {analysis(language).key}
        found: list[str] = []
        for other in self.languages:
            if (key := analysis(other).key) not in keys:
                keys.add(key)
                found += elsewhere(question, language, other)
        return found

    def document_frequency(self, term: str) -> int:
        """In how many chunks a term occurs."""
        return int(self._searcher.doc_freq("body", term))

    def search(
        self, terms: Sequence[str], k: int, filters: Filters, articles: Sequence[int], others: Sequence[str] = ()
    ) -> tuple[Positions, Vectors]:
        """Chunk rows and BM25 scores of the k best for any of `terms`; `articles`: the rows of `filters.articles`.

        `others` are terms of other languages than the question's, which weigh less.
        """
        import tantivy

        clauses = [clause for term in dict.fromkeys(terms) for clause in self._clauses(term)]
        clauses += [clause for term in dict.fromkeys(others) for clause in self._clauses_elsewhere(term)]
        if not clauses:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
        limits = [(tantivy.Occur.Must, limit) for limit in self._limits(filters, articles)]
        if limits:
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *limits])
        hits = self._searcher.search(query, limit=k, count=False).hits
        rows = self._searcher.fast_field_values("chunk", [address for _, address in hits])
        return np.array(rows, np.int64), np.array([score for score, _ in hits], np.float32)

    def _clauses(self, term: str) -> list[Any]:
        import tantivy

        body = self._term("body", term)
        others = [tantivy.Query.boost_query(self._term("body", other), KIN_BOOST) for other in kin(term)]
        if others:
            # A family counts once, as its best member does.
            body = tantivy.Query.disjunction_max_query([body, *others])
        return [body, tantivy.Query.boost_query(self._term("title", term), TITLE_BOOST)]

    def _clauses_elsewhere(self, term: str) -> list[Any]:
        import tantivy

        boosts = {"body": ELSEWHERE_BOOST, "title": ELSEWHERE_BOOST * TITLE_BOOST}
        return [tantivy.Query.boost_query(self._term(field, term), boost) for field, boost in boosts.items()]

    def _term(self, field: str, term: str) -> Any:
        import tantivy

        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")

    def _limits(self, filters: Filters, articles: Sequence[int]) -> list[Any]:
        import tantivy

        limits: list[Any] = []
        if filters.published_after or filters.published_before:
            lower = days(filters.published_after) if filters.published_after else int(UNDATED) + 1
            upper = days(filters.published_before) if filters.published_before else None
            limits.append(self._published(lower, upper))
        if filters.as_of:
            limits.append(self._published(None, days(filters.as_of)))
        if filters.sources:
            names = [source.lower() for source in spellings(filters.sources)]
            limits.append(tantivy.Query.term_set_query(self._schema, "source", names))
        if filters.articles:
            limits.append(tantivy.Query.term_set_query(self._schema, "article", list(articles)))
        return [tantivy.Query.const_score_query(limit, 0.0) for limit in limits]

    def _published(self, lower: int | None, upper: int | None) -> Any:
        import tantivy

        return tantivy.Query.range_query(self._schema, "published", tantivy.FieldType.Integer, lower, upper)
