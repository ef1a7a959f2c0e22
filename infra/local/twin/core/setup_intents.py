"""Setup intents: a card is checked with its bank before it is kept."""

from infra.local.twin.core import payment_methods
from infra.local.twin.core.call import Call
from infra.local.twin.core.cards import DECLINES, Decline
from infra.local.twin.core.errors import declined, invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
)
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World, fields

CONFIRM: dict[str, Check | Required] = {"payment_method": text, "return_url": text}
CREATE: dict[str, Check | Required] = {
    **CONFIRM,
    "customer": text,
    "confirm": flag,
    "description": text,
    "metadata": metadata,
    "usage": one_of("off_session", "on_session"),
    "allowed_payment_method_types": listed(text),
    "automatic_payment_methods": shape(enabled=need(flag), allow_redirects=one_of("always", "never")),
}
CANCEL: dict[str, Check | Required] = {"cancellation_reason": one_of("abandoned", "duplicate", "requested_by_customer")}
LIST: dict[str, Check | Required] = {**CREATED, "customer": text, "payment_method": text}


def new(world: World, customer: str | None, usage: str = "off_session") -> Obj:
    """A setup intent that waits for a card."""
    name = world.ids.new("seti")
    intent = fields(
        id=name,
        object="setup_intent",
        allowed_payment_method_types=None,
        application=None,
        automatic_payment_methods=None,
        cancellation_reason=None,
        client_secret=world.ids.secret(name),
        created=world.now,
        customer=customer,
        customer_account=None,
        description=None,
        flow_directions=None,
        last_setup_error=None,
        latest_attempt=None,
        excluded_payment_method_types=None,
        livemode=world.livemode,
        managed_payments=None,
        mandate=None,
        metadata={},
        next_action=None,
        on_behalf_of=None,
        payment_method=None,
        payment_method_configuration_details=None,
        payment_method_options={
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        payment_method_types=["card"],
        single_use_mandate=None,
        status="requires_payment_method",
        usage=usage,
    )
    emit(world, "setup_intent.created", world.add(intent))
    return intent


def confirm(world: World, intent: Obj, card: Obj, *, authenticated: bool = False) -> Decline | str | None:
    """Asks the bank. None: the card is good and attached; "action": the customer must confirm first; else the refusal."""
    intent["payment_method"] = card["id"]
    if card["_auth"] and not authenticated:
        intent["status"] = "requires_action"
        address = f"{world.base_url}/_twin/3ds/{intent['client_secret']}"
        back = intent.get("_return_url")
        intent["next_action"] = {"redirect_to_url": {"return_url": back, "url": address}, "type": "redirect_to_url"}
        emit(world, "setup_intent.requires_action", intent)
        return "action"
    if card["_attach"]:
        return fail(world, intent, card, DECLINES[card["_attach"]])
    card["_set_up"] = card["_set_up"] or authenticated
    if intent["customer"]:
        payment_methods.attach_to(world, card["id"], world.get("customer", intent["customer"]), "payment_method")
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    emit(world, "setup_intent.succeeded", intent)
    return None


def fail(world: World, intent: Obj, card: Obj, no: Decline) -> Decline:
    """The bank's no, or the customer's failure to confirm."""
    error = {
        "advice_code": no.advice,
        "code": no.code,
        "decline_code": no.decline_code,
        "message": no.message,
        "payment_method": public(card),
        "type": "card_error",
    }
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_setup_error={k: v for k, v in error.items() if v is not None},
    )
    emit(world, "setup_intent.setup_failed", intent)
    return no


def create(world: World, call: Call) -> Obj:
    """A setup intent, confirmed at once if so wished."""
    p = call.p
    if "customer" in p:
        world.get("customer", p["customer"], "customer")
    intent = new(world, p.get("customer"), p.get("usage", "off_session"))
    intent["metadata"] = merge_metadata({}, p.get("metadata"))
    intent["description"] = p.get("description")
    intent.update(payment_methods.ways(p))
    if p.get("confirm"):
        return _confirm(world, intent, p)
    if "payment_method" in p:
        card = payment_methods.resolve(world, p["payment_method"], "payment_method")
        intent.update(payment_method=card["id"], status="requires_confirmation")
    intent["_return_url"] = p.get("return_url")
    return intent


def confirm_call(world: World, call: Call) -> Obj:
    """POST /v1/setup_intents/{id}/confirm."""
    intent = world.get("setup_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise _unexpected(f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.")
    return _confirm(world, intent, call.p)


def _unexpected(message: str) -> Exception:
    return invalid(message, None, "setup_intent_unexpected_state")


def _confirm(world: World, intent: Obj, p: Obj) -> Obj:
    intent["_return_url"] = p.get("return_url", intent.get("_return_url"))
    wanted = p.get("payment_method") or intent["payment_method"]
    if wanted is None:
        raise _unexpected("You cannot confirm this SetupIntent because it's missing a payment method.")
    answer = confirm(world, intent, payment_methods.resolve(world, wanted, "payment_method"))
    if isinstance(answer, Decline):
        raise declined(
            {
                "message": answer.message,
                "code": answer.code,
                "decline_code": answer.decline_code,
                "setup_intent": public(intent),
            }
        )
    return intent


def cancel(world: World, call: Call) -> Obj:
    """Cancels one that has not succeeded."""
    intent = world.get("setup_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise _unexpected(f"You cannot cancel this SetupIntent because it has a status of {intent['status']}.")
    intent.update(status="canceled", cancellation_reason=call.p.get("cancellation_reason"), next_action=None)
    emit(world, "setup_intent.canceled", intent)
    return intent


def retrieve(world: World, call: Call) -> Obj:
    """One setup intent."""
    return world.get("setup_intent", call.id)


def list_(world: World, call: Call) -> Obj:
    """Setup intents, newest first."""
    rows = list(world.table("setup_intent").values())
    for name in call.p.keys() & {"customer", "payment_method"}:
        rows = [i for i in rows if i[name] == call.p[name]]
    return paged(rows, call.p, call.path)
