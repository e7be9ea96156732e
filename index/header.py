"""The headers of messages (RFC 5322) as plain text, however badly they are encoded (RFC 2047)."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from index.raw import decode
from rag.errors import LoadError


def plain_header(message: Message, name: str) -> str | None:
    """A header's text on one line, None for one that is not there or says nothing."""
    raw = next((value for own, value in message.raw_items() if own.lower() == name.lower()), None)
    if raw is None:
        return None
    return " ".join(_decoded(str(raw)).replace("\0", "").split()) or None


def _decoded(raw: str) -> str:
    if any("\udc80" <= sign <= "\udcff" for sign in raw):
        # Bytes that a mailer should have encoded.
        try:
            raw = decode(raw.encode("utf-8", "surrogateescape"))
        except (LoadError, UnicodeError):
            raw = raw.encode("utf-8", "replace").decode()
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        return raw
