"""A web server on this machine for tests: what it answers is written down, what it was asked is noted."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from index.wire import Guard

LOCAL = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2", "::1"])]
NO_ROBOTS = "/robots.txt"


@dataclass
class Answer:
    """What a path answers; `raw` takes the connection over instead."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None


def page(text: str, **headers: str) -> Answer:
    given = {"Content-Type": "text/html; charset=utf-8", **{name.replace("_", "-"): headers[name] for name in headers}}
    return Answer(text.encode(), headers=given)


def moved(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


@dataclass
class Site:
    """A running server; `asked` are the paths in order, `sent` their headers, `connections` every one accepted."""

    address: str
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def url(self, path: str = "/", host: str = "example.org") -> str:
        return f"http://{host}:{self.port}{path}"

    def guard(self, *hosts: str, tls: ssl.SSLContext | None = None) -> Guard:
        """Lets this server stand for the public web: these hosts (any, without) are found at its address."""

        def resolve(host: str, port: int) -> list[str]:
            return [self.address] if not hosts or host in hosts else []

        return Guard(resolve, self.is_mine, frozenset({self.port}), tls)

    def is_mine(self, address: IPv4Address | IPv6Address) -> bool:
        return str(address) == self.address

    def pages_asked(self) -> list[str]:
        return [path for path in self.asked if path != NO_ROBOTS]


@contextmanager
def serving(address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    site = Site(address)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.sent.append(dict(self.headers.items()))
            answer = site.pages.get(self.path, Answer(b"nothing here", 404))
            self.close_connection = True
            if answer.raw is not None:
                answer.raw(self.wfile)
                return
            etag = answer.headers.get("ETag")
            same = etag is not None and self.headers.get("If-None-Match") == etag
            body = b"" if same else answer.body
            self.send_response(304 if same else answer.status)
            for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def get_request(self) -> Any:
            connection, client = super().get_request()
            site.connections += 1
            if tls is not None:
                connection.settimeout(5)
                connection = tls.wrap_socket(connection, server_side=True)
            return connection, client

        def handle_error(self, request: Any, client_address: Any) -> None:
            # A client that gives up in the middle is what many tests are about.
            pass

    with Server((address, 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
