"""English expressions of several words as the one word that means the same, so that it can be looked for."""

from __future__ import annotations

import re

from rag.analysis import ENGLISH

_NO_VERB = (
    r"(?:an?|the|its?|hi[ms]|her|their|them|us|our|you|your|my|me|th[io]se?|that|in|at|on|with|from|by|of|for|people|"
    r"children|women|men|when|where|because|and|or)"
)
"""Words after "helped" that are not what was helped to be done, as in "helped find"."""
_EXPRESSIONS = (
    (r"(?:act(?:s|ed|ing)?|serv(?:e|es|ed|ing)) as(?: an?| the)?", ""),
    (rf"help(?:s|ed|ing)?(?: to)?(?= (?!{_NO_VERB}\b)(?-i:[a-z]+)(?<!s)\b)", ""),
    (r"go-betweens?|middle ?m[ae]n|honest brokers?", "intermediary"),
    (r"call(?:s|ed|ing)? off", "cancel"),
    (r"put(?:s|ting)? off", "postpone"),
    (r"carr(?:y|ies|ied|ying) out", "conduct"),
    (r"set(?:s|ting)? up", "found"),
    (r"(?:step(?:s|ped|ping)?|st(?:ands?|ood|anding)) down", "resign"),
    (r"t(?:akes?|ook|aken|aking) part", "participate"),
    (r"t(?:akes?|ook|aken|aking) place", "happen"),
    (r"t(?:akes?|ook|aken|aking) over", "acquire"),
    (r"pass(?:es|ed|ing)? away", "die"),
    (r"la(?:ys?|id|ying) off", "dismiss"),
    (r"hand(?:s|ed|ing)? over", "handover"),
    (r"turn(?:s|ed|ing)? down", "reject"),
    (r"rul(?:es?|ed|ing) out", "exclude"),
    (r"look(?:s|ed|ing)? into", "investigate"),
    (r"br(?:eaks?|oke|oken|eaking) out", "begin"),
    (r"bl(?:ows?|ew|own|owing) up", "explode"),
    (r"shut(?:s|ting)? down", "close"),
    (r"roll(?:s|ed|ing)? out", "launch"),
    (r"com(?:es?|ing) up with|came up with", "propose"),
    (r"cut(?:s|ting)? back", "reduce"),
    (r"g(?:oes|o|one|oing) up|went up", "rise"),
    (r"g(?:oes|o|one|oing) down|went down", "fall"),
    (r"gets? rid of|got rid of", "remove"),
    (r"point(?:s|ed|ing)? out", "say"),
    (r"br(?:ings?|ought|inging) about", "arrange"),
)
_ANY = re.compile(rf"\b(?:{'|'.join(f'({pattern})' for pattern, _ in _EXPRESSIONS)})\b", re.IGNORECASE)


def plain(text: str, language: str) -> str:
    """A text with its expressions replaced; the text itself where it has none, or is not English."""
    if language != ENGLISH:
        return text
    return _ANY.sub(lambda match: _EXPRESSIONS[(match.lastindex or 1) - 1][1], text)
