"""`up --data DIR`: what was made is there the next time, at the same addresses, and everything goes on."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from infra.package import ROOT

pytestmark = pytest.mark.stack


@contextmanager
def up(folder: Path) -> Iterator[dict[str, str]]:
    """The whole stack, and the line of JSON that says where it is; it must end well when told to."""
    command = [sys.executable, "-m", "infra.local", "up", "--json", "--data", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            ended = process.wait(60)
    assert ended == 0


def email(stack: dict[str, str], customer: str) -> str | None:
    """What our API says of a customer, once their event has come."""
    for _ in range(100):
        key = {"Authorization": f"Bearer {stack['api_key']}"}
        answer = requests.get(f"{stack['api']}/v1/customers/{customer}", headers=key, timeout=30)
        if answer.status_code == 200:
            return str(answer.json()["email"])
        time.sleep(0.2)
    return None


def new_customer(stack: dict[str, str], address: str) -> str:
    """Made at the twin."""
    key = {"Authorization": "Bearer sk_test_nordlys"}
    made = requests.post(f"{stack['stripe']}/v1/customers", data={"email": address}, headers=key, timeout=30)
    return str(made.json()["id"])


def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        early = new_customer(first, "early@example.com")
        assert email(first, early) == "early@example.com"

    with up(tmp_path) as second:
        late = new_customer(second, "late@example.com")

        assert second == first
        assert email(second, early) == "early@example.com"
        assert email(second, late) == "late@example.com"
