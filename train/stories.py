"""Invented news stories with questions as a news quiz asks them, written one by one (`train/stories/*.txt`).

A story in a file; a blank line ends it:

    # Headline
    @ 14 March 2019
    The text of the story, in one line a paragraph.
    ? A question
    ? The same question in other words
    = the words that answer | other words that do, or are another member of a list
    ! A question that looks answerable and is not

The words that answer stand in the text as they are; `in [1998] by` marks those of one place.  In the files whose name
begins with FAMILIES every four stories are a family: about similar events or one event, told apart by what is asked.

python -m train.stories FILE...  tells what is wrong in them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from train.examples import Example, Target

FOLDER = Path(__file__).with_name("stories")
FAMILIES = "alike-"
"""So begin the names of files of families."""
FAMILY = 4
_MARKED = re.compile(r"^(.*)\[(.+)\](.*)$")


class StoryError(ValueError):
    """A story that cannot be used: where, what was found, what was expected."""


@dataclass
class Story:
    """One story: its text, the questions with the spans that answer them, and those it does not answer."""

    title: str = ""
    date: str = ""
    text: str = ""
    asked: list[tuple[str, tuple[tuple[int, int], ...]]] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def examples(self, kind: str) -> list[Example]:
        """Its questions as examples."""
        found = [Example(q, self.text, Target(spans), kind, self.title, self.date) for q, spans in self.asked]
        lacking = Target((), relevant=True)
        return found + [
            Example(q, self.text, lacking, f"{kind}-lacking", self.title, self.date) for q in self.unanswered
        ]


def stories(folder: Path = FOLDER) -> list[Example]:
    """The examples of all stories, of kind "alike" from a file of families.  StoryError where one of them is wrong."""
    return [
        example
        for path in sorted(folder.glob("*.txt"))
        for one in read(path)
        for example in one.examples("alike" if path.name.startswith(FAMILIES) else "story")
    ]


def families(folder: Path = FOLDER) -> Iterator[tuple[Example, ...]]:
    """Every question of a family with the story that answers it first and those of the others that do not behind it."""
    for path in sorted(folder.glob(f"{FAMILIES}*.txt")):
        every = list(read(path))
        for place, story in enumerate(every):
            others = [one for one in every[place // FAMILY * FAMILY :][:FAMILY] if one is not story]
            for example in story.examples("alike"):
                answers = [example.text[start:end].lower() for start, end in example.target.spans]
                rivals = [one for one in others if not any(answer in one.text.lower() for answer in answers)]
                if answers and rivals:
                    asked, lacking = example.question, Target((), relevant=False)
                    yield example, *(Example(asked, one.text, lacking, "mined", one.title, one.date) for one in rivals)


def read(path: Path) -> Iterator[Story]:
    """The stories of a file.  StoryError names the line that is wrong."""
    blocks = re.split(r"\n\s*\n", path.read_text("utf-8").strip("\n"))
    line = 1
    for block in blocks:
        try:
            yield _story(block)
        except StoryError as error:
            raise StoryError(f"{path.name}, story at line {line}: {error}") from None
        line += block.count("\n") + 2


def _story(block: str) -> Story:
    found, waiting = Story(), list[str]()
    for line in block.splitlines():
        mark, rest = line[:2], line[2:].strip()
        if mark == "# ":
            found.title = rest
        elif mark == "@ ":
            found.date = rest
        elif mark == "? ":
            waiting.append(rest)
        elif mark == "! ":
            found.unanswered.append(rest)
        elif mark == "= ":
            if not waiting:
                raise StoryError(f"an answer without a question before it: {line!r}")
            spans = tuple(span for words in rest.split(" | ") for span in _places(words, found.text))
            found.asked += [(question, spans) for question in waiting]
            waiting = []
        elif found.asked or waiting or found.unanswered:
            raise StoryError(f"expected a line that begins with ?, = or !, found {line!r}")
        else:
            found.text = f"{found.text}\n{line.strip()}".lstrip()
    if not (found.title and found.text and found.asked) or waiting:
        raise StoryError(f"expected # headline, text, ? questions and = answers; unanswered: {waiting}")
    return found


def _places(words: str, text: str) -> list[tuple[int, int]]:
    """Where the words stand in the text; all places, or the one that is marked."""
    marked = _MARKED.match(words.strip())
    before, inside, after = marked.groups() if marked else ("", words.strip(), "")
    places = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(before + inside + after)}(?!\w)", text)]
    if not places or (marked and len(places) > 1):
        raise StoryError(f"{before + inside + after!r} stands {len(places)} times in the text; write it as it stands")
    return [(place + len(before), place + len(before) + len(inside)) for place in places]


def main() -> None:
    for name in sys.argv[1:]:
        found = list(read(Path(name)))
        asked = sum(len(story.asked) for story in found)
        unanswered = sum(len(story.unanswered) for story in found)
        print(f"{name}: {len(found)} stories, {asked} questions with an answer, {unanswered} without")


if __name__ == "__main__":
    try:
        main()
    except StoryError as error:
        raise SystemExit(str(error)) from None
