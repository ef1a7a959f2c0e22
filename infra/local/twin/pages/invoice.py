"""The hosted invoice: what it is for, and paying it with a card."""

from infra.local.twin.core import collecting, payment_methods, payments
from infra.local.twin.core.errors import StripeError
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World
from infra.local.twin.pages.portal import typed
from infra.local.twin.pages.views import Page, Redirect, View, card_facts, invoice_facts

DAY = 86400


def serve(world: World, method: str, secret: str, rest: str, form: Obj) -> Page:
    """The page of an invoice; its address dies 30 days after the due date or the finalization."""
    invoice = world.table("invoice").get(world.secrets.get(secret, ""))
    if invoice is None:
        return View("message.html", {"error": "not_found", "locale": "auto"}, 404)
    last = (invoice["due_date"] or invoice["status_transitions"]["finalized_at"] or invoice["created"]) + 30 * DAY
    facts = _facts(world, invoice, secret)
    if world.now > last:
        return View("expired.html", {**facts, "login_url": None}, 410)
    if rest == "pdf":
        return View("invoice_print.html", facts)
    if method == "POST" and invoice["status"] in ("open", "uncollectible"):
        return _pay(world, invoice, form, facts)
    return View("invoice.html", facts)


def _facts(world: World, invoice: Obj, secret: str) -> Obj:
    customer = world.get("customer", invoice["customer"])
    alive = not customer.get("deleted")
    locale = (customer.get("preferred_locales") or ["auto"])[0] if alive else "auto"
    lines = [
        {k: row[k] for k in ("description", "amount", "currency", "quantity", "period")}
        for row in invoice["lines"]["data"]
    ]
    found = payments.of_invoice(world, invoice)
    return {
        "home": f"/i/{world.account}/test_{secret}",
        "locale": locale,
        "invoice": invoice_facts(invoice),
        "lines": lines,
        "error": None,
        "form": {},
        "merchant": invoice["account_name"],
        "cards": card_facts(world, customer) if alive else [],
        "discounts": sum(d["amount"] for d in invoice["total_discount_amounts"]),
        "credit": min(0, invoice["starting_balance"]),
        "waits_for_bank": bool(found and found[1]["status"] == "requires_action"),
    }


def _pay(world: World, invoice: Obj, form: Obj, facts: Obj) -> Page:
    try:
        card = _card(world, invoice, form)
        collecting.pay(world, invoice, card, on_session=True)
    except StripeError as error:
        found = payments.of_invoice(world, invoice)
        if found and found[1]["status"] == "requires_action":
            return Redirect(f"/_twin/3ds/{found[1]['client_secret']}?return={facts['home']}")
        return View("invoice.html", {**facts, "error": error.message, "form": form}, error.status)
    return Redirect(facts["home"])


def _card(world: World, invoice: Obj, form: Obj) -> Obj:
    """A card that is kept, or a new one, which then is."""
    kept = form.get("payment_method")
    if kept:
        card = world.get("payment_method", kept, "payment_method")
        if card["customer"] != invoice["customer"]:
            raise StripeError(404, "invalid_request_error", "No such card.")
        return card
    card = payment_methods.typed_card(world, typed(form))
    return payment_methods.attach_to(world, card["id"], world.get("customer", invoice["customer"]), "payment_method")
