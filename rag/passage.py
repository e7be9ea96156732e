"""What an encoder reads for a chunk: the article's title, cut to its share of tokens, then the chunk."""

from __future__ import annotations

from collections.abc import Callable

from rag.manifest import ChunkerSpec

TITLE_JOIN = "\n"


def title_share(spec: ChunkerSpec, budget: int) -> int:
    """Tokens that the title may take of an encoder's budget for a passage."""
    return min(spec.title_tokens, budget // 4)


def passage(title: str, text: str, share: int, length: Callable[[str], int]) -> str:
    """Title and text as they are embedded; `length` counts tokens.  A first word over the share leaves no title."""
    words = title.split()
    while len(words) > 1 and length(" ".join(words)) > share:
        words.pop()
    cut = " ".join(words)
    return cut + TITLE_JOIN + text if cut and length(cut) <= share else text
