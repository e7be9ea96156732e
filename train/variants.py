"""From each question of the data, others: that look answerable and are not, and that ask the same in other words."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.examples import Example, Target
from train.newsroom import WORDS

PARAPHRASES = Path(__file__).with_name("paraphrases.txt")


def _section(name: str) -> list[str]:
    """The lines of one part of `paraphrases.txt`."""
    found = PARAPHRASES.read_text("utf-8").partition(f"[{name}]\n")[2].partition("\n[")[0]
    return [line for line in found.splitlines() if line]


LACKED = (
    ("How old is {}?", r"\b\d{1,2}\b|years? old|aged?\b|born|birthday"),
    ("How tall is {}?", r"\b(?:tall|height|feet|foot|metres?|meters?|cm|inches)\b"),
    ("When was {} born?", r"\bborn|birth|\b1[0-9]{3}\b|\b20[0-2]\d\b"),
    ("Where was {} born?", r"\bborn|birth|native|raised|grew up|home"),
    ("Who is {} married to?", r"\b(?:married|wife|husband|spouse|wed|widow)\b"),
    ("How much does {} earn?", r"[$€£]|\b(?:earn|salary|paid|pay|income|wage|million|dollars)\w*"),
    ("How much did {} cost?", r"[$€£]|\b(?:cost|price|paid|pay|million|dollars|worth|spent)\w*"),
    ("How many people work for {}?", r"\b(?:employ|staff|worker|work)\w*"),
    ("What is the phone number of {}?", r"\d{3}"),
    ("Who founded {}?", r"\b(?:found|establish|creat|start|built|set up)\w*"),
    ("How did {} die?", r"\b(?:di(?:ed|es|e)|death|dead|kill\w*|murder\w*|suicide|executed|fatal\w*)\b"),
    ("Who owns {}?", r"\b(?:own|bought|acquir|belong|holding|possess)\w*"),
    ("What did {} study?", r"\b(?:stud|degree|university|college|school|educat|graduat|major)\w*"),
    ("Why did {} resign?", r"\b(?:resign|quit|left|leave|step|retire)\w*"),
    ("How many children does {} have?", r"\b(?:child|son|daughter|kid|father|mother|bab)\w*"),
    ("What is the population of {}?", r"\b(?:population|inhabitants|people|residents)\b"),
    ("What party does {} belong to?", r"\b(?:party|democrat|republican|conservative|labour|liberal)\w*"),
    ("How long will {} last?", r"\b(?:hour|day|week|month|year|minute|second)s?\b"),
    ("What is the salary of {}?", r"[$€£]|\b(?:earn|salary|paid|pay|income|wage)\w*"),
)
"""Questions about a name with what a passage says that answers them: where it says nothing like it, it does not."""
_AGED = (
    ("{}, {},", "bare"), ("{}, aged {},", "bare"), ("{} ({})", "bare"), ("{}, a {}-year-old engineer,", "bare"),
    ("{}, {} years old,", "bare"), ("{}, who is {},", "bare"),
)  # fmt: skip
_LASTING = (
    "{}, sentenced to {} years in prison,", "{}, who has {} years left to serve,", "{}, in office for {} years,",
    "{}, who was given {} years,", "{}, after {} years at the company,", "{}, a member for {} years,",
    "{}, jailed for {} years,", "{}, who spent {} years abroad,", "{}, banned for {} years,",
)  # fmt: skip
"""What is told in years and is no age."""
_AGE_ASKED = ("How old is {}?", "What is the age of {}?", "What age is {}?", "How old was {} at the time?")
_NAME = re.compile(r"(?<![.!?\w] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)*\b")
_NAMED = re.compile(r"\b[A-Z][a-z]+(?: [A-Z][a-z]+)+\b|(?<=[a-z,] )[A-Z][a-z]+\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_SENTENCE = re.compile(r"[^.!?]+(?:[.!?]+[\"”’')\]]*|$)\s*")
_WH = re.compile(
    r"^(?:who|what(?: (?:kind|type|sort) of)?(?: \w+)?|which \w+|when|where|how (?:many|much|old|long)(?: \w+)?)\b",
    re.IGNORECASE,
)
_MONTHS = WORDS["month"]
_DID = re.compile(r"^(When|Where|Why|How) (did|was|were|is|does|do|are) ")
_CUES = {
    "When": r"\d|\b(?:when|while|during|after|before|until|since|by|day|night|morning|week|month|year|time|century|"
    r"today|ago|early|late|once|later|then|first)\b",
    "Why": r"\b(?:because|since|due|so|to|for|as|reason|cause|thanks|after|in order|therefore|thus|if|that|but|"
    r"wanting)\b",
    "Where": r"\b(?:in|at|on|to|from|near|into|through|across|around|outside|over|under|where|there|here|of)\b",
}


NEAR = 12
"""Passages that are looked at for a rival of the one that answers."""


def _verbs() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _section("verbs"):
        pairs = [pair.split(":") for pair in re.findall(r"[a-z ]+?:[a-z ]+?(?= [a-z ]+?:|$)", line.strip())]
        for form in (0, 1):
            for pair in pairs:
                word = pair[form].strip()
                found.setdefault(word, []).extend(p[form].strip() for p in pairs if p[form].strip() != word)
    for line in _section("nouns"):
        words = line.split()
        for word in words:
            found.setdefault(word, []).extend(other for other in words if other != word)
            if not word.endswith("s"):
                found.setdefault(f"{word}s", []).extend(f"{other}s" for other in words if other != word)
    return found


Maker = Callable[[Example, random.Random], Example | None]
"""Makes a variant of an example, None where it has none."""
SYNONYMS = _verbs()
OPPOSITE = dict(pair.split(":") for pair in _section("opposites"))


def paraphrased(example: Example, rng: random.Random) -> Example | None:
    """The same question in which words are replaced by others of like meaning; None where it has no such word."""
    words = example.question.split()
    swappable = [i for i, word in enumerate(words) if SYNONYMS.get(word.strip("?,.").lower())]
    if not swappable:
        return None
    for i in swappable:
        bare = words[i].strip("?,.").lower()
        words[i] = words[i].lower().replace(bare, rng.choice(SYNONYMS[bare]))
    return replace(example, question=" ".join(words), kind=f"{example.kind}-paraphrased")


def in_place(example: Example, rng: random.Random) -> Example | None:
    """The sentence that answers as a question, its answer asked for where it stands, as a quiz asks."""
    match = _WH.match(example.question)
    if not match or not example.target.spans:
        return None
    start, end = example.target.spans[0]
    sentence = next((m for m in _SENTENCE.finditer(example.text) if m.start() <= start and end <= m.end()), None)
    if sentence is None or not 6 <= len(sentence.group().split()) <= 40:
        return None
    before, after = example.text[sentence.start() : start], example.text[end : sentence.end()].strip().rstrip(".!?")
    words = f"{before}{match.group().lower()} {after}".split()
    kept = [word for word in words if word.lower() in match.group().lower() or rng.random() > 0.12]
    cut = rng.randint(0, max(0, len(before.split()) - 4)) if rng.random() < 0.3 else 0
    question = " ".join(kept[cut:]) + "?"
    made = replace(example, question=question[:1].upper() + question[1:], kind=f"{example.kind}-in-place")
    return paraphrased(made, rng) or made


def removed(example: Example, rng: random.Random) -> Example | None:
    """The passage without the sentence that answers."""
    del rng
    (start, end), *_ = example.target.spans
    pieces = [m for m in _SENTENCE.finditer(example.text) if m.group().strip()]
    kept = [m for m in pieces if m.end() <= start or m.start() >= end]
    text = "".join(m.group() for m in kept).strip()
    answer = example.text[start:end].lower()
    if len(kept) < 2 or len(kept) == len(pieces) or answer in text.lower():
        return None
    return replace(example, text=text, target=Target((), relevant=True), kind="removed")


class Swapped:
    """Questions in which a name, number, year or month is another's, or two names have changed places."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._names = list(dict.fromkeys(n for e in examples for n in _NAMED.findall(e.question)))

    def __call__(self, example: Example, rng: random.Random) -> Example | None:
        question = example.question
        ways = [self._roles, self._opposite, self._number, self._name, self._name]
        rng.shuffle(ways)
        for way in ways:
            made = way(question, example.text, rng)
            if made and made != question:
                return replace(example, question=made, target=Target((), relevant=None), kind="swapped")
        return None

    def _name(self, question: str, text: str, rng: random.Random) -> str | None:
        found = _NAMED.findall(question)
        if not found:
            return None
        other = rng.choice(self._names)
        return None if other in text else question.replace(rng.choice(found), other)

    @staticmethod
    def _roles(question: str, text: str, rng: random.Random) -> str | None:
        del rng
        found = [name for name in dict.fromkeys(_NAMED.findall(question)) if name in text]
        if len(found) != 2 or re.search(rf"{found[0]} (?:and|or|with|versus|vs\.?) {found[1]}|between|both", question):
            return None
        return question.replace(found[0], "\0").replace(found[1], found[0]).replace("\0", found[1])

    @staticmethod
    def _number(question: str, text: str, rng: random.Random) -> str | None:
        found = _NUMBER.findall(question)
        months = [month for month in _MONTHS if month in question]
        if found:
            old = rng.choice(found).rstrip(".,")
            if not old.isdigit():
                return None
            new = str(max(1, int(old) + rng.choice([-7, -3, -2, -1, 1, 2, 3, 5, 8])))
        elif months:
            old, new = months[0], rng.choice([m for m in _MONTHS if m != months[0]])
        else:
            return None
        return None if new in text else question.replace(old, new)

    @staticmethod
    def _opposite(question: str, text: str, rng: random.Random) -> str | None:
        words = question.split()
        places = [i for i, word in enumerate(words) if word.strip("?,").lower() in OPPOSITE and i]
        if not places:
            return None
        place = rng.choice(places)
        bare = words[place].strip("?,")
        other = OPPOSITE[bare.lower()]
        if re.search(rf"\b{other}\b", text, re.IGNORECASE):
            return None
        words[place] = words[place].replace(bare, other)
        return " ".join(words)


