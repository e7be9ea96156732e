"""How an answer string is compared with text: folded, and on word boundaries."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """`text` in NFKC and casefolded, with punctuation and symbols as spaces and single spaces between words.

    Accents are kept.  Format characters (soft hyphen, zero-width joiner) are dropped, since scraped pages put
    them inside words.  Idempotent.  Follows the normalisation of SQuAD's evaluation (Rajpurkar et al., EMNLP
    2016), but keeps articles, which can be part of a name, and separates at punctuation instead of joining.
    """
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(_fold_character(character) for character in cased).split())


def contains(text: str, answers: tuple[str, ...]) -> bool:
    """Whether one of `answers`, folded, stands on word boundaries in `text`, folded.

    An answer that folds to nothing is contained nowhere.  Words are what spaces and punctuation separate: in
    a script without spaces an answer counts only where punctuation surrounds it.
    """
    padded = f" {fold(text)} "
    return any(f" {answer} " in padded for answer in map(fold, answers) if answer)


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category[0] in "PSZC" else character
