"""Fifty at once on a table that is atomic, as moto's is not: ministack, of which nothing else is needed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from chalicelib.actions import ask_stripe
from chalicelib.actions.follow_redirect import follow_redirect
from chalicelib.actions.links import follow_link, make_link
from chalicelib.aws import secrets
from chalicelib.core import tokens
from chalicelib.core.flows import Visit
from chalicelib.core.members import Invalid
from chalicelib.core.model import Kind
from chalicelib.store import keys, once, sites, throttles
from chalicelib.store.once import Conflict, InProgress
from chalicelib.store.table import as_map
from chalicelib.store.tables import ObjectRow
from infra.local import aws
from infra.local.processes import Processes
from infra.package import ROOT
from tests import records
from tests.conftest import NOW, SITE, SITE_SECRET, create_table

pytestmark = pytest.mark.stack
AT_ONCE = 50
SESSION = "https://billing.stripe.com/p/session"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What Stripe was asked for, with a table at ministack that knows the site and a customer."""
    processes, port = Processes(tmp_path), aws.free_port()
    cloud = aws.Aws(f"http://127.0.0.1:{port}")
    monkeypatch.chdir(ROOT)
    processes.start("aws", aws.command(), aws.environment(port, tmp_path, {}), f"{cloud.url}/_ministack/health")
    try:
        for name, value in cloud.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        ObjectRow._connection = None
        create_table()
        sites.put(SITE)
        key = keys.of_object(SITE.scope, Kind.CUSTOMER, "cus_1", "cus_1", 0)
        ObjectRow(key.pk, key.sk, kind=Kind.CUSTOMER.value, state=as_map(records.customer())).save()
        made: list[Any] = []

        def create(params: dict[str, Any], *_: Any) -> str:
            made.append(params)
            return SESSION

        monkeypatch.setattr(ask_stripe, "create_portal_session", create)
        monkeypatch.setattr(secrets, "site_secrets", lambda *_: [SITE_SECRET])
        yield made
    finally:
        processes.stop()
        ObjectRow._connection = None


def at_once(action: Any) -> list[Any]:
    """What fifty got who began at the same moment."""
    gate = Barrier(AT_ONCE)

    def run(number: int) -> Any:
        gate.wait()
        return action(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_of_fifty_clicks_at_once_one_opens_again_and_again(asked: list[Any]) -> None:
    for _ in range(5):
        asked.clear()
        token = make_link(SITE, Visit("cus_1"), NOW, single=True)[0].rsplit("/", 1)[1]

        outcomes = at_once(lambda _, token=token: follow_link(token, NOW))

        assert sorted(shown.dead or "opened" for shown, _ in outcomes) == ["opened"] + ["used"] * (AT_ONCE - 1)
        assert [url for _, url in outcomes if url] == [SESSION]
        assert len(asked) == 1


def test_of_fifty_followers_of_a_signed_address_one_gets_in(asked: list[Any]) -> None:
    values = {"customer": "cus_1", "expires": str(NOW + 60), "nonce": "nonce-of-the-race-1"}
    values["signature"] = tokens.sign(SITE.id, values, SITE_SECRET)
    params = {name: [value] for name, value in values.items()}

    def follow(_: int) -> str:
        try:
            return follow_redirect(SITE.id, params, NOW)
        except Invalid as refused:
            return refused.code

    assert sorted(at_once(follow)) == sorted([SESSION] + ["used"] * (AT_ONCE - 1))
    assert len(asked) == 1


@pytest.mark.usefixtures("asked")
def test_of_fifty_requests_with_one_idempotency_key_one_goes_on() -> None:
    key = keys.once("smk_test_x", "order-17")

    def begin(number: int) -> str:
        try:
            once.begin(key, f"request-{number % 2}", NOW)
        except (Conflict, InProgress) as refused:
            return type(refused).__name__
        return "begun"

    outcomes = at_once(begin)

    assert outcomes.count("begun") == 1
    assert outcomes.count("Conflict") == AT_ONCE // 2


@pytest.mark.usefixtures("asked")
def test_fifty_at_once_are_counted_as_fifty() -> None:
    counted = at_once(lambda _: throttles.count("ip:192.0.2.0/24", NOW))

    assert sorted(counted) == list(range(1, AT_ONCE + 1))
