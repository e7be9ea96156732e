"""How well copies of articles are found, and how fast.

python -m bench.duplicates                     edited copies of examples/articles, and templates filled in anew
python -m bench.duplicates --news FILE.jsonl.gz    also the groups in a set of articles, and the time for 100,000
python -m bench.duplicates --news FILE --pairs     also the pairs around the threshold, by their titles
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.texts import SAMPLES
from index import duplicate
from index.draft import Draft
from index.duplicate import alike, groups, sketch
from index.load import read_file
from rag.columns import UNDATED, days

LEVELS = (1, 2, 5, 10, 15, 20, 30, 40)
"""Per cent of the words that are edited."""
ROUNDS = 20
NEAR = 0.1
"""How far from the threshold `--pairs` looks."""
MANY = 100_000
Edit = Callable[[str, random.Random], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--news", type=Path, help="articles, a .jsonl or .jsonl.gz file")
    parser.add_argument("--pairs", action="store_true", help="list the pairs of --news around the threshold")
    given = parser.parse_args()
    texts = [text for path in sorted(SAMPLES.iterdir()) for text in sample(path)]
    print(f"{len(texts)} sample articles, {ROUNDS} edits of each; a copy is found where both get one original")
    for level in LEVELS:
        print(f"  {level:2} % of words: in runs {recall(texts, runs(level)):.3f}, here and there "
              f"{recall(texts, scattered(level)):.3f}")  # fmt: skip
    for name, edit in WHOLE.items():
        print(f"  {name}: {recall(texts, edit):.3f}")
    for name, filled in TEMPLATES.items():
        print(f"  {name}, filled in anew 200 times: {len(templated(filled))} of 199 taken for copies")
    found = groups([sketch(text) for text in texts], np.zeros(len(texts), np.int32))
    print(f"  the samples themselves: {int((found != np.arange(len(found))).sum())} taken for copies")
    if given.news:
        news(given.news, given.pairs)


def sample(path: Path) -> list[str]:
    """The texts of the drafts in a file."""
    return [draft.text for draft in read_file(path) if isinstance(draft, Draft)]


def recall(texts: list[str], edit: Edit) -> float:
    """Share of the edited texts that get the original's group."""
    dice = random.Random(0)
    joined = 0
    for text in texts:
        first = sketch(text)
        joined += sum(
            int(groups([first, sketch(edit(text, dice))], np.zeros(2, np.int32))[1]) == 0 for _ in range(ROUNDS)
        )
    return joined / (ROUNDS * len(texts))


def scattered(level: int) -> Edit:
    """Single words replaced, deleted or inserted."""

    def edit(text: str, dice: random.Random) -> str:
        made: list[str] = []
        for word in re.findall(r"\S+|\n+", text):
            if dice.random() >= level / 100:
                made.append(word)
            else:
                made += dice.choice(([], [_word(dice)], [_word(dice), word]))
        return " ".join(made)

    return edit


def runs(level: int) -> Edit:
    """The same share of words, edited as people edit: eight in a row."""

    def edit(text: str, dice: random.Random) -> str:
        words = text.split()
        for _ in range(round(len(words) * level / 800)):
            at = dice.randrange(max(len(words) - 8, 1))
            words[at : at + 8] = [_word(dice) for _ in range(dice.choice((0, 8, 10)))]
        return " ".join(words)

    return edit


def _word(dice: random.Random) -> str:
    return "".join(dice.choices("abcdefghijklmnoprstuvw", k=dice.randint(3, 9)))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def _shuffled(text: str, dice: random.Random) -> str:
    sentences = _sentences(text)
    dice.shuffle(sentences)
    return " ".join(sentences)


def _added(text: str, dice: random.Random) -> str:
    return text + "\n\n" + " ".join(_word(dice) for _ in range(60))


def _cut(share: float) -> Edit:
    def edit(text: str, dice: random.Random) -> str:
        words = text.split()
        return " ".join(words[: max(60, round(len(words) * share))])

    return edit


def _dressed(text: str, dice: random.Random) -> str:
    """Another headline, a byline and a dateline."""
    body = text.split("\n", 1)[-1]
    headline = " ".join(_word(dice) for _ in range(9))
    return (
        f"{headline}\nBy Anna {_word(dice)} and Carl {_word(dice)}\nLONDON, 3 May - {body}\n(Editing by {_word(dice)})"
    )


WHOLE: dict[str, Edit] = {
    "sentences in another order": _shuffled,
    "a paragraph of 60 words added": _added,
    "the last third cut": _cut(0.67),
    "the last half cut": _cut(0.5),
    "three fifths cut": _cut(0.4),
    "headline, byline and dateline changed": _dressed,
    "all in capitals": lambda text, dice: text.upper(),
}


# -- what is alike without being a copy --------------------------------------------------------------------------------

_PLACES = ("Orrin", "Pell Harbour", "Cutler", "Ostermere", "Vale", "Hexley", "Marrow", "Dunmore", "Tarn", "Brigg")


def _weather(dice: random.Random) -> str:
    lines = [
        f"{place}: {dice.choice(('cloudy', 'bright', 'wet', 'dry'))} at first, then {dice.randint(5, 60)} "
        f"km an hour of wind from the {dice.choice(('west', 'north', 'south'))}. Highs of {dice.randint(3, 30)} and "
        f"lows of {dice.randint(-9, 12)}, with {dice.randint(0, 40)} mm of rain by the evening."
        for place in _PLACES
    ]
    return "Tomorrow's weather for the coast and the valleys, from the regional office.\n\n" + "\n".join(lines)


