"""What SES publishes about a mail, in the form of its event publishing, since the stand-in publishes nothing.

Addresses at simulator.amazonses.com get what SES's mailbox simulator gives them: `bounce@` a hard bounce, `complaint@`
a delivery and a complaint; a label (`bounce+anna@`) is allowed. Every other address is delivered.
"""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from infra.local.mailbox import Letter

ACCOUNT = "000000000000"
SIMULATED = re.compile(r"^(bounce|complaint|suppressionlist)(\+[^@]*)?@simulator\.amazonses\.com$", re.IGNORECASE)


def events(letter: Letter, configuration_set: str, at: int) -> list[dict[str, Any]]:
    """The events of a letter in the order SES sends them: Send, then what each recipient's server did with it."""
    mail = _mail(letter, configuration_set)
    published = [{"eventType": "Send", "mail": mail, "send": {}}]
    for recipient in mail["destination"]:
        match = SIMULATED.match(recipient)
        fate = match[1].lower() if match else "delivered"
        if fate in ("delivered", "complaint"):
            published.append({"eventType": "Delivery", "mail": mail, "delivery": _delivery(recipient, at)})
        if fate == "complaint":
            published.append({"eventType": "Complaint", "mail": mail, "complaint": _complaint(recipient, at)})
        if fate in ("bounce", "suppressionlist"):
            published.append({"eventType": "Bounce", "mail": mail, "bounce": _bounce(recipient, fate, at)})
    return published


def _mail(letter: Letter, configuration_set: str) -> dict[str, Any]:
    tags = {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [configuration_set],
        "ses:from-domain": [parseaddr(letter.sender)[1].rpartition("@")[2]],
        **{name: [value] for name, value in letter.tags.items()},
    }
    recipients = [parseaddr(address)[1] for address in letter.to]
    return {
        "timestamp": _stamp(letter.at),
        "source": letter.sender,
        "sendingAccountId": ACCOUNT,
        "messageId": letter.id,
        "destination": recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in letter.headers.items()],
        "commonHeaders": {
            "from": [letter.sender],
            "to": list(letter.to),
            "messageId": letter.id,
            "subject": letter.subject,
        },
        "tags": tags,
    }


def _delivery(recipient: str, at: int) -> dict[str, Any]:
    return {
        "timestamp": _stamp(at),
        "processingTimeMillis": 500,
        "recipients": [recipient],
        "smtpResponse": "250 ok",
        "reportingMTA": "a0-1.smtp-out.eu-north-1.amazonses.com",
    }


def _bounce(recipient: str, fate: str, at: int) -> dict[str, Any]:
    return {
        "feedbackId": f"feedback-{at}",
        "bounceType": "Permanent",
        "bounceSubType": "OnAccountSuppressionList" if fate == "suppressionlist" else "General",
        "bouncedRecipients": [
            {
                "emailAddress": recipient,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": _stamp(at),
        "reportingMTA": "dsn; a0-1.smtp-out.eu-north-1.amazonses.com",
    }


def _complaint(recipient: str, at: int) -> dict[str, Any]:
    return {
        "feedbackId": f"feedback-{at}",
        "complainedRecipients": [{"emailAddress": recipient}],
        "timestamp": _stamp(at),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _stamp(at),
    }


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
