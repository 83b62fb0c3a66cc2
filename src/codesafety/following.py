"""A place where bundles appear, followed: the newest that is to be trusted is in use, and one that is not leaves the old one there."""

from __future__ import annotations

import http.client
import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
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
from codesafety.profile import Profile

SUFFIX: Final = ".bundle"
TIMEOUT_S: Final = 30
MOST_S: Final = 1_000_000
"""The longest that is waited between two looks: some systems can wait no longer than weeks."""
_log = logging.getLogger("codesafety.bundle")


class Follower:
    """The engine of the newest bundle at a place that was taken. `engine` changes between two calls, and never within one.

    A bundle is not taken that is damaged, expired, of another version or key, or older than the one in use; nor is another one of
    the same serial, or one that the profile does not fit. Then the old one stays in use, and `refused` says why.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        keys: Sequence[str | Path] = (),
        every_s: float = 60,
        profile: Profile | None = None,
        **options: Any,
    ) -> None:
        """Load the newest bundle at a file, in a folder (`*.bundle`) or at an HTTPS address. `options`: as of `codesafety.load`.

        `every_s`: how often a thread of `start` looks, about. `profile`: what every message is assessed with, which a bundle must fit.
        Raises what `load` and `check_profile` raise, and BundleError where none can be taken.
        """
        expect(location, (str, Path), "location", "a file, a folder, or an address that begins with https://")
        expect(every_s, (int, float), "every_s", "a number of seconds")
        if not 0 < every_s <= MOST_S:
            raise ConfigurationError(f"`every_s` is a number of seconds, more than none and at most {MOST_S}")
        expect(profile, (Profile, type(None)), "profile", "a `codesafety.Profile`, or None")
        self._keys = expect_all(keys, (str, Path), "keys", "a list of files of public keys")
        self._place = _Address(str(location)) if "://" in str(location) else _Files(Path(location))
        self._options = options
        self._profile = profile
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
            before, refused, unseen, seen = self.engine, None, None, False
            try:
                for raw, name in self._place.changed():
                    if isinstance(raw, BundleError):
                        unseen = unseen or self._said(raw)
                        continue
                    seen = True
                    try:
                        self._take(raw, name)
                    except Exception as error:  # noqa: BLE001  what is in use stays, and the thread that looks has nobody else to tell
                        refused = self._said(error)
            except Exception as error:  # noqa: BLE001  the same
                unseen = self._said(error)
            self._unseen = unseen
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

    def start(self, looked: Callable[[], object] | None = None) -> None:
        """Look again and again, in a thread of its own, each time after a while that differs by a fifth at most. It ends with `stop` or the
        process; a process that is forked starts its own. `looked`: called after each look."""
        threading.Thread(target=self._run, args=[looked], name="codesafety-follower", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self, looked: Callable[[], object] | None) -> None:
        told = False
        while not self._stopped.wait(self._every_s * random.uniform(0.8, 1.2)):
            self.look()
            if (over := self.ended()) and not told:
                _log.warning("the bundle in use has expired, and stays in use: no newer one is at its place")
            told = over
            if looked is not None:
                looked()

    def _first(self) -> Engine:
        engine: Engine | None = None
        refused: CodesafetyError | None = None
        unseen: BundleError | None = None
        for raw, name in self._place.changed():
            if isinstance(raw, BundleError):
                unseen = unseen or raw
                continue
            try:
                held = read(raw, name, self._keys)
                used = None if engine is None else engine.bundle
                if used is None or held.manifest.serial > used.manifest.serial:
                    engine = self._loaded(held)
                elif held.manifest.serial == used.manifest.serial:
                    _refuse_another(held, used)
            except CodesafetyError as error:
                refused = error
        if engine is None:
            raise (
                refused
                or unseen
                or BundleError(str(self._place), "there is no bundle", f"build one: codesafety bundle build -o NAME{SUFFIX}")
            )
        self._refused = None if refused is None else self._said(refused)
        self._unseen = None if unseen is None else self._said(unseen)
        return engine

    def _take(self, raw: bytes, name: str) -> None:
        held, used = read(raw, name, self._keys), self.bundle
        if held.manifest.serial > used.manifest.serial:
            self.engine = self._loaded(held)
            _log.info("bundle of serial %d in use, digest %s", held.manifest.serial, held.digest[:16])
        else:
            _refuse_another(held, used)

    def _loaded(self, held: Bundle) -> Engine:
        engine = load(held, **self._options)
        if self._profile is not None:
            engine.check_profile(self._profile)
        return engine

    def _said(self, error: Exception) -> str:
        ours = isinstance(error, CodesafetyError)
        said = str(error).partition("\n")[0] if ours else f"it could not be loaded: an error inside ({type(error).__name__})"
        if said != self.refused:
            _log.warning("bundle not taken: %s", said)
        return said


def _refuse_another(held: Bundle, used: Bundle) -> None:
    """Raise BundleError for a bundle that is no newer than the one in use, and not that one."""
    serial, other = held.manifest.serial, used.manifest.serial
    if held.digest != used.digest:
        how = "is older than" if serial < other else "has the same serial as"
        raise BundleError(held.name, f"its serial {serial} {how} the one in use, {other}", "build it with a higher --serial")


class _Files:
    """A file, or a folder of bundles."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[Path, tuple[int, int, int]] = {}

    def __str__(self) -> str:
        return str(self._path)

    def changed(self) -> Iterator[tuple[bytes | BundleError, str]]:
        """Yield each bundle that was not there when it was last looked, or why it cannot be read. Raises BundleError."""
        try:
            is_folder = self._path.is_dir()
            files = sorted(one for one in self._path.iterdir() if one.name.endswith(SUFFIX)) if is_folder else [self._path]
        except (OSError, ValueError) as error:
            raise _unlooked(self._path, error) from None
        for file in files:
            try:
                status = file.stat()
                seen = (status.st_ino, status.st_size, status.st_mtime_ns)
                if self._seen.get(file) == seen:
                    continue
                raw = read_path(file)
            except (OSError, ValueError) as error:
                yield _unlooked(file, error), str(file)
            except BundleError as error:
                yield error, str(file)
            else:
                yield raw, str(file)
                self._seen[file] = seen


