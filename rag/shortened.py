"""Questions of a few words, "Why?", "Who else?" or "What about X?": the question before, asked anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.referents import Kind, Referent, Token, answered_as, pick, referents_of, tokens_of
from rag.types import Answer
from rag.wording import (
    ADVERBIAL,
    ARTICLES,
    AT_A_TIME,
    AUX,
    BASES,
    BE,
    DO,
    FUNCTION,
    HAVE,
    LEAD,
    PLURAL_OF,
    PREPOSITIONS,
    PRONOUNS,
    SAYING,
    SEVERAL_SENTENCES,
    TIME,
    WH,
    dated,
    infinitive,
    is_past,
    is_plural,
    is_verb,
)

WORDY = 25
"""Words above which a question is not asked anew."""

_BARE = re.compile(
    r"^(?P<wh>why|how come|when|where|how|how often|how long|since when|until when|from where|(?:in|on) (?:what|which) "
    r"(?:year|month|day|date|city|country|town|place)|by whom|with whom)(?: exactly| though)?"
    r"(?: (?P<aux>is|was|were|did|does) (?P<what>that|this|it)(?P<tail> happen| occur| take place| so| happening)?)?"
    r"(?: exactly)?$",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(
    r"^(?:says who|according to who(?:m)?|who (?:says|said|claims|claimed)(?: (?:so|that|this|it))?)$", re.I
)
_ELSE = re.compile(r"^(?:(?:who|what|where|when|why|anyone|anybody|anything) else|which others?)$", re.I)
_ABOUT = re.compile(
    r"^(?:(?:and|but|so|or),?\s+)?(?:(?:what|how)\s+about|and|or)\s+(?P<part>.+)$|^(?P<bare>(?:in|on|at|since|of)\s.+)$",
    re.I,
)


def reasked(text: str, previous: Answer) -> str | None:
    """ "Why?" or "And when was that?": the question before asked anew with other question words."""
    if _SAYS_WHO.match(text):
        return _asked_with("According to whom", previous)
    found = _BARE.match(text)
    if found is None:
        return None
    wh, aux, tail = found["wh"], found["aux"], (found["tail"] or "").strip()
    if aux and (tail not in {"so", ""} or wh.lower() in {"when", "where"}):
        event = pick("event", "", [previous], ())
        if event is not None:
            return f"{wh} {aux} {event.text} {tail.removesuffix('so')}"
    if aux and ((found["what"].lower() == "it" and not tail) or wh.lower() == "how"):
        return None
    wh = "Why" if wh.lower() == "how come" else wh
    asked = tokens_of(previous.question)
    if not asked or (asked[0].low == wh.lower() and len(asked) > 1 and asked[1].low in AUX):
        return None
    return _asked_with(wh, previous)


def counted(text: str, previous: Answer) -> str | None:
    """ "How many?": of those that the question before asked for."""
    if text.lower() != "how many":
        return None
    words = previous.question.rstrip("?!. ").split()
    if len(words) < 3:
        return None
    first, second, third = (word.lower() for word in words[:3])
    if first in {"which", "what"} and is_plural(second) and (third in AUX or is_verb(third)):
        return " ".join(["How many", *words[1:]])
    if first == "who" and second in AUX and words[2].islower() and words[2] not in FUNCTION:
        return " ".join(["How many people", PLURAL_OF.get(second, second), *words[2:]])
    if first in BE | HAVE and is_plural(second) and words[1].islower():
        return " ".join(["How many", second, first, *words[2:]])
    return None


def extended(text: str, previous: Answer) -> str | None:
    """ "Who else?": the question before, for more."""
    found = _ELSE.match(text)
    words = previous.question.rstrip("?!. ").split()
    if found is None or len(words) < 3 or "else" in words:
        return None
    first, asked = words[0].lower(), text.split(maxsplit=1)[0].lower()
    if asked == "which":
        return " ".join([words[0], "other", *words[1:]]) if first in {"which", "what"} and is_plural(words[1]) else None
    wanted = {"anyone": "who", "anybody": "who", "anything": "what"}.get(asked, asked)
    return " ".join([words[0], "else", *words[1:]]) if first == wanted else None


def _asked_with(wh: str, answer: Answer) -> str | None:
    """What a question was about, asked for with other question words: its own give way to the answer."""
    words = LEAD.sub("", answer.question).rstrip("?!. ").split()
    lows = [word.lower().strip(",") for word in words]
    if not 3 <= len(words) <= WORDY or re.search(r"[?!;:\"“]|[^\W\d_]{4}\.[”’]*\s+[A-Z]", " ".join(words)):
        return None
    if lows[0] in AUX:
        return None if wh.lower() == "by whom" and lows[0] not in BE else f"{wh} {lows[0]} {' '.join(words[1:])}"
    led = lows[0] in {"in", "on", "at"} and lows[1] in {"which", "what"}
    at = next((k for k in range(1, min(len(lows), 7)) if lows[k] in AUX or is_verb(lows[k])), 0)
    if at == 1 and lows[0] in {"which", "what"} and lows[1] not in AUX:
        at = next((k for k in range(2, min(len(lows), 4)) if lows[k] in AUX), at)
    known = led or lows[0] in WH
    if not known or at == 0 or at + 1 >= len(words) or any(word.endswith(",") for word in words[: at + 1]):
        return None
    if led or (lows[0] in ADVERBIAL and lows[1] not in {"many", "much"}):
        return " ".join([wh, *words[at:]]) if lows[at] in AUX else None
    filler = None if lows[at] in {"happened", "happens"} else _filler(answer, words[:at])
    if filler is None or lows[at] in AUX:
        return _filled(wh, lows[at], words[at + 1 :], filler) if filler else None
    does = "did" if is_past(lows[at]) else "do" if lows[at] in BASES else "does"
    return " ".join([wh, does, filler, infinitive(lows[at]), *words[at + 1 :]])


def _filler(answer: Answer, asking: Sequence[str]) -> str | None:
    """What stands for the question words in a statement of what was asked."""
    lows = [word.lower() for word in asking]
    if lows[0] == "how":
        short = answer.short
        given = short.text if short and answer.answered and len(short.text) < 40 else None
        return " ".join(asking[2:]) or given if lows[1] == "many" else given
    found = answered_as(answer)
    if found:
        return max((one.text for one in found), key=len)
    return f"the {' '.join(asking[1:])}" if lows[0] in {"which", "what"} and len(asking) in {2, 3} else None


def _filled(wh: str, aux: str, rest: Sequence[str], filler: str) -> str | None:
    """A question with an auxiliary, its gap filled: before the rest, after the verb or at the end."""
    several = " and " in filler or (filler[:1].islower() and is_plural(filler.rsplit(maxsplit=1)[-1]))
    lows = [word.lower().strip(",") for word in rest]
    if lows[-1] in PREPOSITIONS:
        return " ".join([wh, aux, *rest, filler])
    subject = lows[0] in ARTICLES or rest[0][0].isupper() or lows[0] in PRONOUNS or is_plural(lows[0])
    if aux in DO or (subject and (aux not in BE or any(low.endswith("ing") for low in lows[1:]))):
        end = next((k for k, low in enumerate(lows) if low in PREPOSITIONS - {"of"}), len(rest))
        verbs = [k for k in range(1, end) if is_verb(lows[k]) or (aux in BE and lows[k].endswith("ing"))]
        if not verbs or verbs[-1] + 1 != end or lows[verbs[-1]] in SAYING or lows[verbs[-1]] == "do":
            return None
        return " ".join([wh, aux, *rest[:end], filler, *rest[end:]])
    if subject and any(is_past(low) for low in lows[1:]):
        return None
    agreeing = PLURAL_OF.get(aux, aux) if several else aux
    return " ".join([wh, agreeing, filler, *rest])


def part_of(text: str) -> str | None:
    """The X of "What about X?" and "And in X?", None where it is not a part of a question."""
    found = _ABOUT.match(text)
    part = (found["part"] or found["bare"]).strip(" ,") if found else ""
    return part if len(part.split()) <= 8 and "," not in part and _is_part(tokens_of(part)) else None


def swapped(part: str, said: str, previous: Answer) -> str | None:
    """ "What about X?": the question before, X for what is like it, or at the end; `said` is what X means."""
    before = previous.question.rstrip("?!. ")
    if SEVERAL_SENTENCES.search(before) or not 3 <= len(before.split()) <= WORDY:
        return None
    first = next((token.low for token in tokens_of(before)), "")
    if first not in WH | AUX | PREPOSITIONS:
        return None
    if said.lower() not in before.lower():
        made = _timed(before, said) if TIME.fullmatch(said) else _replaced(before, said)
        if made is not None:
            return made
    return f"What about {said}" if said != part else None


def _is_part(tokens: Sequence[Token]) -> bool:
    """Whether words are but a part of a question: no verb, no question word."""
    if not tokens:
        return False
    first = tokens[0]
    others = WH | AUX | {"if", "you", "me", "i", "we", "us"}
    if first.low in others or first.low.endswith("ing") or LEAD.match(first.low):
        return False
    return not any(token.low in AUX | WH or (k and is_past(token.low)) for k, token in enumerate(tokens))


def _timed(previous: str, said: str) -> str:
    """The question with its last time replaced, or with a time added."""
    spans = list(TIME.finditer(previous))
    if not spans:
        return f"{previous} {dated(said)}"
    last = spans[-1]
    led = re.match(rf"{AT_A_TIME}\s", last.group())
    if led is None and last.end() < len(previous) and last.group().isdecimal() and said.isdecimal():
        return previous[: last.start()] + said + previous[last.end() :]
    own = re.match(rf"(?:{AT_A_TIME}|last|next|this|yesterday|today|tomorrow)\b", said)
    when = said if own else dated(said) if led is None or led.group().strip() in {"in", "on"} else led.group() + said
    return previous[: last.start()] + when + previous[last.end() :]


def _replaced(previous: str, said: str) -> str | None:
    """The question with the one phrase that is like `said` replaced; a place that is like none is added."""
    lead, _, rest = said.partition(" ")
    if lead.lower() not in PREPOSITIONS:
        lead, rest = "", said
    other = _like(rest)
    phrases = [one for one in referents_of(previous) if not (" and " in one.text and len(one.fits) == 1)]
    if not lead and rest.islower() and " " not in rest and is_plural(rest):
        counting = re.match(r"((?:how many|which|what)\s+)([a-z]+)\b", previous, re.IGNORECASE)
        return counting[1] + rest + previous[counting.end() :] if counting and is_plural(counting[2]) else None
    if other is None:
        return None
    if lead:
        governed = [one for one in phrases if previous[: one.start].lower().endswith(f" {lead.lower()} ")]
        if governed:
            return _with(previous, governed[-1], rest) if _alike(governed[-1], other) else None
        settled = len(previous.split()) > 14 or any(one.fit("place") == 3 for one in phrases)
        added = not settled and lead.lower() in {"in", "at", "on", "near", "for", "from"}
        return f"{previous} {lead.lower()} {rest}" if added else None
    fitting = [one for one in phrases if _alike(one, other)]
    if len(fitting) > 1:
        fitting = [one for one in fitting if _best_kind(one) == _best_kind(other)]
    return _with(previous, fitting[0], rest) if len(fitting) == 1 else None


def _with(text: str, one: Referent, other: str) -> str:
    return text[: one.start] + other + text[one.end :]


def _like(text: str) -> Referent | None:
    """The one phrase that a part of a question is."""
    found = [one for one in referents_of(text, leading=True) if one.start == 0 and one.end == len(text)]
    return found[-1] if found else None


def _best_kind(one: Referent) -> Kind | None:
    """The kind that a phrase is of most surely, None where it is only a guess."""
    kind, best = max(one.fits, key=lambda fit: fit[1])
    return kind if best > 1 else None


def _alike(one: Referent, other: Referent) -> bool:
    """Whether one may stand in the other's place: of a kind, and both of one number."""
    kinds = (_best_kind(one), _best_kind(other))
    if None in kinds:
        unsure, sure = (one, kinds[1]) if kinds[0] is None else (other, kinds[0])
        return (
            sure != "person"
            and (sure is None or unsure.fit(sure) > 0)
            and one.text[0].isupper() == other.text[0].isupper()
        )
    last, other_last = one.text.split()[-1], other.text.split()[-1]
    partly = one.text[0].isupper() and not last[0].isupper()
    return kinds[0] == kinds[1] and not (partly and other_last[0].isupper())
