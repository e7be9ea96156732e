"""Texts to index terms, by language.

English has the terms that it always had.  The terms of other languages begin with a key that no English term holds, so
that equal words of two languages stay apart while all are in one field, whose statistics they share.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag.stopwords import FUNCTION_WORDS, STOPWORDS

ENGLISH = "en"
KEY_END = ":"
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "eo": "esperanto",
    "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_KEPT_AS = {"bs": "sr", "hr": "sr"}
"""Languages with the terms of another, from which nobody could tell a short text in them."""
_LISTED = frozenset(("da", "de", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ru", "sv"))
"""Languages of which tantivy has Snowball's list of stop words."""
_FOLDED = frozenset(("ca", "es", "fr", "it", "nl", "pt", "ro"))
"""Languages in which people leave accents out when they type; elsewhere the marks make other letters."""
_PAIRED = frozenset(("ja", "km", "ko", "lo", "my", "th", "zh"))
"""Languages without spaces between words, and Korean, which writes its particles together with them."""
_DOTLESS = str.maketrans({"I": "ı", "İ": "i"})
_PERSIAN = str.maketrans({"ي": "ی", "ك": "ک", "ـ": "", **{chr(mark): "" for mark in range(0x64B, 0x653)}})
_RESPELT: dict[str, dict[int, str]] = {
    "az": _DOTLESS,
    "fa": _PERSIAN,
    "tr": _DOTLESS,
    "uk": str.maketrans({"ʼ": "'"}),
    "ur": _PERSIAN,
}
"""Letters of a language that are written in more than one way, or have a lower case of their own."""
_WORD = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*"
_LONGEST = 120
"""Bytes of the longest word, but for English: 40 would be 20 letters of Cyrillic, and compounds are long."""
_RUNS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_PAIRABLE = re.compile(rf"[{_RUNS}]+|(?:(?![{_RUNS}])[^\W_])+")
_IN_RUN = re.compile(rf"[{_RUNS}]")


@dataclass(frozen=True, slots=True)
class Analysis:
    """How the texts of a language become terms: `terms` gives all, `content` those that are no stop words, in order.

    `key` is what the terms begin with, empty for English.
    """

    key: str
    terms: Callable[[str], list[str]]
    content: Callable[[str], list[str]]


def analyzer() -> Any:
    """English words, lower case, without accents, stemmed; the same for articles and questions."""
    import tantivy

    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(40),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


@lru_cache(maxsize=256)
def analysis(language: str) -> Analysis:
    """The analysis of a language by ISO 639 code; "", for a text of which none is known, is analysed as English."""
    if language in ("", ENGLISH):
        found = analyzer().analyze
        return Analysis("", found, lambda text: [term for term in found(text) if term not in STOPWORDS])
    return _paired(language) if language in _PAIRED else _spaced(_KEPT_AS.get(language, language))


def _spaced(language: str) -> Analysis:
    """Words with spaces between them, lower case, stemmed where there is a stemmer."""
    stemmer = STEMMERS.get(language)
    key = (language if stemmer else "word") + KEY_END
    respelt = _RESPELT.get(language, {})

    def analysed(chain: Any, text: str) -> list[str]:
        words = chain.analyze(unicodedata.normalize("NFC", text).translate(respelt))
        stems = _stemmed(words, stemmer) if stemmer else words
        # After the stemmer, which needs the accents.
        return [key + (_without_accents(stem) if language in _FOLDED else stem) for stem in stems]

    every, content = _words(), _words(language)
    return Analysis(key, lambda text: analysed(every, text), lambda text: analysed(content, text))


def _words(without: str | None = None) -> Any:
    """The chain that finds words, leaving out the stop words of a language."""
    import tantivy

    steps = [tantivy.Filter.remove_long(_LONGEST), tantivy.Filter.lowercase()]
    if without in _LISTED:
        steps.append(tantivy.Filter.stopword(STEMMERS[without]))
    if without in FUNCTION_WORDS:
        steps.append(tantivy.Filter.custom_stopword(sorted(FUNCTION_WORDS[without])))
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
    for step in steps:
        builder = builder.filter(step)
    return builder.build()


def _stemmed(words: list[str], stemmer: str) -> list[str]:
    from Stemmer import Stemmer  # type: ignore[import-not-found]

    # One for each call, which costs a microsecond: a stemmer must not be used by two threads at once.
    stems: list[str] = Stemmer(stemmer, 0).stemWords(words)
    return stems


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def _paired(language: str) -> Analysis:
    """Overlapping pairs of characters where words are not set apart; other scripts in such texts as whole words."""
    key = "pair" + KEY_END
    common = frozenset(pair for word in FUNCTION_WORDS.get(language, ()) for pair in _pairs(word))

    def content(text: str) -> list[str]:
        return [key + pair for pair in _pairs(text) if pair not in common]

    return Analysis(key, lambda text: [key + pair for pair in _pairs(text)], content)


def _pairs(text: str) -> list[str]:
    found: list[str] = []
    for run in _PAIRABLE.findall(unicodedata.normalize("NFKC", text).lower()):
        if len(run) > 1 and _IN_RUN.match(run):
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
        elif len(run.encode()) <= _LONGEST:
            found.append(run)
    return found


def elsewhere(question: str, asked: str, language: str) -> list[str]:
    """The terms by which articles in another language than a question's are found: those of its names and numbers.

    Stop words of both are left out: the German "war" is no war.
    """
    own = analysis(asked).content
    told = " ".join(word for word in question.split() if own(word))
    return analysis(language).content(told)
