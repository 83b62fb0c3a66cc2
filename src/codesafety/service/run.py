"""Starts a service and its workers, and ends them without dropping what they were answering."""

from __future__ import annotations

import logging
import logging.config
import os
import signal
import ssl
import sys
import tempfile
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from codesafety.errors import ConfigurationError
from codesafety.service.settings import VARIABLE, Settings
from codesafety.service.tokens import Tokens

_LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "loggers": {
        "codesafety": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigurationError for settings that must not serve, and where it cannot begin."""
    settings.check()
    _try(settings)
    if settings.workers == 1:  # which writes nowhere, and may run where nothing can be written
        _run(settings)
        return
    with tempfile.TemporaryDirectory(prefix="codesafety-counts-") as counts:
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", counts)
        _run(settings)


def _run(settings: Settings) -> None:
    os.environ[VARIABLE] = settings.as_text()
    options: dict[str, Any] = {}
    if settings.certificate is not None:
        options |= {"ssl_certfile": settings.certificate, "ssl_keyfile": settings.certificate_key}
    if settings.client_ca is not None:
        options |= {"ssl_ca_certs": settings.client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn hears them, ends what it has begun, and sends them once more
    logging.config.dictConfig(_LOGGING)
    _tell(settings)
    try:
        uvicorn.run(
            "codesafety.service.run:worker",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            access_log=False,  # it would write what stands in a query
            log_config=_LOGGING,
            server_header=False,
            timeout_graceful_shutdown=settings.stop_s,
            timeout_keep_alive=15,
            **options,
        )
    except SystemExit:
        raise ConfigurationError(
            "the service could not begin: the lines above say why\n  = help: check --host and --port"
        ) from None


def _try(settings: Settings) -> None:
    """Read what every worker reads before it serves. Raises ConfigurationError here: a worker that fails is begun anew for ever."""
    if settings.jwks is not None:
        Tokens(settings)
    if settings.certificate is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(
            settings.certificate, settings.certificate_key, password=lambda: ""
        )  # nobody is there to be asked
        if settings.client_ca is not None:
            context.load_verify_locations(settings.client_ca)
    except (OSError, ValueError):
        raise ConfigurationError(
            "the certificate, its key or the authority of callers cannot be read\n"
            "  = help: give files in PEM, the key the certificate's own and without a password"
        ) from None


def worker() -> Starlette:
    """Return the application of one worker, as its environment tells."""
    from codesafety.service.app import app

    return app(Settings.from_text(os.environ[VARIABLE]))


def _tell(settings: Settings) -> None:
    log = logging.getLogger("codesafety.service")
    if settings.authentication == "none":
        log.warning("authentication is off: whoever is on this machine can call %s:%d", settings.host, settings.port)
    else:
        log.info("authentication by %s", settings.authentication)
    if settings.bundle is not None and not settings.keys:
        log.warning("no signature is asked for: any bundle that appears at its place is taken (--key)")
    sys.stderr.flush()
