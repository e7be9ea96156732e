"""Everything that `rag` raises on purpose.

RagError
├── QuestionError            the question (or a filter) cannot be asked as it is
├── ArticleNotFound          no article with that id in this library
├── AnswerError              a file is not a saved answer that can be asked again
├── CitationError            a quote does not match the stored text: a bug or a damaged store, never an answer
├── LoadError                a file cannot be read as articles
├── ModelError               an encoder or a reader cannot be found, verified or run
├── Interrupted              the user stopped long work; what was done is kept
└── LibraryError
    ├── LibraryNotFound      no library at that path
    ├── LibraryLocked        another process is writing
    ├── LibraryCorrupt       a file of the library is damaged or missing
    ├── FormatTooNew         written by a newer article-rag
    ├── EncoderMismatch      built with another model
    ├── ChunkerMismatch      built with other chunk settings
    └── StorageError         the disk refused (full, read-only, I/O error); nothing published was changed

Each message says what was found, what was expected, and what to do.
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all errors of article-rag; its text is meant for the user."""


class QuestionError(RagError):
    """The question or a filter cannot be used as given."""


class ArticleNotFound(RagError):
    """No article of that id in the library."""


class AnswerError(RagError):
    """A file does not hold a saved answer."""


class CitationError(RagError):
    """A quote differs from the stored text at its offsets."""


class LoadError(RagError):
    """A file cannot be read as articles."""


class ModelError(RagError):
    """An encoder cannot be found, verified or run."""


class Interrupted(RagError):
    """The user stopped long work; what was done is kept for the next run."""


class LibraryError(RagError):
    """Something about the library on disk."""


class LibraryNotFound(LibraryError):
    """There is no library at the path."""


class LibraryLocked(LibraryError):
    """Another process holds the writer lock."""


class LibraryCorrupt(LibraryError):
    """A file of the library is damaged or missing."""


class FormatTooNew(LibraryError):
    """The library was written by a newer version of article-rag."""


class EncoderMismatch(LibraryError):
    """The library was built with another encoder."""


class ChunkerMismatch(LibraryError):
    """The library was built with other chunk settings."""


class StorageError(LibraryError):
    """The disk refused a write; the published generation is unchanged."""
