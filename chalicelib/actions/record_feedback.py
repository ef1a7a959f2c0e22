"""What SES says became of a mail. Any notification about one settles a claim whose mailer never got SES's answer.

A hard bounce or a complaint suppresses the address; a bounce opens the mail's steps again, for the customer's second address.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.core.mail_health import reason_to_pause, total
from chalicelib.core.site import scope as scope_of
from chalicelib.errors import UnknownShape
from chalicelib.log import count, note
from chalicelib.store import mail_health, outbox
from chalicelib.store.outbox import Post

Raw = dict[str, Any]

STATES = {"delivery": "delivered", "deliverydelay": "delayed", "reject": "rejected"}
"""What a customer's history keeps of an event of SES's, beside bounces and complaints."""


def record_feedback(message: str, now: int) -> str:
    """Take one notification; its kind in lower case, or `settled` where it told us that a mail has left.

    Raises UnknownShape for what SES never sends, Retryable.
    """
    try:
        raw = json.loads(message)
        kind, mail = str(raw["eventType"]).lower(), raw["mail"]
        tags = {name: values[0] for name, values in mail["tags"].items() if values}
        sent_at = int(datetime.fromisoformat(mail["timestamp"]).timestamp())
        post, settled = _settled(_post(tags), sent_at)
        if kind == "send":
            mail_health.count("sends", sent_at)
            return "settled" if settled else "send"
        if kind in ("bounce", "complaint"):
            return _came_back(kind, raw[kind], tags, post, now)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnknownShape(f"This is no notification of SES: {type(error).__name__}.") from error
    if post is not None and kind in STATES and post.state in ("sent", "delayed"):
        outbox.mark(post, STATES[kind])
    return kind


def _post(tags: dict[str, Any]) -> Post | None:
    """The mail that a notification is about; None for others of the account's, and for a claim that is not the mail's."""
    if not {"customer", "mail", "claim"} <= tags.keys():
        return None
    post = outbox.find(_scope(tags), tags["customer"], int(tags["mail"]))
    ours = post is not None and (post.lease_until in (None, int(tags["claim"])))
    return replace(post, lease_until=int(tags["claim"])) if post is not None and ours else None


def _scope(tags: dict[str, Any]) -> str:
    return scope_of(tags.get("account") or config.setting("STRIPE_ACCOUNT"), config.livemode())


def _settled(post: Post | None, sent_at: int) -> tuple[Post | None, bool]:
    """The mail as one that has left, and whether it is this notification by which we know."""
    if post is None or post.state != outbox.SENDING:
        return post, False
    return replace(post, state=outbox.SENT), outbox.sent(post, sent_at)


def _came_back(kind: str, told: Raw, tags: dict[str, Any], post: Post | None, now: int) -> str:
    """A soft bounce is nothing: the mailbox was full, and SES has tried for long."""
    if kind == "bounce" and told["bounceType"] != "Permanent":
        return "soft_bounce"
    for email in _recipients(kind, told):
        mail_health.suppress(_scope(tags), email, kind, now)
    if post is not None:
        _undone(kind, post, now)
    mail_health.count("bounces" if kind == "bounce" else "complaints", now)
    _pause(now)
    return kind


def _undone(kind: str, post: Post, now: int) -> None:
    outbox.mark(post, "bounced" if kind == "bounce" else "complained")
    if kind == "bounce":
        outbox.undo(post, now)


def _recipients(kind: str, told: Raw) -> Iterator[str]:
    listed = told["bouncedRecipients" if kind == "bounce" else "complainedRecipients"]
    yield from (str(each["emailAddress"]) for each in listed)


def _pause(now: int) -> None:
    """Stop all mails of the account where too many come back: SES would stop them itself a little later."""
    reason = reason_to_pause(total(mail_health.window(now)))
    if reason is not None and mail_health.pause(reason, now):
        count("MailsPaused", function=config.optional("AWS_LAMBDA_FUNCTION_NAME") or "record_mail_feedback")
        note("mails paused", reason=reason)
