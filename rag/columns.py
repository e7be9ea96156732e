"""Chunk and article columns of one generation: what retrieval needs without touching the store."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import LibraryCorrupt
from rag.types import Filters

Ints = npt.NDArray[np.int64]
UNDATED = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class Columns:
    """Aligned arrays.  Chunk arrays are in the order of the FAISS index, sorted by `chunk_row`.

    `chunk_row` and `article_row` are rows of the store; `chunk_article` indexes the article arrays;
    `published` is days since 1970-01-01 or UNDATED; `source` is "" where unknown; `article_seal` is the digest of
    the article's row; `header` is library id, generation and encoder fingerprint.  `group` is for each article the
    position of the original of its near-copies, its own where it has none; `language` is "" where unknown.
    """

    chunk_row: Ints
    chunk_article: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    article_row: Ints
    article_id: npt.NDArray[np.str_]
    article_seal: npt.NDArray[np.void]
    published: npt.NDArray[np.int32]
    source: npt.NDArray[np.str_]
    header: npt.NDArray[np.str_]
    group: npt.NDArray[np.int32]
    language: npt.NDArray[np.str_]

    def to_bytes(self) -> bytes:
        """Serialised with numpy's own format, no pickle."""
        buffer = io.BytesIO()
        np.savez(buffer, **{field.name: getattr(self, field.name) for field in fields(self)})
        return buffer.getvalue()

    def mask(self, filters: Filters) -> npt.NDArray[np.bool_] | None:
        """Which chunks pass `filters`; None where all do."""
        return np.asarray(self.kept(filters)[self.chunk_article]) if filters else None

    def kept(self, filters: Filters) -> npt.NDArray[np.bool_]:
        """Which articles pass `filters`."""
        keep = np.ones(len(self.article_row), bool)
        if filters.published_after:
            keep &= self.published >= days(filters.published_after)
        if filters.published_before:
            keep &= (self.published <= days(filters.published_before)) & (self.published != UNDATED)
        if filters.as_of:
            keep &= self.published <= days(filters.as_of)
        if filters.sources:
            # numpy's own lower() cuts what grows: "İ" has two characters in lower case.
            wanted = {source.lower() for source in spellings(filters.sources)}
            keep &= np.array([str(source).lower() in wanted for source in self.source.tolist()], bool)
        if filters.articles:
            keep &= np.isin(self.article_id, spellings(filters.articles))
        return keep

    def newest(self, as_of: date) -> date | None:
        """The date of the newest article up to a day, None where none has a date."""
        dated = self.published[(self.published != UNDATED) & (self.published <= days(as_of))]
        return date(1970, 1, 1) + timedelta(int(dated.max())) if len(dated) else None


def spellings(names: Iterable[str]) -> list[str]:
    """Names as given, composed (NFC) and decomposed (NFD): an id may be a file's name as its system spells it."""
    forms = ((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)) for name in names)
    return list(dict.fromkeys(spelt for form in forms for spelt in form))


def days(published: date | None) -> int:
    """Days since 1970-01-01, UNDATED for None."""
    return int(UNDATED) if published is None else (published - date(1970, 1, 1)).days


def read_columns(path: Path, header: tuple[str, ...]) -> Columns:
    """The columns in a file whose checksum was verified; `header` must be the one they were written with."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = dict(arrays)
            count = len(found["article_row"])
            # What format 1 did not have.
            found.setdefault("group", np.arange(count, dtype=np.int32))
            found.setdefault("language", np.zeros(count, dtype="U1"))
            loaded: dict[str, Any] = {field.name: found[field.name] for field in fields(Columns)}
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise LibraryCorrupt(f"{path} cannot be read: run rag repair --library {path.parents[2]}") from error
    columns = Columns(**loaded)
    if tuple(columns.header) != header:
        raise LibraryCorrupt(
            f"{path} belongs to {tuple(columns.header)}, expected {header}: run rag repair --library {path.parents[2]}"
        )
    return columns
