"""What is printed cannot steer the terminal, marks the words that answer, and names a command that works."""

from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rag.replay import Replay
from rag.terminal import show_answer, show_article, show_list, show_passages, show_replay
from rag.types import (
    Answer,
    Article,
    Citation,
    Copy,
    Filters,
    Passage,
    Provenance,
    Settings,
    Short,
    Side,
    Span,
    Timings,
)

NASTY = "\x1b]0;owned\x07 [/b] [red]hi[/red] :fire: \x9b2J"
QUOTE = "Ada Lind led\nthe rescue."
GREEN = re.compile(r"\x1b\[[0-9;]*32m(.*?)\x1b\[0m")


def _printed(show: object, *arguments: object, color: Any = None) -> str:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=color)
    assert callable(show)
    show(console, *arguments)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def _answer(**changes: object) -> Answer:
    citation = Citation(1, "a; rm -rf ~", NASTY, NASTY, NASTY, None, 3, 9, NASTY)
    passage = Passage("a", NASTY, NASTY, NASTY, None, 0, 9, NASTY, 0.1)
    provenance = Provenance("l", 1, "e", "v", Settings(), Filters())
    short = Short(NASTY, "a; rm -rf ~", 3, 9, 1)
    answer = Answer("q", True, NASTY, 0.7, (citation,), (passage,), Timings(), provenance, short=short)
    return replace(answer, **changes)  # type: ignore[arg-type]


def test_control_characters_and_markup_are_shown_not_obeyed() -> None:
    article = Article("a", NASTY, NASTY + " more", NASTY)
    short = Short(NASTY, "a", 3, 9, 1)
    replayed = Replay(_answer(), False, (NASTY,), (NASTY,))
    outputs = [
        _printed(show_answer, _answer(), Path("lib")),
        _printed(show_answer, _answer(answered=False, citations=(), reason=NASTY, short=None), Path("lib")),
        _printed(show_answer, _answer(sides=(Side(short, (1,), None), Side(short, (2,), None))), Path("lib")),
        _printed(show_passages, _answer().passages),
        _printed(show_article, article, Span(0, 3)),
        _printed(show_list, [article]),
        _printed(show_replay, replayed),
    ]
    for output in outputs:
        assert "owned" in output and "[/b]" in output
        assert "\x1b]" not in output and "\x07" not in output and "\x9b" not in output


def test_the_printed_command_is_quoted_and_names_the_library() -> None:
    output = " ".join(_printed(show_answer, _answer(), Path("my lib")).split())
    assert "--library 'my lib'" in output
    assert shlex.quote("a; rm -rf ~") in output


# -- short answers --------------------------------------------------------------------------------------------------


def citation(number: int, quote: str, start: int, article: str = "a") -> Citation:
    return Citation(number, article, "Fire", "Courier", None, date(2024, 8, 5), start, start + len(quote), quote)


ONE = citation(1, QUOTE, 100)
ADA = Short("Ada Lind", "a", 100, 108, 1)


def test_the_short_answer_comes_first_and_is_marked_in_its_quote() -> None:
    output = _printed(show_answer, _answer(citations=(ONE,), short=ADA), Path("lib"), color="standard")
    assert GREEN.findall(output) == ["Ada Lind", "Ada Lind"]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    assert plain[:2] == ["Ada Lind", "“Ada Lind led the rescue.” [1]"]


def test_a_short_answer_over_two_lines_is_one_line() -> None:
    short = Short("led\nthe rescue", "a", 109, 123, 1)
    output = _printed(show_answer, _answer(citations=(ONE,), short=short), Path("lib"), color="standard")
    assert GREEN.findall(output) == ["led the rescue", "led the rescue"]


@pytest.mark.parametrize(
    "short",
    [
        pytest.param(replace(ADA, article_id="b"), id="another-article"),
        pytest.param(replace(ADA, start=99), id="begins-before-the-quote"),
        pytest.param(replace(ADA, end=200), id="ends-after-the-quote"),
        pytest.param(replace(ADA, end=100), id="empty"),
    ],
)
def test_words_that_are_not_in_the_quote_are_not_marked_in_it(short: Short) -> None:
    output = _printed(show_answer, _answer(citations=(ONE,), short=short), Path("lib"), color="standard")
    assert len(GREEN.findall(output)) == 1


def test_without_a_short_answer_the_quote_comes_first() -> None:
    output = _printed(show_answer, _answer(citations=(ONE,), short=None), Path("lib"))
    assert output.startswith("“Ada Lind led the rescue.” [1]")


