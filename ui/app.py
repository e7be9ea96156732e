"""The web app: our own FastAPI with the guards, health routes, and Gradio's page mounted at `/`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.manifest import read_manifest
from ui.port import LibraryPort
from ui.server import serve

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.ask import Desk

__all__ = ["LOCAL_HOSTS", "create_app", "serve"]

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "::1")
"""Names by which a browser on this machine may call the page; any other Host header is refused."""


def create_app(
    library: LibraryPort,
    *,
    examples: Sequence[str] | None = None,
    hosts: Sequence[str] = LOCAL_HOSTS,
) -> FastAPI:
    """The ASGI app over an open library; `examples` default to questions about the newest articles.

    The caller closes the library.  Sets GRADIO_ANALYTICS_ENABLED=False in this process, then imports Gradio.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from fastapi import FastAPI

    from ui import about, articles, ask, evaluate, page

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    desk = ask.Desk(library, examples=examples)
    _add_health(app, library)
    _add_assets(app)
    for tab in (ask, articles, evaluate, about):
        tab.add_routes(app, desk)
    _add_guards(app, hosts)
    _mount(app, desk, page.page_title(library))
    return app


def _mount(app: FastAPI, desk: Desk, title: str) -> None:
    """Gradio's page at `/`, with everything of Gradio's that the page does not use switched off."""
    import gradio as gr

    from ui import page

    def mount() -> None:
        gr.mount_gradio_app(
            app,
            page.build(desk, title),
            path="/",
            server_name="127.0.0.1",
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=0,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=page.theme(),
            head=page.HEAD,
        )

    async def mount_in_loop() -> None:
        mount()

    # Where no event loop runs, Gradio makes some and never closes them.
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(mount_in_loop())
    else:
        mount()


def _add_health(app: FastAPI, library: LibraryPort) -> None:
    from fastapi.responses import JSONResponse

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        # What is open goes on answering; a restart would need what is on disk.
        try:
            info = library.info
            read_manifest(Path(info.path))
        except Exception as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready", "generation": info.generation, "articles": info.articles})


def _add_assets(app: FastAPI) -> None:
    """Our style sheet and scripts as files of their own: Gradio rewrites the rules of the sheet it is handed."""
    from fastapi.responses import Response

    from ui.page import SCRIPTS, SHEETS, asset

    def add(name: str, kind: str) -> None:
        text = asset(name)

        @app.get(f"/{name}")
        def served() -> Response:
            return Response(text, media_type=kind, headers={"cache-control": "no-cache"})

    for name in SCRIPTS:
        add(name, "text/javascript")
    for name in SHEETS:
        add(name, "text/css")


def _add_guards(app: FastAPI, hosts: Sequence[str]) -> None:
    """From the network inwards: headers, host names, no other origins, the paths and bodies of the page."""
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from ui.guard import Guard, SecurityHeaders

    app.add_middleware(Guard)
    app.add_middleware(CORSMiddleware, allow_origins=[], allow_methods=[], allow_headers=[])
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(SecurityHeaders)
