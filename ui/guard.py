"""What stands between the network and Gradio: few paths, small bodies, strings only, strict headers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1 << 20
"""Bytes of a request body; a question has at most 16 KB."""
MAX_UPLOAD = 64 << 20
"""Bytes of an uploaded file, which is passed on as it arrives and never held whole."""

_READ = re.compile(
    r"/(healthz|readyz|(page|articles|evaluate)\.css|(page|ask|articles|evaluate)\.js"
    r"|theme\.css|favicon\.ico|manifest\.json|robots\.txt|part/[\w/-]+|report/[\w.-]+"
    r"|(static|assets)/(?!.*\.\.)[\w./@+-]+"
    r"|gradio_api/(queue/data|app_id|heartbeat/\w+))?"
)
_WRITE = re.compile(r"/gradio_api/(queue/join|cancel|reset)/?|/part/(case|upload)")
_UPLOAD = "/part/upload"
_INLINE_SCRIPT = re.compile(rb"<script(?:\s+data-gradio-mode)?>(.*?)</script>", re.DOTALL)

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
_CLOSED = "default-src 'none'; frame-ancestors 'none'"


def page_policy(html: bytes) -> str:
    """The Content-Security-Policy of the page: its own files, and its inline scripts by their hashes.

    `unsafe-eval` is what `gr.HTML` compiles its (constant) template with; inline styles are Svelte's.
    """
    digests = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(html))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' {hashes}; script-src-attr 'none'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "object-src 'none'; frame-src 'none'; worker-src 'none'; media-src 'none'; manifest-src 'self'; "
        "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Adds the security headers to every response, and a policy made for it to the page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def guarded(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["content-security-policy"] = _CLOSED
                if headers.get("content-type", "").startswith("text/html"):
                    held = message
                    return
            elif held is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                MutableHeaders(scope=held)["content-security-policy"] = page_policy(body)
                await send(held)
                held, message = None, {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, guarded)


class Guard:
    """Passes only what the page itself asks for; everything else of Gradio's server does not exist here.

    Gradio alone would fetch any address (`file=http...`, file payloads), take uploads, and show its API.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal, receive = await self._judge(scope, receive)
            await (refusal or self.app)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _judge(self, scope: Scope, receive: Receive) -> tuple[PlainTextResponse | None, Receive]:
        reading = scope["method"] in {"GET", "HEAD"}
        if not (_READ if reading else _WRITE).fullmatch(scope["path"]) or scope["method"] not in {
            "GET",
            "HEAD",
            "POST",
        }:
            return PlainTextResponse("Not found.", 404), receive
        if reading:
            _plain_page(scope)
            return None, receive
        if not _same_origin(Headers(scope=scope)):
            return PlainTextResponse("Requests from other sites are refused.", 403), receive
        return await (_judge_upload if scope["path"] == _UPLOAD else _judge_body)(Headers(scope=scope), receive)


async def _judge_body(headers: Headers, receive: Receive) -> tuple[PlainTextResponse | None, Receive]:
    body = await _body(headers, receive)
    if body is None:
        return PlainTextResponse(f"The request is larger than {MAX_BODY:,} bytes.", 413), receive
    if not _plain_data(body):
        return PlainTextResponse("The request holds something other than text.", 422), receive
    return None, _replay(body, receive)


async def _judge_upload(headers: Headers, receive: Receive) -> tuple[PlainTextResponse | None, Receive]:
    """Refuses an upload that says itself that it is too large; what says nothing of it is counted by its taker."""
    declared: str = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) <= MAX_UPLOAD:
        return None, receive
    return PlainTextResponse(f"The file has more than {MAX_UPLOAD >> 20} MB; add it by its path.", 413), receive


def _plain_page(scope: Scope) -> None:
    """Drops the page's query, which Gradio reads stored sessions with, and asks for it uncompressed."""
    if scope["path"] in {"", "/"}:
        scope["query_string"] = b""
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]


def _same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    return origin is None or urlsplit(origin).netloc == headers.get("host")


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is known to be too large."""
    declared: str = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MAX_BODY:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return body


def _plain_data(body: bytes) -> bool:
    """Whether the inputs of an event are flat: Gradio would fetch the address in a nested file payload."""
    try:
        event = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return False
    data = event.get("data") if isinstance(event, dict) else ()
    return data is None or (
        isinstance(data, list) and all(item is None or isinstance(item, (str, int, bool)) for item in data)
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` with `body` in front, as if it had not been read."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
