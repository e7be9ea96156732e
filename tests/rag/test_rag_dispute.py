"""When sources differ, and when they only tell parts, updates or other words of the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rag_made import DAY, found, inquiry, proposal

from rag.dispute import ANSWERS_LEAST, DAYS_MOST, GIVES_LEAST, NEW_DAYS, RIVAL_SHARE, latest, sides
from rag.read import Readings, grouped
from rag.retrieve import Found
from rag.scoring import Scored

HURT = "How many people were hurt in the Lisse ferry fire?"
LED = "Who led the rescue of the Lisse ferry?"


class Told(NamedTuple):
    """What an article says, and the words of it that are proposed."""

    text: str
    words: str
    article: str = ""
    weight: float = 0.2
    answers: float = ANSWERS_LEAST + 1
    published: date | None = DAY
    sentence: str = ""


TWELVE = Told("Twelve people were hurt in the Lisse ferry fire, the mayor said.", "Twelve", weight=0.4)
FIFTEEN = Told("The Lisse ferry fire hurt 15 people, a doctor said.", "15")
ADA = Told("Ada Lind led the rescue of the Lisse ferry on Monday.", "Ada Lind", weight=0.4)
BO = Told("The rescue of the Lisse ferry was led by Bo Dahl.", "Bo Dahl")


def readings(told: Sequence[Told]) -> tuple[Readings, list[Found]]:
    passages = [
        found(one.article or f"a{place}", one.text, published=one.published) for place, one in enumerate(told)
    ]  # fmt: skip
    proposals = [
        proposal(place, passages[place], one.words, one.weight, one.sentence) for place, one in enumerate(told)
    ]
    scored = tuple(Scored(one.answers, one.answers, ()) for one in told)
    order = tuple(range(len(told)))
    return Readings(order, np.zeros(len(told), np.float32), scored, tuple(grouped(proposals, passages))), passages


def differing(question: str, *told: Told) -> list[str]:
    """The words of the sides."""
    read, passages = readings(told)
    return [group.best.text for group in sides(inquiry(question), read, passages)]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        pytest.param(HURT, TWELVE, FIFTEEN, id="number"),
        pytest.param(LED, ADA, BO, id="name"),
        pytest.param(
            "Where did the Lisse ferry fire begin?",
            Told("The Lisse ferry fire did begin in the Kitchen of Ada.", "the Kitchen of Ada", weight=0.4),
            Told("The Lisse ferry fire did begin in Engine Room Two.", "Engine Room Two"),
            id="place",
        ),
        pytest.param(
            "When did the Lisse ferry fire begin?",
            Told("The Lisse ferry fire did begin on Monday.", "Monday", weight=0.4),
            Told("The Lisse ferry fire did begin on Tuesday.", "Tuesday"),
            id="time",
        ),
        pytest.param(
            "What did the Lisse ferry carry?",
            Told("The Lisse ferry did carry wood.", "wood", weight=0.4),
            Told("The Lisse ferry did carry petrol.", "petrol"),
            id="thing",
        ),
    ],
)
def test_sources_that_differ_the_weightiest_first(question: str, one: Told, other: Told) -> None:
    assert differing(question, one, other) == [one.words, other.words]
    assert differing(question, other, one) == [one.words, other.words]


def test_a_source_that_denies_what_the_other_says_differs_from_it() -> None:
    no_ada = BO._replace(text="Bo Dahl, not Ada Lind, led the rescue of the Lisse ferry.")
    assert differing(LED, ADA, no_ada) == ["Ada Lind", "Bo Dahl"]


def test_a_correction_stands_beside_what_it_corrects_however_little_it_says() -> None:
    text = "The Post said that twelve people were hurt in the Lisse ferry fire. The right number is 15."
    fifteen = FIFTEEN._replace(text=text, sentence="The right number is 15.", weight=1e-6)
    assert differing(HURT, TWELVE, fifteen) == ["Twelve", "15"]
    assert differing(HURT, TWELVE, fifteen._replace(text=text.replace("right number", "flight"), sentence="")) == []


def test_a_part_of_a_number_is_none_of_the_other_s() -> None:
    hurt = TWELVE._replace(text="Twelve people were hurt in the Lisse ferry fire, three of them badly.")
    assert differing(HURT, hurt, FIFTEEN) == ["Twelve", "15"]
    three = FIFTEEN._replace(text="The Lisse ferry fire hurt three people.", words="three")
    assert differing(HURT, hurt, three) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(FIFTEEN._replace(text="The toll of the Lisse ferry fire rose to 15 people hurt.",
                                      published=DAY + timedelta(1)), "15", id="a-later-count"),
        pytest.param(FIFTEEN._replace(text="The Lisse ferry fire hurt 15 people, up from twelve.",
                                      published=DAY + timedelta(1)), "15", id="one-that-knows-the-earlier"),
        pytest.param(FIFTEEN._replace(text="The toll of the Lisse ferry fire rose to 15 people hurt.",
                                      published=DAY - timedelta(1)), None, id="an-earlier-count"),
        pytest.param(FIFTEEN._replace(text="The Lisse ferry fire hurt 15 people.", published=DAY + timedelta(1)), None,
                     id="another-count"),
        pytest.param(FIFTEEN._replace(text="The toll of the Lisse ferry fire rose by another 15 people hurt.",
                                      published=DAY + timedelta(1)), None, id="a-part"),
        pytest.param(FIFTEEN._replace(text="The toll of the Lisse ferry fire rose to 15 people hurt.", weight=1e-3,
                                      published=DAY + timedelta(1)), None, id="too-light"),
    ],
)  # fmt: skip
def test_of_counts_that_grow_the_latest_is_the_answer(other: Told, expected: str | None) -> None:
    read, passages = readings([TWELVE, other])
    found = latest(inquiry(HURT), read, passages)
    assert (found.best.text if found else None) == expected
    assert latest(inquiry("Who was hurt in the Lisse ferry fire?"), read, passages) is None


def test_more_than_two_may_differ() -> None:
    twenty = FIFTEEN._replace(text="The Lisse ferry fire hurt 20 people, a nurse said.", words="20", weight=0.1)
    assert differing(HURT, TWELVE, FIFTEEN, twenty) == ["Twelve", "15", "20"]


def test_an_article_is_on_one_side_only() -> None:
    twenty = FIFTEEN._replace(text="The Lisse ferry fire hurt 20 people.", words="20", weight=0.1, article="a1")
    assert differing(HURT, TWELVE, FIFTEEN, twenty) == ["Twelve", "15"]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        pytest.param(HURT, TWELVE, FIFTEEN._replace(text=FIFTEEN.text.replace("15", "12"), words="12"),
                     id="the-same-number-as-a-word"),
        pytest.param(LED, ADA, BO._replace(text="Lind led the rescue of the Lisse ferry.", words="Lind"),
                     id="the-same-name-in-short"),
        pytest.param(HURT, TWELVE, FIFTEEN._replace(article="a0"), id="one-article-says-both"),
        pytest.param(HURT, TWELVE, FIFTEEN._replace(answers=ANSWERS_LEAST - 0.1), id="a-passage-that-does-not-answer"),
        pytest.param(HURT, TWELVE, FIFTEEN._replace(weight=0.9 * RIVAL_SHARE * TWELVE.weight), id="too-light"),
        pytest.param(HURT, TWELVE, FIFTEEN._replace(published=DAY - timedelta(DAYS_MOST + 1)), id="long-before"),
        pytest.param(HURT, TWELVE, Told("Some 15 horses won at the market.", "15"), id="something-else"),
        pytest.param(HURT, TWELVE, Told("Ada Lind was hurt in the Lisse ferry fire, people say.", "Ada Lind"),
                     id="not-of-the-kind-asked-for"),
        pytest.param(
            LED, ADA, BO._replace(text="Bo Dahl led the rescue of the Lisse ferry for Ada Lind."),
            id="the-other-sentence-knows-of-both",
        ),
        pytest.param(
            "What is the cost of the Lisse ferry fire?", TWELVE,
            FIFTEEN._replace(published=DAY - timedelta(NEW_DAYS + 1)),
            id="only-the-newest-is-asked-for",
        ),
        pytest.param(
            "How many people were hurt in the Lisse ferry fire in 2024?", TWELVE,
            FIFTEEN._replace(text="The Lisse ferry fire of 2019 hurt 15 people, a doctor said."), id="of-another-year",
        ),
        pytest.param(
            "How many people were hurt?", TWELVE, FIFTEEN._replace(text="The fire of Lisse hurt 15 people."),
            id="nothing-is-named-and-one-name-in-common",
        ),
        pytest.param(
            LED, ADA._replace(text="Ada Lind led the rescue of the Lisse ferry with Bo Dahl."), BO,
            id="the-best-sentence-knows-of-both",
        ),
        pytest.param(
            HURT, TWELVE, FIFTEEN._replace(text="The Lisse ferry fire hurt many people, including 15 children."),
            id="a-part",
        ),
        pytest.param(
            HURT, TWELVE,
            FIFTEEN._replace(text="The Lisse ferry fire hurt at least 15 people.", published=DAY - timedelta(1)),
            id="an-earlier-count",
        ),
        pytest.param(HURT, TWELVE, FIFTEEN._replace(text="A ferry fire hurt 15 people in Oslo."), id="another-place"),
        pytest.param(
            "How many boats came to Lisse?", Told("Twelve boats came to Lisse in the night.", "Twelve", weight=0.4),
            Told("The show of Lisse came to 15 horses.", "15"), id="other-things-counted",
        ),
        pytest.param(
            "How many people live in Lisse?", Told("Some 12,000 people live in Lisse.", "12,000", weight=0.4),
            Told("Some 15,000 people live in Lisse. It was 12,000 once.", "15,000",
                 sentence="Some 15,000 people live in Lisse."), id="the-other-passage-knows-of-a-large-number",
        ),
        pytest.param("Which people led the rescue of the Lisse ferry?", ADA, BO, id="several-are-asked-for"),
        pytest.param("Why did Ada Lind lead the rescue?", ADA, BO, id="a-reason-is-asked-for"),
        pytest.param("Did Ada Lind lead the rescue?", ADA, BO, id="yes-or-no"),
    ],
)  # fmt: skip
def test_sources_that_do_not_differ(question: str, one: Told, other: Told) -> None:
    assert differing(question, one, other) == []


@pytest.mark.parametrize(
    "published",
    [
        pytest.param(DAY - timedelta(DAYS_MOST), id="not-too-long-before"),
        pytest.param(DAY + timedelta(DAYS_MOST), id="not-too-long-after"),
        pytest.param(None, id="undated"),
    ],
)
def test_dates_that_are_near_enough(published: date | None) -> None:
    assert differing(HURT, TWELVE, FIFTEEN._replace(published=published)) == ["Twelve", "15"]


def test_a_small_number_elsewhere_in_the_passage_may_be_of_anything() -> None:
    sentence = "The Lisse ferry fire hurt 15 people."
    other = FIFTEEN._replace(text=f"{sentence} It began at twelve.", sentence=sentence)
    assert differing(HURT, TWELVE, other) == ["Twelve", "15"]


def test_a_count_of_the_same_day_is_no_update() -> None:
    other = FIFTEEN._replace(text="The Lisse ferry fire hurt at least 15 people.")
    assert differing(HURT, TWELVE, other) == ["Twelve", "15"]


@pytest.mark.parametrize("told", [(), (TWELVE,)], ids=["nothing", "one-answer"])
def test_one_answer_does_not_differ_from_itself(told: tuple[Told, ...]) -> None:
    assert differing(HURT, *told) == []


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(1.1 * GIVES_LEAST, [], id="gives-it"),
        pytest.param(0.9 * GIVES_LEAST, ["Twelve", "15"], id="only-mentions-it"),
    ],
)
def test_an_article_that_gives_both_answers_does_not_differ(share: float, expected: list[str]) -> None:
    again = TWELVE._replace(text="On deck twelve people slept.", words="twelve", article="a1", weight=0.4 * share)
    assert differing(HURT, TWELVE, FIFTEEN, again) == expected


TEXTS = (TWELVE, FIFTEEN, ADA, BO, TWELVE._replace(text="Of these, twelve were hurt.", words="twelve"))
TOLD = st.builds(
    lambda one, article, weight, answers, days: one._replace(
        article=article, weight=weight, answers=answers, published=DAY - timedelta(days)
    ),
    st.sampled_from(TEXTS), st.sampled_from("abcd"), st.floats(0.01, 1), st.floats(-5, 5), st.integers(0, 90),
)  # fmt: skip


@given(st.sampled_from([HURT, LED, "What burned?"]), st.lists(TOLD, max_size=6))
@settings(deadline=None)
def test_sides_are_answers_of_different_articles_and_the_best_is_one(question: str, told: list[Told]) -> None:
    read, passages = readings(told)
    chosen = sides(inquiry(question), read, passages)
    assert len(chosen) != 1
    assert all(group in read.groups for group in chosen)
    assert not chosen or chosen[0] is read.groups[0]
    firsts = [passages[group.best.place].article.id for group in chosen]
    assert len(set(firsts)) == len(firsts)


SERVICE = Told(
    "Lisse's Harbour Rescue Service (HRS) led the rescue of the Lisse ferry.", "Harbour Rescue Service", weight=0.4
)


@pytest.mark.parametrize(
    ("words", "differ"),
    [
        pytest.param("the port's own crew, the HRS", False, id="the-same-initials"),
        pytest.param("the port's own crew, the PRC", True, id="other-initials"),
        pytest.param("HRS rival Bo Dahl", True, id="initials-of-somebody-else"),
    ],
)
def test_a_name_and_its_initials_are_one_answer(words: str, differ: bool) -> None:
    other = Told(f"The rescue of the Lisse ferry was led by {words}.", words)
    assert differing(LED, SERVICE, other) == (["Harbour Rescue Service", words] if differ else [])


@pytest.mark.parametrize(
    ("words", "differ"),
    [
        pytest.param("the rescue service of Lisse", False, id="described-by-a-name-that-the-other-holds"),
        pytest.param("the rescue service of Oslo", True, id="described-by-another-name"),
        pytest.param("some fishermen", False, id="no-name-is-no-answer-to-who"),
    ],
)
def test_a_description_that_names_nothing_else_is_no_other_answer(words: str, differ: bool) -> None:
    named = Told("Lisse's Harbour Guard led the rescue of the ferry.", "Lisse's Harbour Guard", weight=0.4)
    other = Told(f"The rescue of the Lisse ferry was led by {words}.", words)
    assert differing(LED, named, other) == (["Lisse's Harbour Guard", words] if differ else [])
