"""`codesafety serve`: the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from codesafety.answers import CdsHooksVersion
from codesafety.cli.output import CLEAN, Format, fail, finish
from codesafety.errors import CodesafetyError, InputError


def serve(
    host: Annotated[str, typer.Option(help="Where to listen. Without authentication: this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="At which port.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    bundle: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="A bundle that is followed: a file, a folder of them, or an https address."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; one of those that are given must have signed the bundle."),
    ] = None,
    every: Annotated[float, typer.Option(metavar="SECONDS", help="How often a newer bundle is looked for, about.")] = 60,
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Rule files, folders or shipped rulesets by name; none: those on by default."),
    ] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    never: Annotated[
        list[str] | None, typer.Option(metavar="INPUT", help="A whole input that is never given here: record, release.")
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="FILE", help="One practice's rules off or lowered (JSON).")] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Write each answer to a decision log: a file of SQLite, *.jsonl, postgresql://…, or - (output)."
        ),
    ] = None,
    log_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key, from `codesafety log keygen`.")] = None,
    cds_hooks: Annotated[str, typer.Option(metavar="VERSION", help="Of CDS Hooks: 3.0 (or 2.0).")] = "3.0",
    jwks: Annotated[str | None, typer.Option(metavar="PLACE", help="Keys of bearer tokens: an https address, or a file.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Whose tokens are taken.")] = None,
    audience: Annotated[str | None, typer.Option(help="For whom tokens must be.")] = None,
    certificate: Annotated[str | None, typer.Option(metavar="FILE", help="The certificate to serve with (PEM).")] = None,
    certificate_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key (PEM).")] = None,
    client_ca: Annotated[
        str | None, typer.Option(metavar="FILE", help="Who signs certificates of callers (PEM): mutual TLS.")
    ] = None,
    max_bytes: Annotated[int, typer.Option(min=1, help="The largest body that is read.")] = 4 * 1024 * 1024,
    at_once: Annotated[
        int, typer.Option(min=1, help="Requests of one worker at a time; a further one is told to come back.")
    ] = 32,
    body_seconds: Annotated[float, typer.Option(metavar="SECONDS", help="In which a body must have come.")] = 10,
    deadline: Annotated[
        float, typer.Option(metavar="SECONDS", help="After which no more rules are asked of a message, and it is held.")
    ] = 10,
    stop: Annotated[int, typer.Option(metavar="SECONDS", help="How long what is being answered may take when it stops.")] = 30,
) -> None:
    """Serve: messages by POST /assess, CDS Hooks, health, readiness, counts and OpenAPI, until it is stopped.

    Exit code 0: it was stopped after it had begun; 2: it could not begin.

    Example: codesafety serve --bundle rules.bundle --key release.key.pub
    """
    try:
        from codesafety.service.run import serve as run
        from codesafety.service.settings import Settings
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn", "prometheus_client", "jwt", "anyio"):
            raise
        fail(InputError("the service needs an extra", help="pip install 'codesafety[service]'"), Format.TEXT)
    if bundle is not None and rules:
        raise typer.BadParameter("give --bundle or --rules: a bundle is whole")
    if cds_hooks not in ("2.0", "3.0"):
        raise typer.BadParameter("--cds-hooks is 2.0 or 3.0")
    settings = Settings(
        host=host,
        port=port,
        workers=workers,
        rules=tuple(rules or ()),
        bundle=bundle,
        keys=tuple(key or ()),
        every_s=every,
        release=None if release is None else str(release),
        never=tuple(never or ()),
        profile=profile,
        log=log,
        log_key=log_key,
        cds_hooks=cast(CdsHooksVersion, cds_hooks),
        max_bytes=max_bytes,
        at_once=at_once,
        body_s=body_seconds,
        deadline_s=deadline,
        stop_s=stop,
        jwks=jwks,
        issuer=issuer,
        audience=audience,
        certificate=certificate,
        certificate_key=certificate_key,
        client_ca=client_ca,
    )
    try:
        run(settings)
    except CodesafetyError as error:
        fail(error, Format.TEXT)
    finish(CLEAN, answered=1)
