"""Kinds of answers, families of words, and how spans of passages become answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from fakes import MARKERS, FakeScorer, article_text
from hypothesis import given, settings
from hypothesis import strategies as st
from rag_made import Phrases, found, inquiry, proposal, span_of

from rag.inquiry import KIN, coverage, mentioned, presence, strangers
from rag.kinds import asks_for_several, is_of, kind_of, names, shows
from rag.lexical import analyzer
from rag.read import (
    CHUNK_FEATURES,
    FOUND_FEATURES,
    ORDER_FEATURES,
    SPAN_FEATURES,
    STUDIED,
    Readings,
    chunk_rows,
    found_rows,
    grouped,
    listed,
    promising,
    read,
    span_rows,
    with_unread,
)
from rag.retrieve import Found
from rag.scoring import UNREAD, Scored
from rag.thesaurus import _FAMILIES, kin
from rag.types import Noise, Span
from rag.weights import CHUNK_WEIGHTS, FOUND_WEIGHTS, ORDER_WEIGHTS, SPAN_WEIGHTS

# -- kinds of answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who mediated the swap?", "name"),
        ("Which company bought the bank?", "name"),
        ("When did the plane land?", "time"),
        ("In what year was it built?", "time"),
        ("Where were they exchanged?", "place"),
        ("Which country asked for help?", "country"),
        ("In which nation's capital did they meet?", "place"),
        ("How many people were freed?", "number"),
        ("How old is he?", "number"),
        ("What percentage voted?", "number"),
        ("Why was trading halted?", "reason"),
        ("How did the thief enter?", "manner"),
        ("Is the bridge open?", "verdict"),
        ("How many were hurt when the bridge fell?", "number"),
        ("Was he in prison when he died?", "verdict"),
        ("Where did the man who shot the mayor live?", "place"),
        ("Did she say why she left?", "reason"),
        ("Can you tell me when it opened?", "time"),
        ("What did Peskov say?", "thing"),
    ],
)
def test_kind_of(question: str, kind: str) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("kind", "sentence", "known", "expected"),
    [
        pytest.param("number", "It released 16 people.", set(), 1.0, id="digits"),
        pytest.param("number", "It released sixteen people.", set(), 1.0, id="number word"),
        pytest.param("number", "It released people.", set(), 0.0, id="no number"),
        pytest.param("number", "In 2024 it released people.", {"2024"}, 0.0, id="number of the question"),
        pytest.param("time", "They landed on Thursday.", set(), 1.0, id="weekday"),
        pytest.param("time", "They landed, officials said on Friday.", set(), 0.0, id="when it was said"),
        pytest.param("time", "They said on Friday that it fell on 3 May.", set(), 1.0, id="said and happened"),
        pytest.param("name", "The talks were led by Ada Lind.", set(), 1.0, id="name inside"),
        pytest.param("name", "The talks were led by Ada Lind.", {"ada", "lind"}, 0.0, id="name of the question"),
        pytest.param("place", "They met in Ankara.", set(), 1.0, id="place"),
        pytest.param("reason", "It closed because a switch failed.", set(), 1.0, id="because"),
        pytest.param("thing", "Whatever.", set(), 0.5, id="cannot be told"),
    ],
)
def test_shows(kind: str, sentence: str, known: set[str], expected: float) -> None:
    assert shows(kind, sentence, known) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "answer", "known", "expected"),
    [
        pytest.param("name", "Ada", set(), 1.0, id="one name"),
        pytest.param("place", "Lisbon", set(), 1.0, id="a place without a word that leads to it"),
        pytest.param("place", "Lisbon", {"lisbon"}, 0.0, id="place of the question"),
        pytest.param("country", "Portugal", set(), 1.0, id="country"),
        pytest.param("country", "Portugal", {"portugal"}, 0.0, id="country of the question"),
        pytest.param("country", "Portugal's Navy", set(), 0.5, id="of a country"),
        pytest.param("country", "Ada Lind", set(), 0.0, id="no country"),
        pytest.param("name", "the mayor", set(), 0.0, id="no name"),
        pytest.param("number", "sixteen", set(), 1.0, id="number word"),
        pytest.param("number", "Ada", set(), 0.0, id="no number"),
        pytest.param("number", "-5 degrees", set(), 1.0, id="number below zero"),
        pytest.param("number", "thousands", set(), 1.0, id="many"),
        pytest.param("number", "Covid-19", set(), 0.0, id="number of a name"),
        pytest.param("time", "3 May", set(), 1.0, id="day"),
        pytest.param("time", "Sept. 4", set(), 1.0, id="day of a month cut short"),
        pytest.param("time", "the 1990s", set(), 1.0, id="decade"),
        pytest.param("time", "12 marines", set(), 0.0, id="what begins as a month"),
        pytest.param("thing", "wood", set(), 0.5, id="cannot be told"),
    ],
)
def test_is_of(kind: str, answer: str, known: set[str], expected: float) -> None:
    assert is_of(kind, answer, known) == expected  # type: ignore[arg-type]


def test_names_are_not_the_first_words_of_sentences() -> None:
    assert names("The talks. Some said Ada Lind left, but NATO stayed.") == ["Ada", "Lind", "NATO"]


# -- families of words ----------------------------------------------------------------------------------------------


def test_families_are_stems_of_the_lexical_index() -> None:
    analyse = analyzer().analyze
    stems = {stem for line in _FAMILIES.strip().splitlines() for stem in line.split()}
    assert "coordin" in kin("mediat") and "mediat" not in kin("swap")
    assert "negoti" not in kin("mediat"), "who negotiates is a party, who mediates is not"
    assert analyse("mediated coordination exchanges") == ["mediat", "coordin", "exchang"]
    assert {"mediat", "coordin", "exchang"} <= stems
    assert kin("swap")[0] == "exchang" and "swap" not in kin("swap") and kin("xylophon") == ()


def test_a_family_has_no_word_twice() -> None:
    for line in _FAMILIES.strip().splitlines():
        assert len(set(line.split())) == len(line.split()) > 1, line


@pytest.mark.parametrize(
    ("term", "stems", "expected"),
    [
        pytest.param("swap", {"swap", "exchang"}, 1.0, id="itself"),
        pytest.param("swap", {"exchang"}, KIN, id="one of its family"),
        pytest.param("swap", {"rain"}, 0.0, id="neither"),
        pytest.param("zorb", set(), 0.0, id="nothing"),
    ],
)
def test_presence(term: str, stems: set[str], expected: float) -> None:
    assert presence(term, stems) == expected


def test_coverage_by_hand() -> None:
    asked = inquiry("Who mended the Lisse ferry?", {"mend": 3.0, "liss": 1.0, "ferri": 4.0})
    texts = ["A ferry of Lisse", "", "Ferries are mended in Lisse", "A ferry of Lisse"]
    assert coverage(asked, texts) == pytest.approx([5 / 8, 0.0, 1.0, 5 / 8])


def test_terms_that_weigh_nothing_cover_nothing() -> None:
    asked = inquiry("Who mended it?", {"mend": 0.0})
    assert coverage(asked, ["They mended it."]) == [0.0]


def test_what_passages_mention_and_names_that_they_do_not() -> None:
    passages = [found("a", "The ferries left.", title="Lisse").passage, found("b", "It rained.").passage]
    asked = inquiry("Did the ferry leave Lisse for Oslo?")
    assert mentioned(asked, passages) == {"the", "ferri", "left", "liss", "it", "rain"}
    assert strangers(asked, passages) == {"oslo"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which countries sent boats?", True),
        ("Who were the pilots?", True),
        ("Name the boats.", True),
        ("What are the names of the boats?", True),
        ("Which Polish cities were flooded?", True),
        ("Which two companies merged?", True),
        ("Which country sent boats?", False),
        ("Who was released?", True),
        ("Who was hurt in Lisse?", True),
        ("Who was elected mayor?", False),
        ("Which team wins the cup?", False),
        ("Which country borders Norland?", False),
        ("Which Paris museum was robbed?", False),
        ("What causes inflation?", False),
        ("Who was the pilot?", False),
        ("What is the news about Lisse?", False),
        ("How many boats were sent?", False),
    ],
)
def test_questions_that_ask_for_several(question: str, expected: bool) -> None:
    assert asks_for_several(question) is expected


# -- what is known of chunks and spans ------------------------------------------------------------------------------

PARAGRAPHS = "The ferry burned. Ada Lind led the rescue! Bo Dahl slept.\nCy Orr wrote it down."
RESCUE = "Who led the rescue?"


def told(passage: Found, *phrases: str) -> Scored:
    """A verdict with those words of a passage as its spans."""
    text = passage.passage.text
    return Scored(1.0, 2.0, tuple((span_of(text, phrase), -1.0) for phrase in phrases))


def proposed(passages: Sequence[Found], scored: Sequence[Scored], scores: Sequence[float]) -> list[tuple[str, str]]:
    """(words, sentence) of the spans, and a row for each."""
    spans, rows = span_rows(inquiry(RESCUE), passages, scored, np.array(scores, np.float32))
    assert rows.shape == (len(spans), len(SPAN_FEATURES)) and np.isfinite(rows).all()
    for one in spans:
        text = passages[one.place].article.text
        assert text[one.span.start : one.span.end] == one.text and one.weight == 0.0
        assert text[one.sentence.start : one.sentence.end] == one.quote
    return [(one.text, one.quote) for one in spans]


def test_weights_are_of_the_features() -> None:
    for weights, features in (
        (FOUND_WEIGHTS, FOUND_FEATURES), (CHUNK_WEIGHTS, CHUNK_FEATURES), (SPAN_WEIGHTS, SPAN_FEATURES),
        (ORDER_WEIGHTS, ORDER_FEATURES),
    ):  # fmt: skip
        assert weights.shape == (len(features),) and weights.dtype == np.float32


def test_a_span_stands_in_its_sentence_and_a_name_never_in_two() -> None:
    passage = found("a", PARAGRAPHS)
    assert proposed([passage], [told(passage, "Ada Lind", "rescue! Bo", "Cy Orr")], [0.0]) == [
        ("Ada Lind", "Ada Lind led the rescue!"),
        ("Cy Orr", "Cy Orr wrote it down."),
    ]


def test_a_span_over_two_paragraphs_cannot_be_quoted() -> None:
    passage = found("a", PARAGRAPHS)
    assert proposed([passage], [told(passage, "slept.\nCy")], [0.0]) == []


def test_what_is_not_the_body_cannot_be_quoted() -> None:
    teaser = span_of(PARAGRAPHS, "Cy Orr wrote it down.")
    passage = found("a", PARAGRAPHS, noise=(Noise(*teaser, "teaser"),))
    assert proposed([passage], [told(passage, "Cy Orr", "Ada Lind")], [0.0]) == [
        ("Ada Lind", "Ada Lind led the rescue!")
    ]  # fmt: skip


def test_spans_are_places_of_the_article_not_of_the_chunk() -> None:
    passage = found("a", PARAGRAPHS, within=Span(18, len(PARAGRAPHS)))
    assert passage.passage.text.startswith("Ada Lind")
    assert proposed([passage], [told(passage, "Bo Dahl")], [0.0]) == [("Bo Dahl", "Bo Dahl slept.")]


def test_a_place_in_overlapping_chunks_is_proposed_once_by_the_better_chunk() -> None:
    chunks = [found("a", PARAGRAPHS, within=Span(0, 57)), found("a", PARAGRAPHS, within=Span(18, 57))]
    both = [told(chunks[0], "Ada Lind"), told(chunks[1], "Ada Lind", "Bo Dahl")]
    spans, _ = span_rows(inquiry(RESCUE), chunks, both, np.array([1.0, 2.0], np.float32))
    assert [(one.text, one.place) for one in spans] == [("Ada Lind", 1), ("Bo Dahl", 1)]


def test_the_same_words_elsewhere_are_proposed_again() -> None:
    chunks = [found("a", PARAGRAPHS), found("b", PARAGRAPHS)]
    assert len(proposed(chunks, [told(one, "Ada Lind") for one in chunks], [0.0, 0.0])) == 2


def test_no_spans_are_no_rows() -> None:
    assert proposed([found("a", PARAGRAPHS)], [told(found("a", PARAGRAPHS))], [0.0]) == []


@given(
    st.lists(
        st.tuples(st.floats(-80, 80), st.floats(0, 1), st.none() | st.floats(-1, 1), st.none() | st.dates()), max_size=4
    )
)
def test_chunk_rows_are_finite_whatever_is_known(made: list[tuple[float, float, float | None, date | None]]) -> None:
    passages = [found("a", PARAGRAPHS, score=score, dense=dense, published=day) for _, score, dense, day in made]
    known = found_rows(inquiry(RESCUE), passages)
    rows = chunk_rows(known, [Scored(odds, -odds, ()) for odds, *_ in made])
    assert rows.shape == (len(made), len(CHUNK_FEATURES)) and np.isfinite(rows).all()


# -- which chunks are read ------------------------------------------------------------------------------------------


class Counting(FakeScorer):
    """Remembers what it was asked to read."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        self.texts += [text for _, text in passages]
        return super().score(question, passages)


