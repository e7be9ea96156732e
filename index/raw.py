"""The raw bytes of a document: read within a limit, and decoded."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from rag.errors import LoadError

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Of one document; a file of many rows or messages may be of any size, each of them of this."""
_BLOCK = 1024 * 1024
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
"""What browsers take the names of encodings for: https://encoding.spec.whatwg.org/#names-and-labels."""


def whole(stream: BinaryIO) -> bytes:
    """All that a stream holds.  Raises LoadError for more than a document may have."""
    raw = stream.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        size = stream.seek(0, 2) if stream.seekable() else len(raw)
        raise LoadError(f"has {size:,} bytes; a document may have {MAX_FILE_BYTES:,}")
    return raw


def decode(raw: bytes, declared: str | None = None) -> str:
    """Bytes to text: by byte order mark, as declared, as UTF-8, else as detected.

    Raises LoadError for empty or binary data.
    """
    if not raw.strip():
        raise LoadError("is empty")
    for mark, name in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(name)
            except UnicodeDecodeError as error:
                raise LoadError(f"starts as {name} but is not: {error.reason}") from error
    if b"\0" in raw[:65_536]:
        raise LoadError("is binary, not text")
    # Much that declares another encoding is UTF-8; what is UTF-8 by chance is next to nothing but ASCII.
    for encoding in ("utf-8", _codec(declared)):
        try:
            if encoding:
                return raw.decode(encoding)
        except UnicodeError:
            continue
    return raw.decode(_detected(raw), errors="replace")


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a seekable stream of text of any size, which is left at its start.  Raises LoadError.

    The stream is read once through as UTF-8; what is not is judged by the part that shows it.
    """
    stream.seek(0)
    first = stream.read(_BLOCK)
    stream.seek(0)
    encoding = next((name for mark, name in _BOMS if first.startswith(mark)), None)
    if encoding is None and b"\0" in first[:65_536]:
        raise LoadError("is binary, not text")
    if encoding is None:
        odd = _not_utf8(stream)
        encoding = "utf-8" if odd is None else _detected(odd)
    stream.seek(0)
    return encoding


def _not_utf8(stream: BinaryIO) -> bytes | None:
    """The first block that is not UTF-8, with what follows it; None if all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while block := stream.read(_BLOCK):
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            return block + stream.read(_BLOCK)
    return None


def _codec(declared: str | None) -> str | None:
    """The codec of a declared encoding, None for one that is not known or that cannot hold text."""
    try:
        info = codecs.lookup((declared or "").strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    name = _WIDER.get(info.name, info.name)
    # What came this far has no NUL, so it is not UTF-16 or UTF-32, whatever it says.
    return None if name.startswith(("utf-16", "utf-32")) or not getattr(info, "_is_text_encoding", True) else name


def _detected(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    # Only what is not ASCII tells encodings apart; a few words of it in a long text would count for nothing.
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii()) or raw
    best = from_bytes(telling[:_BLOCK]).best()
    control = sum(byte < 9 or 13 < byte < 32 for byte in raw[:65_536])
    if best is None or control > len(raw[:65_536]) // 50:
        raise LoadError("is binary or in an unknown encoding; save it as UTF-8")
    return best.encoding
