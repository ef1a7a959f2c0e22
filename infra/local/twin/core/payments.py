"""Payment intents, charges and invoice payments: how the bank is asked, and what is kept of its answer."""

from infra.local.twin.core import billing_info, disputes
from infra.local.twin.core.cards import DECLINES, Decline
from infra.local.twin.core.events import emit
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World, fields


def open_for(world: World, invoice: Obj) -> Obj:
    """The payment intent of a finalized invoice and the invoice payment that ties them."""
    intent = new_intent(
        world,
        invoice["customer"],
        invoice["amount_remaining"],
        invoice["currency"],
        description=_described(invoice),
        order=invoice["id"],
    )
    world.add(
        fields(
            id=world.ids.new("inpay"),
            object="invoice_payment",
            amount_paid=None,
            amount_requested=invoice["amount_remaining"],
            created=world.now,
            currency=invoice["currency"],
            invoice=invoice["id"],
            is_default=True,
            livemode=world.livemode,
            payment={"payment_intent": intent["id"], "type": "payment_intent"},
            status="open",
            status_transitions={"canceled_at": None, "paid_at": None},
        )
        | {"_payment_intent": intent["id"]}
    )
    emit(world, "payment_intent.created", intent)
    return intent


def _described(invoice: Obj) -> str:
    return (
        "Subscription creation"
        if invoice["billing_reason"] == "subscription_create"
        else f"Payment for Invoice {invoice['number']}"
    )


def new_intent(
    world: World,
    customer: str | None,
    amount: int,
    currency: str,
    description: str | None = None,
    order: str | None = None,
) -> Obj:
    """A payment intent that waits for a payment method."""
    name = world.ids.new("pi")
    return world.add(
        fields(
            id=name,
            object="payment_intent",
            amount=amount,
            allowed_payment_method_types=None,
            amount_capturable=0,
            amount_details={"tip": {}},
            amount_received=0,
            application=None,
            application_fee_amount=None,
            automatic_payment_methods=None,
            canceled_at=None,
            cancellation_reason=None,
            capture_method="automatic",
            client_secret=world.ids.secret(name),
            confirmation_method="automatic",
            created=world.now,
            currency=currency,
            customer=customer,
            customer_account=None,
            description=description,
            excluded_payment_method_types=None,
            last_payment_error=None,
            latest_charge=None,
            livemode=world.livemode,
            managed_payments=None,
            metadata={},
            next_action=None,
            on_behalf_of=None,
            payment_details={"customer_reference": None, "order_reference": order},
            payment_method=None,
            payment_method_configuration_details=None,
            payment_method_options={"card": {"request_three_d_secure": "automatic"}},
            payment_method_types=["card"],
            processing=None,
            receipt_email=None,
            review=None,
            setup_future_usage=None,
            shipping=None,
            source=None,
            statement_descriptor=None,
            statement_descriptor_suffix=None,
            status="requires_payment_method",
            transfer_data=None,
            transfer_group=None,
        )
    )


def of_invoice(world: World, invoice: Obj) -> tuple[Obj, Obj] | None:
    """The open (or last) invoice payment of an invoice and its payment intent; None when nothing was ever to pay."""
    rows = list(world.find("invoice_payment", "invoice", invoice["id"]))
    if not rows:
        return None
    return rows[-1], world.get("payment_intent", rows[-1]["_payment_intent"])


def verdict(card: Obj, authenticated: bool, on_session: bool) -> Decline | str | None:
    """The bank's answer: a refusal, "action" when the customer must confirm first, None for yes."""
    asks = card["_auth"] == "always" or (card["_auth"] == "unless_set_up" and not card["_set_up"])
    if asks and not authenticated:
        return "action" if on_session else DECLINES["authentication_required"]
    return DECLINES[card["_charge"]] if card["_charge"] else None


def confirm(
    world: World, intent: Obj, card: Obj, *, on_session: bool, authenticated: bool = False
) -> Decline | str | None:
    """Asks the bank for the money; the intent, its charge and their events tell the outcome, which is returned."""
    answer = verdict(card, authenticated, on_session)
    intent["payment_method"] = card["id"]
    if answer == "action":
        _needs_action(world, intent, None)
        return answer
    charge = _charge(world, intent, card, answer if isinstance(answer, Decline) else None, authenticated)
    intent["latest_charge"] = charge["id"]
    if isinstance(answer, Decline):
        emit(world, "charge.failed", charge)
        _failed(world, intent, card, charge, answer)
        return answer
    card["_set_up"] = card["_set_up"] or authenticated
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None, next_action=None)
    emit(world, "charge.succeeded", charge)
    emit(world, "payment_intent.succeeded", intent)
    if card["_dispute"]:
        inquiry = card["_dispute"] == "inquiry"
        disputes.open_(world, charge, "fraudulent" if inquiry else card["_dispute"], inquiry)
    return None


