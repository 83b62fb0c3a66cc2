"""Bearer tokens: JWTs that an authorisation server signed, by its published keys (JWKS)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jwt

from codesafety.errors import ConfigurationError
from codesafety.service.problems import Problem
from codesafety.service.settings import Settings

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures of a key that is not ours. A secret that both sides know, and no signature at all, are never taken."""
_LEEWAY_S: Final = 30


class Tokens:
    """Tells whose a request is. Keys at an address are fetched when they are needed, and remembered for five minutes."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigurationError where the keys are in a file that holds none."""
        assert settings.jwks is not None
        self._issuer, self._audience = settings.issuer, settings.audience
        self._client: jwt.PyJWKClient | None = None
        self._keys: dict[str | None, jwt.PyJWK] = {}
        if "://" in settings.jwks:
            self._client = jwt.PyJWKClient(settings.jwks, cache_keys=True, lifespan=300, timeout=10)
            return
        try:
            keys = jwt.PyJWKSet.from_json(Path(settings.jwks).read_text(encoding="utf-8")).keys
        except (OSError, ValueError, AttributeError, RecursionError, jwt.PyJWTError):
            raise ConfigurationError(f"`{settings.jwks}` holds no keys of tokens (JWKS)\n  = help: check the file") from None
        self._keys = {key.key_id: key for key in keys}

    def check(self, authorization: str | None) -> None:
        """Raise Problem unless a request bears a token that is signed, in force, of our issuer and for us. It may fetch keys: call it in a thread."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refused("it bears no token")
        try:
            jwt.decode(
                token,
                self._key(token),
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise Problem(503, "no-keys", "the keys of tokens cannot be fetched", headers={"Retry-After": "5"}) from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise _refused("its token is not one that is taken here") from None

    def _key(self, token: str) -> jwt.PyJWK:
        if self._client is not None:
            return self._client.get_signing_key_from_jwt(token)
        named = jwt.get_unverified_header(token).get("kid")
        found = self._keys.get(named) if named is not None or len(self._keys) != 1 else next(iter(self._keys.values()))
        if found is None:
            raise jwt.InvalidTokenError
        return found


def _refused(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
