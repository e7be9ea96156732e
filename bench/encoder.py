"""Chunks per second of our encoder against SentenceTransformer.encode, same texts, one run.

python -m bench.encoder [--articles FILE.jsonl.gz] [--count 512]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.texts import passages
from rag.encoder import OpenVINOEncoder, cosines, load_encoder, within_budget
from rag.models import locate


def main() -> None:
    """Print a table; each runtime is warmed up first and takes its best of three rounds, taken in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--count", type=int, default=512)
    options = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    ours = load_encoder()
    if not isinstance(ours, OpenVINOEncoder):
        raise SystemExit("the default encoder does not run on OpenVINO here")
    texts = _fitting(passages(options.count, options.articles), ours)
    model = SentenceTransformer(str(locate()[0]), device="cpu")
    baselines: dict[str, Callable[[list[str]], object]] = {
        f"sentence-transformers, PyTorch fp32, batch {size}": lambda batch, size=size: model.encode(
            batch, batch_size=size, normalize_embeddings=True
        )
        for size in (8, 32, 128)
    }
    runs: dict[str, Callable[[list[str]], object]] = baselines | {
        f"article-rag, OpenVINO {ours.precision}": ours.encode_passages
    }
    best = dict.fromkeys(runs, 0.0)
    for _ in range(3):
        for name, encode in runs.items():
            encode(texts[:32])
            start = time.perf_counter()
            encode(texts)
            best[name] = max(best[name], len(texts) / (time.perf_counter() - start))
    baseline = max(best[name] for name in baselines)
    for name, rate in best.items():
        print(f"{name:52} {rate:7.1f} chunks/s  {rate / baseline:5.2f}x")
    reference = np.asarray(model.encode(texts[:64], normalize_embeddings=True), np.float32)
    print(f"least cosine with PyTorch fp32: {cosines(ours.encode_passages(texts[:64]), reference).min():.5f}")


def _fitting(texts: list[str], encoder: OpenVINOEncoder) -> list[str]:
    """Texts cut so that neither side truncates: both then do the same work."""
    return within_budget(texts, encoder)


if __name__ == "__main__":
    main()
