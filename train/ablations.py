"""What each kind of example adds: `python -m train.ablations DATA --start WEIGHTS --out FOLDER`.

Short runs of `train.reader` from the same weights with the same seed, one with everything and one without each part of
PARTS; `table.md` in FOLDER has the held-out figures of the first and how much those of the others are above them.  Runs
that are done are not done again, and one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

PARTS: Mapping[str, Sequence[str]] = {
    "everything": (),
    "questions made unanswerable": ("removed", "swapped", "lacking", "lasting", "other-kind", "random"),
    "other passages": ("mined", "rivals"),
    "questions reworded": ("paraphrased", "in-place", "led-in"),
    "invented items": ("newsroom",),
    "stories": ("stories",),
}
"""What is left out of a run, by what it is called in the table."""
PARAGRAPHS = ("new_wiki", "reddit", "amazon_reviews", "squad", "qamr")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tokens", type=float, default=1.2, help="millions of tokens a run")
    given = parser.parse_args()
    found: dict[str, Mapping[str, float]] = {}
    for place, (name, left_out) in enumerate(PARTS.items()):
        out = given.out / str(place)
        out.mkdir(parents=True, exist_ok=True)
        if not (out / "vectors.npz").exists() and place:
            shutil.copy(given.out / "0" / "vectors.npz", out)
        if not (out / "training.json").exists():
            print(f"without {name}" if place else name, flush=True)
            subprocess.run(command(given, out, left_out), check=True)
        found[name] = json.loads((out / "training.json").read_text())["held_out"]
        (given.out / "table.md").write_text(table(found))
    print(table(found))


def command(given: argparse.Namespace, out: Path, left_out: Sequence[str]) -> list[str]:
    """The command of one run."""
    options = ["--start", given.start, "--out", out, "--tokens", given.tokens, "--rivals", 3, "--judged", 4]
    without = [word for kind in left_out for word in ("--without", kind)]
    return [sys.executable, "-m", "train.reader", str(given.data), *map(str, options), *without]


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table of the runs: the figures of the first, and of the others the difference."""
    rows = {name: told(figures) for name, figures in found.items()}
    whole = next(iter(rows.values()))
    lines = [f"| without | {' | '.join(whole)} |", f"|{'---|' * (len(whole) + 1)}"]
    for name, row in rows.items():
        cells = [
            f"{row[column]:.3f}" if row is whole else f"{row[column] - value:+.3f}" for column, value in whole.items()
        ]
        lines.append(f"| {'nothing' if row is whole else name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def told(figures: Mapping[str, float]) -> dict[str, float]:
    """The columns of the table."""
    found = {"F1 paragraphs": float(np.mean([figures[f"f1 {source}"] for source in PARAGRAPHS]))}
    found |= {f"F1 {kind}": figures[f"f1 {kind}"] for kind in ("story", "paraphrased", "in place")}
    kinds = ("removed", "swapped", "lacking", "other-kind", "story-lacking")
    return found | {f"AUROC {kind}": figures[f"auroc {kind}"] for kind in kinds} | {"told apart": figures["told apart"]}


if __name__ == "__main__":
    main()
