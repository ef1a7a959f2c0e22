"""What each mail is for, in the eyes of the law.

Marketing mails need consent and a way to unsubscribe; an offer in a transactional one makes it marketing.
"""

from collections.abc import Mapping

from chalicelib.core.rendered import Purpose

PURPOSE: Mapping[str, Purpose] = {
    "failed_payment": "transactional",
    "card_expiring": "transactional",
    "trial_ending": "transactional",
    "renewal_notice": "transactional",
    "payment_recovered": "transactional",
    "canceled_for_nonpayment": "transactional",
    "digest": "transactional",
    "win_back": "marketing",
}
"""By the mail's table in the copy files."""
