"""A deployment as CloudFormation tells of it: moto's part of that needs packages that nothing else here does."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from infra.stacks import Stacks
from tests.conftest import ACCOUNT, SITE, Cloud

API = "https://abc.execute-api.eu-north-1.amazonaws.com/api/"
DEAD = ("events-dead", "new-cards-dead", "mails-dead", "undelivered")


def tell(monkeypatch: pytest.MonkeyPatch, cloud: Cloud, **parameters: str) -> dict[str, str]:
    """Let both stacks of the stage `dev` be found; queues of what failed are made. The data stack's outputs."""
    dead = [cloud.sqs.create_queue(QueueName=name)["QueueUrl"] for name in DEAD]
    outputs = {
        "TableName": "stamkund-test",
        "SecretArn": "stamkund-test",
        "EventsUrl": cloud.events_url,
        "MailsUrl": cloud.mails_url,
        "NewCardsUrl": cloud.cards_url,
        **dict(zip(("EventsDeadUrl", "NewCardsDeadUrl", "MailsDeadUrl", "UndeliveredUrl"), dead, strict=True)),
    }
    given = {"StripeAccount": ACCOUNT, "Livemode": "false", **parameters}
    function = {"LogicalResourceId": "RecordMailFeedback", "PhysicalResourceId": "feedback-1"}
    stacks: dict[str, Any] = {
        "stamkund-dev-data": {"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]},
        "stamkund-dev": {
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            "Outputs": [{"OutputKey": "EndpointURL", "OutputValue": API}],
        },
    }

    def look(_self: Stacks, call: str, name: str) -> dict[str, Any]:
        if call == "describe_stack_resources":
            return {"StackResources": [function | {"ResourceType": "AWS::Lambda::Function"}]}
        return {"Stacks": [stacks[name]]}

    monkeypatch.setattr(Stacks, "_look", look)
    return outputs


SITE_FILE: dict[str, Any] = {
    "id": SITE.id,
    "name": SITE.name,
    "account": ACCOUNT,
    "livemode": False,
    "base_url": SITE.base_url,
    "home_url": SITE.home_url,
    "return_urls": list(SITE.return_urls),
    "sender": SITE.sender,
    "brand": {"support_email": SITE.support_email},
    "time_zone": SITE.time_zone,
    "country": SITE.country,
}
"""The file of the site that stands in the table."""


def write(folder: Path, file: str = "shop.yaml", /, *, without: str = "", **changes: Any) -> None:
    """A site's file, as that of the site in the table but for the changes."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = {key: value for key, value in {**SITE_FILE, **changes}.items() if key != without}
    (folder / file).write_text(yaml.safe_dump(lines, allow_unicode=True))


def secret_value() -> dict[str, Any]:
    """What the one secret holds."""
    found: dict[str, Any] = json.loads(
        boto3.client("secretsmanager").get_secret_value(SecretId="stamkund-test")["SecretString"]
    )
    return found


def put_secret(value: dict[str, Any]) -> None:
    """Replace what the one secret holds."""
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))
