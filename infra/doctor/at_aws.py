"""The AWS side: stacks, mail service, topics, queues of what failed."""

from collections.abc import Iterator

from infra.changes import DONE, status
from infra.doctor.report import Line, judged, ok, warn, wrong
from infra.stacks import Stacks

DEAD = ("EventsDeadUrl", "NewCardsDeadUrl", "MailsDeadUrl", "UndeliveredUrl")


def stack(found: Stacks, name: str, stage: str) -> Iterator[Line]:
    """A stack exists and is complete."""
    now, deploy = status(found.client("cloudformation"), name), f"make deploy STAGE={stage}"
    if now in DONE:
        yield ok(f"stack {name}: {now}")
    elif now is None:
        yield wrong(f"stack {name}: there is none", deploy)
    elif now == "UPDATE_ROLLBACK_COMPLETE":
        yield warn(
            f"stack {name}: the last deployment was rolled back, the one before it runs", f"{deploy}, and read on"
        )
    elif now.endswith("IN_PROGRESS"):
        yield warn(f"stack {name}: {now}", "a deployment is at work: look again when it is done")
    else:
        yield wrong(f"stack {name}: {now}", f"{deploy} says what to do")


def mail_account(found: Stacks, live: bool) -> Iterator[Line]:
    """SES may send, and to everybody."""
    account = found.client("sesv2").get_account()
    console = "SES console, Account dashboard"
    yield judged(account["SendingEnabled"], "SES: sending is on", "SES: sending is switched off", console)
    if account["ProductionAccessEnabled"]:
        yield ok("SES: out of the sandbox")
    else:
        fault = "SES: in the sandbox, so it mails verified addresses only"
        remedy = f"{console}: request production access"
        yield wrong(fault, remedy) if live else warn(fault, remedy)
    health = account.get("EnforcementStatus", "HEALTHY")
    if health == "HEALTHY":
        yield ok("SES: reputation healthy")
    else:
        told = f"SES: reputation {health}"
        remedy = "SES console, Reputation metrics: too many bounces or complaints"
        yield warn(told, remedy) if health == "PROBATION" else wrong(told, remedy)


def mail_identity(found: Stacks, identity: str, live: bool) -> Iterator[Line]:
    """The identity that mails are sent from is verified and signs with DKIM; a trial may do without the latter."""
    ses = found.client("sesv2")
    console = f"SES console, Identities, {identity}"
    try:
        state = ses.get_email_identity(EmailIdentity=identity)
    except ses.exceptions.NotFoundException:
        yield wrong(
            f"SES identity {identity}: there is none", "SES console, Identities: create it and set its DNS records"
        )
        return
    yield judged(
        state["VerifiedForSendingStatus"],
        f"SES identity {identity}: verified",
        f"SES identity {identity}: not verified",
        f"{console}: set the DNS records that it lists, then wait",
    )
    dkim = state.get("DkimAttributes", {})
    if dkim.get("SigningEnabled", False) and dkim.get("Status") == "SUCCESS":
        yield ok(f"SES identity {identity}: signs with DKIM")
    else:
        fault = f"SES identity {identity}: does not sign, DKIM is {dkim.get('Status', 'off')}"
        remedy = f"{console}, Authentication: publish its three CNAME records"
        yield wrong(fault, remedy) if live else warn(fault, remedy)


def topics(found: Stacks, stage: str) -> Iterator[Line]:
    """What became of a mail reaches the function, and an alarm reaches a person."""
    feedback = _subscriptions(found, found.data["MailFeedbackArn"])
    yield judged(
        any(each["Protocol"] == "lambda" and _confirmed(each) for each in feedback),
        "mail feedback: the function is subscribed",
        "mail feedback: no function is subscribed, so bounces are lost",
        f"make deploy STAGE={stage}",
    )
    alarms = _subscriptions(found, found.data["AlarmsArn"])
    if any(_confirmed(each) for each in alarms):
        yield ok("alarms: somebody is told")
    elif alarms:
        yield warn("alarms: the subscription waits to be confirmed", "click the link in the mail that AWS has sent")
    else:
        yield warn("alarms: nobody is told", f"OperatorMail in infra/stages/{stage}.yaml, then make deploy")


def _subscriptions(found: Stacks, topic: str) -> list[dict[str, str]]:
    pages = found.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    return [each for page in pages for each in page["Subscriptions"]]


def _confirmed(subscription: dict[str, str]) -> bool:
    return subscription["SubscriptionArn"].startswith("arn:")


def dead_letters(found: Stacks, stage: str) -> Iterator[Line]:
    """Nothing has been given up."""
    sqs = found.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for output in DEAD:
        held = sqs.get_queue_attributes(QueueUrl=found.data[output], AttributeNames=names)["Attributes"]
        count, name = sum(int(held[each]) for each in names), output.removesuffix("Url")
        yield judged(
            count == 0,
            f"queue {name}: empty",
            f"queue {name}: {count} given up",
            f"python -m infra.redrive list --stage {stage}",
        )
