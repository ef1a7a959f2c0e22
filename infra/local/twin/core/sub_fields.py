"""The subscription object: its blank form, and the fields that creation and update share."""

from infra.local.twin.core import discounts, items
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    count,
    either,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    number,
    one_of,
    shape,
    text,
    undone,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

FEEDBACK = one_of(
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
)
SHARED: dict[str, Check | Required] = {
    "default_payment_method": clear(text),
    "metadata": metadata,
    "description": clear(text),
    "off_session": flag,
    "payment_behavior": one_of(
        "allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"
    ),
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "days_until_due": clear(count),
    "cancel_at": clear(either(one_of("min_period_end", "max_period_end"), when)),
    "cancel_at_period_end": flag,
    "proration_behavior": items.PRORATION,
    "discounts": discounts.GIVEN,
    "payment_settings": shape(
        save_default_payment_method=one_of("off", "on_subscription"), payment_method_types=clear(listed(text))
    ),
    "trial_settings": shape(
        end_behavior=need(
            shape(
                missing_payment_method=need(one_of("cancel", "create_invoice", "pause")),
                billing_cycle_anchor=undone(one_of("now", "unchanged"), "trials that end on an older anchor", "now"),
            )
        )
    ),
    "automatic_tax": shape(enabled=need(flag)),
    "application_fee_percent": number,
}
SIMPLE = ("description", "collection_method", "days_until_due")


def blank(world: World, customer: Obj, currency: str, p: Obj) -> Obj:
    """A subscription that starts now and has no items yet."""
    mode = p.get("billing_mode", {"type": "flexible"})
    if mode["type"] == "flexible":
        mode = {
            "flexible": {"proration_discounts": mode.get("flexible", {}).get("proration_discounts", "included")},
            "type": "flexible",
        }
    else:
        mode = {"flexible": None, "type": "classic"}
    sub = fields(
        id=world.ids.new("sub"),
        object="subscription",
        application=None,
        application_fee_percent=None,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None},
        billing_cycle_anchor=world.now,
        billing_cycle_anchor_config=None,
        billing_mode=mode,
        billing_schedules=[],
        billing_thresholds=None,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        cancellation_details={"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        collection_method="charge_automatically",
        created=world.now,
        currency=currency,
        customer=customer["id"],
        customer_account=None,
        days_until_due=None,
        default_payment_method=None,
        default_source=None,
        default_tax_rates=[],
        description=None,
        discounts=[],
        ended_at=None,
        invoice_settings={
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        items={},
        latest_invoice=None,
        livemode=world.livemode,
        managed_payments=None,
        metadata={},
        next_pending_invoice_item_invoice=None,
        on_behalf_of=None,
        pause_collection=None,
        payment_settings={
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        pending_invoice_item_interval=None,
        pending_setup_intent=None,
        pending_update=None,
        schedule=None,
        start_date=world.now,
        status="active",
        test_clock=customer["test_clock"],
        transfer_data=None,
        trial_end=None,
        trial_settings={"end_behavior": {"missing_payment_method": "create_invoice"}},
        trial_start=None,
    )
    apply_simple(sub, p)
    if sub["collection_method"] == "send_invoice" and sub["days_until_due"] is None:
        raise invalid(
            "If `collection_method` is set to `send_invoice`, you must also specify `days_until_due`.",
            "days_until_due",
            "parameter_missing",
        )
    return sub


def apply_simple(sub: Obj, p: Obj) -> None:
    """The fields that are set and nothing else happens."""
    for name in SIMPLE:
        if name in p:
            sub[name] = p[name]
    if p.get("automatic_tax", {}).get("enabled"):
        raise invalid("The twin does not compute taxes.", "automatic_tax[enabled]")
    if "application_fee_percent" in p:
        raise invalid("The twin has no Connect.", "application_fee_percent")
    sub["metadata"] = merge_metadata(sub["metadata"], p.get("metadata"))
    sub["payment_settings"] = {**sub["payment_settings"], **p.get("payment_settings", {})}
    if "trial_settings" in p:
        sub["trial_settings"] = p["trial_settings"]


def apply_cancel(world: World, sub: Obj, p: Obj) -> None:
    """A cancellation that is planned, moved or taken back."""
    if "cancel_at_period_end" in p and p.get("cancel_at") is not None:
        raise invalid("You cannot set both `cancel_at` and `cancel_at_period_end`.", "cancel_at")
    if p.get("cancel_at_period_end") is not None:
        plan_cancel(world, sub, items.period_end(sub) if p["cancel_at_period_end"] else None, p["cancel_at_period_end"])
    elif "cancel_at" in p:
        words = {"min_period_end": items.next_end(sub), "max_period_end": items.period_end(sub)}
        at = words.get(p["cancel_at"], p["cancel_at"])
        if at is not None and at <= world.now:
            raise invalid("`cancel_at` must be in the future.", "cancel_at")
        plan_cancel(world, sub, at, False)


def plan_cancel(world: World, sub: Obj, at: int | None, at_period_end: bool) -> None:
    """`canceled_at` is the time of the request, not of the end; None takes the plan back."""
    sub.update(cancel_at=at, cancel_at_period_end=at_period_end, canceled_at=world.now if at else None)
    reason = "cancellation_requested" if at else None
    sub["cancellation_details"] = {**sub["cancellation_details"], "reason": reason}
    if at:
        world.at(at, "cancel", sub["id"])