def lacking(example: Example, rng: random.Random) -> Example | None:
    """A question about a name of the passage for something of which the passage says nothing."""
    found = list(dict.fromkeys(_NAMED.findall(example.text)))
    if not found:
        return None
    name, (template, cue) = rng.choice(found), rng.choice(LACKED)
    if re.search(cue, example.text, re.IGNORECASE):
        return None
    return replace(example, question=template.format(name), target=Target((), relevant=True), kind="lacking")


def aged(example: Example, rng: random.Random) -> Example | None:
    """An age put behind a name of the passage, and the question for it: the counterpart to `lacking`."""
    found = [m for m in _NAMED.finditer(example.text) if " " in m.group()]
    if not found:
        return None
    match, age = rng.choice(found), str(rng.randint(16, 95))
    told = rng.choice(_AGED)[0].format(match.group(), age)
    text = example.text[: match.start()] + told + example.text[match.end() :]
    start = match.start() + told.rindex(age)
    asked = rng.choice(_AGE_ASKED).format(match.group())
    return replace(example, question=asked, text=text, target=Target(((start, start + len(age)),)), kind="aged")


def lasting(example: Example, rng: random.Random) -> Example | None:
    """A number of years that is no age put behind a name of the passage, and the question how old that is."""
    found = [m for m in _NAMED.finditer(example.text) if " " in m.group()]
    if not found or re.search(LACKED[0][1], example.text):
        return None
    match = rng.choice(found)
    told = rng.choice(_LASTING).format(match.group(), rng.randint(2, 40))
    text = example.text[: match.start()] + told + example.text[match.end() :]
    asked = rng.choice(_AGE_ASKED).format(match.group())
    return replace(example, question=asked, text=text, target=Target((), relevant=True), kind="lasting")


