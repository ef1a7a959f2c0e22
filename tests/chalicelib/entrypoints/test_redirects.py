"""GET /portal/{site} and GET /login/{site}."""

import json
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib import clock
from chalicelib.actions import ask_stripe
from chalicelib.aws import secrets
from chalicelib.core import tokens
from chalicelib.core.model import Customer, Kind, Subscription
from chalicelib.errors import StripeUnavailable
from chalicelib.store import keys, sites
from chalicelib.store.table import as_map
from chalicelib.store.tables import ObjectRow
from tests import records
from tests.chalicelib.core.test_tokens import VECTORS
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, SITE, SITE_SECRET, Cloud, everything

ROUTE, LOGIN = "/portal/{site_id}", "/login/{site_id}"
SESSION = "https://billing.stripe.com/p/session/test_canary"
STATUS = {"opens": 303, "invalid_request": 400, "invalid_signature": 403, "not_found": 404, "expired": 410}


@pytest.fixture
def asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What Stripe was asked for, with a site, a customer and a subscription that our table knows."""
    made: list[dict[str, Any]] = []

    def create(params: dict[str, Any], _scope: str | None = None, _once: str | None = None) -> str:
        made.append(params)
        return SESSION

    monkeypatch.setattr(ask_stripe, "create_portal_session", create)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    sites.put(replace(SITE, offer_prices=("price_large",), retention_coupons=("STAY20",)))
    line = replace(records.subscription().items[0], id="si_Nordlys1")
    put(records.customer(id="cus_Nordlys1", locales=("sv-SE",)))
    put(records.subscription(id="sub_Nordlys1", customer="cus_Nordlys1", items=(line,)))
    put(records.subscription(id="sub_Other", customer="cus_Other"))
    return made


def put(record: Customer | Subscription) -> None:
    """Have our table know of it."""
    kind = Kind.CUSTOMER if isinstance(record, Customer) else Kind.SUBSCRIPTION
    owner = record.id if isinstance(record, Customer) else record.customer
    key = keys.of_object(SITE.scope, kind, record.id, owner, 0)
    ObjectRow(key.pk, key.sk, kind=kind.value, state=as_map(record)).save()


def signed(**values: str) -> dict[str, str]:
    """The parameters of a redirect, signed by the site."""
    asked = {"customer": "cus_Nordlys1", "expires": str(NOW + 300), "nonce": "nonce-of-this-test", **values}
    return {**asked, "signature": tokens.sign(SITE.id, asked, SITE_SECRET)}


def follow(query: Any, site: str = SITE.id) -> Answer:
    """A browser at the address."""
    return call("GET", ROUTE, query=query, site_id=site)


def roll(site_secrets: dict[str, list[str]]) -> None:
    """Change the secret by hand."""
    value = {"stripe_api_key": "rk_test_twin_key", "webhook_secrets": {}, "site_secrets": site_secrets}
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_each_vector_leads_to_stripe_or_to_a_helpful_page(asked: list[dict[str, Any]], vector: dict[str, Any]) -> None:
    roll({vector["site"]: vector["secrets"]})
    secrets.forget()

    answer = follow(vector["params"], vector["site"])

    assert answer.status == STATUS[vector["outcome"]], answer.headers
    if vector["outcome"] == "opens":
        assert (answer.headers["Location"], len(asked)) == (SESSION, 1)
        return
    assert (answer.headers["X-Error-Code"], answer.headers["X-Error-Param"]) == (vector["outcome"], vector["param"])
    assert "<h1" in answer.text
    assert asked == []


def test_all_that_was_signed_reaches_stripe(asked: list[dict[str, Any]]) -> None:
    vector = next(each for each in VECTORS if each["name"].startswith("valid: a change"))

    assert follow(vector["params"]).status == 303

    (params,) = asked
    assert params["flow_data"] == {
        "type": "subscription_update_confirm",
        "subscription_update_confirm": {
            "subscription": "sub_Nordlys1",
            "items": [{"id": "si_Nordlys1", "price": "price_large", "quantity": 2}],
            "discounts": [{"promotion_code": "promo_Autumn"}],
        },
        "after_completion": {
            "type": "redirect",
            "redirect": {"return_url": "https://nordlys.example/account/done?a=1&b=2"},
        },
    }
    assert (params["customer"], params["locale"], params["return_url"]) == ("cus_Nordlys1", "sv", SITE.home_url)


def test_an_address_opens_once(asked: list[dict[str, Any]]) -> None:
    first, again = follow(signed()), follow(signed())

    assert (first.status, again.status, again.headers["X-Error-Code"]) == (303, 410, "used")
    assert SITE.support_email in again.text
    assert len(asked) == 1


def test_a_nonce_belongs_to_its_site(asked: list[dict[str, Any]]) -> None:
    sites.put(replace(SITE, id="other"))
    secret = "smss_of_the_other_site_" + "x" * 32
    roll({SITE.id: [SITE_SECRET], "other": [secret]})
    secrets.forget()
    values = signed()
    theirs = {**values, "signature": tokens.sign("other", values, secret)}

    assert (follow(values).status, follow(theirs, "other").status) == (303, 303)


def test_a_failure_of_stripe_does_not_spend_the_address(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> str:
        raise StripeUnavailable("down")

    with monkeypatch.context() as broken:
        broken.setattr(ask_stripe, "create_portal_session", fail)
        failed = follow(signed())

    assert (failed.status, failed.headers["X-Error-Code"]) == (503, "temporarily_unavailable")
    assert "<h1" in failed.text
    assert follow(signed()).status == 303


def test_a_redirect_costs_one_read_and_one_write(asked: list[dict[str, Any]], cloud: Cloud) -> None:
    follow(signed(nonce="to-warm-the-caches"))
    cloud.dynamodb_requests.clear()

    assert follow(signed(flow="subscription_cancel", subscription="sub_Nordlys1")).status == 303
    assert cloud.dynamodb_requests == ["BatchGetItem", "UpdateItem"]


def test_an_unsigned_address_costs_nothing_and_looks_nobody_up(asked: list[dict[str, Any]], cloud: Cloud) -> None:
    follow(signed(nonce="to-warm-the-caches"))
    cloud.dynamodb_requests.clear()

    bodies = set()
    for customer in ("cus_Nordlys1", "cus_Unknown"):
        answer = follow({**signed(customer=customer), "signature": "v1_" + "0" * 64})
        bodies.add((answer.status, answer.text, answer.headers["X-Error-Code"]))

    assert len(bodies) == 1
    assert cloud.dynamodb_requests == []


def test_a_secret_that_was_rolled_a_moment_ago_counts(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert follow(signed(nonce="before-the-roll-1")).status == 303
    new = "smss_the_new_secret_" + "x" * 32
    roll({SITE.id: [new, SITE_SECRET]})
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 61)
    values = {"customer": "cus_Nordlys1", "expires": str(NOW + 300), "nonce": "after-the-roll-01"}

    assert follow({**values, "signature": tokens.sign(SITE.id, values, new)}).status == 303
    assert follow(signed(nonce="by-the-old-secret")).status == 303


@pytest.mark.parametrize("site", ["unknown", "..", "nordlys#", "a" * 3000, "NORDLYS"])
def test_a_site_that_there_is_not_is_a_page_too(asked: list[dict[str, Any]], site: str, cloud: Cloud) -> None:
    for answer in (follow(signed(), site), call("GET", LOGIN, site_id=site)):
        assert answer.status == 404
        assert "<h1" in answer.text


@pytest.mark.parametrize("held", [["short"], ["smss_short"], "smss_" + "x" * 40, [None], {"a": 1}])
def test_a_secret_that_is_none_is_our_fault_and_told_without_its_value(
    asked: list[dict[str, Any]], held: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    roll({SITE.id: held})
    secrets.forget()

    answer = follow(signed())

    assert answer.status == 503
    assert "site_secrets" not in answer.text
    assert "smss_short" not in capsys.readouterr().out


def test_the_secret_and_the_session_are_neither_logged_nor_stored(
    asked: list[dict[str, Any]], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    follow(signed())
    follow(signed())
    follow({**signed(), "customer": "cus_2"})

    written = capsys.readouterr()
    for canary in (SITE_SECRET, SESSION, signed()["signature"]):
        assert canary not in written.out + written.err + str(everything(cloud))


def test_the_login_page_of_the_portal_is_one_step_away(asked: list[dict[str, Any]]) -> None:
    without = call("GET", LOGIN, site_id=SITE.id)
    sites.put(replace(SITE, login_url="https://billing.stripe.com/p/login/test_1"))

    answer = call("GET", LOGIN, site_id=SITE.id)

    assert (without.status, SITE.support_email in without.text) == (404, True)
    assert (answer.status, answer.headers["Location"]) == (303, "https://billing.stripe.com/p/login/test_1")


def test_with_the_table_down_the_page_still_comes(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "no-such-table")
    sites.forget()

    for answer in (follow(signed()), call("GET", LOGIN, site_id=SITE.id)):
        assert answer.status == 503
        assert "<h1" in answer.text
