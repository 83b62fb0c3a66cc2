"""A bundle: one file with checked rules and all that they need, and the proof that it is whole and whose it is.

    codesafety bundle 1           what it is
    DIGEST SIZE SIZE              sha256 over the two that follow, and how many bytes each has
    manifest                      JSON: what is in it, and the size and sha256 of each part
    signature                     JSON: nothing, or a public key and what it signed: the first line and the manifest
    parts                         one after the other, and nothing behind them

Every byte is accounted for, and one that differs refuses the whole. All parts are plain data: reading them runs nothing that they hold,
and what is made of them is compared with the types that it must have before anything is done with it. Functions that ask a rule
are written anew by each process, and are never read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import EnumMeta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from codesafety import ir
from codesafety.collection import no_collection
from codesafety.errors import BundleError
from codesafety.evaluation.binding import Expanded
from codesafety.hazards import HazardLog, logs_of
from codesafety.language.files import Found, Loaded, Place
from codesafety.language.schema import LANGUAGES
from codesafety.paths import refuse_endless
from codesafety.plain import LAYOUT, conform, decode, encode
from codesafety.record import Model, PartialDate, RecordError, day_interval
from codesafety.reviews import State, Status
from codesafety.stored import CLASSES
from codesafety.terminology.bare_codes import BareCodes

MAGIC: Final = b"codesafety bundle "
FORMAT: Final = b"1\n"
MAX_BYTES: Final = 256 * 1024 * 1024
"""The largest bundle that is read. One of all shipped rules has eight megabytes."""
_MOST_VALUES: Final = 20_000_000
"""How many values the rules of a bundle may hold, written out. The shipped ones hold a third of a million."""
_PARTS: Final = ("rules", "expanded", "files", "hazards")
_HEAD_LENGTH: Final = 200
_WRONG: Final = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class Part(Model):
    """One part of a bundle."""

    name: str
    bytes: int
    sha256: str


class RulesetHeld(Model):
    """A ruleset of a bundle."""

    name: str
    version: str
    review: str
    """Whose clinical review it had, and when; without a record the word of its header, where `none` means that there was none."""
    review_status: Status = "none"
    rules: int
    digest: str


class TerminologyHeld(Model):
    """By what value sets were expanded. Of a release an engine must be given the same pack."""

    name: str
    edition: str | None = None
    digest: str
    release: bool


class ExamplesHeld(Model):
    """The examples that the rules carry, asked of both evaluators when the bundle was built."""

    examples: int
    as_expected: int


class PredicateHeld(Model):
    """A plugin's predicate that a rule calls. An engine must have a plugin that declares the same."""

    name: str
    kinds: tuple[str, ...]
    fields: tuple[str, ...]


