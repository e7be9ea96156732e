"""What kind of answer a question asks for, and whether a sentence holds one that the question does not already."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from rag.countries import countries

Kind = Literal["name", "place", "country", "time", "number", "reason", "manner", "verdict", "thing"]

_TIME_NOUN = r"(?:year|years|date|day|days|month|time|week|century|decade|hour)"
_NUMBER_NOUN = r"(?:percentage|percent|number|price|age|amount|share|size|temperature|rate|cost|fine|salary|score|toll)"
_PLACE_NOUN = (
    r"(?:country|countries|city|cities|state|states|town|place|region|continent|nation|airport|village|location)"
)
_NAME_NOUN = (
    r"(?:person|people|company|companies|team|teams|politician|president|actor|actress|singer|player|agency|"
    r"agencies|organi[sz]ation|party|group|newspaper|outlet|journalist|athlete|artist|author|bank|brand|movie|film|"
    r"show|song|album|book|airline|university|star|celebrity|governor|senator|minister|leader|official|judge|ceo)"
)
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("time", rf"\bwhen\b|\b(?:what|which)\s+(?:\w+\s+)?{_TIME_NOUN}\b|\bhow\s+(?:long ago|soon)\b"),
    (
        "number",
        r"\bhow\s+(?:many|much|old|long|far|tall|big|large|high|fast|often|heavy|deep|wide|expensive)\b",
    ),
    ("number", rf"\b(?:what|which)(?:\s+(?:was|is|were|are))?(?:\s+the)?\s+(?:\w+\s+)?{_NUMBER_NOUN}\b"),
    (
        "reason",
        r"\bwhy\b|\bhow come\b|\bwhat (?:is|was|are|were) the reasons?\b|\bwhat\s+(?:caused|prompted|led to)\b|"
        r"\bfor what reason\b",
    ),
    ("name", r"\b(?:who|whom|whose)\b"),
    ("country", r"\b(?:what|which)\s+(?:[\w-]+\s+){0,2}(?:country|countries|nations?)\b(?!['’]s)"),
    ("place", rf"\bwhere\b|\b(?:what|which)\s+(?:\w+\s+){{0,2}}{_PLACE_NOUN}\b"),
    ("name", rf"\b(?:what|which)\s+(?:\w+\s+){{0,3}}{_NAME_NOUN}\b"),
    ("manner", r"^\W*(?:and\s+)?how\b"),
    (
        "verdict",
        r"^\W*(?:and |so |but )?(?!(?:\w+ ){1,4}(?:tell|say|said|told|know|known|clear|explain|give)(?: me| us)?,? "
        r"(?:who|what|which|when|where|why|how)\b)(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)\b",
    ),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_NO_PLURAL = (
    r"was|is|this|his|has|does|news|us|years?|series|across|business|process|status|gas|lens|canvas|christmas|causes|"
    r"happens|makes|means|drives|says|counts|remains|matters|comes|explains|takes|gives|keeps|brings|leads|triggers"
)
_PLURAL = (
    rf"(?!(?:{_NO_PLURAL})\b)(?:(?-i:[a-z]\w*[^su\W]s)|\w*(?:ies|people|men|women|children))"
    r"\s+(?!(?:is|was|has|does)\b)"
)
_SEVERAL = re.compile(
    # "Which museums", "which US museums", but neither "which museum keeps the" nor "which visitor likes Lisse".
    rf"\b(?:which|what)\s+(?:{_PLURAL}|(?:\w+\s+){{1,2}}?{_PLURAL}(?!(?:the|an?|its|his|her|their)\b|(?-i:[A-Z])))|"
    # "Who was freed?", "Who was hurt in Lisse?", but not "Who was elected mayor?": there may be many.
    r"\bwho\s+(?:was|got|has been)\s+(?:\w+ed|shot|hurt|held|hit|taken|sent|found|caught|let go|set free|left)"
    r"(?=\s*(?:\?|$|(?:in|on|from|at|during|this|last|today|yesterday|after|by|when|along|together|with)\b))|"
    r"\bwho\s+(?:are|were)\b|^\W*(?:list|name)\s+(?:the|all|some)\b|\bnames of\b",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_TIME = re.compile(
    rf"\b(?:1[5-9]|20)\d\ds?\b|\b{_MONTH}\.?\s+\d|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b|\b(?:mon|tues|wednes|"
    r"thurs|fri|satur|sun)day\b|\b(?:yesterday|today|tonight|tomorrow|midnight|noon)\b|\b\d{1,2}(?::\d\d)?\s?[ap]\.?m\b|"
    r"\b(?:last|next|this|earlier|later)\s+(?:week|month|year|spring|summer|autumn|fall|winter|morning|night)\b|"
    rf"\b(?:ago|century|january|february|march|april|june|july|august|september|october|november|december)\b|"
    r"\b\d{1,2}[:.]\d\d\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?<!\w)(?<!\w-)\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:hundred|thousand|million|billion|trillion|dozen)s?|"
    r"half|third|quarter|twice|once|both|none|several|pair)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|after|as a result|amid|following|thanks to|for fear|over|"
    r"accus\w+|blam\w+|cit(?:ed|ing)|reason\w*|caus\w+|prompt\w+|led to|to (?:avoid|prevent|protect|help|make|ensure|"
    r"allow|keep|give|save|stop|reduce|let))\b|\bas (?:the|a|he|she|they|it)\b",
    re.IGNORECASE,
)
_SAID_ON = re.compile(
    r"\b(?:said|says|told|announced|wrote|added|confirmed|reported|stressed|warned)\b(?:\s+\w+){0,3}?\s+"
    r"(?:on\s+\w+day|yesterday|today|earlier|late(?:r)?)\b",
    re.IGNORECASE,
)
"""When something was said is not when it happened."""
_MANNER = re.compile(r"\b(?:by|through|via|using|with|thanks to|so that|under|in exchange)\b", re.IGNORECASE)
_PLACE_LEAD = re.compile(r"\b(?:in|at|from|to|near|outside|across|off|of|into|through|around)\s+(?:the\s+)?[A-Z]")
_NAME = re.compile(r"\b[A-ZÀ-ÖØ-Þ][\w’'.-]*\w|\b[A-Z]{2,}\b")
_WORDS = re.compile(r"\w+")
_NO_NAMES = frozenset((
    "i", "he", "she", "it", "we", "they", "you", "him", "her", "them", "his", "its", "their", "our", "your", "who",
    "whom", "this", "that", "these", "those", "nobody", "everyone", "someone", "nothing", "none", "both", "all",
    "another", "others",
))  # fmt: skip
"""Words that stand for names and are none, however they are written."""


def kind_of(question: str) -> Kind:
    """The kind of answer a question asks for, by its first question word; "thing" where there is none."""
    found = (
        (match.start(), n, kind) for n, (kind, pattern) in enumerate(_KINDS) if (match := pattern.search(question))
    )
    return min(found, default=(0, 0, "thing"))[2]


def asks_for_several(question: str) -> bool:
    """Whether a question asks for a list."""
    return bool(_SEVERAL.search(question))


def names(text: str) -> list[str]:
    """Capitalised words that are not merely the first of a sentence, in order."""
    found: list[str] = []
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip(" \"“‘'(")
        if (before and before[-1] not in ".!?:…") or (match.group().isupper() and len(match.group()) > 1):
            found.append(match.group())
    return found


def shows(kind: Kind, sentence: str, known: Collection[str]) -> float:
    """1 if the sentence holds something of that kind, 0 if not, 0.5 where that cannot be told.

    `known` are the question's words in lower case: a name that the question gave is no answer to it.
    """
    if kind in ("name", "place", "country"):
        fresh = [name for name in _NAME.findall(sentence) if not _is_known(name, known)]
        inner = [name for name in names(sentence) if not _is_known(name, known)]
        if kind != "name" and not _PLACE_LEAD.search(sentence):
            return 0.5 if inner else 0.0
        return 1.0 if inner else 0.5 if len(fresh) > 1 else 0.0
    pattern = {"time": _TIME, "number": _COUNT, "reason": _REASON, "manner": _MANNER}.get(kind)
    if pattern is None:
        return 0.5
    fresh_text = " ".join(word for word in sentence.split() if word.lower().strip(".,;:!?\"'“”") not in known)
    if kind == "time":
        fresh_text = _SAID_ON.sub(" ", fresh_text)
    return 1.0 if pattern.search(fresh_text) else 0.0


def is_of(kind: Kind, answer: str, known: Collection[str]) -> float:
    """As `shows`, for a few words that stand alone: "Lisbon" is a name and a place though no word leads to it."""
    shown = shows(kind, f"it was in {answer}", known)
    return min(shown, countries(answer)) if kind == "country" else shown


def is_pronoun(text: str) -> bool:
    """Whether words only stand for a name."""
    return all(word in _NO_NAMES for word in _WORDS.findall(text.lower()))


def _is_known(name: str, known: Collection[str]) -> bool:
    return all(word.lower() in known or word.lower() in _NO_NAMES for word in _WORDS.findall(name))
