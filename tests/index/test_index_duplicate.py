from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.duplicate import SLOTS, _minima, groups, sketch
from rag.columns import UNDATED
from rag.types import Noise

DICE = random.Random(7)
VOCABULARY = ["".join(DICE.choices("abcdefghijklmnoprstuvw", k=7)) for _ in range(4_000)]


def prose(seed: int, words: int = 300) -> list[str]:
    """Words in an order that no other seed gives."""
    return random.Random(seed).choices(VOCABULARY, k=words)


def edited(words: list[str], share: float, seed: int = 0) -> list[str]:
    """The words with a run in every hundred replaced, `share` of all."""
    dice, made = random.Random(seed), list(words)
    for start in range(0, len(words), 100):
        for at in range(start, min(start + round(share * 100), len(words))):
            made[at] = dice.choice(VOCABULARY)
    return made


def grouped(*texts: Sequence[str], published: tuple[int, ...] = ()) -> list[int]:
    sketches = [sketch(text if isinstance(text, str) else " ".join(text)) for text in texts]
    found = groups(sketches, np.array(published or (0,) * len(texts), np.int32))
    return [int(original) for original in found]


STORY = prose(1)


# -- what is a copy ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copy", "same"),
    [
        pytest.param(" ".join(STORY), True, id="word for word"),
        pytest.param("\n\n".join(STORY).upper() + "!", True, id="other case, marks and lines"),
        pytest.param(" ".join(edited(STORY, 0.05)), True, id="5 % edited"),
        pytest.param(" ".join(edited(STORY, 0.2)), True, id="20 % edited"),
        pytest.param(" ".join(edited(STORY, 0.7)), False, id="70 % edited"),
        pytest.param(" ".join([*prose(2, 60), *STORY]), True, id="a paragraph in front"),
        pytest.param(" ".join(STORY[:130]), True, id="cut to less than a half"),
        pytest.param(" ".join([*STORY[:100], *prose(3, 200)]), False, id="a third of it in another text"),
        pytest.param(" ".join(prose(2)), False, id="another text"),
        pytest.param(" ".join(sorted(STORY)), False, id="its words in no order"),
    ],
)
def test_copies_are_told_from_other_texts(copy: str, same: bool) -> None:
    assert grouped(STORY, copy) == [0, 0 if same else 1]


def test_short_texts_are_copies_only_word_for_word() -> None:
    short = STORY[:49]
    assert grouped(short, [*short[:-1], "otherwise"], " ".join(short).upper()) == [0, 1, 0]
    assert grouped([*short, "end"], [*short, "end", "more"]) == [0, 0]


def test_texts_without_words_are_no_copies_of_each_other() -> None:
    assert grouped("", "", "— * —", "...") == [0, 1, 2, 3]


def report(numbers: list[int]) -> str:
    """A template with two numbers in each sentence."""
    return " ".join(
        f"In the district of {word} the office measured {first} degrees at noon and {second} millimetres of rain."
        for word, (first, second) in zip(VOCABULARY, zip(numbers[::2], numbers[1::2], strict=True), strict=False)
    )


def test_a_template_filled_in_anew_is_no_copy() -> None:
    first, second = (
        list(range(10, 30)),
        [19, 12, 28, 15, 11, 26, 22, 17, 10, 29, 14, 23, 18, 27, 13, 24, 20, 25, 16, 21],
    )
    assert grouped(report(first), report(second)) == [0, 1]
    # The same report with one number corrected.
    assert grouped(report(first), report([*first[:-1], 99])) == [0, 0]


def test_words_are_letters_in_scripts_without_spaces() -> None:
    letters = [chr(0x4E00 + random.Random(5).randrange(3_000) + place) for place in range(120)]
    text = "".join(letters)
    assert grouped(text, text[:100] + "更正", "".join(reversed(text))) == [0, 0, 2]


def test_what_is_around_the_article_does_not_count() -> None:
    menu = " ".join(prose(8, 400))
    page = f"{menu}\n{' '.join(STORY)}\n{menu}"
    end = len(page) - len(menu)
    noise = (Noise(end, len(page), "navigation"), Noise(0, len(menu), "navigation"), Noise(0, 40, "title"))
    assert sketch(page, noise) == sketch(" ".join(STORY))
    assert sketch(page) != sketch(page, noise)


