"""Every decline code that Stripe documents has exactly one track, and none of them accuses anybody."""

import re

import pytest

from chalicelib.core.declines import (
    AUTHENTICATE,
    CONTACT_BANK,
    FUNDS,
    LIKELY_CANCEL,
    NEW_CARD,
    NOT_RETRIED,
    Decline,
    Track,
    is_retried,
    likely_cancel,
    track,
)

CLASSES = {
    Track.AUTHENTICATE: AUTHENTICATE,
    Track.NEW_CARD: NEW_CARD,
    Track.FUNDS: FUNDS,
    Track.CONTACT_BANK: CONTACT_BANK,
}
ADVICE = (None, "try_again_later", "do_not_try_again", "confirm_card_data", "new_of_stripe")

# https://docs.stripe.com/declines/codes, without testmode_decline and duplicate_transaction (no mail follows from these) and
# the two PIN codes of card terminals.
DOCUMENTED = re.findall(
    "[a-z_]+",
    """
    approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor expired_card fraudulent generic_decline incorrect_number
    incorrect_cvc insufficient_funds invalid_account invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number
    issuer_not_available lost_card merchant_blacklist new_account_information_available no_action_taken not_permitted
    pickup_card pin_try_exceeded processing_error reenter_transaction restricted_card revocation_of_all_authorizations
    revocation_of_authorization security_violation service_not_allowed stolen_card stop_payment_order
    transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
""",
)


@pytest.mark.parametrize("code", DOCUMENTED)
def test_each_documented_code_has_exactly_one_track(code: str) -> None:
    (only,) = [name for name, codes in CLASSES.items() if code in codes]

    assert track(Decline(code)) is only


@pytest.mark.parametrize("means", ["sepa_debit", "us_bank_account", "link", "paypal"])
@pytest.mark.parametrize("advice", ADVICE)
@pytest.mark.parametrize(
    "code", ["insufficient_funds", "invalid_account", "generic_decline", "debit_not_authorized", None]
)
def test_what_is_no_card_is_never_told_of_as_one(code: str | None, advice: str | None, means: str) -> None:
    assert track(Decline(code, advice, means=means)) is Track.OTHER_MEANS


@pytest.mark.parametrize("means", ["link", "card", None])
def test_a_wanted_confirmation_is_asked_for_whatever_was_charged(means: str | None) -> None:
    assert track(Decline("authentication_required", means=means)) is Track.AUTHENTICATE


def test_a_card_is_told_of_as_one_also_where_stripe_does_not_say_what_it_was() -> None:
    assert track(Decline("expired_card", means="card")) is track(Decline("expired_card")) is Track.NEW_CARD


def test_no_code_is_in_two_classes() -> None:
    assert sum(len(codes) for codes in CLASSES.values()) == len(frozenset.union(*CLASSES.values()))


@pytest.mark.parametrize("code", [None, "", "card_declined", "a_code_of_next_year"])
def test_a_code_that_we_do_not_know_reads_as_a_lack_of_funds(code: str | None) -> None:
    assert track(Decline(code)) is Track.FUNDS
    assert is_retried(Decline(code))


@pytest.mark.parametrize("advice", ADVICE)
@pytest.mark.parametrize(
    "code", ["lost_card", "stolen_card", "pickup_card", "fraudulent", "merchant_blacklist", "highest_risk_level"]
)
def test_lost_stolen_and_fraud_read_as_any_other_decline_whatever_the_advice(code: str, advice: str | None) -> None:
    assert track(Decline(code, advice)) is track(Decline("generic_decline")) is Track.CONTACT_BANK


@pytest.mark.parametrize("advice", ["do_not_try_again", "confirm_card_data"])
@pytest.mark.parametrize("code", ["insufficient_funds", "generic_decline", "restricted_card", None])
def test_advice_against_trying_again_asks_for_another_card(code: str | None, advice: str) -> None:
    assert track(Decline(code, advice)) is Track.NEW_CARD


@pytest.mark.parametrize("advice", ADVICE)
def test_advice_never_turns_a_wanted_confirmation_into_a_new_card(advice: str | None) -> None:
    assert track(Decline("authentication_required", advice)) is Track.AUTHENTICATE


@pytest.mark.parametrize("code", ["insufficient_funds", "do_not_honor"])
def test_other_advice_changes_nothing(code: str) -> None:
    assert track(Decline(code, "try_again_later")) is track(Decline(code))


def test_whoever_told_their_bank_to_stop_reads_of_a_plain_decline() -> None:
    assert LIKELY_CANCEL <= CONTACT_BANK
    assert {code for code in DOCUMENTED if likely_cancel(Decline(code))} == LIKELY_CANCEL
    assert not likely_cancel(Decline(None))


def test_the_nine_hard_codes_are_never_retried_and_all_others_are() -> None:
    assert len(NOT_RETRIED) == 9
    assert {code for code in DOCUMENTED if not is_retried(Decline(code))} == NOT_RETRIED - {"highest_risk_level"}
    assert not is_retried(Decline("highest_risk_level"))
