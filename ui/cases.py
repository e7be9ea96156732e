"""“Save as eval case”: what the page's script sends becomes a line in the set of the user's own."""

from __future__ import annotations

import json
import logging
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.errors import LoadError, RagError
from ui.ask import Desk
from ui.markup import plain
from ui.parts import UNEXPECTED
from ui.trial import places

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

    from eval.cases import Case

log = logging.getLogger(__name__)

_TEXTS = ("question", "article", "quote", "answer")


def add_routes(app: FastAPI, desk: Desk) -> None:
    """`POST /part/case`: JSON in and `{"said": ...}` out, or status 422 with a sentence."""
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse, PlainTextResponse

    async def case(request: Request) -> Response:
        body = await request.body()
        try:
            return JSONResponse({"said": await run_in_threadpool(saved, desk, body)})
        except RagError as error:
            return PlainTextResponse(plain(str(error)), 422)
        except Exception:
            log.exception("a case could not be saved")
            return PlainTextResponse(UNEXPECTED, 500)

    app.add_route("/part/case", case, methods=["POST"])


def saved(desk: Desk, body: bytes) -> str:
    """What became of the case in `body`, in a sentence.  Raises RagError as `eval.cases.save` does."""
    from eval.cases import save

    library = desk.library
    return save(places(library).cases, parsed(body), library).said


def parsed(body: bytes) -> Case:
    """The case that the page's script wrote.  Raises LoadError for anything else."""
    from eval.cases import VERDICTS, Case

    try:
        given: dict[str, Any] = json.loads(body)
        verdict = next(one for one in VERDICTS if one == given["verdict"])
        texts = {name: given.get(name) or "" for name in _TEXTS}
        if not all(isinstance(text, str) for text in texts.values()):
            raise TypeError
        day = date.fromisoformat(given["asked"]) if given.get("asked") else None
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration, RecursionError):
        raise LoadError("The case cannot be read: reload the page and save it again.") from None
    return Case(verdict, asked=day, **texts)
