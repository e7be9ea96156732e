"""The wire: connections to addresses that were checked first, and waits that end at one deadline."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from ssl import SSLContext
from typing import Any

import httpcore2

from index.address import PORTS, is_public
from rag.errors import LoadError


class Unanswered(LoadError):
    """The host could not be reached or did not finish; another page of it would hardly fare better."""


class Inside(LoadError):
    """The host has an address that is not on the public web."""


def system_addresses(host: str, port: int) -> list[str]:
    """The network addresses of a host as the system finds them.  Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Where requests may go.  The default is the strict one; only Python code can pass another.

    `resolve` gives the addresses of a host, `allowed` judges each; `tls` stands in for the system's trusted roots.
    """

    resolve: Callable[[str, int], Sequence[str]] = system_addresses
    allowed: Callable[[IPv4Address | IPv6Address], bool] = is_public
    ports: frozenset[int] = PORTS
    tls: SSLContext | None = None


class Pinned(httpcore2.NetworkBackend):
    """Connects to an address that was checked, never to a name; ends every wait at the deadline."""

    def __init__(self, guard: Guard, deadline: float) -> None:
        self._guard = guard
        self._deadline = deadline
        self._system = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._checked(host, port)
        failure: Exception | None = None
        for tried, address in enumerate(addresses):
            # One address that swallows everything must leave time for the next.
            seconds = _left(self._deadline) / (len(addresses) - tried)
            try:
                return _Timed(self._system.connect_tcp(address, port, seconds), self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    def _checked(self, host: str, port: int) -> list[str]:
        """Every address of a host, each allowed.  One that is not refuses the host: a name may mix them on purpose."""
        found = _resolved(self._guard, host, port, _left(self._deadline))
        if not found:
            raise Unanswered(f"names a host that cannot be found ({host}): check its spelling and the connection")
        refused = next((one for one in found if not self._allowed(one)), None)
        if refused is not None:
            raise Inside(f"leads to an address inside this network ({refused}), which is never fetched")
        # Written anew, so that what is connected to is what was judged.
        return [str(ip_address(one)) for one in found]

    def _allowed(self, address: str) -> bool:
        try:
            return self._guard.allowed(ip_address(address))
        except ValueError:
            return False


def _resolved(guard: Guard, host: str, port: int, seconds: float) -> list[str]:
    """The system's name service knows no deadline, so that it is asked from a thread which may be left behind."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(guard.resolve(host, port)))
        except (OSError, UnicodeError):
            answers.put([])
        except Exception as error:
            # Nobody waits for a thread that died.
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise httpcore2.ConnectTimeout("the name service did not answer") from None
    if isinstance(found, Exception):
        raise found
    return found


class _Timed(httpcore2.NetworkStream):
    """A stream whose every wait ends at one deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left
