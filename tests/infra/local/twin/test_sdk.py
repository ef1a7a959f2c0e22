"""The official SDK does all of it, typed: every route of the twin is reached by a call that mypy has checked against Stripe's
own parameter types."""

import pytest
import stripe

from infra.local.twin import Twin
from infra.local.twin.core import routes
from tests.edge import TwinEdge

NOW = 1_793_620_800
DAY = 86_400


class Tour:
    """A merchant who does everything once, by the SDK."""

    def __init__(self, edge: TwinEdge, client: stripe.StripeClient) -> None:
        self.edge, self.v1 = edge, client.v1

    def catalogue(self) -> None:
        """Products, prices, coupons, promotion codes, meters."""
        v1 = self.v1
        self.product = v1.products.create({"name": "Plus"})
        v1.products.update(self.product.id, {"metadata": {"shelf": "1"}})
        v1.products.retrieve(self.product.id)
        v1.products.list({"limit": 3})
        v1.products.delete(v1.products.create({"name": "Spare"}).id)
        self.price = v1.prices.create(
            {"product": self.product.id, "currency": "sek", "unit_amount": 14900, "recurring": {"interval": "month"}}
        )
        self.large = v1.prices.create(
            {"product": self.product.id, "currency": "sek", "unit_amount": 34900, "recurring": {"interval": "month"}}
        )
        v1.prices.update(self.price.id, {"nickname": "monthly"})
        v1.prices.retrieve(self.price.id, {"expand": ["product"]})
        v1.prices.list({"product": self.product.id})
        self.coupon = v1.coupons.create({"percent_off": 20.0, "duration": "repeating", "duration_in_months": 3})
        v1.coupons.update(self.coupon.id, {"name": "A fifth"})
        v1.coupons.retrieve(self.coupon.id)
        v1.coupons.list()
        v1.coupons.delete(v1.coupons.create({"amount_off": 500, "currency": "sek", "duration": "once"}).id)
        code = v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": self.coupon.id}, "code": "PLUS20"})
        v1.promotion_codes.update(code.id, {"active": True})
        v1.promotion_codes.retrieve(code.id)
        v1.promotion_codes.list({"code": "PLUS20"})
        meter = v1.billing.meters.create(
            {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
        )
        v1.billing.meters.update(meter.id, {"display_name": "API calls"})
        v1.billing.meters.retrieve(meter.id)
        v1.billing.meters.list()
        feature = v1.entitlements.features.create({"lookup_key": "calls", "name": "Calls"})
        v1.entitlements.features.update(feature.id, {"name": "API calls"})
        v1.entitlements.features.retrieve(feature.id)
        v1.entitlements.features.list({"limit": 1})
        attached = v1.products.features.create(self.product.id, {"entitlement_feature": feature.id})
        v1.products.features.retrieve(self.product.id, attached.id)
        v1.products.features.list(self.product.id)
        v1.products.features.delete(self.product.id, attached.id)
        v1.products.features.create(self.product.id, {"entitlement_feature": feature.id})

    def customers(self) -> None:
        """Customers, cards, balance, set-up intents."""
        v1 = self.v1
        self.customer = v1.customers.create({"email": "astrid@example.com", "preferred_locales": ["sv"]}).id
        card = v1.payment_methods.attach("pm_card_visa", {"customer": self.customer}).id
        v1.customers.update(self.customer, {"invoice_settings": {"default_payment_method": card}})
        v1.customers.retrieve(self.customer)
        v1.customers.list({"email": "astrid@example.com"})
        v1.customers.delete(v1.customers.create({"name": "Nobody"}).id)
        v1.customers.payment_methods.list(self.customer)
        v1.customers.payment_methods.retrieve(self.customer, card)
        v1.customers.balance_transactions.create(self.customer, {"amount": -100, "currency": "sek"})
        v1.customers.balance_transactions.list(self.customer)
        spare = v1.payment_methods.create(
            {"type": "card", "card": {"number": "5555555555554444", "exp_month": 12, "exp_year": 2034, "cvc": "123"}}
        ).id
        v1.payment_methods.attach(spare, {"customer": self.customer})
        v1.payment_methods.update(spare, {"metadata": {"kind": "spare"}})
        v1.payment_methods.retrieve(spare)
        v1.payment_methods.list({"customer": self.customer})
        v1.payment_methods.detach(spare)
        setup = v1.setup_intents.create({"customer": self.customer, "payment_method": card}).id
        v1.setup_intents.confirm(setup)
        v1.setup_intents.retrieve(setup)
        v1.setup_intents.list({"customer": self.customer})
        v1.setup_intents.cancel(v1.setup_intents.create({"customer": self.customer}).id)
        v1.billing.meter_events.create(
            {"event_name": "calls", "payload": {"stripe_customer_id": self.customer, "value": "3"}}
        )

    def subscriptions(self) -> None:
        """Subscriptions, their items, schedules, pauses."""
        v1 = self.v1
        self.subscription = v1.subscriptions.create(
            {"customer": self.customer, "items": [{"price": self.price.id}], "discounts": [{"coupon": self.coupon.id}]}
        )
        ident = self.subscription.id
        item = v1.subscription_items.list({"subscription": ident}).data[0].id
        v1.subscriptions.update(
            ident, {"items": [{"id": item, "price": self.large.id}], "proration_behavior": "create_prorations"}
        )
        v1.subscriptions.retrieve(ident, {"expand": ["latest_invoice", "default_payment_method"]})
        v1.subscriptions.list({"customer": self.customer, "status": "all"})
        v1.subscriptions.delete_discount(ident)
        held = v1.entitlements.active_entitlements.list({"customer": self.customer}).data[0]
        v1.entitlements.active_entitlements.retrieve(held.id, {"expand": ["feature"]})
        other = v1.prices.create(
            {"product": self.product.id, "currency": "sek", "unit_amount": 100, "recurring": {"interval": "month"}}
        ).id
        added = v1.subscription_items.create({"subscription": ident, "price": other}).id
        v1.subscription_items.update(added, {"quantity": 2})
        v1.subscription_items.retrieve(added)
        v1.subscription_items.delete(added)
        v1.subscriptions.pause(ident, {"type": "subscription"})
        v1.subscriptions.resume(ident)
        schedule = v1.subscription_schedules.create({"from_subscription": ident}).id
        v1.subscription_schedules.update(schedule, {"metadata": {"why": "downgrade"}})
        v1.subscription_schedules.retrieve(schedule)
        v1.subscription_schedules.list({"customer": self.customer})
        v1.subscription_schedules.release(schedule)
        v1.subscription_schedules.cancel(v1.subscription_schedules.create({"from_subscription": ident}).id)
        self.subscription = v1.subscriptions.create({"customer": self.customer, "items": [{"price": self.price.id}]})
        v1.subscriptions.cancel(v1.subscriptions.create({"customer": self.customer, "items": [{"price": other}]}).id)

    def invoices(self) -> None:
        """Invoices of every end, their items, lines and payments."""
        v1 = self.v1
        invoice = self.draft()
        v1.invoices.update(invoice, {"description": "By hand"})
        v1.invoices.line_items.list(invoice)
        v1.invoices.finalize_invoice(invoice)
        v1.invoices.pay(invoice)
        self.paid = v1.invoices.retrieve(invoice, {"expand": ["payments.data.payment.payment_intent"]}).id
        v1.invoices.list({"customer": self.customer})
        v1.invoices.create_preview({"customer": self.customer, "subscription": self.subscription.id})
        for end in (v1.invoices.void_invoice, v1.invoices.mark_uncollectible):
            opened = self.draft()
            v1.invoices.finalize_invoice(opened)
            end(opened)
        v1.invoices.delete(v1.invoices.create({"customer": self.customer}).id)
        mailed = self.draft(mailed=True)
        v1.invoices.send_invoice(mailed)
        loose = v1.invoice_items.create({"customer": self.customer, "amount": 100, "currency": "sek"}).id
        v1.invoice_items.retrieve(loose)
        v1.invoice_items.list({"customer": self.customer})
        v1.invoice_items.delete(loose)
        payment = v1.invoice_payments.list({"invoice": self.paid}).data[0]
        v1.invoice_payments.retrieve(payment.id)

    def draft(self, mailed: bool = False) -> str:
        """A draft of 5,000 kr: more than the credit that the customer has by now."""
        v1 = self.v1
        if mailed:
            made = v1.invoices.create(
                {"customer": self.customer, "collection_method": "send_invoice", "days_until_due": 14}
            )
        else:
            made = v1.invoices.create({"customer": self.customer, "auto_advance": False})
        v1.invoice_items.create({"customer": self.customer, "invoice": made.id, "amount": 500000, "currency": "sek"})
        return str(made.id)

    def money(self) -> None:
        """Payment intents, charges, refunds, credit notes, disputes."""
        v1 = self.v1
        intent = v1.payment_intents.create(
            {"amount": 5000, "currency": "sek", "customer": self.customer, "payment_method": "pm_card_visa"}
        ).id
        v1.payment_intents.confirm(intent, {"return_url": "https://example.com"})
        v1.payment_intents.retrieve(intent)
        v1.payment_intents.list({"customer": self.customer})
        v1.payment_intents.cancel(v1.payment_intents.create({"amount": 100, "currency": "sek"}).id)
        charge = v1.charges.list({"customer": self.customer}).data[0].id
        v1.charges.retrieve(charge)
        refund = v1.refunds.create({"payment_intent": intent, "amount": 1000}).id
        v1.refunds.update(refund, {"metadata": {"why": "asked"}})
        v1.refunds.retrieve(refund)
        v1.refunds.list({"payment_intent": intent})
        note = v1.credit_notes.create({"invoice": self.paid, "amount": 1000, "credit_amount": 1000}).id
        v1.credit_notes.update(note, {"memo": "sorry"})
        v1.credit_notes.retrieve(note)
        v1.credit_notes.list({"customer": self.customer})
        opened = self.draft()
        v1.invoices.finalize_invoice(opened)
        v1.credit_notes.void_credit_note(v1.credit_notes.create({"invoice": opened, "amount": 1000}).id)
        v1.payment_intents.create(
            {
                "amount": 700,
                "currency": "sek",
                "payment_method": "pm_card_createDispute",
                "confirm": True,
                "return_url": "https://example.com",
            }
        )
        dispute = v1.disputes.list().data[0].id
        v1.disputes.update(dispute, {"evidence": {"uncategorized_text": "It was them."}})
        v1.disputes.retrieve(dispute)
        v1.disputes.close(dispute)

    def settings(self) -> None:
        """Account, events, endpoints, portal, clocks."""
        v1 = self.v1
        account = v1.accounts.retrieve_current()
        v1.accounts.retrieve(account.id)
        event = v1.events.list({"types": ["customer.created", "invoice.paid"]}).data[0].id
        v1.events.retrieve(event)
        endpoint = v1.webhook_endpoints.create(
            {"url": "https://app.example/hook", "enabled_events": ["invoice.paid"]}
        ).id
        v1.webhook_endpoints.update(endpoint, {"description": "the app"})
        v1.webhook_endpoints.retrieve(endpoint)
        v1.webhook_endpoints.list()
        v1.webhook_endpoints.delete(endpoint)
        portal = v1.billing_portal.configurations.create({"features": {"payment_method_update": {"enabled": True}}}).id
        v1.billing_portal.configurations.update(portal, {"default_return_url": "https://app.example"})
        v1.billing_portal.configurations.retrieve(portal)
        v1.billing_portal.configurations.list({"active": True})
        session = v1.billing_portal.sessions.create(
            {
                "customer": self.customer,
                "configuration": portal,
                "return_url": "https://app.example",
                "flow_data": {"type": "payment_method_update"},
            }
        )
        assert session.flow is not None
        assert session.flow.type == "payment_method_update"
        clock = v1.test_helpers.test_clocks.create({"frozen_time": NOW}).id
        v1.test_helpers.test_clocks.advance(clock, {"frozen_time": NOW + DAY})
        v1.test_helpers.test_clocks.retrieve(clock)
        v1.test_helpers.test_clocks.list()
        v1.test_helpers.test_clocks.delete(clock)


@pytest.fixture
def tour() -> Tour:
    """A merchant with the SDK, whose requests go to a twin in-process."""
    edge = TwinEdge(Twin(seed=3, start=NOW))
    return Tour(edge, stripe.StripeClient("sk_test_client1234", http_client=edge))


def test_the_sdk_reaches_every_route_by_a_typed_call(tour: Tour) -> None:
    tour.catalogue()
    tour.customers()
    tour.subscriptions()
    tour.invoices()
    tour.money()
    tour.settings()

    reached = {(found[0].method, found[0].path) for call in tour.edge.calls if (found := routes.find(*call))}
    assert reached == {(route.method, route.path) for route in routes.ROUTES}
