"""Clutter of real pages is kept out of the body, and nothing else is."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.clean import author_in, body, find_noise
from index.draft import Draft
from index.load import read_file
from rag.types import Noise

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples" / "articles"
SHARED = HERE.parents[2] / "shared" / "articles"
CLUTTER: dict[str, dict[str, list[str]]] = json.loads((HERE / "sample_clutter.json").read_text("utf-8"))
"""By file stem: clutter lines among the article's text, and those around it (menus, asides, footers) in HTML."""
KREMLIN = "2024-08-02-kremlin-reveals-details-of-prisoner-swap.txt"
PESKOV = "2024-08-02-peskov-on-prisoner-exchange.txt"

SENTENCE = "The harbour was quiet on Monday, and nobody at the quay could say why the ferry had not come in.\n"


def draft_of(path: Path) -> Draft:
    (draft,) = read_file(path)
    assert isinstance(draft, Draft)
    return draft


def sample(stem: str) -> Path:
    (path,) = EXAMPLES.glob(f"{stem}.*")
    return path


def noise_lines(draft: Draft) -> list[tuple[str, str]]:
    return [(draft.text[mark.start : mark.end], mark.kind) for mark in find_noise(draft.text, draft.title)]


def body_lines(draft: Draft) -> list[str]:
    spans = body(draft.text, find_noise(draft.text, draft.title))
    return [line for span in spans for line in draft.text[span.start : span.end].split("\n") if line.strip()]


def kinds(text: str, title: str = "") -> list[str | None]:
    """For each non-blank line of a text its kind of noise, None in the body."""
    found = {mark.start: mark.kind for mark in find_noise(text, title)}
    starts = [match.start() for match in re.finditer(r"(?m)^.*\S.*$", text)]
    return [found.get(start) for start in starts]


def test_every_sample_has_its_clutter_listed() -> None:
    assert sorted(CLUTTER) == sorted(path.stem for path in EXAMPLES.iterdir())


@pytest.mark.parametrize("stem", [stem for stem in CLUTTER if sample(stem).suffix != ".html"])
def test_noise_of_a_text_sample_is_its_clutter_and_its_title_and_nothing_else(stem: str) -> None:
    draft = draft_of(sample(stem))
    found = [line for line, kind in noise_lines(draft) if kind != "title"]
    assert found == CLUTTER[stem]["in_article"]
    assert all(line.lstrip("# ") == draft.title for line, kind in noise_lines(draft) if kind == "title")


@pytest.mark.parametrize("stem", [stem for stem in CLUTTER if sample(stem).suffix == ".html"])
def test_clutter_of_an_html_sample_is_in_neither_body_nor_excess(stem: str) -> None:
    draft = draft_of(sample(stem))
    clutter = {*CLUTTER[stem]["in_article"], *CLUTTER[stem]["around_article"]}
    assert clutter.isdisjoint(body_lines(draft))
    assert {line for line, kind in noise_lines(draft) if kind != "title"} <= clutter


@pytest.mark.parametrize("stem", [stem for stem in CLUTTER if sample(stem).suffix == ".html"])
def test_every_paragraph_of_an_html_sample_is_in_its_body(stem: str) -> None:
    page = sample(stem).read_text("utf-8")
    article = page[page.index("<article>") : page.index("</article>")]
    marked = re.findall(r"<p>([^<]*[.”])</p>", article)
    assert len(marked) >= 6
    assert body_lines(draft_of(sample(stem))) == marked


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the two real articles are not in {SHARED}")
@pytest.mark.parametrize(
    ("name", "noise", "kept"),
    [
        pytest.param(
            KREMLIN,
            {1: "kicker", 3: "title", 6: "byline", 11: "kicker", 12: "teaser", 17: "kicker", 18: "teaser",
             27: "navigation"},
            17,
            id="kremlin-page-with-teasers",
        ),
        pytest.param(PESKOV, {}, 11, id="peskov-clean-text"),
    ],
)  # fmt: skip
def test_noise_of_the_real_articles_is_exactly_these_lines(name: str, noise: dict[int, str], kept: int) -> None:
    draft = draft_of(SHARED / name)
    found = {draft.text.count("\n", 0, mark.start) + 1: mark.kind for mark in find_noise(draft.text, draft.title)}
    assert found == noise
    assert len(body_lines(draft)) == kept


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("Read more: What the Deal Means for You", "navigation", id="read-more"),
        pytest.param("Share this article", "navigation", id="share"),
        pytest.param("Advertisement", "navigation", id="advertisement"),
        pytest.param("Subscribe to our morning briefing", "navigation", id="newsletter"),
        pytest.param("Home | World | Sport", "navigation", id="menu"),
        pytest.param("By Ada Orr and Bo Ek", "byline", id="two-authors"),
        pytest.param("Reporting by Ada Orr; editing by Bo Ek", "byline", id="wire-credit"),
        pytest.param("Photo: Ada Orr / Harbour Courier", "byline", id="photo-credit"),
        pytest.param("Reuters", "byline", id="agency"),
        pytest.param("Updated 3 May 2024, 10:12", "byline", id="updated"),
        pytest.param("Published on Friday, August 2, 2024 at 5:03 p.m.", "byline", id="published-in-the-afternoon"),
        pytest.param("Posted 3 hours ago", "byline", id="posted"),
        pytest.param("Last updated: 2024-08-02T10:12:00Z", "byline", id="last-updated"),
        pytest.param("Watch: How the Swap Was Made", "navigation", id="watch"),
        pytest.param("Map: Harbour Office, Ostermere", "byline", id="map-credit"),
    ],
)
def test_lines_that_are_clutter_wherever_they_stand(line: str, kind: str) -> None:
    assert kinds(SENTENCE + line + "\n" + SENTENCE) == [None, kind, None]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("By noon the quay was empty.", id="sentence-that-opens-as-a-byline"),
        pytest.param("Share prices fell.", id="sentence-that-opens-as-a-button"),
        pytest.param("Published in 1984, the novel sold 3 million copies.", id="sentence-with-published"),
        pytest.param("Updated in 2019, the law bans 14 chemicals.", id="sentence-with-updated"),
        pytest.param("Updated on 3 May 2019, the law bans 14 chemicals.", id="sentence-with-updated-on-a-day"),
        pytest.param("Posted to Kabul in 2009, he served 3 tours.", id="sentence-with-posted"),
        pytest.param("Posted to Kabul in 2009 with 3 others", id="posted-without-a-date-or-time-right-after"),
        pytest.param("Video: The president said he would resign on Monday.", id="sentence-after-video"),
        pytest.param("Map: the river runs 300 km to the sea.", id="sentence-after-map"),
        pytest.param("Watch: the minister denied it.", id="sentence-after-watch"),
        pytest.param("Home is where they went.", id="sentence-that-opens-as-a-menu"),
        pytest.param("Background", id="heading-of-one-word"),
        pytest.param("## Talks in Ankara Fail Again Today", id="markdown-heading"),
        pytest.param("- Ada Orr Was Chosen as Chair", id="list-entry"),
        pytest.param("“We Are Not Going Home Tonight.”", id="quote"),
        pytest.param("what became of the harbour pilots", id="lower-case-line"),
    ],
)
def test_lines_that_stay_in_the_body(line: str) -> None:
    assert kinds(SENTENCE + line + "\n" + SENTENCE) == [None, None, None]


