"""One call to SES: what leaves, and whether a failure means that nothing left, that it may have, or that it never will."""

from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from chalicelib.aws import mail
from chalicelib.aws.clients import client
from chalicelib.core.rendered import Mail
from chalicelib.errors import MailUnavailable, MailUnknown, Permanent, StamkundError
from tests.conftest import SITE, Cloud

LETTER = Mail("Betalningen gick inte igenom", "Hej Åsa", "<p>Hej Åsa</p>")
TO = "asa@example.com"


def send() -> str:
    """Send the letter."""
    return mail.send(SITE, TO, LETTER, {"case": "in_1", "step": "day_0"})


@pytest.fixture
def calls(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every call of SendEmail, which still happens."""
    made: list[dict[str, Any]] = []
    ses = client("sesv2", once=True)
    real = ses.send_email

    def watched(**call: Any) -> Any:
        made.append(call)
        return real(**call)

    monkeypatch.setattr(ses, "send_email", watched)
    return made


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """SES fails so."""

    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(client("sesv2", once=True), "send_email", fail)


def refusal(code: str, status: int) -> ClientError:
    """An error answer of SES."""
    answer = {"Error": {"Code": code, "Message": TO}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


def test_a_marketing_mail_takes_its_unsubscribe_headers_along(cloud: Cloud, calls: list[dict[str, Any]]) -> None:
    headers = (("List-Unsubscribe", "<https://x.example/u/1>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    mail.send(SITE, TO, replace(LETTER, purpose="marketing", headers=headers), {"case": "in_1"})

    assert calls[0]["Content"]["Simple"]["Headers"] == [
        {"Name": "Auto-Submitted", "Value": "auto-generated"},
        {"Name": "List-Unsubscribe", "Value": "<https://x.example/u/1>"},
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
    ]


def test_a_mail_leaves_with_both_its_parts_its_tags_and_its_configuration_set(
    cloud: Cloud, calls: list[dict[str, Any]]
) -> None:
    ident = send()

    (call,), (sent,) = calls, cloud.mails()
    body = call["Content"]["Simple"]["Body"]
    assert ident == sent.id
    assert (body["Text"]["Data"], body["Html"]["Data"]) == (LETTER.text, LETTER.html)
    assert {part["Charset"] for part in (*body.values(), call["Content"]["Simple"]["Subject"])} == {"UTF-8"}
    assert call["Content"]["Simple"]["Headers"] == [{"Name": "Auto-Submitted", "Value": "auto-generated"}]
    assert call["EmailTags"] == [{"Name": "case", "Value": "in_1"}, {"Name": "step", "Value": "day_0"}]
    assert call["ConfigurationSetName"] == "stamkund-test"
    assert call["ReplyToAddresses"] == [SITE.support_email]
    assert call["Destination"] == {"ToAddresses": [TO]}


@pytest.mark.parametrize(
    "sender, name",
    [
        ("Nordlys <billing@nordlys.example>", "Nordlys"),
        ("Smörgås & Co <billing@nordlys.example>", "Smörgås & Co"),
        ("Åsa, AB <billing@nordlys.example>", "Åsa, AB"),
        ("Nord, lys <billing@nordlys.example>", "Nord, lys"),
        ('"Nord, lys" <billing@nordlys.example>', "Nord, lys"),
        ("billing@nordlys.example", ""),
        ("<billing@nordlys.example>", ""),
    ],
)
def test_the_senders_name_is_encoded_as_ses_asks(calls: list[dict[str, Any]], sender: str, name: str) -> None:
    mail.send(replace(SITE, sender=sender), TO, LETTER, {})

    shown, address = parseaddr(calls[0]["FromEmailAddress"])
    assert calls[0]["FromEmailAddress"].isascii()
    assert str(make_header(decode_header(shown))) == name
    assert address == "billing@nordlys.example"


@pytest.mark.parametrize(
    "error, meaning",
    [
        (refusal("TooManyRequestsException", 429), MailUnavailable),
        (refusal("ThrottlingException", 400), MailUnavailable),
        (refusal("LimitExceededException", 400), MailUnavailable),
        (refusal("SendingPausedException", 400), MailUnavailable),
        (refusal("InternalFailure", 500), MailUnknown),
        (refusal("ServiceUnavailable", 503), MailUnknown),
        (ClientError({}, "SendEmail"), MailUnknown),
        (refusal("MessageRejected", 400), Permanent),
        (refusal("MailFromDomainNotVerifiedException", 400), Permanent),
        (refusal("AccountSuspendedException", 400), Permanent),
        (refusal("BadRequestException", 400), Permanent),
        (refusal("NotFoundException", 404), Permanent),
        (refusal("AccessDeniedException", 403), Permanent),
        (ReadTimeoutError(endpoint_url="https://ses"), MailUnknown),
        (ConnectionClosedError(endpoint_url="https://ses"), MailUnknown),
        (ConnectTimeoutError(endpoint_url="https://ses"), MailUnavailable),
        (EndpointConnectionError(endpoint_url="https://ses"), MailUnavailable),
        (NoCredentialsError(), MailUnavailable),
    ],
)
def test_each_failure_means_one_thing(
    monkeypatch: pytest.MonkeyPatch, error: Exception, meaning: type[StamkundError]
) -> None:
    failing(monkeypatch, error)

    with pytest.raises(StamkundError) as raised:
        send()

    assert type(raised.value) is meaning
    assert raised.value.__cause__ is error
    assert TO not in raised.value.message


def test_what_can_never_be_a_mail_is_refused_before_anybody_is_asked(cloud: Cloud) -> None:
    with pytest.raises(Permanent):
        mail.send(SITE, TO, Mail("s", None, "h"), {})  # type: ignore[arg-type]

    assert cloud.mails() == []


def test_an_unverified_sender_is_refused_for_good(cloud: Cloud) -> None:
    with pytest.raises(Permanent, match="SES refused"):
        mail.send(replace(SITE, sender="x@elsewhere.example"), TO, LETTER, {})


@pytest.mark.parametrize("failure", [ReadTimeoutError(endpoint_url="https://ses"), 500, 503, 429])
def test_whatever_happens_ses_gets_one_request(cloud: Cloud, failure: Exception | int) -> None:
    """At botocore's edge, below its retries: a second request might be a second mail."""
    requests: list[str] = []

    def answer(request: Any, **_: Any) -> Any:
        requests.append(request.url)
        if isinstance(failure, Exception):
            raise failure
        return AWSResponse(request.url, failure, {}, _Raw())

    client("sesv2", once=True).meta.events.register_first("before-send.sesv2.SendEmail", answer)

    with pytest.raises(StamkundError):
        send()
    assert len(requests) == 1


class _Raw:
    """The body of an answer, as urllib3 hands it over."""

    def stream(self) -> list[bytes]:
        """All of it."""
        return [b"{}"]

    def read(self) -> bytes:
        """All of it, too."""
        return b"{}"


@pytest.mark.parametrize("code, answer", [(None, True), ("NotFoundException", False)])
def test_an_address_is_taken_off_the_list_of_ses(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str | None, answer: bool
) -> None:
    asked: list[str] = []

    def delete(EmailAddress: str) -> None:  # noqa: N803 - boto3's name
        asked.append(EmailAddress)
        if code:
            raise ClientError({"Error": {"Code": code}}, "DeleteSuppressedDestination")

    monkeypatch.setattr(client("sesv2"), "delete_suppressed_destination", delete)

    assert mail.unsuppress(TO) is answer
    assert asked == [TO]


@pytest.mark.parametrize(
    "failure",
    [
        ReadTimeoutError(endpoint_url="https://ses"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "DeleteSuppressedDestination"),
    ],
)
def test_where_the_list_of_ses_cannot_be_asked_it_is_said(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(**_: str) -> None:
        raise failure

    monkeypatch.setattr(client("sesv2"), "delete_suppressed_destination", fail)

    with pytest.raises(MailUnavailable, match="SES"):
        mail.unsuppress(TO)
