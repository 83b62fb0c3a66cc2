"""The routes: messages in, reports out; CDS Hooks; health, readiness, counts and what all of it is (OpenAPI)."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from time import perf_counter, sleep
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from codesafety.answers import cds_hooks, not_done
from codesafety.asking import Asked, Defaults, asked, parsed
from codesafety.bundle import is_expired
from codesafety.decision_log import DecisionLog
from codesafety.engine import Engine, load, open_source, read_model
from codesafety.errors import CodesafetyError, LogError
from codesafety.following import Follower
from codesafety.plugins import Source
from codesafety.profile import Profile
from codesafety.report import Report
from codesafety.service import hooks
from codesafety.service.metrics import CONTENT_TYPE, Metrics
from codesafety.service.negotiation import FHIR, answer_in, as_json, is_xml
from codesafety.service.openapi import document
from codesafety.service.problems import Problem, unreadable
from codesafety.service.settings import Settings
from codesafety.service.tokens import Tokens

RETRY_AFTER: Final = {"Retry-After": "1"}
_THREADS: Final = 2
"""How many messages one worker answers at a time: they share one interpreter. The others wait, and are counted among those at once."""
_BETWEEN_COLLECTIONS: Final = 10_000
"""Objects made before garbage is looked for: that of a few messages, so that none waits long for that of many."""
_NAME: Final = "body"
_log = logging.getLogger("codesafety.service")
Endpoint = Callable[["Service", Request], Awaitable[Response]]


class Service:
    """One worker: its engine, its limits and its counts."""

    def __init__(self, settings: Settings) -> None:
        settings.check()
        self.settings = settings
        self.metrics = Metrics()
        self.tokens = Tokens(settings) if settings.jwks else None
        self.failed: str | None = None
        """Why nothing could be loaded."""
        self.log: DecisionLog | None = None
        """Where each answer is written before it is given, if anywhere."""
        self._source: Engine | Follower | None = None
        self._settled: Engine | None = None
        self._profile: Profile | None = None
        self._busy = 0
        self._threads = CapacityLimiter(_THREADS)
        self._trace = _tracer()

    # ------------------------------------------------------------------------------------------ what answers

    @property
    def engine(self) -> Engine:
        """The engine in use. Raises Problem while there is none."""
        source = self._source
        if source is None:
            raise Problem(503, "not-ready", self.failed or "rules and terminology are being loaded", headers={"Retry-After": "2"})
        return source.engine if isinstance(source, Follower) else source

    def load(self) -> None:
        """Load rules and terminology, verified. Never raises: `failed` says what is wrong."""
        try:
            self._load()
        except Exception as error:  # noqa: BLE001  this thread has nobody else to tell
            self.failed = f"an error inside codesafety ({type(error).__name__})"
            _log.error("not ready, and will not be: %s", self.failed)

    def _load(self) -> None:
        """Load, and where a bundle is not there yet, look for it again and again."""
        told = self.settings
        options: dict[str, Any] = {"release": told.release, "never": told.never, "deadline_s": told.deadline_s, "keys": told.keys}
        while self._source is None:
            try:
                if told.log is not None and told.log_key is not None and self.log is None:
                    self.log = DecisionLog(told.log, told.log_key)
                profile = self._profile = read_model(Profile, open_source(told.profile)) if told.profile is not None else None
                source: Engine | Follower
                if told.bundle is None:
                    source = engine = load(*told.rules, **options)
                    if profile is not None:
                        engine.check_profile(profile)
                else:
                    source = Follower(told.bundle, every_s=told.every_s, profile=profile, **options)
                    engine = source.engine
            except CodesafetyError as error:
                self.failed = str(error).partition("\n")[0]
                _log.error("not ready: %s", error)
                if told.bundle is None:
                    return
                sleep(told.every_s)
                continue
            engine.assess(engine.read(b'{"entries": []}'))  # the first message should not wait for what is made when first needed
            self._source = source
            self._tell_bundle()
            if isinstance(source, Follower):
                source.start(self._tell_bundle)
            _log.info("ready: engine %s", engine.standing.engine.digest)

    def _tell_bundle(self) -> None:
        if self.engine is not self._settled:
            gc.unfreeze()
            gc.collect()
            gc.freeze()  # an engine stays for long: between two messages no collection need look at it
            gc.set_threshold(_BETWEEN_COLLECTIONS, 20, 50)
            self._settled = self.engine
        self.metrics.use(self.engine, isinstance(self._source, Follower) and self._source.refused is not None)

    # ------------------------------------------------------------------------------------------ one request

    async def guarded(self, request: Request, endpoint: Endpoint, route: str, *, bounded: bool, token: bool) -> Response:
        """Return what an endpoint answers, or the problem that keeps it from it; and count it. Logs route, status and time alone."""
        began = perf_counter()
        try:
            if self.tokens is not None and token:
                await to_thread.run_sync(self.tokens.check, request.headers.get("Authorization"))
            response = await (self._bounded(request, endpoint) if bounded else endpoint(self, request))
        except Problem as problem:
            response = problem.response()
        except ClientDisconnect:
            response = Response(status_code=499)
        except Exception as error:  # noqa: BLE001  whatever it is, it was not checked, and its words may be a patient's
            _log.error("%s: an error inside codesafety: %s", route, type(error).__name__)
            response = Problem(500, "inside", "an error inside codesafety; this was not checked").response()
        if self.log is not None:
            self.metrics.logged(self.log)
        spent = perf_counter() - began
        self.metrics.requests.labels(route, str(response.status_code)).inc()
        self.metrics.seconds.labels(route).observe(spent)
        _log.info("%s %s %d %.1f ms", request.method, route, response.status_code, spent * 1000)
        return response

    async def _bounded(self, request: Request, endpoint: Endpoint) -> Response:
        if self._busy >= self.settings.at_once:
            self.metrics.overloads.inc()
            raise Problem(503, "overload", "more is asked at once than is answered", headers=RETRY_AFTER)
        self._busy += 1
        self.metrics.in_progress.inc()
        try:
            return await endpoint(self, request)
        finally:
            self._busy -= 1
            self.metrics.in_progress.dec()

    async def body(self, request: Request) -> bytes:
        """Return the body. Raises Problem where it is too large, too slow, packed or empty."""
        most = self.settings.max_bytes
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Problem(415, "encoding", "a body that is packed is not read", help="send it as it is")
        large = Problem(
            413, "too-large", f"the body is larger than {most} bytes", help="send one message or one record at a time"
        )
        announced = request.headers.get("Content-Length", "0")
        if announced.isascii() and announced.isdigit() and len(announced) < 20 and int(announced) > most:
            raise large
        held = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_s):
                async for chunk in request.stream():
                    held += chunk
                    if len(held) > most:
                        raise large
        except TimeoutError:
            raise Problem(408, "too-slow", f"the body did not come within {self.settings.body_s:g} s") from None
        if not held:
            raise Problem(400, "empty", "there is no body", help="send a message")
        return bytes(held)

    async def answered(self, request: Request, work: Callable[[Engine], Asked]) -> Report:
        """Return the report on what `work` reads, made in a thread with one engine from its beginning to its end, and logged. Raises as
        `work` does, and Problem where the log does not take it."""
        engine = self.engine

        def traced() -> Report:
            with self._trace(request) as tell:
                report = work(engine).answer(engine, self.log)
                tell(report)
                return report

        try:
            report = await to_thread.run_sync(traced, limiter=self._threads)
        except LogError as error:
            raise self.not_logged(error) from None
        self.metrics.count(report)
        return report

    def not_logged(self, error: LogError) -> Problem:
        """Return the problem of what the log does not take, having said it."""
        self.metrics.not_logged.inc()
        _log.error("not logged: %s", error.reason)
        detail = "the decision log cannot be written, and what is not logged is not answered"
        return Problem(503, "not-logged", detail, headers={"Retry-After": "5"})

    def defaults(self) -> Defaults:
        return Defaults(profile=self._profile)


# ------------------------------------------------------------------------------------------------ endpoints


async def assess(service: Service, request: Request) -> Response:
    """Answer one message, alone or with its record, profile and overrides."""
    xml = is_xml(request.headers.get("Content-Type", ""))
    wanted = answer_in(request.headers.get("Accept", ""))
    raw = await service.body(request)

    def work(engine: Engine) -> Asked:
        if not xml:
            return asked(engine, parsed(raw, _NAME), raw, _NAME, service.defaults())
        return Asked(engine.read(Source(raw, _NAME)), profile=service.defaults().profile)

    try:
        report = await service.answered(request, work)
    except CodesafetyError as error:
        problem = unreadable(error)
        if wanted.error is None:
            raise problem from None
        return _json(wanted.error(error), problem.status, FHIR)
    return Response(wanted.report(report), 200, media_type=wanted.media_type)


async def services(service: Service, request: Request) -> Response:
    """Say which CDS Hooks services there are."""
    return _json(hooks.discovery())


async def hook(service: Service, request: Request) -> Response:
    """Answer a hook with cards."""
    name = _service(request)
    raw = await service.body(request)

    def work(engine: Engine) -> Asked:
        submission, record = hooks.asked(engine, name, parsed(raw, _NAME))
        return Asked(submission, record, service.defaults().profile)

    try:
        report = await service.answered(request, work)
    except CodesafetyError as error:
        return _json(not_done(error), unreadable(error).status, FHIR)
    return _json(cds_hooks(report, service.settings.cds_hooks))


async def feedback(service: Service, request: Request) -> Response:
    """Count what was made of cards; and where there is a log that finds it again, keep what was set aside."""
    _service(request)
    engine, log = service.engine, service.log
    try:
        told = hooks.feedback(engine, parsed(await service.body(request), _NAME))
    except CodesafetyError as error:
        raise unreadable(error) from None

    def keep(log: DecisionLog) -> None:
        for one in told:
            if one.decided is not None:
                log.set_aside(engine, one.card, one.reason, one.decided)

    if log is not None and log.keeps_overrides:
        try:
            await to_thread.run_sync(keep, log, limiter=service._threads)
        except LogError as error:
            raise service.not_logged(error) from None
    for one in told:
        service.metrics.feedback.labels(one.outcome, one.reason).inc()
    return Response(status_code=200)


async def health(service: Service, request: Request) -> Response:
    """Say that the process answers."""
    return _json({"status": "up"})


async def ready(service: Service, request: Request) -> Response:
    """Say whether messages can be answered, and with what."""
    standing = service.engine.standing
    told: dict[str, Any] = {
        "ready": True,
        "version": standing.engine.version,
        "engine": standing.engine.digest,
        "rulesets": [one.model_dump(mode="json") for one in standing.rulesets],
        "terminology": standing.terminology.model_dump(mode="json"),
    }
    if (bundle := service.engine.bundle) is not None:
        until = bundle.manifest.valid_until
        told["bundle"] = {"serial": bundle.manifest.serial, "digest": bundle.digest, "valid_until": until}
        told["bundle"]["expired"] = is_expired(bundle.manifest)
    if (log := service.log) is not None:
        try:
            told["log"] = {"head": str(await to_thread.run_sync(lambda: log.head))}
        except LogError as error:
            raise service.not_logged(error) from None
    return _json(told)


async def counts(service: Service, request: Request) -> Response:
    return PlainTextResponse(service.metrics.text(), media_type=CONTENT_TYPE)


async def openapi(service: Service, request: Request) -> Response:
    return _json(document())


def _service(request: Request) -> str:
    name: str = request.path_params["id"]
    if name not in hooks.SERVICES:
        raise Problem(404, "no-service", "there is no such service", help="see GET /cds-services")
    return name


def _json(data: dict[str, Any], status: int = 200, media_type: str = "application/json") -> Response:
    return Response(as_json(data), status, media_type=media_type)


ROUTES: Final[tuple[tuple[str, str, Endpoint, bool, bool], ...]] = (
    ("POST", "/assess", assess, True, True),
    ("GET", "/cds-services", services, False, False),
    ("POST", "/cds-services/{id}", hook, True, True),
    ("POST", "/cds-services/{id}/feedback", feedback, True, True),
    ("GET", "/health", health, False, False),
    ("GET", "/ready", ready, False, False),
    ("GET", "/metrics", counts, False, True),
    ("GET", "/openapi.json", openapi, False, False),
)
"""Method, path, what answers, whether it is bounded, and whether a token is asked for where tokens are."""


def app(settings: Settings) -> Starlette:
    """Return the application. Raises ConfigurationError for settings that must not serve."""
    service = Service(settings)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=service.load, name="codesafety-load", daemon=True).start()
        yield

    def route(method: str, path: str, endpoint: Endpoint, bounded: bool, guarded: bool) -> Route:
        async def called(request: Request) -> Response:
            return await service.guarded(request, endpoint, path, bounded=bounded, token=guarded)

        return Route(path, called, methods=[method])

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers) if error.headers else None
        code = {404: "no-route", 405: "no-method"}.get(error.status_code, "refused")
        return Problem(error.status_code, code, "there is nothing here by this method", headers=headers, declined=True).response()

    here = ["localhost", "127.0.0.1", "["]  # the last is how an address of IPv6 begins
    only_here = [Middleware(TrustedHostMiddleware, allowed_hosts=here, www_redirect=False)]
    return Starlette(
        routes=[route(*one) for one in ROUTES],
        lifespan=life,
        exception_handlers={HTTPException: refused},
        middleware=only_here if settings.authentication == "none" else [],  # no page of a browser reaches it by another name
    )


def _tracer() -> Callable[[Request], Any]:
    """Return what surrounds the answer to a request with a span, if the host has OpenTelemetry: counts and digests alone."""
    try:
        propagate: Any = import_module("opentelemetry.propagate")
        trace: Any = import_module("opentelemetry.trace")
    except ModuleNotFoundError:
        return _no_trace
    tracer = trace.get_tracer("codesafety")

    @contextmanager
    def traced(request: Request) -> Iterator[Callable[[Report], None]]:
        came = {name: request.headers[name] for name in ("traceparent", "tracestate") if name in request.headers}
        with tracer.start_as_current_span(
            "codesafety.assess", context=propagate.extract(came), record_exception=False, set_status_on_exception=False
        ) as span:

            def tell(report: Report) -> None:
                span.set_attributes(
                    {
                        "codesafety.decision": report.decision,
                        "codesafety.told": report.told,
                        "codesafety.engine": report.engine.digest,
                        "codesafety.items": report.counts.items,
                        "codesafety.findings": report.counts.fires,
                    }
                )

            yield tell

    return traced


@contextmanager
def _no_trace(_: Request) -> Iterator[Callable[[Report], None]]:
    yield lambda _: None
