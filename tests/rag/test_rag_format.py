"""A library that an earlier version wrote: read as it is, and brought up to date by the next commit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index.repair import repair
from index.sync import sync
from rag import lexical
from rag.library import Library
from rag.manifest import FORMAT, read_manifest
from rag.snapshot import LEXICAL, generation_folder, open_snapshot
from rag.store import Store
from rag.types import Filters
from rag.verify import verify

MADE = Path(__file__).with_name("format-1.zip")
"""Two articles, written by article-rag 0.4.0 with the fake encoder."""
GECKO = "The gecko of the harbour waited at the quay on Monday."


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with zipfile.ZipFile(MADE) as archive:
        archive.extractall(tmp_path)
    assert read_manifest(tmp_path / "library").format == 1
    return tmp_path / "library"


def test_an_old_library_is_read_as_it_is(old: Path) -> None:
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file() and "sqlite-" not in path.name}
    assert verify(old, encoder=FakeEncoder()).ok
    with Library(old, encoder=FakeEncoder()) as opened:
        assert {article.id: article.source for article in opened.articles()} == {"gecko": None, "heron": "Courier"}
        assert GECKO in opened.article("gecko").text
        assert [hit.article_id for hit in opened.search("heron bridge").passages][:1] == ["heron"]
        assert opened.copies("gecko").others == ()
    after = {path: path.read_bytes() for path in old.rglob("*") if path.is_file() and "sqlite-" not in path.name}
    assert after == before


def test_the_next_commit_brings_it_up_to_date_and_embeds_only_what_is_new(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.txt"
    new.write_text("An ibex is seen on the mountain\n\nThe ibex of the mountain stood there for an hour on Sunday.\n")
    report = sync([new], old, encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    assert (report.added, report.embedded) == (1, 1)
    manifest = read_manifest(old)
    assert manifest.format == FORMAT == 2
    assert lexical.is_current(generation_folder(old, manifest.generation) / LEXICAL)
    assert verify(old, encoder=FakeEncoder()).ok
    snapshot = open_snapshot(old)
    try:
        rows, _ = snapshot.lexical.search(["heron"], 5, Filters(), [])
        assert len(rows) == 1
        assert np.array_equal(snapshot.columns.group, [0, 1, 2])
    finally:
        snapshot.close()
    store = Store(old)
    try:
        assert all(store.sketch(row) for row in store.live(manifest.generation))
    finally:
        store.close()


def test_an_old_library_that_is_damaged_can_be_repaired(old: Path) -> None:
    (generation_folder(old, 1) / "columns.npz").write_bytes(b"x")
    assert not verify(old, encoder=FakeEncoder()).ok
    assert repair(old).lost == ()
    assert read_manifest(old).format == FORMAT
    assert verify(old, encoder=FakeEncoder()).ok
