"""Web pages: the article of an HTML page or of a page kept as MHTML, and the plain text of any HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from index.clutter import GATE_WORDS, has_gate, prune
from index.draft import Draft, Issue, Piece, drafted, joined
from index.raw import decode, whole
from rag.errors import LoadError
from rag.types import Mark

Favour = Literal["precision", "balance", "recall"]
"""What the extraction would rather do: leave noise out, neither, or keep the text."""

_CHARSET = re.compile(
    rb"""<(?:meta[^>]{1,200}charset|\?xml[^>]{1,100}encoding)\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE
)
_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol p pre section summary table tbody tfoot thead tr ul"
)
_FOUND_BLOCK_NAMES = "head item list quote row code ab"
"""What trafilatura calls the blocks of an article."""
_SKIPPED_NAMES = "script style noscript template title meta link svg select button iframe object"
_BLOCKS = frozenset(f"{_BLOCK_NAMES} {_FOUND_BLOCK_NAMES}".split())
_SKIPPED = frozenset(_SKIPPED_NAMES.split())
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "head"))
_ITEMS = frozenset(("li", "item"))
_CELLS = frozenset(("td", "th"))
_BREAKS = frozenset(("br", "lb"))
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*[;!]?$"
)
_CONSENT = (
    r"\bwe (?:and our (?:[\w-]+ ){0,3}partners|use cookies|value your privacy|need your consent)",
    r"\b(?:store|access)\b.{0,30}\binformation on (?:your|a) device",
    r"\b(?:change|manage|set) your (?:cookie |privacy )?(?:preferences|choices|consent|settings)",
    r"\bcookie (?:policy|settings|preferences|notice)\b",
    r"\bbefore you continue\b",
    r"\bpersonali[sz]ed (?:ads|advertising|content)\b",
    r"\b(?:wir (?:und unsere .{0,20}partner )?(?:verwenden|nutzen)|nous utilisons|utilizamos|usamos) .{0,20}cookies",
    r"\b(?:ihre einwilligung|votre consentement|vos choix|su consentimiento|tu consentimiento)\b",
)
"""How sites address their visitors about cookies, and news about cookies does not."""
_FEW_WORDS = 150
"""Of what a wall lets through; only so short a text is judged for being that."""
_DATES = {"original_date": True, "extensive_search": False}
"""The day of publication and no later one; a page that does not state it stays undated, since a guess is worse."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page before its article is found; what is told besides the page counts where the page is silent.

    `url` is where it was found, which counts before what the page says of itself.
    """

    html: str
    url: str | None = None
    title: str | None = None
    saved: str | None = None


def read(stream: BinaryIO, origin: str) -> Iterator[Draft | Issue]:
    """The article of a page.  Raises LoadError for a page that holds none."""
    raw = whole(stream)
    page = kept_page(raw) if origin.lower().endswith((".mhtml", ".mht")) else Page(html_text(raw))
    yield article(page, origin, len(raw))


def html_text(raw: bytes, declared: str | None = None) -> str:
    """The text of an HTML file, by the encoding that it declares.  Raises LoadError for what is no text."""
    match = _CHARSET.search(raw[:4_096])
    return decode(raw, declared or (match.group(1).decode("ascii") if match else None))


def kept_page(raw: bytes) -> Page:
    """The page in an MHTML file (RFC 2557).  Raises LoadError for a file without one."""
    from email import message_from_bytes

    from index.header import plain_header

    message = message_from_bytes(raw)
    pages = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    start = message.get_param("start")
    root = next((part for part in pages if start and part.get("Content-ID", "").strip() == start), None)
    root = root or next(iter(pages), None)
    content = root.get_payload(decode=True) if root is not None else None
    if root is None or not isinstance(content, bytes):
        raise LoadError("holds no web page; save it anew as a web page, or as a single file (.mhtml)")
    # A long address is folded over lines in a header; no address holds white space of its own.
    found = (part.get(name) for part, name in ((root, "Content-Location"), (message, "Snapshot-Content-Location")))
    url = next(("".join(str(place).split()) for place in found if place), None)
    url = url if url and url.lower().startswith(("http:", "https:")) else None
    html = html_text(content, root.get_content_charset())
    return Page(html, url, plain_header(message, "Subject"), plain_header(message, "Date"))


def article(page: Page, origin: str, position: int, favour: Favour = "balance") -> Draft:
    """The article of a page without what stands around it.  Raises LoadError for a page that holds none."""
    tree = _tree(page.html)
    facts = _facts(tree, page)
    told = _told_body(tree)
    whole_text = " ".join(tree.text_content().split())
    gated = _is_gated(tree, whole_text)
    prune(tree)
    text, marks = joined(pieces(body)) if (body := _body(tree, favour)) is not None else ("", ())
    if len(text.split()) < 0.6 * len(told.split()):
        text, marks = joined(Piece(part) for part in re.split(r"\n\s*\n", told))
    short = len(text.split()) <= _FEW_WORDS
    if short and _asks_consent(text or whole_text):
        raise LoadError("shows only a consent (cookie) wall; open the page, make your choice and save it again")
    if short and gated:
        raise LoadError("holds only the beginning of an article behind a paywall; save it from where you can read it")
    if not text:
        raise LoadError("holds no article text (an empty page, a menu, or one that is drawn by JavaScript)")
    return drafted({**facts, "text": text}, origin, position, marks)


