"""Changing a subscription: items, prices and quantities with proration, trial, anchor, pause of collection, cancellation."""

from infra.local.twin.core import (
    billing,
    collecting,
    cycles,
    discounts,
    drafts,
    finalizing,
    items,
    lines,
    proration,
    settlement,
    sub_fields,
)
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.call import Call
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import StripeError, invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    count,
    either,
    flag,
    listed,
    merge_metadata,
    need,
    one_of,
    shape,
    text,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

UPDATE: dict[str, Check | Required] = {
    **sub_fields.SHARED,
    "items": items.CHANGES,
    "proration_date": when,
    "trial_end": either(one_of("now", "now"), when),
    "billing_cycle_anchor": shape(type=need(one_of("now", "unchanged"))),
    "pause_collection": clear(
        shape(behavior=need(one_of("keep_as_draft", "mark_uncollectible", "void")), resumes_at=when)
    ),
    "cancellation_details": shape(comment=clear(text), feedback=clear(sub_fields.FEEDBACK)),
    "add_invoice_items": listed(shape(price=need(text), quantity=count), 20),
}


def update(world: World, call: Call) -> Obj:
    """Changes what is given; customer.subscription.updated tells what differs."""
    sub, p = world.get("subscription", call.id), call.p
    if sub["status"] in settlement.ENDED:
        return _after_end(world, sub, p)
    return change(world, sub, p)


def _after_end(world: World, sub: Obj, p: Obj) -> Obj:
    if p.keys() - {"metadata", "cancellation_details"}:
        settlement.must_live(sub)
    with editing(world, sub, "customer.subscription.updated"):
        sub["metadata"] = merge_metadata(sub["metadata"], p.get("metadata"))
        sub["cancellation_details"] = {**sub["cancellation_details"], **p.get("cancellation_details", {})}
    return sub


def change(world: World, sub: Obj, p: Obj) -> Obj:
    """The change itself: also what the portal does."""
    customer = world.get("customer", sub["customer"])
    _check(sub, p)
    if sub["status"] == "trialing" and p.get("trial_end") == "now":
        emit(world, "customer.subscription.trial_will_end", sub)
        if cycles.trial_ends_badly(world, sub):
            return sub
    invoice: Obj | None = None
    with editing(world, sub, "customer.subscription.updated"):
        sub_fields.apply_simple(sub, p)
        _apply_card(world, sub, p)
        if "discounts" in p:
            before, sub["discounts"] = sub["discounts"], discounts.make(world, p["discounts"], customer, sub["id"])
            discounts.drop(world, [one for one in before if one not in sub["discounts"]])
        if "cancellation_details" in p:
            sub["cancellation_details"] = {**sub["cancellation_details"], **p["cancellation_details"]}
        if "pause_collection" in p:
            _pause_collection(world, sub, p["pause_collection"])
        _add_items(world, sub, customer, p.get("add_invoice_items", []))
        invoice = _rebill(world, sub, customer, p)
        sub_fields.apply_cancel(world, sub, p)
        if invoice:
            sub["latest_invoice"] = invoice["id"]
    if invoice:
        _collect(world, invoice, p)
    return sub


def _check(sub: Obj, p: Obj) -> None:
    if p.get("payment_behavior") == "pending_if_incomplete":
        raise invalid("The twin does not do pending updates.", "payment_behavior")
    if sub["status"] == "incomplete" and "items" in p:
        raise invalid("You cannot change the items of a subscription whose first invoice is not paid.", "items")
    if sub["schedule"] and p.keys() & {"items", "cancel_at", "cancel_at_period_end"}:
        raise invalid(
            f"The subscription is managed by the subscription schedule `{sub['schedule']}`, and updating any of these directly "
            "is not allowed. Please update the schedule instead.",
            next(iter(p)),
        )


def _apply_card(world: World, sub: Obj, p: Obj) -> None:
    if "default_payment_method" not in p:
        return
    wanted = p["default_payment_method"]
    if wanted and world.get("payment_method", wanted, "default_payment_method")["customer"] != sub["customer"]:
        raise invalid(
            f"The customer does not have a payment method with the ID {wanted}. The payment method must be attached to the "
            "customer.",
            "default_payment_method",
            "resource_missing",
        )
    sub["default_payment_method"] = wanted


def _pause_collection(world: World, sub: Obj, given: Obj | None) -> None:
    sub["pause_collection"] = {"behavior": given["behavior"], "resumes_at": given.get("resumes_at")} if given else None
    if given and given.get("resumes_at"):
        world.at(given["resumes_at"], "resume_collection", sub["id"])


def _add_items(world: World, sub: Obj, customer: Obj, given: list[Obj]) -> None:
    """Invoice items for one-time prices, which the subscription's next invoice takes."""
    for at, one in enumerate(given):
        price, quantity = world.get("price", one["price"], f"add_invoice_items[{at}][price]"), one.get("quantity", 1)
        if price["currency"] != sub["currency"]:
            raise invalid("The currency must be the subscription's.", f"add_invoice_items[{at}][price]")
        proration.add_item(
            world,
            customer,
            amount=cost(price, quantity),
            currency=price["currency"],
            description=world.get("product", price["product"])["name"],
            price=price,
            quantity=quantity,
            period=(world.now, world.now),
            sub=sub,
        )


