"""The twin as a value: requests in, answers and deliveries out. No sockets and no threads; the caller holds the lock."""

import json
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from infra.local.twin.core import account, chaos, clock, events, expand, form, idempotency, params, routes, webhooks
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import StripeError, invalid, refused
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import API_VERSION, Request, World

Answer = tuple[int, dict[str, str], Obj]


class Twin:
    """One Stripe account. `start` freezes the clock there (it then moves only by `advance`); without it real time runs.

    `on_move` is called with the clock's offset in seconds whenever that changes, before what is due is run.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        account_id: str = "acct_1TwinNordlys",
        start: int | None = None,
        base_url: str = "http://stripe.test",
        on_move: Callable[[int], None] | None = None,
    ) -> None:
        wall = (lambda: start) if start is not None else (lambda: int(time.time()))
        self.world = World(seed, account_id, wall, base_url)
        self.on_move = on_move or (lambda _offset: None)
        account.create(self.world)

    @property
    def now(self) -> int:
        """The twin's time, UTC seconds."""
        return self.world.now

    def request(
        self, method: str, path: str, given: "str | Obj | None" = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One API request: `given` is the form (as sent) or a map. Returns status, headers and body."""
        world = self.world
        world.request = Request(world.ids.new("req"))
        lower = {k.lower(): v for k, v in (headers or {"authorization": "Bearer sk_test_twin"}).items()}
        try:
            self._check_headers(lower)
            status, extra, body = self._answer(method, path, given, lower)
        except StripeError as error:
            status, extra, body = error.status, error.headers, error.body(str(world.request.id))
        answer_headers = {
            "Request-Id": str(world.request.id),
            "Stripe-Version": API_VERSION,
            "Date": formatdate(self.now, usegmt=True),
            **extra,
        }
        world.request = Request()
        self._go_where_wanted()
        return status, answer_headers, body

    def _check_headers(self, headers: Mapping[str, str]) -> None:
        key = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not key:
            raise refused(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
                "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
        if not key.startswith(("sk_test_", "rk_test_")) or len(key) < 10:
            raise refused(f"Invalid API Key provided: {key[:8]}****")
        version = headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise invalid(f"Invalid Stripe API version: {version}. The twin speaks {API_VERSION} only.")
        other = headers.get("stripe-account", self.world.account)
        if other != self.world.account:
            account.retrieve(self.world, Call("", (other,), {}))

    def _answer(self, method: str, path: str, given: "str | Obj | None", headers: Mapping[str, str]) -> Answer:
        tree = form.decode(given) if isinstance(given, str) else dict(given or {})
        key = headers.get("idempotency-key") if method == "POST" else None
        print_ = idempotency.fingerprint(method, path, tree)
        kept = idempotency.earlier(self.world, key, print_) if key else None
        if kept:
            return kept["status"], {**kept["headers"], "Idempotent-Replayed": "true"}, json.loads(kept["body"])
        route, ids, typed, paths = self._understood(method, path, tree, "stripe-version" in headers)
        self.world.request.idempotency_key = key
        extra = {"Idempotency-Key": key, "Original-Request": str(self.world.request.id)} if key else {}
        status, body = self._run(route, Call(path, ids, typed), paths)
        if key:
            idempotency.keep(self.world, key, print_, (status, extra, json.dumps(body)))
        return status, extra, body

    def _understood(
        self, method: str, path: str, tree: Obj, versioned: bool
    ) -> tuple[routes.Route, tuple[str, ...], Obj, list[str]]:
        found = routes.find(method, path)
        if found is None:
            raise StripeError(
                404,
                "invalid_request_error",
                f"Unrecognized request URL ({method}: {path}). Please see "
                "https://stripe.com/docs or we can help at https://support.stripe.com/. (The twin may know less than Stripe.)",
            )
        route, ids = found
        paths = params.listed(params.text)(tree.pop("expand"), "expand") if "expand" in tree else []
        fields = route.params if versioned else {**route.params, **route.older}
        return route, ids, params.typed(tree, fields), paths

    def _run(self, route: routes.Route, call: Call, paths: list[str]) -> tuple[int, Obj]:
        self.world.journal = []
        try:
            return 200, expand.expanded(self.world, route.handler(self.world, call), paths)
        except StripeError as error:
            if (
                error.status != 402
            ):  # what a bank refused has happened and stays; any other failed request leaves no trace
                self.world.undo()
            return error.status, error.body(str(self.world.request.id))
        finally:
            self.world.journal = None

    # the clock

    def advance(self, seconds: int | None = None, to: int | None = None) -> None:
        """Moves the clock forward and runs everything due on the way, in order."""
        self.move(self.now + seconds if seconds is not None else int(to or 0))
        while not self.run_due():
            pass

    def move(self, to: int) -> None:
        """Moves the clock without running what is due; ValueError when `to` lies in the past."""
        if to < self.now:
            raise ValueError(f"the clock stands at {self.now} and does not go back to {to}")
        self.world.offset += to - self.now
        self.on_move(self.world.offset)

    def run_due(self, most: int = 500) -> bool:
        """Runs a part of what is due; True when nothing is left."""
        done = clock.run_due(self.world, most)
        if done:
            clock.arrive(self.world)
        return done

    def _go_where_wanted(self) -> None:
        wanted, self.world.wanted_time = self.world.wanted_time, None
        if wanted is not None and wanted > self.now:
            self.advance(to=wanted)

    # deliveries

    def outbox(self) -> list[Obj]:
        """Deliveries to be made now, in order. The caller may take them in any order, more than once, or not at all."""
        return [self.world.deliveries[d] for d in self.world.outbox if d in self.world.deliveries]

    def take(self, delivery_id: str | None = None) -> tuple[Obj, tuple[str, bytes, dict[str, str]]] | None:
        """Takes the next delivery (or this one) out of the outbox: it, and its URL, body and signed headers."""
        world = self.world
        if delivery_id is not None:
            if delivery_id in world.outbox:
                world.outbox.remove(delivery_id)
            return self._packed(delivery_id)
        while world.outbox:
            packed = self._packed(world.outbox.popleft())
            if packed:
                return packed
        return None

    def _packed(self, delivery_id: str) -> tuple[Obj, tuple[str, bytes, dict[str, str]]] | None:
        delivery = self.world.deliveries.get(delivery_id)
        parcel = webhooks.parcel(self.world, delivery) if delivery else None
        return (delivery, parcel) if delivery and parcel else None

    def settle(self, delivery: Obj, status: int | None) -> None:
        """What the endpoint answered; None for no answer."""
        webhooks.settle(self.world, delivery, status)

    def set_chaos(self, profile: "str | dict[str, float]") -> None:
        """A chaos profile by name or as a map of chances."""
        self.world.chaos = chaos.profile(profile)

    def event(self, event_id: str) -> Obj:
        """An event as the API gives it."""
        return events.full(self.world.get("event", event_id))

    def objects(self, kind: str) -> list[Any]:
        """Every object of a kind as the API gives it, oldest first: for simulations that compare states."""
        return [expand.expanded(self.world, obj, []) for obj in self.world.table(kind).values()]
