"""A conversation as HTML.  Pure functions: the same data gives the same string, and no string is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.types import Answer, Citation, Filters, Short
from ui.copies import also, standing
from ui.markup import DOT, counted, day, esc, origin
from ui.passage import card
from ui.port import InfoPort

CLOSEST = 3
"""Passages shown open under a refusal; the others are folded."""

_LEVELS = ((0.8, "Very high"), (0.6, "High"), (0.45, "Fair"), (0.3, "Modest"), (0.0, "Low"))
"""Confidence is calibrated: 0.6 means that six of ten such answers are right."""

_VERDICTS = (
    ("right", "The answer is right"),
    ("quote", "The selected words of the open source are right"),
    ("unanswerable", "These articles do not answer it"),
)
"""What a reader may say of an answer, to keep its question as an eval case."""


def header(info: InfoPort) -> str:
    """The name of the library and how much is in it."""
    name = Path(str(info.path)).name or str(info.path)
    size = f"{counted(info.articles, 'article')} · {counted(info.chunks, 'passage')}"
    return f'<div class="rag-header"><h1 dir="auto">{esc(name)}</h1><p class="rag-size">{size}</p></div>'


def welcome(info: InfoPort, questions: Sequence[str] = ()) -> str:
    """What stands in the place of the answers before the first question."""
    if info.articles == 0:
        return problem("This library holds no articles yet: add some under Articles, or with `rag index`.")
    starters = "".join(
        f'<li><button type="button" class="rag-starter" dir="auto">{esc(text)}</button></li>' for text in questions
    )
    return (
        '<div class="rag-welcome"><h2>What do you want to know?</h2>'
        '<p class="rag-hint">Answers are word-for-word quotes from these articles, each with its source. '
        "When the articles do not say, you are told so.</p>"
        + (f'<ul class="rag-starters" aria-label="Questions to start with">{starters}</ul>' if starters else "")
        + "</div>"
    )


def problem(sentence: str) -> str:
    """A sentence that says why something cannot be done."""
    return f'<p class="rag-problem" role="status" dir="auto">{esc(sentence)}</p>'


def status(stage: str, info: InfoPort) -> str:
    """The line that says what is being done for a question."""
    said = {
        "wait": "Asking…",
        "load": "Waking the reader…",
        "search": f"Searching {counted(info.chunks, 'passage')}…",
        "read": "Reading the best passages…",
        "cite": "Checking the quotes against the articles…",
        "stop": "Stopped.",
    }.get(stage, "Working…")
    return f'<p class="rag-stage" role="status">{said}</p>'


def conversation(turns: Sequence[str]) -> str:
    """The turns, oldest first."""
    return f'<div class="rag-turns">{"".join(turns)}</div>'


def turn(result: Answer, asked: str, number: int, *, newest: bool = True) -> str:
    """One question and its answer or refusal; an older one without the passages that were read besides."""
    read_as = (
        f'<p class="rag-read-as" dir="auto">Understood as: {esc(result.question)}</p>'
        if " ".join(asked.split()) != result.question
        else ""
    )
    said = _answered(result, number) if result.answered else _refused(result)
    below = (_passages(result) if newest else "") + _case(result, number)
    return (
        f'<article class="rag-turn" id="turn-{number}" aria-label="Question {number}" {_address(result, asked)}>'
        f'<h2 class="rag-asked" dir="auto">{esc(asked)}</h2>{read_as}'
        f'<div role="status">{said}</div><div class="rag-below">{below}{_footnote(result)}</div></article>'
    )


def failed(asked: str, sentence: str, number: int = 1) -> str:
    """A turn whose question got no answer."""
    question = f'<h2 class="rag-asked" dir="auto">{esc(asked)}</h2>'
    return f'<article class="rag-turn" id="turn-{number}">{question}{problem(sentence)}</article>'


def confidence_word(value: float) -> str:
    """The level of a confidence in [0, 1], in words."""
    return next((word for floor, word in _LEVELS if value >= floor), "Low")


def filters() -> str:
    """The choice of period and sources; the page's script lists the sources and reads what was chosen."""
    days = "".join(
        f'<label>{label}<input type="date" name="{name}" max="9999-12-31"></label>'
        for name, label in (("after", "From"), ("before", "To"), ("as_of", "As known on"))
    )
    return (
        '<details class="rag-choose"><summary>Filters<span class="rag-chosen"></span></summary>'
        f'<div class="rag-days">{days}</div>'
        '<fieldset class="rag-from" hidden><legend>Sources</legend><div class="rag-source-list"></div></fieldset>'
        '<button type="button" class="rag-plain rag-clear">Clear the filters</button></details>'
    )


