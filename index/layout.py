"""Lines on pages to paragraphs: without running heads, divided words put together, pages not breaking paragraphs."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from index.draft import Piece
from rag.sentences import ends_sentence

_EDGE_ROWS = 3
"""So many rows at the top and at the bottom of a page can be running ones."""
_REPEATS = 3
"""On so many neighbouring pages must a row recur; every second page will do, for left and right differ in books."""
_SLIDE_ROWS = 6
"""Pages with fewer rows are slides, whose titles recur and are no running heads."""
_NEIGHBOURS = 15
"""So many lines before and after one tell how wide its column is."""
_NUMBER = re.compile(r"\d{1,4}|\b[ivxlc]{1,8}\b", re.IGNORECASE)
_ONLY_NUMBER = re.compile(r"\W*(page|p|seite|p[aá]gina|pagina)?\W*#\W*((of|von|de|di|sur|/)?\W*\d+)?\W*")
_BULLET = re.compile(r"[•▪◦‣●■□➢✓∙]")
_LEADER = re.compile(r"(\. ?|…){4,}\W*\w*$")
"""Dots that lead to a page number, in contents."""
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DIVIDED = re.compile(r"\w-$")
_ADDRESS = re.compile(r"(://|www\.|@|/)\S*$")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page and its place in points, from the lower left corner; a division mark at its end is `-`."""

    text: str
    left: float
    right: float
    bottom: float
    height: float


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its label, with its lines in the order of reading."""

    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A line with what its surroundings tell: the right edge of its column, and the usual distance of lines."""

    line: Line
    edge: float
    leading: float


def pieces(pages: Sequence[Page]) -> list[Piece]:
    """A piece for each page; one that begins within a paragraph or a word follows without a blank line."""
    bodies = without_running(pages)
    words = _Words(line for body in bodies for line in body)
    found: list[Piece] = []
    last: _Place | None = None
    holder = 0
    for page, body in zip(pages, bodies, strict=True):
        text = ""
        gap: Literal["\n\n", " ", ""] = "\n\n"
        for place in _places(body):
            hyphen, seam = words.seam(last, place, turned=not text)
            if text:
                text = (text if hyphen else text[:-1]) + seam
            elif last:
                gap = seam
                found[holder] = found[holder] if hyphen else _shortened(found[holder])
            text += place.line.text
            last = place
        holder = len(found) if text else holder
        found.append(Piece(text, page=page.label, gap=gap))
    return found


def _shortened(piece: Piece) -> Piece:
    return Piece(piece.text[:-1], page=piece.page, gap=piece.gap)


def without_running(pages: Sequence[Page]) -> list[list[Line]]:
    """The lines of each page without heads, feet and page numbers that recur over the pages."""
    rows = [_rows(page.lines) for page in pages]
    slides = median(len(one) for one in rows) < _SLIDE_ROWS if rows else False
    met: dict[tuple[str, str, int | None], list[int]] = defaultdict(list)
    for number, one in enumerate(rows):
        inner = {_told(row) for row in one[_EDGE_ROWS:-_EDGE_ROWS]}
        for side, row in _edge_rows(one):
            # What is in the middle of a page too is no head of it.
            for key in _keys(row, number) if _told(row) not in inner else ():
                met[(side, *key)].append(number)
    running = {
        (key, number)
        for key, numbers in met.items()
        if not (slides and key[2] is None)
        for number in _recurring(numbers, _is_numbering(key[1:], len(pages)))
    }
    found: list[list[Line]] = []
    for number, (page, one) in enumerate(zip(pages, rows, strict=True)):
        dropped: set[int] = set()
        for side in ("top", "bottom"):
            for row in (row for edge, row in _edge_rows(one) if edge == side):
                if not any(((side, *key), number) in running for key in _keys(row, number)):
                    break
                dropped |= {id(line) for line in row}
        found.append([line for line in page.lines if id(line) not in dropped])
    return found


def _rows(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines of the same height on the page together, from the top; in each from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -2 * line.bottom - line.height):
        if rows and line.bottom + line.height / 2 > rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _edge_rows(rows: list[list[Line]]) -> Iterator[tuple[str, list[Line]]]:
    """The outermost rows of a page, from the outside."""
    yield from (("top", row) for row in rows[:_EDGE_ROWS])
    yield from (("bottom", row) for row in rows[: -_EDGE_ROWS - 1 : -1])


def _told(row: list[Line]) -> str:
    return " ".join(" ".join(line.text for line in row).split()).casefold()


