"""All that the twin knows: its objects, its one clock, what is due, and what is to be delivered."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from infra.local.twin.core.errors import missing
from infra.local.twin.core.ids import Ids
from infra.local.twin.core.settings import Settings
from infra.local.twin.core.values import Obj, private_copy

API_VERSION = "2026-10-28.endive"

INDEXED: dict[str, tuple[str, ...]] = {
    "charge": ("customer", "payment_intent"),
    "credit_note": ("invoice",),
    "discount": ("customer", "subscription"),
    "dispute": ("charge",),
    "entitlements.active_entitlement": ("_customer",),
    "invoice": ("customer", "_subscription"),
    "invoice_payment": ("invoice", "_payment_intent"),
    "invoiceitem": ("customer",),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "price": ("product",),
    "product_feature": ("_product",),
    "promotion_code": ("code",),
    "refund": ("charge", "payment_intent"),
    "setup_intent": ("customer",),
    "subscription": ("customer",),
    "customer_balance_transaction": ("customer",),
}
NOUNS = {
    "payment_method": "PaymentMethod",
    "payment_intent": "payment_intent",
    "test_helpers.test_clock": "test clock",
    "billing_portal.configuration": "configuration",
    "promotion_code": "promotion code",
    "setup_intent": "setupintent",
    "webhook_endpoint": "webhook endpoint",
    "credit_note": "credit note",
    "entitlements.feature": "feature",
    "billing_portal.session": "session",
}


@dataclass
class Request:
    """Who caused what happens now: an API request has an id, the clock has none."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass
class World:
    """The state. `wall` gives real UTC seconds; the twin's time is that plus `offset`, and `moment` while the due is run."""

    seed: int
    account: str
    wall: Callable[[], int]
    base_url: str
    settings: Settings = field(default_factory=Settings)
    offset: int = 0
    moment: int | None = None
    request: Request = field(default_factory=Request)
    tables: dict[str, dict[str, Obj]] = field(default_factory=dict)
    index: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    due: list[tuple[int, int, str, str]] = field(default_factory=list)
    sequence: int = 0
    deliveries: dict[str, Obj] = field(default_factory=dict)
    outbox: deque[str] = field(default_factory=deque)
    answers: dict[str, Obj] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    chaos: dict[str, float] = field(default_factory=dict)
    wanted_time: int | None = None
    journal: list[tuple[Obj, Obj | None]] | None = None
    livemode: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - ids of a stand-in guard nothing, and must come from the seed
        self.mischief = Random(self.seed + 1)  # noqa: S311 - the same
        self.ids = Ids(self.random, self.account)

    @property
    def now(self) -> int:
        """The twin's time, UTC seconds."""
        return self.wall() + self.offset if self.moment is None else self.moment

    def table(self, kind: str) -> dict[str, Obj]:
        """All objects whose `object` is `kind`, oldest first."""
        return self.tables.setdefault(kind, {})

    def add(self, obj: Obj) -> Obj:
        """Keeps a new object."""
        self.table(obj["object"])[obj["id"]] = obj
        if self.journal is not None:
            self.journal.append((obj, None))
        for name in INDEXED.get(obj["object"], ()):
            self.reindex(obj, name)
        return obj

    def reindex(self, obj: Obj, name: str) -> None:
        """Lets `find` know that `name` of `obj` has a new value."""
        if isinstance(obj.get(name), str):
            row = self.index.setdefault((obj["object"], name, obj[name]), [])
            if obj["id"] not in row[-3:]:
                row.append(obj["id"])

    def get(self, kind: str, wanted: str, param: str | None = None) -> Obj:
        """The object, or Stripe's resource_missing; `param` is the parameter that named it, None for the path."""
        obj = self.table(kind).get(wanted)
        if obj is None:
            raise missing(NOUNS.get(kind, kind), wanted, param)
        return obj

    def find(self, kind: str, name: str, value: str) -> Iterator[Obj]:
        """Objects whose indexed field `name` is `value` now, oldest first."""
        table, seen = self.table(kind), set()
        for one in self.index.get((kind, name, value), ()):
            obj = table.get(one)
            if obj is not None and one not in seen and obj.get(name) == value:
                seen.add(one)
                yield obj

    def touch(self, obj: Obj) -> None:
        """Notes how `obj` is before it is changed, so that a request that fails can leave no trace."""
        if self.journal is not None:
            self.journal.append((obj, private_copy(obj)))

    def undo(self) -> None:
        """Takes back what the request under way has made and changed."""
        journal, self.journal = self.journal or [], None
        for obj, before in reversed(journal):
            if before is not None:
                obj.clear()
                obj.update(before)
                continue
            self.table(obj["object"]).pop(obj["id"], None)
            for delivery in obj.get("_deliveries", ()):
                self.deliveries.pop(delivery, None)

    def at(self, moment: int, what: str, who: str) -> None:
        """Something due: `what` names a row of `clock.DUE`, `who` an object. Those of one second run in order of request."""
        self.sequence += 1
        heapq.heappush(self.due, (moment, self.sequence, what, who))


def fields(**given: Any) -> Obj:
    """A JSON object with its keys in alphabetical order, as Stripe writes them (`id` and `object` come first)."""
    first = {k: given[k] for k in ("id", "object") if k in given}
    return first | {k: given[k] for k in sorted(given) if k not in first}
