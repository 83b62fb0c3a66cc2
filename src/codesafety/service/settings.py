"""What a service is told when it starts; the same for each of its workers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from codesafety.answers import CdsHooksVersion
from codesafety.errors import ConfigurationError
from codesafety.following import MOST_S, is_loopback

VARIABLE: Final = "CODESAFETY_SERVICE"
"""Where a worker finds its settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`rules` or `bundle` (followed, with `keys`), and the limits of one worker.

    `max_bytes`: of one body; `at_once`: requests that are being answered or wait for it, beyond which a further one is told to come back;
    `body_s`: seconds in which a body must have come; `deadline_s`: after which no more rules are asked of a message, and it is held.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    rules: tuple[str, ...] = ()
    bundle: str | None = None
    keys: tuple[str, ...] = ()
    every_s: float = 60
    release: str | None = None
    never: tuple[str, ...] = ()
    profile: str | None = None
    log: str | None = None
    log_key: str | None = None
    cds_hooks: CdsHooksVersion = "3.0"
    max_bytes: int = 4 * 1024 * 1024
    at_once: int = 32
    body_s: float = 10
    deadline_s: float = 10
    stop_s: int = 30
    jwks: str | None = None
    issuer: str | None = None
    audience: str | None = None
    certificate: str | None = None
    certificate_key: str | None = None
    client_ca: str | None = None

    @property
    def authentication(self) -> str:
        """Return how callers show who they are: `none` only where nobody but this machine can call."""
        return "bearer tokens" if self.jwks else "client certificates" if self.client_ca else "none"

    def check(self) -> None:
        """Raise ConfigurationError for settings that must not serve."""
        if self.authentication == "none" and not is_loopback(self.host):
            raise ConfigurationError(
                "anybody who reaches this address could call: it is no loopback address, and there is no authentication\n"
                "  = help: give --jwks with --issuer and --audience, or --client-ca; or serve on 127.0.0.1"
            )
        if self.jwks is not None and (self.issuer is None or self.audience is None):
            raise ConfigurationError(
                "tokens of any issuer, for anybody, would be taken\n  = help: give --issuer and --audience beside --jwks"
            )
        if self.jwks is not None and "://" in self.jwks and not self.jwks.startswith("https://"):
            raise ConfigurationError("keys of tokens are fetched by HTTPS alone\n  = help: give an https address, or a file")
        if (self.certificate is None) != (self.certificate_key is None) or (self.client_ca and not self.certificate):
            raise ConfigurationError("a certificate is served with its key\n  = help: give --certificate and --certificate-key")
        if self.jwks is not None and not is_loopback(self.host) and self.certificate is None:
            raise ConfigurationError(
                "tokens and messages would pass in the clear\n"
                "  = help: give --certificate and --certificate-key; or serve on 127.0.0.1 behind a proxy that does"
            )
        if (self.log is None) != (self.log_key is None):
            raise ConfigurationError(
                "a log is written with its key\n  = help: give --log and --log-key; codesafety log keygen FILE"
            )
        if self.log == "-" and self.workers > 1:
            raise ConfigurationError(
                "several workers cannot write one chain to standard output\n  = help: log to a file, or serve with one worker"
            )
        for name in ("max_bytes", "at_once", "workers"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"`{name}` is a number above 0")
        for name in ("body_s", "deadline_s", "every_s"):
            if not 0 < getattr(self, name) <= MOST_S:
                raise ConfigurationError(f"`{name}` is a number above 0, and at most {MOST_S}")

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Settings:
        """Return settings again: what JSON makes lists were tuples."""
        told: dict[str, Any] = json.loads(text)
        held: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in told.items()}
        return cls(**held)
