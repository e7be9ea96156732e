"""What a sync costs: the encoder's share of it, memory as articles grow, and a sync that has nothing to do.

python -m bench.sync [--files 10000] [--articles NEWS.jsonl.gz] [--times 10]
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from index.follow import Order, follow
from index.report import SyncReport
from rag.encoder import load_encoder


def main() -> None:
    """Run both parts and print a line for each sync."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--times", type=int, default=10)
    given = parser.parse_args()
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as place:
        if given.files:
            _many_files(Path(place), given.files, encoder)
    with tempfile.TemporaryDirectory() as place:
        if given.articles:
            _many_articles(Path(place), given.articles, given.times, encoder)
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _many_files(place: Path, files: int, encoder: object) -> None:
    """Small files: a first sync, one without changes, one after a tenth was renamed."""
    folder = place / "files"
    for number in range(files):
        path = folder / str(number % 100) / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The pilots of harbour {number} waited at the quay on Monday. Nobody came to relieve them.")
    # Files that were only just written are compared by their content.
    time.sleep(2.5)
    _run("first", place, [folder], encoder)
    _run("nothing changed", place, [], encoder)
    for number in range(0, files, 10):
        path = folder / str(number % 100) / f"{number}.txt"
        path.rename(path.with_name(f"renamed-{number}.txt"))
    _run("a tenth renamed", place, [], encoder)
    shutil.rmtree(folder / "7")
    _run("a folder deleted", place, [], encoder)


def _many_articles(place: Path, articles: Path, times: int, encoder: object) -> None:
    """Real articles, then the same under other ids again and again."""
    folder = place / "news"
    folder.mkdir()
    records = list(_records(articles))
    for turn in range(times):
        with (folder / f"{turn}.jsonl").open("w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record | {"id": f"{record['id']}-{turn}"}) + "\n")
        _run(f"{(turn + 1) * len(records):,} articles", place, [folder], encoder)


def _records(articles: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if articles.suffix == ".gz" else open
    with opener(articles, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _run(name: str, place: Path, paths: list[Path], encoder: object) -> SyncReport:
    with _watched() as memory:
        start = time.perf_counter()
        report = follow(place / "library", Order(tuple(paths)), encoder=encoder)  # type: ignore[arg-type]
        seconds = time.perf_counter() - start
    share = f"{report.busy / report.seconds:.0%} in the encoder" if report.embedded else "nothing embedded"
    peak = ", ".join(f"{stage} {megabytes:.0f} MB" for stage, megabytes in memory.peaks().items())
    print(
        f"{name:20} {seconds:7.1f} s, {report.embedded / seconds:6.1f} chunks/s, {share}; peak {peak}; "
        f"added {report.added:,}, changed {report.changed:,}, moved {report.moved:,}, removed {report.removed:,}, "
        f"unchanged {report.unchanged:,}"
    )
    sys.stdout.flush()
    return report


@dataclass
class _Memory:
    """Resident memory of this process and of its children, sampled."""

    own: float = 0.0
    children: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        process = psutil.Process()
        while not self.stop.wait(0.1):
            self.own = max(self.own, process.memory_info().rss / 1e6)
            total = 0.0
            for child in process.children(recursive=True):
                try:
                    total += child.memory_info().rss / 1e6
                except psutil.Error:
                    continue
            self.children = max(self.children, total)

    def peaks(self) -> dict[str, float]:
        return {"own": self.own, "children": self.children}


@contextmanager
def _watched() -> Iterator[_Memory]:
    memory = _Memory()
    thread = threading.Thread(target=memory.sample)
    thread.start()
    try:
        yield memory
    finally:
        memory.stop.set()
        thread.join()


if __name__ == "__main__":
    main()
