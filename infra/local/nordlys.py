"""Nordlys, the merchant of the demo: what it sells, and how it sets up its Stripe account."""

from collections.abc import Sequence
from dataclasses import dataclass

import stripe

from chalicelib.core.events import enabled_events
from chalicelib.stripe_api.version import API_VERSION


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


def list_plans(shop: stripe.StripeClient) -> list[Plan]:
    """The plans as the shop shows them, cheapest first."""
    plans = []
    for price in shop.v1.prices.list({"active": True, "expand": ["data.product"], "limit": 10}).data:
        product = price.product
        if isinstance(product, stripe.Product) and price.unit_amount is not None:
            plans.append(Plan(product.name, product.description or "", price.unit_amount, price.id, product.id))
    return sorted(plans, key=lambda plan: plan.amount)


def configure_portal(shop: stripe.StripeClient, plans: Sequence[Plan], home: str) -> str:
    """Create the portal configuration: new card, change of plan, cancellation with a reason. Its id."""
    configuration = shop.v1.billing_portal.configurations.create(
        {
            "business_profile": {"headline": "Nordlys - coffee with the light of the north"},
            "default_return_url": home,
            "features": {
                "customer_update": {"enabled": True, "allowed_updates": ["email", "name"]},
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {
                    "enabled": True,
                    "mode": "at_period_end",
                    "cancellation_reason": {
                        "enabled": True,
                        "options": ["too_expensive", "missing_features", "switched_service", "unused", "other"],
                    },
                },
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "proration_behavior": "create_prorations",
                    "products": [{"product": plan.product, "prices": [plan.price]} for plan in plans],
                },
            },
        }
    )
    return configuration.id


def register_webhook(shop: stripe.StripeClient, address: str) -> str:
    """Have Stripe send its events to `address`; the endpoint's signing secret."""
    endpoint = shop.v1.webhook_endpoints.create(
        {"url": address, "enabled_events": enabled_events(), "api_version": API_VERSION}  # type: ignore[typeddict-item]
    )
    if not endpoint.secret:
        raise ValueError("Stripe gave no signing secret for the new webhook endpoint.")
    return endpoint.secret


def subscribe(shop: stripe.StripeClient, name: str, email: str, price: str, language: str = "en") -> tuple[str, str]:
    """Create a customer with a Visa card and a subscription; the ids of the customer and the card."""
    customer = shop.v1.customers.create({"name": name, "email": email, "preferred_locales": [language]})
    card = shop.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    shop.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": price}], "payment_behavior": "error_if_incomplete"}
    )
    return customer.id, card.id
