"""Who may call: bearer tokens, client certificates, and nobody but this machine where neither is asked for."""

from __future__ import annotations

import datetime
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT
from tests.service.served import Server, serving

jwt = pytest.importorskip("jwt")
pytest.importorskip("starlette")
x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402

ISSUER, AUDIENCE = "https://issuer.example", "codesafety"
KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tokens")
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    (folder / "jwks.json").write_text(
        json.dumps({"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}), encoding="utf-8"
    )
    with serving(
        folder, "--rules", "uk.blood_pressure", "--jwks", "jwks.json", "--issuer", ISSUER, "--audience", AUDIENCE
    ) as one:
        yield one


def token(key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one", **changed: Any) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 300, "sub": "supplier"} | changed
    headers = {"kid": kid} if kid else None
    return str(jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm, headers=headers))


def status(server: Server, bearer: str | None) -> int:
    return server.assess(b"{}", Authorization=f"Bearer {bearer}").status if bearer is not None else server.assess(b"{}").status


def test_a_token_of_our_issuer_for_us_is_taken(server: Server) -> None:
    assert status(server, token()) == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"key": OTHER},
        {"kid": "two"},
        {"exp": 1},
        {"exp": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"nbf": 9_999_999_999},
        {"key": "a secret that both sides know, which is long enough", "algorithm": "HS256"},
        {"key": None, "algorithm": "none"},
    ],
    ids=["key", "kid", "exp", "no-exp", "iss", "no-iss", "aud", "no-aud", "nbf", "secret", "none"],
)
def test_any_other_is_refused(server: Server, changed: dict[str, Any]) -> None:
    answered = server.assess(b"{}", Authorization=f"Bearer {token(**changed)}")
    assert (answered.status, answered.headers["www-authenticate"]) == (401, "Bearer")
    assert answered.json["code"] == "unauthorized"


@pytest.mark.parametrize("written", [None, "", "nonsense", "a.b.c", "é"])
def test_what_is_no_token_is_refused(server: Server, written: str | None) -> None:
    assert status(server, written if written != "é" else "%C3%A9") == 401


