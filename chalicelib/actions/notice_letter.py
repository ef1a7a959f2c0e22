"""What a notice says: its facts from what Stripe told, in the customer's language, with its link."""

from chalicelib import wording
from chalicelib.actions.catalogue import plan_name
from chalicelib.actions.links import MANAGE, CaseLink, link_for_notice
from chalicelib.core import upcoming
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Subscription
from chalicelib.core.notices import (
    CanceledForNonpayment,
    CardExpiring,
    Reader,
    RenewalNotice,
    TrialEnding,
    WinBack,
)
from chalicelib.core.noticing import Notice
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.mails import render
from chalicelib.store import links, optouts
from chalicelib.store.tables import Row
from chalicelib.stripe_api.notice_facts import Addressee, Former, Subscriber

NEW_CARD = "payment_method_update"


@frozen
class Told:
    """A notice that is to leave, and what Stripe told for it."""

    site: Site
    subscriber: Subscriber
    notice: Notice
    again: bool
    zone: str
    now: int

    @property
    def last4(self) -> str | None:
        """Of the card that will be charged."""
        return self.subscriber.card.last4 if self.subscriber.card else None


def letter_about(told: Told) -> tuple[Mail, Row]:
    """The mail of a notice, and the row of its link. Raises Misconfigured where the site cannot be written for."""
    write = {
        "card_expiring": _card_expiring,
        "trial_ending": _trial_ending,
        "renewal_notice": _renewal_notice,
        "canceled_for_nonpayment": _canceled,
    }[told.notice.plan.mail]
    return write(told)


def _card_expiring(told: Told) -> tuple[Mail, Row]:
    card, link = told.subscriber.card, _link(told, NEW_CARD)
    renews_at = upcoming.next_charge(told.subscriber.subscription)
    assert card is not None
    assert card.exp_month is not None
    assert card.exp_year is not None
    assert renews_at is not None
    facts = CardExpiring(
        *(_reader(told), _plan(told), told.last4, card.exp_month, card.exp_year, renews_at, link.url, told.again)
    )
    return render.card_expiring(facts), link.row


def _trial_ending(told: Told) -> tuple[Mail, Row]:
    subscriber = told.subscriber
    link = _link(told, MANAGE if subscriber.payable else NEW_CARD)
    facts = TrialEnding(
        reader=_reader(told),
        plan=_plan(told),
        amount=subscriber.amount,
        interval=subscriber.interval,
        last4=told.last4,
        ends_at=told.notice.subject.moment,
        charged=subscriber.payable,
        link=link.url,
        again=told.again,
    )
    return render.trial_ending(facts), link.row


def _renewal_notice(told: Told) -> tuple[Mail, Row]:
    subscriber, link = told.subscriber, _link(told, MANAGE)
    facts = RenewalNotice(
        reader=_reader(told),
        plan=_plan(told),
        amount=subscriber.amount,
        interval=subscriber.interval,
        last4=told.last4,
        renews_at=told.notice.subject.moment,
        link=link.url,
        again=told.again,
    )
    return render.renewal_notice(facts), link.row


def _canceled(told: Told) -> tuple[Mail, Row]:
    subscriber, link = told.subscriber, _link(told, MANAGE)
    assert subscriber.unpaid is not None
    ended_at = subscriber.subscription.ended_at or told.now
    facts = CanceledForNonpayment(_reader(told), _plan(told), subscriber.unpaid, ended_at, link.url)
    return render.canceled_for_nonpayment(facts), link.row


def win_back_letter(
    site: Site, former: Former, subscription: Subscription, to: str, zone: str, again: bool, now: int
) -> tuple[Mail, Row]:
    """An invitation back, and the row of its unsubscribe link. Raises Misconfigured where the site cannot be written for."""
    token, language = links.new_token(), _language(site, former.addressee)
    facts = WinBack(
        reader=_to(site, former.addressee, zone, now),
        plan=_plan_of(site, subscription, now),
        ended_at=subscription.ended_at or now,
        link=site.home_url,
        unsubscribe=f"{site.base_url}/u/{token}",
        postal_address=site.postal_address,
        again=again,
    )
    return render.win_back(facts), optouts.row(token, site.scope, site.id, to, language, now)


def _link(told: Told, flow: str) -> CaseLink:
    subscriber = told.subscriber
    customer, language = subscriber.subscription.customer, _language(told.site, subscriber.addressee)
    return link_for_notice(told.site, customer, flow, language, told.now)


def _reader(told: Told) -> Reader:
    return _to(told.site, told.subscriber.addressee, told.zone, told.now)


def _to(site: Site, addressee: Addressee, zone: str, now: int) -> Reader:
    name = addressee.customer.name if addressee.customer else None
    return Reader(site, _language(site, addressee), zone, now, name, addressee.country)


def _language(site: Site, addressee: Addressee) -> str:
    return wording.tag(addressee.locales, site.languages)


def _plan(told: Told) -> str | None:
    return _plan_of(told.site, told.subscriber.subscription, told.now)


def _plan_of(site: Site, subscription: Subscription, now: int) -> str | None:
    return plan_name(site.scope, [item.product for item in subscription.items], now)