def source_list(sources: Sequence[tuple[str, int]]) -> str:
    """The sources to choose from, with the number of articles of each."""
    return "".join(
        f'<label><input type="checkbox" name="source" value="{esc(name)}"><bdi>{esc(name)}</bdi> '
        f'<span class="rag-count">{count:,}</span></label>'
        for name, count in sources
    )


def empty_source() -> str:
    """The place for a source, before one is open."""
    return (
        '<aside class="rag-pane" aria-label="Source" tabindex="-1" hidden>'
        '<div class="rag-pane-head"><h2>Source</h2>'
        '<button type="button" class="rag-plain rag-shut">Close</button></div>'
        '<div class="rag-pane-body" aria-live="off"></div></aside>'
    )


def _address(result: Answer, asked: str) -> str:
    """What the page's script makes the address of this answer from."""
    given: Filters = result.provenance.filters
    values = {
        "q": asked,
        "after": given.published_after.isoformat() if given.published_after else "",
        "before": given.published_before.isoformat() if given.published_before else "",
        "as_of": given.as_of.isoformat() if given.as_of else "",
        "source": "\n".join(given.sources),
    }
    return " ".join(f'data-{name.replace("_", "-")}="{esc(value)}"' for name, value in values.items() if value)


def _answered(result: Answer, turn: int) -> str:
    said = _sides(result, turn) + "".join(_sentence(citation, result.shorts, turn) for citation in result.citations)
    sources = "".join(_source(citation, result.shorts, turn) for citation in result.citations)
    return (
        f'<div class="rag-said">{said}{_confidence(result.confidence, turn)}</div>'
        f'<ol class="rag-sources" aria-label="Sources">{sources}</ol>'
    )


def _sides(result: Answer, turn: int) -> str:
    """The answers on which the sources differ, side by side, each with its sources and the date of the newest."""
    if not result.sides:
        return ""
    cited = {citation.number: citation for citation in result.citations}
    rows = "".join(
        f'<li dir="auto"><strong>{esc(side.short.text)}</strong> '
        + "".join(_reference(cited[number], result.shorts, turn) for number in side.citations if number in cited)
        + (f'<span class="rag-side-day">{day(side.published)}</span>' if side.published else "")
        + "</li>"
        for side in result.sides
    )
    said = "Versions of one text differ:" if result.revised else "The sources differ:"
    return f'<div class="rag-differ"><p>{said}</p><ul>{rows}</ul></div>'


def _opens(citation: Citation, shorts: Sequence[Short]) -> str:
    """Attributes by which the page's script opens the source of a citation."""
    place = next((short for short in shorts if citation.place(short)), None)
    short = f' data-short="{place.start}-{place.end}"' if place else ""
    return (
        f'data-article="{esc(citation.article_id)}" data-start="{citation.start}" data-end="{citation.end}" '
        f'data-number="{citation.number}"{short}'
    )


def _reference(citation: Citation, shorts: Sequence[Short], turn: int) -> str:
    number = citation.number
    opens = _opens(citation, shorts)
    return f'<a class="rag-cite" href="#turn-{turn}" {opens} aria-label="Source {number}">&#8288;[{number}]</a>'


