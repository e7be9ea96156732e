"""Another model or other chunk settings: refused, whichever fact differs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index.sync import rebuild, remove, sync
from rag.encoder import check_same
from rag.errors import ChunkerMismatch, EncoderMismatch, FormatTooNew, LibraryCorrupt
from rag.manifest import ChunkerSpec, read_manifest
from rag.snapshot import open_snapshot
from rag.spec import EncoderSpec
from rag.verify import verify

ENCODER = [field.name for field in fields(EncoderSpec)]
CHUNKER = [field.name for field in fields(ChunkerSpec)]


def _other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value + "x"


def _forge(library: Path, *keys: str) -> None:
    """Change one fact of the manifest and make its checksum fit again."""
    path = library / "manifest.json"
    plain = json.loads(path.read_text("utf-8"))
    del plain["checksum"]
    place = plain
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = _other(place[keys[-1]])
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    plain["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(plain), "utf-8")


@pytest.mark.parametrize(
    "keys",
    [
        *(("encoder", name) for name in ENCODER),
        *(("chunker", name) for name in CHUNKER),
        ("library",),
        ("generation",),
        ("articles",),
        ("chunks",),
        ("digest",),
    ],
    ids=".".join,
)
def test_a_forged_manifest_is_refused(
    keys: tuple[str, ...], library: Path, articles_folder: Path, encoder: FakeEncoder
) -> None:
    _forge(library, *keys)
    with pytest.raises(LibraryCorrupt, match="rag repair"):
        open_snapshot(library)
    with pytest.raises((LibraryCorrupt, EncoderMismatch, ChunkerMismatch)):
        sync([articles_folder], library, encoder=encoder, chunker=SMALL_CHUNKS)
    assert not verify(library, sample=0).ok


def test_a_newer_format_is_refused_as_such(library: Path) -> None:
    _forge(library, "format")
    with pytest.raises(FormatTooNew, match="pip install -U"):
        open_snapshot(library)


@pytest.mark.parametrize("name", [name for name in ENCODER if name != "name"])
def test_each_fact_of_the_encoder_counts(name: str, library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    other = FakeEncoder()
    other.spec = replace(other.spec, **{name: _other(getattr(other.spec, name))})
    with pytest.raises(EncoderMismatch, match=rf"{name}: .*rag index --rebuild"):
        sync([articles_folder], library, encoder=other)
    with pytest.raises(EncoderMismatch):
        check_same(read_manifest(library).encoder, other.spec)
    assert not verify(library, encoder=other).ok
    assert verify(library, encoder=encoder).ok


def test_the_name_of_the_model_does_not_count(library: Path, articles_folder: Path) -> None:
    moved = FakeEncoder(name="the same model elsewhere")
    assert sync([articles_folder], library, encoder=moved).unchanged == 8


@pytest.mark.parametrize("name", CHUNKER)
def test_each_chunk_setting_counts(name: str, library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    other = ChunkerSpec(**(asdict(SMALL_CHUNKS) | {name: _other(asdict(SMALL_CHUNKS)[name])}))
    with pytest.raises(ChunkerMismatch, match=f"{name} .*rag index --rebuild"):
        sync([articles_folder], library, encoder=encoder, chunker=other)


def test_rebuild_goes_over_to_another_encoder(library: Path, articles_folder: Path) -> None:
    other = FakeEncoder(16, weights="2" * 64)
    rebuild(library, other, ChunkerSpec())
    assert verify(library, encoder=other).ok
    assert sync([articles_folder], library, encoder=other).unchanged == 8
    with pytest.raises(EncoderMismatch):
        sync([articles_folder], library, encoder=FakeEncoder())
    remove(["gecko"], library)
    assert verify(library, encoder=other).ok
