"""Events as an endpoint of an older API version gets them: the fields that moved, where they used to be."""

from infra.local.twin.core.values import Obj

VERSIONS = ("2024-06-20",)
"""The older versions that an endpoint can be made in; chaos uses the first."""


def as_of(version: str, event: Obj) -> Obj:
    """`event` in the shape of `version` (2024-06-20), as far as subscriptions and invoices go."""
    event["api_version"] = version
    obj = event["data"]["object"]
    change = {"subscription": _subscription, "invoice": _invoice}.get(obj.get("object"))
    if change:
        change(obj)
    return event


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
    for name in ("billing_mode", "billing_schedules", "managed_payments", "status_details"):
        obj.pop(name, None)


def _invoice(obj: Obj) -> None:
    parent = obj.pop("parent", None) or {}
    details = parent.get("subscription_details") or {}
    obj["subscription"] = details.get("subscription")
    obj["subscription_details"] = {"metadata": details.get("metadata")}
    obj["paid"] = obj["status"] == "paid"
    obj["paid_out_of_band"] = False
    obj["charge"] = obj["payment_intent"] = obj["tax"] = obj["discount"] = None
    for name in ("amount_overpaid", "total_taxes", "status_details"):
        obj.pop(name, None)
