"""Does Stamkund's state API say what Stripe says? Two views of one customer, made independently and compared."""

import json
import urllib.request
from typing import Any

import stripe

from infra.local.stack import Stack

View = dict[str, Any]

INVOICE = (
    *("number", "status", "currency", "amount_due", "amount_paid", "amount_remaining", "attempt_count"),
    *("next_payment_attempt", "billing_reason", "created"),
)
SUBSCRIPTION = ("status", "cancel_at", "cancel_at_period_end", "canceled_at", "ended_at", "trial_end", "created")
ITEM = ("quantity", "current_period_start", "current_period_end")


class Disagreement(Exception):
    """The two views differ; the message says where."""


def check(stack: Stack, shop: stripe.StripeClient, customer: str) -> None:
    """Compare both views of a customer. Raises Disagreement."""
    ours, theirs = view_of_api(state(stack, customer)), view_of_stripe(shop, customer)
    differences = [
        f"{name}: Stamkund says {ours[name]!r}, Stripe says {theirs[name]!r}"
        for name in theirs
        if ours[name] != theirs[name]
    ]
    if differences:
        raise Disagreement("\n".join(differences))


def state(stack: Stack, customer: str) -> View:
    """GET /v1/customers/{id}."""
    request = urllib.request.Request(
        f"{stack.api}/v1/customers/{customer}", headers={"Authorization": f"Bearer {stack.api_key}"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        answer: View = json.load(reply)
        return answer


def view_of_api(answer: View) -> View:
    """What the state API says, by id."""
    return {
        "name": answer["name"],
        "email": answer["email"],
        "subscriptions": {
            each["id"]: {name: each[name] for name in SUBSCRIPTION}
            | {
                "items": [
                    {name: item[name] for name in (*ITEM, "price", "product_name", "unit_amount", "currency")}
                    for item in each["items"]
                ]
            }
            for each in answer["subscriptions"]
        },
        "cards": {
            each["id"]: (each["brand"], each["last4"], each["exp_month"], each["exp_year"], each["is_default"])
            for each in answer["cards"]
        },
        "invoices": {
            each["id"]: {name: each[name] for name in INVOICE}
            for each in (*answer["recent_invoices"], *answer["open_invoices"])
        },
        "open": sorted(each["id"] for each in answer["open_invoices"]),
    }


def view_of_stripe(shop: stripe.StripeClient, customer: str) -> View:
    """What Stripe says, by id, read with its own SDK. Drafts are not yet invoices to anybody."""
    person = shop.v1.customers.retrieve(customer)
    subscriptions = shop.v1.subscriptions.list({"customer": customer, "status": "all"}).data
    cards = shop.v1.customers.payment_methods.list(customer).data
    invoices = [each for each in shop.v1.invoices.list({"customer": customer}).data if each.status != "draft"]
    settings = person.invoice_settings
    default = settings.default_payment_method if settings else None
    return {
        "name": person.name,
        "email": person.email,
        "subscriptions": {
            each.id: {name: each[name] for name in SUBSCRIPTION}
            | {"items": [_item(shop, item) for item in each["items"]]}
            for each in subscriptions
        },
        "cards": {
            each.id: (each.card.brand, each.card.last4, each.card.exp_month, each.card.exp_year, each.id == default)
            for each in cards
            if each.card
        },
        "invoices": {each.id: {name: each[name] for name in INVOICE} for each in invoices},
        "open": sorted(str(each.id) for each in invoices if each.status == "open"),
    }


def _item(shop: stripe.StripeClient, item: stripe.SubscriptionItem) -> View:
    price = item.price
    product = shop.v1.products.retrieve(str(price.product))
    return {name: item[name] for name in ITEM} | {
        "price": price.id,
        "product_name": product.name,
        "unit_amount": price.unit_amount,
        "currency": price.currency,
    }
