"""A new card, money in: what is done about an open invoice once its customer has a card that has not failed on it. Pure.

Stripe tries again on its own schedule, with the card that the subscription names: a new default of the customer reaches
neither that card nor that day. So the default is copied to where the failed card stands, and the invoice is paid at once.
"""

from chalicelib.core.cases import opens_case
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Invoice


@frozen
class Owed:
    """An open invoice at this moment. Cards are ids of payment methods: the one that failed, the customer's default, and
    the subscription's own, which goes before the default.
    """

    invoice: Invoice
    failed_card: str | None
    default_card: str | None
    subscription_card: str | None
    processing: bool = False


@frozen
class Collect:
    """Pay the invoice with `card`. `replaces`: the subscription's own card is the one that failed, and is replaced first."""

    card: str
    replaces: bool


@frozen
class Leave:
    """Nothing is done; `reason` is for people."""

    reason: str


def decide(owed: Owed) -> Collect | Leave:
    """What to do about an invoice when its customer may have a new card.

    A card that has just failed on it is not tried again here: that is for Stripe's retries, which know when.
    """
    if not opens_case(owed.invoice):
        return Leave("nothing_owed")
    if owed.processing:
        return Leave("payment_processing")
    own = owed.subscription_card if owed.subscription_card != owed.failed_card else None
    card = own or owed.default_card
    if card is None:
        return Leave("no_card")
    if card == owed.failed_card:
        return Leave("same_card")
    return Collect(card, replaces=own is None and owed.subscription_card is not None)
