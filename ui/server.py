"""Serving the page on this machine, and only there."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ui.errors import PageError
from ui.port import LibraryPort

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

Opener = Callable[[Path], LibraryPort]


def serve(
    path: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    on_ready: Callable[[str], None] = lambda url: None,
    opener: Opener | None = None,
) -> None:
    """Serves the page of the library at `path` until interrupted; `on_ready` gets its URL.  Port 0 is any.

    Raises `PageError` for an address that other machines can reach and for a port in use, and whatever
    `rag.open` raises.
    """
    _require_loopback(host)
    listener = _listen(host, port)
    try:
        library = (opener or _open)(Path(path))
        try:
            _run(library, listener, _url(listener), on_ready, open_browser)
        finally:
            library.close()
    finally:
        listener.close()


def _open(path: Path) -> LibraryPort:
    import rag

    return rag.open(path)


def _require_loopback(host: str) -> None:
    try:
        local = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        local = False
    if not local:
        raise PageError(
            f"{host} can be reached from other machines, and the page has no login: "
            "use 127.0.0.1 (or an SSH tunnel to it)."
        )


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket.  Bound before the library is opened, so that a port in use is known at once."""
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((name, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PageError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop the program that uses it, or choose another port."
    if number == errno.EACCES:
        return f"Port {port} is reserved for the system: choose one above 1023."
    return f"Cannot listen on {host}, port {port}: {error}."


def _url(listener: socket.socket) -> str:
    return f"http://{_host(listener)}:{listener.getsockname()[1]}/"


def _host(listener: socket.socket) -> str:
    """The address as browsers write it."""
    name = str(listener.getsockname()[0])
    return f"[{name}]" if ":" in name else name


def _run(
    library: LibraryPort,
    listener: socket.socket,
    url: str,
    on_ready: Callable[[str], None],
    open_browser: bool,
) -> None:
    from ui.app import LOCAL_HOSTS, create_app

    def ready() -> None:
        on_ready(url)
        if open_browser:
            import webbrowser

            webbrowser.open(url)

    hosts = (*LOCAL_HOSTS, _host(listener))
    server = _server(create_app(library, hosts=hosts), ready)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return


def _server(app: FastAPI, ready: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=512,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=2,
    )
    return Server(config)
