"""Fixtures of the fault tests: the server that runs trials, and a fast place for their libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import MARKERS, SMALL_CHUNKS, FakeEncoder, article_text, write_articles
from fault_server import Server, copy_of

from index.sync import sync

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder in memory where there is one: the trials fsync thousands of times."""
    memory = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None, prefix="article-rag-"))
    yield place.resolve()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@pytest.fixture(scope="session")
def shimmed(scratch: Path) -> Iterator[Server]:
    """The server with the shim in front of the C library."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if sys.platform != "linux" or compiler is None:
        why = "the shim needs Linux and a C compiler"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    built = scratch / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(HERE / "shim.c"), "-ldl"], check=True)
    one = Server(built)
    yield one
    one.close()


@pytest.fixture(scope="session")
def made(scratch: Path) -> Path:
    """The folder with the articles and the library that each test gets anew."""
    home = scratch / "home"
    sync([write_articles(home / "articles")], home / "library", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    return home


@pytest.fixture
def articles_folder(made: Path) -> Path:
    """The same path in every test, because it is part of what a library knows of its articles."""
    shutil.rmtree(made / "articles")
    return write_articles(made / "articles")


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    """A copy, so that a library need not be made for each test."""
    return copy_of(made / "library", tmp_path / "library")


@pytest.fixture(scope="session")
def old_articles(scratch: Path) -> Path:
    return write_articles(scratch / "same" / "articles")


@pytest.fixture(scope="session")
def old(server: Server, scratch: Path, old_articles: Path) -> Path:
    """The library of the sample articles; copy it before doing damage.

    Its history has changes in it, so that the lexical index has deletions and several segments.
    """
    folder = scratch / "old"
    (old_articles / "aardvark.txt").write_text("An earlier text about the aardvark\n\nIt was short.\n", "utf-8")
    server.ask(work="synced", articles=str(old_articles), library=str(folder))
    write_articles(old_articles, MARKERS[:1])
    answer = server.ask(work="synced", articles=str(old_articles), library=str(folder))
    assert answer["found"] == {"added": 0, "changed": 1, "removed": 0}
    return folder


@pytest.fixture(scope="session")
def new_articles(scratch: Path, old_articles: Path, old: Path) -> Path:
    """The same files after one was added, one changed and one removed."""
    kept = copy_of(old_articles, scratch / "kept")
    (old_articles / "brontosaurus.txt").write_text(article_text("brontosaurus"), "utf-8")
    (old_articles / "basilisk.txt").write_text(article_text("basilisk", sentences=5), "utf-8")
    (old_articles / "cormorant.txt").unlink()
    assert kept.exists()
    return old_articles


@pytest.fixture(scope="session")
def new(server: Server, scratch: Path, old: Path, new_articles: Path) -> Path:
    folder = copy_of(old, scratch / "new")
    answer = server.ask(work="synced", articles=str(new_articles), library=str(folder))
    assert answer["found"] == {"added": 1, "changed": 1, "removed": 1}
    return folder


@pytest.fixture(scope="session")
def pair(old: Path, new: Path) -> tuple[Path, Path]:
    """The library before and after the sync that the trials disturb."""
    return old, new
