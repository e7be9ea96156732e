"""Process start to printed answer of `rag ask`, against importing sentence_transformers, in turn.

python -m bench.startup [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.texts import SAMPLES

RAG = str(Path(sys.executable).with_name("rag"))


def main() -> None:
    """Print the median of each and their ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "library")
        subprocess.run([RAG, "index", str(SAMPLES), "--library", library], check=True, capture_output=True)
        commands = {
            "rag ask": [RAG, "ask", "Who mediated the swap?", "--library", library],
            "import sentence_transformers": [sys.executable, "-c", "import sentence_transformers"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:32} median {median:6.2f} s of {rounds} (least {min(times[name]):.2f} s)")
    ratio = medians["rag ask"] / medians["import sentence_transformers"]
    print(f"rag ask takes {ratio:.2f} of the import")


if __name__ == "__main__":
    main()
