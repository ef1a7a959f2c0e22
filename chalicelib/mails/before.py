"""The mails before a payment: a card that expires, a trial that ends, a renewal. Each says what happens if nothing is done."""

from calendar import monthrange
from datetime import date

from chalicelib.core.notices import CardExpiring, RenewalNotice, TrialEnding
from chalicelib.core.rendered import Mail
from chalicelib.mails.voice import Voice, blaming


def card_expiring(notice: CardExpiring) -> Mail:
    """The card that will be charged expires before it is; Misconfigured if the site cannot be written for."""
    with blaming(notice.reader.site):
        voice = Voice("card_expiring", notice.reader, notice.plan, notice.last4)
        last = date(notice.exp_year, notice.exp_month, monthrange(notice.exp_year, notice.exp_month)[1])
        voice.put(expires=voice.date(last), renews=voice.day(notice.renews_at))
        return voice.letter(
            subject=_repeated(notice.again),
            preheader=voice.say("body.preheader"),
            before=(voice.say("body.happened"), voice.say("body.meaning")),
            button=voice.say("body.button"),
            link=notice.link,
            after=(voice.say("body.next"), voice.common("help")),
        )


def trial_ending(notice: TrialEnding) -> Mail:
    """A trial ends, and then costs money or stops; Misconfigured if the site cannot be written for."""
    with blaming(notice.reader.site):
        voice = Voice("trial_ending", notice.reader, notice.plan, notice.last4)
        voice.put(ends=voice.day(notice.ends_at))
        happened = outcome = "charged" if notice.charged else "no_card"
        if notice.charged and notice.amount is not None:
            voice.put(price=voice.price(notice.amount, notice.interval))
            happened = "charged_amount"
        return voice.letter(
            subject=_repeated(notice.again),
            preheader=voice.say("body.preheader"),
            before=(voice.say(f"happened.{happened}"),),
            button=voice.say(f"button.{outcome}"),
            link=notice.link,
            after=(voice.say(f"next.{outcome}"), voice.common("help")),
        )


def renewal_notice(notice: RenewalNotice) -> Mail:
    """A long subscription renews by itself, and how to prevent that; Misconfigured if the site cannot be written for."""
    with blaming(notice.reader.site):
        voice = Voice("renewal_notice", notice.reader, notice.plan, notice.last4)
        voice.put(renews=voice.day(notice.renews_at))
        happened = "unpriced"
        if notice.amount is not None:
            voice.put(price=voice.price(notice.amount, notice.interval))
            happened = "happened"
        return voice.letter(
            subject=_repeated(notice.again),
            preheader=voice.say("body.preheader"),
            before=(voice.say(f"body.{happened}"),),
            button=voice.say("body.button"),
            link=notice.link,
            after=(voice.say("body.next"), voice.common("help")),
        )


def _repeated(again: bool) -> str:
    return "again" if again else "first"
