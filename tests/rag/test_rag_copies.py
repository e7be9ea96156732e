"""Copies of one text are one source: counted once, cited once, and named under the citation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder, FakeScorer
from hypothesis import given, settings
from hypothesis import strategies as st
from rag_made import Phrases, found, inquiry, make_library, proposal

from rag.copies import MOST, Copies, located
from rag.dispute import sides
from rag.evidence import evidence
from rag.library import Library
from rag.read import Readings, grouped, read
from rag.retrieve import Found
from rag.scoring import Scored
from rag.types import Answer, Copy, Filters, Settings, Span

ANY = Settings(min_confidence=0)
HURT = "How many people were hurt in the Lisse ferry fire?"
LEAD = "Fifteen people were hurt in the Lisse ferry fire, the mayor said."
STORY = (
    f"{LEAD} The ship had left the northern quay at noon with wood, wool and two buses on board. A lorry near the bow "
    "began to smoke before the crew could move it, and the captain turned back to the harbour at once. Boats from "
    "three villages carried the passengers ashore while a tug poured water over the deck. By nightfall the hull had "
    "cooled, and an inspector went below to look for the cause."
)
OTHER = "A doctor counted fifteen people who were hurt in the Lisse ferry fire. Nobody died."
DAYS = {"wire": "2024-08-05", "courier": "2024-08-05", "late": "2024-08-09", "blog": None}
RECORDS = [
    {"id": name, "title": f"Fire of {name}", "source": name.title(), "published": day, "text": STORY}
    for name, day in DAYS.items()
]
ELSEWHERE = {"id": "doctor", "title": "Hurt", "source": "Clinic", "published": "2024-08-06", "text": OTHER}


def edited(record: Mapping[str, object], **changes: object) -> dict[str, object]:
    return {**record, **changes}


def opened(place: Path, records: Sequence[Mapping[str, object]], *phrases: str) -> Library:
    return Library(make_library(place, records), encoder=FakeEncoder(), scorer=Phrases(*phrases or ["Fifteen"]))


def ask(place: Path, records: Sequence[Mapping[str, object]], *phrases: str, filters: Filters | None = None) -> Answer:
    with opened(place, records, *phrases) as library:
        return library.ask(HURT, settings=ANY, filters=filters)


# -- counted once ------------------------------------------------------------------------------------------------------


def test_copies_add_nothing_to_the_weight_of_an_answer() -> None:
    passages = [
        found(name, text, group="wire") for name, text in (("wire", STORY), ("late", STORY.replace("two", "2")))
    ]
    passages.append(found("doctor", OTHER))
    proposals = [
        proposal(0, passages[0], "Fifteen", 0.4, LEAD),
        proposal(1, passages[1], "Fifteen", 0.3, LEAD),
        proposal(2, passages[2], "fifteen", 0.1, OTHER.split(". ", maxsplit=1)[0] + "."),
    ]
    assert grouped(proposals, passages)[0].weight == pytest.approx(0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.01, 1)), min_size=1, max_size=12))
def test_the_weight_is_the_sum_of_each_source_s_largest(told: list[tuple[str, float]]) -> None:
    passages = [found(f"{group}{i}", f"In {group}{i} there were 15.", group=group) for i, (group, _) in enumerate(told)]
    proposals = [proposal(i, passages[i], "15", weight) for i, (_, weight) in enumerate(told)]
    largest = {group: max(weight for other, weight in told if other == group) for group, _ in told}
    assert grouped(proposals, passages)[0].weight == pytest.approx(sum(largest.values()))


def readings_of(passages: Sequence[Found]) -> Readings:
    return read(inquiry(HURT), passages, Phrases("Fifteen", "fifteen"))


def test_evidence_is_the_same_however_many_copies_there_are() -> None:
    alone = [found("wire", STORY), found("doctor", OTHER)]
    crowd = [*alone, *(found(f"copy{i}", STORY, group="wire") for i in range(20))]
    one, many = readings_of(alone), readings_of(crowd)
    assert evidence(inquiry(HURT), many, crowd) == evidence(inquiry(HURT), one, alone)
    assert evidence(inquiry(HURT), many, crowd).agreeing == pytest.approx(np.log(2), abs=1e-6)


def test_articles_that_are_no_copies_count_each() -> None:
    apart = [found("wire", STORY), found("doctor", OTHER), found("third", OTHER.replace("Nobody", "No one"))]
    assert evidence(inquiry(HURT), readings_of(apart), apart).agreeing == pytest.approx(np.log(3), abs=1e-6)


@pytest.mark.parametrize("copies", [1, 3, 10])
def test_copies_do_not_change_an_answer_s_confidence_or_citations(tmp_path: Path, copies: int) -> None:
    crowd = [edited(RECORDS[0], id=f"copy{i:02}", title=RECORDS[0]["title"]) for i in range(copies)]
    one = ask(tmp_path / "one", [RECORDS[0], ELSEWHERE], "Fifteen", "fifteen")
    many = ask(tmp_path / "many", [RECORDS[0], *crowd, ELSEWHERE], "Fifteen", "fifteen")
    assert [c.quote for c in many.citations] == [c.quote for c in one.citations]
    assert len(many.citations) == 2
    assert many.evidence.agreeing == one.evidence.agreeing == pytest.approx(np.log(2), abs=1e-6)
    # Words that many articles hold tell less; that is all that the copies change.
    assert many.confidence == pytest.approx(one.confidence, abs=0.05)


def test_copies_of_one_day_leave_room_for_other_sources_to_be_read(tmp_path: Path) -> None:
    crowd = [edited(RECORDS[0], id=f"copy{i:02}") for i in range(40)]
    with opened(tmp_path, [*crowd, ELSEWHERE], "Fifteen", "fifteen") as library:
        cited = library.ask(HURT, settings=replace(ANY, read=8)).citations
        ranking = library.examine(HURT, k=1_000, settings=replace(ANY, read=8)).ranking
    assert {citation.source for citation in cited} == {"Wire", "Clinic"}
    assert len({(one.article_id, one.start) for one in ranking}) == len(ranking) > 40


# -- named under the citation ------------------------------------------------------------------------------------------


def named(copies: Sequence[Copy]) -> list[tuple[str, bool, bool]]:
    return [(copy.article_id, copy.original, copy.newest) for copy in copies]


def test_a_citation_names_the_other_copies_the_original_first(tmp_path: Path) -> None:
    [citation] = ask(tmp_path, RECORDS).citations
    # Of one day, the one that was read in first is the original.
    everyone = [("wire", True, False), ("late", False, True), ("courier", False, False), ("blog", False, False)]
    assert named(citation.copies) == [one for one in everyone if one[0] != citation.article_id]
    assert (citation.article_id, citation.original, citation.newest) in everyone
    assert citation.more_copies == 0
    for copy in citation.copies:
        assert STORY[copy.start : copy.end] == citation.quote
        assert copy.source == copy.article_id.title()


def test_an_article_without_copies_is_the_original_and_the_newest(tmp_path: Path) -> None:
    [citation] = ask(tmp_path, [RECORDS[0]]).citations
    assert (citation.copies, citation.more_copies, citation.original, citation.newest) == ((), 0, True, True)


def test_a_copy_that_says_it_otherwise_is_told_from_one_that_holds_the_quote(tmp_path: Path) -> None:
    rewritten = edited(RECORDS[2], text=STORY.replace(LEAD, "The Lisse ferry fire harmed 15 people, said the mayor."))
    spaced = edited(RECORDS[1], text=STORY.replace(" hurt in the ", " hurt\nin the "))
    [citation] = ask(tmp_path, [RECORDS[0], rewritten, spaced], "Fifteen").citations
    other = {"wire": "courier", "courier": "wire"}[citation.article_id]
    assert {copy.article_id: copy.end for copy in citation.copies} == {other: len(LEAD), "late": 0}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(as_of=date(2024, 8, 6)), {"wire", "courier", "blog"}, id="as of a day"),
        pytest.param(Filters(sources=("wire", "late")), {"wire", "late"}, id="sources"),
        pytest.param(Filters(published_after=date(2024, 8, 6)), {"late"}, id="a period"),
        pytest.param(Filters(articles=("courier", "blog")), {"courier", "blog"}, id="articles"),
    ],
)
def test_copies_that_the_filters_leave_out_are_not_named(tmp_path: Path, filters: Filters, expected: set[str]) -> None:
    answer = ask(tmp_path, RECORDS, filters=filters)
    [citation] = answer.citations
    assert {citation.article_id, *(copy.article_id for copy in citation.copies)} == expected
    shown = next(passage for passage in answer.passages if passage.article_id == citation.article_id)
    assert shown.copies == len(expected) - 1


def test_the_original_stays_the_original_where_it_is_filtered_out_and_the_newest_is_that_of_the_day(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, RECORDS) as library:
        [late] = library.ask(HURT, settings=ANY, filters=Filters(sources=("late",))).citations
        [wire] = library.ask(HURT, settings=ANY, filters=Filters(sources=("wire",), as_of=date(2024, 8, 6))).citations
        [plain] = library.ask(HURT, settings=ANY, filters=Filters(sources=("wire",))).citations
    assert (late.original, late.newest, late.copies) == (False, True, ())
    assert (wire.original, wire.newest) == (True, True)
    assert (plain.original, plain.newest) == (True, False)


def test_of_many_copies_twenty_are_named_and_the_others_counted(tmp_path: Path) -> None:
    crowd = [edited(RECORDS[0], id=f"copy{i:02}", published=f"2024-08-{i + 1:02}") for i in range(25)]
    [citation] = ask(tmp_path, crowd).citations
    assert len(citation.copies) == MOST == 20
    assert citation.more_copies == 25 - 1 - 20
    shown = {citation.article_id, *(copy.article_id for copy in citation.copies)}
    assert {"copy00", "copy24"} <= shown


def test_no_two_citations_are_of_one_text(tmp_path: Path) -> None:
    rewritten = [
        edited(record, text=f"{STORY} {OTHER.replace('A doctor', who)}")
        for record, who in zip(RECORDS, ("A nurse", "A guard", "A pilot", "A cook"), strict=True)
    ]
    answer = ask(tmp_path, [*rewritten, ELSEWHERE], "Fifteen", "fifteen")
    assert len(answer.citations) == 2
    assert [citation.source for citation in answer.citations].count("Clinic") == 1


def test_a_library_tells_the_copies_of_an_article(tmp_path: Path) -> None:
    with opened(tmp_path, [*RECORDS, ELSEWHERE]) as library:
        late, alone = library.copies("late"), library.copies("doctor")
    assert (late.original, late.newest, late.more) == (False, True, 0)
    assert [copy.article_id for copy in late.others] == ["wire", "courier", "blog"]
    assert all(copy.end == 0 for copy in late.others)
    assert alone == Copies()


# -- passages ----------------------------------------------------------------------------------------------------------


def test_search_and_refusals_show_copies_once_with_their_number(tmp_path: Path) -> None:
    folder = make_library(tmp_path, [*RECORDS, ELSEWHERE])
    with Library(folder, encoder=FakeEncoder(), scorer=FakeScorer()) as library:
        result = library.search(HURT, k=10).passages
        refusal = library.ask(HURT, settings=Settings(min_confidence=1))
    for passages in (result, refusal.passages):
        fires = [passage for passage in passages if passage.article_id != "doctor"]
        assert len({passage.article_id for passage in fires}) == 1
        assert {passage.copies for passage in fires} == {3}
        assert [passage.copies for passage in passages if passage.article_id == "doctor"] == [0]
    assert not refusal.answered


def test_copies_leave_room_for_other_passages(tmp_path: Path) -> None:
    crowd = [edited(RECORDS[0], id=f"copy{i:02}") for i in range(30)]
    apart = [
        edited(ELSEWHERE, id=f"other{i}", text=f"Witness {name} saw the Lisse ferry fire and the hurt people.")
        for i, name in enumerate(("Ada", "Bo", "Cy", "Di"))
    ]
    with opened(tmp_path, [*crowd, *apart]) as library:
        passages = library.search(HURT, k=6).passages
    assert {passage.article_id for passage in passages if passage.copies == 0} == {
        "other0",
        "other1",
        "other2",
        "other3",
    }
    assert {passage.copies for passage in passages} == {0, 29}
    assert len({passage.article_id for passage in passages}) == 5


def test_what_only_one_copy_says_is_shown(tmp_path: Path) -> None:
    more = "The ferry company of Lisse promised the hurt people money and a new ship with better pumps and wider doors."
    records = [RECORDS[0], edited(RECORDS[2], text=f"{STORY}\n\n{more}")]
    with opened(tmp_path, records) as library:
        passages = library.search("ferry company promised money and a new ship", k=10).passages
    assert any(more in passage.text for passage in passages)
    whole = " ".join(passage.text for passage in passages)
    assert whole.count("an inspector went below") == 1


# -- versions that differ ----------------------------------------------------------------------------------------------

TWELVE = STORY.replace("Fifteen", "Twelve")


def test_a_corrected_figure_is_told_with_the_newest_version_first(tmp_path: Path) -> None:
    records = [edited(RECORDS[0], text=TWELVE), RECORDS[2]]
    answer = ask(tmp_path, records, "Twelve", "Fifteen")
    assert answer.revised
    assert [(side.short.text, side.published) for side in answer.sides] == [
        ("Fifteen", date(2024, 8, 9)),
        ("Twelve", date(2024, 8, 5)),
    ]
    assert answer.short is not None and answer.short.text == "Fifteen"
    assert answer.text.startswith("Versions of one text differ. Fifteen people")
    newest, original = answer.citations
    assert (newest.original, newest.newest, original.original, original.newest) == (False, True, True, False)
    # What is cited itself is not named again as a copy.
    assert newest.copies == original.copies == ()


def test_members_of_a_list_are_told_though_versions_of_one_text_give_them(tmp_path: Path) -> None:
    ports = [
        edited(record, text=STORY.replace("northern quay", f"quay of {port}"))
        for record, port in zip(RECORDS, ("Alby", "Alby", "Brand", "Alby"), strict=True)
    ]
    with opened(tmp_path, ports, "Alby", "Brand") as library:
        answer = library.ask("Which ports had the ship left at noon with wood and wool?", settings=ANY)
    quotes = [citation.quote for citation in answer.citations]
    assert len(quotes) == 2
    assert {port for port in ("Alby", "Brand") for quote in quotes if port in quote} == {"Alby", "Brand"}


def test_other_sources_that_differ_are_no_versions(tmp_path: Path) -> None:
    doctor = edited(ELSEWHERE, text="A doctor counted twelve people who were hurt in the Lisse ferry fire on Monday.")
    answer = ask(tmp_path, [RECORDS[0], doctor], "Fifteen", "twelve")
    assert [side.short.text for side in answer.sides] == ["twelve", "Fifteen"]
    assert not answer.revised
    assert answer.text.startswith("The sources differ.")


def test_two_sentences_of_one_text_are_no_versions_of_each_other() -> None:
    passages = [found(name, STORY, group="wire") for name in ("wire", "late")]
    proposals = [
        proposal(0, passages[0], "Fifteen", 0.4, LEAD),
        proposal(1, passages[1], "three", 0.3, "Boats from three villages carried the passengers ashore while a tug "
                 "poured water over the deck."),
    ]  # fmt: skip
    scored = (Scored(5.0, 5.0, ()), Scored(5.0, 5.0, ()))
    readings = Readings((0, 1), np.zeros(2, np.float32), scored, tuple(grouped(proposals, passages)))
    assert sides(inquiry(HURT), readings, passages) == ()


# -- where a quote stands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        pytest.param("He said 24 left.", "24 left.", Span(8, 16), id="as it is"),
        pytest.param("He said 24\n left.", "24 left.", Span(8, 17), id="other white space"),
        pytest.param("He said 124 left.", "24 left.", Span(0, 0), id="inside a word"),
        pytest.param("A (small) sum.", "(small) sum.", Span(2, 14), id="marks"),
        pytest.param("Anything.", " ", Span(0, 0), id="no words"),
        pytest.param("He said 26 left.", "24 left.", Span(0, 0), id="another number"),
    ],
)
def test_a_quote_is_located_word_for_word(text: str, quote: str, expected: Span) -> None:
    assert located(text, quote) == expected
