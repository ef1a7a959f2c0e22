"""How a merchant's Stripe account is set up: what `infra.doctor` looks at. Nothing that is deployed calls this."""

from typing import Any

from chalicelib.stripe_api import lists
from chalicelib.stripe_api.gateway import Client, refusals
from chalicelib.stripe_api.paging import Raw


def account_id(client: Client) -> str:
    """The account that the API key belongs to. Raises StripeUnavailable, StripeRefused."""
    with refusals():
        found: Any = client.raw_request("get", "/v1/account").data
    return str(found["id"])


def webhook_endpoints(client: Client) -> list[Raw]:
    """Every webhook endpoint in the key's mode; Stripe allows 16, so one page holds them. Raises as `account_id`."""
    return lists.page(client, "/v1/webhook_endpoints", {}).data


def portal_configurations(client: Client) -> list[Raw]:
    """The active portal configurations, newest first, at most 100; the default always among them. Raises as `account_id`."""
    default = lists.page(client, "/v1/billing_portal/configurations", {"active": True, "is_default": True}).data
    return [*default, *lists.page(client, "/v1/billing_portal/configurations", {"active": True}).data]
