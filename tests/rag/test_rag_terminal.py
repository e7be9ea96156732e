"""What is printed cannot steer the terminal, and names a command that works."""

from __future__ import annotations

import io
import shlex
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from rag.terminal import show_answer, show_article, show_list, show_passages
from rag.types import Answer, Article, Citation, Filters, Passage, Provenance, Settings, Span, Timings

NASTY = "\x1b]0;owned\x07 [/b] [red]hi[/red] :fire: \x9b2J"


def _printed(show: object, *arguments: object) -> str:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    assert callable(show)
    show(console, *arguments)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def _answer(**changes: object) -> Answer:
    citation = Citation(1, "a; rm -rf ~", NASTY, NASTY, NASTY, None, 3, 9, NASTY)
    passage = Passage("a", NASTY, NASTY, NASTY, None, 0, 9, NASTY, 0.1)
    provenance = Provenance("l", 1, "e", "v", Settings(), Filters())
    answer = Answer("q", True, NASTY, 0.7, (citation,), (passage,), Timings(), provenance)
    return replace(answer, **changes)  # type: ignore[arg-type]


def test_control_characters_and_markup_are_shown_not_obeyed() -> None:
    article = Article("a", NASTY, NASTY + " more", NASTY)
    outputs = [
        _printed(show_answer, _answer(), Path("lib")),
        _printed(show_answer, _answer(answered=False, citations=(), reason=NASTY), Path("lib")),
        _printed(show_passages, _answer().passages),
        _printed(show_article, article, Span(0, 3)),
        _printed(show_list, [article]),
    ]
    for output in outputs:
        assert "owned" in output and "[/b]" in output
        assert "\x1b]" not in output and "\x07" not in output and "\x9b" not in output


def test_the_printed_command_is_quoted_and_names_the_library() -> None:
    output = " ".join(_printed(show_answer, _answer(), Path("my lib")).split())
    assert "--library 'my lib'" in output
    assert shlex.quote("a; rm -rf ~") in output
