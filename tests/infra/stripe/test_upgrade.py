"""`python -m infra.stripe upgrade` under traffic: no event is lost or refused, wherever a run is killed."""

import json
import random
import time
from collections.abc import Callable, Iterator

import pytest

from chalicelib.actions.receive_event import receive
from chalicelib.aws import secrets
from chalicelib.core.events import enabled_events
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.errors import Rejected, Retryable
from chalicelib.stripe_api.version import API_VERSION
from infra.stripe.upgrade import TRIES
from tests.conftest import everything
from tests.infra.deployment import put_secret, secret_value
from tests.infra.stripe.conftest import KEY, URL, Merchant
from tests.shop import sqs_event

OLD = "2024-06-20"
CALLS = 18
"""Calls to Stripe that an upgrade takes, eight of them for lists of twenty event types: a run may die before each."""
Printed = pytest.CaptureFixture[str]


class Killed(BaseException):
    """The process of a run is gone."""


class Traffic:
    """Customers come and change all the time: before and after every call to Stripe, and while a run waits."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant, self.answers, self.made = merchant, [0, 0], 0
        self.kill_at: int | None = None
        self.calls = 0
        self.versions: set[str | None] = set()
        self.failing: set[str] = set()
        merchant.edge.fail = self.between

    def between(self, _method: str, _path: str) -> None:
        """Before a call to Stripe; there it may end."""
        self.go()
        self.calls += 1
        if self.calls == self.kill_at:
            self.kill_at = None
            raise Killed

    def go(self) -> None:
        """One more customer, and all that Stripe delivers."""
        self.made += 1
        self.merchant.do("POST", "customers", name=f"Customer {self.made}")
        self.deliver()

    def deliver(self) -> None:
        """Deliver what is in the outbox to our handler; a refusal is counted."""
        twin = self.merchant.edge.twin
        while (taken := twin.take()) is not None:
            delivery, (url, body, headers) = taken
            assert url == URL
            told = json.loads(body)
            self.versions.add(told["api_version"])
            if told["data"]["object"].get("name") in self.failing:
                twin.settle(delivery, 500)
                continue
            try:
                receive("default", body, headers["Stripe-Signature"], twin.now)
                twin.settle(delivery, 200)
                self.answers[0] += 1
            except Rejected:
                twin.settle(delivery, 400)
                self.answers[1] += 1

    def wait(self, seconds: float) -> None:
        """Time passes, with traffic in it."""
        for _ in range(2):
            self.go()
        self.merchant.edge.twin.advance(int(seconds))
        self.go()

    def fail(self, name: str) -> None:
        """A customer of whom Stripe cannot tell us, for the time being."""
        self.failing.add(name)
        self.merchant.do("POST", "customers", name=name)
        self.deliver()

    def stored(self) -> set[str]:
        """The names of the customers that our table knows, after the queue of doubts is empty."""
        doubts = self.merchant.cloud.messages(self.merchant.cloud.events_url)
        while doubts:
            batch, doubts = doubts[:10], doubts[10:]
            assert apply_events(sqs_event(*batch), None) == {"batchItemFailures": []}
        rows = [each for each in everything(self.merchant.cloud) if each["sk"]["S"] == "0#CUSTOMER"]
        return {each["state"]["M"]["name"]["S"] for each in rows}

    def everybody(self) -> set[str]:
        """The customers at Stripe."""
        return {each["name"] for each in self.merchant.edge.twin.objects("customer")}


@pytest.fixture
def traffic(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traffic]:
    """An endpoint in an old version, made by hand, by which events come; and functions whose caches age with Stripe's clock."""
    twin = merchant.edge.twin
    monkeypatch.setattr(time, "monotonic", lambda: float(twin.now))
    asked = {"url": URL, "enabled_events": enabled_events(), "api_version": OLD}
    secret = merchant.do("POST", "webhook_endpoints", **asked)["secret"]
    put_secret({"stripe_api_key": KEY, "webhook_secrets": {"default": [secret]}})
    secrets.forget()
    assert merchant.run("apply") == 0
    made = Traffic(merchant)
    monkeypatch.setattr(time, "sleep", made.wait)
    monkeypatch.setattr(secrets, "forget", lambda: None)  # the command's process is not that of the functions
    made.go()
    yield made
    assert made.answers[1] == 0, "refused"
    assert made.stored() == made.everybody(), "lost"


def run_to_the_end(merchant: Merchant, traffic: Traffic, again: Callable[[], None] = lambda: None) -> int:
    """As many runs as it takes."""
    for runs in range(1, 20):
        if merchant.run("upgrade") == 0:
            return runs
        again()
        traffic.go()
    raise AssertionError("it never ends")


def test_an_endpoint_moves_to_our_version_without_a_gap(merchant: Merchant, traffic: Traffic, capsys: Printed) -> None:
    (old,) = merchant.endpoints()
    (old_secret,) = secret_value()["webhook_secrets"]["default"]

    assert run_to_the_end(merchant, traffic) == 2

    assert traffic.calls == CALLS
    (new,) = merchant.endpoints()
    assert (new["api_version"], new["status"], new["url"]) == (API_VERSION, "enabled", URL)
    assert new["enabled_events"] == enabled_events()
    (secret,) = secret_value()["webhook_secrets"]["default"]
    assert secret != old_secret
    assert traffic.versions == {OLD, API_VERSION}
    assert traffic.made > 15
    told = capsys.readouterr().out
    assert f"{old['id']} ({OLD}) switched off; a later run deletes it" in told
    assert f"{old['id']} ({OLD}) deleted" in told
    assert "whsec" not in told
    assert merchant.run("check") == 0


