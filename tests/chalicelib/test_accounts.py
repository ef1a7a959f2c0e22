"""Several accounts and two modes over the same object ids: nothing of one is ever seen in another."""

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.actions import ask_stripe, reconcile
from chalicelib.actions.links import follow_link, make_link, show_link
from chalicelib.actions.receive_event import receive
from chalicelib.actions.record_feedback import record_feedback
from chalicelib.actions.send_reminder import send_reminder
from chalicelib.core.flows import Visit
from chalicelib.core.model import Customer, Kind
from chalicelib.core.reconcile import start
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.errors import BadRequest, Misconfigured
from chalicelib.store import api_keys, cases, keys, links, outbox, sites, table
from chalicelib.store.links import Link
from chalicelib.store.objects import record_of
from chalicelib.store.outbox import Covered, Post
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api.signature import sign
from tests.builders import event, signed
from tests.chalicelib.entrypoints.caller import call
from tests.conftest import ACCOUNT, NOW, SITE, WEBHOOK_SECRET, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import sqs_event

OTHER = "acct_1Connected"
CUSTOMER = "cus_same_everywhere"


@pytest.fixture(autouse=True)
def connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """One connected account; the clock stands at NOW."""
    monkeypatch.setenv("CONNECTED_ACCOUNTS", OTHER)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    sites.forget()


