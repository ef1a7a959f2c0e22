"""What SES says became of a mail. Its SEND notification settles a claim whose mailer never got SES's answer."""

import json
from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.core.model import Kind
from chalicelib.core.model import scope as scope_of
from chalicelib.errors import UnknownShape
from chalicelib.store import cases, keys


def record_feedback(message: str) -> str:
    """Take one notification; its kind in lower case, or `settled` where it told us something new.

    Raises UnknownShape for what SES never sends, Retryable.
    """
    try:
        raw = json.loads(message)
        kind = str(raw["eventType"]).lower()
        if kind != "send":
            return kind
        tags = {name: values[0] for name, values in raw["mail"]["tags"].items() if values}
        return "settled" if _settle(tags, raw["mail"]["timestamp"]) else kind
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnknownShape(f"This is no notification of SES: {type(error).__name__}.") from error


def _settle(tags: dict[str, Any], timestamp: str) -> bool:
    """Mails of ours carry the case and the claim; others of the account's pass."""
    if not {"case", "customer", "created", "step", "claim"} <= tags.keys():
        return False
    scope = scope_of(tags.get("account") or config.setting("STRIPE_ACCOUNT"), config.livemode())
    key = keys.of_object(scope, Kind.INVOICE, tags["case"], tags["customer"], int(tags["created"]))
    sent_at = int(datetime.fromisoformat(timestamp).timestamp())
    return cases.record_sent(key, tags["step"], sent_at, int(tags["claim"]))