def test_sources_that_differ_are_listed_with_their_citations_and_days() -> None:
    other = citation(2, "Bo Dahl led it.", 7, "b")
    sides = (
        Side(ADA, (1, 3), date(2024, 8, 5)),
        Side(Short("Bo Dahl", "b", 7, 14, 2), (2,), None),
    )
    answer = _answer(citations=(ONE, other), short=ADA, sides=sides)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", _printed(show_answer, answer, Path("lib"))).splitlines()
    assert lines[:5] == [
        "The sources differ:",
        "  Ada Lind [1] [3] (2024-08-05)",
        "  Bo Dahl [2]",
        "“Ada Lind led the rescue.” [1]",
        "“Bo Dahl led it.” [2]",
    ]
    output = _printed(show_answer, answer, Path("lib"), color="standard")
    assert GREEN.findall(output) == ["Ada Lind", "Bo Dahl", "Ada Lind", "Bo Dahl"]


# -- replays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exact", "conditions", "differences", "lines"),
    [
        pytest.param(True, (), (), ["The same answer."], id="the-same"),
        pytest.param(
            False, ("The generation was 1, it is 2.",), (),
            ["The generation was 1, it is 2.", "The same answer, though not from the same conditions."],
            id="of-another-generation",
        ),
        pytest.param(True, (), ("It was refused, it is answered.",), ["It was refused, it is answered."], id="another"),
    ],
)  # fmt: skip
def test_a_replay_is_told_in_sentences(
    exact: bool, conditions: tuple[str, ...], differences: tuple[str, ...], lines: list[str]
) -> None:
    output = _printed(show_replay, Replay(_answer(), exact, conditions, differences))
    assert output.splitlines() == lines


# -- copies ----------------------------------------------------------------------------------------------------------

WIRE = Copy("w", "Fire at sea", "Wire", None, date(2024, 8, 1), True, False, 5, 30)
LATE = Copy("l", "Fire again", None, None, date(2024, 8, 9), False, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"copies": ()}, [], id="none"),
        pytest.param({"copies": (WIRE,)}, ["also in: Wire (2024-08-01, original)"], id="one"),
        pytest.param(
            {"copies": (LATE, replace(WIRE, original=False, published=None)), "original": True, "more_copies": 1_200},
            ["the original of 1,203 copies", "also in: Wire", "worded differently in: Fire again (2024-08-09, newest),",
             "1,200 more"],
            id="many",
        ),
        pytest.param(
            {"copies": (WIRE,), "newest": True},
            ["the newest of 2 copies", "also in: Wire (2024-08-01, original)"],
            id="newest",
        ),
    ],
)  # fmt: skip
def test_copies_stand_under_their_source(changes: dict[str, Any], expected: list[str]) -> None:
    cited = replace(ONE, **{"original": False, "newest": False, **changes})
    lines = _printed(show_answer, _answer(citations=(cited,), short=None), Path("lib")).splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("[1] "))
    last = next(place for place, line in enumerate(lines) if "rag show" in line)
    assert [line.strip() for line in lines[first + 1 : last]] == expected


def test_the_names_of_copies_are_shown_not_obeyed() -> None:
    nasty = replace(WIRE, source=NASTY)
    cited = replace(ONE, copies=(nasty, replace(nasty, end=0)), original=False)
    output = _printed(show_answer, _answer(citations=(cited,), short=None), Path("lib"))
    assert output.count("owned") >= 2
    assert "\x1b]" not in output and "\x07" not in output and "\x9b" not in output


def test_passages_tell_how_many_copies_are_not_shown() -> None:
    passage = Passage("a", "Fire", None, None, None, 0, 4, "Text", 0.1)
    printed = [_printed(show_passages, [replace(passage, copies=number)]) for number in (0, 1, 2_000)]
    assert "cop" not in printed[0]
    assert "score 0.1000, 1 other copy; a" in printed[1]
    assert "2,000 other copies" in printed[2]


def test_versions_that_differ_are_not_called_sources() -> None:
    sides = (Side(ADA, (1,), None), Side(replace(ADA, end=104), (1,), None))
    differ = _answer(citations=(ONE,), short=ADA, sides=sides)
    assert "The sources differ:" in _printed(show_answer, differ, Path("lib"))
    assert "Versions of one text differ:" in _printed(show_answer, replace(differ, revised=True), Path("lib"))
