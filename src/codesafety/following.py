"""A place where bundles appear, followed: the newest that is to be trusted is in use, and one that is not leaves the old one there."""

from __future__ import annotations

import http.client
import logging
import random
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from codesafety.arguments import expect, expect_all
from codesafety.bundle import MAX_BYTES, Bundle, is_expired, read, read_path
from codesafety.engine import Engine, load
from codesafety.errors import BundleError, CodesafetyError, ConfigurationError

SUFFIX: Final = ".bundle"
TIMEOUT_S: Final = 30
_log = logging.getLogger("codesafety.bundle")


class Follower:
    """The engine of the newest bundle at a place that was taken. `engine` changes between two calls, and never within one.

    A bundle is not taken that is damaged, expired, of another version or key, or older than the one in use; nor is another one of
    the same serial. Then the old one stays in use, and `refused` says why.
    """

    def __init__(self, location: str | Path, *, keys: Sequence[str | Path] = (), every_s: float = 60, **options: Any) -> None:
        """Load the newest bundle at a file, in a folder (`*.bundle`) or at an HTTPS address. `options`: as of `codesafety.load`.

        `every_s`: how often a thread of `start` looks, about. Raises what `load` raises, and BundleError where none can be taken.
        """
        expect(location, (str, Path), "location", "a file, a folder, or an address that begins with https://")
        expect(every_s, (int, float), "every_s", "a number of seconds")
        if not every_s > 0:
            raise ConfigurationError("`every_s` is a number of seconds, more than none")
        self._keys = expect_all(keys, (str, Path), "keys", "a list of files of public keys")
        self._place = _Address(str(location)) if "://" in str(location) else _Files(Path(location))
        self._options = options
        self._every_s = every_s
        self._looking = threading.Lock()
        self._stopped = threading.Event()
        self._refused: str | None = None
        self._unseen: str | None = None
        self.engine: Engine = self._first()
        """The engine in use."""

    @property
    def bundle(self) -> Bundle:
        """The bundle in use."""
        assert self.engine.bundle is not None
        return self.engine.bundle

    def look(self) -> bool:
        """Look once; return whether another engine is in use now. Never raises for what it finds: `refused` says it."""
        with self._looking:
            before, refused, seen = self.engine, None, False
            try:
                for raw, name in self._place.changed():
                    seen = True
                    try:
                        self._take(raw, name)
                    except Exception as error:  # noqa: BLE001  what is in use stays, and the thread that looks has nobody else to tell
                        refused = self._said(error)
                self._unseen = None
            except BundleError as error:
                self._unseen = self._said(error)
            if seen:
                self._refused = refused
            return self.engine is not before

    @property
    def refused(self) -> str | None:
        """Why the last bundle that appeared was not taken, or the place could not be looked at; None: all is well."""
        return self._unseen or self._refused

    def ended(self, today: date | None = None) -> bool:
        """Return whether the last day of the bundle in use has passed, and no newer one has come. It stays in use."""
        return is_expired(self.bundle.manifest, today)

    def start(self) -> None:
        """Look again and again, in a thread of its own, each time after a while that differs by a fifth at most. It ends with `stop` or the
        process; a process that is forked starts its own."""
        threading.Thread(target=self._run, name="codesafety-follower", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        told = False
        while not self._stopped.wait(self._every_s * random.uniform(0.8, 1.2)):
            self.look()
            if (over := self.ended()) and not told:
                _log.warning("the bundle in use has expired, and stays in use: no newer one is at its place")
            told = over

    def _first(self) -> Engine:
        engine: Engine | None = None
        refused: CodesafetyError | None = None
        for raw, name in self._place.changed():
            try:
                held = read(raw, name, self._keys)
                if engine is None or engine.bundle is None or held.manifest.serial > engine.bundle.manifest.serial:
                    engine = load(held, **self._options)
            except CodesafetyError as error:
                refused = error
        if engine is None:
            raise refused or BundleError(
                str(self._place), "there is no bundle", f"build one: codesafety bundle build -o NAME{SUFFIX}"
            )
        self._refused = None if refused is None else self._said(refused)
        return engine

    def _take(self, raw: bytes, name: str) -> None:
        held, used = read(raw, name, self._keys), self.bundle
        serial, other = held.manifest.serial, used.manifest.serial
        if held.digest == used.digest:
            return
        if serial <= other:
            how = "is older than" if serial < other else "has the same serial as"
            raise BundleError(name, f"its serial {serial} {how} the one in use, {other}", "build it with a higher --serial")
        self.engine = load(held, **self._options)
        _log.info("bundle of serial %d in use, digest %s", serial, held.digest[:16])

    def _said(self, error: Exception) -> str:
        ours = isinstance(error, CodesafetyError)
        said = str(error).partition("\n")[0] if ours else f"it could not be loaded: an error inside ({type(error).__name__})"
        if said != self.refused:
            _log.warning("bundle not taken: %s", said)
        return said


class _Files:
    """A file, or a folder of bundles."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[Path, tuple[int, int, int]] = {}

    def __str__(self) -> str:
        return str(self._path)

    def changed(self) -> Iterator[tuple[bytes, str]]:
        """Yield each bundle that was not there when it was last looked. Raises BundleError."""
        try:
            files = sorted(self._path.glob(f"*{SUFFIX}")) if self._path.is_dir() else [self._path]
            for file in files:
                status = file.stat()
                seen = (status.st_ino, status.st_size, status.st_mtime_ns)
                if self._seen.get(file) != seen:
                    self._seen.pop(file, None)
                    yield read_path(file), str(file)
                    self._seen[file] = seen
        except (OSError, ValueError) as error:
            reason = ((error.strerror if isinstance(error, OSError) else None) or "the system does not take the path").lower()
            raise BundleError(
                str(self._path), f"it cannot be looked at: {reason}", "check the path and its permissions"
            ) from None


class _OnlySafely(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        _safe(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Address:
    """An HTTPS address, asked with the ETag of what it last gave."""

    def __init__(self, address: str) -> None:
        _safe(address)
        self._address = address
        self._tag: str | None = None
        self._opener = build_opener(_OnlySafely())

    def __str__(self) -> str:
        return self._address

    def changed(self) -> Iterator[tuple[bytes, str]]:
        """Yield the bundle where it is another than was last given. Raises BundleError."""
        request = Request(self._address, headers={"If-None-Match": self._tag} if self._tag else {})
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                raw, tag = answer.read(MAX_BYTES + 1), answer.headers.get("ETag")
        except HTTPError as error:
            if error.code == http.client.NOT_MODIFIED:
                return
            raise BundleError(self._address, f"the server answers {error.code}", "check the address and what it serves") from None
        except (URLError, OSError, ValueError, http.client.HTTPException):
            raise BundleError(
                self._address, "it cannot be reached", "check the address, the network and the certificate"
            ) from None
        yield raw, self._address
        self._tag = tag


def _safe(address: str) -> None:
    """Raise ConfigurationError for an address that is none of HTTPS; of this machine itself, HTTP is as good."""
    try:
        host = urlsplit(address).hostname or ""
        is_here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not address.startswith("https://") and not (address.startswith("http://") and is_here):
        raise ConfigurationError(
            "bundles are fetched by HTTPS alone\n  = help: give an address that begins with https://, a folder or a file"
        )
