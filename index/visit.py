"""Asking hosts as a guest: each request only when robots.txt and the host's last answers allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from index.address import Address
from index.fetch import NO_HEADERS, Fetched, Limits, fetch, gunzipped
from index.robots import Robots
from index.wire import Guard, Unanswered
from rag.errors import LoadError


class Visits:
    """Requests to any hosts, one at a time.  What a host answered to one counts for the next."""

    def __init__(self, guard: Guard, limits: Limits) -> None:
        self._guard = guard
        self._limits = limits
        self._robots = Robots(guard, limits)

    def ask(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Fetched:
        """What is answered, of any status.  Raises LoadError."""
        host = ""

        def before(address: Address) -> None:
            nonlocal host
            host = address.host
            self._robots.check(address)

        try:
            found = fetch(url, headers=headers, guard=self._guard, limits=self._limits, before=before)
        except Unanswered:
            self._robots.note(host, None)
            raise
        self._robots.note(host, found.status)
        return found

    def document(self, url: str) -> Fetched:
        """A document asked for without conditions; one that is a packed file is unpacked.  Raises LoadError."""
        found = self.ask(url)
        if found.status != HTTPStatus.OK:
            raise LoadError(answered(found.status))
        packed = found.body.startswith(b"\x1f\x8b")
        return replace(found, body=gunzipped(found.body, self._limits.size)) if packed else found


def answered(status: int) -> str:
    """What a status means for the user, and what to do."""
    try:
        name = f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = f"answered {status}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
        return f"{name}: it wants a login or refuses programs; save the page from your browser and sync that file"
    return name
