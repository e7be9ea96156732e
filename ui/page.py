"""The Gradio page: a question box, a few questions to start with, and the answer.

Gradio lays out and transports; what is shown of a library comes from `ui.render`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.types import MAX_QUESTION_CHARS
from ui import render
from ui.port import LibraryPort
from ui.turnstile import Turnstile

if TYPE_CHECKING:
    import gradio as gr

log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong while answering. The details are in the log of the program."


class Desk:
    """Turns a question into HTML; never raises."""

    def __init__(self, library: LibraryPort, turnstile: Turnstile | None = None) -> None:
        self._library = library
        self._turnstile = turnstile or Turnstile()

    def greet(self) -> tuple[str, str]:
        """The header and the welcome, from the library as it is on disk now."""
        try:
            self._library.reload()
            return render.header(self._library.info), render.welcome(self._library.info)
        except RagError as error:
            return "", render.problem(str(error))
        except Exception:
            log.exception("the library's facts cannot be shown")
            return "", render.problem(UNEXPECTED)

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
        try:
            with self._turnstile.passing():
                self._library.reload()
                return render.answer(self._library.ask(asked))
        except RagError as error:
            return render.problem(str(error))
        except Exception:
            log.exception("a question could not be answered")
            return render.problem(UNEXPECTED)


def build(desk: Desk, title: str, examples: Sequence[str] = ()) -> gr.Blocks:
    """The page's blocks, wired to `desk`, with a bounded queue and no public API."""
    import gradio as gr

    head, first = desk.greet()
    blocks: gr.Blocks
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks:
        with gr.Column(elem_id="rag-page"):
            header = _html(head, "rag-head")
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
            starters = _starters(examples)
            output = _html(first, "rag-output")
        wire = partial(
            gr.on,
            api_visibility="private",
            concurrency_id="ask",
            show_progress_on=output,
            trigger_mode="once",
        )
        wire([button.click, box.submit], desk.answer, box, output)
        for starter, question in zip(starters, examples, strict=True):
            wire(starter.click, partial(_start, desk, question), None, [box, output])
        blocks.load(desk.greet, None, [header, output], api_visibility="private", show_progress="hidden")
    blocks.queue(api_open=False, max_size=64, default_concurrency_limit=24)
    return blocks


def _start(desk: Desk, question: str) -> tuple[str, str]:
    return question, desk.answer(question)


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
    return f"{Path(str(library.info.path)).name} · article-rag"
