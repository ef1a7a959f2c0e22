"""Every path that the twin knows, with its parameters and its handler. What is not here is Stripe's 404."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.local.twin.core import (
    account,
    clock,
    coupons,
    credit_notes,
    customers,
    disputes,
    entitlements,
    event_api,
    events,
    expand,
    invoice_items,
    invoices,
    item_api,
    meters,
    money_api,
    pausing,
    payment_methods,
    portal,
    prices,
    products,
    refunds,
    schedule_api,
    setup_intents,
    sub_update,
    subscriptions,
)
from infra.local.twin.core.call import Call
from infra.local.twin.core.params import Check, Required, listed, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

Handler = Callable[[World, Call], Obj]
Params = dict[str, Check | Required]
WORDS = listed(text)


@dataclass(frozen=True)
class Route:
    """One method of one path; `{}` stands for an id.

    `older` parameters are taken only from callers that name no version: Stripe's own CLI still sends them.
    """

    method: str
    path: str
    handler: Handler
    params: Params = field(default_factory=dict)
    older: Params = field(default_factory=dict)


ROUTES = (
    Route("GET", "/v1/account", account.retrieve),
    Route("GET", "/v1/accounts/{}", account.retrieve),
    Route("GET", "/v1/billing/meters", meters.list_, meters.LIST),
    Route("POST", "/v1/billing/meters", meters.create, meters.CREATE),
    Route("GET", "/v1/billing/meters/{}", meters.retrieve),
    Route("POST", "/v1/billing/meters/{}", meters.update, meters.UPDATE),
    Route("POST", "/v1/billing/meter_events", meters.report, meters.EVENT),
    Route("GET", "/v1/billing_portal/configurations", portal.configurations, portal.LIST),
    Route("POST", "/v1/billing_portal/configurations", portal.create_configuration, portal.CREATE),
    Route("GET", "/v1/billing_portal/configurations/{}", portal.configuration),
    Route("POST", "/v1/billing_portal/configurations/{}", portal.update_configuration, portal.UPDATE),
    Route("POST", "/v1/billing_portal/sessions", portal.create_session, portal.SESSION),
    Route("GET", "/v1/charges", money_api.charges, money_api.CHARGES),
    Route("GET", "/v1/charges/{}", money_api.charge),
    Route("GET", "/v1/coupons", coupons.list_, coupons.COUPONS),
    Route("POST", "/v1/coupons", coupons.create, coupons.COUPON),
    Route("GET", "/v1/coupons/{}", coupons.retrieve),
    Route("POST", "/v1/coupons/{}", coupons.update, coupons.COUPON_UPDATE),
    Route("DELETE", "/v1/coupons/{}", coupons.delete),
    Route("GET", "/v1/credit_notes", credit_notes.list_, credit_notes.LIST),
    Route("POST", "/v1/credit_notes", credit_notes.create, credit_notes.CREATE),
    Route("GET", "/v1/credit_notes/{}", credit_notes.retrieve),
    Route("POST", "/v1/credit_notes/{}", credit_notes.update, credit_notes.UPDATE),
    Route("POST", "/v1/credit_notes/{}/void", credit_notes.void),
    Route("GET", "/v1/customers", customers.list_, customers.LIST),
    Route("POST", "/v1/customers", customers.create, customers.CREATE),
    Route("GET", "/v1/customers/{}", customers.retrieve),
    Route("POST", "/v1/customers/{}", customers.update, customers.UPDATE),
    Route("DELETE", "/v1/customers/{}", customers.delete),
    Route("GET", "/v1/customers/{}/balance_transactions", customers.balances, customers.BALANCES),
    Route("POST", "/v1/customers/{}/balance_transactions", customers.move_balance, customers.BALANCE),
    Route("GET", "/v1/customers/{}/payment_methods", payment_methods.list_of_customer, payment_methods.LIST_OF),
    Route("GET", "/v1/customers/{}/payment_methods/{}", payment_methods.of_customer),
    Route("GET", "/v1/disputes", disputes.list_, disputes.LIST),
    Route("GET", "/v1/disputes/{}", disputes.retrieve),
    Route("POST", "/v1/disputes/{}", disputes.update, disputes.UPDATE),
    Route("POST", "/v1/disputes/{}/close", disputes.close),
    Route("GET", "/v1/entitlements/active_entitlements", entitlements.active, entitlements.ACTIVE),
    Route("GET", "/v1/entitlements/active_entitlements/{}", entitlements.one_active),
    Route("GET", "/v1/entitlements/features", entitlements.list_, entitlements.FEATURES),
    Route("POST", "/v1/entitlements/features", entitlements.create, entitlements.FEATURE),
    Route("GET", "/v1/entitlements/features/{}", entitlements.retrieve),
    Route("POST", "/v1/entitlements/features/{}", entitlements.update, entitlements.FEATURE_UPDATE),
    Route("GET", "/v1/events", event_api.list_, event_api.LIST),
    Route("GET", "/v1/events/{}", event_api.retrieve),
    Route("GET", "/v1/invoice_payments", money_api.invoice_payments, money_api.PAYMENTS),
    Route("GET", "/v1/invoice_payments/{}", money_api.invoice_payment),
    Route("GET", "/v1/invoiceitems", invoice_items.list_, invoice_items.LIST),
    Route("POST", "/v1/invoiceitems", invoice_items.create, invoice_items.CREATE),
    Route("GET", "/v1/invoiceitems/{}", invoice_items.retrieve),
    Route("DELETE", "/v1/invoiceitems/{}", invoice_items.delete),
    Route("GET", "/v1/invoices", invoices.list_, invoices.LIST),
    Route("POST", "/v1/invoices", invoices.create, invoices.CREATE),
    Route("POST", "/v1/invoices/create_preview", invoices.preview, invoices.PREVIEW),
    Route("GET", "/v1/invoices/{}", invoices.retrieve),
    Route("POST", "/v1/invoices/{}", invoices.update, invoices.FIELDS),
    Route("DELETE", "/v1/invoices/{}", invoices.delete),
    Route("GET", "/v1/invoices/{}/lines", invoices.lines_of, invoices.LINES),
    Route("POST", "/v1/invoices/{}/finalize", invoices.finalize, invoices.FINALIZE),
    Route("POST", "/v1/invoices/{}/mark_uncollectible", invoices.mark_uncollectible),
    Route("POST", "/v1/invoices/{}/pay", invoices.pay, invoices.PAY),
    Route("POST", "/v1/invoices/{}/send", invoices.send),
    Route("POST", "/v1/invoices/{}/void", invoices.void),
    Route("GET", "/v1/payment_intents", money_api.intents, money_api.LIST),
    Route("POST", "/v1/payment_intents", money_api.create_intent, money_api.INTENT, {"payment_method_types": WORDS}),
    Route("GET", "/v1/payment_intents/{}", money_api.intent),
    Route("POST", "/v1/payment_intents/{}/cancel", money_api.cancel_intent, money_api.CANCEL),
    Route("POST", "/v1/payment_intents/{}/confirm", money_api.confirm_intent, money_api.CONFIRM),
    Route("GET", "/v1/payment_methods", payment_methods.list_, payment_methods.LIST),
    Route("POST", "/v1/payment_methods", payment_methods.create, payment_methods.CREATE),
    Route("GET", "/v1/payment_methods/{}", payment_methods.retrieve),
    Route("POST", "/v1/payment_methods/{}", payment_methods.update, payment_methods.UPDATE),
    Route("POST", "/v1/payment_methods/{}/attach", payment_methods.attach, payment_methods.ATTACH),
    Route("POST", "/v1/payment_methods/{}/detach", payment_methods.detach),
    Route("GET", "/v1/prices", prices.list_, prices.LIST),
    Route("POST", "/v1/prices", prices.create, prices.CREATE),
    Route("GET", "/v1/prices/{}", prices.retrieve),
    Route("POST", "/v1/prices/{}", prices.update, prices.UPDATE),
    Route("GET", "/v1/products", products.list_, products.LIST),
    Route("POST", "/v1/products", products.create, products.CREATE),
    Route("GET", "/v1/products/{}", products.retrieve),
    Route("POST", "/v1/products/{}", products.update, products.UPDATE),
    Route("DELETE", "/v1/products/{}", products.delete),
    Route("GET", "/v1/products/{}/features", entitlements.attached, entitlements.ATTACHED),
    Route("POST", "/v1/products/{}/features", entitlements.attach, entitlements.ATTACH),
    Route("GET", "/v1/products/{}/features/{}", entitlements.one_attached),
    Route("DELETE", "/v1/products/{}/features/{}", entitlements.detach),
    Route("GET", "/v1/promotion_codes", coupons.codes, coupons.CODES),
    Route("POST", "/v1/promotion_codes", coupons.create_code, coupons.CODE, {"coupon": text}),
    Route("GET", "/v1/promotion_codes/{}", coupons.code),
    Route("POST", "/v1/promotion_codes/{}", coupons.update_code, coupons.CODE_UPDATE),
    Route("GET", "/v1/refunds", refunds.list_, refunds.LIST),
    Route("POST", "/v1/refunds", refunds.create, refunds.CREATE),
    Route("GET", "/v1/refunds/{}", refunds.retrieve),
    Route("POST", "/v1/refunds/{}", refunds.update, refunds.UPDATE),
    Route("GET", "/v1/setup_intents", setup_intents.list_, setup_intents.LIST),
    Route("POST", "/v1/setup_intents", setup_intents.create, setup_intents.CREATE, {"payment_method_types": WORDS}),
    Route("GET", "/v1/setup_intents/{}", setup_intents.retrieve),
    Route("POST", "/v1/setup_intents/{}/cancel", setup_intents.cancel, setup_intents.CANCEL),
    Route("POST", "/v1/setup_intents/{}/confirm", setup_intents.confirm_call, setup_intents.CONFIRM),
    Route("GET", "/v1/subscription_items", item_api.list_, item_api.LIST),
    Route("POST", "/v1/subscription_items", item_api.create, item_api.CREATE),
    Route("GET", "/v1/subscription_items/{}", item_api.retrieve),
    Route("POST", "/v1/subscription_items/{}", item_api.update, item_api.UPDATE),
    Route("DELETE", "/v1/subscription_items/{}", item_api.delete, item_api.DELETE),
    Route("GET", "/v1/subscription_schedules", schedule_api.list_, schedule_api.LIST),
    Route(
        "POST",
        "/v1/subscription_schedules",
        schedule_api.create,
        schedule_api.CREATE,
        {"phases": listed(schedule_api.OLDER_PHASE)},
    ),
    Route("GET", "/v1/subscription_schedules/{}", schedule_api.retrieve),
    Route("POST", "/v1/subscription_schedules/{}", schedule_api.update, schedule_api.UPDATE),
    Route("POST", "/v1/subscription_schedules/{}/cancel", schedule_api.cancel, schedule_api.CANCEL),
    Route("POST", "/v1/subscription_schedules/{}/release", schedule_api.release),
    Route("GET", "/v1/subscriptions", subscriptions.list_, subscriptions.LIST),
    Route("POST", "/v1/subscriptions", subscriptions.create, subscriptions.CREATE),
    Route("GET", "/v1/subscriptions/{}", subscriptions.retrieve),
    Route("POST", "/v1/subscriptions/{}", sub_update.update, sub_update.UPDATE),
    Route("DELETE", "/v1/subscriptions/{}", sub_update.cancel, sub_update.DELETE),
    Route("DELETE", "/v1/subscriptions/{}/discount", sub_update.delete_discount),
    Route("POST", "/v1/subscriptions/{}/pause", pausing.pause, pausing.PAUSE),
    Route("POST", "/v1/subscriptions/{}/resume", pausing.resume, pausing.RESUME),
    Route("GET", "/v1/test_helpers/test_clocks", clock.list_, clock.LIST),
    Route("POST", "/v1/test_helpers/test_clocks", clock.create, clock.CREATE),
    Route("GET", "/v1/test_helpers/test_clocks/{}", clock.retrieve),
    Route("DELETE", "/v1/test_helpers/test_clocks/{}", clock.delete),
    Route("POST", "/v1/test_helpers/test_clocks/{}/advance", clock.advance, clock.ADVANCE),
    Route("GET", "/v1/webhook_endpoints", event_api.endpoints, event_api.ENDPOINTS),
    Route("POST", "/v1/webhook_endpoints", event_api.create_endpoint, event_api.ENDPOINT),
    Route("GET", "/v1/webhook_endpoints/{}", event_api.endpoint),
    Route("POST", "/v1/webhook_endpoints/{}", event_api.update_endpoint, event_api.CHANGE),
    Route("DELETE", "/v1/webhook_endpoints/{}", event_api.delete_endpoint),
)

events.FOLLOWERS["subscription"] = entitlements.follow
expand.INCLUDED.update(
    {
        ("charge", "refunds"): refunds.of_charge,
        ("coupon", "applies_to"): lambda _world, obj: {"products": obj["_applies_to"]} if obj["_applies_to"] else None,
        ("customer", "subscriptions"): customers.subscriptions_of,
        ("invoice", "confirmation_secret"): invoices.confirmation_secret,
        ("invoice", "payments"): invoices.payments_of,
        ("price", "tiers"): lambda _world, obj: obj["_tiers"],
    }
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))


_EXACT = {(r.method, r.path): r for r in ROUTES if "{}" not in r.path}
_PATTERNS = [(r.method, _pattern(r.path), r) for r in ROUTES if "{}" in r.path]


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a request and the ids in its path; None when Stripe (or the twin) knows no such path."""
    exact = _EXACT.get((method, path))
    if exact:
        return exact, ()
    for wanted, pattern, route in _PATTERNS:
        match = pattern.fullmatch(path) if wanted == method else None
        if match:
            return route, match.groups()
    return None
