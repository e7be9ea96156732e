"""The language of an article: from its text, with what it claims for itself as a hint."""

from __future__ import annotations

import re

from rag.language import likelihoods, plain_code

LOOKED_AT = 600
"""Characters of a text that are looked at; a longer one is looked at in three places."""
LEAST_BYTES = 20
"""Letters, in bytes of UTF-8, that a text must have to be judged: 20 of Latin, 10 of Cyrillic, 7 of Chinese."""
SURE = 0.8
PLAUSIBLE = 0.1
"""A claimed language that is at least so likely is believed."""
POSSIBLE = 0.001
"""One less likely than this is not, however little the text says otherwise."""
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\S+@\S+")


def detect(text: str, claimed: str | None = None) -> str | None:
    """The ISO 639 code of a text's language; None for one that is too short or mixed to tell and claims none.

    `claimed` is the language that a page or file names for itself, as a code or a tag such as `pt-BR`: believed where
    the text does not speak against it.  Works offline, and says the same each time.
    """
    hint = plain_code(claimed) if claimed else None
    chances = [likelihoods(place) for place in _places(text)]
    if not chances:
        return hint
    means = {code: sum(one.get(code, 0.0) for one in chances) / len(chances) for code in chances[0]}
    best = max(means, key=lambda code: means[code])
    if hint is not None and means.get(hint, 1.0) >= PLAUSIBLE:
        return hint
    # A text of which a third is in another language still is in its own; a list of names is in none.
    sure = sum(one[best] >= SURE for one in chances)
    against = sum(max(one.values()) >= SURE > one[best] for one in chances)
    if sure and sure >= 2 * against:
        return best
    return hint if hint is not None and means.get(hint, 1.0) >= POSSIBLE else None


def _places(text: str) -> list[str]:
    """The parts of a text to look at, those with too few letters left out."""
    third = LOOKED_AT // 3
    middle = (len(text) - third) // 2
    parts = [text] if len(text) <= LOOKED_AT else [text[:third], text[middle : middle + third], text[-third:]]
    return [part for part in map(_without_addresses, parts) if _letters(part) >= LEAST_BYTES]


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text)


def _letters(text: str) -> int:
    return len("".join(filter(str.isalpha, text)).encode("utf-8", "replace"))
