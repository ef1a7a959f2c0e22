"""Payment methods: cards, by Stripe's test tokens or typed numbers."""

import hashlib
from datetime import UTC, datetime

from infra.local.twin.core import billing_info, cards
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import declined, invalid, missing
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import PAGING, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    whole,
)
from infra.local.twin.core.values import Obj, previous, public
from infra.local.twin.core.world import World, fields

REDISPLAY = one_of("always", "limited", "unspecified")
CREATE: dict[str, Check | Required] = {
    "type": need(one_of("card")),
    "metadata": metadata,
    "billing_details": billing_info.DETAILS,
    "allow_redisplay": REDISPLAY,
    "card": need(shape(number=text, exp_month=whole, exp_year=whole, cvc=text, token=text)),
}
UPDATE: dict[str, Check | Required] = {
    "metadata": metadata,
    "billing_details": billing_info.DETAILS,
    "allow_redisplay": REDISPLAY,
    "card": shape(exp_month=whole, exp_year=whole),
}
ATTACH: dict[str, Check | Required] = {"customer": need(text)}
LIST_OF: dict[str, Check | Required] = {**PAGING, "type": one_of("card"), "allow_redisplay": clear(REDISPLAY)}
LIST: dict[str, Check | Required] = {**LIST_OF, "customer": text}


def create(world: World, call: Call) -> Obj:
    """A card that belongs to nobody yet."""
    given = call.p["card"]
    if "token" in given:
        card = mint(world, given["token"].replace("tok_", "pm_card_", 1), "card[token]")
    else:
        card = typed_card(world, given)
    card["billing_details"] = billing_info.details(call.p.get("billing_details"))
    card["metadata"] = merge_metadata({}, call.p.get("metadata"))
    card["allow_redisplay"] = call.p.get("allow_redisplay", "unspecified")
    return card


