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


DOT = '<span class="rag-dot" aria-hidden="true"> · </span>'


def origin(source: str | None, published: date | None, url: str | None, *, undated: str = "") -> str:
    """Source, date and link to the original, those that are known, in a line; `undated` stands for no date."""
    parts = [f"<bdi>{esc(source)}</bdi>" if source else "", day(published) if published else undated, link(url)]
    return DOT.join(part for part in parts if part)


def counted(number: int, noun: str) -> str:
    """`1 article`, `1,204 articles`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def marked(text: str, noise: Sequence[Span], quote: Span | None = None, short: Span | None = None) -> str:
    """`text` with noise dimmed, a quote in `<mark>` and the short answer inside it in `<strong>`.

    Ranges are offsets into `text` and may overlap and reach beyond it.  The first piece of the quote has the id
    `rag-quote`.
    """
    spans = [*noise, *(span for span in (quote, short) if span)]
    edges = {0, len(text)} | {min(max(at, 0), len(text)) for span in spans for at in span}
    pieces, begun = [], False
    for start, end in pairwise(sorted(edges)):
        inner = _NEW_LINES.sub('<span class="rag-break">\n</span>', esc(text[start:end]))
        if any(span.start <= start and end <= span.end for span in noise):
            inner = f'<span class="rag-noise">{inner}</span>'
        if short and short.start <= start and end <= short.end:
            inner = f'<strong class="rag-short">{inner}</strong>'
        if quote and quote.start <= start and end <= quote.end:
            name = "" if begun else ' id="rag-quote" tabindex="-1"'
            inner, begun = f"<mark{name}>{inner}</mark>", True
        pieces.append(inner)
    return "".join(pieces)
