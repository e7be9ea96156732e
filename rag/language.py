"""Which language a text is in, as ISO 639 codes: 639-1 where there is one, 639-3 elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from rag.analysis import ENGLISH, analysis
from rag.disk import storage_errors
from rag.stopwords import FUNCTION_WORDS

LEAD = 3.0
"""How many times likelier than English another language must be for a question to count as asked in it."""
_SAME = {
    "nb": "no", "nn": "no", "ary": "ar", "arz": "ar", "wuu": "zh", "yue": "zh", "hbo": "he", "pcm": "en",
    "iw": "he", "in": "id", "ji": "yi", "gug": "gn", "kik": "ki",
}  # fmt: skip
"""Codes for which another stands here: old ones, and varieties that are written, or analysed, as another."""
_NONE = frozenset(("und", "zxx", "mul", "mis"))


def plain_code(tag: str) -> str | None:
    """The code of a tag such as `en-GB`; None for a tag that names no language."""
    primary = tag.strip().replace("_", "-").split("-", 1)[0].lower()
    code = _SAME.get(primary, primary)
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) and code not in _NONE else None


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    # It unpacks its model into the folder for temporary files.
    with storage_errors("loading what tells languages"):
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def likelihoods(text: str) -> dict[str, float]:
    """How likely each language is, from 0 to 1, likeliest first; about equal where the text says nothing."""
    found: dict[str, float] = {}
    for name, chance in _identifier().rank(text):
        code = _SAME.get(name, name)
        if code not in _NONE:
            found[code] = found.get(code, 0.0) + float(chance)
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def asked_in(question: str, held: Collection[str]) -> str:
    """The language of a question: one of those that a library holds, or English unless another is clearly likelier."""
    others = [code for code in held if code not in ("", ENGLISH)]
    if not others:
        return ENGLISH
    chances = likelihoods(question)
    best = max(others, key=lambda code: chances.get(code, 0.0))
    if chances.get(best, 0.0) <= LEAD * chances.get(ENGLISH, 0.0):
        return ENGLISH
    # A foreign name sways so short a text; the small words around it do not err.
    return ENGLISH if _small_words(question, ENGLISH) > _small_words(question, best) else best


def _small_words(question: str, language: str) -> float:
    """How many of a question's words are stop words of a language; half of them where its stop words are not known."""
    how = analysis(language)
    every = len(how.terms(question))
    known = language == ENGLISH or language in FUNCTION_WORDS
    return every - len(how.content(question)) if known else every / 2
