"""A page served by a thread of the test, and a visit to it by a browser that notes all it asks for and says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ui import create_app
from ui.port import LibraryPort

BOX = "#rag-question textarea"
WIDE = {"width": 1440, "height": 900}
SEEN = "s => (r => r.top >= 0 && r.bottom <= innerHeight)(document.querySelector(s).getBoundingClientRect())"
"""Whether the element of a selector is whole in sight."""


@dataclass
class Visit:
    """One browser page, and all that it asked for and complained about."""

    page: Any
    url: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Types a question and sends it off; the caller waits for its answer."""
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")

    def tab(self, name: str) -> None:
        """Opens a tab."""
        self.page.get_by_role("tab", name=name).click()

    def clean(self) -> None:
        """Nothing ran, nothing left the machine, nothing was complained about."""
        self.page.wait_for_timeout(150)
        assert self.page.evaluate("window.__xss") is None
        assert self.outside == []
        assert self.complaints == []


def served(library: LibraryPort, **options: Any) -> Iterator[str]:
    """Serves the page in a thread; yields its URL."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(create_app(library, **options), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)
    listener.close()


def visiting(browser: Any, url: str, *, goto: str | None = None, **options: Any) -> Visit:
    """A new page at `url`, or at `goto` on the same server, from which nothing else can be reached."""
    page = browser.new_page(**options)
    visit = Visit(page, url)

    def route(route: Any) -> None:
        if route.request.url.startswith((url, "data:")):
            route.continue_()
        else:
            visit.outside.append(route.request.url)
            route.abort()

    page.route("**/*", route)
    page.on("console", lambda m: visit.complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("response", lambda r: visit.complaints.append(r.url) if r.status >= 400 else None)
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message) or dialog.dismiss())
    page.goto(goto or url)
    page.wait_for_selector(BOX)
    if goto is None:
        page.wait_for_selector(".rag-hint")
    return visit
