"""Events as an endpoint of an older API version gets them: the fields that moved, where they used to be.

Each step undoes what one version brought to one kind of object. Only what moved or came is undone, as far as it is known.
"""

from collections.abc import Callable

from infra.local.twin.core.values import Obj

Step = Callable[[Obj], None]

VERSIONS = ("2024-06-20", "2020-08-27", "2024-09-30.acacia", "2025-03-31.basil", "2025-09-30.clover")
"""The older versions that an endpoint can be made in; chaos uses the first."""


def as_of(version: str, event: Obj) -> Obj:
    """`event` in the shape of `version` (2020-08-27 or later): subscriptions, invoices, payments and discounts change."""
    event["api_version"] = version
    obj = event["data"]["object"]
    for since, steps in STEPS:
        if version[:10] < since and obj.get("object") in steps:
            steps[obj["object"]](obj)
    return event


def _without(*names: str) -> Step:
    def step(obj: Obj) -> None:
        for name in names:
            obj.pop(name, None)

    return step


def _subscription(obj: Obj) -> None:
    items = obj["items"]["data"]
    if items:
        obj["current_period_start"] = items[0].get("current_period_start")
        obj["current_period_end"] = items[0].get("current_period_end")
        obj["plan"], obj["quantity"] = items[0]["plan"], items[0].get("quantity")
    for item in items:
        item.pop("current_period_start", None)
        item.pop("current_period_end", None)
    obj["discount"] = None
    obj.pop("billing_mode", None)


def _invoice(obj: Obj) -> None:
    parent = obj.pop("parent", None) or {}
    details = parent.get("subscription_details") or {}
    obj["subscription"] = details.get("subscription")
    obj["subscription_details"] = {"metadata": details.get("metadata")}
    obj["paid"] = obj["status"] == "paid"
    obj["paid_out_of_band"] = False
    obj["charge"] = obj["payment_intent"] = obj["tax"] = obj["discount"] = obj["quote"] = None
    obj["application_fee_amount"] = obj["transfer_data"] = None
    obj["total_tax_amounts"] = obj.pop("total_taxes", [])
    for name in ("amount_overpaid", "confirmation_secret"):
        obj.pop(name, None)
    for line in (obj.get("lines") or {}).get("data", []):
        _line(line)


def _line(line: Obj) -> None:
    parent, pricing = line.pop("parent", None) or {}, line.pop("pricing", None) or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    line["type"] = "subscription" if parent.get("type") == "subscription_item_details" else "invoiceitem"
    line["proration"] = bool(details.get("proration"))
    line["subscription"], line["subscription_item"] = details.get("subscription"), details.get("subscription_item")
    price = pricing.get("price_details") or {}
    line["price"] = {"id": price.get("price"), "object": "price", "product": price.get("product")} if price else None
    line["plan"] = {"id": price.get("price"), "object": "plan", "product": price.get("product")} if price else None
    line["tax_amounts"] = line.pop("taxes", [])


def _intent(obj: Obj) -> None:
    order = (obj.pop("payment_details", None) or {}).get("order_reference")
    obj["invoice"] = order


def _charge(obj: Obj) -> None:
    obj["invoice"] = None


def _discount(obj: Obj) -> None:
    source = obj.pop("source")["coupon"]
    obj["coupon"] = source if isinstance(source, dict) else {"id": source, "object": "coupon"}


def _no_advice(obj: Obj) -> None:
    """Before 2024 a refusal came without advice."""
    for reason in (obj.get("outcome"), obj.get("last_payment_error")):
        for name in ("advice_code", "network_advice_code", "network_decline_code"):
            (reason or {}).pop(name, None)


def _intent_of_2020(obj: Obj) -> None:
    _no_advice(obj)
    obj["charges"] = {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": "/v1/charges"}
    obj.pop("latest_charge", None)


def _charge_of_2020(obj: Obj) -> None:
    _no_advice(obj)
    url = f"/v1/charges/{obj['id']}/refunds"
    obj["refunds"] = {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": url}


STEPS: tuple[tuple[str, dict[str, Step]], ...] = (
    (
        "2026-09-30",
        {
            "subscription": _without("status_details"),
            "invoice": _without("status_details"),
            "payment_intent": _without("allowed_payment_method_types"),
            "subscription_schedule": _without("pause_schedules"),
        },
    ),
    ("2026-03-25", {"subscription": _without("billing_schedules", "managed_payments")}),
    ("2025-09-30", {"discount": _discount}),
    (
        "2025-03-31",
        {"subscription": _subscription, "invoice": _invoice, "payment_intent": _intent, "charge": _charge},
    ),
    ("2022-11-15", {"payment_intent": _intent_of_2020, "charge": _charge_of_2020}),
)
"""The first day of a version that brought something, newest first, and how to undo it."""
