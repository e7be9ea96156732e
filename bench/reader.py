"""The reader in the box against the same weights in PyTorch fp32: 30 passages of a question, same texts, one run.

python -m bench.reader LIBRARY [--questions FILE.jsonl] [--count 40]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import rag
from eval.dataset import load_set, sample
from rag.models import locate
from rag.network import trained
from rag.pairs import NAMES, Pair, heading, padded
from rag.read import STUDIED
from rag.readers import weights_file
from rag.scoring import PairModel, load_scorer
from rag.types import Settings


def main() -> None:
    """Print medians; the two take turns, so that other work on the machine hits both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40)
    given = parser.parse_args()
    import torch

    ours = load_scorer()
    if not isinstance(ours, PairModel):
        raise SystemExit("the reader in the box was expected")
    theirs = trained(locate()[0], weights_file())
    questions = [one.question for one in sample(load_set(given.questions).questions, given.count + 2)]
    spent: dict[str, list[float]] = {"ours": [], "studied": [], "pairs": [], "torch 30": [], "torch 8": [], "whole": []}
    worst = 0.0
    with rag.open(given.library) as library:
        for number, question in enumerate(questions):
            passages = library.hits(question, k=Settings().read)
            texts = [(heading(p.title, p.published), p.text) for p in passages]
            pairs = ours.laid_out(question, texts)
            times = {}
            begun = time.perf_counter()
            outputs = ours.outputs(pairs)
            times["pairs"] = time.perf_counter() - begun
            begun = time.perf_counter()
            ours.score(question, texts)
            times["ours"] = time.perf_counter() - begun
            begun = time.perf_counter()
            ours.score(question, texts[:STUDIED])
            times["studied"] = time.perf_counter() - begun
            for size in (30, 8):
                begun = time.perf_counter()
                with torch.inference_mode():
                    found = _torch(theirs, pairs, size)
                times[f"torch {size}"] = time.perf_counter() - begun
            begun = time.perf_counter()
            library.ask(question)
            times["whole"] = time.perf_counter() - begun
            verdicts = np.array([one[1] for one in outputs])
            worst = max(worst, float(np.abs(verdicts - found).max()))
            if number >= 2:
                for name, value in times.items():
                    spent[name].append(value * 1e3)
        tokens = np.mean([len(pair.ids) for pair in pairs])
        print(f"{library.info.chunks:,} chunks, {ours.precision}, {tokens:.0f} tokens a pair")
    median = {name: float(np.median(values)) for name, values in spent.items()}
    for name, what in (
        ("ours", "article-rag, tokens and spans included"), ("studied", f"the same, {STUDIED} passages"),
        ("pairs", "article-rag, the network alone"),
        ("torch 30", "PyTorch fp32, one batch"), ("torch 8", "PyTorch fp32, batches of 8 of like length"),
        ("whole", "the whole question"),
    ):  # fmt: skip
        print(f"{what:45} median {median[name]:7.1f} ms   p95 {np.percentile(spent[name], 95):7.1f} ms")
    best = min(median["torch 30"], median["torch 8"])
    print(f"PyTorch / article-rag, the network alone: {best / median['pairs']:.2f}x")
    print(f"largest difference of a verdict {worst:.3f}")


def _torch(network: torch.nn.Module, pairs: list[Pair], size: int) -> np.ndarray:  # noqa: F821
    import torch

    order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i].ids))
    found = np.zeros((len(pairs), 2), np.float32)
    for begin in range(0, len(order), size):
        group = order[begin : begin + size]
        arrays = padded([pairs[i] for i in group], max(len(pairs[i].ids) for i in group))
        found[group] = network(*(torch.from_numpy(arrays[name]) for name in NAMES))[1].numpy()
    return found


if __name__ == "__main__":
    main()
