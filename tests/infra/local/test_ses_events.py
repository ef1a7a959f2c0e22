"""What the inbox publishes is what SES would."""

from dataclasses import replace

import pytest

from infra.local.mailbox import Letter
from infra.local.ses_events import events

LETTER = Letter(
    id="m1",
    at=1795358868,
    sender="Nordlys <billing@nordlys.example>",
    to=("Astrid <astrid@example.com>",),
    subject="Hello",
    text="",
    html="",
    headers={"Auto-Submitted": "auto-generated"},
    tags={"case": "in_1", "step": "day_0"},
)


@pytest.mark.parametrize(
    "address, expected",
    [
        ("astrid@example.com", ["Send", "Delivery"]),
        ("success@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"]),
        ("Bounce+astrid@simulator.amazonses.com", ["Send", "Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"]),
        ("complaint@simulator.amazonses.com", ["Send", "Delivery", "Complaint"]),
        ("bounce@example.com", ["Send", "Delivery"]),
        ("notbounce@simulator.amazonses.com", ["Send", "Delivery"]),
    ],
)
def test_the_address_decides_what_becomes_of_a_mail(address: str, expected: list[str]) -> None:
    """As at SES's mailbox simulator."""
    published = events(replace(LETTER, to=(address,)), "set", 1795358870)

    assert [each["eventType"] for each in published] == expected


def test_every_event_names_the_mail_its_tags_and_its_recipients() -> None:
    """The tags are lists, and SES adds its own."""
    for event in events(LETTER, "set", 1795358870):
        mail = event["mail"]
        assert mail["messageId"] == "m1"
        assert mail["destination"] == ["astrid@example.com"]
        assert mail["timestamp"] == "2026-11-22T14:47:48.000Z"
        assert mail["tags"]["case"] == ["in_1"]
        assert mail["tags"]["ses:configuration-set"] == ["set"]
        assert mail["tags"]["ses:from-domain"] == ["nordlys.example"]


def test_each_recipient_has_a_fate_of_its_own() -> None:
    """One Send for the mail, then one event each."""
    letter = replace(LETTER, to=("a@example.com", "bounce@simulator.amazonses.com"))

    _, delivery, bounce = events(letter, "set", 1795358870)

    assert delivery["delivery"]["recipients"] == ["a@example.com"]
    assert bounce["bounce"]["bounceType"] == "Permanent"
    assert [each["emailAddress"] for each in bounce["bounce"]["bouncedRecipients"]] == [
        "bounce@simulator.amazonses.com"
    ]
