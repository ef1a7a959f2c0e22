"""The bank's page: the customer confirms a payment or a card, or fails to. A stand-in for 3-D Secure."""

from infra.local.twin.core import collecting, money_api, payments, setup_intents
from infra.local.twin.core.cards import DECLINES
from infra.local.twin.core.errors import StripeError
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World
from infra.local.twin.pages.views import Page, Redirect, View


def serve(world: World, method: str, secret: str, form: Obj) -> Page:
    """The page of a client secret; `return` in the query is where it goes back to, on this host only."""
    name = secret.partition("_secret_")[0]
    kind = "setup_intent" if name.startswith("seti_") else "payment_intent"
    intent = world.table(kind).get(name)
    if intent is None or intent["client_secret"] != secret:
        return View("message.html", {"error": "not_found", "locale": "auto"}, 404)
    back = form.get("return", "")
    back = back if back.startswith("/") and not back.startswith("//") else ""
    if method == "POST" and intent["status"] == "requires_action":
        _answer(world, kind, intent, form.get("result") == "complete")
        if back:
            return Redirect(back)
    return View(
        "bank.html",
        {
            "locale": "auto",
            "status": intent["status"],
            "amount": intent.get("amount"),
            "currency": intent.get("currency"),
            "action": f"/_twin/3ds/{secret}",
            "back": back,
        },
    )


def _answer(world: World, kind: str, intent: Obj, confirmed: bool) -> None:
    card = world.get("payment_method", intent["payment_method"])
    if kind == "setup_intent":
        if confirmed:
            setup_intents.confirm(world, intent, card, authenticated=True)
        else:
            setup_intents.fail(world, intent, card, DECLINES["authentication_required"])
        return
    if not confirmed:
        payments.unauthenticated(world, intent, card)
        return
    invoice = money_api.invoice_of(world, intent)
    if invoice is None:
        payments.confirm(world, intent, card, on_session=True, authenticated=True)
        return
    try:
        collecting.pay(world, invoice, card, on_session=True, authenticated=True)
    except StripeError:
        return  # the refusal stands on the invoice; the page it goes back to shows it
