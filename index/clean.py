"""Which lines of a page are not its article: kickers, teasers, navigation, bylines, the title itself.

The stored text is not touched; the ranges found here are kept out of chunks and of answers.  A line is left in the
body unless a rule is sure, because a lost sentence is worse than a kept menu entry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rag.sentences import ends_sentence, is_wrapped, lines
from rag.types import Noise, NoiseKind, Span

_NAVIGATION = re.compile(
    r"^(?:(?:read (?:more|also|next)|related(?: (?:stories|articles|coverage|story|links?))?|see also|also read|"
    r"more (?:on this|from|stories)|recommended(?: stories)?|most (?:read|popular)|editor[’']s picks?|watch"
    r"|listen)\s*:.*"
    r"|(?:read (?:more|also|next)|related(?: (?:stories|articles|coverage|story|links?))?|see also|also read"
    r"|more on this"
    r"|more stories|most (?:read|popular)|recommended(?: stories)?|editor[’']s picks?|discuss|comments?|leave a comment"
    r"|join the discussion|share|share (?:this|on|via)\b.{0,40}|advertisement|advertising"
    r"|sponsored(?: content)?|subscribe"
    r"(?: now)?|sign (?:in|up)(?: now)?|log in|newsletter|print|email|e-mail|save|copy link|follow us(?: on .{1,30})?"
    r"|skip to (?:main )?content|back to top|home|menu|search|next|previous|tags?:.*|topics?:.*|filed under:?.*"
    r"|(?:subscribe|sign up) (?:to|for) (?:our|the) [^.!?]{1,60}"
    r"|continue reading|story continues below(?: advertisement)?|article continues below.*|loading\.*"
    r"|click here.{0,40})"
    r"|(?:home|front page|news|world|politics|business|markets|sports?|culture|opinion|travel|arts|weather|local)"
    r"(?:\s*[|·>/]?\s+(?:home|news|world|politics|business|markets|sports?|culture|opinion|travel|arts"
    r"|weather|local)){1,9})$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^(?:By|Words by|Reporting by|Written by|Edited by|Text by)\s*:?\s+[A-Z][\w.’'-]*(?:(?:,)?\s+(?:and\s+|in\s+|&\s+|"
    r"for\s+|the\s+)?(?:(?:de|del|della|da|di|van|von|der|den|ter|la|le|al|bin)\s+){0,2}[A-Z][\w.’'-]*){0,9}$"
    r"|^(?:Reporting|Writing|Additional reporting) by [^.]{1,120}[;,] (?:(?:additional )?reporting|writing"
    r"|editing) by .{1,100}$"
)
_WRITTEN_BY = re.compile(r"^(?:By|Words by|Written by|Text by)\s*:?\s+([A-Z].{1,120})$")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATELINE = re.compile(
    r"^(?:Published|Updated|Last updated|Posted)\b(?i:[\s:|–-]*(?:(?:on|at)\b[\s:]*)?"
    r"(?:(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|today|yesterday)\b\.?,?\s*(?:at\s+)?)?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}|{_MONTH}\s+\d"
    r"|\d{1,2}:\d\d(?!\d)|\d{1,2}(?:\.\d\d)?\s*[ap]\.?m\b|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?!\d)|\d{4}$"
    r"|\d+\s+(?:second|minute|min|hour|hr|day|week|month|year)s?\s+ago\b)).{0,60}$"
)
_NOON = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_LABELLED = re.compile(
    r"^(?:watch|listen|(?:photo(?:graph)?s?|image|picture|video|illustration|graphic|map)[^:/]*)\s*:\s*(.)",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"^(?:(?:photo(?:graph)?s?|image|picture|video|illustration|graphic|map)(?: credit| source| by)?\s*[:/].{1,120}"
    r"|(?:photo(?:graph)?|image|picture|illustration) (?:by|courtesy of) .{1,80}"
    r"|©.{1,80}"
    r"|(?:sputnik|reuters|afp|ap|epa|tass|ria novosti|xinhua|anadolu|anadolu agency|dpa|pa media|getty images"
    r"|bloomberg|"
    r"ap photo|shutterstock|alamy|via reuters|via ap|efe|ansa|kyodo|yonhap|interfax)(?:\s*[/,|]\s*[\w .’'-]{1,40})?)$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:analysis|opinion|explainer|feature|exclusive|interview|editorial|comment|commentary|live|video|photos?|"
    r"gallery|podcast|in pictures|fact check|read more|read also|related|see also|also read|more on this|watch|"
    r"don[’']t miss|trending|breaking|world|politics|business|culture|science|technology|economy|sports?)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_NOUNS_IN_CAPITALS = ("de", "lb")
_LIST_MARK = re.compile(r"^(?:[-*•–]\s|\d{1,3}[.)]\s|#{1,6}\s|>|\|)")


def find_noise(text: str, title: str, language: str | None = None) -> tuple[Noise, ...]:
    """The ranges of `text`, whole lines in order, that are not the body of the article called `title`.

    `language` is its ISO 639 code, where known.
    """
    spans = lines(text)
    rows = [text[span.start : span.end] for span in spans]
    if is_wrapped(text):
        return tuple(
            Noise(span.start, span.end, kind)
            for index, (span, row) in enumerate(zip(spans, rows, strict=True))
            if (kind := _wrapped_kind(index, row, rows, title))
        )
    kinds = _kinds(rows, title, language not in _NOUNS_IN_CAPITALS)
    return tuple(Noise(s.start, s.end, kind) for s, kind in zip(spans, kinds, strict=True) if kind)


def author_in(text: str, noise: Sequence[Noise]) -> str | None:
    """Who wrote an article by its first byline, without the place and the paper; None where none names anybody."""
    bylines = (text[mark.start : mark.end] for mark in noise if mark.kind == "byline")
    found = next((match for line in bylines if (match := _WRITTEN_BY.match(" ".join(line.split())))), None)
    return re.split(r",?\s+(?:in|for)\s", found[1])[0] if found else None


def body(text: str, noise: Sequence[Noise]) -> list[Span]:
    """The ranges between the noise that hold anything visible, trimmed."""
    found: list[Span] = []
    position = 0
    for start, end in [(mark.start, mark.end) for mark in noise] + [(len(text), len(text))]:
        piece = text[position:start]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            found.append(Span(position + lead, position + len(piece.rstrip())))
        position = end
    return found


def _wrapped_kind(index: int, row: str, rows: Sequence[str], title: str) -> NoiseKind | None:
    """In wrapped text a short line may be the end of a sentence: only unmistakable lines count."""
    if index < 3 and _same(row, title):
        return "title"
    previous = rows[index - 1] if index else "."
    return _sure_kind(row) if ends_sentence(previous) else None


def _kinds(rows: Sequence[str], title: str, title_case: bool) -> list[NoiseKind | None]:
    """`title_case` is whether capitals tell a headline from a sentence."""
    kinds: list[NoiseKind | None] = [_sure_kind(row) for row in rows]
    head = next((i for i, row in enumerate(rows[:6]) if _same(row, title)), None)
    if head is not None:
        kinds[head] = "title"
        for index in range(head):
            if kinds[index] is None and _is_short(rows[index]):
                kinds[index] = "kicker"
    for index, row in enumerate(rows):
        if title_case and kinds[index] is None and _is_teaser(rows, kinds, index):
            kinds[index] = "teaser"
            _mark_kicker(rows, kinds, index - 1)
        elif kinds[index] is None and _LABEL.match(row) and not _has_short_neighbour(rows, index):
            kinds[index] = "kicker" if index + 1 < len(rows) else "navigation"
    # A page opens with its section; a lone short line anywhere else may be a heading of the body.
    first = next((index for index, kind in enumerate(kinds) if kind is None), len(rows))
    if first <= 1 and first + 1 < len(rows) and _is_short(rows[first]):
        opens_body = kinds[first + 1] is None and _is_short(rows[first + 1])
        kinds[first] = None if opens_body else "kicker"
    return kinds


def _has_short_neighbour(rows: Sequence[str], index: int) -> bool:
    """A label among short lines is an entry of a list."""
    return any(_is_short(rows[i]) for i in (index - 1, index + 1) if 0 <= i < len(rows))


def _mark_kicker(rows: Sequence[str], kinds: list[NoiseKind | None], index: int) -> None:
    if index >= 0 and kinds[index] is None and _is_short(rows[index]):
        kinds[index] = "kicker"


def _sure_kind(row: str) -> NoiseKind | None:
    labelled = _LABELLED.match(row)
    # A label opens a headline or a credit, unless a sentence follows; in lower case a short one is enough.
    if labelled and _is_sentence(row, 4 if labelled[1].islower() else 6):
        return None
    if _NAVIGATION.match(row):
        return "navigation"
    if _BYLINE.match(row) or _CREDIT.match(row) or _is_dateline(row):
        return "byline"
    return None


def _is_dateline(row: str) -> bool:
    """When the page was published; "p.m." ends it as no sentence ends."""
    return bool(_DATELINE.match(row)) and (bool(_NOON.search(row)) or not _is_sentence(row, 6))


def _is_sentence(row: str, least: int) -> bool:
    """Whether a line reads as a sentence of so many words, in spite of how it opens."""
    return ends_sentence(row) and len(row.split()) >= least


def _is_teaser(rows: Sequence[str], kinds: Sequence[NoiseKind | None], index: int) -> bool:
    """A headline standing alone: in title case, or any headline under a label such as "Analysis"."""
    row = rows[index]
    labelled = index > 0 and (bool(_LABEL.match(rows[index - 1])) or _is_short(rows[index - 1]))
    if not _is_headline(row, 0.6 if labelled else 0.8):
        return labelled and bool(_LABEL.match(rows[index - 1])) and _is_untitled_headline(row)
    # Runs of such lines are lists and tables, which may hold the answer.
    neighbours = [rows[i] for i in (index - 1, index + 1) if 0 <= i < len(rows) and kinds[i] is None]
    return not any(_is_headline(other, 0.8) for other in neighbours)


def _is_headline(row: str, least: float) -> bool:
    words = _WORD.findall(row)
    if not 4 <= len(words) <= 20 or len(row) > 140 or _LIST_MARK.match(row) or ":" in row[-1:]:
        return False
    if row.rstrip().endswith((".", "…", ",", ";", ".”", '."')):
        return False
    long = [word for word in words[1:] if len(word) >= 4]
    return len(long) >= 2 and sum(word[0].isupper() for word in long) >= least * len(long)


def _is_untitled_headline(row: str) -> bool:
    return 4 <= len(_WORD.findall(row)) <= 20 and not ends_sentence(row) and not _LIST_MARK.match(row)


def _is_short(row: str) -> bool:
    """At most three capitalised words without an end mark, as section names are."""
    words = row.split()
    return (
        1 <= len(words) <= 3
        and len(row) <= 40
        and row[-1] not in ".!?…:,;"
        and not any(c.isdigit() for c in row)
        and row[0].isupper()
        and not _LIST_MARK.match(row)
    )


def _same(row: str, title: str) -> bool:
    return bool(title) and _fold(row) == _fold(title)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", plain))
