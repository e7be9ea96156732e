"""Whether words name countries: by the Unicode CLDR, and as news shortens their names."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.peoples import adjectives

_SHORTENED = (
    "USA", "US", "U.S.", "U.S.A.", "America", "UK", "U.K.", "Britain", "Great Britain", "England", "Scotland", "Wales",
    "Northern Ireland", "UAE", "Turkey", "Czech Republic", "Ivory Coast", "Burma", "Myanmar", "Bosnia", "Congo",
    "Macedonia", "East Timor", "Holland", "Palestine", "Gaza", "Soviet Union", "USSR", "Yugoslavia", "Czechoslovakia",
    "East Germany", "West Germany", "Hong Kong", "Macau", "Vatican", "Korea", "Trinidad",
)  # fmt: skip
_SPELLINGS = {
    **dict.fromkeys(("USA", "US", "U.S.", "U.S.A.", "America"), "United States"),
    **dict.fromkeys(("UK", "U.K.", "Britain", "Great Britain"), "United Kingdom"),
    "UAE": "United Arab Emirates", "Türkiye": "Turkey", "Burma": "Myanmar", "Myanmar (Burma)": "Myanmar",
    "Holland": "Netherlands", "Czech Republic": "Czechia", "Ivory Coast": "Côte d'Ivoire", "Macau": "Macao",
    "Vatican": "Vatican City", "USSR": "Soviet Union",
}  # fmt: skip
_NONE = ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")
"""Codes of territories that are none: unions, the unknown one, those for tests."""
_CODE = re.compile(r"[A-Z]{2}")
_COMPASS = re.compile(r"\b(?:North|South|East|West|Central)(?:ern)?\b")
_LARGE = re.compile(r"\b[A-ZÀ-ÖØ-Þ]\w*")
_ANOTHER = re.compile(
    r"(?:(?<!\w)(?!(?:The|In|From|And|Or|To|By|But|Both|With|For|(?:North|South|East|West|Central)(?:ern)?)\b)"
    r"[A-Z][\w.]*|\b(?:Gulf|Bay|Bank|Sea|Strait|University)\s+of)\s+$"
)
"""What makes another name of a country's behind it: "Michael Jordan", "the Gulf of Mexico"."""
_OWNED = re.compile(r"['’]s|\s+[A-Z]")
"""What makes it the name of something of the country: "Turkey's", "Mexico City"."""


def countries(text: str) -> float:
    """1 of words that name a country ("Turkey", "the Turkish government"), 0.5 of what is one's, 0 where none is named.

    What is a country's: "Turkey's National Intelligence Organisation", "Turkish Airlines".
    """
    owned = False
    for name in _names().finditer(text):
        if _ANOTHER.search(text[: name.start()]):
            continue
        if not _OWNED.match(text, name.end()):
            return 1.0
        owned = True
    large = _LARGE.findall(_names().sub("", _COMPASS.sub("", text)))
    of_countries = [word for word in large if word.lower() in adjectives()]
    if of_countries and len(of_countries) == len(large) and not owned:
        return 1.0
    return 0.5 if owned or of_countries else 0.0


def country(text: str) -> str:
    """The country whose name a text is, with nothing besides, in one spelling of several; empty where it is none."""
    plain = text.strip().removeprefix("the ").removeprefix("The ").replace("’", "'")
    return _SPELLINGS.get(plain, plain) if plain in known() else ""


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The names of countries and territories."""
    from babel import Locale

    told = {name for code, name in Locale("en").territories.items() if _CODE.fullmatch(code) and code not in _NONE}
    told |= {name.replace("&", "and").replace("’", "'").replace("St.", "Saint") for name in told}
    return frozenset(told | set(_SHORTENED))


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    longest = sorted(known(), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
