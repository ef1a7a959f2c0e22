"""What happens to a subscription by itself: renewals, the end of a trial, planned cancellations, expiry."""

from infra.local.twin.core import billing, collecting, discounts, drafts, finalizing, items, lines, settlement
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World


def renew(world: World, sub: Obj) -> None:
    """The end of a period: the next one begins and is billed. An entry that no longer fits the subscription does nothing."""
    if sub["status"] in ("canceled", "incomplete_expired", "incomplete", "paused") or items.next_end(sub) != world.now:
        return
    if sub["cancel_at"] and sub["cancel_at"] <= world.now:
        return
    if sub["status"] == "trialing" and trial_ends_badly(world, sub):
        return
    _cycle(world, sub)


def trial_ends_badly(world: World, sub: Obj) -> bool:
    """Without a card the merchant may want the trial to end in a pause or a cancellation."""
    wanted = sub["trial_settings"]["end_behavior"]["missing_payment_method"]
    customer = world.get("customer", sub["customer"])
    has_card = sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    if has_card or wanted == "create_invoice" or sub["collection_method"] == "send_invoice":
        return False
    if wanted == "pause":
        settlement.pause(world, sub, "trial_end_without_payment_method")
    else:
        settlement.end(world, sub, None)
    return True


def _cycle(world: World, sub: Obj) -> None:
    customer = world.get("customer", sub["customer"])
    with editing(world, sub, "customer.subscription.updated"):
        ended = [i for i in sub["items"]["data"] if i["current_period_end"] == world.now]
        rows = [row for item in ended for row in _turn(world, sub, item)]
        if sub["status"] == "trialing":
            sub["status"] = "active"
        if sub["cancel_at_period_end"] and sub["billing_mode"]["type"] == "classic":
            sub["cancel_at"] = items.period_end(sub)
        invoice = drafts.draft(world, customer, sub, "subscription_cycle", rows, sub["currency"])
        invoice["period_start"] = min(row["_from"] for row in rows)
        sub["latest_invoice"] = invoice["id"]
        before, sub["discounts"] = sub["discounts"], _discounts_left(world, sub)
        discounts.drop(world, [one for one in before if one not in sub["discounts"]])
    billing.schedule(world, sub)
    collect_later(world, sub, invoice)


