"""Failures of the API on purpose, as the official SDK meets them; and the state that survives a restart."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from infra.local.twin.http.service import Service


def fail(service: Service, **rule: Any) -> None:
    """One rule in force."""
    url = f"{service.twin.world.base_url}/_twin/faults"
    assert requests.post(url, json={"rules": [rule]}, timeout=10).status_code == 200


def retrying(service: Service) -> stripe.StripeClient:
    """The SDK with two retries."""
    url = service.twin.world.base_url
    return stripe.StripeClient("sk_test_client1234", base_addresses={"api": url}, max_network_retries=2)


def test_too_many_requests_is_the_sdks_rate_limit_error(client: stripe.StripeClient, service: Service) -> None:
    fail(service, pattern="GET /v1/customers", fault="429", count=1)

    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    assert client.v1.customers.list().data == []


def test_the_sdk_tries_again_when_it_is_told_that_it_should(service: Service) -> None:
    fail(service, pattern="POST /v1/customers$", fault="429_retry", count=2)

    assert retrying(service).v1.customers.create({"name": "A"}).name == "A"


def test_a_lost_answer_does_not_make_a_second_customer(service: Service) -> None:
    fail(service, pattern="POST /v1/customers$", fault="lost_answer", count=1)

    retrying(service).v1.customers.create({"name": "A"})

    assert len(service.twin.objects("customer")) == 1


def test_a_reset_before_the_work_leaves_nothing(client: stripe.StripeClient, service: Service) -> None:
    fail(service, pattern="POST /v1/customers$", fault="reset", count=1)

    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create()
    assert service.twin.objects("customer") == []


def test_a_server_error_and_a_slow_answer(client: stripe.StripeClient, service: Service) -> None:
    fail(service, pattern="GET /v1/account", fault="500", count=1)
    with pytest.raises(stripe.APIError):
        client.v1.accounts.retrieve_current()

    fail(service, pattern="GET /v1/account", fault="slow", seconds=0.3)
    begun = time.monotonic()
    client.v1.accounts.retrieve_current()
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize(
    "rules", [{}, [{"pattern": "x"}], [{"pattern": "(", "fault": "500"}], [{"pattern": "x", "fault": "meteor"}], [1]]
)
def test_a_rule_that_makes_no_sense_is_refused(service: Service, rules: Any) -> None:
    url = f"{service.twin.world.base_url}/_twin/faults"

    assert requests.post(url, json={"rules": rules}, timeout=10).status_code == 400


def test_cards_are_renewed_and_charges_disputed_by_hand(client: stripe.StripeClient, service: Service) -> None:
    base = f"{service.twin.world.base_url}/_twin"
    customer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    card = client.v1.payment_methods.list({"customer": customer.id}).data[0]
    paid = client.v1.payment_intents.create(
        {"amount": 500, "currency": "sek", "confirm": True, "payment_method": "pm_card_visa"}
    )

    renewed: Any = {"payment_method": card.id, "exp_year": 2040}
    assert requests.post(f"{base}/card-updates", json=renewed, timeout=10).status_code == 200
    charge: Any = {"charge": paid.latest_charge}
    assert requests.post(f"{base}/disputes", json=charge, timeout=10).status_code == 200
    assert requests.post(f"{base}/disputes", json=charge, timeout=10).status_code == 400

    types = [e.type for e in client.v1.events.list({"limit": 100}).data]
    assert {"payment_method.automatically_updated", "charge.dispute.created"} <= set(types)


def run(state: Path, *more: str) -> subprocess.Popen[str]:
    """The twin as a program, with a state file."""
    command = [sys.executable, "-m", "infra.local.twin", "--port", "0", "--seed", "3", "--state", str(state), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with run(tmp_path / "state") as process:
            assert process.stdout
            url = json.loads(process.stdout.readline())["url"]
            head = {"Authorization": "Bearer sk_test_client1234"}
            requests.post(f"{url}/v1/customers", headers=head, timeout=10)
            requests.post(f"{url}/_twin/advance", json={"seconds": 100}, timeout=10)
            rows = requests.get(f"{url}/v1/customers", headers=head, timeout=10).json()["data"]
            offset = requests.get(f"{url}/_twin/clock", timeout=10).json()["offset"]
            seen.append((len({r["id"] for r in rows}), offset))
            process.terminate()
            assert process.wait(10) == 0

    assert seen == [(1, 100), (2, 200)]
