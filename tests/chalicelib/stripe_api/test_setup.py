"""Setting an account up: whole lists, Stripe's own words in a refusal, and what is undelivered."""

import pytest

from chalicelib.core.events import enabled_events
from chalicelib.errors import StripeRefused, StripeUnavailable
from chalicelib.stripe_api import gateway, setup
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.version import API_VERSION
from tests.conftest import NOW
from tests.edge import TwinEdge

FEATURES = {"features": {"invoice_history": {"enabled": True}}}
ENDPOINT = {"url": "https://nordlys.example/", "enabled_events": ["customer.created"], "api_version": API_VERSION}


@pytest.fixture
def client(edge: TwinEdge) -> Client:
    return gateway.client("sk_test_twin", None)


def test_configurations_are_listed_to_the_last_page_inactive_ones_too(client: Client) -> None:
    made = [setup.create_configuration(client, FEATURES)["id"] for _ in range(103)]
    setup.update_configuration(client, made[50], {"active": False})

    assert [each["id"] for each in setup.configurations(client)] == made[::-1]


def test_an_endpoint_shows_its_secret_once(client: Client) -> None:
    made = setup.create_endpoint(client, ENDPOINT)

    assert made["secret"].startswith("whsec")
    assert "secret" not in setup.update_endpoint(client, made["id"], {"disabled": True})
    (there,) = setup.endpoints(client)
    assert ("secret" in there, there["status"]) == (False, "disabled")
    setup.delete_endpoint(client, made["id"])
    assert setup.endpoints(client) == []


def test_a_refusal_has_stripes_own_words_and_parameter(client: Client) -> None:
    with pytest.raises(StripeRefused, match="Invalid enabled_events") as caught:
        setup.create_endpoint(client, ENDPOINT | {"enabled_events": ["customer.vanished"]})
    assert caught.value.param == "enabled_events[0]"
    with pytest.raises(StripeRefused, match="No such"):
        setup.delete_endpoint(client, "we_nobody")


def test_other_failures_are_ours(client: Client, edge: TwinEdge) -> None:
    edge.fail = lambda _method, _path: ('{"error": {"message": "Invalid API Key rk_***"}}', 401, {})
    with pytest.raises(StripeRefused, match="AuthenticationError") as caught:
        setup.create_configuration(client, FEATURES)
    assert "rk_" not in caught.value.message
    edge.fail = lambda _method, _path: ("{}", 500, {})
    with pytest.raises(StripeUnavailable):
        setup.endpoints(client)


def test_what_is_undelivered_is_counted_by_type_and_second(client: Client, edge: TwinEdge) -> None:
    setup.create_endpoint(client, ENDPOINT)
    for _ in range(3):
        client.v1.customers.create({})
    taken = edge.twin.take()
    assert taken is not None
    edge.twin.settle(taken[0], 200)

    assert setup.undelivered(client, enabled_events(), NOW, NOW) == 2
    assert setup.undelivered(client, enabled_events(), NOW + 1, NOW + 9) == 0
    assert setup.undelivered(client, enabled_events(), NOW - 9, NOW - 1) == 0
    assert setup.undelivered(client, ["product.created"], NOW, NOW) == 0