def test_the_public_key_is_no_secret_of_ours(server: Server) -> None:
    """A token that is signed with the public key, as if it were a shared secret."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    import base64
    import hashlib
    import hmac

    def packed(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    head = packed(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode())
    body = packed(json.dumps({"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 300}).encode())
    forged = b".".join([head, body, packed(hmac.new(pem, head + b"." + body, hashlib.sha256).digest())]).decode()
    assert status(server, forged) == 401


def test_health_is_everybodys_and_counts_are_not(server: Server) -> None:
    assert server.ask("GET", "/health").status == 200
    assert server.ask("GET", "/ready").status == 200
    assert server.ask("GET", "/metrics").status == 401
    assert server.ask("GET", "/metrics", headers={"Authorization": f"Bearer {token()}"}).status == 200


# ---------------------------------------------------------------------------------- certificates


def certificate(name: str, issuer: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    """Return (certificate, key), signed by an issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of = issuer[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value if issuer else own
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(own, critical=False)  # Python 3.13 asks for the issuer's
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of), critical=False)
        .add_extension(x509.KeyUsage(issuer is not None, *[False] * 4, issuer is None, *[False] * 3), critical=True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    return built, key


def written(folder: Path, name: str, made: tuple[Any, Any]) -> tuple[Path, Path]:
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / f"{name}.pem").write_bytes(made[0].public_bytes(pem))
    (folder / f"{name}.key").write_bytes(made[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return folder / f"{name}.pem", folder / f"{name}.key"


def test_only_certificates_of_the_one_who_signs_them_are_let_in(tmp_path: Path) -> None:
    authority = certificate("authority")
    authority_file, _ = written(tmp_path, "authority", authority)
    server_file, server_key = written(tmp_path, "server", certificate("localhost", authority))
    context = ssl.create_default_context(cafile=str(authority_file))
    context.load_cert_chain(*map(str, written(tmp_path, "caller", certificate("caller", authority))))
    options = ("--certificate", str(server_file), "--certificate-key", str(server_key), "--client-ca", str(authority_file))
    with serving(tmp_path, "--rules", "uk.blood_pressure", *options, context=context) as server:
        assert server.assess(b"{}").status == 200
        for made in (None, written(tmp_path, "stranger", certificate("caller"))):
            stranger = ssl.create_default_context(cafile=str(authority_file))
            if made is not None:
                stranger.load_cert_chain(*map(str, made))
            other = Server(server.process, server.port, server.log, stranger)
            with pytest.raises((OSError, ssl.SSLError)):
                other.assess(b"{}")


# ---------------------------------------------------------------------------------- keys that are fetched


@contextmanager
def issuer(context: ssl.SSLContext, keys: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve public keys by HTTPS, as an issuer does; give the address and what was asked for."""
    asked: list[str] = []

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"keys": [{**jwk(key), "kid": kid} for kid, key in keys.items()]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("localhost", 0), Keys) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}/keys", asked
        finally:
            server.shutdown()
            thread.join()


def jwk(key: Any) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "alg": "RS256", "use": "sig"}


def tls(folder: Path, authority: tuple[Any, Any]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, written(folder, "issuer", certificate("localhost", authority))))
    return context


def test_keys_are_fetched_by_https_once_for_many_tokens(tmp_path: Path) -> None:
    """The issuer's certificate is of an authority that the machine trusts."""
    authority = certificate("authority")
    trusted, _ = written(tmp_path, "authority", authority)
    with issuer(tls(tmp_path, authority), {"one": KEY, "two": OTHER}) as (address, asked):
        options = ("--jwks", address, "--issuer", ISSUER, "--audience", AUDIENCE)
        with serving(tmp_path, "--rules", "uk.blood_pressure", *options, SSL_CERT_FILE=str(trusted)) as server:
            assert [status(server, token()) for _ in range(3)] == [200, 200, 200]
            assert status(server, token(OTHER, kid="two")) == 200
            assert asked == ["/keys"]
            assert status(server, token(OTHER, kid="one")) == 401
            assert status(server, token(kid="three")) == 401


def test_an_issuer_that_is_not_trusted_or_not_there_gives_no_keys(tmp_path: Path) -> None:
    authority = certificate("authority")
    trusted, _ = written(tmp_path, "authority", certificate("another"))
    with issuer(tls(tmp_path, authority), {"one": KEY}) as (address, asked):
        options = ("--jwks", address, "--issuer", ISSUER, "--audience", AUDIENCE)
        with serving(tmp_path, "--rules", "uk.blood_pressure", *options, SSL_CERT_FILE=str(trusted)) as server:
            answered = server.assess(b"{}", Authorization=f"Bearer {token()}")
            assert (answered.status, answered.json["code"], answered.json["decision"]) == (503, "no-keys", "hold")
            assert asked == []


# ---------------------------------------------------------------------------------- what must not serve

COMMANDS = """
import json, os, signal, sys
from codesafety.cli import app, main
from codesafety.service import run
for line in sys.stdin:
    folder, *words = json.loads(line)
    os.chdir(folder)
    if not (child := os.fork()):
        signal.alarm(60)
        os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT), 2)
        sys.argv[1:] = words
        main()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([code, open("said").read()]), flush=True)
"""


@pytest.fixture(scope="module")
def commands() -> Iterator[subprocess.Popen[str]]:
    """A process that runs each command that it is given in one of its own, from what it has loaded once."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    command = [sys.executable, "-c", COMMANDS]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "anybody who reaches this address could call"),
        (["--host", "rules.example"], "anybody who reaches this address could call"),
        (["--jwks", "keys.json"], "tokens of any issuer, for anybody, would be taken"),
        (
            ["--jwks", "http://issuer.example/keys", "--issuer", "a", "--audience", "b"],
            "keys of tokens are fetched by HTTPS alone",
        ),
        (
            ["--host", "0.0.0.0", "--jwks", "keys.json", "--issuer", "a", "--audience", "b"],
            "tokens and messages would pass in the clear",
        ),
        (["--client-ca", "ca.pem"], "a certificate is served with its key"),
        (["--certificate", "a.pem"], "a certificate is served with its key"),
        (["--deadline", "0"], "`deadline_s` is a number above 0"),
        (["--bundle", "a", "--rules", "b"], "a bundle is whole"),
        (["--jwks", "no-such.json", "--issuer", "a", "--audience", "b"], "holds no keys of tokens"),
        (["--workers", "2", "--jwks", "no-such.json", "--issuer", "a", "--audience", "b"], "holds no keys of tokens"),
        (["--jwks", "list.json", "--issuer", "a", "--audience", "b"], "holds no keys of tokens"),
        (["--certificate", "no.pem", "--certificate-key", "no.key"], "the certificate, its key or the authority"),
        (
            ["--workers", "2", "--certificate", "no.pem", "--certificate-key", "no.key"],
            "the certificate, its key or the authority",
        ),
        (
            ["--certificate", "own.pem", "--certificate-key", "own.key", "--client-ca", "list.json"],
            "the certificate, its key or the",
        ),
        (["--certificate", "own.pem", "--certificate-key", "other.key"], "the certificate, its key or the authority of callers"),
    ],
)
def test_settings_that_would_let_anybody_in_serve_nothing(
    options: list[str], words: str, commands: subprocess.Popen[str], tmp_path: Path
) -> None:
    (tmp_path / "list.json").write_text("[]")
    for name in ("own", "other"):
        written(tmp_path, name, certificate("localhost"))
    assert commands.stdin is not None
    assert commands.stdout is not None
    print(json.dumps([str(tmp_path), "serve", "--port", "0", *options]), file=commands.stdin, flush=True)
    code, said = json.loads(commands.stdout.readline())
    assert code == 2, said
    assert words in said


def test_that_authentication_is_off_is_said(tmp_path: Path) -> None:
    with serving(tmp_path, "--rules", "uk.blood_pressure") as server:
        assert "authentication is off: whoever is on this machine can call" in server.log.read_text()