def led_in(example: Example, rng: random.Random) -> Example | None:
    """The question behind another sentence of the passage, as a quiz tells what happened before it asks."""
    if not example.target.spans:
        return None
    start, end = example.target.spans[0]
    answer = example.text[start:end].lower()
    found = [m.group().strip() for m in _SENTENCE.finditer(example.text) if m.end() <= start or m.start() >= end]
    found = [one for one in found if 5 <= len(one.split()) <= 25 and answer not in one.lower()]
    if not found:
        return None
    return replace(example, question=f"{rng.choice(found)} {example.question}", kind=f"{example.kind}-led-in")


def other_kind(example: Example, rng: random.Random) -> Example | None:
    """The question with another question word, where the sentence that answered it says nothing of that kind."""
    match = _DID.match(example.question)
    if not match or not example.target.spans:
        return None
    start, end = example.target.spans[0]
    sentence = next((m for m in _SENTENCE.finditer(example.text) if m.start() <= start < m.end()), None)
    kinds = [kind for kind in _CUES if kind != match.group(1)]
    kind = rng.choice(kinds)
    if sentence is None:
        return None
    # The old answer is no answer to the new question, whatever words it holds.
    rest = example.text[sentence.start() : start] + example.text[end : sentence.end()]
    if re.search(_CUES[kind], rest, re.IGNORECASE):
        return None
    question = kind + example.question[len(match.group(1)) :]
    return replace(example, question=question, target=Target((), relevant=True), kind="other-kind")


def rivals(
    examples: Sequence[Example],
    vectors: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
    taken: Sequence[bool],
) -> dict[int, list[Example]]:
    """By the place of a question taken: it with each passage nearest to it that does not hold its answer.

    Nearest by our own retriever: `vectors` are those of the questions and of the passages of `examples`.
    """
    questions, passages = vectors
    own = {example.text: example for example in examples}
    place = {text: i for i, text in enumerate(own)}
    others = list(own.values())
    found: dict[int, list[Example]] = {}
    for begin in range(0, len(examples), 2048):
        wanted = [i for i in range(begin, min(begin + 2048, len(examples))) if taken[i]]
        near = np.argpartition(-(questions[wanted] @ passages.T), min(NEAR, len(passages) - 1), axis=1)[:, :NEAR]
        for row, i in enumerate(wanted):
            example = examples[i]
            answers = [example.text[s:e].lower() for s, e in example.target.spans]
            found[i] = [
                replace(others[j], question=example.question, target=Target((), relevant=False), kind="mined")
                for j in near[row].tolist()
                if j != place[example.text] and not any(answer in others[j].text.lower() for answer in answers)
            ]
    return found


def dressed(example: Example, rng: random.Random, titles: Sequence[str]) -> Example:
    """The example with a title and a date as often as they are there at query time."""
    title = example.title
    if not title and rng.random() < 0.45:
        first = example.text.split(". ")[0].split()
        title = " ".join(first[: rng.randint(4, 12)]) if rng.random() < 0.4 else rng.choice(titles)
    date = f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {rng.randint(2000, 2026)}" if rng.random() < 0.5 else ""
    return replace(example, title=title, date=(example.date or date) if date else "")
