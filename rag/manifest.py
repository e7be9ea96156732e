"""`manifest.json`: which generation readers see, what it was made with, and the checksum of each of its files.

Replacing this one file is the commit: before it readers see the old generation, after it the new one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rag.disk import write_atomic
from rag.errors import FormatTooNew, LibraryCorrupt, LibraryNotFound
from rag.spec import EncoderSpec

FORMAT = 2
"""Version of the folder's layout.  Older ones are read as they are and become this at the next commit; newer ones are
refused."""
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class ChunkerSpec:
    """How articles were cut; chunks of different specs are not mixed in one library."""

    name: str = "sentences"
    version: int = 1
    max_tokens: int = 200
    overlap: int = 24
    title_tokens: int = 48

    @property
    def label(self) -> str:
        """The recipe in a few words."""
        return f"{self.name} v{self.version}, {self.max_tokens} tokens, {self.overlap} shared"

    def current(self) -> ChunkerSpec:
        """The same sizes with the rules of this version of article-rag."""
        return replace(ChunkerSpec(), max_tokens=self.max_tokens, overlap=self.overlap, title_tokens=self.title_tokens)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size in bytes and sha256 of one derived file, path relative to the library."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The published state of a library."""

    library: str
    generation: int
    articles: int
    chunks: int
    digest: str
    encoder: EncoderSpec
    chunker: ChunkerSpec
    product: str
    files: tuple[FileFacts, ...]
    format: int = FORMAT

    @property
    def identity(self) -> str:
        """Digest of what must be the same in the store: library, generation, encoder, chunker, counts."""
        return hashlib.sha256(self.facts.encode()).hexdigest()

    @property
    def facts(self) -> str:
        """What `identity` is the digest of, as JSON: the store keeps it, so that a lost manifest can be made again."""
        return _canonical(asdict(replace(self, files=(), product=""))).decode()


def _canonical(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Publish `manifest`.  Raises OSError."""
    plain = asdict(manifest)
    plain["checksum"] = hashlib.sha256(_canonical(plain)).hexdigest()
    write_atomic(folder / NAME, json.dumps(plain, indent=1, ensure_ascii=False).encode())


def read_manifest(folder: Path) -> Manifest:
    """The published manifest.  Raises LibraryNotFound, LibraryCorrupt or FormatTooNew."""
    path = folder / NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        # Only after the first manifest was there can a generation be numbered 1 or more.
        if any(place.name.strip("0") for place in (folder / "generations").glob("[0-9]*")):
            raise LibraryCorrupt(
                f"{path} is missing, the articles are still there: run rag repair --library {folder}"
            ) from None
        raise LibraryNotFound(
            f"There is no library in {folder}.  Make one: rag sync FOLDER --library {folder}"
        ) from None
    except OSError as error:
        raise LibraryCorrupt(
            f"{path} cannot be read ({error.strerror}): check the disk, or run rag repair --library {folder}"
        ) from error
    return _parse(raw, path)


def _parse(raw: bytes, path: Path) -> Manifest:
    damaged = LibraryCorrupt(f"{path} is damaged: run rag repair --library {path.parent}")
    try:
        plain = json.loads(raw)
        checksum = plain.pop("checksum")
        if hashlib.sha256(_canonical(plain)).hexdigest() != checksum:
            raise damaged
        found = plain["format"]
        if isinstance(found, int) and found > FORMAT:
            raise FormatTooNew(
                f"{path.parent} was written by article-rag {plain.get('product', '?')} in format {found}; "
                f"this version reads formats up to {FORMAT}.  Upgrade: pip install -U article-rag"
            )
        return _from_plain(plain)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged from error


def _from_plain(plain: dict[str, Any]) -> Manifest:
    plain["encoder"] = EncoderSpec(**plain["encoder"])
    plain["chunker"] = ChunkerSpec(**plain["chunker"])
    plain["files"] = tuple(FileFacts(**facts) for facts in plain["files"])
    return Manifest(**plain)


def from_facts(facts: str) -> Manifest:
    """The manifest with the given `Manifest.facts`; it names no files.  Raises ValueError, KeyError or TypeError."""
    return _from_plain(json.loads(facts))
