"""What happens to one customer at Stripe: invoices fail, are retried, paid, voided or left; a subscription ends.

Everything is drawn from the seed. A `Fact` is a change at Stripe at a second; the webhook that tells us of it comes later,
or never until the nightly walk.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.conftest import NOW

Raw = dict[str, Any]
MINUTE, HOUR, DAY = 60, 3600, 86_400
ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Australia/Lord_Howe", "UTC")
CODES = (
    *("insufficient_funds", "insufficient_funds", "expired_card", "generic_decline", "lost_card"),
    *("authentication_required", "stop_payment_order", "of_next_year"),
)
SECOND = "pay@example.com"


@dataclass
class Owed:
    """An invoice as Stripe has it."""

    id: str
    created: int
    code: str
    status: str = "open"
    attempts: int = 1
    next_attempt: int | None = None
    processing: bool = False
    currency: str = "sek"
    history: list[tuple[float, str]] = field(default_factory=list)

    def raw(self) -> Raw:
        """As a GET shows it, without what is expanded."""
        paid = self.status == "paid"
        return {
            "id": self.id,
            "object": "invoice",
            "customer": "cus_1",
            "number": self.id.upper(),
            "status": self.status,
            "currency": self.currency,
            "amount_due": 14900,
            "amount_paid": 14900 if paid else 0,
            "amount_remaining": 0 if paid else 14900,
            "attempted": True,
            "attempt_count": self.attempts,
            "next_payment_attempt": self.next_attempt if self.status == "open" else None,
            "due_date": None,
            "billing_reason": "subscription_cycle",
            "collection_method": "charge_automatically",
            "parent": {"subscription_details": {"subscription": "sub_1"}},
            "hosted_invoice_url": None,
            "invoice_pdf": None,
            "created": self.created,
        }


@dataclass
class Fact:
    """Something that happens at Stripe at a second, to an invoice or (None) to the customer."""

    at: float
    what: str
    invoice: Owed | None
    happen: Callable[[], None]


@dataclass
class Customer:
    """The one customer of a life, and all that will happen to them."""

    rng: Random
    zone: str = "UTC"
    email: str | None = "astrid@example.com"
    second: bool = False
    gone: bool = False
    subscription: str = "past_due"
    owed: list[Owed] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        self.zone, self.second = rng.choice(ZONES), rng.random() < 0.3
        start = NOW + rng.randrange(14 * DAY)
        for number in range(rng.choice((1, 1, 1, 2, 2, 3))):
            self._invoice(f"in_{number + 1}", start + rng.choice((0, HOUR, DAY, 3 * DAY)) * number)
        if rng.random() < 0.1:
            self._later(start, "subscription canceled", None, lambda: setattr(self, "subscription", "canceled"))
        if rng.random() < 0.05:
            self._later(start, "customer deleted", None, lambda: setattr(self, "gone", True))

    def _invoice(self, ident: str, at: int) -> None:
        rng = self.rng
        owed = Owed(ident, at, rng.choice(CODES), currency=rng.choice(("sek", "sek", "sek", "eur")))
        retries = sorted(at + rng.randrange(HOUR, 10 * DAY) for _ in range(rng.choice((0, 1, 2))))
        owed.next_attempt = retries[0] if retries else None
        self.facts.append(Fact(at, f"{ident} fails", owed, lambda: self.owed.append(owed)))
        for number, retry in enumerate(retries):
            following = retries[number + 1] if number + 1 < len(retries) else None
            self._at(retry + rng.randrange(30 * MINUTE), f"{ident} fails again", owed, self._failed(owed, following))
        end = rng.choice(("paid", "paid", "paid", "void", "uncollectible", "open", "open"))
        if end != "open":
            when = at + rng.choice((rng.randrange(10 * DAY), rng.randrange(3 * HOUR), 7200 + rng.randrange(900)))
            self._at(when, f"{ident} is {end}", owed, lambda: setattr(owed, "status", end))
        if rng.random() < 0.1:
            begin = at + rng.randrange(4 * DAY)
            self._at(begin, f"{ident} is processing", owed, lambda: setattr(owed, "processing", True))
            self._at(begin + DAY, f"{ident} is so no more", owed, lambda: setattr(owed, "processing", False))

    def _failed(self, owed: Owed, following: int | None) -> Callable[[], None]:
        def again() -> None:
            if owed.status == "open":
                owed.attempts, owed.next_attempt = owed.attempts + 1, following

        return again

    def _at(self, at: float, what: str, owed: Owed | None, happen: Callable[[], None]) -> None:
        self.facts.append(Fact(at, what, owed, happen))

    def _later(self, start: int, what: str, owed: Owed | None, happen: Callable[[], None]) -> None:
        self._at(start + self.rng.randrange(10 * DAY), what, owed, happen)

    def invoice(self, ident: str) -> Owed | None:
        """The invoice of that id, if it exists by now."""
        return next((each for each in self.owed if each.id == ident), None)

    def facts_of(self, owed: Owed) -> Raw:
        """An invoice as the mailer's GET shows it: expanded."""
        metadata = {"timezone": self.zone, **({"billing_email": SECOND} if self.second else {})}
        customer: Raw = {
            "id": "cus_1",
            "object": "customer",
            "email": self.email,
            "name": "Astrid",
            "preferred_locales": [],
            "address": None,
            "invoice_settings": {"default_payment_method": None},
            "metadata": metadata,
            "created": 1,
        }
        error = {"code": "card_declined", "decline_code": owed.code}
        status = "processing" if owed.processing else "requires_payment_method"
        intent = {"status": status, "created": 1, "last_payment_error": error}
        return owed.raw() | {
            "customer": {"id": "cus_1", "object": "customer", "deleted": True} if self.gone else customer,
            "payments": {"data": [{"payment": {"payment_intent": intent}}]},
            "parent": {"subscription_details": {"subscription": {"id": "sub_1", "status": self.subscription}}},
        }
