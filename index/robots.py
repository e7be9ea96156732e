"""What hosts ask of programs that fetch: their robots.txt, and a pause between two requests."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from index.address import Address
from index.fetch import AGENT, LIMITS, Limits, fetch
from index.wire import Guard, Inside, Unanswered
from rag.errors import LoadError

MAX_CHARS = 500_000
"""Of a robots.txt; the standard asks that this much is read at least."""
MAX_PAUSE = 10.0
MAX_FAILURES = 3


class _Site(NamedTuple):
    """One scheme, host and port; each has a robots.txt of its own."""

    scheme: str
    authority: str


class Robots:
    """The rules of the hosts asked so far, and when each was asked last.  `check` belongs ahead of every request."""

    def __init__(self, guard: Guard, limits: Limits = LIMITS) -> None:
        self._guard = guard
        self._limits = limits
        self._rules: dict[_Site, Any] = {}
        self._refused: dict[_Site, LoadError] = {}
        self._asked: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._resting: dict[str, str] = {}

    def check(self, address: Address) -> None:
        """Wait for the host's turn.  Raises LoadError where its robots.txt, or what it answered before, says no."""
        if address.host in self._resting:
            raise LoadError(f"was not asked for: {self._resting[address.host]}; run the same command again later")
        rules = self._of(address)
        if not rules.can_fetch(address.text, AGENT):
            raise LoadError(f"was not fetched: robots.txt of {address.host} asks not to")
        self._wait(address.host, float(rules.crawl_delay(AGENT) or 0))

    def note(self, host: str, status: int | None) -> None:
        """What a host answered last, None for nothing; one that is overloaded or silent is left in peace."""
        self._failures[host] = 0 if status is not None else self._failures.get(host, 0) + 1
        if status in (429, 503):
            self._resting[host] = f"{host} answered {status} and wants no more requests now"
        elif self._failures[host] >= MAX_FAILURES:
            self._resting[host] = f"{host} did not answer {MAX_FAILURES} times in a row"

    def _of(self, address: Address) -> Any:
        """The rules of a host, asked for once.  Raises LoadError, the same one each time."""
        site = _Site(address.scheme, address.authority)
        if site in self._refused:
            # Anew: an error that is raised again and again grows by a traceback each time.
            raise type(self._refused[site])(str(self._refused[site]))
        if site not in self._rules:
            try:
                self._rules[site] = self._read(address)
            except LoadError as error:
                self._refused[site] = error
                raise
        return self._rules[site]

    def _read(self, address: Address) -> Any:
        """No rules where a host has no such file, an error where it cannot say (RFC 9309, 2.3.1)."""
        from protego import Protego

        self._wait(address.host, 0)
        try:
            found = fetch(f"{address.scheme}://{address.authority}/robots.txt", guard=self._guard, limits=self._limits)
        except (Unanswered, Inside):
            raise
        except LoadError as error:
            raise LoadError(f"was not fetched: robots.txt of {address.host} {error}") from error
        if found.status >= 500 or found.status == 429:
            reason = f"robots.txt of {address.host} answered {found.status}, so that its rules are not known"
            raise LoadError(f"was not fetched: {reason}; run the same command again later")
        return Protego.parse(found.body.decode("utf-8", "replace")[:MAX_CHARS])

    def _wait(self, host: str, asked_for: float) -> None:
        pause = min(max(self._limits.pause, asked_for), MAX_PAUSE) if self._limits.pause else 0
        last = self._asked.get(host)
        if last is not None and (left := last + pause - time.monotonic()) > 0:
            time.sleep(left)
        self._asked[host] = time.monotonic()
