"""A parked message in words: what it is about, why it failed, and what to do about it."""

import time
from typing import Any

from infra.redrive.queues import Letter

AGAIN = "It was not to be reached in five tries. If it is well again, replay."
ADVICE = {
    "StripeUnavailable": f"Stripe did not answer. {AGAIN}",
    "StoreUnavailable": f"DynamoDB did not answer. {AGAIN}",
    "QueueUnavailable": f"SQS did not answer. {AGAIN}",
    "MailUnavailable": f"SES did not take the mail. {AGAIN}",
    "StripeRefused": "Stripe refuses the question itself: look at the permissions of the restricted key "
    "(docs/deploy.md has them), then replay.",
    "UnknownShape": "Stripe's object, or the message, has a shape that this version does not know: update Stamkund, then "
    "replay. Nothing else waits for it.",
    "Misconfigured": "A setting or a secret is missing or wrong; the reason names it. Mend it, then replay.",
}
UNFORESEEN = (
    "A fault of Stamkund's: the log of the function has the traceback under this message's id. Report it, and replay after "
    "an update."
)
UNTOLD = (
    "No reason was written down: the function was ended before it could (time-out, memory), or the message is older than "
    "that habit. Look into its log, then replay."
)


def line(letter: Letter) -> str:
    """One message in one line: id, what about, why."""
    about = " ".join(f"{value}" for value in about_of(letter).values() if value)
    why = letter.why.error if letter.why else "no reason known"
    return f"{letter.id}  {moment(letter.sent_at)}  {about or 'unreadable'}  {why}"


def about_of(letter: Letter) -> dict[str, Any]:
    """What a message is about: ids, type and account only; never a body."""
    raw = letter.fields
    if letter.queue == "events":
        return {name: raw.get(name) for name in ("type", "event", "id", "scope")}
    if letter.queue == "new_cards":
        return {"type": "new card", **{name: raw.get(name) for name in ("event", "customer", "scope")}}
    if letter.queue == "mails" and str(raw.get("pk", "")).startswith("H#"):
        return {"type": "digest", "id": str(raw.get("sk", ""))}
    if letter.queue == "mails":
        scope, _, customer = str(raw.get("pk", "")).removeprefix("C#").partition("#")
        return {
            "type": "due case",
            "id": str(raw.get("sk", "")).rpartition("#")[2],
            "customer": customer,
            "scope": scope,
        }
    return {"type": raw.get("detail-type") or raw.get("Type") or "mail feedback", "id": raw.get("id")}


def whole(letter: Letter) -> str:
    """Everything about one message, and what to do."""
    rows = {
        "message": letter.id,
        "queue": letter.queue,
        **about_of(letter),
        "queued at": moment(letter.sent_at),
        "tries": letter.why.tries if letter.why else "5 or more",
        "failed at": moment(letter.why.at) if letter.why else "not known",
        "why": f"{letter.why.error}: {letter.why.reason}" if letter.why else "not known",
        "do": advice(letter),
    }
    return "\n".join(f"{name:<10} {value}" for name, value in rows.items() if value)


def advice(letter: Letter) -> str:
    """What to do about a parked message, and what its replay costs."""
    return UNTOLD if letter.why is None else ADVICE.get(letter.why.error, UNFORESEEN)


def moment(at: int) -> str:
    """A time as people read it, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))
