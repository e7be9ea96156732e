"""Short names that articles explain."""

from __future__ import annotations

import pytest

from rag.aliases import aliases, explained, initials
from rag.same import key, same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Run by the World Harbour Union (WHU), it", {"WHU": "World Harbour Union"}, id="initials"),
        pytest.param("the Bank of Lisse (BoL) said", {"BoL": "Bank of Lisse"}, id="a-small-letter-for-a-small-word"),
        pytest.param("the Bank of Lisse (BL) said", {"BL": "Bank of Lisse"}, id="small-words-left-out"),
        pytest.param("On Monday Ada Lind Press (ALP) closed", {"ALP": "Ada Lind Press"}, id="only-its-own-words"),
        pytest.param("Lisse's Harbour Police (KLP) came", {"KLP": "Lisse's Harbour Police"}, id="of-another-language"),
        pytest.param("Ada Lind (D) left", {}, id="one-letter"),
        pytest.param("Ada Lind (USA) won", {}, id="a-person-and-her-country"),
        pytest.param("the Lisse Bank Union (LBU) and the Lisse Boat Union (LBU)", {}, id="two-that-share-words"),
        pytest.param("Governor Ada Lind (CO) left", {}, id="two-letters-that-are-no-initials"),
        pytest.param("Lisse (KLP) said", {}, id="one-word-with-other-letters"),
        pytest.param("NEW LISSE (KLP) - The ferry burned", {}, id="an-agency-before-a-dash"),
        pytest.param("the police (KLP) came", {}, id="no-name"),
        pytest.param("the Old Lisse Dock (OLD) and the Oslo Law Desk (OLD)", {}, id="explained-in-two-ways"),
        pytest.param("the Old Lisse Dock (OLD) and Old Lisse's Dock (OLD)", {"OLD": "Old Lisse Dock"}, id="said-twice"),
    ],
)
def test_what_is_explained(text: str, expected: dict[str, str]) -> None:
    assert aliases([text]) == expected


def test_a_short_name_says_the_same_as_the_name_and_other_words_do_not() -> None:
    known = aliases(["The Central Aid Route (CAR) opened.", "It rained."])
    name = key("the Central Aid Route")
    assert same(explained("the CAR", known), name) and same(explained("CAR", known), name)
    assert not same(explained("a car", known), name), "a word in small letters is not the short name"
    assert explained("Ada Lind, 26", known) == key("Ada Lind, 26")


def test_initials_stand_for_a_name_of_several_words() -> None:
    known = initials(["the National Food Safety Institute", "Ada Lind", "New Lisse Dock", "Norland Light Dome"])
    assert known == {"NFSI": "the National Food Safety Institute"}
    assert same(explained("the NFSI", known), key("National Food Safety Institute"))