class Manifest(Model):
    """What a bundle says of itself."""

    serial: int
    """Rises with each bundle of a deployment: whoever holds one takes none that is older."""
    valid_until: PartialDate | None = None
    """The last day on which an engine is loaded of it."""
    built_with: str
    """The version of the library."""
    form: str
    """A digest of the classes of which rules are made."""
    language: int
    rulesets: tuple[RulesetHeld, ...]
    terminology: TerminologyHeld
    predicates: tuple[PredicateHeld, ...] = ()
    examples: ExamplesHeld
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is whole. `key`: the public key (hex) that signed it, and `trusted` whether it is one that was asked for."""

    name: str
    digest: str
    manifest: Manifest
    key: str | None
    trusted: bool
    parts: Mapping[str, bytes] = field(repr=False)

    def rules(self) -> tuple[Loaded, Expanded]:
        """Return the checked rules and their value sets as codes. Raises BundleError where they are none that could have been checked."""
        with no_collection():
            loaded = self._made("rules", Loaded)
            expanded = self._made("expanded", Expanded)
        return loaded, expanded

    def _made(self, part: str, kind: type) -> Any:
        try:
            made = decode(self.parts[part], CLASSES)
            for one in conform(made, kind, _MOST_VALUES):
                if isinstance(one, ir.Field) and (one.var is None or one.var.kind is not ir.Kind.ROW):
                    if not one.name.isidentifier() or one.name.startswith("_"):
                        raise ValueError("a field that there can be none of")
                if isinstance(one, BareCodes) and not one.is_in_order:
                    raise ValueError("ids that are found by bisection, and in no order")
            return made
        except _WRONG:
            raise BundleError(self.name, f"its part `{part}` is nothing that this library writes", _AGAIN) from None

    def files(self) -> dict[Path, dict[str, bytes]]:
        """Return the texts that the rules were checked from, by the folder of their ruleset."""
        try:
            held: dict[str, dict[str, str]] = json.loads(self.parts["files"])
            return {Path(root): {name: text.encode("latin-1") for name, text in files.items()} for root, files in held.items()}
        except _WRONG:
            raise BundleError(self.name, "its part `files` is nothing that this library writes", _AGAIN) from None

    def sources(self) -> dict[str, str]:
        """Return the texts of rules by the names that places in them bear."""
        return {
            (root / name).as_posix(): raw.decode(errors="replace")
            for root, files in self.files().items()
            for name, raw in files.items()
            if name.endswith(".rules")
        }

    def found(self) -> Found:
        """Return the texts as if they had been found in folders."""
        return found(self.files())

    def hazards(self) -> HazardLog:
        """Return the hazard log."""
        try:
            held: dict[str, Any] = json.loads(self.parts["hazards"])
            return logs_of(held.items())
        except _WRONG:
            raise BundleError(self.name, "its part `hazards` is nothing that this library writes", _AGAIN) from None


_AGAIN: Final = "build it again, with `codesafety bundle build` of this version"


def found(files: Mapping[Path, Mapping[str, bytes]]) -> Found:
    """Return texts that are held as if they had been found in folders."""
    places = [
        Place(root, ((root, {root / name: raw for name, raw in held.items() if name.endswith(".rules")}),), ())
        for root, held in files.items()
    ]
    return Found(tuple(places), (), files)


def is_bundle(path: Path) -> bool:
    """Return whether a file begins as a bundle does, of whatever version."""
    try:
        with path.open("rb") as file:
            return path.is_file() and file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def read_file(path: Path, keys: Sequence[str | Path] = (), *, expired: bool = False) -> Bundle:
    """Return the bundle in a file, as `read` does. Raises BundleError."""
    return read(read_path(path), str(path), keys, expired=expired)


def read_path(path: Path) -> bytes:
    """Return what a file holds, read no further than a bundle may go. Raises BundleError."""
    try:
        refuse_endless(path)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = ((error.strerror if isinstance(error, OSError) else None) or "the system does not take the path").lower()
        raise BundleError(str(path), f"it cannot be read: {reason}", "check the path and its permissions") from None


def is_expired(manifest: Manifest, today: date | None = None) -> bool:
    """Return whether the last day on which a bundle is loaded has passed. `today`: None for the machine's own."""
    day = date.today() if today is None else today
    return manifest.valid_until is not None and day.toordinal() > day_interval(manifest.valid_until)[1]


def read(raw: bytes, name: str, keys: Sequence[str | Path] = (), *, expired: bool = False) -> Bundle:
    """Return a bundle that is whole, of a form and language of this library, not expired, and signed by one of these public keys.

    `keys`: files of public keys, as `codesafety bundle keygen` writes; none: no signature is asked for. `expired`: it may be, as of one
    that is only looked at. Raises BundleError with the reason. Nothing of its rules is looked at before all this holds.
    """
    if not raw.startswith(MAGIC):
        raise BundleError(name, "this is no bundle", "build one: codesafety bundle build RULES -o FILE")
    if not raw.startswith(MAGIC + FORMAT):
        raise BundleError(name, "it is of another format than this library reads", "update the library, or build it again")
    if len(raw) > MAX_BYTES:
        raise BundleError(name, f"it is larger than {MAX_BYTES // 2**20} MiB", "put fewer rulesets into it")
    damaged = BundleError(name, "it is damaged: it is not byte for byte what was built", "fetch or build it again")
    start = len(MAGIC + FORMAT)
    end = raw.find(b"\n", start, start + _HEAD_LENGTH)
    head = raw[start:end].split(b" ")
    if end < 0 or len(head) != 3 or not head[1].isdigit() or not head[2].isdigit():
        raise damaged
    first, second = int(head[1]), int(head[2])
    if raw[start:end] != b"%b %d %d" % (head[0], first, second):
        raise damaged
    body = end + 1 + first + second
    covered = raw[end + 1 : body]
    if len(covered) != first + second or sha256(covered).hexdigest().encode() != head[0]:
        raise damaged
    signed, signature = covered[:first], covered[first:]
    key, trusted = _signer(name, signed, signature, keys)
    manifest = _manifest(name, signed)
    parts: dict[str, bytes] = {}
    for part in manifest.parts:
        parts[part.name] = raw[body : body + part.bytes]
        body += part.bytes
        if sha256(parts[part.name]).hexdigest() != part.sha256:
            raise damaged
    if body != len(raw) or tuple(parts) != _PARTS or any(part.bytes < 0 for part in manifest.parts):
        raise damaged
    if not expired:
        _refuse_expired(name, manifest)
    return Bundle(name, sha256(raw).hexdigest(), manifest, key, trusted, parts)


