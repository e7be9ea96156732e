"""Short names that articles explain: "National Intelligence Organisation (MIT)" makes "the MIT" the same as the name.

After Schwartz and Hearst (PSB 2003): a short name in brackets stands for the words before it that have its initials.
Where they have others, as in another language, it stands for the whole name before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rag.same import Key, key, same

FOREIGN = 3
"""Capitals that a short name must have, and nothing else, where the name has other initials."""
REACH = 120
"""Characters before a short name in which its name is looked for."""
_SHORT = re.compile(r"\s\(([A-Z][A-Za-z&.]{1,7})\)(?!\s*[-–—])")
_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’.&-]*"
_NAME = re.compile(rf"(?<![\w'’.&-]){_WORD}(?:\s+(?:(?:of|for|the|and|de|du|des|der|von|in|on)\s+){{0,2}}{_WORD})*$")
_LAST = re.compile(r"\b[A-Z][A-Za-z&.]*[A-Za-z](?=\W*$)")
_ORGANISED = re.compile(
    r"\b(?:\w+i[sz]ation|service|agency|ministry|department|party|union|council|committee|commission|bureau|office|"
    r"authority|force|forces|police|army|guard|corps|front|movement|league|federation|association|institute|"
    r"directorate|administration|bank|fund|court|centre|center|group|company|corporation|university|society|board)\b",
    re.IGNORECASE,
)
"""What a name must hold to have a short name in another language: a person before "(USA)" is none."""
READ = 12_000
"""Characters of an article in which short names are looked for: they are explained where they are first used."""
Aliases = Mapping[str, str]
"""The name for which a short name stands."""


def aliases(texts: Iterable[str]) -> Aliases:
    """The short names that texts explain; those that they explain in different ways are left out."""
    found: dict[str, str] = {}
    unclear: set[str] = set()
    for text in texts:
        for match in _SHORT.finditer(text, 0, READ):
            short = match.group(1)
            name = _meant(text[max(0, match.start() - REACH) : match.start()], short)
            if name and not same(key(found.setdefault(short, name)), key(name)):
                unclear.add(short)
    return {short: name for short, name in found.items() if short not in unclear}


def initials(names: Iterable[str]) -> Aliases:
    """Names of several words by their initials, where no other has the same."""
    found: dict[str, str] = {}
    for name in names:
        words = [word for word in name.split() if word[0].isupper() and word != "The"]
        short = "".join(word[0] for word in words)
        if len(words) >= FOREIGN and not same(key(found.setdefault(short, name)), key(name)):
            found[short] = ""
    return {short: name for short, name in found.items() if name}


def explained(text: str, known: Aliases) -> Key:
    """What an answer is compared by, a short name at its end as the name: "its service, the MIT", no "MIT rival"."""
    return key(_LAST.sub(lambda match: known.get(match.group(), match.group()), text))


def _meant(before: str, short: str) -> str:
    """The name at the end of a text for which a short name stands; empty where there is no such name."""
    name = _NAME.search(before)
    letters = [letter.lower() for letter in short if letter.isupper()]
    if name is None or len(letters) < 2:
        return ""
    words = name.group().split()
    for first in range(len(words) - 1, -1, -1):
        small = [word[0].lower() for word in words[first:]]
        large = [word[0].lower() for word in words[first:] if word[0].isupper()]
        if letters in (small, large):
            return " ".join(words[first:])
    foreign = FOREIGN <= len(letters) == len(short) and len(words) > 1 and _ORGANISED.search(name.group())
    return name.group() if foreign else ""
