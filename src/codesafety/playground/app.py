"""The page and its two requests. Asked by this machine alone, under its own name, by its own page."""

from __future__ import annotations

import json
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from codesafety.playground.answering import Playground

HOST: Final = "127.0.0.1"
_MOST_BYTES: Final = 4 * 1024 * 1024
_KINDS: Final = {
    "page.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "first.rules": "text/plain; charset=utf-8",
}
_GUARDED: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_log: Final = logging.getLogger("codesafety.playground")


def app(playground: Playground, port: int) -> Starlette:
    """Return the application. What does not name this machine, or comes from another page, is refused."""
    pages = files("codesafety.playground") / "page"

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "page.html")
        if name not in _KINDS:
            return Response("there is no such page\n", 404)
        return Response((pages / name).read_bytes(), media_type=_KINDS[name], headers=_GUARDED)

    def asked(what: Callable[[str, str], dict[str, Any]], second: str) -> Callable[[Request], Awaitable[Response]]:
        """Return what answers a request for rules and one thing more."""

        async def answer(request: Request) -> Response:
            here = {f"http://{host}:{port}" for host in (HOST, "localhost")}
            if request.headers.get("Origin", next(iter(here))) not in here:
                return Response("only the playground's own page is answered\n", 403)
            if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
                return Response("give JSON\n", 415)
            body = b""
            async for part in request.stream():
                body += part
                if len(body) > _MOST_BYTES:
                    return Response(f"more than {_MOST_BYTES // 2**20} MiB\n", 413)
            try:
                given = json.loads(body)
                rules, more = given["rules"], given[second]
                if not (isinstance(rules, str) and isinstance(more, str)):
                    raise TypeError
            except (ValueError, TypeError, KeyError, RecursionError):
                return Response(f'give {{"rules": "…", "{second}": "…"}}\n', 400)
            try:
                found = await run_in_threadpool(what, rules, more)
            except Exception as error:  # noqa: BLE001  its words may be a patient's
                _log.error("an error inside codesafety: %s", type(error).__name__)
                return Response("an error inside codesafety; nothing was checked\n", 500)
            return JSONResponse(found, headers=_GUARDED)

        return answer

    return Starlette(
        routes=[
            Route("/", page, methods=["GET"]),
            Route("/{name:str}", page, methods=["GET"]),
            Route("/answer", asked(playground.answer, "patient"), methods=["POST"]),
            Route("/picture", asked(playground.picture, "rule"), methods=["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)],
    )


def serve(port: int, release: Path | None) -> None:
    """Serve until it is interrupted. Raises CodesafetyError for a release that cannot be opened, OSError for a port in use."""
    playground = Playground(release)
    with socket.create_server((HOST, port)) as listening:
        own = listening.getsockname()[1]
        print(f"the playground is at http://{HOST}:{own}/ (end it with Ctrl+C)", flush=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # uvicorn hears them, ends what it has begun, and sends them once more
        settings = uvicorn.Config(app(playground, own), log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(settings).run(sockets=[listening])
