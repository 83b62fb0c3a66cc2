"""Bundles: the same bytes for the same rules, answers as of the text, and nothing taken that is not byte for byte what was built."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.differential.worlds import SmallTerminology
from tests.places import EXAMPLES, ROOT
from tests.plugins import made
from tests.terminology import generated

import codesafety
from codesafety import BundleError, ConfigurationError, bundle
from codesafety.authoring import bundling
from codesafety.authoring.diff.whole import difference
from codesafety.following import Follower
from codesafety.plain import headed

pytest.importorskip("cryptography")

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"
SMALL = """
ruleset small { title "Small" version 1.0.0 language 2 review none }
valueset watched "Watched" { codes 77386006 |Pregnant| }
rule any {
  title "Any" action note because "why" source "where" <https://example.org> hazard H-01
  for entry e in watched
  when patient.gender is not male and age at e < 60 years
  say "{e}"
  example "fires" { given patient gender female, born 1990-01-01 given incoming entry 77386006, date 2025-01-01 expect fires }
  example "clear" { given patient gender female, born 1930-01-01 given incoming entry 77386006, date 2025-01-01 expect clear }
}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "small").mkdir()
    (folder / "small" / "small.rules").write_text(SMALL, encoding="utf-8")
    bundle.keygen(folder / "key", folder / "key.pub")
    bundle.keygen(folder / "other", folder / "other.pub")
    return folder


def build(place: Path, **options: Any) -> bytes:
    return bundling.build([place / "small"], installed_plugins=False, **options)


@pytest.fixture(scope="module")
def signed(place: Path) -> bytes:
    return build(place, serial=5, private_key=place / "key")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shipped") / "shipped.bundle"
    path.write_bytes(bundling.build(["uk.pregnancy", "uk.integrity"], installed_plugins=False))
    return path


def refused(raw: bytes, *keys: Path) -> str:
    with pytest.raises(BundleError) as caught:
        codesafety.load(bundle.read(raw, "it", keys), installed_plugins=False)
    assert caught.value.help
    return caught.value.reason


# ---------------------------------------------------------------------------------- what it is


