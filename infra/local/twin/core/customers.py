"""Customers."""

from infra.local.twin.core import billing_info, finalizing, payment_methods, settlement
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid, missing
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, listing, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    whole,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

FIELDS: dict[str, Check | Required] = {
    "email": clear(text),
    "name": clear(text),
    "description": clear(text),
    "phone": clear(text),
    "metadata": metadata,
    "address": clear(billing_info.ADDRESS),
    "shipping": clear(shape(address=billing_info.ADDRESS, name=text, phone=clear(text))),
    "preferred_locales": clear(listed(text)),
    "balance": whole,
    "invoice_prefix": clear(text),
    "next_invoice_sequence": whole,
    "tax_exempt": clear(one_of("exempt", "none", "reverse")),
    "business_name": clear(text),
    "individual_name": clear(text),
    "invoice_settings": shape(
        default_payment_method=clear(text),
        footer=clear(text),
        custom_fields=clear(listed(shape(name=text, value=text))),
    ),
}
CREATE: dict[str, Check | Required] = {**FIELDS, "payment_method": text, "source": text, "test_clock": text}
UPDATE = FIELDS
LIST: dict[str, Check | Required] = {**CREATED, "email": text, "test_clock": text}


def create(world: World, call: Call) -> Obj:
    """A customer; with `payment_method` its first card is attached at once."""
    clock = call.p.get("test_clock")
    if clock:
        world.get("test_helpers.test_clock", clock, "test_clock")
    obj = world.add(_blank(world, clock))
    try:
        _apply(world, obj, call.p)
        if "source" in call.p:
            _take_token(world, obj, call.p["source"])
        if "payment_method" in call.p:
            payment_methods.attach_to(world, call.p["payment_method"], obj, "payment_method")
    except Exception:
        del world.table("customer")[obj["id"]]
        raise
    emit(world, "customer.created", obj)
    return obj


def _take_token(world: World, obj: Obj, token: str) -> None:
    """An old `tok_..`: there are no legacy cards here, so it becomes a payment method and the default of invoices."""
    card = payment_methods.mint(world, token.replace("tok_", "pm_card_", 1), "source")
    payment_methods.attach_to(world, card["id"], obj, "source")
    obj["invoice_settings"] = {**obj["invoice_settings"], "default_payment_method": card["id"]}


def _blank(world: World, clock: str | None) -> Obj:
    return fields(
        id=world.ids.new("cus"),
        object="customer",
        address=None,
        balance=0,
        created=world.now,
        currency=None,
        customer_account=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=None,
        invoice_prefix=world.ids.letters(8).upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        livemode=world.livemode,
        metadata={},
        name=None,
        next_invoice_sequence=1,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=clock,
    )


def update(world: World, call: Call) -> Obj:
    """Changes what is given; a new default card does not by itself pay what is open."""
    obj = alive(world, call.id)
    with editing(world, obj, "customer.updated"):
        _apply(world, obj, call.p)
    return obj


def _apply(world: World, obj: Obj, p: Obj) -> None:
    for name in FIELDS.keys() & p.keys() - {"metadata", "invoice_settings", "preferred_locales", "address", "shipping"}:
        obj[name] = p[name]
    if "address" in p:
        obj["address"] = billing_info.address(p["address"])
    if "shipping" in p:
        obj["shipping"] = billing_info.shipping(p["shipping"])
    if "preferred_locales" in p:
        obj["preferred_locales"] = p["preferred_locales"] or []
    obj["metadata"] = merge_metadata(obj["metadata"], p.get("metadata"))
    chosen = p.get("invoice_settings", {})
    if chosen.get("default_payment_method"):
        chosen = {**chosen, "default_payment_method": _own_card(world, obj, chosen["default_payment_method"], p)}
    obj["invoice_settings"] = {**obj["invoice_settings"], **chosen}


def _own_card(world: World, obj: Obj, wanted: str, p: Obj) -> str:
    param = "invoice_settings[default_payment_method]"
    if p.get("payment_method") == wanted:
        card = payment_methods.attach_to(world, wanted, obj, "payment_method")
        p["payment_method"] = card["id"]
        return str(card["id"])
    card = world.get("payment_method", wanted, param)
    if card["customer"] != obj["id"]:
        raise invalid(
            "The customer does not have a payment method with the ID "
            + wanted
            + ". The payment method must be attached to "
            "the customer.",
            param,
            "resource_missing",
        )
    return wanted


def alive(world: World, wanted: str, param: str | None = None) -> Obj:
    """The customer; one that was deleted counts as missing when something is to be done with it."""
    obj = world.get("customer", wanted, param)
    if obj.get("deleted"):
        raise missing("customer", wanted, param)
    return obj


def retrieve(world: World, call: Call) -> Obj:
    """The customer, or of a deleted one the three fields that are left."""
    return world.get("customer", call.id)


def delete(world: World, call: Call) -> Obj:
    """Deletes the customer; its subscriptions end at once and its cards go."""
    obj = alive(world, call.id)
    settlement.end_all(world, obj)
    for card in list(world.find("payment_method", "customer", obj["id"])):
        payment_methods.release(world, card)
    emit(world, "customer.deleted", obj)
    gone: Obj = {"id": obj["id"], "object": "customer", "deleted": True}
    world.table("customer")[obj["id"]] = gone
    return gone


def list_(world: World, call: Call) -> Obj:
    """Customers, newest first."""
    rows = [c for c in world.table("customer").values() if not c.get("deleted")]
    for name in ("email", "test_clock"):
        if name in call.p:
            rows = [c for c in rows if c[name] == call.p[name]]
    return paged(rows, call.p, call.path)


BALANCE: dict[str, Check | Required] = {
    "amount": need(whole),
    "currency": need(text),
    "description": text,
    "metadata": metadata,
}
BALANCES: dict[str, Check | Required] = {**CREATED, "invoice": text}


def move_balance(world: World, call: Call) -> Obj:
    """POST /v1/customers/{id}/balance_transactions: a credit is negative."""
    obj = alive(world, call.id)
    currency = call.p["currency"].lower()
    if obj["currency"] not in (None, currency):
        raise invalid(f"The customer's currency is {obj['currency']}.", "currency")
    with editing(world, obj, "customer.updated"):
        obj["currency"] = currency
    moved = finalizing.record_balance(world, obj, call.p["amount"], None, "adjustment")
    moved["description"] = call.p.get("description")
    moved["metadata"] = merge_metadata({}, call.p.get("metadata"))
    return moved


def balances(world: World, call: Call) -> Obj:
    """GET /v1/customers/{id}/balance_transactions."""
    rows = list(world.find("customer_balance_transaction", "customer", alive(world, call.id)["id"]))
    if "invoice" in call.p:
        rows = [r for r in rows if r["invoice"] == call.p["invoice"]]
    return paged(rows, call.p, call.path)


def subscriptions_of(world: World, obj: Obj) -> Obj:
    """The list that comes with expand[]=subscriptions: those that have not ended."""
    rows = [
        s
        for s in world.find("subscription", "customer", obj["id"])
        if s["status"] not in ("canceled", "incomplete_expired")
    ]
    return listing(rows[::-1][:10], f"/v1/customers/{obj['id']}/subscriptions", len(rows) > 10)