def test_a_headline_alone_in_the_text_is_a_teaser_with_its_kicker() -> None:
    text = SENTENCE + "Russia\nHarbour Pilots Were Months Without Wages\n" + SENTENCE
    assert kinds(text) == [None, "kicker", "teaser", None]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["Ada Maria Orr of Ostermere"] * 3, id="titled-names"),
        pytest.param(["Ada Orr", "Bo Ek", "Cy Dahl", "Di Holm"], id="short-names"),
        pytest.param(
            ["Evan Karlsson, Northgate Daily Reporter", "Paul Holm, Former Harbour Pilot", "Alsu Orr, Radio Editor"],
            id="names-with-offices",
        ),
        pytest.param(["World", "Politics", "Business"], id="labels-in-a-run"),
    ],
)
def test_a_list_of_names_is_not_clutter(names: list[str]) -> None:
    text = SENTENCE + "\n".join(names) + "\n" + SENTENCE
    assert kinds(text) == [None] * (len(names) + 2)


def test_the_title_is_noise_in_whatever_case_and_quotes_it_is_repeated() -> None:
    assert kinds("# “Pilots” go HOME\n" + SENTENCE, "Pilots Go Home") == ["title", None]


def test_lines_above_the_title_are_kickers() -> None:
    assert kinds("World\nPilots Go Home at Last\n" + SENTENCE, "Pilots Go Home at Last") == ["kicker", "title", None]


def test_short_lines_of_wrapped_text_are_ends_of_sentences() -> None:
    wrapped = (
        "The harbour was quiet on Monday, and nobody at the quay could say why\n"
        "the ferry had not come in from the islands, or when it would, said the\n"
        "pilot who had been waiting there since seven with his friend Ada\n"
        "Orr\n"
        "\n"
        "Share this article\n"
    )
    assert kinds(wrapped)[:4] == [None] * 4


def test_body_is_what_lies_between_the_noise_trimmed() -> None:
    assert body("ab\nNOISE\n  cd \n", [Noise(3, 8, "kicker")]) == [(0, 2), (11, 13)]
    assert body("NOISE", [Noise(0, 5, "title")]) == []
    assert body("", []) == []


LINES = st.lists(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=60)
    | st.sampled_from(["Analysis", "Russia", "Discuss", "Harbour Pilots Were Months Without Wages", SENTENCE.strip()]),
    max_size=12,
)


@given(LINES, st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_noise_is_whole_lines_in_order_and_body_is_all_the_rest(rows: list[str], title: str) -> None:
    text = "\n".join(rows)
    noise = find_noise(text, title)
    whole = {row.strip() for row in rows}
    position = 0
    for mark in noise:
        assert position <= mark.start < mark.end <= len(text)
        assert text[mark.start : mark.end] in whole
        position = mark.end
    held = sorted([*((mark.start, mark.end) for mark in noise), *body(text, noise)])
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(held))
    inside = {place for start, end in held for place in range(start, end)}
    assert all(place in inside or character.isspace() for place, character in enumerate(text))
    assert find_noise(text, title) == noise


@pytest.mark.parametrize(
    ("byline", "author"),
    [
        ("By Mara Lindqvist", "Mara Lindqvist"),
        ("By Mara Lindqvist and Jan de Vries in Ankara", "Mara Lindqvist and Jan de Vries"),
        ("Written by: Ilse Brandt for The Harbour Courier", "Ilse Brandt"),
        ("Reporting by Ilse Brandt; editing by Owen Pryce", None),
    ],
)
def test_a_byline_names_the_author(byline: str, author: str | None) -> None:
    text = f"{byline}\n\nThe pilots of the harbour waited at the quay on Monday for many hours.\n"
    noise = find_noise(text, "Pilots wait")
    assert [mark.kind for mark in noise] == ["byline"]
    assert author_in(text, noise) == author


def test_a_text_without_a_byline_names_nobody() -> None:
    text = "The story was told by Mara Lindqvist in the evening.\n"
    assert author_in(text, find_noise(text, "A story")) is None
