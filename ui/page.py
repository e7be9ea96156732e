"""The page: its frame, its tabs and its looks.  Gradio lays out and transports; each tab has a module of its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui import about, articles, ask, evaluate
from ui.markup import plain
from ui.port import LibraryPort

if TYPE_CHECKING:
    import gradio as gr

    from ui.ask import Desk

SCRIPTS = ("page.js", "ask.js", "articles.js", "evaluate.js")
"""Our own scripts; the others import from the first."""
SHEETS = ("page.css", "articles.css", "evaluate.css")
HEAD = "".join(
    [f'<link rel="stylesheet" href="/{name}">' for name in SHEETS]
    + [f'<script type="module" src="/{name}"></script>' for name in SCRIPTS]
)


def build(desk: Desk, title: str) -> gr.Blocks:
    """The page's blocks, wired to `desk`, with a bounded queue and no public API."""
    import gradio as gr

    blocks: gr.Blocks
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks, gr.Column(elem_id="rag-page"):
        header = ask.html(desk.header(), "rag-head")
        with gr.Tabs(elem_id="rag-tabs"):
            with gr.Tab("Ask", id="ask"):
                talk = ask.build(desk, header)
            with gr.Tab("Articles", id="articles"):
                articles.build(desk, header, talk)
            with gr.Tab("Evaluate", id="evaluate"):
                evaluate.build(desk)
            with gr.Tab("About", id="about"):
                about.build(desk)
        # The page is built once; articles may have come since.
        load: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        blocks.load(desk.header, None, [header], **load)
        if not desk.library.info.articles:
            blocks.load(desk.renewed, [talk[1]], [talk[0]], **load)
    blocks.queue(api_open=False, max_size=64, default_concurrency_limit=24)
    return blocks


def theme() -> gr.Theme:
    """Gradio's base theme with the fonts of the reader's own system; nothing is loaded from elsewhere."""
    import gradio as gr

    sans = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Arial", "sans-serif")
    mono = ("ui-monospace", "Menlo", "Consolas", "monospace")
    base = gr.themes.Base(font=list(sans), font_mono=list(mono), neutral_hue="stone")
    # The same grounds as in style.css, for the moment before it is there.
    return base.set(body_background_fill="#f6f7f6", body_background_fill_dark="#131718")


def asset(name: str) -> str:
    """A style sheet or script that lies beside this module."""
    return (files("ui") / name).read_text(encoding="utf-8")


def page_title(library: LibraryPort) -> str:
    """The name in the browser's tab."""
    return plain(f"{Path(str(library.info.path)).name} · article-rag")
