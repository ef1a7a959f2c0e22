"""The backfill of a large account, measured: `python -m tests.backfill --subscriptions 100000 --seconds 400`.

Stripe is the twin, in this process, with a world in which every customer has a card, a subscription and a paid invoice;
DynamoDB is the simulation's table. What is measured is our own CPU and the number of calls, beside which both are named with
their share. The pace is off: what 25 calls a second mean is reckoned from the calls. Halfway through, the run is dropped as
a kill drops it, and goes on from its last saved place.
"""

import argparse
import json
import os
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import pytest

from chalicelib import clock
from chalicelib.actions import reconcile
from chalicelib.aws import secrets
from chalicelib.core import bucket
from chalicelib.core.reconcile import Run, start
from chalicelib.store import jobs
from chalicelib.store.tables import ObjectRow, bind
from chalicelib.stripe_api import gateway
from infra.local.twin.core.pages import listing
from infra.local.twin.core.twin import Twin
from infra.local.twin.core.values import public
from tests.conftest import ACCOUNT, NOW
from tests.edge import TwinEdge
from tests.sim.expressions import Item
from tests.sim.table import Answer, Perform, Table

LONG = ("customer", "subscription", "invoice")
BATCH = {"UpdateItem", "GetItem", "PutItem"}


class Killed(BaseException):
    """The process is gone."""


class Partitioned(dict[tuple[str, str], Item]):
    """Items by key, and the keys of each partition."""

    def __init__(self) -> None:
        super().__init__()
        self.partitions: dict[str, set[tuple[str, str]]] = {}

    def __setitem__(self, key: tuple[str, str], item: Item) -> None:
        self.partitions.setdefault(key[0], set()).add(key)
        super().__setitem__(key, item)


class Large(Table):
    """The simulation's table with what only reconciling asks of it: BatchGet by key, Query by partition, Scan by page."""

    def __init__(self) -> None:
        super().__init__(self._counted)
        self.items: Partitioned = Partitioned()
        self.calls: Counter[str] = Counter()
        self.order: list[tuple[str, str]] = []

    def _counted(self, operation: str, perform: Perform) -> Answer:
        self.calls[operation] += 1
        return perform()

    def _make_api_call(self, operation: str, arguments: dict[str, Any]) -> Answer:
        if operation in BATCH:
            return super()._make_api_call(operation, arguments)
        self.calls[operation] += 1
        return {"BatchGetItem": self._batch, "Query": self._of_partition, "Scan": self._page}[operation](arguments)

    def _batch(self, asked: dict[str, Any]) -> Answer:
        ((name, wanted),) = asked["RequestItems"].items()
        found = [self.items.get((key["pk"]["S"], key["sk"]["S"])) for key in wanted["Keys"]]
        return {"Responses": {name: [item for item in found if item]}, "UnprocessedKeys": {}}

    def _of_partition(self, asked: dict[str, Any]) -> Answer:
        """By the partition's own members: only customers' cards and the catalogue are asked for."""
        pk, prefix = (each["S"] for each in asked["ExpressionAttributeValues"].values())
        items = [self.items[key] for key in sorted(self.items.partitions.get(pk, ())) if key[1].startswith(prefix)]
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _page(self, asked: dict[str, Any]) -> Answer:
        start_at = 0
        if not (last := asked.get("ExclusiveStartKey")):
            self.order = sorted(self.items)  # what is added during the Scan are cards, which it does not ask for
        else:
            start_at = bisect_right(self.order, (last["pk"]["S"], last["sk"]["S"]))
        keys = self.order[start_at : start_at + asked["Limit"]]
        items = [self.items[key] for key in keys if key[1] == "0#CUSTOMER"]
        answer: Answer = {"Items": items, "Count": len(items), "ScannedCount": len(keys)}
        if start_at + len(keys) < len(self.order):
            answer["LastEvaluatedKey"] = {"pk": {"S": keys[-1][0]}, "sk": {"S": keys[-1][1]}}
        return answer


def world(subscriptions: int) -> Twin:
    """A twin with so many subscribers: copies of one, which share all that is the same in them."""
    twin = Twin(seed=7, account_id=ACCOUNT, start=NOW)

    def do(path: str, **params: Any) -> dict[str, Any]:
        status, _, body = twin.request("POST", f"/v1/{path}", params)
        assert status == 200, body
        answer: dict[str, Any] = body
        return answer

    product = do("products", name="Nordlys Plus")["id"]
    price = do("prices", product=product, unit_amount="14900", currency="sek", recurring={"interval": "month"})["id"]
    customer = do("customers", email="astrid@example.com", name="Astrid Berg")["id"]
    card = do("payment_methods/pm_card_visa/attach", customer=customer)["id"]
    do("customers/" + customer, invoice_settings={"default_payment_method": card})
    do("subscriptions", customer=customer, items=[{"price": price}])
    twin.world.tables["event"].clear()
    first = {kind: next(iter(twin.world.tables[kind].values())) for kind in ("customer", "subscription", "invoice")}
    first["payment_method"] = twin.world.tables["payment_method"][card]
    for number in range(subscriptions - 1):
        for kind, original in first.items():
            owner = {} if kind == "customer" else {"customer": f"cus_{number}"}
            twin.world.add({**original, **owner, "id": f"{original['id'].partition('_')[0]}_{number}"})
    twin.world.offset += 3600
    return twin


