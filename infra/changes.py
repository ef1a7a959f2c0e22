"""A stack brought to what its template says, by a change set: progress while it works, and reasons where it fails."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
UPDATABLE = (*DONE, "UPDATE_ROLLBACK_COMPLETE")
NOTHING = ("didn't contain changes", "No updates are to be performed")
PRECIOUS = ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret")
"""What a deployment must never replace or drop: the new one would be empty."""

Say = Callable[[str], None]


class DeployError(Exception):
    """A stack was not brought where it should be; the message says why, with the resources that failed."""


def apply(
    cloudformation: Any, name: str, template: dict[str, str], parameters: dict[str, str], say: Say, pause: float = 3
) -> dict[str, str]:
    """Create or update a stack, wait for it and return its outputs. Raises DeployError.

    `template` is CloudFormation's own way to name one (TemplateBody or TemplateURL); `pause` is in seconds.
    """
    kind = _kind(name, status(cloudformation, name))
    change_set = _plan(cloudformation, name, kind, template, parameters, pause)
    if change_set is None:
        say(f"{name}: nothing to change")
        return outputs(cloudformation, name)
    _announce(name, change_set, say)
    before = {event["EventId"] for event in _first(cloudformation, change_set["StackId"])}
    cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    _watch(cloudformation, name, change_set["StackId"], before, say, pause)
    return outputs(cloudformation, name)


def status(cloudformation: Any, name: str) -> str | None:
    """The stack's status; None where there is none of that name."""
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """The stack's outputs."""
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _kind(name: str, now: str | None) -> str:
    """Whether to create or to update. Raises DeployError, with a way out, for a stack that can be neither."""
    if now is None or now in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return "CREATE"
    if now in UPDATABLE:
        return "UPDATE"
    if now == "UPDATE_ROLLBACK_FAILED":
        remedy = f"aws cloudformation continue-update-rollback --stack-name {name}"
    elif now.endswith("IN_PROGRESS"):
        remedy = "another deployment is at work: wait for it"
    else:
        remedy = f"it was never complete: aws cloudformation delete-stack --stack-name {name}, then deploy again"
    raise DeployError(f"{name} is {now}; {remedy}")


def _plan(
    cloudformation: Any, name: str, kind: str, template: dict[str, str], parameters: dict[str, str], pause: float
) -> dict[str, Any] | None:
    """The change set, or None where nothing would change. Raises DeployError."""
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{uuid.uuid4().hex}",
        ChangeSetType=kind,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=CAPABILITIES,
        **template,
    )
    found = _described(cloudformation, made["Id"])
    while found["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
        time.sleep(pause)
        found = _described(cloudformation, made["Id"])
    reason = found.get("StatusReason", "")
    refused = found["Status"] != "CREATE_COMPLETE"
    reason = reason if refused else _lost(found["Changes"])
    if refused or reason:
        cloudformation.delete_change_set(ChangeSetName=made["Id"])
    if refused and any(words in reason for words in NOTHING):
        return None
    if reason or refused:
        raise DeployError(f"{name}: {reason or found['Status']}")
    return found


def _described(cloudformation: Any, change_set: str) -> dict[str, Any]:
    """A change set with all of its changes."""
    found: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=change_set)
    page = found
    while page.get("NextToken"):
        page = cloudformation.describe_change_set(ChangeSetName=change_set, NextToken=page["NextToken"])
        found["Changes"] = [*found["Changes"], *page["Changes"]]
    return {**found, "Changes": [each["ResourceChange"] for each in found.get("Changes", [])]}


def _lost(changes: list[dict[str, Any]]) -> str:
    """Why a change set must not be executed, if so."""
    lost = [
        each["LogicalResourceId"]
        for each in changes
        if each["ResourceType"] in PRECIOUS and (each["Action"] == "Remove" or each.get("Replacement") == "True")
    ]
    return f"this would replace or drop {', '.join(lost)}, and what it holds with it" if lost else ""


def _announce(name: str, change_set: dict[str, Any], say: Say) -> None:
    changes = change_set["Changes"]
    say(f"{name}: {len(changes)} changes")
    for each in changes:
        if each["Action"] == "Remove" or each.get("Replacement") == "True":
            say(f"  {'drops' if each['Action'] == 'Remove' else 'replaces'} {each['LogicalResourceId']}")


def _watch(cloudformation: Any, name: str, stack_id: str, seen: set[str], say: Say, pause: float) -> None:
    """Tell what happens until the stack rests. Raises DeployError where it rests elsewhere than it should."""
    failures: list[str] = []
    while True:
        now = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
        for event in reversed(list(_fresh(cloudformation, stack_id, seen))):
            seen.add(event["EventId"])
            line = f"  {event['LogicalResourceId']}: {event['ResourceStatus']}"
            if "FAILED" in event["ResourceStatus"]:
                failures.append(f"{line} - {event.get('ResourceStatusReason', 'no reason given')}")
            if not event["ResourceStatus"].endswith("IN_PROGRESS"):
                say(line)
        if not now.endswith("IN_PROGRESS"):
            break
        time.sleep(pause)
    if now not in DONE:
        # The first failure is the cause; what follows was mostly cancelled because of it.
        raise DeployError("\n".join([f"{name}: {now}", *failures]))


def _fresh(cloudformation: Any, stack_id: str, seen: set[str]) -> Iterator[dict[str, Any]]:
    """Events that were not seen before, newest first."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            if event["EventId"] in seen:
                return
            yield event


def _first(cloudformation: Any, stack_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    return found
