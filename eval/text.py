"""How an answer string is compared with text."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class _Folding(dict[int, str | None]):
    """What each code point becomes; worked out when it is first met, since a page repeats few of them."""

    def __missing__(self, code: int) -> str | None:
        category = unicodedata.category(chr(code))
        self[code] = folded = None if category == "Cf" else " " if category[0] in "PSZC" else chr(code)
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """`text` in NFKC and casefolded, with punctuation and symbols as spaces and single spaces between words.

    Accents are kept.  Format characters (soft hyphen, zero-width joiner) are dropped, since scraped pages put
    them inside words.  Idempotent.  Follows the normalisation of SQuAD's evaluation (Rajpurkar et al., EMNLP
    2016), but keeps articles, which can be part of a name, and separates at punctuation instead of joining.
    """
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(cased.translate(_FOLDING).split())


def contains(text: str, answers: tuple[str, ...]) -> bool:
    """Whether one of `answers`, folded, stands on word boundaries in `text`, folded.

    An answer that folds to nothing is contained nowhere.  Words are what spaces and punctuation separate: in
    a script without spaces an answer counts only where punctuation surrounds it.
    """
    padded = f" {fold(text)} "
    return any(f" {answer} " in padded for answer in map(fold, answers) if answer)


def squad_normal(text: str) -> str:
    """`text` as SQuAD's evaluation compares it: lower case, no ASCII punctuation, no articles, single spaces.

    Source: evaluate-v2.0.py of SQuAD 2.0 (Rajpurkar et al., ACL 2018).
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, answers: Iterable[str]) -> float:
    """1 where the prediction equals an answer after `squad_normal`, else 0; no answer at all is the answer ""."""
    return float(any(squad_normal(prediction) == squad_normal(answer) for answer in _golds(answers)))


def token_f1(prediction: str, answers: Iterable[str]) -> float:
    """The best F1, over the answers, of shared words after `squad_normal`; 1 or 0 where either side is empty."""
    return max(_f1(squad_normal(prediction).split(), squad_normal(answer).split()) for answer in _golds(answers))


def _golds(answers: Iterable[str]) -> list[str]:
    """The answers that are not empty after normalisation; SQuAD 2.0 takes "" where there is none."""
    return [answer for answer in answers if squad_normal(answer)] or [""]


def _f1(prediction: list[str], gold: list[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    shared = (Counter(prediction) & Counter(gold)).total()
    return 2 * shared / (len(prediction) + len(gold))
