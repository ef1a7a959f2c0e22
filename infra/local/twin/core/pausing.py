"""status=paused by request, and resuming. (`pause_collection` is another thing: it leaves the status alone.)"""

from infra.local.twin.core import billing, collecting, drafts, finalizing, items, lines, proration, settlement
from infra.local.twin.core.call import Call
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.params import Check, Required, need, one_of, shape, undone, when
from infra.local.twin.core.values import Obj, half_up, previous, public
from infra.local.twin.core.world import World

PAUSE: dict[str, Check | Required] = {
    "type": one_of("subscription", "subscription"),
    "bill_for": shape(
        outstanding_usage_through=shape(type=need(one_of("now", "none"))),
        unused_time_from=shape(
            type=need(
                undone(
                    one_of("item_current_period_start", "none", "now"),
                    "credits from the start of the period",
                    "none",
                    "now",
                )
            )
        ),
    ),
    "invoicing_behavior": one_of("invoice", "pending_invoice_item"),
}
RESUME: dict[str, Check | Required] = {
    "billing_cycle_anchor": shape(type=need(one_of("now", "unchanged"))),
    "payment_behavior": one_of("resume_on_payment_attempt", "resume_on_payment_success"),
    "proration_behavior": one_of("always_invoice", "create_prorations", "none"),
    "proration_date": when,
}


def pause(world: World, call: Call) -> Obj:
    """POST /v1/subscriptions/{id}/pause: flexible subscriptions only; the unused time is credited unless told otherwise."""
    sub = world.get("subscription", call.id)
    bill_for = call.p.get("bill_for", {})
    pause_now(
        world,
        sub,
        usage=bill_for.get("outstanding_usage_through", {}).get("type", "now") == "now",
        credit=bill_for.get("unused_time_from", {}).get("type", "now") == "now",
        invoice=call.p.get("invoicing_behavior") == "invoice",
    )
    return sub


def pause_now(world: World, sub: Obj, *, usage: bool = False, credit: bool = False, invoice: bool = False) -> None:
    """Pauses; also what the portal does (there nothing is billed, which is our choice).

    `usage` bills what was used until now, `credit` gives unused time back; both wait for the next invoice, or with `invoice`
    stand on one that is made now.
    """
    if sub["billing_mode"]["type"] != "flexible":
        raise invalid("Only subscriptions with billing_mode=flexible can be paused.", None)
    if sub["status"] not in ("active", "trialing", "past_due"):
        raise invalid(f"A subscription that is {sub['status']} cannot be paused.", None)
    customer = world.get("customer", sub["customer"])
    sub["_credited"] = credit and sub["status"] == "active"
    if sub["_credited"]:
        proration.credit_all(world, sub, customer)
    if usage:
        proration.bill_usage(world, sub, customer)
    settlement.pause(world, sub, "pause_requested")
    if invoice:
        _invoice(world, sub, customer)


def _invoice(world: World, sub: Obj, customer: Obj) -> None:
    """An invoice of what waits, now; none when nothing does."""
    if not drafts.pending(world, customer, sub, sub["currency"]):
        return
    with editing(world, sub, "customer.subscription.updated"):
        made = drafts.draft(world, customer, sub, "subscription_update", [], sub["currency"])
        sub["latest_invoice"] = made["id"]
    finalizing.finalize(world, made)


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
        _prorate(world, sub, customer, p)
        return
    rows = _new_periods(world, sub, p if unchanged else None)
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


def _prorate(world: World, sub: Obj, customer: Obj, p: Obj) -> None:
    """The rest of a period that still runs is charged again if the pause gave it back."""
    behavior = p.get("proration_behavior", "create_prorations")
    if sub.pop("_credited", False):
        proration.charge_again(proration.Move(world, sub, customer, behavior, p.get("proration_date") or world.now))
    if behavior == "always_invoice":
        _invoice(world, sub, customer)


def _new_periods(world: World, sub: Obj, prorated: Obj | None) -> list[Obj]:
    """The lines of the periods that begin now: whole ones from now on, or (`prorated`) up to the old anchor's next."""
    if prorated is None:
        sub["billing_cycle_anchor"] = world.now
    rows = []
    for item in sub["items"]["data"]:
        recurring = item["price"]["recurring"]
        item["current_period_start"] = world.now
        item["current_period_end"] = boundary(
            sub["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], world.now
        )
        if recurring["usage_type"] == "licensed":
            row = lines.period_line(world, sub, item, world.now, item["current_period_end"])
            rows.append(row if prorated is None else _share(row, sub, item, prorated))
    return rows


def _share(row: Obj, sub: Obj, item: Obj, p: Obj) -> Obj:
    start, end = items.full_period(sub, item)
    begun = max(start, p.get("proration_date") or item["current_period_start"])
    part = 0 if p.get("proration_behavior") == "none" else max(0, end - begun)
    row["amount"] = row["subtotal"] = half_up(row["amount"] * part, end - start)
    return row


def _active(world: World, sub: Obj) -> None:
    old = public(sub)
    sub["status"] = "active"
    sub.pop("status_details", None)
    changed = previous(old, public(sub))
    emit(world, "customer.subscription.updated", sub, changed)
    emit(world, "customer.subscription.resumed", sub, changed)
