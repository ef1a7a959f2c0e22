"""What a page handler returns: facts for a template, or an address to go to. No HTML here."""

from dataclasses import dataclass, field

from infra.local.twin.core import portal_rules
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World


@dataclass(frozen=True)
class View:
    """A template's name and the facts it shows; amounts are minor units, times UTC seconds."""

    template: str
    facts: Obj = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Redirect:
    """303 to this address."""

    url: str


Page = View | Redirect


def card_facts(world: World, customer: Obj) -> list[Obj]:
    """The customer's cards."""
    default = customer["invoice_settings"]["default_payment_method"]
    return [
        {
            "id": c["id"],
            "brand": c["card"]["brand"],
            "last4": c["card"]["last4"],
            "exp_month": c["card"]["exp_month"],
            "exp_year": c["card"]["exp_year"],
            "is_default": c["id"] == default,
        }
        for c in world.find("payment_method", "customer", customer["id"])
    ]


def price_facts(world: World, price: Obj) -> Obj:
    """A plan as a person knows it."""
    return {
        "id": price["id"],
        "name": world.get("product", price["product"])["name"],
        "amount": price["unit_amount"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
    }


def subscription_facts(world: World, sub: Obj, config: Obj) -> Obj:
    """A subscription and what may be done with it here."""
    features, rows = config["features"], sub["items"]["data"]
    lively = sub["status"] in ("active", "trialing", "past_due")
    return {
        "id": sub["id"],
        "status": sub["status"],
        "cancel_at": sub["cancel_at"],
        "trial_end": sub["trial_end"],
        "items": [
            {**price_facts(world, i["price"]), "quantity": i.get("quantity"), "period_end": i["current_period_end"]}
            for i in rows
        ],
        "scheduled": bool(sub["schedule"]),
        "may": {
            "update": lively
            and features["subscription_update"]["enabled"]
            and portal_rules.why_no_update(sub) is None
            and not sub["cancel_at"],
            "cancel": sub["status"] not in ("canceled", "incomplete_expired", "incomplete")
            and not sub["cancel_at"]
            and not sub["schedule"]
            and features["subscription_cancel"]["enabled"],
            "keep": bool(sub["cancel_at"]) and sub["status"] != "canceled",
            "pause": lively and features["subscription_pause"]["enabled"] and sub["billing_mode"]["type"] == "flexible",
            "resume": sub["status"] == "paused",
        },
    }


def invoice_facts(invoice: Obj) -> Obj:
    """An invoice as a line of the history, and the head of its own page."""
    return {
        k: invoice[k]
        for k in (
            "id",
            "number",
            "status",
            "currency",
            "amount_due",
            "amount_paid",
            "amount_remaining",
            "total",
            "created",
            "due_date",
            "hosted_invoice_url",
            "invoice_pdf",
            "account_name",
            "customer_email",
            "customer_name",
        )
    }
