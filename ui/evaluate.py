"""The Evaluate tab: ask a set, look at runs and their plots, compare two, open a failed question as a conversation."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ArticleNotFound, LoadError, RagError
from ui import cases
from ui.ask import Desk, html
from ui.markup import esc
from ui.parts import UNEXPECTED, add_part
from ui.port import LibraryPort
from ui.render import problem
from ui.runs import comparison, run_list, run_view
from ui.trial import At, Listed, Outcome, Trial, known_sets, listed, opened, places

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

    from eval.dataset import Question
    from eval.records import Record
    from eval.run import Run

log = logging.getLogger(__name__)

MOST_ARTICLES = 12
"""Gold articles that stand beside a conversation."""


def add_routes(app: FastAPI, desk: Desk) -> None:
    """What the tab's script asks for, the whole reports, and where cases are sent."""
    add_part(app, "evaluate/sets", lambda asked: set_list(desk.library))
    add_part(app, "evaluate/runs", lambda asked: run_list(listed(places(desk.library).runs)))
    add_part(app, "evaluate/run", lambda asked: run_view(*_run_and_others(desk.library, asked.get("name", ""))))
    add_part(app, "evaluate/compare", lambda asked: comparison(*_two(desk.library, asked)))
    add_part(app, "evaluate/gold", lambda asked: gold(desk.library, asked.get("name", ""), asked.get("question", "")))
    _add_report(app, desk)
    cases.add_routes(app, desk)


def build(desk: Desk) -> None:
    """The tab's blocks, wired to `desk`; to be called inside its place on the page."""
    import gradio as gr

    trial = Trial()
    html(frame(desk.library), "rag-evaluate")
    with gr.Row(elem_id="rag-trial-line"):
        run = gr.Button("Run", variant="primary", scale=0, min_width=96, elem_id="rag-run")
        stop = gr.Button("Stop", scale=0, min_width=96, elem_id="rag-halt")
    status = html("", "rag-trial-status")
    html('<div class="rag-results" aria-live="off"></div>', "rag-trial-results")
    chosen = gr.Textbox(visible="hidden", elem_id="rag-set-chosen")
    running = run.click(
        _runner(desk, trial),
        [chosen],
        [status],
        js="() => [window.rag.set()]",
        api_visibility="private",
        trigger_mode="once",
    )
    running.then(None, js="() => window.rag.ran()", api_visibility="private")
    stop.click(trial.stop, api_visibility="private", show_progress="hidden")


def _runner(desk: Desk, trial: Trial) -> Callable[..., Awaitable[str]]:
    import gradio as gr

    shown = gr.Progress()

    async def run(chosen: str | None, progress: gr.Progress = shown) -> str:
        def tell(at: At) -> None:
            if at.total:
                progress((at.done, at.total), desc=f"Asking {at.name}", unit="questions")
            else:
                progress(None, desc=f"Reading {at.name}")

        return ended(await trial.run(desk.library, chosen, tell))

    return run


def ended(outcome: Outcome) -> str:
    """How a run ended."""
    if outcome.failed:
        return problem(outcome.said)
    return f'<p class="rag-ran" role="status" data-run="{esc(outcome.run)}" dir="auto">{esc(outcome.said)}</p>'


def frame(library: LibraryPort) -> str:
    """What stands above the buttons: what this is, and the choice of a set, which the page's script fills."""
    at = places(library)
    return (
        '<section class="rag-trial" aria-labelledby="rag-trial-title"><h2 id="rag-trial-title">Evaluate</h2>'
        '<p class="rag-hint">Every question of a set is asked of this library and its answer judged. '
        "A run that is stopped goes on when the same set is run again.</p>"
        f'<p class="rag-places">Runs are kept in <code dir="auto">{esc(str(at.runs))}</code>, the cases that you save '
        f'under answers in <code dir="auto">{esc(str(at.cases))}</code>: both beside the library, not inside it.</p>'
        '<fieldset class="rag-sets"><legend>Set of questions</legend><div class="rag-set-list"></div>'
        '<label class="rag-set-other"><input type="radio" name="rag-set" value="">Another file or folder</label>'
        '<input type="text" name="rag-set-path" aria-label="Path of a set of questions" autocomplete="off" '
        'spellcheck="false" placeholder="/path/to/questions.jsonl"></fieldset></section>'
    )


def set_list(library: LibraryPort) -> str:
    """The sets to choose from, the first of them chosen."""
    own = places(library).cases
    found = known_sets(library)
    rows = "".join(
        f'<label><input type="radio" name="rag-set" value="{esc(str(path))}"{" checked" if at == 0 else ""}>'
        f"<span><bdi>{esc('Your own cases' if path == own else path.name)}</bdi> "
        f'<span class="rag-set-place" dir="auto">{esc(str(path))}</span></span></label>'
        for at, path in enumerate(found)
    )
    if own in found:
        return rows
    return rows + '<p class="rag-places">You have saved no cases yet: open “Save as eval case” under an answer.</p>'


