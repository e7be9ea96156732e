"""Messages and mailboxes: newsletters and letters as articles, their attachments as articles of their own."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import BinaryIO

from index.archive import MAX_DEPTH, Member, Room
from index.draft import Draft, Issue, drafted, normalise
from index.header import plain_header
from index.load import suffix_of, title_in
from index.raw import MAX_FILE_BYTES, decode, whole
from index.web import html_text, plain
from rag.errors import LoadError
from rag.types import Mark

MAX_PARTS = 1_000
_ATTRIBUTION = re.compile(
    r"^(?:on|am|le|el|op|il|den|em)\b.{5,200}\b(?:wrote|writes|schrieb|a écrit|escribió|schreef|ha scritto|skrev"
    r"|escreveu)\b.{0,80}:$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine)\s*-{2,}$", re.IGNORECASE
)
_QUOTED = (
    "//blockquote[@type='cite'] | //*[contains(@class, 'gmail_quote') or contains(@class, 'gmail_attr')"
    " or contains(@class, 'moz-cite-prefix') or contains(@class, 'yahoo_quoted')]"
)
_MAX_SIGNATURE_LINES = 15
_REPLY = re.compile(r"^(?:re|aw|sv|antw|rép)\s*:", re.IGNORECASE)
_SEPARATOR = re.compile(rb"From \S.*\d{4}")
_IDS = re.compile(r"\d")


def read(stream: BinaryIO, origin: str, member: Member, room: Room | None = None) -> Iterator[Draft | Issue]:
    """The article of one message and, named `ORIGIN#NAME`, those of its attachments.  Raises LoadError."""
    raw = whole(stream)
    yield from _message(raw, origin, len(raw), member, room or Room())


def read_box(stream: BinaryIO, origin: str, member: Member, room: Room | None = None) -> Iterator[Draft | Issue]:
    """Each message of a mailbox, `ORIGIN#NUMBER`; one is held at a time, however many there are.  Raises LoadError."""
    room = room or Room()
    for number, raw in enumerate(_messages(stream), 1):
        own = f"{origin}#{number}"
        try:
            if raw is None:
                raise LoadError(f"has more than {MAX_FILE_BYTES:,} bytes; a message may have as many")
            for item in _message(raw, own, stream.tell(), member, room):
                titled = isinstance(item, Draft) and not item.title and item.origin == own
                yield replace(item, title=title_in(item.text)) if titled and isinstance(item, Draft) else item
        except LoadError as error:
            yield Issue(own, str(error))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            # The parser of mail has failed in each of these ways; one message must not end the box.
            yield Issue(own, f"cannot be parsed ({type(error).__name__}: {error})"[:200])


def _messages(stream: BinaryIO) -> Iterator[bytes | None]:
    """The messages of an mbox file as bytes, None for one that is too long.  Raises LoadError for another format."""
    lines: list[bytes] = []
    size = 0
    blank = True
    begun = False
    while line := stream.readline(MAX_FILE_BYTES + 1):
        if blank and _SEPARATOR.match(line):
            if begun:
                yield b"".join(lines) if size <= MAX_FILE_BYTES else None
            lines, size, begun, blank = [], 0, True, False
            continue
        if not begun and line.strip():
            raise LoadError("is not a mailbox: it does not begin with a line 'From '")
        blank = not line.strip()
        size += len(line)
        if size <= MAX_FILE_BYTES:
            lines.append(line[1:] if re.match(rb">+From ", line) else line)
    if not begun:
        raise LoadError("is empty")
    yield b"".join(lines) if size <= MAX_FILE_BYTES else None


# -- one message ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a message: what it says, plainly and as a page, and what is attached, with their names."""

    texts: list[Message]
    pages: list[Message]
    attached: list[tuple[str, Message]]
    unread: list[str]


def _message(raw: bytes, origin: str, position: int, member: Member, room: Room) -> Iterator[Draft | Issue]:
    message = message_from_bytes(raw)
    if not any(plain_header(message, name) for name in ("From", "Subject", "Date", "Received", "Message-ID")):
        raise LoadError("is not a message: it has none of the headers From, Subject and Date")
    parts = _sorted(message)
    facts = _facts(message)
    try:
        text, marks = _text(message, parts)
        yield drafted({**facts, "text": text}, origin, position, marks)
    except LoadError as error:
        # Some messages only carry a file.
        if not parts.attached:
            raise
        yield Issue(origin, f"{error}; only its attachments are read", skipped=False)
    if parts.attached and room.depth >= MAX_DEPTH:
        yield Issue(origin, f"lies in {MAX_DEPTH} other files, the limit; its attachments are not read", skipped=False)
        return
    letter = drafted({**facts, "text": "A letter"}, origin, position)
    for name, part in parts.attached:
        yield from _attachment(part, letter, f"{origin}#{name}", member, room)
    if parts.unread:
        named = ", ".join(parts.unread[:10])
        yield Issue(origin, f"has attachments of kinds that are not read: {named}", skipped=False)


def _facts(message: Message) -> dict[str, object]:
    name, address = parseaddr(plain_header(message, "From") or "")
    list_name = (plain_header(message, "List-Id") or "").partition("<")[0].strip(" \"'")
    archived = plain_header(message, "Archived-At") or ""
    return {
        "title": plain_header(message, "Subject"),
        "author": name or address,
        # Services that send for others put numbers where a list's name belongs.
        "source": list_name if list_name and not _IDS.search(list_name) else address.rpartition("@")[2],
        "published": plain_header(message, "Date"),
        "language": plain_header(message, "Content-Language"),
        "url": archived.strip("<> ") or None,
    }


