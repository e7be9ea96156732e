"""Whether words name countries: by the Unicode CLDR, and as news shortens their names."""

from __future__ import annotations

import re
from functools import lru_cache

_SHORTENED = (
    "USA", "US", "U.S.", "U.S.A.", "America", "UK", "U.K.", "Britain", "Great Britain", "England", "Scotland", "Wales",
    "Northern Ireland", "UAE", "Turkey", "Czech Republic", "Ivory Coast", "Burma", "Myanmar", "Bosnia", "Congo",
    "Macedonia", "East Timor", "Holland", "Palestine", "Gaza", "Soviet Union", "USSR", "Yugoslavia", "Czechoslovakia",
    "East Germany", "West Germany", "Hong Kong", "Macau",
)  # fmt: skip
_NONE = ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")
"""Codes of territories that are none: unions, the unknown one, those for tests."""
_CODE = re.compile(r"[A-Z]{2}")
_LARGE = re.compile(r"\b[A-ZÀ-ÖØ-Þ]\w*")
ROOT = 4
"""Letters that "Turkish" has in common with "Turkey"."""
_ADJECTIVE = re.compile(r".*(?:ish|an|ese|i|ic)$")


def countries(text: str) -> float:
    """1 of words that name a country ("Turkey", "the Turkish government"), 0.5 of what is one's, 0 where none is named.

    What is a country's: "Turkey's National Intelligence Organisation", "Turkish Airlines".
    """
    if _names().search(text):
        return 1.0
    rest, possessives = _names(possessive=True).subn("", text)
    others = _LARGE.findall(rest)
    strange = [word for word in others if word[:ROOT] not in _roots() or not _ADJECTIVE.match(word)]
    if len(strange) == len(others) and not possessives:
        return 0.0
    return 0.5 if strange else 1.0


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    from babel import Locale

    told = {name for code, name in Locale("en").territories.items() if _CODE.fullmatch(code) and code not in _NONE}
    return frozenset({name.replace("&", "and") for name in told} | told | set(_SHORTENED))


@lru_cache(maxsize=2)
def _names(*, possessive: bool = False) -> re.Pattern[str]:
    longest = sorted(_known(), key=lambda name: (-len(name), name))
    after = "" if possessive else "(?!['’]s)"
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w){after}")


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    return frozenset(name[:ROOT] for name in _known() if " " not in name and len(name) >= ROOT)