def refuse_untrusted(held: Bundle, keys: Sequence[str | Path], *, expired: bool) -> None:
    """Raise BundleError where a bundle that was read before must not be loaded: it has expired, and may not be; or it was read
    without one of these keys having been asked for."""
    if not expired:
        _refuse_expired(held.name, held.manifest)
    if keys and not (held.trusted and held.key in {_public(one) for one in keys}):
        raise BundleError(held.name, "none of these keys was asked for when it was read", "read it with them, or give its path")


def _refuse_expired(name: str, manifest: Manifest) -> None:
    if is_expired(manifest):
        raise BundleError(name, f"it was valid until {manifest.valid_until}", "build one that is valid longer")


def _manifest(name: str, raw: bytes) -> Manifest:
    try:
        told = json.loads(raw)
        if told["language"] > LANGUAGES[-1]:
            raise BundleError(
                name, f"it is of language {told['language']}, and this library reads {LANGUAGES[-1]}", "update the library"
            )
        if told["form"] != form():
            raise BundleError(
                name,
                f"it was built with version {told['built_with']}, whose rules have another form",
                f"{_AGAIN}, or use that one",
            )
        return Manifest(**told)
    except (RecordError, *_WRONG):
        raise BundleError(name, "its manifest is none that this library writes", _AGAIN) from None


# ------------------------------------------------------------------------------------------------ written


def write(about: Mapping[str, Any], parts: Mapping[str, bytes], private_key: Path | None = None) -> bytes:
    """Return a bundle: the same for the same, for ever. `about`: what the manifest says, but for its parts.

    Raises BundleError where the key cannot be used.
    """
    listed = [Part(name=name, bytes=len(raw), sha256=sha256(raw).hexdigest()) for name, raw in parts.items()]
    manifest = json.dumps(Manifest(**about, parts=tuple(listed)).model_dump(mode="json"), sort_keys=True, indent=1).encode()
    signature = b"{}" if private_key is None else _signature(private_key, manifest)
    covered = manifest + signature
    head = b"%b %d %d\n" % (sha256(covered).hexdigest().encode(), len(manifest), len(signature))
    return b"".join([MAGIC, FORMAT, head, covered, *parts.values()])


def encoded(loaded: Loaded, expanded: Expanded) -> dict[str, bytes]:
    """Return checked rules and their value sets as the parts of a bundle."""
    return {"rules": encode(loaded, CLASSES), "expanded": encode(expanded, CLASSES)}


@cache
def form() -> str:
    """Return a digest of the classes of which rules are made, and of their layout: what was made otherwise cannot be read."""
    told: list[tuple[str, list[tuple[str, str]]]] = []
    for one in CLASSES:
        if isinstance(one, EnumMeta):
            told.append((one.__name__, [(name, str(one[name].value)) for name in one.__members__]))
        else:
            told.append((one.__name__, [(field.name, str(field.type)) for field in fields(one)]))
    return sha256(json.dumps([LAYOUT, sorted(told)]).encode()).hexdigest()[:32]


# ------------------------------------------------------------------------------------------------ signed


