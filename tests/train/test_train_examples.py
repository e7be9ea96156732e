"""What the reader is trained on: spans are verbatim, and what has no answer has no span."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from train import variants
from train.examples import Example, Target, is_held_out, load
from train.newsroom import newsroom, relations

SENTENCES = (
    "The harbour bridge in Lisse was closed on Monday. Mayor Greta Larsen said it had 14 cracks. It will reopen in May."
)


def example(question: str, answer: str, text: str = SENTENCES) -> Example:
    start = text.index(answer)
    return Example(question, text, Target(((start, start + len(answer)),)), "given")


def test_every_relation_tells_what_is_asked_for_and_leaves_most_of_it_out_at_times() -> None:
    lacking = []
    for relation in relations():
        for role, question in relation.questions:
            assert role in relation.roles, question
            assert any(f"{{{role}}}" in statement for statement in relation.statements), question
            lacking.append(any(f"{{{role}}}" not in statement for statement in relation.statements))
    assert sum(lacking) > 0.8 * len(lacking)


def test_invented_items_hold_their_answers_where_they_say() -> None:
    made = newsroom(300, seed=3)
    assert {one.kind for one in made} == {"newsroom", "newsroom-lacking"}
    for one in made:
        assert "{" not in one.question + one.text + one.title
        assert bool(one.target.spans) == (one.kind == "newsroom")
        texts = {one.text[start:end].lower() for start, end in one.target.spans}
        assert len(texts) <= 1, one


def test_the_same_seed_invents_the_same_items() -> None:
    assert newsroom(5, seed=1) == newsroom(5, seed=1) != newsroom(5, seed=2)


@pytest.mark.parametrize(
    ("maker", "question", "answer"),
    [
        pytest.param(variants.paraphrased, "Who said the bridge had cracks?", "Mayor Greta Larsen", id="paraphrased"),
        pytest.param(variants.in_place, "How many cracks did the bridge have?", "14", id="in place"),
        pytest.param(variants.aged, "Who said it had cracks?", "Mayor Greta Larsen", id="aged"),
        pytest.param(variants.led_in, "How many cracks did the bridge have?", "14", id="led in"),
    ],
)
def test_a_variant_with_an_answer_holds_it(maker: variants.Maker, question: str, answer: str) -> None:
    made = maker(example(question, answer), random.Random(1))
    assert made is not None and made.question != question
    ((start, end),) = made.target.spans
    told = made.text[start:end]
    assert told == answer or (told.isdigit() and f"{told}" in made.text)


def test_taking_out_the_sentence_leaves_no_answer_but_the_subject() -> None:
    made = variants.removed(example("How many cracks has the bridge?", "14"), random.Random(1))
    assert made is not None
    assert made.text == "The harbour bridge in Lisse was closed on Monday. It will reopen in May."
    assert made.target == Target((), relevant=True)


def test_an_answer_that_stands_elsewhere_too_cannot_be_taken_out() -> None:
    text = "Anna won. Everybody cheered. Anna was glad."
    assert variants.removed(example("Who won?", "Anna", text), random.Random(1)) is None


def test_a_swapped_question_names_what_the_passage_does_not() -> None:
    others = [example("What did Boris Ivanov say in Oslo?", "14")]
    swapped = variants.Swapped(others)
    made = swapped(example("What did Greta Larsen say?", "14"), random.Random(2))
    assert made is not None and made.target.spans == ()
    assert "Greta Larsen" not in made.question


def test_what_a_passage_says_is_not_asked_for_as_lacking() -> None:
    text = "Greta Larsen, 51, was born in Lisse and earns $20. She is married, tall, founded a firm and died."
    cues = " It has a phone 0123 456, owns people, studied, resigned, has a child, population, party, one week, staff."
    for seed in range(40):
        assert variants.lacking(example("Who?", "Greta Larsen", text + cues), random.Random(seed)) is None


def test_years_that_are_no_age_do_not_tell_one() -> None:
    text = "The bridge was closed. Mayor Greta Larsen said so."
    made = variants.lasting(example("Who closed it?", "Greta Larsen", text), random.Random(1))
    assert made is not None and made.target == Target((), relevant=True)
    assert "Greta Larsen" in made.question and "years" in made.text and "years old" not in made.text
    known = text + " She is 51."
    assert variants.lasting(example("Who closed it?", "Greta Larsen", known), random.Random(1)) is None


def test_what_leads_to_a_question_does_not_answer_it() -> None:
    text = "The harbour bridge was closed on Monday. It had 14 cracks in it. Nobody was told of the 14 cracks."
    for seed in range(20):
        made = variants.led_in(example("How many cracks had it?", "14", text), random.Random(seed))
        assert made is not None
        assert made.question == "The harbour bridge was closed on Monday. How many cracks had it?"


def test_held_out_paragraphs_are_told_by_their_text(tmp_path: Path) -> None:
    contexts = [f"Paragraph number {n} tells that Anna won." for n in range(200)]
    for name, source in (("squadshifts", "new_wiki"), ("qamr", "qamr")):
        rows = [
            {
                "id": str(n),
                "source": source,
                "question": "Who won?",
                "context": c,
                "answer": "Anna",
                "start": c.index("Anna"),
            }
            for n, c in enumerate(contexts)
        ]
        rows.append(
            {
                "id": "x",
                "source": source,
                "question": "Who lost?",
                "context": contexts[0],
                "answer": None,
                "start": None,
            }
        )
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    training, held_out = load(tmp_path)
    assert len(training) + len(held_out) == 402
    assert all(is_held_out(one.kind.removesuffix("-random"), one.text) for one in held_out)
    shifted = {one.text for one in training if one.kind == "new_wiki"}
    assert not shifted & {one.text for one in held_out if one.kind == "new_wiki"}
    assert 5 <= sum(one.kind == "new_wiki" for one in held_out) <= 35


def test_rivals_are_the_nearest_passages_that_do_not_hold_the_answer_each_under_its_own_title() -> None:
    texts = (SENTENCES, "Mayor Ole Dahl closed the ferry.", "The bridge has 14 lamps.", "It has 14 cracks too.")
    answers = ("14 cracks", "Ole Dahl", "lamps", "too")
    given = [
        replace(example(f"Question {i}?", answer, text), title=f"Title {i}")
        for i, (text, answer) in enumerate(zip(texts, answers, strict=True))
    ]
    near = np.array([[1, 0.9, 0.8, 0.1], [0.1, 1, 0.2, 0.3], [0.9, 0, 1, 0], [0, 0, 0, 1]], np.float32)
    found = variants.rivals(given, (near, np.eye(4, dtype=np.float32)), [True, False, True, False])
    assert found.keys() == {0, 2}
    assert {(one.question, one.text, one.title) for one in found[0]} == {
        ("Question 0?", text, f"Title {i}") for i, text in enumerate(texts) if i in (1, 2)
    }
    assert not any(one.target.spans or one.target.relevant for one in found[0])
