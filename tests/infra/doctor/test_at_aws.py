"""The checks at AWS: each where all is well and where it is not."""

import boto3
import pytest

from infra.doctor import at_aws
from tests.infra.doctor.conftest import Deployment, told


@pytest.mark.parametrize(
    "status, level, words",
    [
        ("CREATE_COMPLETE", "ok", "CREATE_COMPLETE"),
        ("UPDATE_COMPLETE", "ok", "UPDATE_COMPLETE"),
        ("UPDATE_ROLLBACK_COMPLETE", "warn", "was rolled back"),
        ("UPDATE_IN_PROGRESS", "warn", "at work"),
        ("ROLLBACK_COMPLETE", "wrong", "make deploy STAGE=dev"),
    ],
)
def test_a_stack(deployment: Deployment, status: str, level: str, words: str) -> None:
    deployment.formation.add("stamkund-dev", status, {})

    (line,) = at_aws.stack(deployment.stacks, "stamkund-dev", "dev")

    assert line.level == level
    assert words in str(line)


def test_a_stack_that_is_not_there(deployment: Deployment) -> None:
    (line,) = at_aws.stack(deployment.stacks, "stamkund-other", "other")

    assert str(line) == "wrong  stack stamkund-other: there is none -> make deploy STAGE=other"


def test_a_mail_account_that_may_send(deployment: Deployment) -> None:
    assert [line.level for line in at_aws.mail_account(deployment.stacks, live=True)] == ["ok"] * 3


@pytest.mark.parametrize("live, level", [(True, "wrong"), (False, "warn")])
def test_the_sandbox_is_wrong_for_live_mode_only(deployment: Deployment, live: bool, level: str) -> None:
    deployment.ses.account["ProductionAccessEnabled"] = False

    assert "sandbox" in told(list(at_aws.mail_account(deployment.stacks, live)), level)


def test_sending_that_is_switched_off(deployment: Deployment) -> None:
    deployment.ses.account["SendingEnabled"] = False

    assert "switched off" in told(list(at_aws.mail_account(deployment.stacks, live=False)), "wrong")


@pytest.mark.parametrize("status, level", [("PROBATION", "warn"), ("SHUTDOWN", "wrong")])
def test_a_reputation_that_suffers(deployment: Deployment, status: str, level: str) -> None:
    deployment.ses.account["EnforcementStatus"] = status

    assert f"reputation {status}" in told(list(at_aws.mail_account(deployment.stacks, live=False)), level)


def test_an_identity_that_is_verified_and_signs(deployment: Deployment) -> None:
    assert [line.level for line in at_aws.mail_identity(deployment.stacks, "nordlys.example", live=True)] == [
        "ok",
        "ok",
    ]


def test_an_identity_that_is_not_there(deployment: Deployment) -> None:
    (line,) = at_aws.mail_identity(deployment.stacks, "other.example", live=True)

    assert line.level == "wrong"
    assert "there is none" in line.what


def test_an_identity_that_is_not_verified(deployment: Deployment) -> None:
    deployment.ses.identities["nordlys.example"]["VerifiedForSendingStatus"] = False

    assert "not verified" in told(list(at_aws.mail_identity(deployment.stacks, "nordlys.example", live=True)), "wrong")


@pytest.mark.parametrize(
    "state", [{"SigningEnabled": True, "Status": "PENDING"}, {"SigningEnabled": False, "Status": "SUCCESS"}]
)
def test_an_identity_that_does_not_sign(deployment: Deployment, state: dict[str, object]) -> None:
    deployment.ses.identities["nordlys.example"]["DkimAttributes"] = state

    for live, level in ((True, "wrong"), (False, "warn")):
        assert "does not sign" in told(list(at_aws.mail_identity(deployment.stacks, "nordlys.example", live)), level)


def test_topics_with_their_subscribers(deployment: Deployment) -> None:
    assert [line.level for line in at_aws.topics(deployment.stacks, "dev")] == ["ok", "ok"]


def test_topics_without(deployment: Deployment) -> None:
    sns = boto3.client("sns")
    for each in sns.list_subscriptions()["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])

    lines = list(at_aws.topics(deployment.stacks, "dev"))

    assert "bounces are lost" in told(lines, "wrong")
    assert "nobody is told" in told(lines, "warn")


def test_an_alarm_subscription_that_waits(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_aws, "_confirmed", lambda each: each["Protocol"] == "lambda")

    assert "waits to be confirmed" in told(list(at_aws.topics(deployment.stacks, "dev")), "warn")


@pytest.mark.parametrize("arn, there", [("arn:aws:sns:x", True), ("PendingConfirmation", False), ("Deleted", False)])
def test_what_counts_as_confirmed(arn: str, there: bool) -> None:
    assert at_aws._confirmed({"SubscriptionArn": arn}) is there


def test_empty_queues(deployment: Deployment) -> None:
    assert [line.level for line in at_aws.dead_letters(deployment.stacks, "dev")] == ["ok"] * 4


def test_what_was_given_up_is_counted_even_while_somebody_looks_at_it(deployment: Deployment) -> None:
    url = deployment.outputs["MailsDeadUrl"]
    for _ in range(2):
        deployment.cloud.sqs.send_message(QueueUrl=url, MessageBody="{}")
    deployment.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)

    wrong = told(list(at_aws.dead_letters(deployment.stacks, "dev")), "wrong")

    assert wrong == "wrong  queue MailsDead: 2 given up -> python -m infra.redrive list --stage dev"
