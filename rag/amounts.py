"""The words and the numbers of a few words, whatever notation these have: "two dozen", "8.2 million", "-5 °C"."""

from __future__ import annotations

import re
import unicodedata

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: n for n, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_SCALES = {
    "dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "k": 1e3, "lakh": 1e5, "million": 1e6, "mn": 1e6, "crore": 1e7,
    "billion": 1e9, "bn": 1e9, "trillion": 1e12, "tn": 1e12,
}  # fmt: skip
_MEASURES = {
    name: (scale, unit)
    for names, scale, unit in (
        (("kilometre", "kilometres", "kilometer", "kilometers", "km"), 1e3, "metre"),
        (("metre", "metres", "meter", "meters"), 1.0, "metre"),
        (("mile", "miles"), 1609.344, "metre"),
        (("foot", "feet", "ft"), 0.3048, "metre"),
        (("tonne", "tonnes"), 1e3, "kilogram"),
        (("kilogram", "kilograms", "kg"), 1.0, "kilogram"),
        (("hour", "hours", "hr", "hrs"), 60.0, "minute"),
        (("minute", "minutes", "min", "mins"), 1.0, "minute"),
        (("percent", "pct"), 1.0, "percent"),
        (("dollar", "dollars"), 1.0, "dollar"),
        (("euro", "euros"), 1.0, "euro"),
        (("pounds",), 1.0, "pound"),
    )
    for name in names
}
_SAME_LETTERS = str.maketrans({"ı": "i", "İ": "i", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"})
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_SHORTENED = (
    (re.compile(r"\bU\.\s?S\.(?:\s?A\.)?|\bUSA?\b"), " united states "),
    (re.compile(r"\bU\.\s?K\.|\bUK\b"), " united kingdom "),
)
"""Names of countries that, in small letters, would be other words."""
_REWRITTEN = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"['’]s\b", ""),
        (r"\b([ap])\.\s?m\b\.?", r"\1m"),
        (r"%|\bper cent\b", " percent "),
        (r"([$€£]\s?[\d.,]+)\s*m\b|(?<=\d)m\b", r"\1 million "),
        (r"(?<=\d)\s+m\b", " metres "),
        (r"\$", " dollar "),
        (r"€", " euro "),
        (r"£", " pound "),
        (r"\bhalf an? (?=hundred|thousand|million|billion|trillion|dozen)", "0.5 "),
        (r"\ban hour\b", "1 hour"),
        (r"\b(hours?|days?|weeks?|months?|years?|miles?|tonnes?|million|billion) and a half\b", r" plushalf \1"),
        (r"\band a half\b", " plushalf "),
        (r"(?<![\w.,)])[-−](?=\d)", " minus "),
        (r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))(?<!\d{4}.)", ""),
    )
)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+", re.UNICODE)


def amounts(text: str) -> tuple[list[str], list[float]]:
    """The words of a text in small letters without accents, and its numbers in whole units."""
    words: list[str] = []
    numbers = _Numbers()
    minus = False
    for token in _TOKEN.findall(_plain(text)):
        if token[0].isdecimal():
            numbers.begin(-_digits(token) if minus else _digits(token), "digits")
        elif token in _NUMBERS:
            numbers.word(_NUMBERS[token], minus=minus)
        elif token in _SCALES:
            numbers.scale(_SCALES[token])
        elif token == "plushalf" and numbers.last:
            numbers.found[-1] += 0.5
        elif token in _MEASURES:
            scale, unit = _MEASURES[token]
            numbers.measure(scale)
            words.append(unit)
        elif token == "and":
            numbers.joined()
        elif token != "minus":
            words.append(token)
            numbers.last = ""
        minus = token == "minus"
    return words, [round(number, 6) for number in numbers.found]


class _Numbers:
    """The numbers of a text; `last` is what the newest ended with, empty where something else came after it."""

    def __init__(self) -> None:
        self.found: list[float] = []
        self.last = ""
        self._whole, self._part, self._most = 0.0, 0.0, 0.0

    def begin(self, number: float, kind: str) -> None:
        self.found.append(number)
        self._whole, self._part, self.last = 0.0, number, kind

    def word(self, number: int, *, minus: bool) -> None:
        """A number below a hundred: one more part of the newest ("twenty", "six") or another."""
        most = {"ten": 10.0, "hundred": 100.0, "thousand": self._most}.get(self.last, 0.0)
        kind = "ten" if number >= 20 else "one"
        if not 0 < number < most:
            self.begin(-number if minus else number, kind)
            return
        self._part += number
        self._keep(kind)

    def scale(self, scale: float) -> None:
        """A hundred, a thousand: how many, if a number stands before it."""
        if not self.last or (self.last == "thousand" and not self._part):
            self.begin(1.0, "one")
        self._part *= scale
        if scale > 100:
            self._whole, self._part, self._most = self._whole + self._part, 0.0, scale
        self._keep("thousand" if scale > 100 else "hundred" if scale == 100 else "")

    def measure(self, scale: float) -> None:
        if self.last:
            self.found[-1] *= scale
        self.last = ""

    def joined(self) -> None:
        """An "and": "two hundred and six" goes on, "twenty and six" does not."""
        if self.last not in ("hundred", "thousand"):
            self.last = ""

    def _keep(self, kind: str) -> None:
        self.found[-1] = self._whole + self._part
        self.last = kind


def _plain(text: str) -> str:
    plain = text
    if not text.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_SAME_LETTERS)))
        plain = unicodedata.normalize("NFC", bare)
    for pattern, by in _SHORTENED:
        plain = pattern.sub(by, plain)
    plain = plain.lower()
    for pattern, by in _REWRITTEN:
        plain = pattern.sub(by, plain)
    return plain


def _digits(token: str) -> float:
    plain = token.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", token) else token.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float("".join(c for c in plain if c.isdecimal()) or "nan")