def _unlooked(path: Path, error: OSError | ValueError) -> BundleError:
    reason = ((error.strerror if isinstance(error, OSError) else None) or "the system does not take the path").lower()
    return BundleError(str(path), f"it cannot be looked at: {reason}", "check the path and its permissions")


class _OnlySafely(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        """Follow where it is safe; elsewhere the redirection itself is the answer, and no bundle."""
        return super().redirect_request(req, fp, code, msg, headers, newurl) if _is_safe(newurl) else None


class _Address:
    """An HTTPS address, asked with the ETag of what it last gave."""

    def __init__(self, address: str) -> None:
        if not _is_safe(address):
            raise ConfigurationError(
                "bundles are fetched by HTTPS alone\n  = help: give an address that begins with https://, a folder or a file"
            )
        self._address = address
        told = urlsplit(address)
        self._name = told._replace(netloc=told.netloc.rpartition("@")[2], query="", fragment="").geturl()
        """What is said of it: a name, a password or a signature in it is nobody's to read."""
        self._tag: str | None = None
        self._opener = build_opener(_OnlySafely())

    def __str__(self) -> str:
        return self._name

    def changed(self) -> Iterator[tuple[bytes | BundleError, str]]:
        """Yield the bundle where it is another than was last given. Raises BundleError."""
        request = Request(self._address, headers={"If-None-Match": self._tag} if self._tag else {})
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                raw, tag = answer.read(MAX_BYTES + 1), answer.headers.get("ETag")
        except HTTPError as error:
            if error.code == http.client.NOT_MODIFIED:
                return
            raise BundleError(self._name, f"the server answers {error.code}", "check the address and what it serves") from None
        except (URLError, OSError, ValueError, http.client.HTTPException):
            raise BundleError(self._name, "it cannot be reached", "check the address, the network and the certificate") from None
        yield raw, self._name
        self._tag = tag


def _is_safe(address: str) -> bool:
    """Return whether an address is one of HTTPS; of this machine itself, HTTP is as good."""
    try:
        is_here = is_loopback(urlsplit(address).hostname or "")
    except ValueError:
        is_here = False
    return address.startswith("https://") or (address.startswith("http://") and is_here)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address. A name but `localhost` may be anybody's."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