def _market(dice: random.Random) -> str:
    lines = [
        f"{place} Holdings closed at {dice.randint(100, 9999) / 100} after {dice.randint(10, 999)},000 shares changed "
        f"hands, a change of {dice.randint(-99, 99) / 10} per cent on the day."
        for place in _PLACES
    ]
    return "Shares on the regional exchange ended the session as follows.\n\n" + "\n".join(lines)


def _sports(dice: random.Random) -> str:
    teams = dice.sample(_PLACES, len(_PLACES))
    lines = [
        f"{one} {dice.randint(0, 5)}, {other} {dice.randint(0, 5)}. Goals: {_word(dice).title()} "
        f"{dice.randint(1, 90)}, {_word(dice).title()} {dice.randint(1, 90)}. Attendance {dice.randint(900, 30000):,}."
        for one, other in zip(teams[::2], teams[1::2], strict=True)
    ]
    return f"Results of round {dice.randint(1, 38)} of the county league.\n\n" + "\n".join(lines)


def _notice(dice: random.Random) -> str:
    """Only the name differs: such notices are taken for copies."""
    name = _word(dice).title()
    return " ".join(
        f"The {word} committee of {name} will meet in the {word} hall and hear what the people of {name} have to say."
        for word in ("school", "harbour", "market", "library", "bridge")
    )


TEMPLATES: dict[str, Callable[[random.Random], str]] = {
    "a weather report": _weather,
    "a market report": _market,
    "a table of results": _sports,
    "a notice in which only the name differs": _notice,
}


def templated(filled: Callable[[random.Random], str]) -> list[int]:
    """Which of 200 fillings of a template are taken for copies."""
    dice = random.Random(1)
    found = groups([sketch(filled(dice)) for _ in range(200)], np.arange(200, dtype=np.int32))
    return [int(place) for place in np.flatnonzero(found != np.arange(200))]


# -- a set of articles -------------------------------------------------------------------------------------------------


def news(path: Path, listing: bool) -> None:
    """Groups, pairs around the threshold and times of a set of articles."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        records: list[dict[str, Any]] = [json.loads(line) for line in lines]
    clock = time.perf_counter()
    sketches = [sketch(record["text"]) for record in records]
    spent = time.perf_counter() - clock
    words = sum(len(record["text"].split()) for record in records)
    print(f"{len(records):,} articles of {words / len(records):,.0f} words: {spent / len(records) * 1e3:.2f} ms each")
    published = np.array([_day(record.get("published")) for record in records], np.int32)
    found = groups(sketches, published)
    sizes = Counter(found.tolist())
    print(f"  {sum(size > 1 for size in sizes.values())} groups of {max(sizes.values())} at most, "
          f"{len(records) - len(sizes)} copies")  # fmt: skip
    table = np.frombuffer(b"".join(sketches), duplicate._DTYPE)
    pairs = _pairs(table)
    for least in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9):
        print(f"  pairs of similarity {least:.2f} or more: {sum(pair[0] >= least for pair in pairs)}")
    if listing:
        for common, one, other in sorted(pairs, reverse=True):
            if abs(common - duplicate.ALIKE) <= NEAR:
                same = "one group" if found[one] == found[other] else "two groups"
                ok = "copies" if alike(table[one], table[[other]])[0] else "not copies"
                print(f"  {common:.2f} {ok}, {same}: {_named(records[one])} | {_named(records[other])}")
    many, dates = _many(table)
    clock = time.perf_counter()
    found = groups(many, dates)
    spent = time.perf_counter() - clock
    copies = int((found != np.arange(MANY)).sum())
    print(f"{MANY:,} sketches: {spent:.1f} s to group, {copies:,} copies")


def _pairs(table: duplicate.Table) -> list[tuple[float, int, int]]:
    """Every pair of long texts with at least 0.3 of their pairs of words in common, by their sketches: no bands."""
    found: list[tuple[float, int, int]] = []
    places = np.flatnonzero(table["words"] >= duplicate.SHORT)
    slots = table["slots"][places]
    for at in range(len(places) - 1):
        common = (slots[at + 1 :] == slots[at]).mean(axis=1)
        found += [
            (float(common[ahead]), int(places[at]), int(places[at + 1 + ahead]))
            for ahead in np.flatnonzero(common >= 0.3).tolist()
        ]
    return found


def _many(table: duplicate.Table) -> tuple[list[bytes], duplicate.Ints]:
    """100,000 sketches: unlike each other but for a tenth, which are copies changed by up to a half."""
    dice = np.random.default_rng(0)
    made = table[np.arange(MANY) % len(table)].copy()
    shares = np.where(dice.random(MANY) < 0.1, dice.random(MANY) / 2, 1.0)
    shares[: len(table)] = 0.0
    for field in ("slots", "numbers"):
        slots = made[field]
        changed = dice.random(slots.shape) < shares[:, None]
        made[field] = np.where(changed, dice.integers(0, 1 << 16, slots.shape, dtype=np.uint16), slots)
    made["exact"] = dice.integers(0, 1 << 63, MANY, dtype=np.uint64)
    return [one.tobytes() for one in made], np.arange(MANY, dtype=np.int32)


def _day(published: str | None) -> int:
    return days(date.fromisoformat(published[:10])) if published else int(UNDATED)


def _named(record: dict[str, Any]) -> str:
    return f"{record.get('published', 'undated')} {record['title'][:60]}"


if __name__ == "__main__":
    main()
