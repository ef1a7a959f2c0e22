"""Billing a subscription: its first invoice, and what `payment_behavior` makes of it."""

from infra.local.twin.core import collecting, drafts, finalizing, lines, payments
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.cards import Decline
from infra.local.twin.core.errors import declined
from infra.local.twin.core.items import full_period
from infra.local.twin.core.values import Obj, half_up
from infra.local.twin.core.world import World

DAY = 86400
INCOMPLETE_FOR = 23 * 3600


def begin(world: World, sub: Obj, customer: Obj, p: Obj) -> None:
    """The first invoice. Charged at once; refused, the subscription is incomplete and has 23 hours."""
    behavior = p.get("payment_behavior", "allow_incomplete")
    rows = [_first_line(world, sub, item, p) for item in sub["items"]["data"]]
    rows += [_added(world, one) for one in p.get("add_invoice_items", [])]
    due = sum(row["amount"] for row in rows) > 0 and sub["collection_method"] == "charge_automatically"
    if behavior == "error_if_incomplete" and due:
        _must_pay(world, sub, customer, not p.get("off_session"))
    invoice = drafts.draft(
        world,
        customer,
        sub,
        "subscription_create",
        [r for r in rows if r["amount"] or not due or r["quantity"]],
        sub["currency"],
    )
    sub["latest_invoice"] = invoice["id"]
    schedule(world, sub)
    if sub["collection_method"] == "send_invoice":
        invoice["_days_until_due"] = sub["days_until_due"]
        return hold(world, invoice)
    if due and sub["status"] == "active":
        sub["status"] = "incomplete"
    finalizing.finalize(world, invoice, charge=False)
    if invoice["status"] == "open":
        world.at(world.now + INCOMPLETE_FOR, "expire", sub["id"])
        if behavior != "default_incomplete":
            collecting.automatic(world, invoice, on_session=not p.get("off_session"))
    return None


def _first_line(world: World, sub: Obj, item: Obj, p: Obj) -> Obj:
    start, end = item["current_period_start"], item["current_period_end"]
    row = lines.period_line(world, sub, item, start, end, trial=sub["status"] == "trialing")
    whole_start, whole_end = full_period(sub, item)
    if start > whole_start and row["amount"]:
        share = (end - start, whole_end - whole_start) if p.get("proration_behavior") != "none" else (0, 1)
        row["amount"] = row["subtotal"] = half_up(row["amount"] * share[0], share[1])
    return row


def _added(world: World, given: Obj) -> Obj:
    price = world.get("price", given["price"], "add_invoice_items[0][price]")
    quantity = given.get("quantity", 1)
    name = world.get("product", price["product"])["name"]
    return lines.line(
        world,
        amount=cost(price, quantity),
        currency=price["currency"],
        description=name,
        price=price,
        quantity=quantity,
        start=world.now,
        end=world.now,
        parent=None,
        metadata={},
    )


def _must_pay(world: World, sub: Obj, customer: Obj, on_session: bool) -> None:
    """error_if_incomplete: nothing is made when the bank would say no."""
    wanted = sub["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    card = world.table("payment_method").get(wanted or "")
    if card is None:
        raise declined(
            {
                "message": "This customer has no attached payment source or default payment method.",
                "code": "resource_missing",
            }
        )
    answer = payments.verdict(card, False, on_session)
    if isinstance(answer, Decline):
        raise declined(
            {
                "message": answer.message,
                "code": answer.code,
                "decline_code": answer.decline_code,
                "advice_code": answer.advice,
            }
        )
    if answer == "action":
        raise declined(
            {
                "message": "This payment requires additional user action before it can be completed successfully.",
                "code": "subscription_payment_intent_requires_action",
            }
        )


def hold(world: World, invoice: Obj) -> None:
    """A draft that is finalized by itself in an hour, so that it can still be changed."""
    at = world.now + world.settings.finalize_after
    invoice["automatically_finalizes_at"] = at
    if invoice["collection_method"] == "charge_automatically":
        invoice["next_payment_attempt"] = at
    world.at(at, "finalize", invoice["id"])


def schedule(world: World, sub: Obj) -> None:
    """Notes when there is next something to do: the end of a period, the trial's last three days, the coming invoice."""
    end = min(i["current_period_end"] for i in sub["items"]["data"])
    world.at(end, "renew", sub["id"])
    if sub["trial_end"] and sub["status"] == "trialing" and sub["trial_end"] - 3 * DAY > world.now:
        world.at(sub["trial_end"] - 3 * DAY, "trial_will_end", sub["id"])
    if world.settings.upcoming_days:
        world.at(max(world.now, end - world.settings.upcoming_days * DAY), "upcoming", sub["id"])
