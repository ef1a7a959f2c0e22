"""Facts in, mails out. Pure: the same facts are always the same mail.

One function for each mail, here in one place; each raises Misconfigured, before anything is sent, for what it cannot write.
"""

from chalicelib.mails.after import canceled_for_nonpayment, payment_recovered, win_back
from chalicelib.mails.before import card_expiring, renewal_notice, trial_ending
from chalicelib.mails.digest import digest
from chalicelib.mails.failed_payment import failed_payment
from chalicelib.mails.purpose import PURPOSE
from chalicelib.mails.voice import COPY, SUBJECT_LENGTH

__all__ = [
    "COPY",
    "PURPOSE",
    "SUBJECT_LENGTH",
    "canceled_for_nonpayment",
    "card_expiring",
    "digest",
    "failed_payment",
    "payment_recovered",
    "renewal_notice",
    "trial_ending",
    "win_back",
]
