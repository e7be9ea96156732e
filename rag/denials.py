"""Where a text takes a statement back: "not twelve", "an earlier version of this article said that five"."""

from __future__ import annotations

import re

from rag.same import key

REACH = 160
"""Characters before a value in which it is said to be an earlier one."""
_SMALL = r"(?:(?:the|an?|by|in|at|on|from|to|as|of|about|some)\s+){0,2}[$€£]?"
_NOT = re.compile(
    rf"\b(?:not(?!\s+(?:only|just|merely|least|yet)\b)|rather than|instead of|contrary to|as opposed to)\s+{_SMALL}",
    re.IGNORECASE,
)
_CUE = (
    r"\b(?:(?:earlier|previous|original|first) (?:versions?|reports?|articles?|stor(?:y|ies)|editions?)|misstated|"
    r"(?:incorrectly|wrongly|erroneously|mistakenly|falsely) (?:said|stated|reported|gave|put|described|listed|named)|"
    r"misidentified)\b"
)
_WRONG = re.compile(rf"{_CUE}(?:(?!\b(?:but|in fact|actually|correct|later)\b)[^;.])*", re.IGNORECASE)
_RIGHT = r"(?:the|its) (?:right|correct|actual|true|real) (?:\w+ ){1,2}(?:is|was|are|were)\b"
_INSTEAD = re.compile(_RIGHT, re.IGNORECASE)
_CORRECTED = re.compile(rf"\W*{_RIGHT}", re.IGNORECASE)
"""At the beginning of the sentence after one that is taken back."""
_TAKEN_BACK = re.compile(rf"([^.!?\n]*)[.!?]\s+{_RIGHT}", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:not|never|earlier|previous(?:ly)?|first|wrong(?:ly)?|incorrect(?:ly)?)\b", re.IGNORECASE)
"""In a question that may ask for just what was taken back."""


def asks_for_denied(question: str) -> bool:
    """Whether a question may ask for what a text takes back."""
    return bool(_ASKED.search(question))


def denied(before: str, following: str) -> bool:
    """Whether a value is taken back, by what its sentence says before it and by the text after its sentence."""
    near = before[-REACH:]
    ends = (found.end() for pattern in (_NOT, _WRONG) for found in pattern.finditer(near))
    return len(near) in ends or bool(_CORRECTED.match(following))


def corrects(sentence: str, text: str, value: str) -> bool:
    """Whether a sentence says what is right instead of a value that the text around it takes back."""
    return bool(_INSTEAD.search(sentence) or denies(sentence, value)) and denies(text, value)


def denies(text: str, value: str) -> bool:
    """Whether a text says that it is not that value."""
    meant = key(value)
    parts = [re.split(r"[,;.](?!\d)|\s(?:but|and)\s", text[found.end() : found.end() + REACH], maxsplit=1)[0]
             for found in _NOT.finditer(text)]  # fmt: skip
    parts += [found.group() for found in _WRONG.finditer(text)]
    parts += [found[1][-REACH:] for found in _TAKEN_BACK.finditer(text)]
    held = map(key, parts)
    if meant.numbers:
        return any(meant.numbers <= one.numbers for one in held)
    return bool(meant.words) and any(meant.words <= one.words for one in held)
