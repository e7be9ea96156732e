"""What a question asks of time, and how much an article's date speaks for it."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.when import AFTERMATH, DAYS, LEAD, PRESSING, SEASON, STALE, Horizon, horizon

DAY = date(2024, 8, 5)
FULL = math.log1p(LEAD)
DATES = st.dates(date(1990, 1, 1), date(2030, 12, 31))


def period(question: str, as_of: date = DAY) -> tuple[date, date] | None:
    return horizon(question, as_of, as_of).period


# -- the prior ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(0, FULL, id="today"),
        pytest.param(-3, FULL, id="dated-tomorrow-is-as-today"),
        pytest.param(DAYS, math.log1p(LEAD / 2 * (1 / math.e + math.exp(-DAYS / SEASON))), id="after-the-days"),
        pytest.param(SEASON, math.log1p(LEAD / 2 / math.e), id="after-the-season"),
        pytest.param(3650, 0.0, id="old"),
    ],
)
def test_news_is_ahead_and_loses_it(age: float, expected: float) -> None:
    assert Horizon(DAY).prior(DAY - timedelta(age)) == pytest.approx(expected, abs=1e-6)


def test_this_year_s_race_is_ahead_of_last_year_s() -> None:
    asked = Horizon(DAY)
    assert asked.prior(DAY - timedelta(50)) > asked.prior(DAY - timedelta(415)) + 0.3


def test_an_article_without_a_date_has_no_prior() -> None:
    assert Horizon(DAY, 2.0, (DAY, DAY)).prior(None) == 0.0


def test_strength_multiplies() -> None:
    assert Horizon(DAY, 2.0).prior(DAY) == pytest.approx(2 * FULL)
    assert Horizon(DAY, 0.0).prior(DAY) == 0.0


@pytest.mark.parametrize(
    ("published", "within"),
    [
        pytest.param(date(2023, 12, 31), False, id="before-it"),
        pytest.param(date(2024, 1, 1), True, id="its-first-day"),
        pytest.param(date(2024, 1, 31), True, id="its-last-day"),
        pytest.param(date(2024, 1, 31) + timedelta(AFTERMATH), True, id="still-written-about"),
        pytest.param(date(2024, 1, 31) + timedelta(AFTERMATH + 1), False, id="long-after"),
    ],
)
def test_a_period_that_is_named_is_as_good_as_today(published: date, within: bool) -> None:
    asked = Horizon(DAY, 0.0, (date(2024, 1, 1), date(2024, 1, 31)))
    assert asked.prior(published) == pytest.approx(FULL if within else 0.0)


@given(DATES, DATES, st.floats(0, 5))
def test_a_prior_is_at_least_none_and_falls_with_age(one: date, other: date, strength: float) -> None:
    asked = Horizon(DAY, strength)
    older, newer = sorted((one, other))
    assert 0 <= asked.prior(older) <= asked.prior(newer) <= strength * FULL + 1e-9


# -- strength -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "strength"),
    [
        pytest.param("Who leads the council?", 1.0, id="nothing-said"),
        pytest.param("Who was killed on Friday?", PRESSING, id="weekday"),
        pytest.param("What is the latest on the bridge?", PRESSING, id="latest"),
        pytest.param("Is the bridge still closed?", PRESSING, id="still"),
        pytest.param("Who spoke this Tuesday?", PRESSING, id="this-weekday"),
        pytest.param("Who currently leads the council?", PRESSING, id="currently"),
        pytest.param("Was justice done?", 1.0, id="no-word-inside-a-word"),
    ],
)
def test_strength(question: str, strength: float) -> None:
    assert horizon(question, DAY, DAY).strength == strength


@pytest.mark.parametrize(
    ("newest", "strength"),
    [
        pytest.param(DAY - timedelta(STALE), 1.0, id="news-yet"),
        pytest.param(DAY - timedelta(STALE + 1), 0.0, id="none-of-it-is-news"),
        pytest.param(None, 0.0, id="no-dates"),
    ],
)
def test_in_an_old_library_dates_do_not_count(newest: date | None, strength: float) -> None:
    assert horizon("Who leads the council?", DAY, newest).strength == strength
    assert horizon("Who leads the council today?", DAY, newest).strength == PRESSING * strength


# -- periods --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        pytest.param("What burned in July?", "2024-07-01", "2024-07-31", id="month-of-this-year"),
        pytest.param("What burned in August?", "2024-08-01", "2024-08-31", id="this-month"),
        pytest.param("What burned in October?", "2023-10-01", "2023-10-31", id="month-that-has-not-come-yet"),
        pytest.param("What burned in February 2023?", "2023-02-01", "2023-02-28", id="month-and-year"),
        pytest.param("What burned in February of 2024?", "2024-02-01", "2024-02-29", id="leap-year"),
        pytest.param("What burned on March 3rd, 2022?", "2022-03-01", "2022-03-31", id="american-day"),
        pytest.param("What burned on 3 March 2022?", "2022-03-01", "2022-03-31", id="british-day"),
        pytest.param("What burned in May, 2023?", "2023-05-01", "2023-05-31", id="comma-before-the-year"),
        pytest.param("What burned on 3 May, 2023?", "2023-05-01", "2023-05-31", id="british-day-and-comma"),
        pytest.param("What burned in July, 2000 soldiers said?", "2024-07-01", "2024-07-31", id="comma-and-a-count"),
        pytest.param("What burned mid-May?", "2024-05-01", "2024-05-31", id="middle-of-a-month"),
        pytest.param("Who won the May election?", "2024-05-01", "2024-05-31", id="month-of-an-event"),
        pytest.param("Who won the election of this March?", "2024-03-01", "2024-03-31", id="month-after-this"),
        pytest.param("What did July's storm destroy?", "2024-07-01", "2024-07-31", id="month-that-is-no-name"),
        pytest.param("What burned in April, May and June?", "2024-04-01", "2024-06-30", id="list-of-months"),
        pytest.param("What burned between May and July 2022?", "2022-05-01", "2022-07-31", id="range-of-months"),
        pytest.param(
            "What burned from 3 May until the 5th of July 2022?", "2022-05-01", "2022-07-31", id="range-of-days"
        ),
        pytest.param(
            "What burned between November and February 2024?", "2023-11-01", "2024-02-29", id="range-over-new-year"
        ),
        pytest.param("What burned from October to February?", "2023-10-01", "2024-02-29", id="range-without-a-year"),
        pytest.param("What burned from July to September?", "2024-07-01", "2024-07-31", id="range-that-is-not-over"),
        pytest.param("What burned in 2023 and January?", "2024-01-01", "2024-01-31", id="year-before-a-month"),
        pytest.param("Who won in 2019?", "2019-01-01", "2019-12-31", id="year"),
        pytest.param("Who won between 2021 and 2019?", "2019-01-01", "2021-12-31", id="years-in-any-order"),
        pytest.param("Who won the 2020 election?", "2020-01-01", "2020-12-31", id="year-of-an-event"),
        pytest.param("Who won the 2020 Olympics?", "2020-01-01", "2020-12-31", id="year-of-games"),
        pytest.param("Who won the 2020 elections?", "2020-01-01", "2020-12-31", id="year-of-events"),
        pytest.param("Who won the 2000 elections?", "2000-01-01", "2000-12-31", id="round-year-of-events"),
        pytest.param("Where did in 2000 people vote?", "2000-01-01", "2000-12-31", id="year-after-in"),
        pytest.param("Who met April Jones in 2019?", "2019-01-01", "2019-12-31", id="year-beside-a-name"),
        pytest.param("What burned last month?", "2024-07-01", "2024-07-31", id="last-month"),
        pytest.param("What burned last year?", "2023-01-01", "2023-12-31", id="last-year"),
    ],
)
def test_periods(question: str, first: str, last: str) -> None:
    assert period(question) == (date.fromisoformat(first), date.fromisoformat(last))


def test_last_month_in_january_is_of_the_year_before() -> None:
    assert period("What burned last month?", date(2024, 1, 15)) == (date(2023, 12, 1), date(2023, 12, 31))


def test_a_month_takes_the_year_that_ends_its_range() -> None:
    found = period("What burned between January and March 2024?", date(2025, 2, 10))
    assert found == (date(2024, 1, 1), date(2024, 3, 31))


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("Who burned it?", id="none"),
        pytest.param("When did Theresa May resign?", id="surname"),
        pytest.param("Who led the Women's March?", id="protest"),
        pytest.param("Who took part in the March on Rome?", id="protest-to-a-place"),
        pytest.param("What happened to April Jones?", id="first-name"),
        pytest.param("May the strike end soon?", id="verb-that-begins-the-question"),
        pytest.param("Which of the 2000 soldiers died?", id="soldiers"),
        pytest.param("Which of the 2000 Russian soldiers died?", id="russian-soldiers"),
        pytest.param("Which of the 1950 soldiers died?", id="not-a-round-number-of-soldiers"),
        pytest.param("Who felled 2000 trees?", id="trees"),
        pytest.param("Who may march there?", id="verbs-are-no-months"),
        pytest.param("Who won in 2024?", id="this-year-is-not-over"),
        pytest.param("Who will win in 2030?", id="a-year-to-come"),
        pytest.param("Who paid 1066 crowns?", id="another-number"),
    ],
)
def test_no_period(question: str) -> None:
    assert period(question) is None


PARTS = st.sampled_from(
    ["in", "July", "may", "May", "2019", "2024", "2031", "last", "month", "year", "3", "3rd,", "of",
     "and", ",", "June", "November", "the", "2000", "soldiers"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=6).map(" ".join), DATES)
def test_a_period_begins_before_it_ends(question: str, as_of: date) -> None:
    found = period(question, as_of)
    assert found is None or found[0] < found[1]


@given(st.lists(PARTS, max_size=6).map(" ".join), DATES)
def test_a_period_lies_before_the_day_of_asking(question: str, as_of: date) -> None:
    found = period(question, as_of)
    assert found is None or found[0] <= as_of
