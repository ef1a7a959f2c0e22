"""A small shop at Stripe (the twin) whose webhooks reach our handlers: what happens there can be told in a line."""

import json
from typing import Any

from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.receive_event import receive
from chalicelib.actions.send_notice import send_notice
from chalicelib.actions.send_reminder import send_reminder
from chalicelib.core.events import enabled_events
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.store.keys import INVOICES, Key
from chalicelib.stripe_api.signature import sign
from infra.local.twin.core.twin import Twin
from tests.conftest import WEBHOOK_SECRET, Cloud

DAY = 86_400


class Shop:
    """One customer of one plan (149 kr a month), and Stripe's deliveries to our endpoint."""

    def __init__(self, twin: Twin, cloud: Cloud) -> None:
        self.twin, self.cloud = twin, cloud
        url = "https://pay.nordlys.example/webhooks/stripe/default"
        self.do("POST", "webhook_endpoints", url=url, enabled_events=enabled_events())
        self.product = self.do("POST", "products", name="Nordlys Plus")["id"]
        recurring = {"interval": "month"}
        price = {"product": self.product, "unit_amount": "14900", "currency": "sek", "recurring": recurring}
        self.price = self.do("POST", "prices", **price)["id"]
        self.do("POST", "billing_portal/configurations", features={"invoice_history": {"enabled": "true"}})

    def do(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """One request to Stripe that must succeed."""
        status, _, body = self.twin.request(method, f"/v1/{path}", params)
        assert status == 200, (method, path, body)
        answer: dict[str, Any] = body
        return answer

    def customer(self, card: str = "pm_card_visa", **fields: Any) -> str:
        """A customer with a default card."""
        made = self.do("POST", "customers", **{"email": "astrid@example.com", "name": "Astrid Berg", **fields})
        self.card(made["id"], card)
        return str(made["id"])

    def card(self, customer: str, card: str) -> str:
        """Attach a card and make it the customer's default."""
        method = self.do("POST", f"payment_methods/{card}/attach", customer=customer)["id"]
        self.do("POST", f"customers/{customer}", invoice_settings={"default_payment_method": method})
        return str(method)

    def subscribe(self, customer: str, **fields: Any) -> str:
        """A subscription to the plan."""
        return str(self.do("POST", "subscriptions", customer=customer, items=[{"price": self.price}], **fields)["id"])

    def newest_invoice(self, customer: str) -> dict[str, Any]:
        """As Stripe has it now."""
        newest: dict[str, Any] = self.do("GET", "invoices", customer=customer)["data"][0]
        return newest

    def pay(self, customer: str) -> None:
        """The customer pays the newest invoice with a new card; Stripe has not told us yet."""
        self.card(customer, "pm_card_visa")
        self.do("POST", f"invoices/{self.newest_invoice(customer)['id']}/pay")

    def deliver(self) -> list[str]:
        """Deliver all that Stripe has to deliver, and settle what is in doubt; the outcome of each delivery."""
        outcomes = []
        while (taken := self.twin.take()) is not None:
            delivery, (_, body, _) = taken
            now = self.twin.now
            header = f"t={now},v1={sign(body, WEBHOOK_SECRET, now)}"
            outcomes.append(receive("default", body, header, now))
            self.twin.settle(delivery, 200)
        doubts = self.cloud.messages(self.cloud.events_url)
        if doubts:
            assert apply_events(sqs_event(*doubts), None) == {"batchItemFailures": []}
        return outcomes

    def advance(self, seconds: int) -> list[str]:
        """Let time pass at Stripe, then deliver."""
        self.twin.advance(seconds)
        return self.deliver()

    def fail_renewal(self, card: str = "pm_card_chargeCustomerFail", **fields: Any) -> str:
        """A customer whose second payment has failed within the last half hour; their id."""
        customer = self.customer(**fields)
        self.subscribe(customer)
        self.deliver()
        self.twin.advance(20 * DAY)
        self.card(customer, card)
        while self.newest_invoice(customer)["status"] != "open":
            self.twin.advance(1800)
        self.deliver()
        return customer


def run(shop: Shop, cloud: Cloud) -> list[str]:
    """One run of the schedule and of the mailer behind it; what came of each message."""
    queue_due(shop.twin.now)
    return [act(message, shop.twin.now) for message in cloud.messages(cloud.mails_url)]


def act(message: dict[str, str], now: int) -> str:
    """What the mailer does with a message of the queue of mails; what came of it."""
    key = Key(message["pk"], message["sk"])
    return (send_reminder if key.sk.startswith(INVOICES) else send_notice)(key, now)


def sqs_event(*bodies: dict[str, Any]) -> dict[str, Any]:
    """A batch as SQS hands it to Lambda, every record with an id of its own."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"handle-{number}",
                "body": json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "0",
                    "SenderId": "x",
                    "ApproximateFirstReceiveTimestamp": "0",
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-north-1:123456789012:queue",
                "awsRegion": "eu-north-1",
            }
            for number, body in enumerate(bodies)
        ]
    }
