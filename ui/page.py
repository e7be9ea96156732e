"""The Gradio page: a question box, a few questions to start with, and the answer.

Gradio lays out and transports; what is shown of a library comes from `ui.render`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.types import MAX_QUESTION_CHARS
from ui import render
from ui.markup import plain
from ui.port import LibraryPort
from ui.turnstile import Turnstile

if TYPE_CHECKING:
    import gradio as gr

log = logging.getLogger(__name__)

LOOK_AGAIN = 2.0
"""Opening a generation reads its files, so not for every question."""

UNEXPECTED = "Something went wrong while answering. The details are in the log of the program."


class Desk:
    """Turns a question into HTML; never raises."""

    def __init__(self, library: LibraryPort, turnstile: Turnstile | None = None) -> None:
        self._library = library
        self._turnstile = turnstile or Turnstile()
        self._look_at = 0.0

    def header(self) -> str:
        """The name and size of the library as it is open now."""
        return self._guarded(lambda: render.header(self._library.info))

    def welcome(self) -> str:
        """What stands in the place of the answer before the first question."""
        return self._guarded(lambda: render.welcome(self._library.info))

    def answer(self, question: str | None) -> str:
        """The answer card, or the sentence that says why there is none."""
        asked = (question or "").strip()
        if not asked:
            return render.problem("Please type a question first.")
        if len(asked) > MAX_QUESTION_CHARS:
            return render.problem(
                f"The question has {len(asked):,} characters; at most {MAX_QUESTION_CHARS:,} are read. "
                "Please shorten it."
            )
        return self._guarded(lambda: self._answer(asked))

    def _answer(self, question: str) -> str:
        with self._turnstile.passing():
            return render.answer(self._fresh().ask(question))

    def _fresh(self) -> LibraryPort:
        """The library, gone over to what was published since; looked for once in `LOOK_AGAIN` seconds."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_AGAIN
            try:
                self._library.reload()
            except Exception:
                # The open generation is whole, whatever has become of the folder since.
                log.warning("the library on disk cannot be opened; answering from what is open", exc_info=True)
        return self._library

    def _guarded(self, make: Callable[[], str]) -> str:
        try:
            return make()
        except RagError as error:
            return render.problem(str(error))
        except Exception:
            log.exception("the page could not show what was asked for")
            return render.problem(UNEXPECTED)


def build(desk: Desk, title: str, examples: Sequence[str] = ()) -> gr.Blocks:
    """The page's blocks, wired to `desk`, with a bounded queue and no public API."""
    import gradio as gr

    blocks: gr.Blocks
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks:
        with gr.Column(elem_id="rag-page"):
            header = _html(desk.header(), "rag-head")
            with gr.Row(elem_id="rag-form"):
                box = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=5,
                    max_length=MAX_QUESTION_CHARS,
                    autofocus=True,
                    container=False,
                    scale=1,
                    elem_id="rag-question",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
                )
                button = gr.Button("Ask", variant="primary", scale=0, min_width=96, elem_id="rag-ask")
            starters = _starters([plain(text) for text in examples])
            output = _html(desk.welcome(), "rag-output")
        _wire(desk, box, [button.click, box.submit], starters, [header, output])
    blocks.queue(api_open=False, max_size=64, default_concurrency_limit=24)
    return blocks


def _wire(desk: Desk, box: gr.Textbox, asking: list[Any], starters: list[gr.Button], shown: list[gr.HTML]) -> None:
    """One event for every way to ask, so that a session never has two of them under way.

    Gradio 6.31 loses the result of an event that joins while another one of its session ends; for the same
    reason nothing is loaded when the page opens.
    """
    import gradio as gr

    questions = {starter._id: str(starter.value) for starter in starters}

    def ask(typed: str | None, event: gr.EventData) -> tuple[Any, str, str]:
        picked = questions.get(getattr(event.target, "_id", -1))
        result = desk.answer(typed if picked is None else picked)
        return gr.skip() if picked is None else picked, desk.header(), result

    # Gradio reads the annotations from the module's names, where it is not imported.
    ask.__annotations__ = {"event": gr.EventData}
    gr.on(
        [*asking, *(starter.click for starter in starters)],
        ask,
        box,
        [box, *shown],
        api_visibility="private",
        show_progress_on=shown[-1],
        trigger_mode="once",
    )


def _html(value: str, name: str) -> gr.HTML:
    import gradio as gr

    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


def _starters(examples: Sequence[str]) -> list[gr.Button]:
    import gradio as gr

    if not examples:
        return []
    with gr.Row(elem_id="rag-examples"):
        return [gr.Button(text, size="sm", variant="secondary", min_width=0) for text in examples]


def theme() -> gr.Theme:
    """Gradio's base theme with the fonts of the reader's own system; nothing is loaded from elsewhere."""
    import gradio as gr

    sans = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Arial", "sans-serif")
    mono = ("ui-monospace", "Menlo", "Consolas", "monospace")
    base = gr.themes.Base(font=list(sans), font_mono=list(mono), neutral_hue="stone")
    # The same grounds as in style.css, for the moment before it is there.
    return base.set(body_background_fill="#f6f7f6", body_background_fill_dark="#131718")


def style_sheet() -> str:
    """The style sheet that lies beside this module."""
    return (files("ui") / "style.css").read_text(encoding="utf-8")


def page_title(library: LibraryPort) -> str:
    """The name in the browser's tab."""
    return plain(f"{Path(str(library.info.path)).name} · article-rag")