def test_the_most_promising_chunks_are_read_and_come_first() -> None:
    dull = [found(f"d{i}", f"It rained in {1900 + i}.", score=0.5) for i in range(STUDIED)]
    passages = [*dull, found("a", PARAGRAPHS, score=0.4)]
    scorer = Counting()
    readings = read(inquiry(RESCUE), passages, scorer)
    assert len(scorer.texts) == STUDIED and PARAGRAPHS in scorer.texts
    assert sorted(readings.order) == list(range(STUDIED + 1))
    (left,) = [place for place, one in enumerate(readings.scored) if one is UNREAD]
    assert readings.order[-1] == left and readings.scores[left] < min(np.delete(readings.scores, left))
    assert all(one.place != left for group in readings.groups for one in group.proposals)


def test_few_chunks_are_all_read() -> None:
    scorer = Counting()
    read(inquiry(RESCUE), [found("a", PARAGRAPHS), found("b", "It rained.")], scorer)
    assert scorer.texts == [PARAGRAPHS, "It rained."]


def test_a_yes_or_no_question_is_answered_from_what_was_read() -> None:
    dull = [found(f"d{i}", f"It rained on the ferry in {1900 + i}.", score=0.5) for i in range(2 * STUDIED)]
    readings = read(inquiry("Did it rain on the ferry?"), dull, Counting())
    assert {one.place for group in readings.groups for one in group.proposals} <= set(readings.order[:STUDIED])


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40),
    st.lists(st.floats(-50, 50, width=32), min_size=40, max_size=40),
)
def test_what_was_not_read_is_behind_in_the_order_of_its_promise(promise: list[float], scores: list[float]) -> None:
    hoped = np.array(promise, np.float32)
    chosen = promising(hoped)
    assert len(chosen) == min(STUDIED, len(promise)) and chosen == sorted(set(chosen))
    given_scores = np.array(scores[: len(chosen)], np.float32)
    every = with_unread(hoped, chosen, given_scores)
    assert (every[chosen] == given_scores).all()
    others = [place for place in range(len(promise)) if place not in chosen]
    assert all(every[place] < given_scores.min() for place in others)
    assert all(hoped[place] <= hoped[chosen].min() for place in others)
    ordered = sorted(others, key=lambda place: -hoped[place])
    assert all(every[one] >= every[other] for one, other in pairwise(ordered))