def _sorted(message: Message) -> _Parts:
    found = _Parts([], [], [], [])
    names: set[str] = set()
    waiting = [message]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop(0)
        seen += 1
        kind, name = part.get_content_type(), _file_name(part)
        if kind == "message/rfc822" and part is not message:
            found.attached.append((_unused(name or "message.eml", names, ".eml"), part))
        elif part.is_multipart():
            inner = part.get_payload()
            waiting[:0] = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
        elif name and (part.get_content_disposition() == "attachment" or not kind.startswith(("text/", "image/"))):
            if suffix_of(Path(name)):
                found.attached.append((_unused(name, names), part))
            else:
                found.unread.append(name)
        elif kind in ("text/plain", "text/html"):
            (found.texts if kind == "text/plain" else found.pages).append(part)
    return found


def _file_name(part: Message) -> str:
    """The last part of an attachment's name, "" for what has none that can be one."""
    try:
        given = part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        given = ""
    carrier = Message()
    carrier["Name"] = " ".join(given.split())
    plain_name = normalise((plain_header(carrier, "Name") or "").replace("\\", "/")).rpartition("/")[2]
    return "".join(sign if sign.isprintable() else "_" for sign in plain_name).strip()[:200]


def _unused(name: str, names: set[str], suffix: str = "") -> str:
    """A name that no other attachment of the message has."""
    name = name if name.lower().endswith(suffix) else name + suffix
    number, free = 1, name
    while free in names:
        number += 1
        free = f"{number}-{name}"
    names.add(free)
    return free


def _attachment(part: Message, letter: Draft, origin: str, member: Member, room: Room) -> Iterator[Draft | Issue]:
    """What an attached file gives; if it does not say when it is from or whose it is, it came with the letter."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        content = inner[0].as_bytes() if isinstance(inner, list) and isinstance(inner[0], Message) else b""
    else:
        content = _payload(part)
    room.depth += 1
    try:
        for item in member(io.BytesIO(content), origin, room):
            if isinstance(item, Issue):
                yield item
                continue
            published, source = item.published or letter.published, item.source or letter.source
            yield replace(item, published=published, source=source, position=letter.position)
    finally:
        room.depth -= 1


# -- its text -------------------------------------------------------------------------------------------------------


def _text(message: Message, parts: _Parts) -> tuple[str, tuple[Mark, ...]]:
    """What a message says: its plain text, unless its page says much more.  Raises LoadError for nothing."""
    text = "\n\n".join(one for part in parts.texts if (one := _plain_part(part)))
    reply = bool(_REPLY.match(plain_header(message, "Subject") or ""))
    htmls = (html_text(raw, part.get_content_charset()) for part in parts.pages if (raw := _payload(part)))
    pages = (plain(own_html(html) if reply else html) for html in htmls)
    page, marks = next((found for found in pages if found[0]), ("", ()))
    # In place of a plain text, many newsletters say only that there is a page.
    if page and len(text.split()) * 2 < len(page.split()):
        return page, marks
    if not text.strip():
        raise LoadError("holds no text")
    return own_words(text, reply), ()


def own_html(html: str) -> str:
    """The page of a reply without what programs mark in it as quoted; all of it where nothing else is in it."""
    from lxml.html import fragment_fromstring, tostring  # type: ignore[import-untyped]

    try:
        tree = fragment_fromstring(html, create_parent="div")
    except (ValueError, TypeError, RecursionError):
        return html
    for element in tree.xpath(_QUOTED):
        if element.getparent() is not None:
            element.drop_tree()
    return str(tostring(tree, encoding="unicode")) if tree.text_content().strip() else html


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) and payload.strip() else b""


def _plain_part(part: Message) -> str:
    raw = _payload(part)
    if not raw:
        return ""
    text = normalise(decode(raw, part.get_content_charset()))
    if part.get_param("format") == "flowed":
        # A space at a line's end says that the paragraph goes on (RFC 3676), but for the mark of a signature.
        text = re.sub(r"(?m)(?<!^--) \n(?![>\n])", "" if part.get_param("delsp") == "yes" else " ", text)
    return text.strip()


def own_words(text: str, reply: bool) -> str:
    """A letter's text without what it quotes of another and without its signature, where they are marked as such.

    `reply` tells that `>` marks quotes in it.  All of the text where nothing else is in it.
    """
    lines = text.split("\n")
    end = next(
        (number for number, line in enumerate(lines) if _ends(line, lines[number + 1 : number + 99], reply)),
        len(lines),
    )
    kept: list[str] = []
    quoting = False
    number = 0
    while number < end:
        line, said = lines[number], _attribution(lines, number)
        quoting = bool(said) or (quoting and (line.startswith(">") or not line.strip()))
        if not said and not (line.startswith(">") and (reply or quoting)):
            kept.append(line)
        number += said or 1
    own = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return own or text


def _ends(line: str, after: list[str], reply: bool) -> bool:
    """Whether the letter ends before a line: at its signature, or at the message that it answers."""
    if line.rstrip() != "--":
        # What is forwarded is what the letter is about.
        return reply and bool(_ORIGINAL.match(line.strip()))
    return sum(bool(one.strip()) for one in after) <= _MAX_SIGNATURE_LINES


def _attribution(lines: list[str], number: int) -> int:
    """How many lines say here who wrote the quote that follows them, 0 where none do."""
    for size in (1, 2):
        said = " ".join(line.strip() for line in lines[number : number + size])
        after = next((line for line in lines[number + size : number + size + 3] if line.strip()), "")
        if after.startswith(">") and _ATTRIBUTION.match(said):
            return size
    return 0