def _sentence(citation: Citation, shorts: Sequence[Short], turn: int) -> str:
    return (
        f'<p class="rag-sentence" dir="auto">{emphasised(citation.quote, citation, shorts)}'
        f"{_reference(citation, shorts, turn)}</p>"
    )


def emphasised(quote: str, citation: Citation, shorts: Sequence[Short]) -> str:
    """A quote with the short answer that stands inside it."""
    for short in shorts:
        if place := citation.place(short):
            start, end = place
            before, words, after = quote[:start], quote[start:end], quote[end:]
            return f'{esc(before)}<strong class="rag-short">{esc(words)}</strong>{esc(after)}'
    return esc(quote)


def _source(citation: Citation, shorts: Sequence[Short], turn: int) -> str:
    """One line of the list of sources."""
    where = origin(citation.source, citation.published, citation.url, undated="undated")
    if citation.copies:
        where = DOT.join(part for part in (where, standing(citation.original, citation.newest)) if part)
    return (
        f'<li value="{citation.number}"><a class="rag-open" href="#turn-{turn}" {_opens(citation, shorts)} dir="auto">'
        f"{esc(citation.title) or 'Untitled'}</a>"
        f'<span class="rag-byline">{where}</span>{also(citation, turn)}</li>'
    )


def _confidence(value: float, turn: int) -> str:
    return (
        '<p class="rag-confidence"><button type="button" class="rag-level" aria-expanded="false" '
        f'aria-controls="rag-tip-{turn}">{confidence_word(value)} confidence</button>'
        f'<span class="rag-tip" id="rag-tip-{turn}" hidden>Estimated probability of being right: {value:.2f}</span></p>'
    )


def _refused(result: Answer) -> str:
    reason = f'<p class="rag-reason" dir="auto">{esc(result.reason)}</p>' if result.reason else ""
    near = "".join(card(passage, scores=True) for passage in result.passages[:CLOSEST])
    section = f'<section class="rag-near"><h3>Closest passages</h3>{near}</section>' if near else ""
    return f'<div class="rag-refusal"><p class="rag-verdict" dir="auto">{esc(result.text)}</p>{reason}</div>{section}'


def _passages(result: Answer) -> str:
    passages = result.passages if result.answered else result.passages[CLOSEST:]
    if not passages:
        return ""
    cards = "".join(card(passage, scores=True) for passage in passages)
    label = "Passages read" if result.answered else "Other passages read"
    return f'<details class="rag-others"><summary>{label} ({len(passages)})</summary>{cards}</details>'


def _case(result: Answer, turn: int) -> str:
    """The ways to keep the question as an eval case."""
    first = result.citations[0] if result.citations else None
    quote = f' data-article="{esc(first.article_id)}" data-quote="{esc(first.quote)}"' if first else ""
    answer = f' data-answer="{esc(result.short.text if result.short else first.quote)}"' if first else ""
    as_of = result.provenance.as_of
    asked = f' data-asked="{as_of.isoformat()}"' if as_of else ""
    buttons = "".join(
        f'<button type="button" class="rag-keep" data-verdict="{verdict}">{label}</button>'
        for verdict, label in _VERDICTS
        if verdict != "right" or result.answered
    )
    return (
        f'<details class="rag-case" data-question="{esc(result.question)}"{quote}{answer}{asked}>'
        f'<summary>Save as eval case</summary>{buttons}<p class="rag-kept" role="status"></p></details>'
    )


def _footnote(result: Answer) -> str:
    made, times = result.provenance, result.timings
    stages = ", ".join(
        f"{name} {value:.0f}"
        for name, value in (
            ("encode", times.encode),
            ("meaning", times.dense),
            ("words", times.lexical),
            ("fuse", times.fuse),
            ("read", times.read),
            ("cite", times.cite),
        )
    )
    parts = [
        f'<span title="Milliseconds: {stages}">{times.total:,.0f} ms</span>',
        f"generation {made.generation}",
    ]
    return f'<p class="rag-footnote">{" · ".join(parts)}</p>'
