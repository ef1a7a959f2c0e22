"""`up --data DIR`: what was made is there the next time, at the same addresses, and everything goes on."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.processes import Processes
from infra.local.stack import Stack
from infra.local.up import Options, start

pytestmark = pytest.mark.stack
KEEP = Options(keep=True)


def email(stack: Stack, customer: str) -> str | None:
    """What our API says of a customer, once their event has come."""
    for _ in range(100):
        answer = requests.get(
            f"{stack.api}/v1/customers/{customer}", headers={"Authorization": f"Bearer {stack.api_key}"}, timeout=30
        )
        if answer.status_code == 200:
            return str(answer.json()["email"])
        time.sleep(0.2)
    return None


def new_customer(stack: Stack, address: str) -> str:
    """Made at the twin."""
    made: dict[str, Any] = requests.post(
        f"{stack.stripe}/v1/customers",
        data={"email": address},
        headers={"Authorization": f"Bearer {stack.stripe_key}"},
        timeout=30,
    ).json()
    return str(made["id"])


def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    first = Processes(tmp_path)
    try:
        stack = start(first, KEEP)
        early = new_customer(stack, "early@example.com")
        assert email(stack, early) == "early@example.com"
    finally:
        first.stop()

    second = Processes(tmp_path)
    try:
        again = start(second, KEEP)
        late = new_customer(again, "late@example.com")

        assert again == stack
        assert email(again, early) == "early@example.com"
        assert email(again, late) == "late@example.com"
    finally:
        second.stop()
