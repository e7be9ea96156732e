"""Serving: this machine only, clear words about the port, and a clean end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from ui_fakes import FakeLibrary

from rag.errors import LibraryNotFound, RagError
from ui import PageError, serve
from ui.port import LibraryPort

ROOT = Path(__file__).parents[2]
local = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2", "localhost", "::1"])]


def never(path: Path) -> LibraryPort:
    raise AssertionError("the library must not be opened")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "192.168.1.5", "example.com", "", "8.8.8.8"])
def test_addresses_that_others_reach_are_refused(host: str) -> None:
    with pytest.raises(RagError, match=r"127\.0\.0\.1"):
        serve("x", host=host, opener=never)


class TestPort:
    pytestmark = local

    def test_a_port_in_use_is_named_before_the_library_is_opened(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with pytest.raises(PageError, match=f"Port {port} on 127.0.0.1 is in use"):
                serve("x", port=port, opener=never)

    def test_a_port_that_is_none(self) -> None:
        with pytest.raises(PageError, match="Cannot listen"):
            serve("x", port=70_000, opener=never)

    def test_the_librarys_error_passes_and_frees_the_port(self) -> None:
        def missing(path: Path) -> LibraryPort:
            raise LibraryNotFound(f"no library at {path}")

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for _ in range(2):
            with pytest.raises(LibraryNotFound, match="no library at x"):
                serve("x", port=port, opener=missing)

    @pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
    def test_it_serves_until_interrupted_and_closes_the_library(self, host: str) -> None:
        code = (
            f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
            "from ui_fakes import FakeLibrary; from ui import serve\n"
            "library = FakeLibrary()\n"
            "ready = lambda url: print(url, flush=True)\n"
            f"serve('x', host={host!r}, port=0, opener=lambda path: library, on_ready=ready)\n"
            "print('closed', library.closed)"
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            with urllib.request.urlopen(f"{url}readyz", timeout=10) as response:
                assert response.status == 200
                assert "server" not in response.headers
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=15)
            assert (output.split(), process.returncode) == (["closed", "True"], 0)
        finally:
            process.kill()
            process.wait()


def test_importing_the_package_imports_no_heavy_library() -> None:
    code = "import sys, ui; print([m for m in ('gradio', 'fastapi', 'uvicorn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fake_is_a_library(library: FakeLibrary) -> None:
    port: LibraryPort = library
    assert port.info.articles == len(tuple(port.articles()))
