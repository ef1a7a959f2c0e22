"""Disputes: a customer's bank takes a payment back. Opened by Stripe's test cards, or through the control API."""

from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import Check, Required, clear, flag, merge_metadata, metadata, shape, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

DAY = 86400
TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text",
)  # fmt: skip
FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
    "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip
UPDATE: dict[str, Check | Required] = {
    "evidence": shape(**{name: clear(text) for name in TEXTS}),
    "metadata": metadata,
    "submit": flag,
}
LIST: dict[str, Check | Required] = {**CREATED, "charge": text, "payment_intent": text}


def open_(world: World, charge: Obj, reason: str = "fraudulent", inquiry: bool = False) -> Obj:
    """The bank disputes a charge: the money is gone at once, unless the bank only asks (an inquiry)."""
    face = charge["payment_method_details"]["card"]
    code = {"fraudulent": "10.4", "product_not_received": "13.1"}.get(reason, "13.3")
    dispute = fields(
        id=world.ids.new("du"),
        object="dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        created=world.now,
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={**dict.fromkeys((*TEXTS, *FILES)), "enhanced_evidence": {}},
        evidence_details={
            "due_by": world.now + 9 * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=inquiry,
        livemode=world.livemode,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": {
                "brand": face["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": face["network"],
                "network_reason_code": code,
            },
            "type": "card",
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    world.add(dispute)
    with editing(world, charge, "charge.updated"):
        charge["disputed"] = not inquiry
    emit(world, "charge.dispute.created", dispute)
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(world: World, call: Call) -> Obj:
    """Evidence. Stripe's test words decide at once: winning_evidence and losing_evidence."""
    dispute = world.get("dispute", call.id)
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise invalid("This dispute is already closed.", None, "dispute_closed")
    given = call.p.get("evidence", {})
    submits = bool(given) and call.p.get("submit", True)
    with editing(world, dispute, "charge.dispute.updated"):
        dispute["metadata"] = merge_metadata(dispute["metadata"], call.p.get("metadata"))
        dispute["evidence"] = {**dispute["evidence"], **given}
        details = dispute["evidence_details"]
        dispute["evidence_details"] = {
            **details,
            "has_evidence": details["has_evidence"] or bool(given),
            "submission_count": details["submission_count"] + submits,
            "submission_method": "manual" if submits else details["submission_method"],
        }
        if submits:
            dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(given.get("uncategorized_text"))
    if submits and verdict:
        settle(world, dispute, verdict)
    return dispute


def settle(world: World, dispute: Obj, status: str) -> None:
    """The end: won gives the money back, lost does not; an inquiry only closes."""
    inquiry = dispute["status"].startswith("warning")
    with editing(world, dispute, "charge.dispute.updated"):
        dispute["status"] = "warning_closed" if inquiry else status
    if status == "won" and not inquiry:
        emit(world, "charge.dispute.funds_reinstated", dispute)
    emit(world, "charge.dispute.closed", dispute)


def close(world: World, call: Call) -> Obj:
    """The merchant gives in."""
    dispute = world.get("dispute", call.id)
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise invalid("This dispute is already closed.", None, "dispute_closed")
    settle(world, dispute, "lost")
    return dispute


def retrieve(world: World, call: Call) -> Obj:
    """One dispute."""
    return world.get("dispute", call.id)


def list_(world: World, call: Call) -> Obj:
    """Disputes, newest first."""
    rows = list(world.table("dispute").values())
    for name in call.p.keys() & {"charge", "payment_intent"}:
        rows = [d for d in rows if d[name] == call.p[name]]
    return paged(rows, call.p, call.path)