def _run_and_others(library: LibraryPort, name: str) -> tuple[Run, list[Listed]]:
    """A run, and those of the same set."""
    runs = places(library).runs
    run = opened(runs, name)
    others = [one for one in listed(runs) if one.name != name and one.conditions.set_path == run.conditions.set_path]
    return run, others


def _two(library: LibraryPort, asked: dict[str, str]) -> tuple[Run, Run]:
    runs = places(library).runs
    two = opened(runs, asked.get("with", "")), opened(runs, asked.get("name", ""))
    return (two[0], two[1]) if two[0].conditions.started <= two[1].conditions.started else (two[1], two[0])


def gold(library: LibraryPort, name: str, ident: str) -> str:
    """What would have been right for a question of a run, to stand beside its conversation."""
    run = opened(places(library).runs, name)
    record = next((record for record in run.records if record.question_id == ident), None)
    if record is None:
        raise LoadError(f"The run {name} has no question {ident!r}: open the run again.")
    asked = _in_its_set(run, ident)
    as_of = f' data-as-of="{asked.asked.isoformat()}"' if asked and asked.asked and run.conditions.dated else ""
    return (
        f'<aside class="rag-gold" aria-label="Gold answer" tabindex="0"{as_of}><div class="rag-gold-head">'
        '<h2>Gold answer</h2><button type="button" class="rag-plain rag-gold-shut">Close</button></div>'
        f'<p class="rag-asked" dir="auto">{esc(record.question)}</p>{_gold(library, record, asked)}</aside>'
    )


def _gold(library: LibraryPort, record: Record, asked: Question | None) -> str:
    if not record.answerable:
        return "<p>The articles do not answer it: right is to refuse.</p>"
    quotes = asked.quotes if asked else ()
    answers = "".join(f'<li dir="auto">{esc(answer)}</li>' for answer in record.answers)
    said = "".join(f'<blockquote class="rag-gold-quote" dir="auto">{esc(quote)}</blockquote>' for quote in quotes)
    articles = "".join(
        f'<li dir="auto">{_gold_article(library, article, (*quotes, *record.answers))}</li>'
        for article in record.articles[:MOST_ARTICLES]
    )
    left = len(record.articles) - MOST_ARTICLES
    more = f"<li>and {left:,} more</li>" if left > 0 else ""
    return f'<ul class="rag-gold-answers">{answers}</ul>{said}<h3>Articles</h3><ul>{articles}{more}</ul>'


def _gold_article(library: LibraryPort, article_id: str, words: tuple[str, ...]) -> str:
    """A link that opens the article at the first of `words` that is in it."""
    from eval.cases import located

    try:
        article = library.article(article_id)
    except ArticleNotFound:
        return f"{esc(article_id)} (not in the library)"
    found = next((there for one in words if (there := located(article.text, one))), "")
    start = article.text.index(found)
    return (
        f'<a class="rag-open" href="#rag-gold" data-article="{esc(article.id)}" data-start="{start}" '
        f'data-end="{start + len(found)}">{esc(article.title) or "Untitled"}</a>'
    )


def _in_its_set(run: Run, ident: str) -> Question | None:
    """The question as it stands in the set, unless the set is gone or asks something else by now."""
    from eval.dataset import load_set

    try:
        found = load_set(Path(run.conditions.set_path))
    except LoadError:
        return None
    asked = {record.question_id: record.question for record in run.records}
    return next((one for one in found.questions if one.id == ident and one.question == asked[ident]), None)


def _add_report(app: FastAPI, desk: Desk) -> None:
    """Whole reports, in tabs of their own: the one run, or beside another one."""
    from fastapi.responses import HTMLResponse

    def report(request: Request) -> Response:
        try:
            page = whole_report(desk.library, request.path_params["name"], request.query_params.get("with"))
            return HTMLResponse(page, headers={"cache-control": "no-store"})
        except RagError as error:
            return HTMLResponse(_alone(str(error)), 404)
        except Exception:
            log.exception("a report could not be made")
            return HTMLResponse(_alone(UNEXPECTED), 500)

    app.add_route("/report/{name}.html", report)


def whole_report(library: LibraryPort, name: str, beside: str | None) -> str:
    """The report of a run, or of two.  Raises LoadError."""
    from eval.report import report

    if beside is None:
        return report([opened(places(library).runs, name)])
    return report(_two(library, {"name": name, "with": beside}))


def _alone(sentence: str) -> str:
    return f'<!doctype html><html lang="en"><title>No report</title><p>{esc(sentence)}</p></html>'