# -- groups ---------------------------------------------------------------------------------------------------------

LED_BY_ADA = ("Ada Lind led the rescue.", "The rescue was led by Ada Lind.", "It was Lind who led it.")


def test_proposals_that_say_the_same_are_one_answer() -> None:
    passages = [found(name, text) for name, text in zip("abc", LED_BY_ADA, strict=True)]
    passages.append(found("d", "Bo Dahl led it."))
    made = [
        proposal(0, passages[0], "Ada Lind", 0.2), proposal(3, passages[3], "Bo Dahl", 0.3),
        proposal(2, passages[2], "Lind", 0.1), proposal(1, passages[1], "Ada Lind", 0.4),
    ]  # fmt: skip
    first, second = grouped(made, passages)
    assert [(one.place, one.weight) for one in first.proposals] == [(1, 0.4), (0, 0.2), (2, 0.1)]
    assert (first.weight, first.best.place) == (pytest.approx(0.7), 1)
    assert (second.best.text, second.weight) == ("Bo Dahl", 0.3)


def test_a_short_name_that_an_article_explains_is_one_answer_with_the_name() -> None:
    texts = ("It was led by the Lisse Rescue Crew (LRC).", "The LRC led it.", "It was led by its rivals, the LCR.")
    passages = [found(name, text) for name, text in zip("abc", texts, strict=True)]
    answers = ("the Lisse Rescue Crew", "The LRC", "the LCR")
    made = [proposal(place, passages[place], text, 0.3) for place, text in enumerate(answers)]
    first, second = grouped(made, passages)
    assert [one.text for one in first.proposals] == ["the Lisse Rescue Crew", "The LRC"]
    assert [one.text for one in second.proposals] == ["the LCR"]


