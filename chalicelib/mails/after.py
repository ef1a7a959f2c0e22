"""The mails after a case: paid after all, ended without payment, and the invitation back."""

from chalicelib import wording
from chalicelib.core.notices import CanceledForNonpayment, PaymentRecovered, WinBack
from chalicelib.core.rendered import Mail
from chalicelib.mails.letter import OptOut
from chalicelib.mails.voice import Voice, blaming


def payment_recovered(notice: PaymentRecovered) -> Mail:
    """Thank you, and nothing more to do; Misconfigured if the site cannot be written for."""
    with blaming(notice.reader.site):
        voice = Voice("payment_recovered", notice.reader, notice.plan)
        voice.put(amount=voice.money(notice.amount), paid=voice.day(notice.paid_at))
        return voice.letter(
            subject="first",
            preheader=voice.say("body.preheader"),
            before=(voice.say("body.happened"), voice.say("body.meaning")),
            button=voice.say("body.button"),
            link=notice.link,
            after=(voice.say("body.next"), voice.common("help")),
        )


def canceled_for_nonpayment(notice: CanceledForNonpayment) -> Mail:
    """What ended, when and why, and that nothing more is taken; Misconfigured if the site cannot be written for."""
    with blaming(notice.reader.site):
        voice = Voice("canceled_for_nonpayment", notice.reader, notice.plan)
        voice.put(amount=voice.money(notice.amount), ended=voice.day(notice.ended_at))
        return voice.letter(
            subject="first",
            preheader=voice.say("body.preheader"),
            before=(voice.say("body.happened"), voice.say("body.meaning")),
            button=voice.say("body.button"),
            link=notice.link,
            after=(voice.say("body.next"), voice.common("help")),
            why=voice.common("why_ended"),
        )


def win_back(notice: WinBack) -> Mail:
    """An invitation back, with a way to get no more of them; Misconfigured if it cannot be written or left."""
    with blaming(notice.reader.site):
        voice = Voice("win_back", notice.reader, notice.plan)
        voice.put(ended=voice.day(notice.ended_at))
        step = "again" if notice.again else "first"
        postal_address = wording.plain(notice.postal_address)
        return voice.letter(
            subject=step,
            preheader=voice.say("body.preheader"),
            before=(voice.say(f"body.{step}"), voice.say("body.meaning")),
            button=voice.say("body.button"),
            link=notice.link,
            after=(voice.common("help"),),
            why=voice.say("body.why"),
            opt_out=OptOut(voice.say("body.unsubscribe"), notice.unsubscribe, postal_address),
        )
