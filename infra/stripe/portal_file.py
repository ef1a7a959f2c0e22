"""A portal configuration as a file (infra/stripe/portal/NAME.yaml): what it may hold. Nothing here asks Stripe."""

from collections.abc import Iterator
from typing import Any

from infra.package import ROOT
from infra.shape import (
    Check,
    FileError,
    Needed,
    address,
    complain,
    flag,
    hold,
    listed,
    load,
    one_of,
    shape,
    text,
    whole,
)

FOLDER = ROOT / "infra" / "stripe" / "portal"
REASONS = (
    *("customer_service", "low_quality", "missing_features", "other"),
    *("switched_service", "too_complex", "too_expensive", "unused"),
)
LONGEST_PAUSE = 3 * 366
"""Days: a pause of the portal is at most three years."""
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
FEATURES = (
    *("customer_update", "invoice_history", "payment_method_update"),
    *("subscription_cancel", "subscription_pause", "subscription_update"),
)
MAIL = "customers may change their e-mail address in it: never let that address be a login, or a portal session takes it over"


def read(name: str, local: bool = False) -> dict[str, Any]:
    """The configuration of that name. Raises FileError."""
    if not (FOLDER / f"{name}.yaml").is_file():
        there = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yaml")))
        raise FileError(f"infra/stripe/portal/{name}.yaml: is not there; there are {there}.")
    given = load(FOLDER / f"{name}.yaml")
    hold(f"{name}.yaml", given, _fields(local))
    complain(f"{name}.yaml", _rules(given["features"]))
    return given


def judge_minimal(name: str, given: dict[str, Any]) -> None:
    """Raise FileError where a configuration is too much for a mailed link."""
    on = [each for each in enabled(given) if each != "payment_method_update"]
    found = [f"features.{each}: must be off in the configuration for mailed links: mails are forwarded" for each in on]
    if "payment_method_update" not in enabled(given):
        found.append("features.payment_method_update: must be on in the configuration for mailed links")
    if given.get("login_page", {}).get("enabled"):
        found.append("login_page: must be off in the configuration for mailed links: the full one has it")
    complain(f"{name}.yaml", found)


def enabled(given: dict[str, Any]) -> list[str]:
    """The features that are on."""
    return [name for name, feature in given["features"].items() if feature["enabled"]]


def notes(given: dict[str, Any]) -> list[str]:
    """What is allowed, but worth a second thought."""
    changes = given["features"].get("customer_update", {})
    return [MAIL] if changes.get("enabled") and "email" in changes.get("allowed_updates", []) else []


def _fields(local: bool) -> dict[str, Check | Needed]:
    return {
        "business_profile": shape(
            {"headline": text(60), "privacy_policy_url": address(local), "terms_of_service_url": address(local)}
        ),
        "default_return_url": address(local),
        "login_page": shape({"enabled": Needed(flag)}),
        "features": Needed(shape({name: _FEATURE[name] for name in FEATURES})),
    }


_PRODUCT = shape(
    {
        "product": Needed(text()),
        "prices": Needed(listed(text(), least=1)),
        "adjustable_quantity": shape({"enabled": Needed(flag), "minimum": whole(1, 10**6), "maximum": whole(1, 10**6)}),
    }
)
_PRORATION = one_of("none", "create_prorations", "always_invoice")
_FEATURE: dict[str, Check] = {
    "customer_update": shape(
        {
            "enabled": Needed(flag),
            "allowed_updates": listed(one_of("address", "email", "name", "phone", "shipping", "tax_id")),
        }
    ),
    "invoice_history": shape({"enabled": Needed(flag)}),
    "payment_method_update": shape({"enabled": Needed(flag), "payment_method_configuration": text()}),
    "subscription_cancel": shape(
        {
            "enabled": Needed(flag),
            "mode": one_of("at_period_end", "immediately"),
            "proration_behavior": one_of("none", "create_prorations"),
            "cancellation_reason": shape({"enabled": Needed(flag), "options": listed(one_of(*REASONS), least=1)}),
        }
    ),
    "subscription_pause": shape(
        {
            "enabled": Needed(flag),
            "duration": shape(
                {
                    "type": Needed(one_of("indefinite", "interval_options")),
                    "interval_options": listed(
                        shape({"interval": Needed(one_of(*DAYS)), "interval_count": whole(1, 1096)}), least=1
                    ),
                }
            ),
        }
    ),
    "subscription_update": shape(
        {
            "enabled": Needed(flag),
            "default_allowed_updates": listed(one_of("price", "quantity", "promotion_code")),
            "products": listed(_PRODUCT, most=10),
            "proration_behavior": _PRORATION,
            "billing_cycle_anchor": one_of("now", "unchanged"),
            "schedule_at_period_end": shape(
                {
                    "conditions": Needed(
                        listed(shape({"type": Needed(one_of("decreasing_item_amount", "shortening_interval"))}))
                    )
                }
            ),
            "trial_update_behavior": one_of("end_trial", "continue_trial"),
        }
    ),
}


def _rules(features: dict[str, Any]) -> Iterator[str]:
    """What Stripe would refuse although each field alone is right."""
    if _on(features, "customer_update") and not features["customer_update"].get("allowed_updates"):
        yield "features.customer_update.allowed_updates: must name what customers may change, or the feature be off"
    cancel = features.get("subscription_cancel", {})
    prorates = cancel.get("proration_behavior", "none") != "none"
    if prorates and cancel.get("mode", "at_period_end") != "immediately":
        yield "features.subscription_cancel.proration_behavior: must be none, unless mode is immediately"
    reason = cancel.get("cancellation_reason", {})
    if reason.get("enabled") and not reason.get("options"):
        yield "features.subscription_cancel.cancellation_reason.options: must name the reasons that customers choose from"
    yield from _pause(features.get("subscription_pause", {}).get("duration", {"type": "indefinite"}))
    if _on(features, "subscription_update"):
        yield from _update(features["subscription_update"])


def _pause(duration: dict[str, Any]) -> Iterator[str]:
    path, options = "features.subscription_pause.duration.interval_options", duration.get("interval_options", [])
    if (duration["type"] == "interval_options") != bool(options):
        yield f"{path}: belong to type interval_options, and to no other"
    for at, each in enumerate(options):
        if DAYS[each["interval"]] * each.get("interval_count", 1) > LONGEST_PAUSE:
            yield f"{path}[{at}]: is longer than three years, which is the longest at Stripe"


def _update(update: dict[str, Any]) -> Iterator[str]:
    path = "features.subscription_update"
    for name in ("default_allowed_updates", "products"):
        if not update.get(name):
            yield f"{path}.{name}: is needed where plans may be changed"
    products = update.get("products", [])
    for at, each in enumerate(products):
        if each["product"] in [other["product"] for other in products[:at]]:
            yield f"{path}.products[{at}]: {each['product']} stands there twice: put its prices together"
        quantity = each.get("adjustable_quantity", {})
        if quantity.get("minimum", 1) > quantity.get("maximum", 10**6):
            yield f"{path}.products[{at}].adjustable_quantity: minimum is more than maximum"


def _on(features: dict[str, Any], name: str) -> bool:
    return bool(features.get(name, {}).get("enabled"))