def _keys(row: list[Line], number: int) -> set[tuple[str, int | None]]:
    """By what a row can recur: as it is, with a number that grows with the pages, or by such a number at its end."""
    text = _told(row)
    keys: set[tuple[str, int | None]] = {(text, None)}
    for match in _NUMBER.finditer(text):
        offset = _value(match.group()) - number
        keys.add((text[: match.start()] + "#" + text[match.end() :], offset))
        if match.end() == len(text):
            keys.add(("…#", offset))
        if match.start() == 0:
            keys.add(("#…", offset))
    return keys


def _value(numeral: str) -> int:
    """A number in digits, or in Roman letters."""
    if numeral.isdecimal():
        return int(numeral)
    values = [_ROMAN[letter] for letter in numeral.lower()]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _is_numbering(key: tuple[str, int | None], pages: int) -> bool:
    """Whether two pages are enough: nothing but their numbers, in a document that has no more."""
    return pages == 2 and key[1] == 1 and bool(_ONLY_NUMBER.fullmatch(key[0]))


def _recurring(numbers: list[int], numbering: bool) -> Iterator[int]:
    """The pages, of those on which a row was met, that belong to a row of neighbours long enough."""
    run: list[int] = []
    for number in [*sorted(set(numbers)), None]:
        if run and (number is None or number - run[-1] > 2):
            if len(run) >= (2 if numbering else _REPEATS):
                yield from run
            run = []
        run += [] if number is None else [number]


def _places(body: list[Line]) -> list[_Place]:
    found: list[_Place] = []
    steps = [a.bottom - b.bottom for a, b in itertools.pairwise(body)]
    for number, line in enumerate(body):
        near = slice(max(0, number - _NEIGHBOURS), number + _NEIGHBOURS)
        # A column's lines lie over each other, and are of one size.
        rights = sorted(
            (one.right for one in body[near] if one.left < line.right and line.left < one.right and _alike(one, line)),
            reverse=True,
        )
        usual = [step for step in steps[near] if 0.5 * line.height < step < 2.5 * line.height]
        edge = rights[int(0.15 * len(rights))] if rights else line.right
        found.append(_Place(line, edge, median(usual) if usual else 1.2 * line.height))
    return found


def _alike(one: Line, other: Line) -> bool:
    """Whether two lines are of one size of letters."""
    return max(one.height, other.height) < 1.25 * min(one.height, other.height)


class _Words:
    """The words that occur undivided in a document: they tell which hyphens belong to a word."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._met = {word for line in lines for word in _WORD.findall(line.text.casefold())[1:-1]}

    def seam(self, last: _Place | None, place: _Place, *, turned: bool) -> tuple[bool, Literal["\n\n", " ", ""]]:
        """Whether the hyphen (if any) at the end of the last line stays, and what stands between it and the next.

        `turned` says that a page ends between them.
        """
        if last is None or not _runs_on(last, place, turned):
            return True, "\n\n"
        before, after = last.line.text, place.line.text
        if _DIVIDED.search(before) and after[0].isalnum():
            return self._hyphen_stays(before, after), ""
        return True, "" if _WIDE.match(before[-1]) and _WIDE.match(after[0]) else " "

    def _hyphen_stays(self, before: str, after: str) -> bool:
        head = re.split(r"[^\w-]", before[:-1].casefold())[-1]
        match = _WORD.match(after)
        if not match or not after[0].islower() or not head[-1:].isalpha() or _ADDRESS.search(before):
            return True
        tail = match.group().casefold()
        if head + tail in self._met:
            return False
        if f"{head}-{tail}" in self._met:
            return True
        return min(len(head), len(tail)) >= 4 and head in self._met and tail in self._met


def _runs_on(last: _Place, place: _Place, turned: bool) -> bool:
    """Whether a line goes on with the paragraph of the last."""
    before, after = last.line, place.line
    if _BULLET.match(after.text) or _LEADER.search(before.text) or not _alike(before, after):
        return False
    step = before.bottom - after.bottom
    if abs(step) < 0.3 * after.height and not turned:
        return True
    if _DIVIDED.search(before.text) and after.text[0].islower():
        return True
    if turned or step < 0:
        # A new page or column: nothing but the text tells.
        return not ends_sentence(before.text) and (after.text[0].islower() or not _fits(last, after))
    if step > 1.3 * place.leading or _fits(last, after):
        return False
    indent = after.left - before.left
    return not (ends_sentence(before.text) and 0.5 * after.height < indent < 6 * after.height)


def _fits(last: _Place, after: Line) -> bool:
    """Whether the first word of a line would have had room on the line before: then that was ended on purpose."""
    width = (after.right - after.left) / len(after.text)
    return last.line.right + 1.1 * width * (len(after.text.split()[0]) + 1) < last.edge