def test_an_answer_given_by_many_is_ahead_of_one_given_by_one() -> None:
    passages = [found(name, text) for name, text in zip("abc", LED_BY_ADA, strict=True)]
    passages.append(found("d", "Bo Dahl led it."))
    made = [proposal(place, passages[place], "Lind", 0.2) for place in range(3)]
    first, second = grouped([*made, proposal(3, passages[3], "Bo Dahl", 0.4)], passages)
    assert (first.best.text, first.weight) == ("Lind", pytest.approx(0.6))
    assert second.best.text == "Bo Dahl"


@pytest.mark.parametrize(
    ("articles", "texts", "weight"),
    [
        pytest.param("ab", LED_BY_ADA[:2], 0.5, id="two-articles-count-twice"),
        pytest.param("aa", LED_BY_ADA[:2], 0.3, id="one-article-counts-once"),
        pytest.param("ab", LED_BY_ADA[:1] * 2, 0.3, id="a-copy-counts-once"),
        pytest.param("ab", ("Ada Lind led the rescue.", "“ada LIND led the rescue”"), 0.3, id="a-copy-by-its-words"),
    ],
)
def test_a_source_counts_once(articles: str, texts: tuple[str, str], weight: float) -> None:
    passages = [found(name, text) for name, text in zip(articles, texts, strict=True)]
    words = [re.findall("Lind|LIND", text)[0] for text in texts]
    made = [proposal(0, passages[0], words[0], 0.2), proposal(1, passages[1], words[1], 0.3)]
    (only,) = grouped(made, passages)
    assert only.weight == pytest.approx(weight)
    assert len(only.proposals) == 2