def _rebill(world: World, sub: Obj, customer: Obj, p: Obj) -> Obj | None:
    """Items, trial and anchor. Returns the invoice that must be made now, None when what changed is billed later."""
    behavior = p.get("proration_behavior", "create_prorations")
    moment = p.get("proration_date", world.now)
    ends_trial = sub["status"] == "trialing" and p.get("trial_end") == "now"
    at_once = "items" in p and proration.apply(proration.Move(world, sub, customer, behavior, moment), p["items"])
    if ends_trial or p.get("billing_cycle_anchor", {}).get("type") == "now":
        return _restart(world, sub, customer, behavior, ends_trial)
    if isinstance(p.get("trial_end"), int):
        _new_trial(world, sub, p["trial_end"])
    elif "items" in p:
        billing.schedule(world, sub)
    wanted = at_once or (behavior == "always_invoice" and "items" in p)
    if wanted and drafts.pending(world, customer, sub, sub["currency"]):
        return drafts.draft(world, customer, sub, "subscription_update", [], sub["currency"])
    return None


def _restart(world: World, sub: Obj, customer: Obj, behavior: str, ends_trial: bool) -> Obj:
    """The periods begin anew, now: a trial that is over, or a new anchor. What was paid for and not used is credited."""
    if not ends_trial and behavior != "none":
        proration.credit_all(world, sub, customer)
    if ends_trial:
        sub.update(status="active", trial_end=world.now)
    sub["billing_cycle_anchor"] = world.now
    rows = []
    for item in sub["items"]["data"]:
        recurring = item["price"]["recurring"]
        item["current_period_start"] = world.now
        item["current_period_end"] = boundary(world.now, recurring["interval"], recurring["interval_count"], world.now)
        if recurring["usage_type"] == "licensed":
            rows.append(lines.period_line(world, sub, item, world.now, item["current_period_end"]))
    billing.schedule(world, sub)
    return drafts.draft(world, customer, sub, "subscription_update", rows, sub["currency"])


def _new_trial(world: World, sub: Obj, end: int) -> None:
    if end <= world.now:
        raise invalid("trial_end must be in the future.", "trial_end")
    sub.update(
        status="trialing",
        trial_end=end,
        trial_start=sub["trial_start"] if sub["status"] == "trialing" else world.now,
        billing_cycle_anchor=end,
    )
    for item in sub["items"]["data"]:
        item["current_period_end"] = end
    billing.schedule(world, sub)


def _collect(world: World, invoice: Obj, p: Obj) -> None:
    """Finalizes and charges at once; refused, the subscription is past_due, or the request fails if so wished."""
    finalizing.finalize(world, invoice, charge=False)
    if (
        invoice["status"] != "open"
        or invoice["collection_method"] == "send_invoice"
        or p.get("payment_behavior") == "default_incomplete"
    ):
        return
    if p.get("payment_behavior") == "error_if_incomplete":
        collecting.pay(world, invoice, None, on_session=True)
        return
    collecting.automatic(world, invoice, on_session=not p.get("off_session"))


DELETE: dict[str, Check | Required] = {
    "invoice_now": flag,
    "prorate": flag,
    "cancellation_details": shape(comment=clear(text), feedback=clear(sub_fields.FEEDBACK)),
}


def cancel(world: World, call: Call) -> Obj:
    """DELETE: ends it now."""
    sub = world.get("subscription", call.id)
    if sub["status"] in settlement.ENDED:
        raise invalid(f"No such subscription: '{call.id}'", "id", "resource_missing", 404)
    return cancel_now(world, sub, call.p)


def cancel_now(world: World, sub: Obj, p: Obj) -> Obj:
    """Ends it now; with `prorate` the unused time becomes a credit, with `invoice_now` everything open is billed."""
    customer = world.get("customer", sub["customer"])
    if p.get("prorate"):
        proration.credit_all(world, sub, customer)
    sub["cancellation_details"] = {
        **sub["cancellation_details"],
        **p.get("cancellation_details", {}),
        "reason": "cancellation_requested",
    }
    if p.get("invoice_now"):
        proration.bill_usage(world, sub, customer)
    if p.get("invoice_now") and drafts.pending(world, customer, sub, sub["currency"]):
        last = drafts.draft(world, customer, sub, "subscription_update", [], sub["currency"])
        sub["latest_invoice"] = last["id"]
        finalizing.finalize(world, last)
    sub["canceled_at"] = None
    settlement.end(world, sub, "cancellation_requested")
    return sub


def delete_discount(world: World, call: Call) -> Obj:
    """Takes all discounts off."""
    sub = world.get("subscription", call.id)
    if not sub["discounts"]:
        raise StripeError(
            404, "invalid_request_error", "No active discount for subscription: " + call.id, code="resource_missing"
        )
    gone = list(sub["discounts"])
    with editing(world, sub, "customer.subscription.updated"):
        sub["discounts"] = []
    discounts.drop(world, gone)
    return {**world.get("discount", gone[-1]), "deleted": True}
