"""No parameter is taken and forgotten: each is read by the code of its route, refused, or kept whole in what is shown."""

from typing import Any

import pytest

from infra.local.twin.core.params import flag, shape
from infra.local.twin.core.routes import ROUTES, Route
from tests.infra.local.twin.shop import Shop
from tests.infra.local.twin.unread import unread

WHOLE = {
    "/v1/billing/meters": ("customer_mapping", "default_aggregation", "display_name", "value_settings"),
    "/v1/billing_portal/configurations": ("business_profile", "features"),
    "/v1/billing_portal/sessions": ("flow_data",),
    "/v1/customers": (
        "balance",
        "business_name",
        "description",
        "individual_name",
        "invoice_prefix",
        "invoice_settings",
        "next_invoice_sequence",
        "tax_exempt",
    ),
    "/v1/disputes": ("evidence",),
    "/v1/invoices": ("custom_fields",),
    "/v1/payment_methods": ("card",),
    "/v1/prices": ("active", "nickname", "recurring", "tax_behavior", "transform_quantity"),
    "/v1/products": (
        "active",
        "description",
        "marketing_features",
        "name",
        "shippable",
        "statement_descriptor",
        "tax_code",
        "unit_label",
    ),
    "/v1/subscriptions": ("cancellation_details", "trial_settings"),
}
"""What is put into the object as it was given, or goes through a loop over all that was given; the object is what is read."""


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_every_parameter_is_read_or_kept_whole(route: Route) -> None:
    kept = WHOLE.get(route.path.removesuffix("/{}"), ())

    assert {name for name in unread(route) if name.split(".")[0] not in kept} == set()


def test_the_check_finds_what_nothing_reads() -> None:
    route = next(r for r in ROUTES if (r.method, r.path) == ("POST", "/v1/refunds"))
    forgotten = Route("POST", "/v1/refunds", route.handler, {**route.params, "hush": shape(money=flag)})

    assert unread(forgotten) - unread(route) == {"hush", "hush.money"}


KEPT: list[tuple[str, dict[str, Any]]] = [
    (
        "customers",
        {
            "balance": -5,
            "business_name": "Nordlys AB",
            "description": "d",
            "individual_name": "Kim",
            "invoice_prefix": "NORD",
            "next_invoice_sequence": 7,
            "tax_exempt": "exempt",
        },
    ),
    (
        "products",
        {
            "active": False,
            "description": "d",
            "marketing_features": [{"name": "fast"}],
            "name": "n",
            "shippable": True,
            "statement_descriptor": "NORDLYS PRO",
            "tax_code": "txcd_10000000",
            "unit_label": "seat",
        },
    ),
    ("prices", {"active": False, "nickname": "n", "tax_behavior": "inclusive"}),
    ("billing/meters", {"display_name": "Calls 2"}),
]


@pytest.mark.parametrize("path, given", KEPT, ids=[path for path, _ in KEPT])
def test_what_is_kept_whole_is_shown_again(shop: Shop, path: str, given: dict[str, Any]) -> None:
    shop.price()
    shop.customer()
    shop.post("billing/meters", display_name="Calls", event_name="calls", default_aggregation={"formula": "sum"})
    made = shop.get(path)["data"][0]["id"]
    shop.post(f"{path}/{made}", **given)

    shown = shop.get(f"{path}/{made}")
    assert {name: shown[name] for name in given} == given
