"""A mail is read from SES's request, whichever form it came in."""

import base64
from email.message import EmailMessage

from infra.local.mailbox import Mailbox, read

TAGS = [{"Name": "case", "Value": "in_1"}]


def test_a_simple_mail_is_read_whole() -> None:
    """Text, HTML, headers, recipients and tags."""
    letter = read(
        {
            "FromEmailAddress": "Nordlys <billing@nordlys.example>",
            "Destination": {"ToAddresses": ["a@example.com"], "BccAddresses": ["b@example.com"]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": "Hej å"},
                    "Body": {"Text": {"Data": "text"}, "Html": {"Data": "<b>html</b>"}},
                    "Headers": [{"Name": "X-A", "Value": "1"}],
                }
            },
            "EmailTags": TAGS,
        },
        "m1",
        7,
    )

    assert (letter.subject, letter.text, letter.html) == ("Hej å", "text", "<b>html</b>")
    assert letter.to == ("a@example.com", "b@example.com")
    assert letter.headers == {"X-A": "1"}
    assert letter.tags == {"case": "in_1"}
    assert (letter.id, letter.at, letter.sender) == ("m1", 7, "Nordlys <billing@nordlys.example>")


def test_a_raw_mail_is_read_whole() -> None:
    """Its own headers say what the request leaves out."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "billing@nordlys.example", "a@example.com", "Hej å"
    message.set_content("text å")
    message.add_alternative("<b>å</b>", subtype="html")

    raw = base64.b64encode(message.as_bytes()).decode()
    letter = read({"Content": {"Raw": {"Data": raw}}, "EmailTags": TAGS}, "m1", 7)

    assert (letter.subject, letter.text.strip(), letter.html.strip()) == ("Hej å", "text å", "<b>å</b>")
    assert (letter.sender, letter.to) == ("billing@nordlys.example", ("a@example.com",))
    assert letter.tags == {"case": "in_1"}


def test_the_newest_letter_comes_first_and_keeps_its_events() -> None:
    """In the order in which they happened."""
    request = {"Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {}}}}
    mailbox = Mailbox()
    for identity in ("old", "new"):
        mailbox.put(read(request, identity, 7))
    mailbox.note("old", "Send")
    mailbox.note("old", "Bounce")

    assert [(letter.id, letter.events) for letter in mailbox.all()] == [("new", ()), ("old", ("Send", "Bounce"))]
