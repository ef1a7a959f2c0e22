"""Why a payment was declined, in the classes that need different words.

The codes are Stripe's (docs /declines/codes); the classes are ours. Lost, stolen and fraud codes are never told to the
customer: they read as any other decline by the bank. A code that we do not know gets the generic words.
"""

from enum import StrEnum

from chalicelib.core.frozen import frozen


class Track(StrEnum):
    """Why a payment was declined, in classes that need different words. Lost, stolen and fraud codes read as contact_bank.

    `other_means`: it was no card that was charged, but a direct debit or a wallet; whatever the code, no card is spoken of.
    """

    AUTHENTICATE = "authenticate"
    NEW_CARD = "new_card"
    FUNDS = "funds"
    CONTACT_BANK = "contact_bank"
    OTHER_MEANS = "other_means"


@frozen
class Decline:
    """What Stripe says of the last failed attempt. `code` is the decline code, or the error code where there is none.

    `card` is the id of the payment method that failed, and `means` its type (None where Stripe does not tell).
    """

    code: str | None = None
    advice: str | None = None
    last4: str | None = None
    card: str | None = None
    means: str | None = None


AUTHENTICATE = frozenset(
    {"authentication_required", "authentication_not_handled", "payment_intent_authentication_failure"}
)

NEW_CARD = frozenset(
    {
        "expired_card",
        "invalid_account",
        "new_account_information_available",
        "card_not_supported",
        "currency_not_supported",
        "incorrect_number",
        "invalid_number",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "incorrect_cvc",
        "invalid_cvc",
        "pin_try_exceeded",
    }
)

FUNDS = frozenset(
    {
        "insufficient_funds",
        "card_velocity_exceeded",
        "withdrawal_count_limit_exceeded",
        "processing_error",
        "issuer_not_available",
        "reenter_transaction",
        "try_again_later",
        "approve_with_id",
    }
)

CONTACT_BANK = frozenset(
    {
        "do_not_honor",
        "generic_decline",
        "call_issuer",
        "no_action_taken",
        "not_permitted",
        "service_not_allowed",
        "security_violation",
        "transaction_not_allowed",
        "restricted_card",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "stop_payment_order",
        "highest_risk_level",
        "lost_card",
        "stolen_card",
        "pickup_card",
        "fraudulent",
        "merchant_blacklist",
    }
)

NOT_RETRIED = frozenset(
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
"""Stripe counts further attempts on these but charges nothing until there is a new payment method."""

LIKELY_CANCEL = frozenset({"revocation_of_authorization", "revocation_of_all_authorizations", "stop_payment_order"})
"""The customer has told their bank not to pay the merchant any more: one mail, and no second."""

_TRACKS = {
    **dict.fromkeys(AUTHENTICATE, Track.AUTHENTICATE),
    **dict.fromkeys(NEW_CARD, Track.NEW_CARD),
    **dict.fromkeys(FUNDS, Track.FUNDS),
    **dict.fromkeys(CONTACT_BANK, Track.CONTACT_BANK),
}
_SILENT = frozenset(
    {"lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist", "highest_risk_level"}
)


def track(decline: Decline) -> Track:
    """The words that fit a decline; Stripe's advice may ask for a new card where the code alone does not."""
    known = _TRACKS.get(decline.code or "", Track.FUNDS)
    if decline.means not in (None, "card") and known is not Track.AUTHENTICATE:
        return Track.OTHER_MEANS
    wants_card = decline.advice in ("do_not_try_again", "confirm_card_data")
    if wants_card and decline.code not in _SILENT and known in (Track.FUNDS, Track.CONTACT_BANK):
        return Track.NEW_CARD
    return known


def likely_cancel(decline: Decline) -> bool:
    """Whether the customer has most likely decided to leave."""
    return decline.code in LIKELY_CANCEL


def is_retried(decline: Decline) -> bool:
    """Whether Stripe will really charge the card at `next_payment_attempt`: only then may a mail promise it."""
    return decline.code not in NOT_RETRIED
