"""Facts in, mails out. Pure: the same reminder is always the same mail."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from chalicelib import wording
from chalicelib.core.model import Mail, Reminder, Track
from chalicelib.errors import Misconfigured
from chalicelib.mails.letter import Letter, written

Purpose = Literal["transactional", "marketing"]
# Marketing mails need consent and an unsubscribe header; an offer in a transactional one makes it marketing by law.
PURPOSE: Mapping[str, Purpose] = {"failed_payment": "transactional"}

COPY = Path(__file__).parent / "copy"

SUBJECT_LENGTH = 60
NAME_LENGTH = 80
# A name that reads as an address would let strangers send their own links in the merchant's name.
_LINK_LIKE = re.compile(r"://|@|\w\.\w\w")


def failed_payment(reminder: Reminder) -> Mail:
    """The mail for a payment that did not go through; Misconfigured if the site cannot be written for.

    Says no more of the reason than the track does, promises a retry only where `next_attempt_at` is set, and names the
    end only where `ends_at` is.
    """
    try:
        return _failed_payment(reminder)
    except (ValueError, OSError) as cause:
        raise Misconfigured(f"site {reminder.site.id}: no mail can be written: {cause}") from cause


def _failed_payment(reminder: Reminder) -> Mail:
    site = reminder.site
    language = wording.site_language(site, COPY, reminder.language)
    strings = wording.copy(COPY, language)
    values = _values(reminder, strings, language)

    def say(key: str) -> str:
        return wording.say(strings, key, values)

    subject = "failed_payment.subject." + _subject_key(reminder)
    action = "confirm" if reminder.track is Track.AUTHENTICATE else "update"
    access = [say("failed_payment.access.until")] if reminder.ends_at is not None else []
    letter = Letter(
        language=language,
        subject=_first_fitting(say(subject), say(subject + "_short")),
        preheader=access[0] if access else say(f"failed_payment.preheader.{action}"),
        heading=say(subject),
        before=(
            say(f"failed_payment.happened.{reminder.track}.{_step(reminder)}"),
            *_listed(reminder, language),
            *access,
        ),
        button=say(f"failed_payment.button.{action}"),
        link=_checked_link(reminder.link),
        after=(say("failed_payment.next." + _next_key(reminder)), say("common.help")),
        why=say("common.why"),
        support=site.support_email,
    )
    return written(letter, site)


def _listed(reminder: Reminder, language: str) -> list[str]:
    """Each invoice of a mail about several, by its number: no word of it needs a translation."""
    tag = wording.regional(reminder.language, language)
    rows = ((wording.plain(owed.number, 40), owed.amount) for owed in reminder.invoices)
    return [f"{number or '–'}: {wording.money(amount, tag, reminder.site.country)}" for number, amount in rows]


def _values(reminder: Reminder, strings: Mapping[str, str], language: str) -> dict[str, str]:
    """Every placeholder that this reminder can fill; what is not known is not in it."""
    site = reminder.site
    tag = wording.regional(reminder.language, language)
    values = {
        "merchant": _shown(site.name, language),
        "support": wording.plain(site.support_email),
        "amount": wording.money(reminder.amount, tag, site.country),
        "plan": _shown(reminder.plan, language) or strings["common.plan_unknown"],
        "name": _shown(reminder.name, language, NAME_LENGTH),
        "last4": wording.plain(reminder.last4, 8),
        **_days(reminder, tag),
    }
    greeted = values["name"] and not _LINK_LIKE.search(values["name"])
    values["hello"] = wording.say(strings, "common.hello" if greeted else "common.hello_nameless", values)
    values["card"] = wording.say(strings, "common.card" if values["last4"] else "common.card_unknown", values)
    return values | {"Card": _capital(values["card"]), "Plan": _capital(values["plan"])}


def _days(reminder: Reminder, tag: str) -> dict[str, str]:
    """The days of the reminder in the customer's zone, else in the site's."""
    zone = wording.zone(reminder.time_zone, reminder.site.time_zone)
    moments = {"failed": reminder.failed_at, "retry": reminder.next_attempt_at, "ends": reminder.ends_at}
    if reminder.ends_at is not None:
        # Access that stops at midnight has its last full day the day before.
        moments["last_day"] = reminder.ends_at - 1
    country = reminder.site.country
    return {
        name: wording.day(at, zone, tag, country, near=reminder.failed_at)
        for name, at in moments.items()
        if at is not None
    }


def _shown(name: str | None, language: str, limit: int = 200) -> str:
    return wording.isolated(wording.plain(name, limit), language)


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
    if reminder.next_attempt_at is not None:
        return "retry_ends" if ends else "retry"
    return "ends" if ends else "none"


def _first_fitting(subject: str, short: str) -> str:
    return subject if len(subject) <= SUBJECT_LENGTH else short


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _checked_link(link: str) -> str:
    """The link, if a mail client will open it; a javascript: or relative address would be ours to have sent."""
    parts = urlsplit(link)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise ValueError("the link of a mail must be an absolute http address")
    return link
