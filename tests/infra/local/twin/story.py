"""One long story at a merchant's, in which every kind of object occurs, in as many states as possible."""

from dataclasses import dataclass, field
from typing import Any

from tests.infra.local.twin.shop import DAY, Refused, Shop

KINDS = {
    "account",
    "customer",
    "payment_method",
    "product",
    "price",
    "coupon",
    "promotion_code",
    "discount",
    "subscription",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "payment_intent",
    "charge",
    "setup_intent",
    "webhook_endpoint",
    "billing_portal.configuration",
    "billing_portal.session",
    "test_helpers.test_clock",
    "billing.meter",
    "customer_balance_transaction",
    "refund",
    "dispute",
    "credit_note",
    "subscription_schedule",
    "entitlements.feature",
    "entitlements.active_entitlement",
    "product_feature",
}


@dataclass
class Told:
    """What went in and came out: every request, every answer, every event."""

    shop: Shop
    answers: list[Any] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def gather(self) -> None:
        """Takes the new events before they are too old to be kept."""
        for event in self.shop.events():
            if event["id"] not in self.seen:
                self.seen.add(event["id"])
                self.events.append(event)


class Recorder(Shop):
    """A shop that keeps every answer."""

    told: Told

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
        """As the shop's, and kept."""
        self.told.sent.append((method, path, params))
        body = super().ask(method, path, headers, **params)
        self.told.answers += body["data"] if body["object"] == "list" else [body]
        return body


def tell() -> Told:
    """Tells it from the beginning."""
    shop = Recorder()
    told = shop.told = Told(shop)
    shop.twin.world.settings.change({"upcoming_days": 3})
    shop.post("webhook_endpoints", url="http://127.0.0.1:1/hook", enabled_events=["*"], description="all")
    shop.get("account")
    for chapter in (_catalogue, _good_years, _bad_card, _bank, _ends, _odds):
        chapter(shop)
        told.gather()
    return told


def _catalogue(shop: Shop) -> None:
    shop.post("coupons", id="C20", percent_off=20, duration="forever", name="Friends")
    shop.post("coupons", id="C50SEK", amount_off=5000, currency="sek", duration="once")
    code = shop.post("promotion_codes", promotion={"type": "coupon", "coupon": "C20"}, code="FRIENDS")
    shop.get(f"promotion_codes/{code['id']}", expand=["promotion.coupon"])
    shop.get("coupons/C20", expand=["applies_to"])
    shop.post("billing/meters", display_name="Calls", event_name="calls", default_aggregation={"formula": "sum"})
    shop.post("test_helpers/test_clocks", frozen_time=shop.twin.now, name="shown")
    tiers = [{"up_to": 10, "unit_amount": 100}, {"up_to": "inf", "unit_amount_decimal": "50.5", "flat_amount": 20}]
    product = shop.post("products", name="Tiers", default_price_data={"currency": "sek", "unit_amount": 100})
    made = shop.post(
        "prices",
        product=product["id"],
        currency="sek",
        recurring={"interval": "month"},
        billing_scheme="tiered",
        tiers_mode="graduated",
        tiers=tiers,
    )
    shop.get(f"prices/{made['id']}", expand=["tiers", "product.default_price"])
    feature = shop.post("entitlements/features", lookup_key="calls", name="Calls")
    shop.post(f"products/{product['id']}/features", entitlement_feature=feature["id"])
    customer = shop.customer(
        name="Tiina", shipping={"name": "Tiina", "address": {"city": "Oulu"}}, address={"country": "FI"}
    )
    shop.subscribe(customer, made, expand=["latest_invoice.payments.data.payment.payment_intent", "customer"])
    shop.get("entitlements/active_entitlements", customer=customer["id"], expand=["data.feature"])


def _good_years(shop: Shop) -> None:
    customer = shop.customer(name="Astrid", metadata={"user": "1"}, preferred_locales=["sv"])
    basic, pro = shop.price(9900), shop.price(19900)
    sub = shop.subscribe(customer, basic, trial_period_days=7, discounts=[{"promotion_code": _code(shop)}])
    shop.get(
        f"subscriptions/{sub['id']}",
        expand=["discounts.source.coupon", "items.data.price.product", "latest_invoice.lines"],
    )
    shop.renewal(sub)
    item = shop.sub(sub)["items"]["data"][0]["id"]
    shop.twin.advance(10 * DAY)
    shop.post(f"subscriptions/{sub['id']}", items=[{"id": item, "price": pro["id"], "quantity": 2}])
    shop.post("invoices/create_preview", subscription=sub["id"])
    shop.renewal(sub)
    shop.post(
        f"subscriptions/{sub['id']}", items=[{"id": item, "price": basic["id"]}], proration_behavior="always_invoice"
    )
    shop.get("subscriptions", customer=customer["id"], expand=["data.latest_invoice"])
    shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)
    features = {"payment_method_update": {"enabled": True}, "subscription_cancel": {"enabled": True}}
    config = shop.post("billing_portal/configurations", features=features, login_page={"enabled": True})
    shop.post(f"billing_portal/configurations/{config['id']}", business_profile={"headline": "Hej"})
    shop.post(
        "billing_portal/sessions",
        customer=customer["id"],
        flow_data={"type": "payment_method_update"},
        after_expiration={"type": "customer_login"},
        expand=["configuration"],
    )
    shop.post(f"customers/{customer['id']}", expand=["subscriptions"])
    shop.renewal(sub)


