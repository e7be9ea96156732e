"""Drawings: what they say aloud, that they stand together in one page, and that the same input gives the same text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from report_fakes import make_record, seeded_records

from eval.curves import latency, recall_curve, reliability, risk_coverage
from eval.interval import Estimate
from eval.plots import plot_latency, plot_recall, plot_reliability, plot_risk_coverage
from eval.records import Record
from eval.svg import SERIES, bar, colour, inline, marker, whiskers
from rag.types import Timings

Draw = Callable[[list[tuple[str, list[Record]]]], str]

DRAWINGS: dict[str, Draw] = {
    "hit": lambda runs: plot_recall([(label, recall_curve(r)) for label, r in runs], "hit"),
    "recall": lambda runs: plot_recall([(label, recall_curve(r)) for label, r in runs], "recall"),
    "article": lambda runs: plot_recall([(label, recall_curve(r)) for label, r in runs], "article_hit"),
    "risk": lambda runs: plot_risk_coverage([(label, risk_coverage(r, 0.4)) for label, r in runs]),
    "reliability": lambda runs: plot_reliability([(label, reliability(r)) for label, r in runs]),
    "latency": lambda runs: plot_latency([(label, latency(r)) for label, r in runs]),
}
drawings = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
ONE = [("", seeded_records(16))]
TWO = [("A base", seeded_records(16)), ("B wider", seeded_records(16, skill=2.0))]


def tree(drawing: str) -> Any:
    return etree.fromstring(drawing)


@drawings
@pytest.mark.parametrize("runs", [ONE, TWO], ids=["one run", "two runs"])
def test_a_drawing_is_an_image_with_a_description_in_the_colours_of_the_page(
    draw: Draw, runs: list[tuple[str, list[Record]]]
) -> None:
    drawing = draw(runs)
    root = tree(drawing)
    assert (root.tag, root.get("role")) == ("svg", "img")
    assert re.search(r"\d\.\d", root.get("aria-label"))
    drawn = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", drawing))
    assert {value for value in drawn if not value.startswith("var(--rag-")} <= {"none"}
    for series in range(len(runs)):
        assert colour(series) in drawn
    assert not re.search("http|<style|<script|<metadata|<title", drawing)


@drawings
def test_runs_are_told_apart_without_colour(draw: Draw) -> None:
    """By their names in a legend, and by their markers (the shapes that `use` refers to) or dashes."""
    drawing = draw(TWO)
    texts = ["".join(element.itertext()) for element in tree(drawing).iter("text")]
    assert {"A base", "B wider"} <= set(texts)
    used = {element.get("href"): element.get("style") for element in tree(drawing).iter("use")}
    shapes = [{href for href, style in used.items() if colour(series) in style} for series in range(2)]
    assert shapes[0]
    assert shapes[1]
    assert not shapes[0] & shapes[1]


def test_the_same_runs_give_the_same_text() -> None:
    assert [draw(TWO) for draw in DRAWINGS.values()] == [draw(TWO) for draw in DRAWINGS.values()]


def test_drawings_stand_together_in_one_page() -> None:
    """No id twice, and every reference leads to an id of its own drawing."""
    seen: set[str] = set()
    for draw in DRAWINGS.values():
        drawing = draw(TWO)
        ids = set(re.findall(r'\bid="([^"]+)"', drawing))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', drawing)) == ids
        assert not ids & seen
        seen |= ids


@pytest.mark.parametrize(
    "name",
    ["<script>x</script>", '"><b>', "$\\frac{1}{2}$", "#010101", "\x00\x1b[31m", "\ud83d", "日本語 עברית", "x" * 90],
)
def test_a_name_is_only_text(name: str) -> None:
    root = tree(DRAWINGS["hit"]([("A " + name, ONE[0][1]), ("B", ONE[0][1])]))
    assert {element.tag for element in root.iter()} <= {"svg", "g", "path", "use", "defs", "clipPath", "rect", "text"}
    shown = [element.text for element in root.iter("text") if element.text.startswith("A ")]
    expected = "".join(char if char.isprintable() else "�" for char in "A " + name)
    assert shown == [expected if len(expected) <= 24 else expected[:23] + "…"]


def test_the_figures_are_said() -> None:
    said = tree(DRAWINGS["hit"]([("", [make_record()])])).get("aria-label")
    assert said.startswith("chunk hit@k against k. 1.000 (1.000 to 1.000) at 1, ")
    said = tree(DRAWINGS["risk"]([("A", [make_record()]), ("B", [make_record(confidence=0.1)])])).get("aria-label")
    assert "A: 0.000 (0.000 to 0.000) wrong at coverage 1.00, where it answers" in said
    assert "B: nan" not in said
    times = [make_record(timings=Timings(read=milliseconds, total=milliseconds)) for milliseconds in (10, 20, 30)]
    assert "read 20.0, 29.0, 29.8; total" in tree(DRAWINGS["latency"]([("", times)])).get("aria-label")


@drawings
@pytest.mark.parametrize(
    "records",
    [
        pytest.param([], id="no records"),
        pytest.param([make_record(answers=(), timings=Timings())], id="retrieval only, no times"),
        pytest.param([make_record(answerable=False, answers=(), articles=(), quotes=())], id="not answerable"),
        pytest.param([make_record(confidence=0.0, answered=False, ranking=())], id="nothing found"),
    ],
)
def test_runs_in_which_little_is_judged_are_drawn_too(draw: Draw, records: list[Record]) -> None:
    drawing = draw([("A", records), ("B", ONE[0][1])]) + draw([("", records)])
    assert "nan" not in re.sub(r'aria-label="[^"]*"', "", drawing)
    assert "nan" not in drawing


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    DRAWINGS["hit"](ONE)
    assert dict(matplotlib.rcParams) == before


def test_whiskers_are_where_the_shares_are() -> None:
    """130 wide with 6 on either side: 0 is at 6, 0.5 at 65, 1 at 124."""
    root = tree(whiskers([Estimate(0.5, 0.25, 1.0, 9), Estimate(math.nan, math.nan, math.nan, 0)]))
    line = root.findall("g")[1].find("line")
    assert [line.get(end) for end in ("x1", "x2")] == ["35.5", "124.0"]
    assert [path.get("transform") for path in root.findall("path")] == ["translate(65 9.5)"]
    assert root.get("aria-hidden") == "true"


@pytest.mark.parametrize(("share", "width"), [(0.0, "0.0"), (0.25, "25.0"), (1.0, "100.0"), (math.nan, "0.0")])
def test_bars_are_as_long_as_the_share(share: float, width: str) -> None:
    assert tree(bar(share)).find("rect").get("width") == width


def test_series_have_their_own_colour_and_marker_until_they_run_out() -> None:
    numbers = range(len(SERIES))
    assert len({colour(number) for number in numbers}) == len({marker(number) for number in numbers}) == len(SERIES)
    assert colour(len(SERIES)) == colour(0)


def test_numbers_are_short_and_references_prefixed() -> None:
    raw = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1">'
        '<style>*{color: red}</style><g id="spare"><path id="m1" d="M 1.23456 -0.00001"/></g>'
        '<use xlink:href="#m1" style="fill: #010101; font-family: \'A\', serif"/></svg>'
    )
    drawing = inline(raw, "a & b", {"#010101": "var(--rag-ink)"})
    root = tree(drawing)
    name = root.find("g/path").get("id")
    assert re.fullmatch(r"g[0-9a-f]{8}-m1", name)
    assert root.find("g/path").get("d") == "M 1.23 -0"
    assert root.find("use").get("href") == f"#{name}"
    assert root.find("use").get("style") == "fill: var(--rag-ink); font-family: var(--rag-sans, sans-serif)"
    assert (root.find("g").get("id"), root.get("aria-label")) == (None, "a & b")
