"""A deployment in which all is well, at AWS (moto, and what moto lacks) and at Stripe (the twin)."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.core.events import enabled_events
from chalicelib.stripe_api import gateway
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.version import API_VERSION
from infra.doctor.report import Line
from infra.sites import files
from infra.stacks import Stacks
from tests.conftest import ACCOUNT, SITE, Cloud
from tests.edge import TwinEdge
from tests.infra.deployment import write
from tests.infra.formation import CloudFormation

API = "https://abc.execute-api.eu-north-1.amazonaws.com/api/"
WEBHOOK = f"{SITE.base_url}/webhooks/stripe/default"


class NotFoundException(ClientError):  # type: ignore[misc]
    """SES has no such identity."""


@dataclass
class Ses:
    """What SES says of the account and of one identity; moto knows neither of them."""

    account: dict[str, Any] = field(default_factory=lambda: {"SendingEnabled": True, "ProductionAccessEnabled": True})
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    exceptions = SimpleNamespace(NotFoundException=NotFoundException)

    def get_account(self) -> dict[str, Any]:
        """The account."""
        return self.account

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        """An identity."""
        if EmailIdentity not in self.identities:
            raise NotFoundException({"Error": {"Code": "NotFoundException", "Message": ""}}, "GetEmailIdentity")
        return self.identities[EmailIdentity]


@dataclass
class Deployment:
    """The stage `dev`, and both sides of it."""

    cloud: Cloud
    edge: TwinEdge
    formation: CloudFormation
    ses: Ses
    outputs: dict[str, str]
    stacks: Stacks
    client: Client

    def secret(self, value: object) -> None:
        """Put a value into the secret."""
        text = value if isinstance(value, str) else json.dumps(value)
        boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=text)

    def stripe(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """A call to Stripe by the merchant."""
        found: Any = self.client.raw_request(method, f"/v1/{path}", **params).data
        return dict(found)

    def webhook(self, **changes: Any) -> dict[str, Any]:
        """A webhook endpoint as it should be, but for the changes."""
        asked = {"url": WEBHOOK, "enabled_events": enabled_events(), "api_version": API_VERSION, **changes}
        return self.stripe("post", "webhook_endpoints", **asked)


@pytest.fixture
def deployment(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deployment:
    """Both stacks, the topics with their subscribers, three empty queues, a verified sender; nothing at Stripe yet."""
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    write(tmp_path)
    for name in ("CONNECTED_ACCOUNTS", "STRIPE_READS_PER_SECOND"):
        monkeypatch.setenv(name, "")
    sns = boto3.client("sns")
    feedback, alarms = (sns.create_topic(Name=name)["TopicArn"] for name in ("feedback", "alarms"))
    function = "arn:aws:lambda:eu-north-1:123456789012:function:feedback"
    sns.subscribe(TopicArn=feedback, Protocol="lambda", Endpoint=function)
    sns.subscribe(TopicArn=alarms, Protocol="email", Endpoint="ops@nordlys.example")
    dead = {
        name: cloud.sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("EventsDead", "NewCardsDead", "MailsDead", "Undelivered")
    }
    outputs = {"TableName": "stamkund-test", "SecretArn": "stamkund-test", "MailFeedbackArn": feedback}
    outputs |= {"AlarmsArn": alarms, **{f"{name}Url": url for name, url in dead.items()}}
    asked = {"StripeAccount": ACCOUNT, "Livemode": "false", "Site": SITE.id, "MailIdentity": "nordlys.example"}
    formation = CloudFormation()
    formation.add("stamkund-dev-data", "CREATE_COMPLETE", outputs)
    formation.add("stamkund-dev", "UPDATE_COMPLETE", {"EndpointURL": API}, asked)
    signed = {"VerifiedForSendingStatus": True, "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"}}
    ses = Ses(identities={"nordlys.example": signed})
    made: dict[str, Any] = {"cloudformation": formation, "sesv2": ses}
    monkeypatch.setattr(Stacks, "client", lambda _self, name: made.get(name) or boto3.client(name))
    stacks = Stacks("stamkund-dev-data", "stamkund-dev")
    client = gateway.client("rk_test_twin_key", None)
    return Deployment(cloud, edge, formation, ses, outputs, stacks, client)


def told(lines: list[Line], level: str) -> str:
    """The lines of a level, one below the other."""
    return "\n".join(str(line) for line in lines if line.level == level)
