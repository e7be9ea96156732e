"""Small drawings inside the text of a page, and what matplotlib drew made fit to stand there.

Colours are the page's CSS variables, so that one drawing serves light and dark.  A series is told by its colour and
by its marker.  The elements have no namespace: the strings are for HTML, not for files.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree

from eval.interval import Estimate

SERIES = ("#0c5a63", "#b3470a", "#5a48b8", "#8a6400", "#a02c5a", "#3f6b1e")
"""What `--rag-series-1` and so on are where a page does not say otherwise: readable on white, apart in darkness."""

MARKERS = (
    "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
    "M-3.5,-3.5h7v7h-7z",
    "M0,-4.5L4.5,3.5H-4.5z",
    "M0,-5L5,0L0,5L-5,0z",
    "M0,4.5L4.5,-3.5H-4.5z",
    "M-1.6,-4.5h3.2v2.9h2.9v3.2h-2.9v2.9h-3.2v-2.9h-2.9v-3.2h2.9z",
)
"""Circle, square, triangle, diamond, triangle downwards, plus."""

WIDTH, PAD, LINE = 130, 6, 13

_NAMESPACE = re.compile(r"\{[^}]*\}")
_REFERENCE = re.compile(r"(?:url\(#|^#)([^)\s]+)\)?")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT = re.compile(r"(font-family:|font:[^;]*?px)[^;]*")


def colour(series: int) -> str:
    """The CSS colour of the series of that number, from 0; the seventh has the first one's again."""
    number = series % len(SERIES)
    return f"var(--rag-series-{number + 1}, {SERIES[number]})"


def marker(series: int) -> str:
    """The marker of a series as a drawing of one line's height, for legends."""
    return (
        '<svg class="rag-marker" viewBox="-6 -6 12 12" width="12" height="12" aria-hidden="true">'
        f"{_mark(series, 0, 0)}</svg>"
    )


def whiskers(figures: Sequence[Estimate]) -> str:
    """Shares between 0 and 1 as points with their intervals, one below the other; text beside it must say them too."""
    height = PAD + LINE * len(figures)
    edges = [f'<line x1="{_x(at)}" y1="0" x2="{_x(at)}" y2="{height}" />' for at in (0.0, 0.5, 1.0)]
    rows = [_whisker(series, figure, PAD / 2 + LINE * (series + 0.5)) for series, figure in enumerate(figures)]
    return (
        f'<svg class="rag-whiskers" viewBox="0 0 {WIDTH} {height}" aria-hidden="true">'
        f'<g class="rag-grid">{"".join(edges)}</g>{"".join(rows)}</svg>'
    )


def bar(share: float, series: int = 0) -> str:
    """A share between 0 and 1 as a bar; text beside it must say it too."""
    width = 0.0 if math.isnan(share) else round(100 * share, 2)
    return (
        '<svg class="rag-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width}" height="10" style="fill: {colour(series)}" /></svg>'
    )


def inline(raw: str, label: str, colours: dict[str, str]) -> str:
    """What matplotlib drew as an element of a page: an image that is read out as `label`.

    Fonts become the page's, `colours` maps what was drawn with to CSS colours.  Ids keep only where something refers
    to them and begin with a hash of the drawing, so that several drawings can stand in one page.
    """
    root = ElementTree.fromstring(raw)
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in [each for each in parents if _bare(each.tag) in {"metadata", "style", "title"}]:
        parents[element].remove(element)
    prefix = f"g{hashlib.sha256((raw + label).encode()).hexdigest()[:8]}-"
    used = {found for element in root.iter() for value in element.attrib.values() for found in _targets(value)}
    for element in root.iter():
        element.tag = _bare(element.tag)
        element.attrib = {
            _bare(name): _value(_bare(name), value, prefix, colours)
            for name, value in element.attrib.items()
            if _bare(name) != "id" or value in used
        }
        element.tail = None
    view = root.attrib["viewBox"]
    root.attrib = {
        "class": "rag-plot", "viewBox": view, "role": "img", "aria-label": label,
        "style": "stroke-linejoin: round; stroke-linecap: butt",
    }  # fmt: skip
    return ElementTree.tostring(root, encoding="unicode")


def _whisker(series: int, figure: Estimate, y: float) -> str:
    if math.isnan(figure.value):
        return ""
    ends = ""
    if not math.isnan(figure.low):
        ends = f'<line x1="{_x(figure.low)}" y1="{y}" x2="{_x(figure.high)}" y2="{y}" />'
    return f'<g style="stroke: {colour(series)}; stroke-width: 2">{ends}</g>{_mark(series, _x(figure.value), y)}'


def _mark(series: int, x: float, y: float) -> str:
    return (
        f'<path d="{MARKERS[series % len(MARKERS)]}" transform="translate({x:g} {y:g})" '
        f'style="fill: {colour(series)}; stroke: var(--rag-card, #fff); stroke-width: 1" />'
    )


def _x(share: float) -> float:
    return round(PAD + min(max(share, 0.0), 1.0) * (WIDTH - 2 * PAD), 2)


def _value(name: str, value: str, prefix: str, colours: dict[str, str]) -> str:
    if name == "id":
        return prefix + value
    for target in _targets(value):
        value = value.replace(f"#{target}", f"#{prefix}{target}")
    if name == "style":
        value = _FONT.sub(r"\1 var(--rag-sans, sans-serif)", value)
        for drawn, css in colours.items():
            value = value.replace(drawn, css)
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)


def _targets(value: str) -> list[str]:
    return _REFERENCE.findall(value)


def _bare(name: str) -> str:
    return _NAMESPACE.sub("", name)
