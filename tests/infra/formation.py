"""CloudFormation in memory, as far as a deployment asks it: moto's needs packages that nothing else here does."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError


def change(
    ident: str, kind: str = "AWS::SQS::Queue", action: str = "Modify", replacement: str = "False"
) -> dict[str, Any]:
    """One line of a change set."""
    return {"LogicalResourceId": ident, "ResourceType": kind, "Action": action, "Replacement": replacement}


class CloudFormation:
    """Stacks by name. `changes` is what the next change sets will find, `failing` the resources that cannot be made."""

    def __init__(self) -> None:
        self.stacks: dict[str, dict[str, Any]] = {}
        self.changes: list[dict[str, Any]] = [change("Table", "AWS::DynamoDB::Table", "Add")]
        self.refusal = "The submitted information didn't contain changes."
        self.failing: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.deleted: list[str] = []
        self.resources: list[dict[str, Any]] = []
        self._sets: dict[str, dict[str, Any]] = {}
        self._events: dict[str, list[dict[str, Any]]] = {}

    def add(self, name: str, status: str, outputs: dict[str, str], parameters: dict[str, str] | None = None) -> None:
        """A stack that is there already."""
        self.stacks[name] = {
            "StackId": name,
            "StackStatus": status,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
        }
        self._events.setdefault(name, [])

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's spelling
        """One stack; a change set at work is done by the second look."""
        if StackName not in self.stacks:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        found = dict(self.stacks[StackName])
        self.stacks[StackName]["StackStatus"] = found.get("next", found["StackStatus"])
        return {"Stacks": [found]}

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The same resources for every stack that is there."""
        assert StackName in self.stacks
        return {"StackResources": self.resources}

    def create_change_set(self, **asked: Any) -> dict[str, Any]:
        """A change set that is still being made at the first look."""
        self.asked.append(asked)
        name = asked["StackName"]
        if asked["ChangeSetType"] == "CREATE":
            self.add(name, "REVIEW_IN_PROGRESS", {})
        refused = not self.changes or self.refusal not in ("", "The submitted information didn't contain changes.")
        ident = f"set-{len(self._sets)}"
        self._sets[ident] = {
            "ChangeSetId": ident,
            "StackId": name,
            "Status": "CREATE_PENDING",
            "next": "FAILED" if refused else "CREATE_COMPLETE",
            "StatusReason": self.refusal if refused else "",
        }
        return {"Id": ident}

    def describe_change_set(self, ChangeSetName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        """A change set, one change to a page."""
        found = dict(self._sets[ChangeSetName])
        self._sets[ChangeSetName]["Status"] = found["next"]
        at = int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(self.changes) else {}
        return {**found, "Changes": [{"ResourceChange": each} for each in self.changes[at : at + 1]], **more}

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        """Forget a change set."""
        self.deleted.append(ChangeSetName)

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        """Work: an event for each change, and the end at the second look."""
        name = self._sets[ChangeSetName]["StackId"]
        verb = "CREATE" if self.stacks[name]["StackStatus"] == "REVIEW_IN_PROGRESS" else "UPDATE"
        for each in self.changes:
            ident = each["LogicalResourceId"]
            self._event(name, ident, f"{verb}_IN_PROGRESS")
            why = self.failing.get(ident)
            self._event(name, ident, f"{verb}_FAILED" if why else f"{verb}_COMPLETE", why)
        end = "ROLLBACK_COMPLETE" if verb == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        self.stacks[name] |= {
            "StackStatus": f"{verb}_IN_PROGRESS",
            "next": end if self.failing else f"{verb}_COMPLETE",
        }

    def _event(self, name: str, ident: str, status: str, why: str | None = None) -> None:
        events = self._events[name]
        reason = {"ResourceStatusReason": why} if why else {}
        events.insert(
            0, {"EventId": f"{name}-{len(events)}", "LogicalResourceId": ident, "ResourceStatus": status, **reason}
        )

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The newest two events."""
        return {"StackEvents": self._events[StackName][:2]}

    def get_paginator(self, call: str) -> "CloudFormation":
        """The pages of events."""
        assert call == "describe_stack_events"
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """Events, newest first, two to a page."""
        events = list(self._events[StackName])
        for at in range(0, len(events), 2):
            yield {"StackEvents": events[at : at + 2]}


def template_of(asked: dict[str, Any], s3: Any) -> Any:
    """The template that a change set was asked for, read from the bucket."""
    bucket, key = asked["TemplateURL"].rsplit("/", 2)[1:]
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
