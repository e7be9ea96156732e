"""Opening, searching and committing at 100,000 chunks, with random vectors over copies of the sample articles.

python -m bench.scale [--chunks 100000]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import rag
from bench.texts import SAMPLES
from index.commit import Change, commit
from index.duplicate import sketch
from index.sync import sync
from index.writer import open_writer, recipe
from rag.encoder import load_encoder
from rag.retrieve import rank
from rag.rows import Vector
from rag.types import Chunk, Filters, Settings

QUESTIONS = (
    "Who mediated the swap?",
    "How much water is left in the reservoir?",
    "When does the bridge close?",
    "Which plane landed at Vnukovo?",
    "What was stolen from the museum?",
)


def main() -> None:
    """Build a library of the size asked for, then print what each operation takes (median of several)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--chunks", type=int, default=100_000)
    chunks = parser.parse_args().chunks
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        sync([SAMPLES], library, encoder=encoder)
        _grow(library, chunks)
        size = sum(path.stat().st_size for path in library.rglob("*") if path.is_file())
        print(f"size on disk {size / 1e6:.0f} MB")
        _timed("open", 5, lambda: rag.open(library).close())
        with rag.open(library) as opened:
            print(f"{opened.info.articles:,} articles, {opened.info.chunks:,} chunks")
            rankings = [
                rank(opened.snapshot, encoder, question, Settings(), Filters())
                for _ in range(10)
                for question in QUESTIONS
            ]
            for stage in ("encode", "dense", "lexical", "fuse"):
                values = [getattr(ranking.timings, stage) for ranking in rankings]
                p50, p95 = np.percentile(values, (50, 95))
                print(f"{stage:8} p50 {p50:7.2f} ms  p95 {p95:7.2f} ms")
            _timed("ask", 5, lambda: opened.ask(QUESTIONS[0]))
        extra = Path(folder) / "one.txt"
        extra.write_text("A new article about a lighthouse keeper who found a message in a bottle on Monday.", "utf-8")
        _timed("commit of one article", 1, lambda: sync([extra], library, encoder=encoder))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _grow(library: Path, target: int) -> None:
    """Copies of the sample articles under other ids, with random unit vectors."""
    manifest = rag.open(library).snapshot.manifest
    random = np.random.default_rng(0)
    with open_writer(library, manifest.encoder, manifest.chunker) as writer:
        rows = list(writer.store.live(writer.manifest.generation))
        samples = [
            (writer.store.article(row.row), writer.store.chunks(row, manifest.encoder.dimension)) for row in rows
        ]
        made = recipe(manifest.encoder, manifest.chunker)
        born: list[int] = []
        count = copy = 0
        while count < target:
            with writer.store.transaction():
                for article, found in samples:
                    name = f"{article.id}-{copy}"
                    spans = [Chunk(name, chunk.ordinal, chunk.start, chunk.end) for chunk in found]
                    vectors = _unit(random, len(spans), manifest.encoder.dimension)
                    other = replace(article, id=name, origin=f"{article.origin}-{copy}")
                    sketched = sketch(article.text, article.noise)
                    born.append(writer.store.stage(other, made, spans, vectors, sketched))
                    count += len(spans)
            copy += 1
        start = time.perf_counter()
        commit(library, writer.store, writer.manifest, Change(born=tuple(born)), time.time())
        print(f"commit of {len(born):,} new articles {time.perf_counter() - start:.2f} s")


def _unit(random: np.random.Generator, rows: int, dimension: int) -> Vector:
    vectors = random.standard_normal((rows, dimension), dtype=np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def _timed(name: str, rounds: int, work: object) -> None:
    assert callable(work)
    values = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        values.append((time.perf_counter() - start) * 1e3)
    print(f"{name:22} median {np.median(values):8.1f} ms of {rounds}")


if __name__ == "__main__":
    main()
