"""Short invented news items with questions: the same event told and asked about in different words.

Every item is made from templates and invented names.  A statement that leaves a role out makes the question for that
role one that looks answerable and is not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from train.examples import Example, Target

FOLDER = Path(__file__).parent


def word_lists(path: Path) -> dict[str, list[str]]:
    """The lists of a file with lines `KIND: one|another`; lines that begin with # are left out."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return {kind: words.strip().split("|") for kind, _, words in (line.partition(":") for line in lines)}


WORDS = word_lists(FOLDER / "words.txt")
_DRAWN = frozenset(WORDS) - {"month"}
"""Kinds that are drawn from their list as they are."""
_ROLE = re.compile(r"\{(\w)\}")


@dataclass(frozen=True)
class Relation:
    """One kind of event: its roles with their types, headlines, statements and (role, question) pairs."""

    roles: dict[str, str]
    headlines: tuple[str, ...]
    statements: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


def relations() -> list[Relation]:
    """The relations of `relations.txt`."""
    found = []
    for block in (FOLDER / "relations.txt").read_text("utf-8").strip().split("\n\n")[1:]:
        head, *lines = block.splitlines()
        roles = dict(part.split(":") for part in head.split()[1:])
        kinds = {kind: [line[2:] for line in lines if line[:2] == f"{kind} "] for kind in "HSQ"}
        questions = tuple((line[0], line[2:]) for line in kinds["Q"])
        found.append(Relation(roles, tuple(kinds["H"]), tuple(kinds["S"]), questions))
    return found


def pick(rng: random.Random, kind: str) -> str:
    """A word of a list."""
    return rng.choice(WORDS[kind])


def person(rng: random.Random) -> str:
    """An invented name."""
    return f"{rng.choice(WORDS['first name'])} {rng.choice(WORDS['last name'])}"


def _firm(rng: random.Random) -> str:
    return f"{rng.choice(WORDS['firm name'])} {rng.choice(WORDS['trade'])}"


def _number(rng: random.Random) -> str:
    return rng.choice(
        [str(rng.randint(2, 99)), str(rng.randint(100, 999)), f"{rng.randint(1, 90)},{rng.randint(100, 999)}"]
    )


def _several(rng: random.Random, one: list[str]) -> str:
    return ", ".join(one[:-1]) + rng.choice([" and ", ", and "][: 2 if len(one) > 2 else 1]) + one[-1]


def _money(rng: random.Random) -> str:
    amount = rng.choice([str(rng.randint(2, 900)), f"{rng.randint(1, 40)}.{rng.randint(1, 9)}"])
    return rng.choice(["$", "€", "£"]) + amount + rng.choice([" million", " billion"])


def value(kind: str, rng: random.Random) -> str:
    """Something of a kind."""
    return pick(rng, kind) if kind in _DRAWN else _MADE[kind](rng)


def _month(rng: random.Random) -> str:
    return f"{pick(rng, 'month')} {rng.randint(1995, 2026)}" if rng.random() < 0.5 else pick(rng, "month")


def _mediator(rng: random.Random) -> str:
    found = [pick(rng, "country"), person(rng), pick(rng, "body"), f"{pick(rng, 'country')}'s intelligence service"]
    return rng.choice(found)


def _people(rng: random.Random) -> str:
    return _several(rng, list(dict.fromkeys(person(rng) for _ in range(rng.randint(2, 4)))))


def _team(rng: random.Random) -> str:
    return rng.choice([f"{pick(rng, 'city')} United", f"FC {pick(rng, 'city')}", f"the {pick(rng, 'city')} Hawks"])


def _count(rng: random.Random) -> str:
    words = ["two", "three", "eight", "ten", "sixteen", "two dozen"]
    return rng.choice([str(rng.randint(2, 60)), rng.choice(words)])