def _code(shop: Shop) -> str:
    return str(shop.get("promotion_codes", code="FRIENDS")["data"][0]["id"])


def _bad_card(shop: Shop) -> None:
    for end in ("unpaid", "pause", "cancel"):
        shop.twin.world.settings.change({"end_action": end, "end_invoice": "uncollectible"})
        customer = shop.customer()
        sub = shop.subscribe(customer, shop.price())
        shop.new_default(customer, "pm_card_chargeCustomerFail")
        shop.renewal(sub)
        shop.get(
            f"invoices/{shop.latest(sub)['id']}", expand=["payments.data.payment.payment_intent", "confirmation_secret"]
        )
        shop.twin.advance(15 * DAY)
        if isinstance(shop, Recorder):
            shop.told.gather()
        shop.get(f"subscriptions/{sub['id']}", expand=["latest_invoice"])
    shop.twin.world.settings.change({"end_action": "cancel", "end_invoice": "open"})


def _bank(shop: Shop) -> None:
    customer = shop.customer("pm_card_authenticationRequired")
    sub = shop.subscribe(customer, shop.price())
    assert sub["status"] == "incomplete"
    shop.twin.advance(DAY)
    shop.post("setup_intents", customer=customer["id"], payment_method="pm_card_visa", confirm=True)
    shop.post("setup_intents", customer=customer["id"], payment_method="pm_card_threeDSecure2Required", confirm=True)
    shop.post("payment_intents", amount=500, currency="sek", confirm=True, payment_method="pm_card_visa")
    try:
        shop.post(
            "payment_intents",
            amount=500,
            currency="sek",
            confirm=True,
            payment_method="pm_card_visa_chargeDeclinedLostCard",
        )
    except Refused:
        shop.get("payment_intents", expand=["data.latest_charge"])


def _ends(shop: Shop) -> None:
    customer = shop.customer()
    sub = shop.subscribe(customer, shop.price(), collection_method="send_invoice", days_until_due=5)
    shop.twin.advance(8 * DAY)
    shop.post(f"invoices/{shop.latest(sub)['id']}/pay", paid_out_of_band=True)
    shop.post("invoiceitems", customer=customer["id"], amount=700, currency="sek", description="Extra")
    draft = shop.post("invoices", customer=customer["id"], pending_invoice_items_behavior="include", auto_advance=False)
    shop.post(f"invoices/{draft['id']}/finalize")
    shop.post(f"invoices/{draft['id']}/void")
    shop.ask("DELETE", f"subscriptions/{sub['id']}", None, prorate=True, invoice_now=True)
    paused = shop.subscribe(shop.customer(), shop.price())
    shop.post(f"subscriptions/{paused['id']}/pause", type="subscription")
    shop.post(f"subscriptions/{paused['id']}/resume")
    shop.post(
        f"subscriptions/{paused['id']}", pause_collection={"behavior": "void", "resumes_at": shop.twin.now + 40 * DAY}
    )
    shop.renewal(paused)
    shop.ask("DELETE", f"customers/{customer['id']}")


def _odds(shop: Shop) -> None:
    customer = shop.customer()
    meter = shop.get("billing/meters")["data"][0]
    product = shop.post("products", name="Calls")
    metered = shop.post(
        "prices",
        product=product["id"],
        currency="sek",
        unit_amount=10,
        recurring={"interval": "month", "usage_type": "metered", "meter": meter["id"]},
    )
    sub = shop.post(
        "subscriptions",
        customer=customer["id"],
        items=[{"price": metered["id"]}, {"price": shop.price(5000, "year")["id"]}],
    )
    shop.post("billing/meter_events", event_name="calls", payload={"stripe_customer_id": customer["id"], "value": "30"})
    shop.renewal(sub)
    card = shop.get("payment_methods", customer=customer["id"])["data"][0]
    shop.post(f"payment_methods/{card['id']}", card={"exp_year": 2033}, metadata={"a": "b"})
    shop.post(f"payment_methods/{card['id']}/detach")
    shop.get("events", types=["payment_method.detached"])
    shop.get("charges", customer=customer["id"])
    shop.get("invoice_payments")
    _money_back(shop)


def _money_back(shop: Shop) -> None:
    customer = shop.customer("pm_card_createDispute")
    shop.subscribe(customer, shop.price())
    dispute = shop.get("disputes", expand=["data.charge"])["data"][0]
    shop.post(f"disputes/{dispute['id']}", evidence={"product_description": "A plan"}, submit=False)
    shop.post(f"disputes/{dispute['id']}/close")
    sub = shop.subscribe(shop.customer(), shop.price(7000))
    charge = shop.get("charges", limit=1)["data"][0]
    shop.post("refunds", charge=charge["id"], amount=100, expand=["charge.refunds"])
    note = shop.post("credit_notes", invoice=sub["latest_invoice"], amount=500, credit_amount=300, refund_amount=200)
    shop.post(f"credit_notes/{note['id']}", memo="Sorry", expand=["customer_balance_transaction", "refunds.refund"])
    schedule = shop.post("subscription_schedules", from_subscription=sub["id"], expand=["subscription"])
    phases = [{"items": [{"price": shop.price(p)["id"]}]} for p in (7000, 5000)]
    shop.post(f"subscription_schedules/{schedule['id']}", phases=phases)
    shop.post(f"subscription_schedules/{schedule['id']}/release")
