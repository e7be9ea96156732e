"""What a new user meets: 317 questions of 61 invented articles, many of them meant to go wrong.

python -m bench.trial [--show]

The articles have copies, corrections, contradictions, prices that change and events like each other; many of the
questions follow up something suspicious, so the rates say little of what users meet.  Compare them between versions.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

import rag
from index.sync import sync
from rag.types import Answer

FOLDER = Path(__file__).parent
VERDICTS = ("right", "wrong", "one side only", "falsely disputed", "wrongly refused", "wrongly answered")


def main() -> None:
    """Index the articles, ask, and print the verdicts by kind of question; with --show also what is not right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true", help="print every answer that is not right")
    given = parser.parse_args()
    lines = (FOLDER / "trial.questions.txt").read_text("utf-8").splitlines()
    asked = [[part.strip() for part in line.split(" | ")] for line in lines if not line.startswith("#")]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "articles.jsonl"
        file.write_text("\n".join(map(json.dumps, articles())), "utf-8")
        sync([file], Path(place) / "library")
        with rag.open(Path(place) / "library") as library:
            for kind, question, wanted, *options in track(asked, description="asking"):
                day = date.fromisoformat(options[0].removeprefix("as_of=")) if options else None
                answer = library.ask(question, as_of=day)
                found = verdict(answer, wanted)
                counts[kind][found] += 1
                if given.show and found != "right":
                    quote = answer.citations[0].quote if answer.citations else answer.reason
                    print(f"{found}: {question} [{wanted}] {said(answer)!r} {answer.confidence:.2f} {quote!r}")
    table = Table("questions", "asked", *VERDICTS)
    for kind, own in counts.items():
        table.add_row(kind, str(own.total()), *(str(own[name] or "") for name in VERDICTS))
    every = sum(counts.values(), Counter[str]())
    table.add_row("all", str(every.total()), *(str(every[name]) for name in VERDICTS), style="bold")
    Console().print(table)


def articles() -> list[dict[str, str | None]]:
    """The fields of each article."""
    found: list[dict[str, str | None]] = []
    for block in (FOLDER / "trial.articles.txt").read_text("utf-8").split("====\n"):
        head, text = block.strip().split("\n", 1)
        name, title, source, published, author = (part.strip() or None for part in head.split("|"))
        fields = {"id": name, "title": title, "source": source, "published": published, "author": author}
        found.append({**fields, "text": text.strip()})
    return found


def said(answer: Answer) -> str:
    """The short answer, or the first quote where there is none."""
    return answer.short.text if answer.short else answer.citations[0].quote if answer.citations else ""


def verdict(answer: Answer, wanted: str) -> str:
    """One of VERDICTS: `wanted` is a pattern, "~" for no answer, patterns with "<=>" between them for sides."""
    if wanted == "~":
        return "wrongly answered" if answer.answered else "right"
    if not answer.answered:
        return "wrongly refused"
    sides, patterns = [side.short.text for side in answer.sides], wanted.split(" <=> ")
    if len(patterns) > 1:
        if len(sides) == len(patterns) and all(any(re.search(one, side) for side in sides) for one in patterns):
            return "right"
        return "one side only" if not sides and any(re.search(one, said(answer)) for one in patterns) else "wrong"
    if not sides:
        return "right" if re.search(wanted, said(answer)) else "wrong"
    return "falsely disputed" if any(re.search(wanted, side) for side in sides) else "wrong"


if __name__ == "__main__":
    main()