def plain(html: str) -> tuple[str, tuple[Mark, ...]]:
    """All visible text of HTML, paragraph by paragraph, with the marks of its headings; "" for none."""
    try:
        return joined(pieces(_tree(html)))
    except LoadError:
        return "", ()


def pieces(root: Any) -> Iterator[Piece]:
    """The visible paragraphs, headings, list items and table rows of a tree, in their order."""
    from lxml.etree import iterwalk  # type: ignore[import-untyped]

    parts: list[str] = []
    # Neither the walk nor this function calls itself: how deep a page nests is up to the page.
    walk = iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if _is_block(element, tag):
            yield from _flushed(parts, event == "end" and tag in _HEADINGS)
        if event == "end":
            parts.append(_one_line(element.tail) if element is not root else "")
        elif not tag or tag in _SKIPPED or _is_hidden(element):
            walk.skip_subtree()
        else:
            parts.append(_opening(tag, parts) + _one_line(element.text))
    yield from _flushed(parts, False)


def _one_line(text: str | None) -> str:
    return " ".join(re.split(r"[ \t\r\n\f\u200b\ufeff]+", text or ""))


def _is_block(element: Any, tag: str) -> bool:
    return tag in _BLOCKS or (tag in _CELLS and any(child.tag in _BLOCKS for child in element))


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "").lower()))


def _opening(tag: str, parts: list[str]) -> str:
    """What stands for the beginning of an element: a line end, a list's mark, what parts the cells of a row."""
    if tag in _BREAKS:
        return "\n"
    if tag in _ITEMS:
        return "- "
    return " | " if tag in {*_CELLS, "cell"} and any(part.strip() for part in parts) else ""


def _flushed(parts: list[str], heading: bool) -> Iterator[Piece]:
    """The pieces that were gathered; two line ends part paragraphs, as authors do who know no others."""
    text = "\n".join(" ".join(line.split(" ")).strip() for line in "".join(parts).split("\n"))
    parts.clear()
    for paragraph in re.split(r"\n{2,}", re.sub(r" {2,}", " ", text)):
        if paragraph.strip(" -|\n"):
            yield Piece(" ".join(paragraph.split()) if heading else paragraph.strip(), heading=heading)


# -- one page -------------------------------------------------------------------------------------------------------


def _tree(html: str) -> Any:
    from lxml.etree import ParserError
    from lxml.html import HTMLParser, document_fromstring  # type: ignore[import-untyped]

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (ParserError, ValueError) as error:
        raise LoadError("holds no article text (an empty page)") from error


def _body(tree: Any, favour: Favour) -> Any | None:
    """The article as trafilatura finds it, None where it finds none."""
    import trafilatura

    found: Any = trafilatura.bare_extraction(
        tree, include_comments=False, favor_precision=favour == "precision", favor_recall=favour == "recall"
    )
    return found.body if found is not None else None


def _facts(tree: Any, page: Page) -> dict[str, Any]:
    """What the page says of itself, and where it is silent, what is told besides."""
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(tree, page.url, dict(_DATES))
    authors = (found.author or "").split("; ")
    return {
        "title": found.title or page.title,
        "source": found.sitename or found.hostname,
        "author": [name for name in authors if name],
        "url": page.url or found.url,
        "published": found.date or page.saved,
        "language": _language(tree),
    }


def _language(tree: Any) -> str | None:
    ways = (
        "/html/@lang", "/html/@*[name()='xml:lang']", "//meta[@property='og:locale']/@content",
        "//meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content",
    )  # fmt: skip
    return next((str(found[0]) for way in ways if (found := tree.xpath(way)) and found[0].strip()), None)


def _data(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of a page's JSON-LD, and those in their graphs."""
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            found = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for one in found if isinstance(found, list) else [found]:
            graph = one.get("@graph") if isinstance(one, dict) else None
            yield from (node for node in [one, *(graph if isinstance(graph, list) else [])] if isinstance(node, dict))


def _told_body(tree: Any) -> str:
    """The longest article text that the page's data holds: some pages show it only by a script."""
    bodies = [body for node in _data(tree) if isinstance(body := node.get("articleBody"), str)]
    text = max(bodies, key=len, default="")
    return plain(text)[0] if "</p>" in text else text


def _is_gated(tree: Any, text: str) -> bool:
    """Whether the page says in two ways that the article goes on behind a paywall: one alone may be a mere offer."""
    closed = any(str(node.get("isAccessibleForFree")).lower().endswith("false") for node in _data(tree))
    return bool(GATE_WORDS.search(text)) + closed + has_gate(tree) >= 2


def _asks_consent(text: str) -> bool:
    return sum(bool(re.search(phrase, text, re.IGNORECASE)) for phrase in _CONSENT) >= 2
