"""A merchant for the twin's tests: drives the core in-process and fails on any answer that is not expected."""

from typing import Any

from infra.local.twin import Twin

DAY = 86400
START = 1_790_000_000
"""2026-09-21 14:13:20 UTC."""


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error}")
        self.status, self.error = status, error


class Shop:
    """Requests by method and path, and the few things that every test needs first."""

    def __init__(self, seed: int = 1, **options: Any) -> None:
        self.twin = Twin(seed, start=START, **options)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
        """The body of a 200 answer; Refused otherwise."""
        full = {"authorization": "Bearer sk_test_shop12345", **(headers or {})}
        status, _, body = self.twin.request(method, f"/v1/{path}", params, full)
        if status != 200:
            raise Refused(status, body["error"])
        return body

    def get(self, path: str, **params: Any) -> Any:
        """GET."""
        return self.ask("GET", path, None, **params)

    def post(self, path: str, **params: Any) -> Any:
        """POST."""
        return self.ask("POST", path, None, **params)

    def price(self, amount: int = 14900, interval: str = "month", product: str | None = None, **more: Any) -> Any:
        """A recurring price in kronor, of a new product unless one is given."""
        product = product or self.post("products", name=f"Plan {amount}")["id"]
        given = {"unit_amount": amount, "currency": "sek", "recurring": {"interval": interval}, **more}
        return self.post("prices", product=product, **given)

    def customer(self, card: str | None = "pm_card_visa", **more: Any) -> Any:
        """A customer whose default card is a test card."""
        given = {"payment_method": card, "invoice_settings": {"default_payment_method": card}} if card else {}
        return self.post("customers", email="kund@example.com", **given, **more)

    def subscribe(self, customer: Any, price: Any, **more: Any) -> Any:
        """A subscription of one item."""
        return self.post("subscriptions", customer=customer["id"], items=[{"price": price["id"]}], **more)

    def new_default(self, customer: Any, card: str) -> Any:
        """Attaches a card and makes it the customer's default."""
        attached = self.post(f"payment_methods/{card}/attach", customer=customer["id"])
        self.post(f"customers/{customer['id']}", invoice_settings={"default_payment_method": attached["id"]})
        return attached

    def sub(self, sub: Any, **params: Any) -> Any:
        """The subscription as it is now."""
        return self.get(f"subscriptions/{sub['id']}", **params)

    def latest(self, sub: Any, **params: Any) -> Any:
        """Its latest invoice as it is now."""
        return self.get(f"invoices/{self.sub(sub)['latest_invoice']}", **params)

    def events(self, *kinds: str) -> list[Any]:
        """Events of these types (all without), oldest first."""
        rows = [self.twin.event(row["id"]) for row in self.twin.objects("event")]
        return [e for e in rows if not kinds or e["type"] in kinds]

    def types(self) -> list[str]:
        """The types of all events, oldest first."""
        return [row["type"] for row in self.twin.objects("event")]

    def renewal(self, sub: Any) -> None:
        """Goes to just after the subscription's next renewal is charged."""
        end = min(item["current_period_end"] for item in self.sub(sub)["items"]["data"])
        self.twin.advance(to=end + 2 * 3600)
