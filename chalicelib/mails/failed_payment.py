"""The mail for a payment that did not go through: what happened, until when all is well, and the one way out."""

from chalicelib.core.declines import Track
from chalicelib.core.failed_payment import Reminder
from chalicelib.core.model import Money
from chalicelib.core.notices import Reader
from chalicelib.core.rendered import Mail
from chalicelib.mails.letter import Table
from chalicelib.mails.voice import Voice, blaming


def failed_payment(reminder: Reminder) -> Mail:
    """The mail of one step of a case; Misconfigured if the site cannot be written for.

    Says no more of the reason than the track does, promises a retry only where `next_attempt_at` is set, names the end only
    where `ends_at` is, and full access only where `full_until` is.
    """
    with blaming(reminder.site):
        return _failed_payment(reminder)


def _failed_payment(reminder: Reminder) -> Mail:
    voice = _voice(reminder)
    action = "confirm" if reminder.track is Track.AUTHENTICATE else "update"
    access = [voice.say("access.until")] if reminder.full_until is not None else []
    return voice.letter(
        subject=_subject_key(reminder),
        preheader=access[0] if access else voice.say(f"preheader.{action}"),
        before=(voice.say(f"happened.{reminder.track}.{_step(reminder)}"), *access),
        tables=_invoices(voice, reminder),
        button=voice.say("button.update_means" if reminder.track is Track.OTHER_MEANS else f"button.{action}"),
        link=reminder.link,
        after=(voice.say("next." + _next_key(reminder)), voice.common("help")),
    )


def _voice(reminder: Reminder) -> Voice:
    """Every placeholder that this reminder can fill; what is not known is not in it."""
    reader = Reader(
        *(reminder.site, reminder.language, reminder.time_zone, reminder.failed_at, reminder.name, reminder.country)
    )
    voice = Voice("failed_payment", reader, reminder.plan, reminder.last4)
    moments = {"failed": reminder.failed_at, "retry": reminder.next_attempt_at, "ends": reminder.ends_at}
    if reminder.full_until is not None:
        # Access that stops at midnight has its last full day the day before.
        moments["last_day"] = reminder.full_until - 1
    voice.put(amount=voice.money(reminder.amount))
    voice.put(**{name: voice.day(at) for name, at in moments.items() if at is not None})
    return voice


def _invoices(voice: Voice, reminder: Reminder) -> tuple[Table, ...]:
    """What the sum is made up of, where it is more than one invoice; oldest first."""
    if len(reminder.invoices) < 2:
        return ()
    invoices = sorted(reminder.invoices, key=lambda each: (each.created, each.number or ""))
    if {each.amount.currency for each in invoices} != {reminder.amount.currency}:
        raise ValueError("the invoices of one mail must have one currency")
    if sum(each.amount.amount for each in invoices) != reminder.amount.amount:
        raise ValueError("the invoices of a mail must add up to its amount")
    rows = [(_label(voice, each.created, each.number), voice.money(each.amount)) for each in invoices]
    total = (voice.common("total"), voice.money(Money(reminder.amount.amount, reminder.amount.currency)))
    return (Table(voice.say("several.caption"), (*rows, total), total=True),)


def _label(voice: Voice, created: int, number: str | None) -> str:
    day = voice.day(created)
    return f"{day} ({voice.shown(number, 40)})" if number else day


def _step(reminder: Reminder) -> str:
    if reminder.final:
        return "final"
    return "first" if reminder.first else "later"


def _subject_key(reminder: Reminder) -> str:
    step = _step(reminder)
    if step == "final":
        return "final" if reminder.ends_at is not None else "final_open"
    if reminder.track is Track.AUTHENTICATE:
        return "confirm" if step == "first" else "confirm_later"
    return step


def _next_key(reminder: Reminder) -> str:
    """What happens if nothing is done. A payment that waits for the customer's bank is never retried by itself."""
    ends = reminder.ends_at is not None
    if reminder.track is Track.AUTHENTICATE:
        return "confirm_ends" if ends else "confirm"
    if reminder.next_attempt_at is not None and ends:
        return "retry_ends"
    key = "retry" if reminder.next_attempt_at is not None else "ends" if ends else "none"
    return f"{key}_means" if reminder.track is Track.OTHER_MEANS else key
