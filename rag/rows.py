"""What a row of the store says, and the digests that seal it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.types import Article, Chunk, Mark, Noise

NO_EXTRA = "{}"
_SKETCH_SEAL = 8
Vector = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article's metadata as stored.

    Its vectors were made from `content` (digest of title and text) by `recipe` (encoder and chunker).
    """

    row: int
    id: str
    title: str
    source: str | None
    url: str | None
    published: date | None
    origin: str
    noise: tuple[Noise, ...]
    recipe: str
    chunks: int
    content: bytes
    digest: bytes
    author: str | None = None
    language: str | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as stored, with its (dimension,) float16 vector."""

    row: int
    article: int
    ordinal: int
    start: int
    end: int
    vector: Vector


def content_digest(title: str, text: str) -> bytes:
    """What the vectors of an article depend on."""
    return hashlib.sha256(json.dumps([title, text]).encode()).digest()


def article_digest(article: Article, recipe: str, chunks: int) -> bytes:
    """Seal over every stored field of an article; `text` and `title` enter through their content digest."""
    facts = [
        article.id,
        article.source,
        article.url,
        article.published.isoformat() if article.published else None,
        article.origin,
        [list(noise) for noise in article.noise],
        recipe,
        chunks,
        content_digest(article.title, article.text).hex(),
    ]
    return seal(facts, extra(article))


def extra(article: Article) -> str:
    """The fields that most articles lack, as JSON; "{}" where all are absent."""
    found = {
        "author": article.author,
        "language": article.language,
        "marks": [list(mark) for mark in article.marks],
    }
    return json.dumps({name: value for name, value in found.items() if value})


def seal(facts: list[Any], more: str) -> bytes:
    """Digest of an article's facts; what a row lacks is not part of it, so that older rows keep their seals."""
    facts = facts if more == NO_EXTRA else [*facts, more]
    return hashlib.sha256(json.dumps(facts).encode()).digest()


def chunk_digest(article_content: bytes, chunk: Chunk, vector: Vector) -> bytes:
    """Seal over a chunk's place and vector, bound to its article's content."""
    head = f"{chunk.ordinal} {chunk.start} {chunk.end} ".encode()
    return hashlib.blake2b(article_content + head + vector.tobytes(), digest_size=16).digest()


def sealed_sketch(article_content: bytes, sketch: bytes) -> bytes:
    """A sketch with a seal of its own, bound to its article's content."""
    return sketch + hashlib.blake2b(article_content + sketch, digest_size=_SKETCH_SEAL).digest()


def open_sketch(article_content: bytes, stored: bytes | None) -> bytes | None:
    """The sketch in what `sealed_sketch` made; None where it is absent or damaged: it can be made again."""
    sketch = stored[:-_SKETCH_SEAL] if isinstance(stored, bytes) else b""
    return sketch if sketch and sealed_sketch(article_content, sketch) == stored else None
