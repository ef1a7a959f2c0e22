"""What happens to one subscriber at Stripe before and after payments: a trial, a year, a card that ages, an end.

Everything is drawn from the seed, as in `story`. A fact changes one object; the webhook about it comes soon, late, or by night.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from chalicelib.core.model import Kind
from tests.conftest import NOW
from tests.sim_mails.story import DAY, HOUR, SECOND, ZONES, Fact, Owed, Raw

STORIES = ("trial", "trial", "year", "year", "card", "card", "ended")


@dataclass
class Subscriber:
    """The one customer of a life. `changed` says that something happened that may make a notice untrue or needless."""

    rng: Random
    zone: str = "UTC"
    story: str = "trial"
    second: bool = False
    consents: bool = False
    changed: bool = False
    opted_out_at: float | None = None
    status: str = "active"
    period_end: int = 0
    period: int = 30
    cancels: bool = False
    ended_at: int | None = None
    reason: str | None = None
    back: bool = False
    card: str = "pm_1"
    exp: tuple[int, int] = (2030, 12)
    facts: list[Fact] = field(default_factory=list)
    news: list[Kind] = field(default_factory=list)
    truths: list[Raw] = field(default_factory=list)
    owed: tuple[Owed, ...] = ()

    def __post_init__(self) -> None:
        rng = self.rng
        self.zone, self.story = rng.choice(ZONES), rng.choice(STORIES)
        self.second, self.consents = rng.random() < 0.3, rng.random() < 0.7
        {"trial": self._trial, "year": self._year, "card": self._card, "ended": self._ended}[self.story]()

    def _trial(self) -> None:
        self.status, self.period_end = "trialing", NOW + self.rng.randrange(2 * DAY, 50 * DAY)
        self.first_end = self.period_end
        self._maybe(0.3, "cancels", lambda: setattr(self, "cancels", True))
        self._maybe(0.2, "the trial is moved", self._moved)
        self._at(self.period_end, "the trial is over", self._over)

    def _year(self) -> None:
        self.period, self.period_end = 365, NOW + self.rng.randrange(4 * DAY, 90 * DAY)
        self.first_end = self.period_end
        self._maybe(0.3, "cancels", lambda: setattr(self, "cancels", True))
        self._maybe(0.1, "the renewal is moved", self._moved)
        self._at(self.period_end, "the year is over", self._over)

    def _card(self) -> None:
        self.first_end = self.period_end = NOW + self.rng.randrange(HOUR, 30 * DAY)
        self.exp = (2026, 12) if self.rng.random() < 0.7 else (2027, 1)
        self._maybe(0.3, "the network updates the card", lambda: setattr(self, "exp", (2029, 6)), Kind.CARD)
        self._maybe(0.2, "another card", lambda: setattr(self, "card", "pm_2"), Kind.CUSTOMER)
        self._maybe(0.1, "cancels", lambda: setattr(self, "cancels", True))
        for month in range(4):
            self._at(self.period_end + month * 30 * DAY, "a month is over", self._over)

    def _ended(self) -> None:
        self.first_end = self.period_end = NOW + 20 * DAY
        end = NOW + self.rng.randrange(HOUR, 3 * DAY)
        self.reason = self.rng.choice(("payment_failed", "payment_failed", "cancellation_requested"))
        self._at(end, "ends", lambda: self._end(end))
        self._maybe(0.2, "comes back", lambda: setattr(self, "back", True))
        self._maybe(0.2, "pays after all", lambda: setattr(self, "reason", "paid"))
        if self.rng.random() < 0.3:
            self.opted_out_at = NOW + self.rng.randrange(40 * DAY)

    def _end(self, at: int) -> None:
        self.status, self.ended_at = "canceled", at

    def _moved(self) -> None:
        self.period_end = max(self.period_end + self.rng.randrange(-10 * DAY, 30 * DAY), NOW + 60 * DAY)

    def _over(self) -> None:
        """Renews, or ends; nothing where the date was moved meanwhile."""
        if self.status == "canceled" or self.now_at < self.period_end:
            return
        if self.cancels:
            self.status, self.ended_at, self.reason = "canceled", self.period_end, "cancellation_requested"
        else:
            self.status, self.period_end = "active", self.period_end + self.period * DAY

    now_at: float = float(NOW)

    def _maybe(self, chance: float, what: str, change: Callable[[], None], kind: Kind = Kind.SUBSCRIPTION) -> None:
        if self.rng.random() < chance:

            def happen() -> None:
                self.changed = True
                change()

            near = self.first_end - self.rng.randrange(-2 * DAY, 12 * DAY)
            at = self.rng.choice((near, NOW + self.rng.randrange(60 * DAY)))
            self._at(max(NOW + HOUR, at), what, happen, kind)

    def _at(self, at: float, what: str, happen: Callable[[], None], kind: Kind = Kind.SUBSCRIPTION) -> None:
        def noted() -> None:
            self.now_at = at
            happen()
            self.news.append(kind)

        self.facts.append(Fact(at, what, None, noted))

    def raw(self, kind: Kind) -> Raw:
        """An object as its event shows it."""
        if kind is Kind.CARD:
            return self.card_raw()
        return self.customer_raw() if kind is Kind.CUSTOMER else self.subscription_raw()

    def customer_raw(self) -> Raw:
        """The customer."""
        consent = {"stamkund_marketing": "yes"} if self.consents else {}
        contact = {"billing_email": SECOND} if self.second else {}
        return {
            "id": "cus_1",
            "object": "customer",
            "email": "astrid@example.com",
            "name": "Astrid",
            "preferred_locales": [],
            "address": None,
            "invoice_settings": {"default_payment_method": self.card},
            "metadata": {"timezone": self.zone, **consent, **contact},
            "created": 1,
        }

    def card_raw(self, ident: str = "pm_1") -> Raw:
        """The first card, or the one that took its place."""
        year, month = self.exp if ident == "pm_1" else (2031, 1)
        details = {"brand": "visa", "last4": "4242", "exp_month": month, "exp_year": year}
        return {
            "id": ident,
            "object": "payment_method",
            "type": "card",
            "customer": "cus_1",
            "card": details,
            "created": 1,
        }

    def subscription_raw(self) -> Raw:
        """The subscription."""
        start = self.period_end - self.period * DAY
        recurring = {"interval": "year" if self.period == 365 else "month", "interval_count": 1}
        price = {"id": "price_1", "product": "prod_1", "unit_amount": 14900, "currency": "sek", "recurring": recurring}
        item = {"id": "si_1", "price": price, "quantity": 1}
        trialing = self.status == "trialing"
        return {
            "id": "sub_1",
            "object": "subscription",
            "customer": "cus_1",
            "status": self.status,
            "items": {"data": [{**item, "current_period_start": start, "current_period_end": self.period_end}]},
            "cancel_at_period_end": self.cancels,
            "ended_at": self.ended_at,
            "cancellation_details": {"reason": "payment_failed" if self.reason == "paid" else self.reason},
            "trial_start": NOW - DAY if trialing else None,
            "trial_end": self.period_end if trialing else None,
            "latest_invoice": "in_9",
            "metadata": {},
            "created": NOW - DAY,
        }

    def subscription_facts(self) -> Raw:
        """The subscription as the mailer's GET shows it: expanded."""
        settings: dict[str, Any] = {"default_payment_method": self.card_raw(self.card)}
        customer = {**self.customer_raw(), "invoice_settings": settings}
        failed = self.reason == "payment_failed" and self.status == "canceled"
        latest = Owed("in_9", NOW, "expired_card", status="open" if failed else "paid")
        return {**self.subscription_raw(), "customer": customer, "latest_invoice": latest.raw()}

    def customer_facts(self) -> Raw:
        """The customer as the mailer's GET shows them: with the subscriptions that run."""
        running = [{"status": "active"}] if self.back or self.status != "canceled" else []
        return {**self.customer_raw(), "subscriptions": {"data": running}}


def day(moment: int) -> str:
    """The date that a notice's key names."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
