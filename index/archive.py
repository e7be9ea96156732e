"""Archives (zip and tar): each file in them read as if it lay in a folder; nothing is written to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast

from index.container import BLOCK, MEMBER_BYTES, RATIO, RATIO_FREE_BYTES, blocks, opened, overlapping, within
from index.draft import Draft, Issue, printable, reason
from rag.errors import LoadError

MAX_ENTRIES = 10_000
MAX_DEPTH = 3
TOTAL_BYTES = 2 * 1024**3
MAX_NAMED = 100
"""Members of one archive that are named one by one when nothing can be taken from them."""
_HEADER_BYTES = 1024**2
"""What a tar may hold between two members: long names and extended headers."""
_PACKED_TARS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@dataclass(slots=True)
class Room:
    """What one outermost archive may still unpack to, shared by all archives within it, and how deep we are."""

    depth: int = 0
    entries: int = MAX_ENTRIES
    left: int = TOTAL_BYTES

    def enter(self) -> None:
        """Count an entry.  Raises _Full when there are too many."""
        self.entries -= 1
        if self.entries < 0:
            raise _Full(f"holds more than {MAX_ENTRIES:,} files and folders, the limit for an archive")

    def spend(self, size: int) -> None:
        """Count bytes that were unpacked.  Raises _Full when there is no more room."""
        self.left -= size
        if self.left < 0:
            raise _Full(f"unpacks to more than {TOTAL_BYTES:,} bytes, the limit for an archive")


Member = Callable[[BinaryIO, str, Room], Iterator[Draft | Issue]]
"""How one member is read: its stream, its origin, and the room, which is handed back for an archive in the archive."""


class _Full(LoadError):
    """The archive as a whole is over a limit: nothing more of it is read."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member before it is unpacked; `wrong` says why it is refused."""

    name: str
    wrong: str | None
    blocks: Callable[[], Iterator[bytes]]


def read(
    stream: BinaryIO, origin: str, member: Member, known: Callable[[str], bool], room: Room | None = None
) -> Iterator[Draft | Issue]:
    """What the files of an archive give, each named `ORIGIN#inner/path`, and what was wrong with the others.

    `known` tells by a file's name whether it is of a kind that is read.  Raises LoadError for what is no archive, and
    for one that lies too deep in others.
    """
    room = room or Room()
    if room.depth >= MAX_DEPTH:
        raise LoadError(f"lies in {MAX_DEPTH} archives, one in the other, the limit; unpack the outer ones")
    count = bad = 0
    for item in _members(stream, origin, member, _Unknown(known), room):
        count += 1
        bad += isinstance(item, Issue) and item.skipped
        if isinstance(item, Draft):
            yield replace(item, position=stream.tell())
        elif bad <= MAX_NAMED or not item.skipped:
            yield item
    if not count:
        raise LoadError("holds no files")
    if bad > MAX_NAMED:
        yield Issue(origin, f"holds {bad - MAX_NAMED:,} more files from which nothing could be taken", False)


