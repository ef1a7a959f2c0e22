"""Stripe's test cards: their numbers, their tokens, and what the bank says to each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decline:
    """A refusal: the error `code`, the bank's reason, what Stripe advises, and the `network`'s own code."""

    code: str
    decline_code: str
    message: str
    advice: str | None = "try_again_later"
    network: str | None = "01"


@dataclass(frozen=True)
class TestCard:
    """`attach` and `charge` are decline codes or None; `auth`: the bank asks `always`, or `unless_set_up`.

    `dispute`: a payment is disputed at once, for this reason or as an inquiry.
    """

    __test__ = False

    number: str
    token: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    attach: str | None = None
    charge: str | None = None
    auth: str | None = None
    dispute: str | None = None


def _refused(
    decline_code: str,
    message: str = "Your card was declined.",
    advice: str | None = "try_again_later",
    network: str | None = "05",
    code: str = "card_declined",
) -> Decline:
    return Decline(code, decline_code, message, advice, network)


DECLINES: dict[str, Decline] = {
    d.decline_code: d
    for d in (
        _refused("generic_decline", network="01"),
        _refused("insufficient_funds", "Your card has insufficient funds.", network="51"),
        _refused("do_not_honor"),
        _refused("call_issuer", network="02"),
        _refused("card_velocity_exceeded", "Your card was declined for exceeding its limit.", network="65"),
        _refused("lost_card", advice="do_not_try_again", network="41"),
        _refused("stolen_card", advice="do_not_try_again", network="43"),
        _refused("pickup_card", advice="do_not_try_again", network="04"),
        _refused("restricted_card", advice="do_not_try_again", network="62"),
        _refused("fraudulent", advice="do_not_try_again", network="59"),
        _refused("highest_risk_level", advice="do_not_try_again", network=None),
        _refused("transaction_not_allowed", advice="do_not_try_again", network="57"),
        _refused("revocation_of_authorization", advice="do_not_try_again", network="R1"),
        _refused("revocation_of_all_authorizations", advice="do_not_try_again", network="R3"),
        _refused("stop_payment_order", advice="do_not_try_again", network="R0"),
        _refused("invalid_account", advice="confirm_card_data", network="14"),
        _refused("new_account_information_available", advice="confirm_card_data", network="05"),
        _refused("issuer_not_available", network="91"),
        _refused("try_again_later", network="19"),
        _refused("expired_card", "Your card has expired.", "confirm_card_data", "54", "expired_card"),
        _refused(
            "incorrect_cvc", "Your card's security code is incorrect.", "confirm_card_data", "N7", "incorrect_cvc"
        ),
        _refused("incorrect_number", "Your card number is incorrect.", "confirm_card_data", "14", "incorrect_number"),
        _refused(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
            "try_again_later",
            "96",
            "processing_error",
        ),
        _refused(
            "authentication_required",
            "Your card was declined. This transaction requires authentication.",
            None,
            "1A",
            "authentication_required",
        ),
    )
}
HARD = frozenset(
    {
        "incorrect_number",
        "lost_card",
        "pickup_card",
        "stolen_card",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "authentication_required",
        "highest_risk_level",
        "transaction_not_allowed",
    }
)
"""After these nothing is charged until there is a new payment method; the schedule runs on and is counted."""

CARDS = (
    TestCard("4242424242424242", "pm_card_visa"),
    TestCard("4000056655665556", "pm_card_visa_debit", funding="debit"),
    TestCard("5555555555554444", "pm_card_mastercard", brand="mastercard"),
    TestCard("5200828282828210", "pm_card_mastercard_debit", brand="mastercard", funding="debit"),
    TestCard("378282246310005", "pm_card_amex", brand="amex"),
    TestCard("6011111111111117", "pm_card_discover", brand="discover"),
    TestCard("4000007520000008", "pm_card_se", country="SE"),
    TestCard("4000002760000016", "pm_card_de", country="DE"),
    TestCard("4000002500000003", "pm_card_fr", country="FR"),
    TestCard("4000008260000000", "pm_card_gb", country="GB"),
    TestCard("4000000000000341", "pm_card_chargeCustomerFail", charge="generic_decline"),
    TestCard("4000000000000002", "pm_card_visa_chargeDeclined", attach="generic_decline", charge="generic_decline"),
    TestCard(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        attach="insufficient_funds",
        charge="insufficient_funds",
    ),
    TestCard("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", attach="lost_card", charge="lost_card"),
    TestCard("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", attach="stolen_card", charge="stolen_card"),
    TestCard("4000000000000069", "pm_card_chargeDeclinedExpiredCard", attach="expired_card", charge="expired_card"),
    TestCard("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", attach="incorrect_cvc", charge="incorrect_cvc"),
    TestCard(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        attach="processing_error",
        charge="processing_error",
    ),
    TestCard(
        "4000000000006975",
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        attach="card_velocity_exceeded",
        charge="card_velocity_exceeded",
    ),
    TestCard("4100000000000019", "pm_card_radarBlock", attach="highest_risk_level", charge="highest_risk_level"),
    TestCard("4000000000003220", "pm_card_threeDSecure2Required", auth="always"),
    TestCard("4000002760003184", "pm_card_authenticationRequired", auth="always"),
    TestCard("4000002500003155", "pm_card_authenticationRequiredOnSetup", auth="unless_set_up"),
    TestCard(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        auth="always",
        charge="insufficient_funds",
    ),
    TestCard("4000000000000259", "pm_card_createDispute", dispute="fraudulent"),
    TestCard("4000000000002685", "pm_card_createDisputeProductNotReceived", dispute="product_not_received"),
    TestCard("4000000000001976", "pm_card_createDisputeInquiry", dispute="inquiry"),
)
ALIASES = {
    "pm_card_chargeDeclined": "pm_card_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_visa_chargeDeclinedExpiredCard": "pm_card_chargeDeclinedExpiredCard",
    "pm_card_visa_chargeDeclinedIncorrectCvc": "pm_card_chargeDeclinedIncorrectCvc",
    "pm_card_visa_chargeDeclinedProcessingError": "pm_card_chargeDeclinedProcessingError",
    "pm_card_threeDSecureRequired": "pm_card_threeDSecure2Required",
    "pm_card_us": "pm_card_visa",
}
OURS = "pm_twin_"
"""`pm_twin_<decline code>` is not Stripe's: a card that attaches and is then refused with that code, to try each reason."""

BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}


def by_token(token: str) -> TestCard | None:
    """The test card of a `pm_card_..` token, or one of ours; None when there is none."""
    reason = token.removeprefix(OURS)
    if token.startswith(OURS) and reason in DECLINES:
        auth = "always" if reason == "authentication_required" else None
        return TestCard("4000000000000341", token, charge=None if auth else reason, auth=auth)
    return BY_TOKEN.get(ALIASES.get(token, token))


def is_number(number: str) -> bool:
    """Luhn's check."""
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    doubled = [sum(divmod(int(d) * 2, 10)) if at % 2 else int(d) for at, d in enumerate(reversed(number))]
    return sum(doubled) % 10 == 0
