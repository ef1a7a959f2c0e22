"""What the portal's two creations take, and a configuration with everything switched off."""

from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    count,
    flag,
    listed,
    metadata,
    need,
    one_of,
    shape,
    text,
    when,
)
from infra.local.twin.core.values import Obj

REASONS = (
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
BEHAVIOR = one_of("always_invoice", "create_prorations", "none")
PRODUCT = shape(
    product=need(text),
    prices=need(listed(text)),
    adjustable_quantity=shape(enabled=need(flag), minimum=count, maximum=count),
)
FEATURES = shape(
    customer_update=shape(
        enabled=flag, allowed_updates=clear(listed(one_of("address", "email", "name", "phone", "shipping", "tax_id")))
    ),
    invoice_history=shape(enabled=need(flag)),
    payment_method_update=shape(enabled=need(flag), payment_method_configuration=clear(text)),
    subscription_cancel=shape(
        enabled=flag,
        mode=one_of("at_period_end", "immediately"),
        proration_behavior=BEHAVIOR,
        cancellation_reason=shape(
            enabled=need(flag), options=clear(listed(one_of(*REASONS))), feedback_options=listed(text)
        ),
    ),
    subscription_pause=shape(
        enabled=flag,
        duration=shape(
            type=need(one_of("indefinite", "interval_options")),
            interval_options=listed(shape(interval=need(one_of("day", "month", "week", "year")), interval_count=count)),
        ),
    ),
    subscription_update=shape(
        enabled=flag,
        default_allowed_updates=clear(listed(one_of("price", "promotion_code", "quantity"))),
        products=clear(listed(PRODUCT, 10)),
        proration_behavior=BEHAVIOR,
        billing_cycle_anchor=one_of("now", "unchanged"),
        schedule_at_period_end=shape(
            conditions=clear(listed(shape(type=need(one_of("decreasing_item_amount", "shortening_interval")))))
        ),
        trial_update_behavior=one_of("continue_trial", "end_trial"),
    ),
)
FIELDS: dict[str, Check | Required] = {
    "business_profile": shape(headline=clear(text), privacy_policy_url=clear(text), terms_of_service_url=clear(text)),
    "default_return_url": clear(text),
    "metadata": metadata,
    "name": clear(text),
    "login_page": shape(enabled=need(flag)),
}
CREATE: dict[str, Check | Required] = {**FIELDS, "features": need(FEATURES)}
UPDATE: dict[str, Check | Required] = {**FIELDS, "features": FEATURES, "active": flag}

LOCALES = (
    "auto",
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "en-AU",
    "en-CA",
    "en-GB",
    "en-IE",
    "en-IN",
    "en-NZ",
    "en-SG",
    "es",
    "es-419",
    "et",
    "fi",
    "fil",
    "fr",
    "fr-CA",
    "hr",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "lt",
    "lv",
    "ms",
    "mt",
    "nb",
    "nl",
    "pl",
    "pt",
    "pt-BR",
    "ro",
    "ru",
    "sk",
    "sl",
    "sv",
    "th",
    "tr",
    "vi",
    "zh",
    "zh-HK",
    "zh-TW",
)
OF_SUBSCRIPTION = shape(subscription=need(text))
FLOW = shape(
    type=need(
        one_of(
            "customer_update",
            "payment_method_update",
            "subscription_cancel",
            "subscription_pause",
            "subscription_update",
            "subscription_update_confirm",
        )
    ),
    after_completion=shape(
        type=need(one_of("hosted_confirmation", "portal_homepage", "redirect")),
        redirect=shape(return_url=need(text)),
        hosted_confirmation=shape(custom_message=text),
    ),
    subscription_cancel=shape(
        subscription=need(text),
        retention=shape(type=need(one_of("coupon_offer", "coupon_offer")), coupon_offer=need(shape(coupon=need(text)))),
    ),
    subscription_pause=OF_SUBSCRIPTION,
    subscription_update=OF_SUBSCRIPTION,
    subscription_update_confirm=shape(
        subscription=need(text),
        items=need(listed(shape(id=need(text), price=text, quantity=count))),
        discounts=listed(shape(coupon=text, promotion_code=text)),
    ),
)
SESSION: dict[str, Check | Required] = {
    "customer": text,
    "customer_account": text,
    "configuration": text,
    "return_url": text,
    "locale": one_of(*LOCALES),
    "flow_data": FLOW,
    "on_behalf_of": text,
    "after_expiration": shape(
        type=need(one_of("customer_login", "customer_login")), customer_login=shape(expires_at=when)
    ),
}


def no_features() -> Obj:
    """A configuration's features with Stripe's defaults: all off."""
    return {
        "customer_update": {"allowed_updates": [], "enabled": False},
        "invoice_history": {"enabled": False},
        "payment_method_update": {"enabled": False, "payment_method_configuration": None},
        "subscription_cancel": {
            "cancellation_reason": {"enabled": False, "feedback_options": [], "options": []},
            "enabled": False,
            "mode": "at_period_end",
            "proration_behavior": "none",
        },
        "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
        "subscription_update": {
            "billing_cycle_anchor": "unchanged",
            "default_allowed_updates": [],
            "enabled": False,
            "products": [],
            "proration_behavior": "none",
            "schedule_at_period_end": {"conditions": []},
            "trial_update_behavior": "end_trial",
        },
    }
