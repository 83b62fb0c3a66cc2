"""`codesafety bundle`: one file of checked rules, built, signed, verified, shown and compared."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from codesafety.answers.screen import reviewed
from codesafety.bundle import Bundle, is_expired, keygen, read_file
from codesafety.cli.output import CLEAN, SOMETHING, Format, complain_of, fail, finish, unwritable, write, write_json
from codesafety.diagnostics import count
from codesafety.errors import BundleError, CodesafetyError, ConfigurationError
from codesafety.paths import writing
from codesafety.record import day_interval

app = typer.Typer(help="Build, sign, verify and compare bundles of rules.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle.")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", metavar="FILE", help="A public key; one of those that are given must have signed.")
]
Form = Annotated[Format, typer.Option("--format", help="How to write the answer.")]


@app.command("keygen")
def make_key(
    name: Annotated[
        Path, typer.Argument(metavar="NAME", dir_okay=False, help="NAME becomes the private key, NAME.pub the public one.")
    ],
    form: Form = Format.TEXT,
) -> None:
    """Make a key for signing (Ed25519): a private file that stays where bundles are built, a public one for whoever loads them."""
    public = name.with_name(f"{name.name}.pub")
    try:
        key = keygen(name, public)
    except CodesafetyError as error:
        fail(error, form)
    if form is Format.JSON:
        write_json({"private": str(name), "public": str(public), "key": key})
    else:
        write(f"{name}: the private key; it stays where bundles are built", f"{public}: the public key {key}")
    finish(CLEAN, answered=1)


@app.command()
def build(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The bundle to write.")],
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="RULES…", help="Rule files, folders or rulesets by name; none: those on by default."),
    ] = None,
    release: Annotated[
        Path | None, typer.Option(metavar="PACK", help="Expand value sets by this release, which engines must be given too.")
    ] = None,
    serial: Annotated[int, typer.Option(min=0, help="Rises with each bundle; one that is older is not taken.")] = 1,
    valid_until: Annotated[str | None, typer.Option(metavar="DAY", help="The last day on which it is loaded.")] = None,
    sign: Annotated[Path | None, typer.Option(metavar="KEY", help="A private key from `codesafety bundle keygen`.")] = None,
    form: Form = Format.TEXT,
) -> None:
    """Write one file with checked rules, expanded value sets, hazards, the results of examples, reviews and digests.

    The same inputs give the same bytes. Exit code 0: written; 1: an example is not answered as it expects, and nothing is written;
    2: it could not be built.

    Example: codesafety bundle build uk.pregnancy my-rules/ --serial 7 --sign release.key -o rules.bundle
    """
    from codesafety.authoring import bundling

    try:
        if valid_until is not None:
            try:
                day_interval(valid_until)
            except ValueError as error:
                raise ConfigurationError(f"`--valid-until`: {error}\n  = help: write YYYY-MM-DD") from None
        raw = bundling.build(rules or (), release=release, serial=serial, valid_until=valid_until, private_key=sign)
        with writing(output, "latin-1") as file:
            file.write(raw.decode("latin-1"))
    except bundling.FailedExamples as error:
        complain_of(error)
        finish(SOMETHING, answered=0)
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    digest = sha256(raw).hexdigest()
    if form is Format.JSON:
        write_json({"file": str(output), "serial": serial, "bytes": len(raw), "digest": digest, "signed": sign is not None})
    else:
        write(f"{output}: serial {serial}, {len(raw):,} bytes, {'signed' if sign else 'not signed'}, digest {digest}")
    finish(CLEAN, answered=1)


@app.command()
def verify(
    bundle: File,
    key: Keys = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="The release that it was built with.")] = None,
    form: Form = Format.TEXT,
) -> None:
    """Say whether a bundle is whole, signed by one of the keys that are given, in force, and what its own texts make when they are
    parsed and checked anew.

    Exit code 0: all that was asked holds; 2: not, and why.
    """
    from codesafety.authoring import bundling

    try:
        held = read_file(bundle, key or ())
        if not bundling.is_what_its_texts_say(held, release=release):
            raise BundleError(
                held.name, "its rules are not what its own texts make", "do not use it; build it again from the texts"
            )
    except CodesafetyError as error:
        fail(error, form)
    expanded = held.manifest.terminology.release and release is None
    if form is Format.JSON:
        write_json({"sound": True, "signature": _signature(held), "value_sets_checked": not expanded, **_about(held)})
    else:
        write(f"{bundle}: sound, digest {held.digest}", f"signature: {_signature(held)}")
        if expanded:
            write("value sets: not expanded anew, for no release is given (--release)")
    finish(CLEAN, answered=1)


@app.command()
def show(bundle: File, form: Form = Format.TEXT) -> None:
    """Show what a bundle says of itself: rulesets, reviews, terminology, examples, serial and validity. Its signature is not asked for."""
    try:
        held = read_file(bundle, expired=True)
    except CodesafetyError as error:
        fail(error, form)
    told = held.manifest
    if form is Format.JSON:
        write_json({"signature": _signature(held), **_about(held)})
        finish(CLEAN, answered=1)
    until = "" if told.valid_until is None else f", valid until {told.valid_until}{' (that is over)' if is_expired(told) else ''}"
    write(
        f"{bundle}: serial {told.serial}{until}; digest {held.digest}",
        f"built with codesafety {told.built_with}, language {told.language}; signature: {_signature(held)}",
        f"terminology: {told.terminology.name}, digest {told.terminology.digest}",
        f"examples: {told.examples.as_expected} of {told.examples.examples} as expected",
        *(f"needs the predicate {one.name} of a plugin" for one in told.predicates),
    )
    for one in told.rulesets:
        write(f"  {one.name} {one.version}: {count(one.rules, 'rule')}; {reviewed(one.review, one.review_status)}")
    finish(CLEAN, answered=1)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A bundle.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.")],
    release: Annotated[
        list[str] | None,
        typer.Option(metavar="PACK", help="The release that they were built with; twice, for OLD and for NEW."),
    ] = None,
    form: Form = Format.TEXT,
) -> None:
    """Say what differs between two bundles: serial, days, terminology and hazards, and what `rules diff` says of their rules.

    Exit code 0: nothing; 1: something; 2: one could not be read.
    """
    from codesafety.authoring import bundling
    from codesafety.authoring.diff import told
    from codesafety.authoring.diff.whole import difference
    from codesafety.cli.diff import both

    try:
        was, now = (read_file(one, expired=True) for one in (old, new))
        found = list(bundling.differences(was, now))
        rules = difference(*both(was, now, release))
    except CodesafetyError as error:
        fail(error, form)
    if form is Format.JSON:
        write_json({"bundle": [asdict(one) for one in found], "rules": told.as_data(rules)})
    else:
        write(*(f"{one.what} {one.name}: {one.change}" for one in found), *told.as_text(rules))
    finish(SOMETHING if found or not rules.is_none else CLEAN, answered=1)


def _signature(held: Bundle) -> str:
    if held.key is None:
        return "none"
    return f"of the key {held.key}, {'which is one of those given' if held.trusted else 'not asked for (--key)'}"


def _about(held: Bundle) -> dict[str, object]:
    return {"digest": held.digest, "key": held.key, "manifest": held.manifest.model_dump(mode="json")}
