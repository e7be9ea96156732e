"""Articles to chunks: whole sentences, sized in the encoder's tokens, with exact offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from langchain_text_splitters import TextSplitter

from index.clean import body
from rag.manifest import ChunkerSpec
from rag.sentences import sentences
from rag.types import Article, Chunk, Span

CountTokens = Callable[[Sequence[str]], list[int]]
TITLE_JOIN = "\n"


class PieceSplitter(TextSplitter):
    """langchain's merging of pieces up to a size, over pieces that are given instead of searched for.

    `merge` returns how many pieces each chunk takes; nothing is stripped or dropped.
    """

    def __init__(self, size: int, length: Callable[[str], int]) -> None:
        super().__init__(chunk_size=size, chunk_overlap=0, length_function=length, strip_whitespace=False)

    def split_text(self, text: str) -> list[str]:
        return self._merge_splits([text[s.start : s.end] for s in _pieces(text)], "")

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
    """Cuts articles for one encoder.  Raises ValueError if the encoder reads too few tokens for the settings."""

    def __init__(self, spec: ChunkerSpec, count_tokens: CountTokens, budget: int) -> None:
        self.spec = spec
        self._count = count_tokens
        self._length = lru_cache(maxsize=1 << 16)(lambda text: count_tokens([text])[0])
        self._title_tokens = min(spec.title_tokens, budget // 4)
        self._size = min(spec.max_tokens, budget - self._title_tokens - 8)
        if self._size < 16:
            raise ValueError(f"the encoder reads {budget} tokens, too few for a title and a chunk")
        self._overlap = min(spec.overlap, self._size // 2)

    def chunks(self, article: Article) -> list[Chunk]:
        """The chunks of an article's body in order: `text[start:end]`, every visible character of it covered."""
        found: list[Chunk] = []
        for region in body(article.text, article.noise):
            for span in self._region(article.text, region):
                found.append(Chunk(article.id, len(found), span.start, span.end))
        return found

    def passage(self, title: str, text: str) -> str:
        """What the encoder reads for a chunk: the title, cut to its share of tokens, then the chunk."""
        context = self._context(title)
        return context + TITLE_JOIN + text if context else text

    def _context(self, title: str) -> str:
        words = title.split()
        while len(words) > 1 and self._length(" ".join(words)) > self._title_tokens:
            words.pop()
        cut = " ".join(words)
        return cut if self._length(cut) <= self._title_tokens else ""

    def _region(self, text: str, region: Span) -> list[Span]:
        inner = text[region.start : region.end]
        pieces = [p for piece in _pieces(inner) for p in self._fit(inner, piece)]
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

    def _with_overlap(
        self, inner: str, pieces: Sequence[Span], sizes: Sequence[int], first: int, end: int
    ) -> int:
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
        """A piece as it is, or cut at spaces (at last anywhere) where a single sentence is over the size."""
        limit = self._size - self._overlap
        if self._length(inner[piece.start : piece.end]) <= limit:
            return [piece]
        middle = (piece.start + piece.end) // 2
        space = inner.rfind(" ", piece.start + 1, middle)
        cut = space + 1 if space > 0 else middle
        if cut in (piece.start, piece.end):
            return [piece]
        return self._fit(inner, Span(piece.start, cut)) + self._fit(inner, Span(cut, piece.end))


def _pieces(text: str) -> list[Span]:
    """Sentences with the white space behind them: contiguous, together the whole text."""
    starts = [span.start for span in sentences(text)]
    if not starts:
        return [Span(0, len(text))] if text else []
    starts[0] = 0
    return [Span(a, b) for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return Span(start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))

