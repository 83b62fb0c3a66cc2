"""What a service refuses: problems as RFC 9457 has them, and nothing of what was sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from codesafety.diagnostics import shortened
from codesafety.errors import CodesafetyError, Declined, InputError

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is not answered: a status, a code of ours, and what to do. It is held by whoever sent it, unless `declined`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        help: str | None = None,
        headers: dict[str, str] | None = None,
        declined: bool = False,
    ) -> None:
        self.status, self.code, self.detail, self.help, self.headers, self.declined = (
            status,
            code,
            detail,
            help,
            headers,
            declined,
        )
        super().__init__(code)

    def response(self) -> JSONResponse:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.help:
            body["help"] = self.help
        if not self.declined:
            body["decision"] = "hold"  # nothing was checked
        return JSONResponse(body, self.status, self.headers, MEDIA_TYPE)


def unreadable(error: CodesafetyError) -> Problem:
    """Return what the engine refused as a problem."""
    message = shortened(error.message if isinstance(error, InputError) else str(error).partition("\n")[0])
    help = shortened(error.help) if isinstance(error, InputError) and error.help else None
    if isinstance(error, Declined):
        return Problem(422, "declined", message, help=help, declined=True)
    if isinstance(error, InputError):
        return Problem(422, "unreadable", message, help=help)
    return Problem(422, "not-checked", message, help=help)
