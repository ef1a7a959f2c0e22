"""Stripe as the simulation has it: objects that change, events that tell of it, and GETs that answer with their moment.

Stripe's clocks stand apart by up to `core.window.MARGIN`: each event's `created` and each answer's Date come from another
clock, both in whole seconds, cut.
"""

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from math import floor
from random import Random
from typing import Any

from chalicelib.core.model import Kind
from chalicelib.stripe_api.version import API_VERSION
from tests.builders import whole
from tests.conftest import ACCOUNT
from tests.sim.lives import LIVES, Change, Raw, template
from tests.sim.profile import Profile

SCOPE = f"{ACCOUNT}:test"
PLURALS = {
    "customers": Kind.CUSTOMER,
    "subscriptions": Kind.SUBSCRIPTION,
    "invoices": Kind.INVOICE,
    "payment_methods": Kind.CARD,
    "products": Kind.PRODUCT,
    "subscription_schedules": Kind.SCHEDULE,
    "payment_intents": Kind.INTENT,
    "disputes": Kind.DISPUTE,
}
MISSING = json.dumps({"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such"}})


@dataclass
class Thing:
    """An object at Stripe: how it looks now (nothing before its first change), and what is still to happen to it."""

    kind: Kind
    id: str
    raw: Raw
    story: list[Change]
    version: int = 0
    gone: bool = False
    text: str = ""

    @property
    def customer(self) -> str | None:
        """The owner under whom it is stored, also when it is detached: the customer, or the payment."""
        if self.kind is Kind.DISPUTE:
            return str(self.raw["payment_intent"])
        return self.id if self.kind in (Kind.CUSTOMER, Kind.INTENT) else None if self.kind is Kind.PRODUCT else "cus_1"

    @property
    def answered(self) -> Raw:
        """The object as a GET returns it: a dispute's charge, which is asked for, says whose it is."""
        return whole(self.kind, self.raw) if self.kind is Kind.DISPUTE else self.raw

    @property
    def shown(self) -> str:
        """The same as text."""
        return json.dumps(self.answered) if self.kind is Kind.DISPUTE else self.text

    @property
    def told(self) -> str:
        """What a trace calls this moment of it."""
        return f"{self.id} v{self.version}{' gone' if self.gone else ''}"


@dataclass
class Parcel:
    """One event on its way: whoever sends it signs it anew each time. `haste` is its weight among all that may happen."""

    event: str
    type: str
    body: bytes
    told: str
    haste: float = 1.0


@dataclass
class Shop:
    """One account of Stripe's. `untaken` are the events that Stripe knows no endpoint to have taken."""

    rng: Random
    profile: Profile
    things: list[Thing] = field(default_factory=list)
    untaken: dict[str, Parcel] = field(default_factory=dict)
    events: int = 0

    def __post_init__(self) -> None:
        for n in range(1, self.profile.things + 1):
            kind = self.rng.choice(list(LIVES))
            ident = {Kind.CUSTOMER: "cus_1"}.get(kind, f"{kind[:3]}_{n}")
            if all(thing.id != ident for thing in self.things):
                raw = template(kind) | {"id": ident} | ({"customer": "cus_1"} if kind is not Kind.CUSTOMER else {})
                self.things.append(Thing(kind, ident, raw, list(LIVES[kind](self.rng, self.profile.changes))))
        if any(thing.kind is Kind.CARD for thing in self.things):
            self._keep_customer()

    def _keep_customer(self) -> None:
        """Whoever has a card is there, and stays: Stripe detaches the cards of a customer who is deleted."""
        owner = next((thing for thing in self.things if thing.kind is Kind.CUSTOMER), None)
        if owner is None:
            owner = Thing(Kind.CUSTOMER, "cus_1", template(Kind.CUSTOMER) | {"id": "cus_1"}, [])
            owner.story = [Change({"name": "v0"}, "customer.created")]
            self.things.append(owner)
        owner.story = [change for change in owner.story if not change.gone]

    def unfinished(self) -> list[Thing]:
        """The objects to which something is still to happen."""
        return [thing for thing in self.things if thing.version < len(thing.story)]

    def change(self, thing: Thing, now: float) -> list[Parcel]:
        """The next thing happens to an object; the events of it that will arrive, each as often as it will."""
        change = thing.story[thing.version]
        thing.version += 1
        thing.raw = {**thing.raw, **change.fields}
        thing.text = json.dumps(thing.raw)
        thing.gone = change.gone
        last = thing.version == len(thing.story)
        kept = [kind for kind in change.events if self.rng.random() >= self.profile.lost]
        if last and not kept and not self.profile.for_good:
            kept = [self.rng.choice(change.events)]
        rng, doubled = self.rng, self.profile.doubled
        for kind in change.events:
            if kind not in kept and rng.random() < 0.5:
                self._parcels(thing, kind, now)  # Stripe knows that it did not arrive
        kinds = [kind for kind in kept for _ in range(1 + (rng.random() < doubled))]
        return [parcel for kind in kinds for parcel in self._parcels(thing, kind, now)]

    def _parcels(self, thing: Thing, kind: str, now: float) -> list[Parcel]:
        rng, profile = self.rng, self.profile
        self.events += 1
        ident, created = f"evt_{self.events}", floor(now + self._off(profile.skew_events))
        foreign = rng.random() < profile.foreign
        body = _event(ident, kind, created, thing, "2025-03-31.basil" if foreign else API_VERSION)
        told = f"{ident} {kind} of {created} about {thing.told}{', of another version' if foreign else ''}"
        copies = 1 + (rng.random() < profile.repeated) + (rng.random() < profile.repeated / 3)
        made = [Parcel(ident, kind, body, told, self.haste()) for _ in range(copies)]
        self.untaken[ident] = made[0]
        return made

    def haste(self) -> float:
        """The weight of something new under way: some are very late."""
        return self.rng.choice((0.1, 0.01, 0.001)) if self.rng.random() < self.profile.slow else 1.0

    def _off(self, most: float) -> float:
        return self.rng.choice((-most, 0.0, most, self.rng.uniform(-most, most))) if most else 0.0

    def date(self, now: float) -> str:
        """The Date header of one of Stripe's servers."""
        return formatdate(floor(now + self._off(self.profile.skew_dates)), usegmt=True)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of `GET /v1/<plural>/<id>` at this moment."""
        plural, ident = path.split("/")[-2:]
        thing = next((t for t in self.things if t.id == ident and t.kind is PLURALS[plural] and t.version), None)
        if thing and thing.gone and thing.kind is Kind.CUSTOMER:
            return 200, json.dumps({"id": ident, "object": "customer", "deleted": True})
        if thing is None or (thing.gone and thing.kind is not Kind.CARD):
            return 404, MISSING
        return 200, thing.shown


def _event(ident: str, kind: str, created: int, thing: Thing, version: str) -> bytes:
    """The body of an event. Its object stands in it as it looks at this moment."""
    envelope: dict[str, Any] = {
        "id": ident,
        "object": "event",
        "api_version": version,
        "created": created,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    before = {"customer": thing.customer} if kind == "payment_method.detached" else {}
    data = f'{{"object": {thing.text}, "previous_attributes": {json.dumps(before)}}}'
    return f'{json.dumps(envelope)[:-1]}, "data": {data}}}'.encode()
