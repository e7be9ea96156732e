"""Pieces of the page that its own script asks for one by one: HTML in, nothing of Gradio's in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from rag.errors import RagError
from ui import render

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong. The details are in the log of the program."


def guarded(make: Callable[[], str]) -> str:
    """What `make` makes, or the sentence that says why it could not.  Never raises."""
    try:
        return make()
    except RagError as error:
        return render.problem(str(error))
    except Exception:
        log.exception("the page could not show what was asked for")
        return render.problem(UNEXPECTED)


def add_part(app: FastAPI, path: str, make: Callable[[dict[str, str]], str]) -> None:
    """Serves at `/part/PATH` the HTML that `make` makes of the query's parameters, each of them given once."""
    from fastapi.responses import HTMLResponse

    def part(request: Request) -> Response:
        return HTMLResponse(guarded(lambda: make(dict(request.query_params))), headers={"cache-control": "no-store"})

    app.add_route(f"/part/{path}", part)


def whole_number(text: str | None, default: int, *, least: int = 0, most: int = 10**12) -> int:
    """A number of a query: its default where it is missing or none, else the nearest within its bounds."""
    try:
        return min(max(int(text or ""), least), most)
    except ValueError:
        return default