def typed_card(world: World, given: Obj) -> Obj:
    """A card from a typed number, checked as Stripe checks it before any bank is asked."""
    number = given.get("number", "").replace(" ", "")
    if not cards.is_number(number):
        raise _typo("Your card number is incorrect.", "incorrect_number", "number")
    if number not in cards.BY_NUMBER:
        raise _typo(
            "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, "
            "visit: https://stripe.com/docs/testing.",
            "card_declined",
            "number",
        )
    month, year = given.get("exp_month", 0), given.get("exp_year", 0)
    if not 1 <= month <= 12:
        raise _typo("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    year += 2000 if 0 < year < 100 else 0
    today = datetime.fromtimestamp(world.now, UTC)
    if (year, month) < (today.year, today.month) or year > today.year + 50:
        raise _typo("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if not 3 <= len(given.get("cvc", "123")) <= 4 or not given.get("cvc", "123").isdigit():
        raise _typo("Your card's security code is invalid.", "invalid_cvc", "cvc")
    return _make(world, cards.BY_NUMBER[number], month, year)


def _typo(message: str, code: str, param: str) -> Exception:
    return declined({"message": message, "code": code, "param": param})


def mint(world: World, token: str, param: str | None) -> Obj:
    """A fresh payment method from a test token, good for some years."""
    card = cards.by_token(token)
    if card is None:
        raise missing("PaymentMethod", token, param)
    return _make(world, card, 12, datetime.fromtimestamp(world.now, UTC).year + 4)


def _make(world: World, card: cards.TestCard, month: int, year: int) -> Obj:
    face = fields(
        brand=card.brand,
        checks={"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        country=card.country,
        display_brand=card.brand,
        exp_month=month,
        exp_year=year,
        fingerprint=hashlib.sha256(card.number.encode()).hexdigest()[:16],
        funding=card.funding,
        generated_from=None,
        last4=card.number[-4:],
        networks={"available": [card.brand], "preferred": None},
        regulated_status="unregulated",
        three_d_secure_usage={"supported": True},
        wallet=None,
    )
    notes = {
        "_attach": card.attach,
        "_charge": card.charge,
        "_auth": card.auth,
        "_set_up": False,
        "_dispute": card.dispute,
    }
    return world.add(
        fields(
            id=world.ids.new("pm"),
            object="payment_method",
            allow_redisplay="unspecified",
            billing_details=billing_info.details(None),
            card=face,
            created=world.now,
            customer=None,
            customer_account=None,
            livemode=world.livemode,
            metadata={},
            type="card",
        )
        | notes
    )


def resolve(world: World, wanted: str, param: str | None) -> Obj:
    """The payment method; a test token makes a new one, as at Stripe."""
    if wanted.startswith(("pm_card_", cards.OURS)):
        return mint(world, wanted, param)
    return world.get("payment_method", wanted, param)


def attach(world: World, call: Call) -> Obj:
    """Attaches a card to a customer; the bank is asked, so cards that always decline cannot be attached."""
    customer = world.get("customer", call.p["customer"], "customer")
    if customer.get("deleted"):
        raise missing("customer", call.p["customer"], "customer")
    return attach_to(world, call.id, customer, None)


def attach_to(world: World, wanted: str, customer: Obj, param: str | None) -> Obj:
    """Attaches; declined raises the card error, a card of somebody else's Stripe's 400."""
    card = resolve(world, wanted, param)
    if card["customer"] == customer["id"]:
        return card
    if card["customer"] is not None:
        raise invalid(
            "The payment method you provided has already been attached to a customer.",
            param or "payment_method",
            "payment_method_unexpected_state",
        )
    if card["_attach"]:
        no = cards.DECLINES[card["_attach"]]
        raise declined(
            {
                "message": no.message,
                "code": no.code,
                "advice_code": no.advice,
                "network_decline_code": no.network,
                "decline_code": no.decline_code if no.code == "card_declined" else None,
            }
        )
    card["customer"] = customer["id"]
    world.reindex(card, "customer")
    emit(world, "payment_method.attached", card)
    return card


def detach(world: World, call: Call) -> Obj:
    """Takes a card from its customer for good, and from whatever used it by default."""
    card = world.get("payment_method", call.id)
    if card["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method",
            "payment_method_unexpected_state",
        )
    customer = world.get("customer", card["customer"])
    for sub in world.find("subscription", "customer", customer["id"]):
        if sub["default_payment_method"] == card["id"] and sub["status"] != "canceled":
            with editing(world, sub, "customer.subscription.updated"):
                sub["default_payment_method"] = None
    if customer["invoice_settings"]["default_payment_method"] == card["id"]:
        with editing(world, customer, "customer.updated"):
            customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": None}
    return release(world, card)


def release(world: World, card: Obj) -> Obj:
    """The card without its customer."""
    old = public(card)
    card["customer"] = None
    emit(world, "payment_method.detached", card, previous(old, public(card)))
    return card


def update(world: World, call: Call) -> Obj:
    """Changes the expiry date or the billing details of an attached card."""
    card = world.get("payment_method", call.id)
    if card["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.", "payment_method")
    with editing(world, card, "payment_method.updated"):
        card["metadata"] = merge_metadata(card["metadata"], call.p.get("metadata"))
        card["card"] = {**card["card"], **call.p.get("card", {})}
        if "billing_details" in call.p:
            card["billing_details"] = {**card["billing_details"], **billing_info.details(call.p["billing_details"])}
        card["allow_redisplay"] = call.p.get("allow_redisplay", card["allow_redisplay"])
    return card


def retrieve(world: World, call: Call) -> Obj:
    """A payment method by id, or a fresh one by test token."""
    return resolve(world, call.id, None)


def ways(p: Obj) -> Obj:
    """How an intent may be paid, as its creation said: shown; the twin takes cards whatever it says."""
    shown: Obj = {"allowed_payment_method_types": p.get("allowed_payment_method_types")}
    automatic = p.get("automatic_payment_methods")
    if automatic:
        shown["automatic_payment_methods"] = {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": automatic["enabled"],
        }
    kinds = p.get("payment_method_types") or p.get("allowed_payment_method_types")
    if kinds:
        shown["payment_method_types"] = kinds
    return shown


def list_(world: World, call: Call) -> Obj:
    """A customer's payment methods, newest first; without a customer there is nothing Stripe would list."""
    if "customer" not in call.p:
        return paged([], call.p, call.path)
    world.get("customer", call.p["customer"], "customer")
    rows = sorted(world.find("payment_method", "customer", call.p["customer"]), key=lambda c: c["created"])
    for name in ("type", "allow_redisplay"):
        if call.p.get(name):
            rows = [c for c in rows if c[name] == call.p[name]]
    return paged(rows, call.p, call.path)


def list_of_customer(world: World, call: Call) -> Obj:
    """GET /v1/customers/{id}/payment_methods."""
    return list_(world, Call(call.path, (), {**call.p, "customer": call.id}))


def of_customer(world: World, call: Call) -> Obj:
    """GET /v1/customers/{id}/payment_methods/{pm}."""
    card = world.get("payment_method", call.ids[1])
    if card["customer"] != call.ids[0]:
        raise missing("PaymentMethod", call.ids[1])
    return card
