"""Whether words name countries."""

from __future__ import annotations

import pytest

from rag.countries import countries, country


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Turkey", 1.0, id="a-country"),
        pytest.param("the Republic of Turkey", 1.0, id="in-full"),
        pytest.param("USA, Germany, Norway and Belarus", 1.0, id="several"),
        pytest.param("neighbouring Guinea-Bissau", 1.0, id="one-that-begins-as-another"),
        pytest.param("the German and Russian governments", 1.0, id="adjectives"),
        pytest.param("Trinidad and Tobago", 1.0, id="written-out"),
        pytest.param("Turkey's National Intelligence Organisation", 0.5, id="what-is-of-a-country"),
        pytest.param("Turkish Airlines", 0.5, id="named-after-one"),
        pytest.param("Dutch and South Korean officials", 1.0, id="adjectives-of-their-own"),
        pytest.param("Northern Iraq", 1.0, id="part-of-one"),
        pytest.param("Côte d'Ivoire and Saint Lucia", 1.0, id="in-other-letters"),
        pytest.param("Russian-US", 0.5, id="between-two"),
        pytest.param("Mexico City", 0.5, id="a-city-of-one"),
        pytest.param("Michael Jordan", 0.0, id="a-person-named-as-one"),
        pytest.param("New Mexico", 0.0, id="a-state-named-after-one"),
        pytest.param("the Gulf of Mexico", 0.0, id="a-sea-named-after-one"),
        pytest.param("the FSB and the CIA", 0.0, id="agencies"),
        pytest.param("the United Nations", 0.0, id="a-union"),
        pytest.param("Malice", 0.0, id="a-word-that-begins-as-one"),
        pytest.param("somewhere", 0.0, id="nothing"),
        pytest.param("", 0.0, id="empty"),
    ],
)
def test_countries(text: str, expected: float) -> None:
    assert countries(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the UK", "United Kingdom"),
        ("Türkiye", "Turkey"),
        ("South Sudan", "South Sudan"),
        ("Turkey's army", ""),
        ("Lisse", ""),
    ],
)
def test_a_country_in_one_spelling(text: str, expected: str) -> None:
    assert country(text) == expected
