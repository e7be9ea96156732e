"""The page of a library, served to a benchmark by a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RAG = str(Path(sys.executable).with_name("rag"))


@contextmanager
def served(library: str | Path) -> Iterator[str]:
    """The address of the page over `library`, which can be asked by then."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([RAG, "ui", "--library", str(library), "--port", str(port)])
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait(f"{url}readyz")
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"{url} did not answer within a minute")
