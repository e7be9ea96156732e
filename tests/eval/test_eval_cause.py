"""One cause for each failure: the first stage that lost the answer."""

from __future__ import annotations

from typing import Any

import pytest
from eval_fakes import hits
from report_fakes import make_record

from eval.cause import SEEN, Cause, cause
from eval.records import Gold, Hit, Quote, Read

SUPPORTS = Quote("mine", "The mine", 0, 12, "Ilse Brandt.", True, True, True)
ELSEWHERE = Quote("bread", "Bread", 0, 12, "Ilse Brandt.", False, True, True)
BESIDE = Quote("mine", "The mine", 20, 30, "It rained.", True, False, True)
HIT = Hit("mine", 0, 40, 0.9, True)
READ = Read("mine", "The mine", None, None, 0, 40, "Ilse Brandt closed it.", True)
UNREAD = Read("bread", "Bread", None, None, 0, 18, "Bread prices rose.", False)

NOTHING = {"quotes": (BESIDE,), "ranking": (), "read": (UNREAD,)}
"""No gold answer in the quotes, in the ranking, or in what was read; the gold article has a chunk with one."""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"quotes": (BESIDE, ELSEWHERE, SUPPORTS)}, None, id="right among other quotes"),
        pytest.param({"ranking": (), "read": ()}, None, id="right, however it was found"),
        pytest.param({"gold": Gold((), False, ()), "ranking": (), "read": ()}, None, id="right against all odds"),
        pytest.param(NOTHING | {"gold": Gold((), False, ())}, Cause.NOT_INDEXED, id="article not indexed"),
        pytest.param(NOTHING | {"gold": Gold(("mine",), False, ())}, Cause.NOT_INDEXED, id="article without answer"),
        pytest.param(NOTHING | {"gold": Gold(("mine",), True, ())}, Cause.NO_CHUNK, id="answer cut in two"),
        pytest.param(
            {"gold": Gold(("mine",), True, ()), "quotes": (BESIDE,)},
            Cause.NOT_EXTRACTED,
            id="cut, but read in a merged passage",
        ),
        pytest.param(NOTHING, Cause.NOT_RETRIEVED, id="not in the first hundred"),
        pytest.param(NOTHING | {"ranking": (*hits("a", "b"), HIT)}, Cause.RANKED_LOW, id="ranked, not read"),
        pytest.param(NOTHING | {"ranking": (HIT,), "read": (READ,)}, Cause.NOT_EXTRACTED, id="read, not quoted"),
        pytest.param(NOTHING | {"read": (UNREAD, READ)}, Cause.NOT_EXTRACTED, id="read in a merged passage alone"),
        pytest.param({"quotes": (BESIDE,), "answered": False}, Cause.NOT_EXTRACTED, id="read, refused, nothing held"),
        pytest.param({"quotes": (), "answered": False}, Cause.NOT_EXTRACTED, id="read, refused without quotes"),
        pytest.param({"answered": False}, Cause.WRONGLY_REFUSED, id="right quote withheld"),
        pytest.param(
            {"answered": False, "quotes": (ELSEWHERE,)}, Cause.WRONGLY_REFUSED, id="withheld, of another article"
        ),
        pytest.param(
            {"answered": False, "read": (), "ranking": (), "gold": Gold((), False, ())},
            Cause.WRONGLY_REFUSED,
            id="withheld, before not indexed",
        ),
        pytest.param({"quotes": (ELSEWHERE,)}, Cause.WRONG_CITATION, id="answer in another article"),
        pytest.param(
            {"quotes": (BESIDE, ELSEWHERE)}, Cause.WRONG_CITATION, id="article and answer in two different quotes"
        ),
        pytest.param({"answerable": False}, Cause.WRONGLY_ANSWERED, id="answered, unanswerable"),
        pytest.param({"answerable": False, "answered": False}, None, id="rightly refused"),
        pytest.param(
            {"answerable": False, "answered": False, "answers": (), "quotes": ()}, None, id="rightly, no quotes"
        ),
    ],
)
def test_cause(change: dict[str, Any], expected: Cause | None) -> None:
    assert cause(make_record(**change)) is expected


def places(first: int | None, count: int = 30) -> tuple[Hit, ...]:
    """Each article has two chunks in a row; the gold article is the `first`th article."""
    names = ["zinc" if place == first else f"other{place}" for place in range(1, count + 1) for _ in range(2)]
    return hits(*names)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"ranking": places(1)}, None, id="first"),
        pytest.param({"ranking": places(SEEN)}, None, id="the last that is seen"),
        pytest.param({"ranking": places(SEEN + 1)}, Cause.RANKED_LOW, id="the first that is not"),
        pytest.param({"ranking": places(None)}, Cause.NOT_RETRIEVED, id="not there"),
        pytest.param({"ranking": ()}, Cause.NOT_RETRIEVED, id="nothing there"),
        pytest.param({"ranking": places(None), "gold": Gold((), False, ())}, Cause.NOT_INDEXED, id="not indexed"),
        pytest.param({"ranking": places(20), "articles": ("zinc", "other4")}, None, id="another gold article"),
        pytest.param({"ranking": places(1), "answered": False}, None, id="refused, which is not judged"),
    ],
)
def test_cause_where_only_retrieval_is_judged(change: dict[str, Any], expected: Cause | None) -> None:
    bare = {"answers": (), "articles": ("zinc",), "gold": Gold(("zinc",), False, ()), "quotes": (), "read": ()}
    assert cause(make_record(**bare | change)) is expected


def test_people_read_the_causes_in_the_order_of_the_stages() -> None:
    assert [kind.value for kind in Cause] == [
        "not in the articles", "in no chunk", "not retrieved", "ranked too low", "not extracted", "wrongly refused",
        "wrong citation", "wrongly answered",
    ]  # fmt: skip