def keygen(private: Path, public: Path) -> str:
    """Write a new key (Ed25519) as two files, the private one for its owner's eyes only, and return the public key in hex.

    Raises BundleError where a file is there already or cannot be written.
    """
    keys = _cryptography()
    key = keys.ed25519.Ed25519PrivateKey.generate()
    plain = keys.serialization
    try:
        private.touch(0o600, exist_ok=False)
        try:
            with public.open("xb") as file:
                file.write(key.public_key().public_bytes(plain.Encoding.PEM, plain.PublicFormat.SubjectPublicKeyInfo))
        except OSError:
            private.unlink()
            raise
        private.write_bytes(key.private_bytes(plain.Encoding.PEM, plain.PrivateFormat.PKCS8, plain.NoEncryption()))
    except FileExistsError as error:
        raise BundleError(str(error.filename), "it is there already", "name other files: no key is replaced") from None
    except OSError as error:
        raise BundleError(str(error.filename), "it cannot be written", "check the folder and its permissions") from None
    return str(key.public_key().public_bytes_raw().hex())


def _signature(private_key: Path, manifest: bytes) -> bytes:
    keys = _cryptography()
    try:
        key = keys.serialization.load_pem_private_key(private_key.read_bytes(), None)
        signature = key.sign(MAGIC + FORMAT + manifest)
        public = key.public_key().public_bytes_raw()
    except (OSError, ValueError, TypeError, AttributeError):
        raise BundleError(
            str(private_key), "this is no private key for signing", "make one: codesafety bundle keygen NAME"
        ) from None
    if not isinstance(key, keys.ed25519.Ed25519PrivateKey):
        raise BundleError(str(private_key), "this key is none of Ed25519", "make one: codesafety bundle keygen NAME")
    return json.dumps({"ed25519": public.hex(), "signature": signature.hex()}, sort_keys=True).encode()


def _signer(name: str, signed: bytes, signature: bytes, keys: Sequence[str | Path]) -> tuple[str | None, bool]:
    """Return the public key that signed, and whether it is one of `keys`. Raises BundleError where one of them must have, and has not."""
    try:
        told: Any = json.loads(signature)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {"ed25519": str(key), "signature": str(written)} if len(told) == 2:
            pass
        case dict() if not told:
            if keys:
                raise BundleError(name, "it is not signed, and a signature is asked for", "build it with --sign KEY")
            return None, False
        case _:
            raise BundleError(name, "its signature is none that this library writes", _AGAIN)
    if not keys:
        return key, False
    if key not in {_public(one) for one in keys}:
        raise BundleError(
            name, f"it is signed by another key ({key[:16]}…) than is asked for", "ask its sender for the public key"
        )
    used = _cryptography()
    try:
        used.ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(written), MAGIC + FORMAT + signed
        )
    except (ValueError, used.InvalidSignature):
        raise BundleError(name, "its signature is not that of what it holds", "fetch or build it again") from None
    return key, True


def _public(path: str | Path) -> str:
    used = _cryptography()
    try:
        key = used.serialization.load_pem_public_key(Path(path).read_bytes())
        if isinstance(key, used.ed25519.Ed25519PublicKey):
            return str(key.public_bytes_raw().hex())
    except (OSError, ValueError, TypeError, used.UnsupportedAlgorithm):
        pass
    raise BundleError(
        str(path), "this is no public key of Ed25519", "give the file that ends in .pub of `codesafety bundle keygen`"
    )


class _Used:
    """What is used of `cryptography`."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519

        self.InvalidSignature, self.UnsupportedAlgorithm = InvalidSignature, UnsupportedAlgorithm
        self.serialization, self.ed25519 = serialization, ed25519


def _cryptography() -> _Used:
    try:
        return _Used()
    except ModuleNotFoundError:
        raise BundleError("signatures", "they need an extra", "pip install 'codesafety[signing]'") from None


def rulesets_held(rulesets: Iterable[ir.Ruleset], reviews: Mapping[str, State]) -> tuple[RulesetHeld, ...]:
    """Return what a manifest says of rulesets. `reviews`: how each stands to its reviews, by its name."""
    return tuple(
        RulesetHeld(
            name=one.name,
            version=one.version,
            review=reviews[one.name].words(one),
            review_status=reviews[one.name].status,
            rules=len(one.rules),
            digest=one.digest,
        )
        for one in rulesets
    )
