"""XML and XHTML as a stream of events: no DTD, no entity of its own making, no network, bounded depth and memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html.entities import html5
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from xml.parsers import expat

from rag.errors import LoadError

MAX_DEPTH = 256
_MAX_TOKEN_BYTES = 8 * 1024**2
"""Of one tag or declaration: the parser keeps all of it, and looks through it again with each block."""


_NONE: Mapping[str, str] = MappingProxyType({})


class BrokenXML(LoadError):
    """What was to be XML is not well-formed."""


class Event(NamedTuple):
    """The start or end of an element, or text; `name` is without prefix, and for text the text itself."""

    kind: Literal["start", "end", "text"]
    name: str
    attributes: Mapping[str, str] = _NONE


@lru_cache(maxsize=1_000)
def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def xml(blocks: Iterable[bytes], *, doctype: bool = False) -> Iterator[Event]:
    """The events of an XML document; attributes are without prefixes too.

    Raises BrokenXML where it is not well-formed, and LoadError for a DTD (with `doctype` only for one that declares
    something itself) and for elements nested deeper than MAX_DEPTH.
    """
    collected = _Collected(doctype)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = collected.start
    parser.EndElementHandler = collected.end
    parser.CharacterDataHandler = collected.data
    parser.StartDoctypeDeclHandler = collected.declare
    parser.EntityDeclHandler = collected.refuse
    parser.SkippedEntityHandler = collected.skipped
    fed = 0
    try:
        for block in blocks:
            fed += len(block)
            parser.Parse(block, False)
            yield from collected.take()
            if fed - parser.CurrentByteIndex > _MAX_TOKEN_BYTES:
                raise LoadError(f"holds a single XML tag of more than {_MAX_TOKEN_BYTES:,} bytes")
        parser.Parse(b"", True)
        yield from collected.take()
    except expat.ExpatError as error:
        yield from collected.take()
        raise BrokenXML(f"holds broken XML ({error})") from error


def html(blocks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a page that need not be well-formed, such as a browser would show it."""
    from lxml import etree  # type: ignore[import-untyped]

    collected = _Collected(True)
    parser = etree.HTMLParser(target=collected, encoding="utf-8", no_network=True, recover=True)
    fed = False
    try:
        for block in blocks:
            parser.feed(block)
            fed = True
            yield from collected.take()
        if fed:
            parser.close()
    except etree.LxmlError as error:
        yield from collected.take()
        raise LoadError(f"holds a page that cannot be parsed ({error})"[:200]) from error
    yield from collected.take()


class _Collected:
    """What a parser has met since it was last asked; the target of both parsers."""

    def __init__(self, doctype: bool) -> None:
        self._events: list[Event] = []
        self._depth = 0
        self._doctype = doctype

    def take(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def start(self, name: Any, attributes: Any) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LoadError(f"holds elements nested deeper than {MAX_DEPTH}, as only a bomb does")
        plain = {local(str(key)): str(value) for key, value in attributes.items()} if attributes else _NONE
        self._events.append(Event("start", local(str(name)), plain))

    def end(self, name: Any) -> None:
        self._depth -= 1
        self._events.append(Event("end", local(str(name))))

    def data(self, text: str) -> None:
        self._events.append(Event("text", text))

    def close(self) -> None:
        """Part of the interface of lxml's targets."""

    def declare(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if internal or not self._doctype:
            raise LoadError("declares a DTD of its own, as only a bomb does")

    def refuse(self, *_declared: object) -> None:
        raise LoadError("declares XML entities, as only a bomb does")

    def skipped(self, name: str, parameter: bool) -> None:
        if not parameter:
            self.data(html5.get(f"{name};", ""))
