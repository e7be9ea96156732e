"""Zip files read with limits: the documents that are zips inside (docx, odt, epub), and archives."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from index.draft import reason
from rag.errors import LoadError

MEMBER_BYTES = 64 * 1024**2
RATIO = 200
RATIO_FREE_BYTES = 10 * 1024**2
"""A member may unpack to this much whatever its ratio."""
BLOCK = 1 << 16
_DIRECTORY_BYTES = 16 * 1024**2
_LOCAL_HEADER_BYTES = 30
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


class _Guarded:
    """A stream that refuses a read so large that only a forged directory asks for it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise LoadError(f"has a directory of {size:,} bytes; a zip file may have {_DIRECTORY_BYTES:,}")
        return self._stream.read(size)

    def seekable(self) -> bool:
        return True


def opened(stream: BinaryIO) -> zipfile.ZipFile:
    """The zip file in a stream, nothing of it unpacked.  Raises LoadError for what is none or is damaged."""
    try:
        return zipfile.ZipFile(_Guarded(stream))
    except (LoadError, MemoryError):
        raise
    except Exception as error:
        # A forged directory fails in ways that zipfile does not list (struct.error, OverflowError).
        raise LoadError(f"is damaged or incomplete ({reason(error)}); fetch or save it again") from error


def overlapping(archive: zipfile.ZipFile) -> set[int]:
    """The header offsets of entries that share bytes with another: only a bomb is made so."""
    found: set[int] = set()
    for entry, following in itertools.pairwise(sorted(archive.infolist(), key=lambda entry: entry.header_offset)):
        end = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
        if following.header_offset < end:
            found.add(entry.header_offset)
    return found


def blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry's bytes, unpacked bit by bit.  Raises LoadError where it is damaged, encrypted or over a limit."""
    if entry.flag_bits & 1:
        raise LoadError("is encrypted; unpack it with its password and add what was in it")
    if entry.compress_type not in _PACKED:
        raise LoadError(f"is packed by method {entry.compress_type}, which is not supported; pack it anew as deflate")
    done = 0
    try:
        with archive.open(entry) as source:
            while block := source.read(BLOCK):
                done += len(block)
                within(done, entry.compress_size)
                yield block
    except (LoadError, MemoryError):
        raise
    except Exception as error:
        raise LoadError(f"is damaged ({reason(error)})") from error


def within(unpacked: int, packed: int) -> None:
    """Raise LoadError where a member that has given so many bytes is over the limits of size or ratio."""
    if unpacked > MEMBER_BYTES:
        raise LoadError(f"unpacks to more than {MEMBER_BYTES:,} bytes, the limit for one file of an archive")
    if unpacked > max(RATIO_FREE_BYTES, RATIO * packed):
        raise LoadError(f"unpacks to more than {RATIO} times its size, as only a bomb does")


class Document:
    """A document made of zipped parts, by their names.  Raises LoadError for one that is no sound zip file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._archive = opened(stream)
        if overlapping(self._archive):
            raise LoadError("has parts that overlap, as only a bomb does")
        self._entries = {entry.filename: entry for entry in self._archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def part(self, name: str) -> Iterator[bytes]:
        """The blocks of a part; none for a part that is missing.  Raises LoadError over the limits."""
        if name not in self._entries:
            return
        try:
            yield from blocks(self._archive, self._entries[name])
        except LoadError as error:
            raise LoadError(f"holds the part {name[:100]} that {error}") from error