class Indexed(TwinEdge):
    """The twin's three long lists by position: the twin itself looks at all of its objects for every page."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(twin)
        self.rows = {f"/v1/{kind}s": [*twin.world.tables[kind].values()][::-1] for kind in LONG}
        self.at = {row["id"]: at for rows in self.rows.values() for at, row in enumerate(rows)}
        self.spent = 0.0

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, dict[str, str]]:
        """One request; its CPU is counted."""
        began = time.process_time()
        try:
            return self._listed(urlsplit(url)) or super().request(method, url, headers, post_data)
        finally:
            self.spent += time.process_time() - began

    def _listed(self, url: SplitResult) -> tuple[str, int, dict[str, str]] | None:
        rows, asked = self.rows.get(url.path), dict(parse_qsl(url.query))
        if rows is None or asked.get("status") == "open":
            return None
        self.calls.append(("GET", url.path))
        first = self.at[asked["starting_after"]] + 1 if "starting_after" in asked else 0
        page = listing([public(row) for row in rows[first : first + 100]], url.path, first + 100 < len(rows))
        return json.dumps(page), 200, {"Date": formatdate(self.twin.now, usegmt=True)}


def installed(patch: pytest.MonkeyPatch, twin: Twin, table: Large) -> Indexed:
    """Lead the code that ships to both, without a pace."""
    settings = {
        "STAGE": "dev",
        "TABLE_NAME": "large",
        "SECRET_ID": "large",
        "STRIPE_ACCOUNT": ACCOUNT,
        "LIVEMODE": "false",
    }
    for name, value in settings.items():
        patch.setenv(name, value)
    edge = Indexed(twin)
    patch.setattr("stripe.RequestsClient", lambda **_: edge)
    patch.setattr(secrets, "stripe_api_key", lambda: "rk_test_large")
    patch.setattr(bucket.Bucket, "take", lambda _bucket, _now: 0.0)
    patch.setattr(clock, "now", lambda: int(time.time()))
    gateway.client.cache_clear()
    bind()
    ObjectRow._get_connection().connection._client = table  # type: ignore[assignment]
    return edge


def measured(subscriptions: int, seconds: float, say: Callable[[str], None]) -> bool:
    """Backfill, be killed, go on, and run again; whether all of it came to an end in time."""
    began = time.monotonic()
    twin, table = world(subscriptions), Large()
    say(f"world of {subscriptions:,} subscribers: {time.monotonic() - began:.0f} s")
    with pytest.MonkeyPatch.context() as patch:
        edge = installed(patch, twin, table)
        objects = 4 * subscriptions
        for name, kill_at in (("backfill", objects // 3), ("second run", None)):
            table.calls.clear()
            edge.calls.clear()
            edge.spent = 0.0
            since, cpu = time.monotonic(), time.process_time()
            run = _whole(kill_at, seconds - (time.monotonic() - began), say, name)
            spent, busy = time.monotonic() - since, time.process_time() - cpu
            calls, seen, twins = len(edge.calls), _seen(run), edge.spent
            ended = "whole" if run.place is None else f"up to {run.place.phase}"
            say(f"{name}: {ended}, {seen:,} compared in {spent:.0f} s")
            say(
                f"  CPU {busy:.0f} s, {twins:.0f} s of it the twin's: {seen / (busy - twins):,.0f} objects a second of ours"
            )
            say(
                f"  Stripe: {calls:,} calls, {calls / 25 / 60:.0f} minutes at 25 a second; DynamoDB: {dict(table.calls)}"
            )
            if run.place is not None:
                return False
    return True


def _whole(kill_at: int | None, seconds: float, say: Callable[[str], None], name: str) -> Run:
    """One run to its end, or until the time is up; killed once after so many objects."""
    began, shown = time.monotonic(), [0.0]
    left = [kill_at]

    def progress(run: Run) -> None:
        done = _seen(run)
        if time.monotonic() - shown[0] > 15:
            shown[0] = time.monotonic()
            say(f"  {name}: {run.place.phase if run.place else 'end':<16} {done:>9,}")
        if left[0] is not None and done >= left[0]:
            left[0] = None
            raise Killed

    ours = start(ACCOUNT, NOW + 3600, first=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconcile, "SAVE_EVERY", 5)
        with suppress(Killed), pytest.MonkeyPatch.context() as dying:
            if kill_at is not None:
                dying.setattr(jobs, "release", lambda *_: None)  # who is killed lets go of nothing
            return _work(ours, seconds, progress)
        say("  killed; it goes on from the last place that was saved")
        return _work(None, seconds - (time.monotonic() - began), progress)


def _seen(run: Run) -> int:
    return sum(number for name, number in run.counts.items() if name.startswith("seen."))


def _work(begin: Run | None, seconds: float, progress: Callable[[Run], None]) -> Run:
    done = reconcile.work(clock.now, int(seconds), begin, force=True, progress=progress)
    assert done is not None
    return done


def main() -> int:
    """0 where both runs came to their end in time."""
    parser = argparse.ArgumentParser(prog="python -m tests.backfill", description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=400)
    asked = parser.parse_args()
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.0f} s  {text}\n")
        sys.stdout.flush()

    return 0 if measured(asked.subscriptions, asked.seconds, say) else 1


if __name__ == "__main__":
    os.environ.update(AWS_DEFAULT_REGION="eu-north-1")
    sys.exit(main())
