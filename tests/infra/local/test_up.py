"""`python -m infra.local up` as another program uses it: one line of JSON, a Stripe of its own, and a clean end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from chalicelib.stripe_api.version import API_VERSION
from infra.package import ROOT

pytestmark = pytest.mark.stack

PROMISED = {
    *("api", "stripe", "inbox", "shop", "aws", "account", "api_key", "site", "site_secret"),
    *("webhook_url", "webhook_secret"),
}
ELSEWHERE = "http://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the program keeps its files, so that it can be told apart from any other on this machine."""
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.fixture
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The program with another Stripe than the twin, and what it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local", "up", "--json", "--stripe-url", ELSEWHERE],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    yield process, json.loads(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def members(folder: Path) -> list[str]:
    """The command lines of all processes that have the folder in their environment or command."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes() + (path / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(words.split(b"\0")[0].decode())
    return found


def get(address: str, key: str) -> dict[str, Any]:
    """An answer of the API."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer


def test_anybody_who_signs_may_post_events_and_the_end_is_clean(
    running: tuple[subprocess.Popen[str], dict[str, Any]], folder: Path
) -> None:
    """The promised keys and no others; a signed event shows up in the state API; SIGTERM leaves no process and no file."""
    process, told = running
    assert set(told) == PROMISED
    assert told["stripe"] == ELSEWHERE

    event = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.created",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "livemode": False,
        "data": {
            "object": {
                "id": "cus_1",
                "object": "customer",
                "created": int(time.time()),
                "email": "astrid@example.com",
                "name": "Astrid",
                "preferred_locales": [],
                "address": None,
                "invoice_settings": {"default_payment_method": None},
                "metadata": {},
            }
        },
    }
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, told["webhook_secret"])
    request = urllib.request.Request(
        told["webhook_url"],
        data=body.encode(),
        headers={"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        assert reply.status == 200
    assert get(f"{told['api']}/v1/customers/cus_1", told["api_key"])["name"] == "Astrid"
    assert len(members(folder)) >= 4

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    assert members(folder) == []
    assert [path.name for path in folder.glob("stamkund-*")] == []
