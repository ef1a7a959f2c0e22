"""Signatures against vectors, and against Stripe's own check: the same verdict but where we say why we are stricter.

`SIGNATURE_VECTORS=path` takes the vectors from another file; tests/fixtures/README.md has the schema.
"""

import base64
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import WebhookSignature

from chalicelib.errors import BadRequest
from chalicelib.stripe_api.signature import TOLERANCE, sign, verify
from tests.conftest import NOW
from tests.fixtures import signatures

SECRET = "whsec_test"


@dataclass(frozen=True)
class Vector:
    """A delivery, and whether it is valid. `why_stricter` where Stripe's own check accepts what we refuse."""

    name: str
    header: str | None
    body: bytes
    secrets: tuple[str, ...]
    now: int
    valid: bool
    why_stricter: str | None


def read(raw: dict[str, Any]) -> Vector:
    """A vector of the file."""
    body = base64.b64decode(raw["body_base64"]) if "body_base64" in raw else raw["body"].encode()
    why = raw.get("why_stricter")
    return Vector(raw["name"], raw["header"], body, tuple(raw["secrets"]), raw["now"], raw["valid"], why)


FILE = Path(os.environ.get("SIGNATURE_VECTORS") or signatures.FILE)
VECTORS = [read(raw) for raw in json.loads(FILE.read_text(encoding="utf-8"))]


def accepted(body: bytes, header: str | None, secrets: Sequence[str], now: int) -> bool:
    """Our verdict: the signature's, and then that of the reader of the body, which takes UTF-8 only."""
    try:
        verify(body, header, secrets, now)
        body.decode()
    except (BadRequest, UnicodeDecodeError):
        return False
    return True


def accepted_by_stripe(vector: Vector) -> bool:
    """The verdict of the SDK that we ship, with any of the secrets; it trips over some deliveries instead of refusing them."""
    for secret in vector.secrets:
        try:
            return bool(WebhookSignature.verify_header(vector.body, vector.header, secret, tolerance=TOLERANCE))
        except Exception:  # noqa: BLE001, S112
            continue
    return False


def test_there_are_three_hundred_vectors_each_with_a_name_and_a_case_of_its_own() -> None:
    ours = [read(raw) for raw in signatures.vectors()]
    cases = {(each.header, each.body, each.secrets, each.now) for each in ours}

    assert len(ours) == len({each.name for each in ours}) == len(cases) >= 300
    assert min(sum(each.valid for each in ours), sum(each.why_stricter is not None for each in ours)) >= 40


def test_the_file_is_what_its_program_writes() -> None:
    """Change the program, run `python -m tests.fixtures.signatures`, and commit both."""
    assert signatures.FILE.read_text(encoding="ascii") == signatures.text()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_each_vector_is_judged_as_it_says(vector: Vector) -> None:
    assert accepted(vector.body, vector.header, vector.secrets, vector.now) is vector.valid


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_stripes_own_check_agrees_unless_we_say_why_we_are_stricter(
    vector: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: float(vector.now))

    assert accepted_by_stripe(vector) is (vector.valid or vector.why_stricter is not None)
    assert not (vector.valid and vector.why_stricter)


@given(st.binary(max_size=50), st.text("abc_", min_size=1), st.integers(0, 10**12 - 1))
def test_what_we_sign_verifies_at_that_second(body: bytes, secret: str, second: int) -> None:
    verify(body, f"t={second},v1={sign(body, secret, second)}", [secret], second)


@given(st.binary(min_size=1, max_size=50), st.integers(0, 8 * 50 - 1))
def test_no_changed_bit_of_a_body_passes(body: bytes, bit: int) -> None:
    changed = bytearray(body)
    changed[bit // 8 % len(body)] ^= 1 << bit % 8
    header = f"t={NOW},v1={sign(body, SECRET, NOW)}"

    assert not accepted(bytes(changed), header, [SECRET], NOW)


@given(st.text(max_size=80) | st.text("tv01=, \t9", max_size=40))
def test_no_other_header_passes_or_breaks_the_check(header: str) -> None:
    assert not accepted(b"{}", header, [SECRET], NOW)


def test_a_body_that_is_no_text_is_signed_by_its_bytes() -> None:
    body = b"\xff\xfe\x00"

    verify(body, f"t={NOW},v1={sign(body, SECRET, NOW)}", [SECRET], NOW)


def test_a_refusal_tells_neither_secret_nor_signature() -> None:
    with pytest.raises(BadRequest) as refused:
        verify(b"{}", f"t={NOW},v1={'0' * 64}", [SECRET], NOW)

    assert (refused.value.code, refused.value.status) == ("invalid_signature", 400)
    assert SECRET not in refused.value.message
    assert sign(b"{}", SECRET, NOW) not in refused.value.message