def test_the_same_inputs_give_the_same_bytes_in_any_process_and_place(place: Path, tmp_path: Path, signed: bytes) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "small.rules").write_bytes((place / "small" / "small.rules").read_bytes())
    code = (
        "import sys; from codesafety.authoring.bundling import build; from pathlib import Path;"
        f"sys.stdout.buffer.write(build(['small'], serial=5, private_key=Path({str(place / 'key')!r}), installed_plugins=False))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path, env=environment)
    assert done.stdout == signed, done.stderr


def test_no_path_of_the_machine_is_in_it(place: Path, signed: bytes, shipped: Path) -> None:
    for raw in (signed, shipped.read_bytes()):
        assert str(place).encode() not in raw
        assert str(ROOT).encode() not in raw
        assert b"small/small.rules" in raw or b"uk.pregnancy/" in raw


def test_it_answers_as_the_text_does_to_the_last_digest(shipped: Path) -> None:
    text = codesafety.load("uk.pregnancy", "uk.integrity", installed_plugins=False)
    held = codesafety.load(shipped, installed_plugins=False)
    assert held.standing.engine == text.standing.engine
    for message in (MESSAGE, EXAMPLES / "contraception-ok.xml"):
        assert held.assess(held.read(message)) == text.assess(text.read(message))
    slow = codesafety.load(shipped, installed_plugins=False, evaluator="reference")
    assert slow.assess(slow.read(MESSAGE)).results == text.assess(text.read(MESSAGE)).results


def test_loading_it_parses_nothing(shipped: Path) -> None:
    code = (
        f"import sys, codesafety; e = codesafety.load({str(shipped)!r}, installed_plugins=False); e.assess(e.read({str(MESSAGE)!r}));"
        "print([m for m in sys.modules if m.split('.')[0] in ('lark', 'cryptography') or m.startswith(('codesafety.language.checking', 'codesafety.language.parsing'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_engine_of_a_bundle_passes_to_another_process_without_its_file(place: Path, signed: bytes) -> None:
    engine = codesafety.load(bundle.read(signed, "it", [place / "key.pub"]), installed_plugins=False)
    assert pickle.loads(pickle.dumps(engine)).standing.engine == engine.standing.engine


def test_it_says_what_its_own_texts_make(shipped: Path) -> None:
    assert bundling.is_what_its_texts_say(bundle.read_file(shipped), installed_plugins=False)


def test_rules_that_its_texts_do_not_make_are_found(place: Path, signed: bytes) -> None:
    forged = remade(signed, rules=lambda raw: raw.replace(b'"note"', b'"hold"'))
    assert not bundling.is_what_its_texts_say(bundle.read(forged, "it"), installed_plugins=False)


def test_an_example_that_is_not_as_expected_builds_nothing(tmp_path: Path, place: Path) -> None:
    text = (place / "small" / "small.rules").read_text(encoding="utf-8").replace("expect clear", "expect fires")
    (tmp_path / "small.rules").write_text(text, encoding="utf-8")
    with pytest.raises(bundling.FailedExamples, match="1 of 2 examples"):
        bundling.build([tmp_path / "small.rules"], installed_plugins=False)


def test_differences_are_named(place: Path, tmp_path: Path, signed: bytes) -> None:
    (tmp_path / "small").mkdir()
    text = (place / "small" / "small.rules").read_text(encoding="utf-8")
    text = (
        text.replace("1.0.0", "1.1.0")
        .replace("codes 77386006", "codes 60001007 |Not pregnant|, 77386006")
        .replace("< 60 years", "< 61 years")
    )
    (tmp_path / "small" / "small.rules").write_text(text, encoding="utf-8")
    new = bundling.build([tmp_path / "small"], serial=6, installed_plugins=False)
    was, now = bundle.read(signed, "a"), bundle.read(new, "b")
    found = [(c.what, c.name, c.change) for c in bundling.differences(was, now)]
    one, other = (held.manifest.terminology.digest[:8] for held in (was, now))
    assert one != other
    assert found == [
        ("bundle", "serial", "5 -> 6"),
        ("bundle", "terminology", f"frozen lists ({one}) -> frozen lists ({other})"),
    ]
    rules = difference(codesafety.load(was, installed_plugins=False), codesafety.load(now, installed_plugins=False))
    assert [(c.now.name, c.told) for c in rules.rules if not c.unchanged] == [("small/any", "different")]
    assert [(s.name, s.gained, s.lost) for s in rules.sets] == [("small/watched", (("60001007", "Not pregnant"),), ())]


# ---------------------------------------------------------------------------------- what is not taken


def test_no_byte_may_differ(place: Path, signed: bytes) -> None:
    head = signed.index(b"\n", len(b"codesafety bundle 1\n")) + 1
    first, second = (int(part) for part in signed[:head].split()[-2:])
    every = range(head + first + second)  # the head, the manifest and the signature, each byte of them
    for at in (*every, *random.Random(12).sample(range(head + first + second, len(signed)), 400)):
        for bit in (0x01, 0x20):
            assert refused(signed[:at] + bytes([signed[at] ^ bit]) + signed[at + 1 :])


@pytest.mark.parametrize("cut", [0, 5, 25, 200, 2000, -1])
def test_a_truncated_one_is_refused(signed: bytes, cut: int) -> None:
    assert refused(signed[:cut]) in ("this is no bundle", "it is damaged: it is not byte for byte what was built") or cut == 5


def test_a_head_that_is_written_otherwise_is_refused(signed: bytes) -> None:
    start = len(b"codesafety bundle 1\n")
    digest, first, second = signed[start : signed.index(b"\n", start)].split(b" ")
    rest = signed[signed.index(b"\n", start) + 1 :]
    for head in (
        b"%b 0%b %b" % (digest, first, second),
        b"%b %b 0%b" % (digest, first, second),
        b"%b %b" % (digest, first),
        b"%b %b -1" % (digest, first),
        b"%b %b %b " % (digest, first, second),
        digest.upper() + b" %b %b" % (first, second),
    ):
        assert refused(signed[:start] + head + b"\n" + rest).startswith("it is damaged")


def test_parts_that_stand_on_each_other_are_refused(signed: bytes) -> None:
    """A part of fewer bytes than none would let the next one begin within the last."""
    manifest, parts, signature = split(signed)
    rules, hazards = parts["rules"], parts["hazards"]
    sizes = {"rules": len(rules), "expanded": -len(rules), "files": len(rules), "hazards": len(hazards)}
    held = {"rules": rules, "expanded": b"", "files": rules, "hazards": hazards}
    listed = [{"name": name, "bytes": sizes[name], "sha256": sha256(raw).hexdigest()} for name, raw in held.items()]
    told = json.dumps({**manifest, "parts": listed}, sort_keys=True, indent=1).encode()
    head = b"%b %d %d\n" % (sha256(told + signature).hexdigest().encode(), len(told), len(signature))
    assert refused(b"".join([b"codesafety bundle 1\n", head, told, signature, rules, hazards])).startswith("it is damaged")


def test_bytes_behind_it_are_refused(signed: bytes) -> None:
    assert refused(signed + b"\n") == "it is damaged: it is not byte for byte what was built"


def test_the_key_is_asked_for_where_one_is_given(place: Path, signed: bytes) -> None:
    assert bundle.read(signed, "it", [place / "other.pub", place / "key.pub"]).trusted
    assert refused(signed, place / "other.pub").startswith("it is signed by another key (")
    assert refused(build(place), place / "key.pub") == "it is not signed, and a signature is asked for"


def test_a_signature_of_something_else_is_refused(place: Path, signed: bytes) -> None:
    other = build(place, serial=6, private_key=place / "key")
    _, _, stolen = split(other)
    manifest, parts, _ = split(signed)
    assert refused(joined(manifest, parts, stolen), place / "key.pub") == "its signature is not that of what it holds"
    assert refused(remade(signed, serial=9), place / "key.pub") == "its signature is not that of what it holds"


def test_what_was_read_without_its_keys_is_not_loaded_with_them(place: Path, signed: bytes) -> None:
    own, other = [place / "key.pub"], [place / "other.pub"]
    assert codesafety.load(bundle.read(signed, "it", own), keys=own, installed_plugins=False).bundle is not None
    for held, keys in (
        (bundle.read(build(place), "it"), own),
        (bundle.read(signed, "it"), own),
        (bundle.read(signed, "it", own), other),
    ):
        with pytest.raises(BundleError, match="none of these keys was asked for when it was read"):
            codesafety.load(held, keys=keys, installed_plugins=False)


def test_a_signature_that_is_nested_without_end_is_refused(signed: bytes) -> None:
    manifest, parts, _ = split(signed)
    assert refused(joined(manifest, parts, b"[" * 100_000)) == "its signature is none that this library writes"


def test_no_file_but_a_public_key_is_one(place: Path, signed: bytes) -> None:
    for path in (place / "key", place / "no-such-file", MESSAGE):
        with pytest.raises(BundleError, match="this is no public key of Ed25519"):
            bundle.read(signed, "it", [path])


def test_no_key_is_written_over_and_the_private_one_is_its_owners(place: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="it is there already"):
        bundle.keygen(tmp_path / "a", place / "key.pub")
    with pytest.raises(BundleError, match="it is there already"):
        bundle.keygen(place / "key", tmp_path / "b.pub")
    assert (place / "key").stat().st_mode & 0o077 == 0


def test_one_that_has_expired_is_refused(place: Path) -> None:
    assert refused(build(place, valid_until="2020-12")) == "it was valid until 2020-12"
    assert bundle.read(build(place, valid_until="9999"), "it").manifest.valid_until == "9999"
    with pytest.raises(BundleError, match="it was valid until 2020-12"):  # nor is one that was read to be looked at
        codesafety.load(bundle.read(build(place, valid_until="2020-12"), "it", expired=True), installed_plugins=False)
    of_then = codesafety.load(
        bundle.read(build(place, valid_until="2020-12"), "it", expired=True), installed_plugins=False, expired=True
    )
    assert pickle.loads(pickle.dumps(of_then)).bundle.manifest.valid_until == "2020-12"


def test_one_of_another_version_is_refused(signed: bytes) -> None:
    assert refused(remade(signed, language=3)) == "it is of language 3, and this library reads 2"
    assert refused(remade(signed, form="0")) == "it was built with version 0.1.0, whose rules have another form"
    assert refused(signed.replace(b"bundle 1\n", b"bundle 2\n", 1)) == "it is of another format than this library reads"


def test_it_stands_alone(place: Path, signed: bytes) -> None:
    held = bundle.read(signed, "it")
    with pytest.raises(ConfigurationError, match="other rules stand beside it"):
        codesafety.load(held, "uk.sex", installed_plugins=False)
    with pytest.raises(ConfigurationError, match="keys are given, and no bundle"):
        codesafety.load("uk.sex", keys=[place / "key.pub"], installed_plugins=False)


def test_a_plugin_whose_rulesets_it_does_not_hold_is_not_passed_over(place: Path, signed: bytes) -> None:
    plugin = made.plugin(rulesets=[ROOT / "rulesets" / "uk.sex"])
    with pytest.raises(BundleError, match=r"a plugin brings the ruleset `uk.sex`, which it does not hold"):
        codesafety.load(bundle.read(signed, "it"), plugins=[plugin], installed_plugins=False)


def test_a_predicate_that_it_calls_must_be_there(tmp_path: Path) -> None:
    from tests.plugins.supplier.src import supplier_example

    rules = Path(supplier_example.__file__).parent / "rulesets" / "supplier.checks"
    built = bundling.build([rules], plugins=[supplier_example], installed_plugins=False)
    held = bundle.read(built, "it")
    assert [one.name for one in held.manifest.predicates] == ["supplier/dated-on-a-first"]
    with pytest.raises(BundleError, match="call the predicate `supplier/dated-on-a-first`, which no plugin declares so"):
        codesafety.load(held, installed_plugins=False)
    assert codesafety.load(held, plugins=[supplier_example], installed_plugins=False).rules
    (needed,) = held.manifest.predicates
    for changed in ({"kinds": ["coding"] * len(needed.kinds)}, {"fields": [*needed.fields, "one.more"]}):
        other = bundle.read(remade(built, predicates=[{**needed.model_dump(mode="json"), **changed}]), "it")
        with pytest.raises(BundleError, match="which no plugin declares so"):
            codesafety.load(other, plugins=[supplier_example], installed_plugins=False)


def test_a_release_is_the_one_that_it_was_built_with_or_none(signed: bytes) -> None:
    release = SmallTerminology(has_release=True)
    with pytest.raises(BundleError, match="it was built without a release, and one is given"):
        codesafety.load(bundle.read(signed, "it"), release=release, installed_plugins=False)
    told = {"name": "another", "edition": None, "digest": "another", "release": True}
    held = bundle.read(remade(signed, terminology=told), "it")
    for given in (None, release):
        with pytest.raises(BundleError, match="its value sets are of the release another, digest another, which is not given"):
            codesafety.load(held, release=given, installed_plugins=False)


# ---------------------------------------------------------------------------------- what another program may have written


def split(raw: bytes) -> tuple[dict[str, Any], dict[str, bytes], bytes]:
    head = raw.index(b"\n", 20) + 1
    first, second = (int(part) for part in raw[:head].split()[-2:])
    manifest = json.loads(raw[head : head + first])
    at = head + first + second
    parts = {}
    for part in manifest["parts"]:
        parts[part["name"]] = raw[at : at + part["bytes"]]
        at += part["bytes"]
    return manifest, parts, raw[head + first : head + first + second]


def joined(manifest: dict[str, Any], parts: dict[str, bytes], signature: bytes) -> bytes:
    """Return a bundle whose digests are right, whatever it holds."""
    listed = [{"name": name, "bytes": len(raw), "sha256": sha256(raw).hexdigest()} for name, raw in parts.items()]
    told = json.dumps({**manifest, "parts": listed}, sort_keys=True, indent=1).encode()
    head = b"%b %d %d\n" % (sha256(told + signature).hexdigest().encode(), len(told), len(signature))
    return b"".join([b"codesafety bundle 1\n", head, told, signature, *parts.values()])


def remade(raw: bytes, rules: Any = None, **changed: Any) -> bytes:
    manifest, parts, signature = split(raw)
    if rules is not None:
        parts["rules"] = rules(parts["rules"])
    return joined({**manifest, **changed}, parts, signature)


def plain(raw: bytes) -> dict[str, Any]:
    head, _ = headed(headed(memoryview(raw))[0])
    return json.loads(bytes(head))  # type: ignore[no-any-return]


def coded(data: Any, rest: bytes = b"", numbers: bytes = b"") -> bytes:
    head = json.dumps(data).encode()
    first = b"%d\n%b%b" % (len(head), head, numbers)
    return b"%d\n%b%b" % (len(first), first, rest)


def test_what_is_no_checked_rule_is_refused_whatever_was_put_where(signed: bytes) -> None:
    """Of a bundle whose digests are right: it is refused as a whole, or what is changed is something that a program of ours could have made."""
    generator = random.Random(2)
    whole = plain(split(signed)[1]["rules"])
    outcomes = {"refused": 0, "taken": 0}
    odd = [None, True, -1, 10**6, 1.5, "x", "__class__", [], {}, "1e999999", [[0]], ["later", [[0]]], "tuple"]
    for _ in range(600):
        data = json.loads(json.dumps(whole))
        holder: Any = data
        while True:
            key = generator.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
            if isinstance(holder[key], dict | list) and holder[key] and generator.random() < 0.9:
                holder = holder[key]
                continue
            holder[key] = generator.choice(odd) if generator.random() < 0.6 else generator.randrange(len(whole["atoms"]))
            break
        try:
            bundle.read(remade(signed, rules=lambda _, data=data: coded(data)), "it").rules()
        except BundleError:
            outcomes["refused"] += 1
        else:
            outcomes["taken"] += 1
    assert outcomes["refused"] > 400, outcomes


def test_a_field_of_pythons_own_is_refused(signed: bytes) -> None:
    def forged(raw: bytes) -> bytes:
        data = plain(raw)
        data["atoms"] = ["__class__" if atom == "gender" else atom for atom in data["atoms"]]
        assert "__class__" in data["atoms"]
        return coded(data)

    with pytest.raises(BundleError, match="its part `rules` is nothing that this library writes"):
        bundle.read(remade(signed, rules=forged), "it").rules()


def test_a_list_of_bare_codes_is_held_and_refused_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    rules = SMALL.replace("{ codes 77386006 |Pregnant| }", '{ frozen "watched.csv" }')
    (tmp_path / "small" / "small.rules").write_text(rules, encoding="utf-8")
    (tmp_path / "small" / "watched.csv").write_text("# source: a test\ncode\n77386006\n195967001\n", encoding="utf-8")
    raw = build(tmp_path)
    text = codesafety.load(tmp_path / "small", installed_plugins=False)
    held = codesafety.load(bundle.read(raw, "it"), installed_plugins=False)
    assert held.assess(held.read(MESSAGE)) == text.assess(text.read(MESSAGE))
    assert held.binding.sets["small/watched"].members == {"77386006", "195967001"}

    def numbers(*ids: int) -> bytes:
        return b"".join(one.to_bytes(8, "little") for one in ids)

    whole = numbers(77386006, 195967001)
    one, other = 77386006, 195967001
    manifest, parts, signature = split(raw)
    for name in ("rules", "expanded"):
        assert headed(headed(memoryview(parts[name]))[0])[1] == whole
        same = joined(manifest, {**parts, name: coded(plain(parts[name]), headed(memoryview(parts[name]))[1], whole)}, signature)
        assert bundle.read(same, "it").rules()
        for forged in (numbers(other, one), numbers(one, one), numbers(0, one), numbers(one, 10**18), numbers(one), whole[:-2]):
            with pytest.raises(BundleError, match=f"its part `{name}` is nothing"):
                changed = coded(plain(parts[name]), headed(memoryview(parts[name]))[1], forged)
                bundle.read(joined(manifest, {**parts, name: changed}, signature), "it").rules()


def test_what_would_unfold_without_end_is_refused(signed: bytes) -> None:
    def doubled(raw: bytes) -> bytes:
        data = plain(raw)
        size = len(data["atoms"]) + sum(
            len(columns[0]) if name not in ("tuple", "set", "mapping") else len(columns) for name, columns in data["steps"]
        )
        data["steps"] += [["tuple", [[size + n - 1 if n else 0] * 2]] for n in range(60)]
        data["at"] = size + 59
        return coded(data)

    def bomb(raw: bytes) -> bytes:
        return coded({"atoms": [0], "steps": [["later", [[0]]]], "at": 1}, zlib.compress(b" " * 10_000_000))

    for forge in (doubled, bomb):
        with pytest.raises(BundleError):
            bundle.read(remade(signed, rules=forge), "it").rules()


# ---------------------------------------------------------------------------------- followed


class Served:
    """What a server gives, and what it was asked."""

    def __init__(self) -> None:
        self.body, self.status, self.elsewhere = b"", 200, ""
        self.tags: list[str | None] = []


@pytest.fixture
def served() -> Iterator[tuple[Served, str]]:
    state = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.tags.append(self.headers.get("If-None-Match"))
            tag = f'"{sha256(state.body).hexdigest()}"'
            status = 304 if state.status == 200 and state.tags[-1] == tag else state.status
            self.send_response(status)
            self.send_header("ETag", tag)
            if state.elsewhere:
                self.send_header("Location", state.elsewhere)
            self.end_headers()
            if status == 200:
                self.wfile.write(state.body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state, f"http://127.0.0.1:{server.server_port}/rules.bundle"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_newer_bundle_of_a_file_is_taken_and_nothing_else_is(place: Path, tmp_path: Path, signed: bytes) -> None:
    file = tmp_path / "rules.bundle"
    file.write_bytes(signed)
    follower = Follower(file, keys=[place / "key.pub"], installed_plugins=False)
    first = follower.engine
    assert not follower.look()
    for raw, reason in [
        (b"", "this is no bundle"),
        (signed[:-1], "it is damaged"),
        (build(place, serial=4, private_key=place / "key"), "its serial 4 is older than the one in use, 5"),
        (
            build(place, serial=5, valid_until="9999", private_key=place / "key"),
            "its serial 5 has the same serial as the one in use, 5",
        ),
        (build(place, serial=6), "it is not signed"),
        (build(place, serial=6, private_key=place / "other"), "it is signed by another key"),
        (build(place, serial=6, valid_until="2020", private_key=place / "key"), "it was valid until 2020"),
        (remade(signed, language=3, serial=6), "its signature is not"),
    ]:
        file.write_bytes(raw)
        assert not follower.look()
        assert reason in (follower.refused or "")
        assert follower.engine is first
        assert not follower.look()  # it is not looked at twice, and not forgotten
        assert reason in (follower.refused or "")
    file.unlink()
    assert not follower.look()
    assert "it cannot be looked at: no such file or directory" in (follower.refused or "")
    file.write_bytes(build(place, serial=7, private_key=place / "key"))
    assert follower.look()
    assert follower.refused is None
    assert follower.bundle.manifest.serial == 7
    assert first.assess(codesafety.Submission()).engine == first.standing.engine  # whoever holds the old one may finish with it


def test_whatever_goes_wrong_with_a_newer_one_is_told_and_the_old_one_stays(place: Path, tmp_path: Path) -> None:
    class Once(dict[str, str]):
        def values(self) -> Any:
            if self:
                raise ZeroDivisionError("77386006")
            return super().values()

    file, limits = tmp_path / "rules.bundle", Once()
    file.write_bytes(build(place, serial=1))
    follower = Follower(file, limits=limits, installed_plugins=False)
    limits["small/any"] = "1"
    file.write_bytes(build(place, serial=2))
    assert not follower.look()
    assert follower.refused == "it could not be loaded: an error inside (ZeroDivisionError)"
    assert follower.bundle.manifest.serial == 1


def test_of_a_folder_the_highest_serial_is_in_use(place: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bundle").write_bytes(build(place, serial=3))
    (tmp_path / "b.bundle").write_bytes(build(place, serial=2))
    (tmp_path / "c.bundle").write_bytes(b"nothing")
    follower = Follower(tmp_path, installed_plugins=False)
    assert follower.bundle.manifest.serial == 3
    assert "c.bundle: this is no bundle" in (follower.refused or "")
    (tmp_path / "d.bundle").write_bytes(build(place, serial=4))
    assert follower.look()
    assert follower.bundle.manifest.serial == 4


def test_two_that_look_at_once_never_bring_an_old_one_back(place: Path, tmp_path: Path) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(dict[str, str]):
        def values(self) -> Any:
            if file.read_bytes() == second and not entered.is_set():
                entered.set()
                go_on.wait()
            return super().values()

    file, second = tmp_path / "rules.bundle", build(place, serial=2)
    file.write_bytes(build(place, serial=1))
    follower = Follower(file, limits=Slow(), installed_plugins=False)
    file.write_bytes(second)
    slow, quick = threading.Thread(target=follower.look), threading.Thread(target=follower.look)
    slow.start()
    entered.wait()
    file.write_bytes(build(place, serial=3))
    quick.start()
    quick.join(1)  # it would be done by now, if it did not wait
    go_on.set()
    slow.join()
    quick.join()
    assert follower.bundle.manifest.serial == 3


def test_what_cannot_be_read_in_a_folder_hides_nothing_else(place: Path, tmp_path: Path) -> None:
    (tmp_path / "b.bundle").write_bytes(build(place, serial=1))
    follower = Follower(tmp_path, installed_plugins=False)
    (tmp_path / "a.bundle").mkdir()
    (tmp_path / "c.bundle").write_bytes(build(place, serial=2))
    assert follower.look()
    assert follower.bundle.manifest.serial == 2
    assert "a.bundle: it cannot be read: is a directory" in (follower.refused or "")
    again = Follower(tmp_path, installed_plugins=False)
    assert again.bundle.manifest.serial == 2
    assert "a.bundle: it cannot be read: is a directory" in (again.refused or "")
    (tmp_path / "a.bundle").rmdir()
    for one in (follower, again):
        assert not one.look()
        assert one.refused is None


def test_of_two_of_one_serial_the_second_is_told_from_the_beginning(place: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bundle").write_bytes(build(place, serial=3))
    (tmp_path / "b.bundle").write_bytes(build(place, serial=3, valid_until="9999"))
    (tmp_path / "c.bundle").write_bytes(build(place, serial=3))
    follower = Follower(tmp_path, installed_plugins=False)
    assert follower.bundle.name == str(tmp_path / "a.bundle")
    assert "b.bundle: its serial 3 has the same serial as the one in use, 3" in (follower.refused or "")


def test_one_that_the_profile_does_not_fit_is_not_taken(place: Path, tmp_path: Path) -> None:
    change = codesafety.RuleChange(rule="small/any", action="off", reason="not here", role="GP", until="2026-12-31")
    profile = codesafety.Profile(name="x", changes=(change,))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "other.rules").write_text(SMALL.replace("ruleset small", "ruleset other"), encoding="utf-8")
    other = bundling.build([tmp_path / "other"], serial=2, installed_plugins=False)
    file = tmp_path / "rules.bundle"
    file.write_bytes(other)
    with pytest.raises(ConfigurationError, match="names the rule `small/any`, which is not loaded"):
        Follower(file, profile=profile, installed_plugins=False)
    file.write_bytes(build(place, serial=1))
    follower = Follower(file, profile=profile, installed_plugins=False)
    file.write_bytes(other)
    assert not follower.look()
    assert follower.refused == "profile `x` names the rule `small/any`, which is not loaded"
    assert follower.engine.assess(codesafety.Submission(), profile=profile)


@pytest.mark.parametrize("every_s", [0, -1, float("nan"), float("inf"), 1e12])
def test_a_time_that_no_system_can_wait_is_refused(place: Path, tmp_path: Path, every_s: float) -> None:
    (tmp_path / "a.bundle").write_bytes(build(place))
    with pytest.raises(ConfigurationError, match="`every_s` is a number of seconds"):
        Follower(tmp_path, every_s=every_s, installed_plugins=False)


def test_a_redirection_into_the_clear_is_followed_nowhere_and_told(place: Path, served: tuple[Served, str]) -> None:
    state, address = served
    state.body = build(place, serial=1)
    follower = Follower(address, installed_plugins=False)
    state.status, state.elsewhere = 302, "http://example.org/rules.bundle"
    assert not follower.look()
    assert "the server answers 302" in (follower.refused or "")


def test_what_an_address_keeps_secret_is_said_nowhere(place: Path, served: tuple[Served, str]) -> None:
    state, address = served
    state.body = build(place, serial=1)
    follower = Follower(f"{address}?sig=hidden", installed_plugins=False)
    state.body = b"nothing"
    assert not follower.look()
    assert follower.refused == f"{address}: this is no bundle"
    state.status = 403
    assert not follower.look()
    assert follower.refused == f"{address}: the server answers 403"
    with pytest.raises(BundleError) as caught:
        Follower("http://name:hidden@127.0.0.1:1/a.bundle?sig=hidden#hidden")
    assert caught.value.name == "http://127.0.0.1:1/a.bundle"


def test_an_address_is_asked_with_the_tag_of_what_it_gave(place: Path, served: tuple[Served, str]) -> None:
    state, address = served
    state.body = build(place, serial=1)
    follower = Follower(address, installed_plugins=False)
    assert not follower.look()
    tag = f'"{sha256(state.body).hexdigest()}"'
    assert state.tags == [None, tag]
    state.status = 503
    assert not follower.look()
    assert "the server answers 503" in (follower.refused or "")
    state.status = 200
    assert not follower.look()
    assert follower.refused is None
    state.body = build(place, serial=2)
    assert follower.look()
    assert follower.bundle.manifest.serial == 2


def test_a_thread_takes_what_appears(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.bundle"
    file.write_bytes(build(place, serial=1))
    follower = Follower(file, every_s=0.01, installed_plugins=False)
    looks: list[int] = []
    follower.start(lambda: looks.append(follower.bundle.manifest.serial))
    new = tmp_path / "new"
    new.write_bytes(build(place, serial=2))
    new.replace(file)
    ended = threading.Event()
    for _ in range(1000):
        if 2 in looks:
            break
        ended.wait(0.02)
    follower.stop()
    assert follower.bundle.manifest.serial == 2
    assert 2 in looks


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a.bundle",
        "http://127.0.0.1.example.org/a",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "https:",
        "http://[::1/a",
    ],
)
def test_nothing_is_fetched_in_the_clear(address: str) -> None:
    with pytest.raises((ConfigurationError, BundleError)):
        Follower(address)


def test_a_place_without_a_bundle_is_no_beginning(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bundle"):
        Follower(tmp_path)
    with pytest.raises(BundleError, match="it cannot be looked at"):
        Follower(tmp_path / "nothing.bundle")


# ---------------------------------------------------------------------------------- with a release


OF_A_RELEASE = """
ruleset wide { title "Wide" version 1.0.0 language 2 review none }
valueset findings "Findings" { ecl { << %s } }
rule any {
  title "Any" action note because "why" source "where" <https://example.org> hazard H-01
  for entry e in findings
  say "{e}"
}
"""


def test_one_that_was_built_with_a_release_answers_with_that_release_and_no_other(tmp_path: Path) -> None:
    """Its value sets are those of the release; the pack is not in it, and must be given by its digest."""
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    pack = generated.built(generated.small(), tmp_path / "one")
    lesser = generated.small()
    lesser.descriptions.pop()
    other = generated.built(lesser, tmp_path / "other")
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide" / "wide.rules").write_text(OF_A_RELEASE % generated.FINDING, encoding="utf-8")
    raw = bundling.build([tmp_path / "wide"], release=pack, installed_plugins=False)
    assert raw == bundling.build([tmp_path / "wide"], release=pack, installed_plugins=False)
    held = bundle.read(raw, "it")
    assert held.manifest.terminology.release
    text = codesafety.load(tmp_path / "wide", release=pack, installed_plugins=False, cache="off")
    made = codesafety.load(held, release=pack, installed_plugins=False)
    submission = codesafety.Submission.of(codesafety.Patient(), codesafety.Entry.of(str(generated.INFARCT), date="2026-03-04"))
    report = made.assess(submission)
    assert (report.decision, report.terminology.release_sets) == ("note", 1)
    assert report == text.assess(submission)
    assert bundling.is_what_its_texts_say(held, release=pack, installed_plugins=False)
    for given, reason in ((None, "which is not given"), (other, "which is not given")):
        with pytest.raises(BundleError, match=reason):
            codesafety.load(held, release=given, installed_plugins=False)
    place = tmp_path / "rules.bundle"
    place.write_bytes(raw)
    follower = Follower(place, release=pack, installed_plugins=False)
    place.write_bytes(bundling.build([tmp_path / "wide"], release=other, serial=2, installed_plugins=False))
    assert not follower.look()
    assert "which is not given" in str(follower.refused)
    assert follower.engine.assess(submission) == report
