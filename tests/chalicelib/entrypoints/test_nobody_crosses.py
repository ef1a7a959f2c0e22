"""Nobody gets into another's: ten thousand requests of every tenant for every customer, and none that crosses."""

import random
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.actions import ask_stripe, throttle
from chalicelib.core import tokens
from chalicelib.core.model import Customer, Kind, Subscription
from chalicelib.core.site import scope
from chalicelib.store import api_keys, keys, sites
from chalicelib.store.table import as_map
from chalicelib.store.tables import ObjectRow
from tests import records
from tests.chalicelib.entrypoints.caller import call
from tests.conftest import ACCOUNT, NOW, SITE, SITE_SECRET, Cloud

SEEDS = (1, 2, 3, 4)
REQUESTS = 2500
"""For each seed: ten thousand in all."""

CONNECTED, FOREIGN = "acct_Connected", "acct_Foreign"
TYPES = (
    None,
    "payment_method_update",
    "customer_update",
    "subscription_cancel",
    "subscription_pause",
    "subscription_update",
)
CONFIRM = "subscription_update_confirm"
SITES = {
    "nordlys": replace(SITE, accounts=(CONNECTED,), offer_prices=("price_nordlys",)),
    "solsken": replace(SITE, id="solsken", account=FOREIGN, accounts=(), offer_prices=("price_solsken",)),
}
SEEN = {"nordlys": (ACCOUNT, CONNECTED), "solsken": (FOREIGN,)}


@dataclass(frozen=True)
class Asked:
    """One request: who asks, for whose customer and with which flow."""

    site: str
    account: str | None
    customer: str
    flow: dict[str, Any] | None
    way: str


@dataclass
class Tenants:
    """Customers of three accounts; the same ids stand in each, so that only the tenant tells them apart."""

    owner: dict[tuple[str, str], str]
    item: dict[tuple[str, str], str]
    customers: set[tuple[str, str]]

    def may(self, asked: Asked) -> bool:
        """Whether the request is wholly the tenant's own, judged by nothing but the lists above."""
        account = asked.account or SITES[asked.site].account
        if account not in SEEN[asked.site] or (account, asked.customer) not in self.customers:
            return False
        flow = asked.flow or {}
        if "subscription" in flow and self.owner.get((account, flow["subscription"])) != asked.customer:
            return False
        return all(
            self.item[account, flow["subscription"]] == item["id"] and item["price"] in SITES[asked.site].offer_prices
            for item in flow.get("items", ())
        )


