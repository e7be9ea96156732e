"""Runs as HTML: their list, one of them, and the difference of two.  Pure functions; no string is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ui.markup import DOT, counted, esc
from ui.trial import Listed

if TYPE_CHECKING:
    from eval.compare import Comparison
    from eval.interval import Estimate
    from eval.metrics import Metric
    from eval.records import Record
    from eval.run import Run
    from eval.sheet import Row

KEY_FIGURES = ("accuracy", "answer_accuracy", "answer_precision", "refusal_f1", "hit@10")
"""The figures of a run that the list shows."""
MOST_FAILED = 200
"""Failed questions that are listed; the report has them all."""
MOST_GOLD = 5
"""Gold answers that the table names."""
SAID_CHARS = 300
PLOTS = {
    "hit": ("A relevant chunk is found", "Answerable questions with a relevant chunk among the first k."),
    "recall": ("Relevant chunks are found", "Mean share of all relevant chunks that are among the first k."),
    "article_hit": ("A gold article is found", "Answerable questions with a gold article among the first k."),
    "risk": ("Risk and coverage", "Share of wrong answers when only the surest questions are answered."),
    "reliability": ("Is confidence honest?", "Right answers by confidence; on the dotted line it is a probability."),
    "latency": ("Time by stage", "Median (marker), 95th percentile (bar) and 99th (end of the line), in milliseconds."),
}
"""Title and caption of each drawing, in their order."""


def run_list(runs: Sequence[Listed]) -> str:
    """The runs, each with its key figures."""
    if not runs:
        return '<h3 tabindex="-1">Runs</h3><p class="rag-hint rag-no-runs">No set has been run yet.</p>'
    return f'<h3 tabindex="-1">Runs</h3><ul class="rag-runs">{"".join(map(_listed, runs))}</ul>'


def _listed(run: Listed) -> str:
    from eval.metrics import METRICS

    shown = [(METRICS[name], run.figures[name]) for name in KEY_FIGURES if name in run.figures]
    figures = "".join(
        f"<div><dt>{esc(metric.label)}</dt><dd>{_figure(figure, metric)}</dd></div>"
        for metric, figure in shown
        if figure.n
    )
    return (
        f'<li><h4><button type="button" class="rag-plain rag-run-open" data-run="{esc(run.name)}" dir="auto">'
        f"{esc(run.name)}</button></h4>{_byline(run)}" + (f"<dl>{figures}</dl>" if figures else "") + "</li>"
    )


def _byline(run: Listed) -> str:
    held = run.conditions
    asked = counted(run.done, "question") if run.complete else f"{run.done:,} of {held.questions:,} questions so far"
    parts = [_moment(held.started), asked, f"generation {held.generation:,}", esc(held.reader)]
    return f'<p class="rag-byline">{DOT.join(parts)}</p>'


def _moment(started: str) -> str:
    from eval.report import moment_of

    try:
        datetime.fromisoformat(started)
    except ValueError:
        return esc(started)
    return f'<time datetime="{esc(started)}">{esc(moment_of(started))}</time>'


def _figure(figure: Estimate, metric: Metric) -> str:
    from eval.report import interval, number

    return f'<b>{number(figure.value, metric)}</b> <span class="rag-interval">{interval(figure, metric)}</span>'


def run_view(run: Run, others: Sequence[Listed]) -> str:
    """One run: its figures, its plots and the questions that failed."""
    from eval.report import drawings
    from eval.sheet import cards, sides

    name = esc(run.name)
    head = (
        f'{_back()}<h3 tabindex="-1" dir="auto">{name}</h3>'
        f"{_byline(Listed(run.name, run.conditions, len(run.records), {}))}"
    )
    if not run.records:
        return f'{head}<p class="rag-hint">No question was asked yet: run the set again to go on.</p>'
    report = (
        f'<p><a href="/report/{name}.html" target="_blank" rel="noopener">Full report'
        '<span aria-hidden="true"> ↗</span><span class="rag-sr"> (opens in a new tab)</span></a></p>'
    )
    drawn = drawings([run], sides([run]))
    plots = "".join(
        f"<figure><h5>{title}</h5>{drawn[kind]}<figcaption>{caption}</figcaption></figure>"
        for kind, (title, caption) in PLOTS.items()
        if kind in drawn
    )
    figures = "".join(
        f'<section class="rag-card"><h5>{esc(card.title)}</h5>{_table(card.title, card.rows)}</section>'
        for card in cards([run.summary], None)
    )
    return (
        f'{head}<div class="rag-run-tools">{report}{_against(run.name, others)}</div>{_asked(run.records)}'
        f"<h4>Key figures</h4>"
        f'<p class="rag-places">Each with its 95 % interval over questions.</p><div class="rag-cards">{figures}</div>'
        f'<h4>Curves</h4><div class="rag-plots">{plots}</div>{failed(run)}'
    )


def _back() -> str:
    return '<p><button type="button" class="rag-plain rag-all-runs">All runs</button></p>'


def _against(name: str, others: Sequence[Listed]) -> str:
    """The choice of a run to compare with."""
    if not others:
        return ""
    options = "".join(f'<option value="{esc(run.name)}">{esc(run.name)}</option>' for run in others)
    return (
        f'<p class="rag-against"><label>Compare with <select>{options}</select></label>'
        f'<button type="button" class="rag-plain rag-compare" data-run="{esc(name)}">Compare</button></p>'
    )


def _asked(records: Sequence[Record]) -> str:
    """What became of the questions, in a line."""
    from eval.sheet import tally

    of = tally(records)
    parts = []
    if of.answerable:
        said = f"<b>{of.right:,}</b> right, <b>{of.wrong:,}</b> wrong, <b>{of.withheld:,}</b> refused"
        parts.append(f"Of {of.answerable:,} answerable: {said}.")
    if of.unanswerable:
        parts.append(
            f"Of {of.unanswerable:,} not answerable: <b>{of.refused:,}</b> refused, <b>{of.answered:,}</b> answered."
        )
    if of.retrieval_only:
        parts.append(f"Of {of.retrieval_only:,} only retrieval is judged.")
    return f'<p class="rag-tally">{" ".join(parts)}</p>'


def _table(title: str, rows: Sequence[Row]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{_defined(row.metric)}</th><td>{_figure(row.figures[0], row.metric)}</td></tr>'
        for row in rows
        if not row.empty
    )
    head = '<thead class="rag-sr"><tr><th scope="col">Figure</th><th scope="col">Value and interval</th></tr></thead>'
    return f'<table aria-label="{esc(title)}">{head}<tbody>{lines}</tbody></table>'


def _defined(metric: Metric) -> str:
    better = "Higher" if metric.better == "higher" else "Lower"
    return (
        f'<details class="rag-what"><summary>{esc(metric.label)}</summary>'
        f"{esc(metric.what)} {better} is better.</details>"
    )


def failed(run: Run) -> str:
    """The questions that failed, with their gold answers and what was said instead."""
    from eval.compare import RIGHT
    from eval.rows import REFUSED, outcome

    wrong = [(record, found) for record in run.records if (found := outcome(record)) not in {RIGHT, REFUSED}]
    title = f"<h4>Failed questions ({len(wrong):,})</h4>"
    if not wrong:
        return f'{title}<p class="rag-hint">None.</p>'
    rows = "".join(
        '<tr role="row">'
        + _cell("Question", f"{esc(record.question)}{_ask_here(run.name, record.question_id, record.question)}")
        + _cell("Outcome", esc(found))
        + _cell("Gold answers", _golds(record))
        + _cell("What was said", _said(record))
        + "</tr>"
        for record, found in wrong[:MOST_FAILED]
    )
    left = len(wrong) - MOST_FAILED
    more = f'<p class="rag-places">{left:,} more are in the full report.</p>' if left > 0 else ""
    return (
        f"{title}{_stacked('Failed questions', ('Question', 'Outcome', 'Gold answers', 'What was said'), rows)}{more}"
    )


def _stacked(title: str, columns: Sequence[str], rows: str) -> str:
    """A table that becomes one block for each row where it is narrow, and stays a table for screen readers."""
    head = "".join(f'<th role="columnheader" scope="col">{column}</th>' for column in columns)
    return (
        f'<table role="table" class="rag-stacked" aria-label="{esc(title)}"><thead role="rowgroup"><tr role="row">'
        f'{head}</tr></thead><tbody role="rowgroup">{rows}</tbody></table>'
    )


def _cell(label: str, inner: str) -> str:
    return f'<td role="cell" data-label="{esc(label)}" dir="auto">{inner}</td>'


def _ask_here(run: str, ident: str, question: str) -> str:
    return (
        f'<button type="button" class="rag-plain rag-ask-here" data-run="{esc(run)}" data-id="{esc(ident)}" '
        f'data-question="{esc(question)}">Ask it here</button>'
    )


def _golds(record: Record) -> str:
    if not record.answerable:
        return "The articles do not answer it."
    if not record.answers:
        return "Only retrieval is judged."
    left = len(record.answers) - MOST_GOLD
    shown = "".join(f"<li>{esc(_cut(answer))}</li>" for answer in record.answers[:MOST_GOLD])
    return f"<ul>{shown}{f'<li>and {left:,} more</li>' if left > 0 else ''}</ul>"


def _said(record: Record) -> str:
    quote = _cut(record.quotes[0].text) if record.quotes else ""
    if not record.answered:
        withheld = f'<span class="rag-interval">Withheld: {esc(quote)}</span>' if quote else ""
        return f"Refused. {withheld}"
    return f"<b>{esc(record.short)}</b> {esc(quote)}" if record.short else esc(quote)


def _cut(text: str) -> str:
    return text if len(text) <= SAID_CHARS else f"{text[: SAID_CHARS - 1]}…"


def comparison(before: Run, after: Run) -> str:
    """How the later run differs from the earlier one, question by question."""
    from eval.compare import compare
    from eval.sheet import cards

    found = compare(before, after)
    tables = "".join(
        f"<h4>{esc(card.title)}</h4>"
        + _stacked(card.title, ("Figure", "A", "B", "B − A", "B is"), "".join(map(_difference, card.rows)))
        for card in cards([before.summary, after.summary], found)
    )
    address = f"/report/{esc(after.name)}.html?with={esc(before.name)}"
    return (
        f'{_back()}<h3 tabindex="-1">Comparison</h3>'
        f'<p class="rag-byline"><b>A</b> <bdi>{esc(before.name)}</bdi><br><b>B</b> <bdi>{esc(after.name)}</bdi></p>'
        f'<p><a href="{address}" target="_blank" rel="noopener">Both in a full report<span aria-hidden="true"> ↗'
        '</span><span class="rag-sr"> (opens in a new tab)</span></a></p>'
        '<p class="rag-places">Over the questions that both were asked, with 95 % intervals. “Better” and “worse” are '
        "said where the interval of the difference leaves out 0 and p is under 0.05.</p>"
        f"{_changes(found, after.name)}{tables}"
    )


def _difference(row: Row) -> str:
    from eval.report import interval, p_value, signed

    if row.empty or row.difference is None:
        return ""
    found = row.difference
    change = (
        f"<b>{signed(found.value, row.metric)}</b> "
        f'<span class="rag-interval">{interval(found, row.metric)}, {esc(p_value(found.p))}</span>'
    )
    mark = {"better": "▲ ", "worse": "▼ "}.get(row.verdict, "")
    return (
        f'<tr role="row"><th role="rowheader" scope="row">{_defined(row.metric)}</th>'
        f"{_cell('A', _figure(row.figures[0], row.metric))}{_cell('B', _figure(row.figures[1], row.metric))}"
        f"{_cell('B − A', change)}{_cell('B is', f'{mark}{esc(row.verdict)}')}</tr>"
    )


def _changes(found: Comparison, name: str) -> str:
    """The questions that came out otherwise."""
    groups = (
        ("Went right in B", [change for change in found.changed if change.better]),
        ("Went wrong in B", [change for change in found.changed if change.worse]),
        ("Failed of another cause", [one for one in found.changed if not one.better and not one.worse]),
    )
    lists = "".join(
        f'<details class="rag-changes" open><summary>{title} ({len(changes):,})</summary><ul>'
        + "".join(
            f'<li><bdi>{esc(change.question)}</bdi> <span class="rag-interval">{esc(change.before)} → '
            f"{esc(change.after)}</span>{_ask_here(name, change.question_id, change.question)}</li>"
            for change in changes[:MOST_FAILED]
        )
        + "</ul></details>"
        for title, changes in groups
        if changes
    )
    alone = f" Asked in A only: {len(found.only_a):,}, in B only: {len(found.only_b):,}."
    said = f"{counted(len(found.changed), 'question')} came out otherwise."
    return f'<p class="rag-tally">{said}{alone if found.only_a or found.only_b else ""}</p>{lists}'