class _Unknown:
    """Counts files of kinds that are not read, by their suffix."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._counts: Counter[str] = Counter()

    def met(self, name: str) -> bool:
        if self._known(name):
            return False
        self._counts[PurePosixPath(name).suffix.lower()[:20] or "no suffix"] += 1
        return True

    def issue(self, origin: str) -> Iterator[Issue]:
        if self._counts:
            kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in self._counts.most_common(8))
            more = " and others" if len(self._counts) > 8 else ""
            yield Issue(origin, f"holds files of kinds that are not read: {kinds}{more}", False)


def _members(stream: BinaryIO, origin: str, member: Member, unknown: _Unknown, room: Room) -> Iterator[Draft | Issue]:
    seen: set[str] = set()
    name = ""
    try:
        for entry in _entries(stream, room):
            name = _shown(entry.name)
            escaping = _escapes(entry.name)
            if _hidden(name) and not escaping:
                continue
            if wrong := escaping or entry.wrong or _repeated(entry.name, seen):
                yield Issue(f"{origin}#{name}", wrong)
            elif not unknown.met(name):
                yield from _inner(entry, f"{origin}#{name}", member, room)
    except _Full as error:
        yield Issue(origin, f"{error}; what follows {name or 'its beginning'} is not read", False)
    except LoadError:
        raise
    except Exception as error:
        if not name:
            raise LoadError(f"is not an archive, or is damaged ({reason(error)})") from error
        yield Issue(origin, f"is damaged after {name} ({reason(error)}); what follows is not read", False)
    yield from unknown.issue(origin)


def _inner(entry: _Entry, origin: str, member: Member, room: Room) -> Iterator[Draft | Issue]:
    """What one file of the archive gives; whatever is wrong with it is an issue of its own."""
    try:
        content = io.BytesIO()
        for block in entry.blocks():
            content.write(block)
        content.seek(0)
        room.depth += 1
        try:
            yield from member(content, origin, room)
        finally:
            room.depth -= 1
    except _Full:
        raise
    except LoadError as error:
        yield Issue(origin, str(error))
    except MemoryError:
        yield Issue(origin, "needs more memory to read than is allowed")
    except Exception as error:
        yield Issue(origin, f"cannot be parsed ({reason(error)})")


def _escapes(name: str) -> str | None:
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or parts[0].endswith(":") or ".." in parts:
        return "has a path that leads out of the archive; it is not read"
    return None


def _repeated(name: str, seen: set[str]) -> str | None:
    if name in seen:
        return "occurs twice in the archive; the first is read"
    seen.add(name)
    return None


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in parts)


def _shown(name: str) -> str:
    """A name as it is told: without `./`, bytes that are no text and control characters written out."""
    plain = name.removeprefix("./").encode("utf-8", "backslashreplace").decode()
    return printable(plain)[:1_000]


def _entries(stream: BinaryIO, room: Room) -> Iterator[_Entry]:
    """The files of an archive of any kind, in their order; what it is, its first bytes tell."""
    start = stream.read(6)
    stream.seek(0)
    if start.startswith(_ZIP_STARTS):
        yield from _zipped(stream, room)
        return
    for mark, unpack in _PACKED_TARS:
        if start.startswith(mark):
            with cast(IO[bytes], unpack(stream)) as unpacked:
                yield from _taped(unpacked, stream, room)
            return
    yield from _taped(stream, stream, room)


def _zipped(stream: BinaryIO, room: Room) -> Iterator[_Entry]:
    with opened(stream) as archive:
        bombs = overlapping(archive)
        for info in archive.infolist():
            room.enter()
            if info.is_dir():
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            wrong = None
            if info.header_offset in bombs:
                wrong = "shares its bytes with another file of the archive, as only a bomb does"
            elif kind not in (0, stat.S_IFREG):
                wrong = "is a link; links in archives are not followed" if stat.S_ISLNK(kind) else "is not a plain file"
            yield _Entry(info.filename, wrong, lambda info=info: _spent(blocks(archive, info), room))  # type: ignore[misc]


def _spent(unpacked: Iterator[bytes], room: Room) -> Iterator[bytes]:
    for block in unpacked:
        room.spend(len(block))
        yield block


class _Metered:
    """The unpacked bytes of a tar, counted; more than is allowed for a step, or for the archive, is not given."""

    def __init__(self, unpacked: IO[bytes], packed: BinaryIO, room: Room) -> None:
        self._unpacked = unpacked
        self._packed = packed
        self._room = room
        self._done = 0
        self._allowed = 0

    def allow(self, size: int) -> None:
        """Let as many bytes be read from now on."""
        self._allowed = size

    def read(self, size: int) -> bytes:
        block = self._unpacked.read(size)
        self._done += len(block)
        self._allowed -= len(block)
        if self._allowed < 0:
            raise _Full(f"has a header of more than {_HEADER_BYTES:,} bytes, as only a bomb does")
        self._room.spend(len(block))
        if self._unpacked is not self._packed and self._done > max(RATIO_FREE_BYTES, RATIO * self._packed.tell()):
            raise _Full(f"unpacks to more than {RATIO} times its size, as only a bomb does")
        return block


def _taped(unpacked: IO[bytes], packed: BinaryIO, room: Room) -> Iterator[_Entry]:
    metered = _Metered(unpacked, packed, room)
    metered.allow(_HEADER_BYTES)
    with tarfile.open(fileobj=cast(IO[bytes], metered), mode="r|", bufsize=BLOCK) as archive:
        while info := archive.next():
            room.enter()
            # What was not taken of a member is read over on the way to the next.
            length = archive.offset - info.offset
            metered.allow(max(0, length) + _HEADER_BYTES)
            if not info.isdir():
                yield _Entry(info.name, _unplain(info), lambda info=info: _tape(archive, info))  # type: ignore[misc]
            if not 0 <= length <= TOTAL_BYTES:
                raise _Full(f"holds a file that claims to have {length:,} bytes")


def _unplain(info: tarfile.TarInfo) -> str | None:
    if info.issym() or info.islnk():
        return "is a link; links in archives are not followed"
    if not info.isreg() or info.issparse():
        return "is a sparse file; pack it anew as a plain one" if info.issparse() else "is not a plain file"
    if not 0 <= info.size <= MEMBER_BYTES:
        return f"has {info.size:,} bytes; a file of an archive may have {MEMBER_BYTES:,}"
    return None


def _tape(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    source = archive.extractfile(info)
    assert source is not None
    done = 0
    while block := source.read(BLOCK):
        done += len(block)
        within(done, MEMBER_BYTES)
        yield block
    if done < info.size:
        raise LoadError(f"breaks off after {done:,} of {info.size:,} bytes")
