"""Passages to measure with: real ones from a JSON-lines file of articles, else the sample articles over and over."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent.parent / "examples" / "articles"


def passages(count: int, articles: Path | None = None, size: int = 800) -> list[str]:
    """`count` pieces of about `size` characters, in a fixed random order."""
    if articles is None:
        texts = [path.read_text("utf-8") for path in sorted(SAMPLES.iterdir())]
        texts = [f"{number}. {text}" for number in range(1 + count // 30) for text in texts]
    else:
        opener = gzip.open if articles.suffix == ".gz" else open
        with opener(articles, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for _, line in zip(range(count), lines, strict=False)]
    found = [text[i : i + size] for text in texts for i in range(0, max(1, len(text) - size // 2), size)]
    random.Random(0).shuffle(found)
    return found[:count]
