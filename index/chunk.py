"""Articles to chunks: whole sentences, sized in the encoder's tokens, with exact offsets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from langchain_text_splitters import TextSplitter

from index.clean import body
from rag.errors import ModelError
from rag.manifest import ChunkerSpec
from rag.passage import passage, title_share
from rag.sentences import sentences
from rag.types import Article, Chunk, Span

CACHED_CHARS = 2_000
_UNSPACED = re.compile(r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""Scripts without spaces of which a tokenizer that does not know them makes one unknown token, however long the run."""
_CLAUSE_MARKS = "，、；："
CountTokens = Callable[[Sequence[str]], list[int]]


class PieceSplitter(TextSplitter):
    """langchain's merging of pieces up to a size, over pieces that are given instead of searched for.

    `merge` returns how many pieces each chunk takes; nothing is stripped or dropped.
    """

    def __init__(self, size: int, length: Callable[[str], int]) -> None:
        # A piece of length 0 (a line of zero-width spaces) would be carried over into the next chunk.
        super().__init__(
            chunk_size=size,
            chunk_overlap=0,
            length_function=lambda text: max(1, length(text)) if text else 0,
            strip_whitespace=False,
        )

    def split_text(self, text: str) -> list[str]:
        starts = [span.start for span in sentences(text)]
        return self._merge_splits([text[s.start : s.end] for s in _pieces(text, starts)], "")

    def merge(self, pieces: Sequence[str]) -> list[int]:
        merged = self._merge_splits(list(pieces), "")
        counts: list[int] = []
        used = 0
        for chunk in merged:
            first, length = used, 0
            while length < len(chunk):
                length += len(pieces[used])
                used += 1
            counts.append(used - first)
        return counts


class Chunker:
    """Cuts articles for one encoder.  Raises ModelError if the encoder reads too few tokens for the settings."""

    def __init__(self, spec: ChunkerSpec, count_tokens: CountTokens, budget: int) -> None:
        self.spec = spec
        self._count = count_tokens
        self._counted = lru_cache(maxsize=1 << 16)(self._tokens)
        self._title_tokens = title_share(spec, budget)
        self._size = min(spec.max_tokens, budget - self._title_tokens - 8)
        if self._size < 16:
            raise ModelError(f"The encoder reads {budget} tokens at once, too few for a title and a chunk of 16.")
        self._overlap = min(spec.overlap, self._size // 2)

    def chunks(self, article: Article) -> list[Chunk]:
        """The chunks of an article's body in order: `text[start:end]`, every visible character of it covered."""
        found: list[Chunk] = []
        spans = sentences(article.text, article.language)
        for region in body(article.text, article.noise):
            for span in self._region(article.text, region, spans):
                found.append(Chunk(article.id, len(found), span.start, span.end))
        return found

    def passage(self, title: str, text: str) -> str:
        """What the encoder reads for a chunk: the title, cut to its share of tokens, then the chunk."""
        return passage(title, text, self._title_tokens, self._length)

    def _length(self, text: str) -> int:
        """Tokens of a text, at least one for three characters of a script without spaces.

        Long texts are counted anew each time, so that the cache stays small.
        """
        return self._counted(text) if len(text) <= CACHED_CHARS else self._tokens(text)

    def _tokens(self, text: str) -> int:
        return max(self._count([text])[0], len(_UNSPACED.findall(text)) // 3)

    def _region(self, text: str, region: Span, spans: Sequence[Span]) -> list[Span]:
        inner = text[region.start : region.end]
        # Sentences of the whole text, which is what tells wrapped lines from short paragraphs.
        own = [s.start - region.start for s in spans if s.start < region.end and region.start < s.end]
        pieces = [p for piece in _pieces(inner, own) for p in self._fit(inner, piece)]
        sizes = [self._length(inner[p.start : p.end]) for p in pieces]
        splitter = PieceSplitter(self._size - self._overlap, self._length)
        found: list[Span] = []
        first = 0
        for count in splitter.merge([inner[p.start : p.end] for p in pieces]):
            start = self._with_overlap(inner, pieces, sizes, first, first + count) if found else first
            span = _trim(text, region.start + pieces[start].start, region.start + pieces[first + count - 1].end)
            if span.end > span.start:
                found.append(span)
            first += count
        return found

    def _with_overlap(self, inner: str, pieces: Sequence[Span], sizes: Sequence[int], first: int, end: int) -> int:
        """The first piece of a chunk that starts with as many sentences of the one before as fit in the overlap."""
        start, taken = first, 0
        while start > 0 and taken + sizes[start - 1] <= self._overlap:
            start -= 1
            taken += sizes[start]
        # Token counts of joined pieces can differ by a few from their sum.
        while start < first and self._length(inner[pieces[start].start : pieces[end - 1].end]) > self._size:
            start += 1
        return start

    def _fit(self, inner: str, piece: Span) -> list[Span]:
        """A piece as it is, or cut at spaces (else at marks, at last anywhere) where one sentence is over the size."""
        limit = self._size - self._overlap
        if self._length(inner[piece.start : piece.end]) <= limit:
            return [piece]
        middle = (piece.start + piece.end) // 2
        space = inner.rfind(" ", piece.start + 1, middle)
        mark = max(inner.rfind(mark, piece.start + 1, middle) for mark in _CLAUSE_MARKS)
        cut = space + 1 if space > 0 else mark + 1 if mark > 0 else middle
        if cut in (piece.start, piece.end):
            return [piece]
        return self._fit(inner, Span(piece.start, cut)) + self._fit(inner, Span(cut, piece.end))


def _pieces(text: str, starts: Sequence[int]) -> list[Span]:
    """Sentences, given by their starts, with the white space behind them: contiguous, together the whole text."""
    if not text:
        return []
    cuts = [0, *starts[1:], len(text)]
    return [Span(a, b) for a, b in itertools.pairwise(cuts)]


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))
