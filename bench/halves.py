"""Two halves of a question set, told by the ids: one to fit on, one to report on.

python -m bench.halves NAME.questions.jsonl OUT  writes OUT/NAME-fit.questions.jsonl and OUT/NAME-report.questions.jsonl
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    halves: dict[str, list[str]] = {"fit": [], "report": []}
    for line in given.questions.read_text("utf-8").splitlines():
        code = hashlib.sha256(json.loads(line)["id"].encode()).digest()[0]
        halves["fit" if code % 2 else "report"].append(line)
    name = given.questions.name.removesuffix(".questions.jsonl")
    for half, lines in halves.items():
        path = given.out / f"{name}-{half}.questions.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        print(f"{path}: {len(lines)} questions")


if __name__ == "__main__":
    main()
