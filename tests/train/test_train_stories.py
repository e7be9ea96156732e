"""The stories written for training: what their files say, and what is told of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.stories import FAMILIES, FOLDER, StoryError, read, stories

STORY = """# Ferries stop after spill
@ 3 May 2014
Ferries stopped at Klaipeda in 1998. Two boats leaked, said Rasa Vaitkute of Klaipeda harbour.
The oil came from a tanker of 1998.
? Which port stopped its ferries?
? Where did the boats lie idle?
= Klaipeda
? When did they stop?
= Klaipeda in [1998]
? Who or what was to blame?
= Two boats | a tanker
! How many passengers were stranded?
"""


def test_questions_share_the_answer_below_them(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(STORY)
    examples = stories(tmp_path)
    told = [(one.question, [one.text[s:e] for s, e in one.target.spans], one.kind) for one in examples]
    assert told == [
        ("Which port stopped its ferries?", ["Klaipeda", "Klaipeda"], "story"),
        ("Where did the boats lie idle?", ["Klaipeda", "Klaipeda"], "story"),
        ("When did they stop?", ["1998"], "story"),
        ("Who or what was to blame?", ["Two boats", "a tanker"], "story"),
        ("How many passengers were stranded?", [], "story-lacking"),
    ]
    assert examples[2].target.spans[0][0] == STORY.split("\n", 2)[2].index("1998"), "the place that is marked"
    assert {(one.title, one.date, one.target.relevant) for one in examples} == {
        ("Ferries stop after spill", "3 May 2014", True)
    }
    assert examples[0].text.count("\n") == 1, "a line is a paragraph"
    (tmp_path / "alike-one.txt").write_text((tmp_path / "one.txt").read_text())
    assert {one.kind for one in stories(tmp_path)} == {"story", "story-lacking", "alike", "alike-lacking"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("= Klaipeda\n", "= Memel\n", "'Memel' stands 0 times in the text"),
        ("= Klaipeda in [1998]", "= [1998]", "'1998' stands 2 times in the text"),
        ("! How many passengers", "How many passengers", "expected a line that begins with"),
        ("? When did they stop?\n", "", "an answer without a question before it"),
        ("= Two boats | a tanker\n", "", "unanswered: ['Who or what was to blame?']"),
        ("# Ferries stop after spill\n", "", "expected # headline"),
    ],
)  # fmt: skip
def test_a_wrong_story_is_named_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "two.txt"
    path.write_text(f"{STORY}\n{STORY.replace(old, new)}")
    with pytest.raises(StoryError) as caught:
        list(read(path))
    assert str(caught.value).startswith("two.txt, story at line 14: ")
    assert told in str(caught.value)


def test_the_stories_that_are_trained_on_hold_their_answers() -> None:
    found = stories()
    answered = [one for one in found if one.target.spans]
    assert len(answered) > 5000
    assert all(one.text[s:e].strip() == one.text[s:e] for one in answered for s, e in one.target.spans)
    assert 0.1 < 1 - len(answered) / len(found) < 0.4, "some are asked for what they do not tell"
    texts = [story.text for path in FOLDER.glob("*.txt") for story in read(path)]
    assert len(set(texts)) == len(texts), "none is there twice"
    families = [list(read(path)) for path in FOLDER.glob(f"{FAMILIES}*.txt")]
    assert families and all(len(those) % 4 == 0 for those in families), "a family has four stories"