def test_a_name_of_two_others_stands_for_neither() -> None:
    passages = [found(name, "Dahl, Ada Dahl and Bo Dahl left. Lind and Ada Lind came.") for name in "abcde"]
    texts = ("Dahl", "Bo Dahl", "Ada Dahl", "Lind", "Ada Lind")
    made = [proposal(place, passages[place], text, 0.5 - 0.05 * place) for place, text in enumerate(texts)]
    assert {frozenset(one.text for one in group.proposals) for group in grouped(made, passages)} == {
        frozenset(("Dahl",)), frozenset(("Ada Dahl",)), frozenset(("Bo Dahl",)), frozenset(("Lind", "Ada Lind")),
    }  # fmt: skip


def test_answers_that_say_nothing_are_not_the_same() -> None:
    passages = [found("a", "It was the … of —.")]
    made = [proposal(0, passages[0], "…", 0.2), proposal(0, passages[0], "—", 0.1)]
    assert [len(group.proposals) for group in grouped(made, passages)] == [1, 1]


@given(
    st.lists(st.tuples(st.sampled_from(["Ada", "Lind", "Bo", "12"]), st.integers(0, 3), st.floats(0, 0.2)), max_size=8)
)
def test_groups_share_all_proposals_out(made: list[tuple[str, int, float]]) -> None:
    text = "Ada Lind and Bo Dahl led 12 boats."
    passages = [found(name, text.replace("boats", boats)) for name, boats in zip("aabc", MARKERS, strict=False)]
    proposals = [proposal(place, passages[place], words, weight) for words, place, weight in made]
    groups = grouped(proposals, passages)
    assert sorted(map(id, proposals)) == sorted(id(one) for group in groups for one in group.proposals)
    for group in groups:
        weights = [one.weight for one in group.proposals]
        assert weights == sorted(weights, reverse=True)
        assert max(weights) - 1e-9 <= group.weight <= sum(weights) + 1e-9
    assert all(one.weight >= other.weight for one, other in pairwise(groups))


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        pytest.param([("Dahl", 0.5), ("Bo Dahl", 0.3)], "Bo Dahl", id="a fuller name"),
        pytest.param([("Dahl", 0.5), ("Bo Dahl", 0.1)], "Dahl", id="a fuller name that is much less sure"),
        pytest.param([("Bo Dahl", 0.5), ("Dahl", 0.4)], "Bo Dahl", id="the best is the fullest"),
        pytest.param([("Dahl", 0.5), ("Ada Lind and Bo Dahl", 0.4)], "Dahl", id="a list is no name"),
        pytest.param([("12", 0.4), ("12 boats", 0.3)], "12", id="a number is no name"),
    ],
)
def test_a_name_is_shown_as_full_as_it_is_given(made: list[tuple[str, float]], shown: str) -> None:
    passages = [found(name, "Ada Lind and Bo Dahl led 12 boats.") for name in "ab"]
    proposals = [proposal(place, passages[place], *one) for place, one in enumerate(made)]
    (group,) = grouped(proposals, passages)
    assert group.best.text == made[0][0] and group.fullest.text == shown


