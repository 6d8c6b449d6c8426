"""What stands before every route: own host and origin, bounded bodies, headers of every answer."""

from __future__ import annotations

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nuclarium.server.errors import Forbidden, Refusal, TooLarge, status_of
from nuclarium.server.origins import Origins

MOST_BODY_BYTES = 16 << 20
_READS = ("GET", "HEAD", "OPTIONS")
_PAGE = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_API = "default-src 'none'; frame-ancestors 'none'; sandbox"
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class Gate:
    """Refuses requests of other sites and large ones, and adds headers to every answer.

    Parameters
    ----------
    app : ASGI application
    origins : Origins
        The server's own.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope, self._origins)
            await send(message)

        try:
            self._check(scope)
        except Refusal as error:
            await _refuse(error, send_safely)
            return
        await _Bounded(self._app, scope, receive, send_safely).run()

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._origins.is_host(host):
            raise Forbidden(
                f"This server must be called by a name of its own, but got {host[:60]!r}. Whoever "
                "runs it can name another with --public-url."
            )
        size = headers.get("content-length", "0")
        if not size.isdecimal() or int(size[:20]) > MOST_BODY_BYTES:
            raise TooLarge(f"A request may have {MOST_BODY_BYTES} bytes, but got {size[:20]}.")
        if scope["method"] in _READS:
            return
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        is_own = origin is None or self._origins.is_own(origin, host)
        if not is_own or site not in ("same-origin", "none"):
            raise Forbidden("A change must come from the studio's own page, but came from another.")


class _Bounded:
    """One request whose body is counted as it comes, whatever its headers said."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._came, self._has_begun = 0, False

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._bounded_receive, self._noting_send)
        except TooLarge as error:
            if self._has_begun:
                raise
            await _refuse(error, self._send)

    async def _bounded_receive(self) -> Message:
        message = await self._receive()
        self._came += len(message.get("body", b""))
        if self._came > MOST_BODY_BYTES:
            raise TooLarge(f"A request may have {MOST_BODY_BYTES} bytes, but got more.")
        return message

    async def _noting_send(self, message: Message) -> None:
        self._has_begun = True
        await self._send(message)


async def _refuse(error: Refusal, send: Send) -> None:
    body = json.dumps({"error": str(error)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status_of(error), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _add_headers(headers: MutableHeaders, scope: Scope, origins: Origins) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    is_api = scope["path"].startswith("/api/")
    headers.setdefault("content-security-policy", _API if is_api else _PAGE)
    headers.setdefault("cache-control", "no-store" if is_api else "no-cache")
    if origins.is_https:
        headers.setdefault("strict-transport-security", "max-age=31536000")
