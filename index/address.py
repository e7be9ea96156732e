"""Web addresses in one strict form, and which network addresses are on the public web."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from index.draft import MAX_URL_CHARS, printable
from rag.errors import LoadError

PORTS = frozenset({80, 443})
DEFAULT_PORT = {"http": 80, "https": 443}
MAX_SHOWN_CHARS = 300

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*", re.ASCII)
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z", re.ASCII)
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]*)?\Z", re.ASCII)
_USER = re.compile(r"(?<=//)[^/?#]*@")
_KEPT = "%/:=&?~+!$,;'@()*[]|"

_GLOBAL_V6 = IPv6Network("2000::/3")
"""All that is public so far; mapped, NAT64, local, link and site addresses lie outside it."""
_REFUSED = tuple(
    ip_network(block)
    for block in (
        "192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10", "198.18.0.0/15",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
"""Relays, tunnels (6to4, Teredo), shared and example addresses: Python versions differ about some of them."""


@dataclass(frozen=True, slots=True)
class Address:
    """A web address taken apart; `host` is ASCII, lower case and without brackets or a last dot."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(url: str, ports: frozenset[int] = PORTS) -> Address:
    """The address that a URL names, its fragment dropped.  Raises LoadError for any form that could be misread."""
    plain = url.strip(" \t\r\n")
    if len(plain) > MAX_URL_CHARS:
        raise LoadError(f"has an address of {len(plain):,} characters; one may have {MAX_URL_CHARS:,}")
    if _CONTROL.search(plain):
        raise LoadError("has a control character or a backslash in its address, which no web address may have")
    try:
        parts = urlsplit(plain)
        if parts.scheme not in DEFAULT_PORT:
            raise LoadError("is not a web address: only those that begin with http:// or https:// are fetched")
        if "@" in parts.netloc:
            raise LoadError("has a user name or password in its address (before the @), which is never sent; remove it")
        host = _host(parts)
        port = DEFAULT_PORT[parts.scheme] if parts.port is None else parts.port
        target = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    except ValueError as error:
        raise LoadError(f"has an address that cannot be read ({error})"[:200]) from error
    if port not in ports:
        allowed = ", ".join(str(one) for one in sorted(ports))
        raise LoadError(f"names port {port}; only the ports {allowed} are asked")
    return Address(parts.scheme, host, port, target)


def _host(parts: SplitResult) -> str:
    """The host in one form.  Raises LoadError, ValueError."""
    if "[" in parts.netloc or "]" in parts.netloc:
        match = _BRACKETED.match(parts.netloc)
        if match is None:
            raise LoadError("names a host that is no plain IPv6 address")
        return str(IPv6Address(match.group(1)))
    host = parts.hostname or ""
    if not host:
        raise LoadError("names no host: a web address looks like https://example.org/page")
    host = _ascii(host).removesuffix(".")
    if not _NAME.fullmatch(host):
        raise LoadError("names a host that is no name and no plain address")
    if _NUMBER.match(host.rpartition(".")[2]):
        # What other programs read as an address in octal, hexadecimal or with parts left out.
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise LoadError("names its host by a number that is no plain address such as 192.0.2.1") from None
    return host


def _ascii(host: str) -> str:
    """A name as the name service wants it.  Raises ValueError, which includes idna's errors."""
    if host.isascii():
        return host.lower()
    import idna

    return idna.encode(host, uts46=True).decode("ascii").lower()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public web: not to this machine, its networks or a tunnel into them."""
    if isinstance(address, IPv6Address) and (address.scope_id or address not in _GLOBAL_V6):
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in block for block in _REFUSED if block.version == address.version)


def joined(base: str, url: str) -> str:
    """A URL as it reads on the page at `base`; one that cannot be read is left as it is, for `parse` to refuse."""
    try:
        return urljoin(base, url.strip())
    except ValueError:
        return url


def shown(url: str) -> str:
    """A URL as it may be printed and stored: cut, without a password, control characters escaped."""
    safe = printable(_USER.sub("", url.strip()))
    return safe if len(safe) <= MAX_SHOWN_CHARS else f"{safe[:MAX_SHOWN_CHARS]}..."
