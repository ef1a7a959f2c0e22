"""What a payment or a failure means for the subscription and the customer, and how subscriptions end."""

from types import ModuleType

from infra.local.twin.core.errors import StripeError
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.values import Obj, previous, public
from infra.local.twin.core.world import World

ENDED = ("canceled", "incomplete_expired")


def _sub(world: World, invoice: Obj) -> Obj | None:
    return world.table("subscription").get(invoice["_subscription"] or "")


def open_invoices(world: World, sub: Obj) -> list[Obj]:
    """The subscription's finalized invoices that are not paid."""
    return [i for i in world.find("invoice", "_subscription", sub["id"]) if i["status"] == "open"]


def on_payment(world: World, invoice: Obj, card: Obj | None) -> None:
    """incomplete, past_due and unpaid become active; the customer is no longer delinquent."""
    sub = _sub(world, invoice)
    if sub and sub["status"] not in ENDED:
        with editing(world, sub, "customer.subscription.updated"):
            waiting = [i for i in open_invoices(world, sub) if i["attempted"]]
            if sub["status"] == "incomplete" or (sub["status"] in ("past_due", "unpaid") and not waiting):
                sub["status"] = "active"
            keep = (sub["payment_settings"] or {}).get("save_default_payment_method")
            if keep == "on_subscription" and card and invoice["billing_reason"] == "subscription_create":
                sub["default_payment_method"] = card["id"]
    customer = world.get("customer", invoice["customer"])
    if customer.get("delinquent"):
        with editing(world, customer, "customer.updated"):
            customer["delinquent"] = any(
                i["status"] == "open" and i["attempted"] for i in world.find("invoice", "customer", customer["id"])
            )


def on_failure(world: World, invoice: Obj) -> None:
    """A failed renewal makes the subscription past_due, or paused when the merchant wants that at the first failure."""
    sub = _sub(world, invoice)
    if sub is None or invoice["billing_reason"] == "subscription_create":
        return
    customer = world.get("customer", invoice["customer"])
    if not customer.get("deleted"):
        with editing(world, customer, "customer.updated"):
            customer["delinquent"] = True
    if sub["status"] in ("active", "trialing"):
        with editing(world, sub, "customer.subscription.updated"):
            sub["status"] = "past_due"
        if world.settings.pause_on_first_failure and _can_pause(sub):
            pause(world, sub, "first_payment_failure")


def after_try(world: World, invoice: Obj) -> None:
    """When no try is left, the merchant's end action."""
    sub = _sub(world, invoice)
    if (
        sub is None
        or sub["status"] != "past_due"
        or invoice["next_payment_attempt"] is not None
        or not invoice["auto_advance"]
        or invoice["status"] != "open"
    ):
        return
    action = world.settings.end_action
    if action == "cancel" or (action == "pause" and not _can_pause(sub)):
        end(world, sub, "payment_failed")
    elif action == "unpaid":
        with editing(world, sub, "customer.subscription.updated"):
            sub["status"] = "unpaid"
    elif action == "pause":
        pause(world, sub, "final_payment_failure")
    if world.settings.end_invoice == "uncollectible" and invoice["status"] == "open":
        from infra.local.twin.core.finalizing import give_up  # noqa: PLC0415 - finalizing charges, and comes back here

        give_up(world, invoice, "max_payment_attempts")


def _can_pause(sub: Obj) -> bool:
    return bool(sub["billing_mode"]["type"] == "flexible")


def pause(world: World, sub: Obj, reason: str) -> None:
    """status=paused, with its reason; no invoices are made until it is resumed."""
    old = public(sub)
    sub["status"] = "paused"
    sub["status_details"] = {
        "paused": {"subscription": {"type": reason}, "transitioned_at": world.now, "type": "subscription"}
    }
    changed = previous(old, public(sub))
    emit(world, "customer.subscription.updated", sub, changed)
    emit(world, "customer.subscription.paused", sub, changed)


def end(world: World, sub: Obj, reason: str | None, status: str = "canceled") -> None:
    """Ends it now; its open invoices stay but are no longer collected by themselves."""
    sub.update(status=status, ended_at=world.now, canceled_at=sub["canceled_at"] or world.now)
    if status == "incomplete_expired":
        sub["canceled_at"] = None
    if reason:
        sub["cancellation_details"] = {
            **sub["cancellation_details"],
            "reason": sub["cancellation_details"]["reason"] or reason,
        }
    sub.pop("status_details", None)
    schedules_module().end_with(world, sub, aborted=reason == "payment_failed")
    for invoice in world.find("invoice", "_subscription", sub["id"]):
        if invoice["status"] in ("open", "draft") and invoice["auto_advance"]:
            with editing(world, invoice, "invoice.updated"):
                invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    if status == "canceled":
        emit(world, "customer.subscription.deleted", sub)


def schedules_module() -> ModuleType:
    """Schedules end subscriptions, and here the end of a subscription ends its schedule."""
    from infra.local.twin.core import schedules  # noqa: PLC0415 - each needs the other

    return schedules


def end_all(world: World, customer: Obj) -> None:
    """A deleted customer has no subscriptions that go on."""
    for sub in list(world.find("subscription", "customer", customer["id"])):
        if sub["status"] not in ENDED:
            end(world, sub, "cancellation_requested")


def must_live(sub: Obj) -> None:
    """Refuses to change what has ended."""
    if sub["status"] in ENDED:
        raise StripeError(
            400,
            "invalid_request_error",
            "A canceled subscription can only update its cancellation_details and metadata.",
        )
