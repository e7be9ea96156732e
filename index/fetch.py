"""One web page asked for: only of public addresses, checked and pinned, within limits of time and size."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from ssl import SSLCertVerificationError, SSLContext, SSLError
from types import MappingProxyType
from typing import NoReturn

import httpcore2

from index.address import Address, joined, parse, shown
from index.wire import Guard, Pinned, Unanswered
from rag.errors import LoadError

AGENT = "article-rag"
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Limits:
    """`size` in bytes, packed and unpacked; `seconds` of a request with its redirects; `pause` between two of a host.

    `pages` are of one source.
    """

    size: int = 20_000_000
    seconds: float = 30.0
    redirects: int = 3
    pages: int = 500
    pause: float = 1.0


STRICT = Guard()
LIMITS = Limits()
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered; `url` is where the last redirect led.  Header names are lower case; `body` only of a 2xx."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    url: str,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    guard: Guard = STRICT,
    limits: Limits = LIMITS,
    before: Callable[[Address], None] | None = None,
) -> Fetched:
    """Ask for a page and follow its redirects; `before` is called ahead of each request and may refuse by raising.

    Raises LoadError for what is not asked or not taken, Unanswered where the network or the host fails.
    """
    here = parse(url, guard.ports)
    left = limits.seconds
    for hop in range(limits.redirects + 1):
        try:
            if before is not None:
                before(here)
            started = time.monotonic()
            found = _ask(here, headers, guard, limits, started + left)
            left -= time.monotonic() - started
        except LoadError as error:
            if hop:
                raise _of_redirect(error, here.text) from error
            raise
        onward = found.headers.get("location") if found.status in REDIRECTS else None
        if onward is None:
            return found
        here = _onward(here, onward, guard)
    raise LoadError(f"redirects more than {limits.redirects} times")


def _onward(here: Address, location: str, guard: Guard) -> Address:
    try:
        return parse(joined(here.text, location), guard.ports)
    except LoadError as error:
        raise _of_redirect(error, location) from error


def _of_redirect(error: LoadError, target: str) -> LoadError:
    return type(error)(f"redirects to {shown(target)}, which {error}")


def _ask(here: Address, headers: Mapping[str, str], guard: Guard, limits: Limits, deadline: float) -> Fetched:
    """One request on a connection of its own, so that the deadline and the checked address are this request's."""
    sent = {
        "Host": here.authority,
        "User-Agent": f"{AGENT}/{version(AGENT)} (+local reader)",
        "Accept": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **headers,
    }
    url = httpcore2.URL(scheme=here.scheme, host=here.host, port=here.port, target=here.target)
    try:
        with (
            httpcore2.ConnectionPool(guard.tls or _tls(), network_backend=Pinned(guard, deadline)) as pool,
            pool.stream("GET", url, headers=list(sent.items())) as response,
        ):
            given = {_text(name).lower(): _text(value) for name, value in response.headers}
            body = _body(response.iter_stream(), given, limits.size) if 200 <= response.status < 300 else b""
            return Fetched(here.text, response.status, given, body)
    except httpcore2.TimeoutException as error:
        raise Unanswered(f"did not answer in full within {limits.seconds:.0f} seconds") from error
    except httpcore2.NetworkError as error:
        _explain(error, here.host)
    except httpcore2.ProtocolError as error:
        raise LoadError(f"answered with what is not HTTP ({error})"[:200]) from error


def _explain(error: Exception, host: str) -> NoReturn:
    # The library wraps what the system raised.
    cause = error.args[0] if error.args else None
    if isinstance(cause, SSLCertVerificationError):
        raise Unanswered(f"has no trusted certificate for {host} ({cause.verify_message})") from error
    if isinstance(cause, SSLError):
        raise Unanswered(f"cannot be reached over a secure connection ({cause.reason or cause})"[:200]) from error
    reason = getattr(cause, "strerror", None) or str(error) or "the connection broke"
    raise Unanswered(f"cannot be reached ({reason}): check the connection and try again") from error


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _body(blocks: Iterable[bytes], headers: Mapping[str, str], size: int) -> bytes:
    packed = headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip"):
        raise LoadError(f"came packed as {packed[:40]}, which was not asked for")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > size:
        raise too_large(size)
    raw = bytearray()
    for block in blocks:
        raw += block
        if len(raw) > size:
            raise too_large(size)
    return gunzipped(bytes(raw), size) if "gzip" in packed and raw else bytes(raw)


def gunzipped(raw: bytes, size: int) -> bytes:
    """Unpack gzip data of at most `size` bytes unpacked; no more is ever held.  Raises LoadError."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            plain = stream.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise LoadError(f"came packed and cannot be unpacked ({error})"[:200]) from error
    if len(plain) > size:
        raise too_large(size)
    return plain


def too_large(size: int) -> LoadError:
    return LoadError(f"has more than {size / 1e6:,.0f} MB, which is the limit of a page")


@cache
def _tls() -> SSLContext:
    return httpcore2.default_ssl_context()
