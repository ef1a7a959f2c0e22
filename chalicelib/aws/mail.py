"""Mail through SES: one call, never repeated here, and what it means when the answer does not come."""

from collections.abc import Mapping
from email.utils import formataddr

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from chalicelib import config
from chalicelib.aws.clients import client
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.errors import MailUnavailable, MailUnknown, Permanent

_NOT_TAKEN = {"TooManyRequestsException", "ThrottlingException", "LimitExceededException", "SendingPausedException"}
_AUTOMATIC = ("Auto-Submitted", "auto-generated")
_NOT_REACHED = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)


def send(site: Site, to: str, mail: Mail, tags: Mapping[str, str]) -> str:
    """Send a mail; SES's message id. The tags come back in every notification about it.

    Raises MailUnavailable where SES said that it did not take it, MailUnknown where its answer was lost, Permanent where it
    refused this mail for good.
    """
    content = {
        "Simple": {
            "Subject": _text(mail.subject),
            "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
            "Headers": [{"Name": name, "Value": value} for name, value in (_AUTOMATIC, *mail.headers)],
        }
    }
    try:
        answer = client("sesv2", once=True).send_email(
            FromEmailAddress=_address(site.sender),
            ReplyToAddresses=[site.support_email],
            Destination={"ToAddresses": [to]},
            Content=content,
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
            ConfigurationSetName=config.setting("SES_CONFIGURATION_SET"),
        )
    except ClientError as error:
        raise _meaning(error) from error
    except ParamValidationError as error:
        raise Permanent("The mail is not what SES takes: it was not sent.") from error
    except _NOT_REACHED as error:
        raise MailUnavailable(f"SES was not reached: {type(error).__name__}.") from error
    except BotoCoreError as error:
        raise MailUnknown(f"SES's answer was lost: {type(error).__name__}.") from error
    return str(answer["MessageId"])


def unsuppress(address: str) -> bool:
    """Take an address off the account's own suppression list at SES; False where it was not on it. Raises MailUnavailable."""
    try:
        client("sesv2").delete_suppressed_destination(EmailAddress=address)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == "NotFoundException":
            return False
        raise MailUnavailable(f"SES did not answer as it should: {code}.") from error
    except BotoCoreError as error:
        raise MailUnavailable(f"SES was not reached: {type(error).__name__}.") from error
    return True


def _meaning(error: ClientError) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if code in _NOT_TAKEN:
        return MailUnavailable(f"SES did not take the mail: {code}.")
    return MailUnknown(f"SES had an error: {code}.") if status >= 500 else Permanent(f"SES refused the mail: {code}.")


def _address(sender: str) -> str:
    """`Name <address>` with its name encoded as SES asks (RFC 2047) where it has letters beyond ASCII."""
    name, _, address = sender.rpartition("<")
    return formataddr((name.strip().strip('"'), address.rstrip("> ")))


def _text(value: str) -> dict[str, str]:
    return {"Data": value, "Charset": "UTF-8"}