# -- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("Which towns sent boats?", "Oslo, Bergen and Sandnes", id="several"),
        pytest.param("Which town sent boats?", "Bergen", id="one"),
    ],
)
def test_all_members_of_a_list_answer_a_question_for_several(question: str, expected: str) -> None:
    one = found("a", "Boats came from Oslo, Bergen and Sandnes on Monday.")
    span = listed(inquiry(question), proposal(0, one, "Bergen", 1.0), one.article)
    assert one.article.text[span.start : span.end] == expected


# -- reading --------------------------------------------------------------------------------------------------------


def test_nothing_found_is_nothing_read() -> None:
    class Silent:
        name = "silent"

        def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
            raise AssertionError("there is nothing to score")

    assert read(inquiry(RESCUE), [], Silent()).groups == ()


def test_a_reader_sees_heading_and_text() -> None:
    seen: list[tuple[str, tuple[str, str]]] = []

    class Watching(Phrases):
        def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
            seen.extend((question, one) for one in passages)
            return super().score(question, passages)

    read(inquiry(RESCUE), [found("a", PARAGRAPHS, title="Fire", published=date(2021, 5, 3))], Watching("Bo"))
    assert seen == [(RESCUE, ("Fire (3 May 2021)", PARAGRAPHS))]


def test_passages_in_which_nothing_is_proposed_give_no_answer() -> None:
    found_ = [found("a", PARAGRAPHS), found("b", "It rained.")]
    readings = read(inquiry(RESCUE), found_, Phrases())
    assert readings.groups == ()
    assert sorted(readings.order) == [0, 1] and readings.scores.shape == (2,)


