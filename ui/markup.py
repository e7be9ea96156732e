"""Text to HTML, one way only: every string that reaches the page passes `esc` or `safe_url`."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

from rag.types import Span

_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"'`{}|^\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_NEW_LINES = re.compile(r"\s*\n\s*")


def plain(text: str) -> str:
    """`text` that can be sent: lone surrogates, which UTF-8 and Gradio's JSON refuse, become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def esc(text: str) -> str:
    """`text` for element content and quoted attributes."""
    return html.escape(plain(text), quote=True)


def safe_url(url: str | None) -> str | None:
    """`url` if it is an absolute http or https address without tricks, else None.  Not yet escaped."""
    if not url or _UNSAFE_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return url if usable else None


def link(url: str | None) -> str:
    """A link to the original that names its host, or nothing when the address is not safe to follow."""
    address = safe_url(url)
    if address is None:
        return ""
    host = urlsplit(address).hostname or ""
    return (
        f'<a class="rag-original" href="{esc(address)}" target="_blank" rel="noopener noreferrer">'
        f'{esc(host.removeprefix("www."))}<span aria-hidden="true"> ↗</span>'
        '<span class="rag-sr"> (original article, opens in a new tab)</span></a>'
    )


def day(value: date) -> str:
    """A date as people write it, with the ISO form for machines."""
    return f'<time datetime="{value.isoformat()}">{value.day} {value:%B} {value.year}</time>'


def counted(number: int, noun: str) -> str:
    """`1 article`, `1,204 articles`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def marked(text: str, quotes: Sequence[tuple[int, Span]], noise: Sequence[Span]) -> str:
    """`text` with numbered quotes in `<mark>` and noise dimmed; ranges are offsets into `text`, may overlap.

    The first piece of quote n has the id `source-n` and a link back to its number in the answer.
    """
    edges = {0, len(text)}
    for start, end in [span for _, span in quotes] + list(noise):
        edges |= {min(max(start, 0), len(text)), min(max(end, 0), len(text))}
    cuts = sorted(edges)
    pieces = [_piece(text, Span(a, b), quotes, noise) for a, b in pairwise(cuts)]
    return "".join(pieces)


def _piece(text: str, piece: Span, quotes: Sequence[tuple[int, Span]], noise: Sequence[Span]) -> str:
    inner = _NEW_LINES.sub('<span class="rag-break">\n</span>', esc(text[piece.start : piece.end]))
    if any(span.start <= piece.start and piece.end <= span.end for span in noise):
        inner = f'<span class="rag-noise">{inner}</span>'
    inside = [(n, s) for n, s in quotes if s.start <= piece.start and piece.end <= s.end]
    for _ in inside[:1]:
        inner = f"<mark>{inner}</mark>"
    for number, span in reversed(inside):
        if max(span.start, 0) == piece.start:
            inner = _anchor(number) + inner
    return inner


def _anchor(number: int) -> str:
    return (
        f'<a class="rag-back" id="source-{number}" href="#cite-{number}" '
        f'aria-label="Quote {number}: back to the answer">{number}</a>'
    )
