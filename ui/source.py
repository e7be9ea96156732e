"""The source that stands open beside an answer: its article at the quote, and the citation in forms to copy."""

from __future__ import annotations

import re

from rag.types import Article, Span
from ui.markup import DOT, esc, marked, origin, safe_url
from ui.parts import whole_number
from ui.port import LibraryPort

AROUND = 15_000
"""Characters of the article that are shown on each side of the quote."""
_SLUG = re.compile(r"[^a-z0-9]+")


def source(library: LibraryPort, asked: dict[str, str]) -> str:
    """The article of a citation: `article`, `start` and `end` of the quote, `short` as START-END, `number`."""
    article = library.article(asked.get("article", ""))
    most = len(article.text)
    start = whole_number(asked.get("start"), 0, most=most)
    end = whole_number(asked.get("end"), start, least=start, most=most)
    first, _, last = asked.get("short", "").partition("-")
    short = Span(whole_number(first, 0), whole_number(last, 0))
    number = whole_number(asked.get("number"), 0)
    quote = Span(start, end)
    badge = f'<span class="rag-number" aria-label="Source {number}">{number}</span>' if number else ""
    return (
        f'<article class="rag-document"><header><h3 class="rag-title" dir="auto">{badge}'
        f"{esc(article.title) or 'Untitled'}</h3>{about(article, quote)}{copies(article, quote)}</header>"
        f"{_body(article, quote, short)}</article>"
    )


def about(article: Article, quote: Span | None = None) -> str:
    """Who wrote it, source, date and link to the original, and on which page and under which heading a quote stands."""
    where = origin(article.source, article.published, article.url, undated="undated")
    parts = [f'<span dir="auto">{esc(article.author)}</span>' if article.author else "", where]
    parts += [f'<span dir="auto">{esc(spot)}</span>' for spot in _spots(article, quote)] if quote else []
    return f'<p class="rag-byline">{DOT.join(part for part in parts if part)}</p>'


def _spots(article: Article, quote: Span) -> list[str]:
    page = article.pages(quote.start, quote.end)
    section = article.at("heading", quote.start)
    return ([f"page {page}"] if page else []) + ([f"under “{section}”"] if section else [])


def copies(article: Article, quote: Span) -> str:
    """Buttons that copy the citation: plain, Markdown, BibTeX."""
    said = " ".join(article.text[quote.start : quote.end].split())
    page = article.pages(quote.start, quote.end) if said else None
    forms = (
        ("Copy citation", plain(article, said, page)),
        ("Markdown", markdown(article, said, page)),
        ("BibTeX", bibtex(article, said, page)),
    )
    buttons = "".join(
        f'<button type="button" class="rag-plain rag-copy" data-copy="{esc(text)}">{label}</button>'
        for label, text in forms
    )
    return f'<p class="rag-copies">{buttons}<span class="rag-copied" role="status"></span></p>'


def plain(article: Article, quote: str, page: str | None = None) -> str:
    """“Quote” Author, Title, Source, day month year, page, address."""
    parts = [article.author, article.title, article.source, _written(article), _paged(page), safe_url(article.url)]
    named = ", ".join(part for part in parts if part)
    return f"“{quote}” {named}." if quote else f"{named}."


def markdown(article: Article, quote: str, page: str | None = None) -> str:
    """The quote as a block, and its source as a link."""
    url = safe_url(article.url)
    title = re.sub(r"([\\\[\]`*_<>])", r"\\\1", article.title)
    named = f"[{title}]({url})" if url else title
    rest = ", ".join(part for part in (article.author, article.source, _written(article), _paged(page)) if part)
    return (f"> {quote}\n>\n> — " if quote else "") + named + (f", {rest}" if rest else "")


def bibtex(article: Article, quote: str, page: str | None = None) -> str:
    """An entry whose note is the quote."""
    url = safe_url(article.url)
    fields = {
        "author": article.author,
        "title": article.title,
        "journal": article.source,
        "year": str(article.published.year) if article.published else None,
        "month": str(article.published.month) if article.published else None,
        "day": str(article.published.day) if article.published else None,
        "pages": page,
        "url": url,
        "note": f"Quote: {quote}" if quote else None,
    }
    key = _SLUG.sub("-", article.id.lower()).strip("-")[:60] or "article"
    rows = "".join(f"  {name} = {{{_braced(value)}}},\n" for name, value in fields.items() if value)
    return f"@article{{{key},\n{rows}}}"


def _braced(text: str) -> str:
    return re.sub(r"([{}%&#$_])", r"\\\1", text.replace("\\", r"\textbackslash "))


def _paged(page: str | None) -> str | None:
    return f"p. {page}" if page else None


def _written(article: Article) -> str | None:
    made = article.published
    return f"{made.day} {made:%B} {made.year}" if made else None


def _body(article: Article, quote: Span, short: Span) -> str:
    start, end = max(quote.start - AROUND, 0), min(quote.end + AROUND, len(article.text))
    marks = [Span(mark.start - start, mark.end - start) for mark in article.noise]
    shown = marked(
        article.text[start:end], marks,
        Span(quote.start - start, quote.end - start) if quote.end > quote.start else None,
        Span(short.start - start, short.end - start) if quote.start <= short.start < short.end <= quote.end else None,
    )  # fmt: skip
    before, after = "… " if start > 0 else "", " …" if end < len(article.text) else ""
    return f'<div class="rag-text" dir="auto">{before}{shown}{after}</div>'