def test_when_all_is_done_a_run_writes_nothing(merchant: Merchant, traffic: Traffic) -> None:
    run_to_the_end(merchant, traffic)
    before = secret_value()
    merchant.writes()

    assert merchant.run("upgrade") == 0

    assert merchant.writes() == []
    assert secret_value() == before


@pytest.mark.parametrize("at", range(1, CALLS + 1))
def test_a_run_that_is_killed_at_any_call_is_gone_on_with(merchant: Merchant, traffic: Traffic, at: int) -> None:
    traffic.kill_at = traffic.calls + at

    for _ in range(20):
        try:
            if merchant.run("upgrade") == 0 and traffic.kill_at is None:
                break
        except Killed:
            pass
        if traffic.calls > 200:
            break
        traffic.go()

    assert [each["api_version"] for each in merchant.endpoints()] == [API_VERSION]
    assert len(secret_value()["webhook_secrets"]["default"]) == 1
    assert merchant.run("check") == 0


def test_a_secret_that_cannot_be_stored_leaves_the_old_endpoint_at_work(
    merchant: Merchant, traffic: Traffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = merchant.endpoints()
    with monkeypatch.context() as patch:
        patch.setattr("infra.deployment.Deployment.change_secret", refuse)
        assert merchant.run("upgrade") == 2
    assert [each["id"] for each in merchant.endpoints()] == [old["id"]]

    run_to_the_end(merchant, traffic)


def refuse(_self: object, _change: object) -> None:
    """AWS does not take it."""
    raise Retryable("Secrets Manager did not take it: InternalServiceError.")


def test_what_is_on_its_way_to_the_old_endpoint_is_waited_for(
    merchant: Merchant, traffic: Traffic, capsys: Printed
) -> None:
    traffic.fail("Late")
    old = merchant.endpoints()[0]

    assert merchant.run("upgrade") == 1
    assert merchant.run("upgrade") == 1

    assert "cannot be switched off yet: 1 events are undelivered" in capsys.readouterr().out
    assert merchant.endpoints()[0]["status"] == "enabled"
    traffic.failing.clear()
    merchant.edge.twin.advance(3600)
    traffic.deliver()
    assert merchant.run("upgrade") == 1
    assert (merchant.endpoints()[0]["id"], merchant.endpoints()[0]["status"]) == (old["id"], "disabled")
    assert merchant.run("upgrade") == 0


def test_an_event_that_is_never_taken_is_waited_for_three_days_and_no_longer(
    merchant: Merchant, traffic: Traffic, capsys: Printed
) -> None:
    traffic.fail("Never")
    assert merchant.run("upgrade") == 1
    merchant.edge.twin.advance(TRIES - 3600)
    traffic.deliver()
    assert merchant.run("upgrade") == 1
    assert "cannot be switched off yet" in capsys.readouterr().out

    merchant.edge.twin.advance(2 * 3600)
    traffic.deliver()

    assert run_to_the_end(merchant, traffic) == 2
    mend(merchant, traffic, "Never")


def mend(merchant: Merchant, traffic: Traffic, name: str) -> None:
    """What `infra.reconcile` would do: Stripe tells of the customer once more."""
    assert name in traffic.everybody() - traffic.stored()
    traffic.failing.clear()
    ident = next(each["id"] for each in merchant.edge.twin.objects("customer") if each["name"] == name)
    merchant.do("POST", f"customers/{ident}", description="once more")
    traffic.deliver()


def test_by_force_nothing_is_waited_for(merchant: Merchant, traffic: Traffic) -> None:
    traffic.fail("Dropped")

    assert merchant.run("upgrade", "--force") == 1
    assert merchant.run("upgrade", "--force") == 0

    mend(merchant, traffic, "Dropped")


def test_a_new_endpoint_that_somebody_switched_off_is_open_again_before_the_old_one_closes(
    merchant: Merchant, traffic: Traffic
) -> None:
    traffic.fail("Late")
    assert merchant.run("upgrade") == 1
    _, new = merchant.endpoints()
    merchant.do("POST", f"webhook_endpoints/{new['id']}", disabled="true")
    traffic.failing.clear()
    merchant.edge.twin.advance(3600)
    traffic.deliver()

    run_to_the_end(merchant, traffic)

    assert [(each["id"], each["status"]) for each in merchant.endpoints()] == [(new["id"], "enabled")]


def test_a_secret_that_was_rolled_meanwhile_stays(merchant: Merchant, traffic: Traffic) -> None:
    assert merchant.run("upgrade") == 1
    before = secret_value()
    rolled = {"default": ["whsec_rolled", *before["webhook_secrets"]["default"]]}
    put_secret({**before, "webhook_secrets": rolled})

    assert merchant.run("upgrade") == 0

    assert secret_value()["webhook_secrets"]["default"] == rolled["default"][:2]


@pytest.mark.parametrize("seed", range(5))
def test_random_kills_and_pauses_lose_nothing(merchant: Merchant, traffic: Traffic, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - the dice of a test
    for _ in range(60):
        traffic.kill_at = traffic.calls + dice.randint(1, 12)
        try:
            if merchant.run("upgrade") == 0:
                break
        except Killed:
            pass
        merchant.edge.twin.advance(dice.choice((0, 1, 30, 90)))
        traffic.go()
    traffic.kill_at = None

    run_to_the_end(merchant, traffic)

    assert [each["api_version"] for each in merchant.endpoints()] == [API_VERSION]
