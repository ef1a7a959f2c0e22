"""The twin over HTTP, driven by the official SDK, with a real webhook endpoint."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from infra.local.twin.http.service import Service

DAY = 86400


class Hook:
    """A webhook endpoint that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, str]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((body, self.headers["Stripe-Signature"]))
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


def control(service: Service, path: str, **given: Any) -> Any:
    """A control request."""
    return requests.post(f"{service.twin.world.base_url}/_twin/{path}", json=given, timeout=60).json()


def subscribe(client: stripe.StripeClient, card: str = "pm_card_visa") -> tuple[stripe.Customer, stripe.Subscription]:
    """A customer with a card and a monthly subscription."""
    customer = client.v1.customers.create({"email": "kund@example.com"})
    attached = client.v1.payment_methods.attach(card, {"customer": customer.id})
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": attached.id}})
    product = client.v1.products.create({"name": "Pro"})
    price = client.v1.prices.create(
        {"product": product.id, "unit_amount": 14900, "currency": "sek", "recurring": {"interval": "month"}}
    )
    return customer, client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})


def test_the_sdk_makes_a_subscription_and_reads_it_typed(client: stripe.StripeClient) -> None:
    customer, sub = subscribe(client)

    assert sub.status == "active"
    assert sub["items"].data[0].price.unit_amount_decimal == 14900
    assert isinstance(sub.latest_invoice, str)
    invoice = client.v1.invoices.retrieve(sub.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]})
    assert invoice.payments
    intent = invoice.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (invoice.status, intent.status) == ("paid", "succeeded")
    pages = client.v1.events.list({"limit": 2})
    assert len([e.id for e in pages.auto_paging_iter()]) > 10
    assert [s.id for s in client.v1.subscriptions.list({"customer": customer.id}).data] == [sub.id]


def test_the_sdk_raises_its_own_errors(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create()

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.customers.retrieve("cus_none")

    assert declined.value.code == "card_declined"
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    assert missing.value.request_id


def test_the_sdks_retry_of_a_post_is_answered_from_its_idempotency_key(client: stripe.StripeClient) -> None:
    first = client.v1.customers.create({"name": "A"}, {"idempotency_key": "once"})
    again = client.v1.customers.create({"name": "A"}, {"idempotency_key": "once"})

    assert first.id == again.id
    assert again.last_response
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_webhooks_arrive_signed_and_an_advance_waits_for_them(
    client: stripe.StripeClient, service: Service, hook: Hook
) -> None:
    endpoint = client.v1.webhook_endpoints.create({"url": hook.url, "enabled_events": ["*"]})
    assert endpoint.secret
    subscribe(client)

    answer = control(service, "advance", seconds=32 * DAY)

    assert answer["pending"] == 0
    types = [json.loads(body)["type"] for body, _ in hook.got]
    assert {"customer.subscription.created", "invoice.paid", "customer.subscription.updated"} <= set(types)
    assert types.count("invoice.paid") == 2
    for body, header in hook.got:
        assert stripe.WebhookSignature.verify_header(body.decode(), header, endpoint.secret)
    stamp = int(hook.got[-1][1].split(",")[0].removeprefix("t="))
    assert abs(stamp - service.twin.now) < 30


def test_the_date_header_is_the_twins_time(service: Service) -> None:
    control(service, "advance", seconds=100 * DAY)

    url = f"{service.twin.world.base_url}/v1/account"
    answer = requests.get(url, auth=("sk_test_basic1234", ""), timeout=10)

    assert answer.status_code == 200
    assert abs(parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time() - 100 * DAY) < 5
    assert answer.headers["Request-Id"].startswith("req_")


def test_an_endpoint_that_fails_is_tried_again_when_the_clock_moves(
    client: stripe.StripeClient, service: Service, hook: Hook
) -> None:
    client.v1.webhook_endpoints.create({"url": hook.url, "enabled_events": ["*"]})
    hook.status = 503
    client.v1.customers.create()
    control(service, "flush")
    hook.status = 200
    control(service, "advance", seconds=61)

    assert len(hook.got) == 2
    [delivery] = requests.get(f"{service.twin.world.base_url}/_twin/deliveries", timeout=10).json()["data"]
    assert (delivery["attempt"], delivery["state"], delivery["status"]) == (2, "delivered", 200)


def test_a_bank_can_be_told_to_refuse_a_card(client: stripe.StripeClient, service: Service) -> None:
    customer, sub = subscribe(client)
    card = client.v1.payment_methods.list({"customer": customer.id}).data[0]

    answer = control(service, "cards", payment_method=card.id, decline="insufficient_funds")
    control(service, "advance", seconds=32 * DAY)

    assert answer == {"payment_method": card.id, "decline": "insufficient_funds"}
    assert client.v1.subscriptions.retrieve(sub.id).status == "past_due"


@pytest.mark.parametrize(
    "path, given",
    [
        ("advance", {}),
        ("advance", {"to": 5}),
        ("advance", {"seconds": "many"}),
        ("chaos", {"profile": "hurricane"}),
        ("settings", {"end_action": "shrug"}),
        ("settings", {"colour": "blue"}),
        ("cards", {"payment_method": "pm_none"}),
        ("roll", {"endpoint": "we_none"}),
    ],
)
def test_a_wrong_control_request_says_what_is_wrong(service: Service, path: str, given: Any) -> None:
    answer = requests.post(f"{service.twin.world.base_url}/_twin/{path}", json=given, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_it_runs_alone_and_writes_the_offset_before_it_answers(tmp_path: Path) -> None:
    clock = tmp_path / "offset"
    command = [sys.executable, "-m", "infra.local.twin", "--port", "0", "--seed", "3", "--clock-file", str(clock)]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        took = time.monotonic() - begun
        answer = requests.post(f"{ready['url']}/_twin/advance", json={"seconds": DAY}, timeout=10).json()
        process.terminate()
        assert process.wait(10) == 0

    assert took < 3
    assert (answer["offset"], clock.read_text()) == (DAY, f"{DAY}\n")


def test_a_wrong_chaos_profile_on_the_command_line_ends_with_status_2() -> None:
    command = [sys.executable, "-m", "infra.local.twin", "--port", "0", "--chaos", "hurricane"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, "hurricane" in done.stderr) == (2, True)