def _needs_action(world: World, intent: Obj, error: Obj | None) -> None:
    secret = intent["client_secret"]
    intent.update(
        status="requires_action",
        last_payment_error=error,
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": intent.get("_return_url"), "url": f"{world.base_url}/_twin/3ds/{secret}"},
        },
    )
    emit(world, "payment_intent.requires_action", intent)


def _failed(world: World, intent: Obj, card: Obj, charge: Obj, no: Decline) -> None:
    intent.update(
        status="requires_payment_method",
        next_action=None,
        last_payment_error=_error(card, charge, no),
        payment_method=None,
    )
    emit(world, "payment_intent.payment_failed", intent)
    if no.decline_code == "authentication_required":
        intent["payment_method"] = card["id"]
        _needs_action(world, intent, intent["last_payment_error"])


def _error(card: Obj, charge: Obj, no: Decline) -> Obj:
    error = {
        "advice_code": no.advice,
        "charge": charge["id"],
        "code": no.code,
        "decline_code": no.decline_code,
        "doc_url": "https://stripe.com/docs/error-codes/" + no.code.replace("_", "-"),
        "message": no.message,
        "network_decline_code": no.network,
        "payment_method": public(card),
        "type": "card_error",
    }
    return {k: v for k, v in error.items() if v is not None}


def _charge(world: World, intent: Obj, card: Obj, no: Decline | None, authenticated: bool) -> Obj:
    amount = intent["amount"]
    return world.add(
        fields(
            id=world.ids.new("ch"),
            object="charge",
            amount=amount,
            amount_captured=0 if no else amount,
            amount_refunded=0,
            application=None,
            application_fee=None,
            application_fee_amount=None,
            balance_transaction=None,
            billing_details=billing_info.details(card["billing_details"]),
            calculated_statement_descriptor="NORDLYS",
            captured=no is None,
            created=world.now,
            currency=intent["currency"],
            customer=intent["customer"],
            description=intent["description"],
            disputed=False,
            failure_balance_transaction=None,
            failure_code=no.code if no else None,
            failure_message=no.message if no else None,
            fraud_details={},
            livemode=world.livemode,
            metadata=dict(intent["metadata"]),
            on_behalf_of=None,
            outcome=_outcome(no),
            paid=no is None,
            payment_intent=intent["id"],
            payment_method=card["id"],
            payment_method_details=_details(card, authenticated),
            radar_options={},
            receipt_email=None,
            receipt_number=None,
            receipt_url=None if no else f"{world.base_url}/receipts/{intent['id']}",
            refunded=False,
            review=None,
            shipping=None,
            source=None,
            source_transfer=None,
            statement_descriptor=None,
            statement_descriptor_suffix=None,
            status="failed" if no else "succeeded",
            transfer_data=None,
            transfer_group=None,
        )
    )


def _outcome(no: Decline | None) -> Obj:
    if no is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    blocked = no.decline_code == "highest_risk_level"
    return {
        "advice_code": no.advice,
        "network_advice_code": None,
        "network_decline_code": no.network,
        "network_status": "not_sent_to_network" if blocked else "declined_by_network",
        "reason": no.decline_code,
        "risk_level": "highest" if blocked else "normal",
        "risk_score": 90 if blocked else 12,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "blocked" if blocked else "issuer_declined",
    }


def _details(card: Obj, authenticated: bool) -> Obj:
    face = card["card"]
    shown = {
        k: face[k]
        for k in (
            "brand",
            "checks",
            "country",
            "exp_month",
            "exp_year",
            "fingerprint",
            "funding",
            "last4",
            "regulated_status",
            "wallet",
        )
    }
    secure = (
        {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": None,
            "version": "2.2.0",
        }
        if authenticated
        else None
    )
    return {
        "card": {
            **shown,
            "authorization_code": None,
            "installments": None,
            "mandate": None,
            "network": face["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "three_d_secure": secure,
        },
        "type": "card",
    }


def cancel_intent(world: World, intent: Obj, reason: str) -> None:
    """Ends a payment intent that was not paid."""
    if intent["status"] in ("succeeded", "canceled"):
        return
    intent.update(status="canceled", canceled_at=world.now, cancellation_reason=reason, next_action=None)
    emit(world, "payment_intent.canceled", intent)


def mark_paid(world: World, payment: Obj, amount: int) -> None:
    """The invoice payment is paid."""
    payment.update(status="paid", amount_paid=amount)
    payment["status_transitions"] = {"canceled_at": None, "paid_at": world.now}
    emit(world, "invoice_payment.paid", payment)


def unauthenticated(world: World, intent: Obj, card: Obj) -> None:
    """The customer did not confirm with the bank: no charge was tried, and another method is needed."""
    error = {
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a "
        "new PaymentMethod to attempt to fulfill this PaymentIntent again.",
        "payment_method": public(card),
        "type": "card_error",
    }
    intent.update(status="requires_payment_method", next_action=None, payment_method=None, last_payment_error=error)
    emit(world, "payment_intent.payment_failed", intent)
