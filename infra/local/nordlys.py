"""Nordlys, the merchant of the demo: what it sells, and how it sets up its Stripe account."""

from collections.abc import Sequence
from dataclasses import dataclass

import stripe

from chalicelib.stripe_api.paging import Raw
from chalicelib.stripe_api.version import API_VERSION
from infra.stripe import portal_file
from infra.stripe.configuration import Kind


@dataclass(frozen=True)
class Plan:
    """A coffee subscription. `price` is the id of its monthly price, `amount` in öre."""

    name: str
    about: str
    amount: int
    price: str
    product: str


OFFERED = (
    ("Nordlys Small", "One bag of 250 g, freshly roasted, on your doorstep every month.", 14900),
    ("Nordlys Large", "Three bags of 250 g from three farms, with the story of each.", 34900),
)

COUPON = "STAY20"
PAUSES = [{"interval": "month", "interval_count": 1}, {"interval": "month", "interval_count": 3}]


def client(api_key: str, address: str) -> stripe.StripeClient:
    """The official SDK, talking to `address`."""
    return stripe.StripeClient(api_key, stripe_version=API_VERSION, base_addresses={"api": address})


def create_plans(shop: stripe.StripeClient) -> list[Plan]:
    """Create the products and prices."""
    plans = []
    for name, about, amount in OFFERED:
        product = shop.v1.products.create({"name": name, "description": about})
        price = shop.v1.prices.create(
            {"product": product.id, "currency": "sek", "unit_amount": amount, "recurring": {"interval": "month"}}
        )
        plans.append(Plan(name, about, amount, price.id, product.id))
    return plans


def create_coupon(shop: stripe.StripeClient) -> str:
    """What the merchant offers to who is about to leave."""
    return shop.v1.coupons.create(
        {"id": COUPON, "name": "Stay with us", "percent_off": 20, "duration": "repeating", "duration_in_months": 3}
    ).id


def list_plans(shop: stripe.StripeClient) -> list[Plan]:
    """The plans as the shop shows them, cheapest first."""
    plans = []
    for price in shop.v1.prices.list({"active": True, "expand": ["data.product"], "limit": 10}).data:
        product = price.product
        if isinstance(product, stripe.Product) and price.unit_amount is not None:
            plans.append(Plan(product.name, product.description or "", price.unit_amount, price.id, product.id))
    return sorted(plans, key=lambda plan: plan.amount)


def portals(plans: Sequence[Plan]) -> dict[Kind, Raw]:
    """The portal configurations: the shipped ones, and a change between the plans."""
    full, minimal = portal_file.read("full"), portal_file.read("minimal")
    change = {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "proration_behavior": "create_prorations",
        "products": [{"product": plan.product, "prices": [plan.price]} for plan in plans],
    }
    pause = {"enabled": True, "duration": {"type": "interval_options", "interval_options": PAUSES}}
    features = {**full["features"], "subscription_update": change, "subscription_pause": pause}
    headline = {"headline": "Nordlys - coffee with the light of the north"}
    return {"full": {**full, "business_profile": headline, "features": features}, "minimal": minimal}


def subscribe(shop: stripe.StripeClient, name: str, email: str, price: str, language: str = "en") -> tuple[str, str]:
    """Create a customer with a Visa card and a subscription; the ids of the customer and the card."""
    customer = shop.v1.customers.create({"name": name, "email": email, "preferred_locales": [language]})
    card = shop.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    shop.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price}], "payment_behavior": "error_if_incomplete"}
    )
    return customer.id, card.id
