"""What most tests stand on: AWS in moto, Stripe in the twin, time at a fixed second, and nothing of this machine's.

Credentials and region are set before anything is imported, so that no test can reach a real account.
"""

import functools
import json
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="eu-north-1",
    POWERTOOLS_METRICS_NAMESPACE="Stamkund",
)
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE"):
    os.environ.pop(name, None)

import boto3
import botocore.session
import pytest
import stripe
from moto import mock_aws
from moto.ses.models import ses_backends

from chalicelib.actions import throttle
from chalicelib.aws import clients, secrets
from chalicelib.core.site import Site
from chalicelib.store import api_keys, sites
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import gateway
from infra.local.twin.core.twin import Twin
from tests import canaries
from tests.edge import TwinEdge

# Every session would read botocore's megabytes of JSON anew, which is most of the time that a test with AWS takes.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

NOW = 1_793_620_800
"""2026-11-02 12:00:00 UTC, a Monday."""

ACCOUNT = "acct_1TwinNordlys"
WEBHOOK_SECRET = "whsec_test_secret_of_the_default_endpoint"
SITE_SECRET = "smss_test_secret_of_nordlys_for_signed_redirects"
SITE = Site(
    id="nordlys",
    name="Nordlys",
    account=ACCOUNT,
    livemode=False,
    base_url="https://pay.nordlys.example",
    home_url="https://nordlys.example/account",
    return_urls=("https://nordlys.example/account",),
    sender="Nordlys <billing@nordlys.example>",
    support_email="help@nordlys.example",
    time_zone="Europe/Stockholm",
    country="SE",
)


for secret in (SITE_SECRET, WEBHOOK_SECRET, "rk_test_twin_key"):
    canaries.remember(secret)
canaries.watch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """No test may print or log a secret."""
    report = yield
    canaries.judge(report)
    return report


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a deployed function, and empty caches."""
    for name, value in {
        "STAGE": "dev",
        "TABLE_NAME": "stamkund-test",
        "SECRET_ID": "stamkund-test",
        "STRIPE_ACCOUNT": ACCOUNT,
        "LIVEMODE": "false",
        "SITE": SITE.id,
        "SES_CONFIGURATION_SET": "stamkund-test",
        "MAIL_FEEDBACK_TOPIC": "arn:aws:sns:eu-north-1:123456789012:feedback",
    }.items():
        monkeypatch.setenv(name, value)
    clients.client.cache_clear()
    gateway.client.cache_clear()
    secrets.forget()
    sites.forget()
    throttle.forget()


@dataclass
class Cloud:
    """The AWS account of a test, and every DynamoDB request that botocore sent to it."""

    sqs: Any
    events_url: str
    mails_url: str
    cards_url: str
    dynamodb_requests: list[str] = field(default_factory=list)

    def messages(self, url: str) -> list[dict[str, Any]]:
        """The messages of a queue, taken from it."""
        found: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def mails(self) -> list[Any]:
        """What SES was asked to send."""
        return list(ses_backends["123456789012"]["eu-north-1"].sent_messages)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A table, the queues, the secret, the site and a verified sender."""
    with mock_aws():
        ObjectRow._connection = None
        create_table()
        sqs = boto3.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("events", "mails", "cards")]
        monkeypatch.setenv("EVENTS_QUEUE_URL", urls[0])
        monkeypatch.setenv("MAILS_QUEUE_URL", urls[1])
        monkeypatch.setenv("NEW_CARDS_QUEUE_URL", urls[2])
        value = {
            "stripe_api_key": "rk_test_twin_key",
            "webhook_secrets": {"default": [WEBHOOK_SECRET]},
            "site_secrets": {SITE.id: [SITE_SECRET]},
        }
        boto3.client("secretsmanager").create_secret(Name="stamkund-test", SecretString=json.dumps(value))
        boto3.client("sesv2").create_email_identity(EmailIdentity="nordlys.example")
        boto3.client("sesv2").create_configuration_set(ConfigurationSetName="stamkund-test")
        sites.put(SITE)
        sites.forget()
        made = Cloud(sqs, *urls)
        connection = ObjectRow._get_connection().connection
        connection.client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: made.dynamodb_requests.append(model.name)
        )
        yield made
        ObjectRow._connection = None
        assert canaries.leaked(canaries.stored()) == [], "a secret was stored"


def everything(cloud: Cloud) -> list[dict[str, Any]]:
    """Every item of the table, as DynamoDB holds it."""
    items: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName=os.environ["TABLE_NAME"])["Items"]
    return items


def create_table() -> None:
    """The table as the models describe it; tests/infra compares them with infra/data.yaml."""
    strings = ("pk", "sk", "due_shard", "ref", "case_scope")
    numbers = ("due_at", "ref_at", "case_opened_at")
    indexes = {
        "due": ("due_shard", "due_at", "KEYS_ONLY"),
        "ref": ("ref", "ref_at", "ALL"),
        "cases": ("case_scope", "case_opened_at", "ALL"),
    }
    boto3.client("dynamodb").create_table(
        TableName=os.environ["TABLE_NAME"],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            *({"AttributeName": name, "AttributeType": "S"} for name in strings),
            *({"AttributeName": name, "AttributeType": "N"} for name in numbers),
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": [
                    {"AttributeName": hashed, "KeyType": "HASH"},
                    {"AttributeName": ranged, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": projection},
            }
            for name, (hashed, ranged, projection) in indexes.items()
        ],
    )


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> TwinEdge:
    """Stripe: a twin whose clock stands at NOW, behind the SDK that we ship."""
    made = TwinEdge(Twin(seed=7, account_id=ACCOUNT, start=NOW))
    monkeypatch.setattr(stripe, "RequestsClient", lambda **_: made)
    return made


@pytest.fixture
def api_key(cloud: Cloud) -> str:
    """A key of the site that may open the portal and read."""
    return api_keys.create(SITE.id, ("portal", "read"), NOW)