_MADE: dict[str, Callable[[random.Random], str]] = {
    "go": _mediator,
    "person": person,
    "list": _people,
    "countries": lambda rng: _several(rng, rng.sample(WORDS["country"], rng.randint(2, 6))),
    "firm": _firm,
    "firmland": lambda rng: rng.choice([_firm(rng), pick(rng, "country")]),
    "team": _team,
    "month": _month,
    "years": lambda rng: f"{rng.randint(2, 25)} years",
    "age": lambda rng: str(rng.randint(17, 94)),
    "count": _count,
    "score": lambda rng: f"{rng.randint(1, 6)}-{rng.randint(0, 3)}",
    "percent": lambda rng: f"{rng.randint(1, 40)} percent",
    "money": _money,
    "number": _number,
}


def item(relation: Relation, rng: random.Random, others: list[Relation]) -> list[Example]:
    """One invented article with several of its questions, answered or not by what it says."""
    filled: dict[str, str] = {}
    for role, kind in relation.roles.items():
        while (found := value(kind, rng)) in filled.values():
            continue
        filled[role] = found
    told = rng.sample(relation.statements, rng.randint(1, min(3, len(relation.statements))))
    told_roles = {role for statement in told for role in _ROLE.findall(statement)}
    pieces: list[tuple[str, bool]] = [(statement, True) for statement in told]
    pieces += [(_filler(rng), False) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.4:
        other = rng.choice(others)
        strange = {role: value(kind, rng) for role, kind in other.roles.items()}
        pieces.append((_fill(rng.choice(other.statements), strange)[0], False))
    if rng.random() < 0.3:
        pieces.append((f"{_fill(rng.choice(relation.headlines), filled)[0]}: what happened?", False))
    rng.shuffle(pieces)
    text, places = "", dict[str, list[tuple[int, int]]]()
    for piece, own in pieces:
        sentence, spans = _fill(piece, filled) if own else (piece, {})
        text += " " if text else ""
        for role, (start, end) in spans.items():
            places.setdefault(role, []).append((len(text) + start, len(text) + end))
        text += sentence
    title = _fill(rng.choice(relation.headlines), filled)[0] if relation.headlines and rng.random() < 0.7 else ""
    title_roles = {role for role, found in filled.items() if found in title}
    chosen = rng.sample(relation.questions, min(3, len(relation.questions)))
    found_examples = []
    for role, question in chosen:
        if role in title_roles and role not in told_roles:
            continue
        asked = _fill(question, filled)[0]
        if rng.random() < 0.15:
            asked = f"{asked[:-1]} {rng.choice(WORDS['aside'])}?"
        target = Target(tuple(places.get(role, ())))
        found_examples.append(Example(asked, text, target, "newsroom" if target.spans else "newsroom-lacking", title))
    return found_examples


def _filler(rng: random.Random) -> str:
    names = {
        "day": pick(rng, 'day'), "small": str(rng.randint(2, 30)), "num": _number(rng), "firm": _firm(rng),
        "person": person(rng), "city": pick(rng, 'city'), "country": pick(rng, 'country'), "month": pick(rng, 'month'),
        "body": pick(rng, 'body').capitalize(),
    }  # fmt: skip
    return pick(rng, "filler").format(**names)


def _fill(template: str, filled: dict[str, str]) -> tuple[str, dict[str, tuple[int, int]]]:
    """The filled template, its first letter large, and where each role's first filling lies."""
    text, spans, place = "", {}, 0
    for match in _ROLE.finditer(template):
        text += template[place : match.start()]
        role = match.group(1)
        spans.setdefault(role, (len(text), len(text) + len(filled[role])))
        text += filled[role]
        place = match.end()
    text += template[place:]
    return text[:1].upper() + text[1:], spans


def newsroom(items: int, seed: int) -> list[Example]:
    """The examples of so many invented articles."""
    rng = random.Random(seed)
    known = relations()
    return [example for _ in range(items) for example in item(rng.choice(known), rng, known)]
