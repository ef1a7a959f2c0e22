"""Refunds of charges."""

from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, listing, paged
from infra.local.twin.core.params import Check, Required, count, merge_metadata, metadata, one_of, text
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World, fields

CREATE: dict[str, Check | Required] = {
    "charge": text,
    "payment_intent": text,
    "amount": count,
    "metadata": metadata,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
}
UPDATE: dict[str, Check | Required] = {"metadata": metadata}
LIST: dict[str, Check | Required] = {**CREATED, "charge": text, "payment_intent": text}


def create(world: World, call: Call) -> Obj:
    """Gives back a charge, or a part of it."""
    p = call.p
    if ("charge" in p) == ("payment_intent" in p):
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.", "charge"
        )
    wanted = p.get("charge")
    if wanted is None:
        wanted = world.get("payment_intent", p["payment_intent"], "payment_intent")["latest_charge"]
    charge = world.get("charge", wanted or "", "charge")
    return make(world, charge, p.get("amount"), p.get("reason"), merge_metadata({}, p.get("metadata")))


def make(world: World, charge: Obj, amount: int | None, reason: str | None, notes: Obj | None = None) -> Obj:
    """The refund itself; a credit note makes one too."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", None, "charge_already_refunded")
    if amount is not None and not 0 < amount <= left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")
    refund = fields(
        id=world.ids.new("re"),
        object="refund",
        amount=amount or left,
        balance_transaction=None,
        charge=charge["id"],
        created=world.now,
        currency=charge["currency"],
        customer=charge["customer"],
        customer_account=None,
        destination_details={
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        metadata=notes or {},
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        receipt_number=None,
        source_transfer_reversal=None,
        status="succeeded",
        transfer_reversal=None,
    )
    world.add(refund)
    emit(world, "refund.created", refund)
    with editing(world, charge, "charge.updated"):
        charge["amount_refunded"] += refund["amount"]
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(world, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - refund["amount"]})
    return refund


def update(world: World, call: Call) -> Obj:
    """Changes the metadata."""
    refund = world.get("refund", call.id)
    old = public(refund["metadata"])
    refund["metadata"] = merge_metadata(refund["metadata"], call.p.get("metadata"))
    for kind in ("charge.refund.updated", "refund.updated"):
        emit(world, kind, refund, {"metadata": old})
    return refund


def retrieve(world: World, call: Call) -> Obj:
    """One refund."""
    return world.get("refund", call.id)


def of_charge(world: World, charge: Obj) -> Obj:
    """The list that comes with expand[]=refunds."""
    rows = list(world.find("refund", "charge", charge["id"]))
    return listing(rows[::-1], f"/v1/charges/{charge['id']}/refunds")


def list_(world: World, call: Call) -> Obj:
    """Refunds, newest first."""
    rows = list(world.table("refund").values())
    for name in call.p.keys() & {"charge", "payment_intent"}:
        rows = [r for r in rows if r[name] == call.p[name]]
    return paged(rows, call.p, call.path)
