"""A deployment as CloudFormation tells of it: moto's part of that needs packages that nothing else here does."""

from typing import Any

import pytest

from infra.stacks import Stacks
from tests.conftest import ACCOUNT, Cloud

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
        "stamkund-dev": {"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]},
    }

    def look(_self: Stacks, call: str, name: str) -> dict[str, Any]:
        if call == "describe_stack_resources":
            return {"StackResources": [function | {"ResourceType": "AWS::Lambda::Function"}]}
        return {"Stacks": [stacks[name]]}

    monkeypatch.setattr(Stacks, "_look", look)
    return outputs
