"""status=paused by request, and resuming. (`pause_collection` is another thing: it leaves the status alone.)"""

from infra.local.twin.core import billing, collecting, drafts, finalizing, lines, proration, settlement
from infra.local.twin.core.call import Call
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.params import Check, Required, clear, need, one_of, shape, when
from infra.local.twin.core.values import Obj, previous, public
from infra.local.twin.core.world import World

PAUSE: dict[str, Check | Required] = {
    "type": one_of("subscription", "subscription"),
    "bill_for": shape(
        outstanding_usage_through=shape(type=need(one_of("now", "none"))),
        unused_time_from=shape(type=need(one_of("now", "none"))),
    ),
    "invoicing_behavior": one_of("invoice", "pending_invoice_item"),
}
RESUME: dict[str, Check | Required] = {
    "billing_cycle_anchor": shape(type=need(one_of("now", "unchanged"))),
    "payment_behavior": one_of("resume_on_payment_attempt", "resume_on_payment_success"),
    "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
    "proration_date": clear(when),
}


def pause(world: World, call: Call) -> Obj:
    """POST /v1/subscriptions/{id}/pause: flexible subscriptions only; the unused time is credited unless told otherwise."""
    sub = world.get("subscription", call.id)
    pause_now(world, sub, call.p)
    return sub


def pause_now(world: World, sub: Obj, p: Obj) -> None:
    """Pauses; also what the portal does."""
    if sub["billing_mode"]["type"] != "flexible":
        raise invalid("Only subscriptions with billing_mode=flexible can be paused.", None)
    if sub["status"] not in ("active", "trialing", "past_due"):
        raise invalid(f"A subscription that is {sub['status']} cannot be paused.", None)
    customer = world.get("customer", sub["customer"])
    if p.get("bill_for", {}).get("unused_time_from", {}).get("type") == "now" and sub["status"] == "active":
        proration.credit_all(world, sub, customer)
    settlement.pause(world, sub, "pause_requested")


def resume(world: World, call: Call) -> Obj:
    """POST /v1/subscriptions/{id}/resume: a new period begins now, unless the anchor is to stay."""
    sub = world.get("subscription", call.id)
    if sub["status"] != "paused":
        raise invalid("Only a paused subscription can be resumed.", None)
    resume_now(world, sub, call.p)
    return sub


def resume_now(world: World, sub: Obj, p: Obj) -> None:
    """Resumes: with an invoice when a period begins, and no retry if its payment fails."""
    customer = world.get("customer", sub["customer"])
    unchanged = p.get("billing_cycle_anchor", {}).get("type") == "unchanged"
    if unchanged and max(i["current_period_end"] for i in sub["items"]["data"]) > world.now:
        _active(world, sub)
        billing.schedule(world, sub)
        return
    rows = _new_periods(world, sub, unchanged)
    invoice = drafts.draft(world, customer, sub, "subscription_update", rows, sub["currency"])
    sub["latest_invoice"] = invoice["id"]
    if p.get("payment_behavior") != "resume_on_payment_success":
        _active(world, sub)
    billing.schedule(world, sub)
    finalizing.finalize(world, invoice, charge=False)
    if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        collecting.automatic(world, invoice, on_session=True)
        with editing(world, invoice, "invoice.updated"):
            invoice["next_payment_attempt"] = None
    if invoice["status"] == "paid" and sub["status"] == "paused":
        _active(world, sub)


def _new_periods(world: World, sub: Obj, unchanged: bool) -> list[Obj]:
    if not unchanged:
        sub["billing_cycle_anchor"] = world.now
    rows = []
    for item in sub["items"]["data"]:
        recurring = item["price"]["recurring"]
        item["current_period_start"] = world.now
        item["current_period_end"] = boundary(
            sub["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], world.now
        )
        if recurring["usage_type"] == "licensed":
            rows.append(lines.period_line(world, sub, item, world.now, item["current_period_end"]))
    return rows


def _active(world: World, sub: Obj) -> None:
    old = public(sub)
    sub["status"] = "active"
    sub.pop("status_details", None)
    changed = previous(old, public(sub))
    emit(world, "customer.subscription.updated", sub, changed)
    emit(world, "customer.subscription.resumed", sub, changed)