def _turn(world: World, sub: Obj, item: Obj) -> list[Obj]:
    """Moves the item into its next period and gives the line for it."""
    start = item["current_period_start"]
    recurring = item["price"]["recurring"]
    item["current_period_start"] = world.now
    item["current_period_end"] = boundary(
        sub["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], world.now
    )
    if recurring["usage_type"] == "metered":
        row = lines.period_line(world, sub, item, start, world.now, trial=sub["status"] == "trialing")
    else:
        row = lines.period_line(world, sub, item, world.now, item["current_period_end"])
    row["_from"] = start
    return [row]


def _discounts_left(world: World, sub: Obj) -> list[str]:
    return [d for d in sub["discounts"] if discounts.in_force(world, d, world.now)]


def collect_later(world: World, sub: Obj, invoice: Obj) -> None:
    """The renewal's draft waits an hour; what is unpaid or paused keeps it back."""
    invoice["_days_until_due"] = sub["days_until_due"]
    if sub["status"] == "unpaid":
        invoice["auto_advance"] = False
        return
    billing.hold(world, invoice)
    if (sub["pause_collection"] or {}).get("behavior") == "keep_as_draft":
        invoice.update(auto_advance=False, automatically_finalizes_at=None, next_payment_attempt=None)


def finalize(world: World, invoice: Obj) -> None:
    """The hour is over."""
    if (
        invoice.get("status") != "draft"
        or invoice["automatically_finalizes_at"] != world.now
        or not invoice["auto_advance"]
    ):
        return
    sub = world.table("subscription").get(invoice["_subscription"] or "")
    paused = ((sub or {}).get("pause_collection") or {}).get("behavior")
    finalizing.finalize(world, invoice, charge=paused is None)
    if invoice["status"] == "open" and paused == "void":
        finalizing.void(world, invoice)
    elif invoice["status"] == "open" and paused == "mark_uncollectible":
        finalizing.give_up(world, invoice, "subscription_paused")


def cancel(world: World, sub: Obj) -> None:
    """A planned cancellation takes effect."""
    if sub["cancel_at"] != world.now or sub["status"] in settlement.ENDED:
        return
    settlement.end(world, sub, "cancellation_requested")
    _last_invoice(world, sub)


def _last_invoice(world: World, sub: Obj) -> None:
    """What was used and not billed, and prorations that still wait, come on a last invoice."""
    customer = world.get("customer", sub["customer"])
    used = [i for i in sub["items"]["data"] if i["price"]["recurring"]["usage_type"] == "metered"]
    rows = [lines.period_line(world, sub, i, i["current_period_start"], world.now) for i in used]
    if any(row["amount"] for row in rows) or drafts.pending(world, customer, sub, sub["currency"]):
        invoice = drafts.draft(world, customer, sub, "subscription_cycle", rows, sub["currency"])
        sub["latest_invoice"] = invoice["id"]
        billing.hold(world, invoice)


def expire(world: World, sub: Obj) -> None:
    """23 hours without the first payment: incomplete_expired, and the open invoice is voided."""
    if sub["status"] != "incomplete":
        return
    with editing(world, sub, "customer.subscription.updated"):
        settlement.end(world, sub, None, status="incomplete_expired")
    for invoice in settlement.open_invoices(world, sub):
        finalizing.void(world, invoice)


def trial_will_end(world: World, sub: Obj) -> None:
    """Three days before the end of a trial."""
    if sub["status"] == "trialing" and sub["trial_end"] and sub["trial_end"] - world.now <= 3 * billing.DAY:
        emit(world, "customer.subscription.trial_will_end", sub)


def overdue(world: World, invoice: Obj) -> None:
    """An invoice that was sent passes its due date."""
    if invoice["status"] != "open" or invoice["due_date"] != world.now:
        return
    emit(world, "invoice.overdue", invoice)
    sub = world.table("subscription").get(invoice["_subscription"] or "")
    if sub and sub["status"] == "active":
        with editing(world, sub, "customer.subscription.updated"):
            sub["status"] = "past_due"


def upcoming(world: World, sub: Obj) -> None:
    """Some days before a renewal: the invoice as it would be, without an id."""
    if sub["status"] not in ("active", "trialing", "past_due") or sub["cancel_at"] == items.next_end(sub):
        return
    if world.now < items.next_end(sub):
        emit(world, "invoice.upcoming", preview(world, sub))


def preview(world: World, sub: Obj) -> Obj:
    """The next renewal's invoice; nothing of it is kept."""
    at = items.next_end(sub)
    rows = []
    for item in [i for i in sub["items"]["data"] if i["current_period_end"] == at]:
        recurring = item["price"]["recurring"]
        end = boundary(sub["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], at)
        metered = recurring["usage_type"] == "metered"
        rows.append(
            lines.period_line(world, sub, item, item["current_period_start"] if metered else at, at if metered else end)
        )
    customer = world.get("customer", sub["customer"])
    waiting = [lines.invoice_item_line(world, x) for x in drafts.pending(world, customer, sub, sub["currency"])]
    invoice = drafts.draft(
        world, customer, sub, "upcoming", rows + waiting, sub["currency"], pull=False, announce=False
    )
    del world.table("invoice")[invoice["id"]]
    for row in invoice["lines"]["data"]:
        row["invoice"] = None
    invoice.update(
        next_payment_attempt=at + world.settings.finalize_after,
        period_start=min(i["current_period_start"] for i in sub["items"]["data"]),
        period_end=at,
    )
    return {k: v for k, v in invoice.items() if k != "id"}


def collect(world: World, invoice: Obj) -> None:
    """A retry is due."""
    if invoice["status"] == "open" and invoice["next_payment_attempt"] == world.now and invoice["auto_advance"]:
        collecting.automatic(world, invoice)
