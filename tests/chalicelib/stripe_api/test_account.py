"""What the doctor asks of a Stripe account."""

import pytest

from chalicelib.errors import StripeRefused, StripeUnavailable
from chalicelib.stripe_api import account, gateway
from chalicelib.stripe_api.gateway import Client
from tests.conftest import ACCOUNT
from tests.edge import TwinEdge


@pytest.fixture
def client(edge: TwinEdge) -> Client:
    return gateway.client("sk_test_twin", None)


def test_the_keys_account(client: Client) -> None:
    assert account.account_id(client) == ACCOUNT


def test_endpoints_as_stripe_has_them(client: Client) -> None:
    assert account.webhook_endpoints(client) == []
    client.v1.webhook_endpoints.create({"url": "https://nordlys.example/", "enabled_events": ["invoice.paid"]})

    (found,) = account.webhook_endpoints(client)
    assert (found["url"], found["status"]) == ("https://nordlys.example/", "enabled")


def test_only_active_configurations_count(client: Client) -> None:
    features = client.v1.billing_portal.configurations
    default, other = (features.create({"features": {"invoice_history": {"enabled": True}}}) for _ in range(2))
    features.update(other.id, {"active": False})

    assert {each["id"] for each in account.portal_configurations(client)} == {default.id}


def test_failures_are_ours(client: Client, edge: TwinEdge) -> None:
    edge.fail = lambda _method, _path: ('{"error": {"message": "no"}}', 403, {})
    with pytest.raises(StripeRefused, match="PermissionError"):
        account.account_id(client)
    edge.fail = lambda _method, _path: ("{}", 500, {})
    with pytest.raises(StripeUnavailable):
        account.webhook_endpoints(client)