def test_of_passages_that_are_alike_the_one_that_answers_comes_first() -> None:
    passages = [found("a", "The ferry burned and X went."), found("b", "The ferry burned and Y went.")]
    readings = read(inquiry("Who was on the ferry?"), passages, Phrases("Y"))
    assert readings.order == (1, 0)
    assert [group.best.text for group in readings.groups] == ["Y"]
    assert readings.groups[0].weight == pytest.approx(1.0)


@pytest.mark.parametrize("phrases", [(), ("Ada Lind",)], ids=["nothing-proposed", "words-proposed"])
def test_a_whole_sentence_that_holds_the_question_answers_whether(phrases: tuple[str, ...]) -> None:
    readings = read(inquiry("Was the rescue led by Ada Lind?"), [found("a", PARAGRAPHS)], Phrases(*phrases))
    best = readings.groups[0].best
    assert best.text == best.quote == "Ada Lind led the rescue!"
    assert {one.text for group in readings.groups for one in group.proposals} == {
        "The ferry burned.", "Ada Lind led the rescue!", "Bo Dahl slept.", "Cy Orr wrote it down.",
    }  # fmt: skip


def test_only_whole_sentences_of_the_passage_answer_whether() -> None:
    passage = found("a", PARAGRAPHS, within=span_of(PARAGRAPHS, "led the rescue! Bo Dahl slept.\nCy"))
    teaser = found("b", PARAGRAPHS, noise=(Noise(*span_of(PARAGRAPHS, "Cy Orr wrote it down."), "teaser"),))
    for one, expected in ((passage, {"Bo Dahl slept."}), (teaser, {"The ferry burned.", "Ada Lind led the rescue!",
                                                                  "Bo Dahl slept."})):  # fmt: skip
        groups = read(inquiry("Was the rescue led by Ada Lind?"), [one], Phrases()).groups
        assert {proposal.text for group in groups for proposal in group.proposals} == expected


STORIES = [found(marker, article_text(marker, 3)) for marker in MARKERS[:4]]
QUESTIONS = st.lists(
    st.sampled_from([*MARKERS[:4], "who", "did", "how many", "counted", "week", "2", "keepers", "Oslo"]),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(QUESTIONS, st.lists(st.sampled_from(STORIES), max_size=5))
@settings(max_examples=60, deadline=None)
def test_laws_of_reading(question: str, passages: list[Found]) -> None:
    readings: Readings = read(inquiry(question), passages, FakeScorer())
    assert sorted(readings.order) == list(range(len(passages)))
    ranked = [float(readings.scores[place]) for place in readings.order]
    assert ranked == sorted(ranked, reverse=True)
    assert len(readings.scored) == len(passages)
    every = [one for group in readings.groups for one in group.proposals]
    if every:
        assert sum(one.weight for one in every) == pytest.approx(1.0, abs=1e-4)
    assert len({(passages[one.place].article.id, one.span) for one in every}) == len(every)
    for one in every:
        text = passages[one.place].article.text
        assert one.sentence.start <= one.span.start < one.span.end <= one.sentence.end <= len(text)
        assert (text[slice(*one.span)], text[slice(*one.sentence)]) == (one.text, one.quote)
    again = read(inquiry(question), passages, FakeScorer())
    assert (again.order, again.groups) == (readings.order, readings.groups)
