"""An answer as HTML.  Pure functions: the same data gives the same string, and no string is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag.types import Answer, Citation, Passage, Short
from ui.markup import counted, day, esc
from ui.passage import card, holds, quote_card
from ui.port import InfoPort

CLOSEST = 3
"""Passages shown open under a refusal; the others are folded."""

_LEVELS = ((0.8, "Very high"), (0.6, "High"), (0.45, "Fair"), (0.3, "Modest"), (0.0, "Low"))
"""Confidence is calibrated: 0.6 means that six of ten such answers are right."""


def header(info: InfoPort) -> str:
    """The name of the library and how much is in it."""
    name = Path(str(info.path)).name or str(info.path)
    size = f"{counted(info.articles, 'article')} · {counted(info.chunks, 'passage')}"
    return (
        '<div class="rag-header"><p class="rag-kicker">Ask your articles</p>'
        f'<h1 dir="auto">{esc(name)}</h1><p class="rag-size">{size}</p></div>'
    )


def welcome(info: InfoPort) -> str:
    """What stands in the place of the answer before the first question."""
    if info.articles == 0:
        return problem("This library holds no articles yet: add some with `rag index`, then reload.")
    return _region(
        '<p class="rag-hint">Answers are word-for-word quotes from these articles, each with its source. '
        "When the articles do not say, you are told so.</p>"
    )


def problem(sentence: str) -> str:
    """A sentence that says why there is no answer."""
    return _region(f'<p class="rag-problem" dir="auto">{esc(sentence)}</p>')


def answer(result: Answer) -> str:
    """The card of an answer or of a refusal."""
    asked = f'<p class="rag-asked" dir="auto">{esc(result.question)}</p>'
    said, sources = _answered(result) if result.answered else _refused(result)
    return _region(asked + said, sources + _footnote(result))


def confidence_word(value: float) -> str:
    """The level of a confidence in [0, 1], in words."""
    return next((word for floor, word in _LEVELS if value >= floor), "Low")


def _region(said: str, below: str = "") -> str:
    """Only what is said is read out by screen readers when it changes; the sources wait to be visited."""
    return f'<div class="rag-answer"><div role="status">{said}</div>{below}</div>'


def _answered(result: Answer) -> tuple[str, str]:
    groups, loose = _grouped(result)
    cited = [card(passage, citations) for passage, citations in groups]
    cited += [quote_card(citation) for citation in loose]
    used = {id(passage) for passage, _ in groups}
    others = [passage for passage in result.passages if id(passage) not in used]
    said = _sides(result) + "".join(_sentence(citation, result.shorts) for citation in result.citations)
    return (
        f'<div class="rag-said">{said}{_confidence(result.confidence)}</div>',
        f'<section class="rag-sources" aria-label="Sources"><h2>Sources</h2>{"".join(cited)}</section>'
        + _folded("Other passages read", others),
    )


def _sides(result: Answer) -> str:
    """The answers on which the sources differ, each with its sources and the date of the newest."""
    if not result.sides:
        return ""
    rows = "".join(
        f'<li dir="auto"><strong>{esc(side.short.text)}</strong> {"".join(map(_reference, side.citations))}'
        + (f" {day(side.published)}" if side.published else "")
        + "</li>"
        for side in result.sides
    )
    return f'<div class="rag-differ"><p>The sources differ:</p><ul>{rows}</ul></div>'


def _reference(number: int) -> str:
    return f'<a class="rag-cite" href="#source-{number}" aria-label="Source {number}">[{number}]</a>'


def _emphasised(citation: Citation, shorts: Sequence[Short]) -> str:
    """A quote with the short answer that stands inside it."""
    for short in shorts:
        if place := citation.place(short):
            start, end = place
            before, words, after = citation.quote[:start], citation.quote[start:end], citation.quote[end:]
            return f'{esc(before)}<strong class="rag-short">{esc(words)}</strong>{esc(after)}'
    return esc(citation.quote)


def _sentence(citation: Citation, shorts: Sequence[Short]) -> str:
    number = citation.number
    return (
        f'<p class="rag-sentence" dir="auto">{_emphasised(citation, shorts)}<a class="rag-cite" id="cite-{number}" '
        f'href="#source-{number}" aria-label="Source {number}">&#8288;[{number}]</a></p>'
    )


def _grouped(result: Answer) -> tuple[list[tuple[Passage, list[Citation]]], list[Citation]]:
    """Citations by the passage that holds them, in order of first number; and those that none holds."""
    groups: dict[int, tuple[Passage, list[Citation]]] = {}
    loose: list[Citation] = []
    for citation in result.citations:
        at = next((i for i, p in enumerate(result.passages) if holds(p, citation)), None)
        if at is None:
            loose.append(citation)
        else:
            groups.setdefault(at, (result.passages[at], []))[1].append(citation)
    return list(groups.values()), loose


def _confidence(value: float) -> str:
    return (
        '<p class="rag-confidence"><span class="rag-level" tabindex="0" aria-describedby="rag-tip">'
        f"{confidence_word(value)} confidence"
        '<span class="rag-tip" id="rag-tip" role="tooltip">'
        f"Estimated probability of being right: {value:.2f}</span></span></p>"
    )


def _refused(result: Answer) -> tuple[str, str]:
    reason = f'<p class="rag-reason" dir="auto">{esc(result.reason)}</p>' if result.reason else ""
    near = "".join(card(passage, scores=True) for passage in result.passages[:CLOSEST])
    section = f'<section class="rag-sources"><h2>Closest passages</h2>{near}</section>' if near else ""
    return (
        f'<div class="rag-refusal"><p class="rag-verdict" dir="auto">{esc(result.text)}</p>{reason}</div>',
        f"{section}{_folded('Other passages read', result.passages[CLOSEST:])}",
    )


def _folded(label: str, passages: list[Passage] | tuple[Passage, ...]) -> str:
    if not passages:
        return ""
    cards = "".join(card(passage, scores=True) for passage in passages)
    return f'<details class="rag-others"><summary>{label} ({len(passages)})</summary>{cards}</details>'


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
        f"<bdi>{esc(made.encoder)}</bdi>",
        f"article-rag <bdi>{esc(made.version)}</bdi>",
    ]
    return f'<p class="rag-footnote">{" · ".join(parts)}</p>'