@pytest.fixture
def told(edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The Stripe-Account header of every call; the twin, which knows one account, answers for all."""
    found: list[str | None] = []
    real = edge.request

    def request(method: str, url: str, headers: Any = None, post_data: Any = None, **more: Any) -> Any:
        found.append((headers or {}).get("Stripe-Account"))
        kept = {name: value for name, value in (headers or {}).items() if name != "Stripe-Account"}
        return real(method, url, kept, post_data, **more)

    monkeypatch.setattr(edge, "request", request)
    return found


def deliver(account: str | None, live: bool, name: str, **changes: Any) -> str:
    """An event about the same customer id, of an account and a mode."""
    raw = event("customer.updated", id=CUSTOMER, name=name) | {"livemode": live, **changes}
    if account:
        raw["account"] = account
    body = json.dumps(raw).encode()
    return receive("default", body, signed(body), NOW)


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_two_accounts_and_two_modes_keep_the_same_id_apart(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...]
) -> None:
    worlds = [(account, live) for account in (ACCOUNT, OTHER) for live in (False, True)]
    for at in order:
        account, live = worlds[at]
        monkeypatch.setenv("LIVEMODE", "true" if live else "false")
        assert deliver(None if account == ACCOUNT else account, live, f"{account} {live}") == "news"

    stored = {row["pk"]["S"]: row["state"]["M"]["name"]["S"] for row in everything(cloud) if row["pk"]["S"][0] == "C"}
    assert stored == {
        f"C#{account}:{'live' if live else 'test'}#{CUSTOMER}": f"{account} {live}" for account, live in worlds
    }


def test_an_event_of_the_other_mode_is_none_of_ours(cloud: Cloud) -> None:
    assert deliver(None, True, "live") == "ignored_mode"
    assert deliver(OTHER, True, "live") == "ignored_mode"
    assert len(everything(cloud)) == 1


@pytest.mark.parametrize(
    "listed, account, outcome",
    [
        ("", OTHER, "ignored_account"),
        (OTHER, OTHER, "news"),
        (f"acct_x, {OTHER}", OTHER, "news"),
        (OTHER, "acct_x", "ignored_account"),
        ("*", "acct_x", "news"),
        ("", ACCOUNT, "news"),
        ("", None, "news"),
    ],
)
def test_the_setting_says_whose_events_are_taken(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, listed: str, account: str | None, outcome: str
) -> None:
    monkeypatch.setenv("CONNECTED_ACCOUNTS", listed)

    assert deliver(account, False, "x") == outcome


def test_a_doubt_of_a_connected_account_is_asked_in_its_name(
    cloud: Cloud, edge: TwinEdge, told: list[str | None]
) -> None:
    edge.twin.request("POST", "/v1/customers", {"name": "Asked"})
    for account in (OTHER, None):
        assert deliver(account, False, "x", api_version="2024-06-20") == "queued"
    messages = cloud.messages(cloud.events_url)

    apply_events(sqs_event(*messages), None)

    assert [each["scope"] for each in messages] == [f"{OTHER}:test", f"{ACCOUNT}:test"]
    assert told == [OTHER, None], "one read each: the same id in two accounts is two objects"


def test_a_message_of_another_mode_is_never_asked(cloud: Cloud, edge: TwinEdge) -> None:
    deliver(None, False, "x", api_version="2024-06-20")
    (message,) = cloud.messages(cloud.events_url)

    answer = apply_events(sqs_event(message | {"scope": f"{ACCOUNT}:live"}), None)

    assert len(answer["batchItemFailures"]) == 1
    assert edge.calls == []
    with pytest.raises(Misconfigured):
        ask_stripe.reader(f"{OTHER}:live")


def test_an_endpoint_has_secrets_of_its_own(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"default": [WEBHOOK_SECRET], "connect": ["whsec_of_connect", "whsec_of_connect_rolled"]}
    monkeypatch.setattr("chalicelib.aws.secrets._read", lambda _name: {"webhook_secrets": secrets})
    body = json.dumps(event("customer.updated") | {"account": OTHER}).encode()

    for secret in secrets["connect"]:
        assert receive("connect", body, f"t={NOW},v1={sign(body, secret, NOW)}", NOW) in ("news", "ahead", "old")
    with pytest.raises(BadRequest):
        receive("connect", body, signed(body), NOW)


@pytest.fixture
def site(cloud: Cloud) -> str:
    """A site that may see the connected account; its API key."""
    sites.put(replace(SITE, accounts=(OTHER,), portal_configuration="bpc_of_the_platform"))
    deliver(None, False, "ours")
    deliver(OTHER, False, "theirs")
    return api_keys.create(SITE.id, ("portal", "read"), NOW)


def test_the_state_api_shows_the_account_that_is_named(site: str) -> None:
    path = "/v1/customers/{customer_id}"

    own = call("GET", path, key=site, customer_id=CUSTOMER).json
    other = call("GET", path, key=site, customer_id=CUSTOMER, query={"account": OTHER}).json
    named = call("GET", path, key=site, customer_id=CUSTOMER, query={"account": ACCOUNT}).json

    assert (own["name"], own["account"]) == ("ours", ACCOUNT)
    assert (other["name"], other["account"]) == ("theirs", OTHER)
    assert named == own


@pytest.mark.parametrize("account, status", [("acct_stranger", 404), ("stranger", 400), ("acct_x#y", 400), ("", 400)])
@pytest.mark.parametrize("path", ["/v1/customers/{customer_id}", "/v1/customers/{customer_id}/invoices"])
def test_an_account_that_the_site_may_not_see_is_not_there(site: str, path: str, account: str, status: int) -> None:
    answer = call("GET", path, key=site, customer_id=CUSTOMER, query={"account": account})

    assert answer.status == status
    assert answer.json["error"]["param"] == "account"


def test_a_portal_session_is_opened_in_the_name_of_the_account(
    site: str, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[dict[str, Any], str | None]] = []

    def create(params: dict[str, Any], scope: str | None = None, _once: str | None = None) -> str:
        asked.append((params, scope))
        return "https://billing.stripe.com/p/session"

    monkeypatch.setattr(ask_stripe, "create_portal_session", create)
    body = {"customer": CUSTOMER, "return_url": SITE.home_url}

    call("POST", "/v1/portal-sessions", body, key=site)
    call("POST", "/v1/portal-sessions", body, key=site, query={"account": OTHER})

    assert [scope for _, scope in asked] == [f"{ACCOUNT}:test", f"{OTHER}:test"]
    assert [params.get("configuration") for params, _ in asked] == ["bpc_of_the_platform", None]


def test_a_link_opens_in_its_own_account_and_dies_with_the_sites_leave(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []

    def create(_params: dict[str, Any], scope: str | None = None, _once: str | None = None) -> str:
        asked.append(scope)
        return "https://billing.stripe.com/p/session"

    monkeypatch.setattr(ask_stripe, "create_portal_session", create)
    theirs = sites.find(SITE.id).at(OTHER)
    assert theirs
    url, _ = make_link(theirs, Visit(CUSTOMER), NOW)
    token = url.rpartition("/")[2]

    follow_link(token, NOW)
    sites.put(SITE)

    assert asked == [f"{OTHER}:test"]
    assert show_link(token, NOW).dead == "revoked"


def test_reconcile_walks_every_account_in_its_own_name(
    cloud: Cloud, edge: TwinEdge, told: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    reconcile._kept.clear()
    made = edge.twin.request("POST", "/v1/customers", {"name": "Both"})[2]["id"]
    edge.twin.advance(60)

    run = reconcile.work(lambda: edge.twin.now, 600, begin=start(ACCOUNT, edge.twin.now))

    assert run
    assert run.place is None
    assert set(told) == {None, OTHER}
    rows = [row for row in ObjectRow.scan() if row.pk.endswith(made)]
    assert sorted(row.pk for row in rows) == sorted(
        keys.of_object(f"{account}:test", Kind.CUSTOMER, made, made, 0).pk for account in (ACCOUNT, OTHER)
    )
    assert all(isinstance(record_of(row), Customer) for row in rows)


def open_case(account: str) -> keys.Key:
    """A failed payment at a connected account; the key of its invoice."""
    raw = event("invoice.payment_failed", billing_reason="subscription_cycle") | {"account": account}
    body = json.dumps(raw).encode()
    assert receive("default", body, signed(body), NOW) == "news"
    row = next(row for row in ObjectRow.scan() if row.pk.startswith(f"C#{account}:test#"))
    assert row.due_at is not None
    return keys.Key(row.pk, row.sk)


def test_a_connected_accounts_customer_is_written_to_in_its_own_name(cloud: Cloud, told: list[str | None]) -> None:
    key = open_case(OTHER)
    sites.put(replace(SITE, accounts=(OTHER,)))

    send_reminder(key, NOW + 86_400)

    assert told == [OTHER]


def test_a_connected_accounts_customer_is_not_written_to_by_a_site_that_may_not(cloud: Cloud, edge: TwinEdge) -> None:
    key = open_case(OTHER)

    assert send_reminder(key, NOW + 86_400) == "closed"

    assert (row := table.get(ObjectRow, key))
    assert row.case_closed == "no_site"
    assert "due_at" not in row.attribute_values or row.attribute_values["due_at"] is None
    assert edge.calls == []


def test_ses_feedback_finds_the_case_of_its_account(cloud: Cloud) -> None:
    key = open_case(OTHER)
    (case,) = cases.of_customer(key.pk).values()
    customer, lease = case.invoice.customer, NOW + 777
    covered = (Covered(key.sk, "first", None, NOW + 99_999),)
    scope = keys.scope_of(key.pk)
    post = Post(scope, customer, 1, "sending", NOW, lease, None, covered)
    assert outbox.claim(post, [case], None, links.row("t", Link(scope, "s", customer, None, 1)))
    sent = {"customer": [customer], "mail": ["1"], "claim": [str(lease)], "account": [OTHER]}
    message = {"eventType": "Send", "mail": {"timestamp": "2026-11-02T12:00:00.000Z", "tags": sent}}

    assert record_feedback(json.dumps(message), NOW) == "settled"
    assert (after := table.get(ObjectRow, key))
    assert after.case_handled == "first"
