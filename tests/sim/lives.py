"""What happens to objects at Stripe: each life is a story of changes, and each change says how the object looks after it.

Objects are whole, in today's shape, taken from the recorded events. In most lives every change shows in a field that we keep;
in some the object comes to look again as it did before.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

from chalicelib.core.model import Kind
from tests.builders import fixture

Raw = dict[str, Any]


class Change:
    """One change: the fields that it sets, the events that tell of it, and whether the object is gone after it."""

    def __init__(self, fields: Raw, *events: str, gone: bool = False) -> None:
        self.fields, self.events, self.gone = fields, events, gone


TEMPLATES = {
    Kind.SUBSCRIPTION: "customer.subscription.updated",
    Kind.INTENT: "payment_intent.succeeded",
    Kind.DISPUTE: "charge.dispute.updated",
}
"""The event whose object a kind begins with, where it is not its `updated`."""

Life = Callable[[Random, int], Iterator[Change]]
CREATED = 1_793_600_000


@cache
def _template(event_type: str) -> str:
    return json.dumps(fixture(event_type)["data"]["object"])


def template(kind: Kind) -> Raw:
    """A whole object of a kind, before its life begins."""
    raw: Raw = json.loads(_template(TEMPLATES.get(kind, f"{kind}.updated")))
    return raw | {"created": CREATED}


def marks(rng: Random, changes: int) -> list[int]:
    """What tells the moments of an object apart: all of them, or only one from the next."""
    period = rng.choice((changes, changes, changes, 2))
    return [n % period for n in range(changes)]


def customer(rng: Random, changes: int) -> Iterator[Change]:
    """Is made, changes name, and may be deleted."""
    first, *others = marks(rng, changes)
    yield Change({"name": f"v{first}"}, "customer.created")
    for n, mark in enumerate(others, 2):
        gone = n == changes and rng.random() < 0.3
        yield Change({"name": f"v{mark}"}, "customer.deleted" if gone else "customer.updated", gone=gone)


def subscription(rng: Random, changes: int) -> Iterator[Change]:
    """Goes back and forth between states, and may end; its end is a state."""
    first, *others = marks(rng, changes)
    yield Change({"metadata": {"v": str(first)}, "status": "active"}, "customer.subscription.created")
    for n, mark in enumerate(others, 2):
        fields = {"metadata": {"v": str(mark)}}
        if n == changes and rng.random() < 0.3:
            yield Change(fields | {"status": "canceled", "ended_at": CREATED + n}, "customer.subscription.deleted")
        elif mark and rng.random() < 0.2:
            also = "customer.subscription.paused"
            yield Change(fields | {"status": "paused"}, "customer.subscription.updated", also)
        else:
            yield Change(fields | {"status": "active"}, "customer.subscription.updated")


def invoice(rng: Random, changes: int) -> Iterator[Change]:
    """Draft, open, attempts, an end: status and attempt count never go back. Only a draft can be deleted."""
    urls = [f"https://invoice.stripe.com/i/{mark}" for mark in marks(rng, changes)]
    fresh = {"status": "draft", "attempted": False, "attempt_count": 0, "amount_due": 9900, "amount_remaining": 9900}
    reason = rng.choice(("subscription_cycle", "subscription_cycle", "subscription_create"))
    now: Raw = fresh | {"amount_paid": 0, "billing_reason": reason, "collection_method": "charge_automatically"}
    opening = rng.choice(("invoice.updated", "invoice.finalized"))
    now["status"] = "draft" if opening == "invoice.updated" else "open"
    yield Change(now | {"hosted_invoice_url": urls[0]}, opening)
    for url in urls[1:]:
        step = rng.choice(_STEPS[now["status"]])
        events, changed, gone = step(now)
        now |= changed
        yield Change(now | {"hosted_invoice_url": url}, *events, gone=gone)
        if gone:
            return


Step = Callable[[Raw], tuple[tuple[str, ...], Raw, bool]]


def _edited(_now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    return ("invoice.updated",), {}, False


def _finalized(_now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    return ("invoice.finalized",), {"status": "open"}, False


def _deleted(_now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    return ("invoice.deleted",), {}, True


def _failed(now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    again = {"attempted": True, "attempt_count": now["attempt_count"] + 1}
    return ("invoice.payment_failed", "invoice.updated"), again, False


def _paid(now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    once_more = {"attempted": True, "attempt_count": now["attempt_count"] + (now["status"] == "open")}
    return ("invoice.paid",), {"status": "paid", "amount_paid": 9900, "amount_remaining": 0, **once_more}, False


def _voided(_now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    return ("invoice.voided",), {"status": "void"}, False


def _given_up(_now: Raw) -> tuple[tuple[str, ...], Raw, bool]:
    return ("invoice.marked_uncollectible", "invoice.updated"), {"status": "uncollectible"}, False


_STEPS: dict[str, tuple[Step, ...]] = {
    "draft": (_edited, _finalized, _finalized, _deleted),
    "open": (_edited, _failed, _failed, _failed, _paid, _voided, _given_up),
    "uncollectible": (_edited, _paid, _voided),
    "paid": (_edited,),
    "void": (_edited,),
}


def card(rng: Random, changes: int) -> Iterator[Change]:
    """Is attached, renewed by the network, and may be detached, which nothing undoes."""
    for n, mark in enumerate(marks(rng, changes)):
        details = {**json.loads(_template("payment_method.updated"))["card"], "exp_year": 2030 + mark}
        if n and n == changes - 1 and rng.random() < 0.5:
            yield Change({"customer": None, "card": details}, "payment_method.detached", gone=True)
        else:
            kinds = ("payment_method.automatically_updated", "payment_method.updated")
            yield Change({"card": details}, rng.choice(kinds) if n else "payment_method.attached")


def product(rng: Random, changes: int) -> Iterator[Change]:
    """Is made, renamed, and may be deleted."""
    first, *others = marks(rng, changes)
    yield Change({"name": f"v{first}"}, "product.created")
    for n, mark in enumerate(others, 2):
        gone = n == changes and rng.random() < 0.3
        yield Change({"name": f"v{mark}"}, "product.deleted" if gone else "product.updated", gone=gone)


def schedule(rng: Random, changes: int) -> Iterator[Change]:
    """Is made, changed, and may be released; that is a state."""
    first, *others = marks(rng, changes)
    yield Change({"end_behavior": f"v{first}", "status": "active"}, "subscription_schedule.created")
    for n, mark in enumerate(others, 2):
        let_go = n == changes and rng.random() < 0.3
        fields = {"end_behavior": f"v{mark}", "status": "released" if let_go else "active"}
        told = ("subscription_schedule.released",) if let_go else ("subscription_schedule.updated",)
        yield Change(fields, *told)


def payment_intent(rng: Random, changes: int) -> Iterator[Change]:
    """Fails, wants the customer, works at it, back and forth, until it has succeeded or is canceled."""
    status = "requires_payment_method"
    for n, mark in enumerate(marks(rng, changes)):
        ended = status in ("succeeded", "canceled")
        status = status if ended else rng.choice(tuple(_INTENTS))
        fields = {"status": status, "amount_received": mark if ended else n}
        yield Change(fields, _INTENTS[status])


_INTENTS = {
    "requires_payment_method": "payment_intent.payment_failed",
    "requires_action": "payment_intent.requires_action",
    "processing": "payment_intent.processing",
    "succeeded": "payment_intent.succeeded",
    "canceled": "payment_intent.canceled",
}


def dispute(rng: Random, changes: int) -> Iterator[Change]:
    """Every event of it is a doubt: none says whose it is."""
    kinds = ("charge.dispute.updated", "charge.dispute.funds_withdrawn", "charge.dispute.closed")
    for n, mark in enumerate(marks(rng, changes)):
        yield Change({"reason": f"v{mark}"}, rng.choice(kinds) if n else "charge.dispute.created")


LIVES: dict[Kind, Life] = {
    Kind.CUSTOMER: customer,
    Kind.SUBSCRIPTION: subscription,
    Kind.INVOICE: invoice,
    Kind.CARD: card,
    Kind.PRODUCT: product,
    Kind.SCHEDULE: schedule,
    Kind.INTENT: payment_intent,
    Kind.DISPUTE: dispute,
}
"""The kinds whose lives differ in nature: a charge, a price or a coupon would tell nothing that these do not."""