# -- the original ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        pytest.param((20, 10, 30), [1, 1, 1], id="the earliest"),
        pytest.param((20, 20, 20), [0, 0, 0], id="the first of one day"),
        pytest.param((UNDATED, 20, 10), [2, 2, 2], id="undated comes last"),
        pytest.param((UNDATED, UNDATED, UNDATED), [0, 0, 0], id="the first of the undated"),
        pytest.param((5, -3, 0), [1, 1, 1], id="before 1970"),
    ],
)
def test_the_original_was_published_first(published: tuple[int, ...], expected: list[int]) -> None:
    assert grouped(STORY, edited(STORY, 0.05), STORY, published=published) == expected


def test_an_exact_copy_follows_what_it_copies_to_the_original() -> None:
    later = edited(STORY, 0.1)
    assert grouped(later, later, STORY, published=(2, 3, 1)) == [2, 2, 2]


def test_a_chain_of_edits_does_not_join_texts_that_have_become_different() -> None:
    chain = [STORY]
    for turn in range(1, 7):
        fresh = prose(100 + turn, 30)
        chain.append([*chain[-1][30:], *fresh])
    found = grouped(*chain, published=tuple(range(7)))
    assert found[:2] == [0, 0]
    assert found[6] not in (0, 6)
    # Whatever is in a group shares at least about half of its words with the original of it.
    for place, original in enumerate(found):
        assert len(set(chain[place]) & set(chain[original])) > len(chain[place]) / 2


def test_the_closest_original_is_taken() -> None:
    one = STORY
    other = [*STORY[:140], *prose(9, 160)]
    between = [*STORY[:140], *prose(9, 160)[:120], *prose(10, 40)]
    assert grouped(one, other, between, published=(1, 2, 3)) == [0, 1, 1]


# -- laws --------------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(8)))
def test_groups_do_not_depend_on_the_order_of_indexing(order: list[int]) -> None:
    texts = [
        STORY,
        edited(STORY, 0.1, 1),
        STORY,
        prose(2),
        edited(prose(2), 0.1),
        prose(3),
        edited(STORY, 0.15, 2),
        "a",
    ]
    days = (3, 2, 5, 1, 7, 4, 8, 6)
    plain = grouped(*texts, published=days)
    mixed = grouped(*(texts[i] for i in order), published=tuple(days[i] for i in order))
    assert [order[original] for original in mixed] == [plain[i] for i in order]
    assert plain == [1, 1, 1, 3, 3, 5, 1, 7]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 400), st.integers(1, 400), st.integers(1, 400))
def test_the_estimate_is_near_the_true_similarity(shared: int, mine: int, yours: int) -> None:
    codes = np.arange(1, shared + mine + yours + 1, dtype=np.uint64)
    one, other = (
        _minima(codes[: shared + mine], SLOTS),
        _minima(np.concatenate([codes[:shared], codes[-yours:]]), SLOTS),
    )
    # Six standard deviations of 256 draws at the worst share.
    assert abs(float((one == other).mean()) - shared / (shared + mine + yours)) < 6 * 0.5 / 16


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_a_sketch_has_always_as_many_bytes_and_the_same(text: str) -> None:
    assert sketch(text) == sketch(text)
    assert len(sketch(text)) == 1 + 4 + 4 + 8 + 2 * 256 + 2 * 64
    assert sketch(text)[0] == 1


def test_a_sketch_is_the_same_in_every_version() -> None:
    # Sketches lie in libraries: when this changes, VERSION must be raised.
    digest = hashlib.sha256(sketch("In May 2024 the 24 captives changed hands in Ankara. " * 3)).hexdigest()
    assert digest == "56444f7b495adad10ea2e53d0a7ec4cf780adcae6c749ac2fb22a2c122c78152"


# -- what is not usable, and many --------------------------------------------------------------------------------------


def test_what_is_no_sketch_is_alone() -> None:
    good = sketch(" ".join(STORY))
    other = bytes([2]) + good[1:]
    assert groups([b"", good, other, good[:-1], good, b"", other], np.zeros(7, np.int32)).tolist() == [
        0,
        1,
        2,
        3,
        1,
        5,
        6,
    ]
    assert groups([], np.zeros(0, np.int32)).tolist() == []


def test_thousands_of_one_template_are_told_apart_in_bounded_time() -> None:
    dice = random.Random(3)
    texts = [report([dice.randrange(10, 99) for _ in range(20)]) for _ in range(400)]
    found = grouped(*texts, *texts[-5:], published=tuple(range(405)))
    assert found == [*range(400), *range(395, 400)]


def test_every_original_is_its_own() -> None:
    texts = [edited(prose(seed), share / 20, seed) for seed in range(4) for share in range(8)]
    found = grouped(*texts)
    assert [found[original] for original in found] == found
    assert {original // 8 for original in found[:8]} == {0}
    assert all(one // 8 == place // 8 for place, one in enumerate(found))
    assert any(one == other for one, other in pairwise(found))