@pytest.fixture
def tenants(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Tenants:
    """Three accounts, their customers and subscriptions in the table, two sites."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = Tenants({}, {}, set())
    for number, account in enumerate((ACCOUNT, CONNECTED, FOREIGN)):
        for each in range(4):
            customer = f"cus_{each + number}"
            put(account, records.customer(id=customer))
            made.customers.add((account, customer))
            for part in range(2):
                ident, line = (
                    f"sub_{each + number}{part if number else 1 - part}x{each % 2}",
                    f"si_{each}{part}{number}",
                )
                if (account, ident) in made.owner:
                    continue
                items = (replace(records.subscription().items[0], id=line),)
                put(account, records.subscription(id=ident, customer=customer, items=items))
                made.owner[account, ident] = customer
                made.item[account, ident] = line
    for site in SITES.values():
        sites.put(site)
    return made


def put(account: str, record: Customer | Subscription) -> None:
    """Have our table know of it."""
    kind = Kind.CUSTOMER if isinstance(record, Customer) else Kind.SUBSCRIPTION
    owner = record.id if isinstance(record, Customer) else record.customer
    key = keys.of_object(scope(account, livemode=False), kind, record.id, owner, 0)
    ObjectRow(key.pk, key.sk, kind=kind.value, state=as_map(record)).save()


def generated(chance: random.Random, tenants: Tenants) -> Asked:
    """A request of some tenant for something of some tenant."""
    pick = chance.choice
    kind = pick([*TYPES, CONFIRM])
    flow: dict[str, Any] | None = {"type": kind} if kind else None
    if flow and str(kind).startswith("subscription"):
        flow["subscription"] = pick([ident for _, ident in tenants.owner])
        if kind == CONFIRM:
            flow["items"] = [{"id": pick([*tenants.item.values()]), "price": pick(["price_nordlys", "price_solsken"])}]
            if chance.random() < 0.6:  # else hardly any would be allowed
                account, flow["subscription"] = pick([*tenants.owner])
                flow["items"][0]["id"] = tenants.item[account, flow["subscription"]]
    return Asked(
        pick([*SITES]),
        pick([None, None, ACCOUNT, CONNECTED, FOREIGN, "acct_Nobody"]),
        pick([ident for _, ident in tenants.customers]),
        flow,
        pick(["session", "session", "link", "redirect"]),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_of_ten_thousand_requests_none_crosses(tenants: Tenants, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Every session is one that the asking tenant may have, in its own account, and every other request makes none."""
    made: list[tuple[dict[str, Any], str | None]] = []

    def create(params: dict[str, Any], where: str | None = None, _once: str | None = None) -> str:
        made.append((params, where))
        return "https://billing.stripe.com/p/session/test_x"

    monkeypatch.setattr(ask_stripe, "create_portal_session", create)
    monkeypatch.setattr("chalicelib.aws.secrets.site_secrets", lambda site, *_: [f"{SITE_SECRET}_of_{site}"])
    api = {site: api_keys.create(site, ("portal",), NOW) for site in SITES}
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    allowed = crossed = refused = 0

    for number in range(REQUESTS):
        throttle.forget()
        asked = generated(chance, tenants)
        before = len(made)
        statuses = send(asked, api, number)
        sessions = made[before:]
        if tenants.may(asked):
            allowed += 1
            assert len(sessions) == 1, (seed, number, asked, statuses)
            params, where = sessions[0]
            crossed += params["customer"] != asked.customer
            crossed += where != scope(asked.account or SITES[asked.site].account, livemode=False)
        else:
            refused += 1
            crossed += len(sessions)
            assert statuses[-1] in (400, 404), (seed, number, asked, statuses)

    assert crossed == 0, seed
    assert min(allowed, refused) > 150, (allowed, refused)


def send(asked: Asked, api: dict[str, str], number: int) -> list[int]:
    """The request by its way; the statuses of its answers."""
    body: dict[str, Any] = {"customer": asked.customer, **({"flow": asked.flow} if asked.flow else {})}
    query = {"account": asked.account} if asked.account else {}
    if asked.way == "redirect":
        values = signed(asked, number)
        secret = f"{SITE_SECRET}_of_{asked.site}"
        values["signature"] = tokens.sign(asked.site, values, secret)
        return [call("GET", "/portal/{site_id}", query=values, site_id=asked.site).status]
    route = "/v1/portal-sessions" if asked.way == "session" else "/v1/portal-links"
    answer = call("POST", route, body, key=api[asked.site], query=query)
    if asked.way == "session" or answer.status != 201:
        return [answer.status]
    return [answer.status, call("POST", "/l/{token}", token=answer.json["url"].rsplit("/", 1)[1]).status]


def signed(asked: Asked, number: int) -> dict[str, str]:
    """The request as the parameters of a redirect."""
    flow = asked.flow or {}
    values = {"customer": asked.customer, "expires": str(NOW + 60), "nonce": f"nonce-number-{number:06d}"}
    values |= {"account": asked.account} if asked.account else {}
    values |= {"flow": flow["type"]} if flow else {}
    values |= {"subscription": flow["subscription"]} if "subscription" in flow else {}
    for item in flow.get("items", ()):
        values |= {"item": item["id"], "price": item["price"]}
    return values


@pytest.mark.usefixtures("tenants")
def test_a_link_of_one_tenant_is_nobody_elses() -> None:
    api = {site: api_keys.create(site, ("portal",), NOW) for site in SITES}
    made = call("POST", "/v1/portal-links", {"customer": "cus_2"}, key=api["nordlys"]).json

    listed = call("GET", "/v1/portal-links", key=api["solsken"], query={"customer": "cus_2"})
    closed = call("DELETE", "/v1/portal-links/{link_id}", key=api["solsken"], link_id=made["id"])
    own = call("GET", "/v1/portal-links", key=api["nordlys"], query={"customer": "cus_2", "account": CONNECTED})

    assert (listed.json["data"], closed.status, own.json["data"]) == ([], 404, [])
