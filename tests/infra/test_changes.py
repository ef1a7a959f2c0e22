"""A stack by change set: created, updated, left alone, refused, failed."""

import pytest

from infra.changes import DeployError, apply
from tests.infra.formation import CloudFormation, change

TEMPLATE = {"TemplateURL": "https://s3/bucket/template.json"}


class Run:
    """A CloudFormation and what was said."""

    def __init__(self) -> None:
        self.aws = CloudFormation()
        self.said: list[str] = []

    def apply(self) -> dict[str, str]:
        """Apply without waiting between two looks."""
        return apply(self.aws, "shop", TEMPLATE, {"Site": "shop"}, self.said.append, pause=0)


@pytest.fixture
def run() -> Run:
    return Run()


def test_the_first_run_creates(run: Run) -> None:
    run.apply()

    assert [each["ChangeSetType"] for each in run.aws.asked] == ["CREATE"]
    assert run.aws.asked[0]["Parameters"] == [{"ParameterKey": "Site", "ParameterValue": "shop"}]
    assert run.aws.stacks["shop"]["StackStatus"] == "CREATE_COMPLETE"
    assert run.said == ["shop: 1 changes", "  Table: CREATE_COMPLETE"]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_later_run_updates_and_returns_the_outputs(run: Run, status: str) -> None:
    run.aws.add("shop", status, {"TableName": "t-1"})
    run.aws.changes = [change("A"), change("B"), change("C")]

    assert run.apply() == {"TableName": "t-1"}
    assert run.aws.asked[0]["ChangeSetType"] == "UPDATE"
    assert run.said[1:] == ["  A: UPDATE_COMPLETE", "  B: UPDATE_COMPLETE", "  C: UPDATE_COMPLETE"]


def test_a_second_update_does_not_tell_of_the_first(run: Run) -> None:
    run.apply()
    run.said.clear()
    run.aws.changes = [change("A")]

    run.apply()

    assert run.said == ["shop: 1 changes", "  A: UPDATE_COMPLETE"]


def test_a_stack_that_is_as_it_should_be_is_left_alone(run: Run) -> None:
    run.aws.add("shop", "UPDATE_COMPLETE", {"TableName": "t-1"})
    run.aws.changes = []

    assert run.apply() == {"TableName": "t-1"}
    assert run.said == ["shop: nothing to change"]
    assert run.aws.deleted == ["set-0"]


def test_a_change_set_that_cannot_be_made_is_told(run: Run) -> None:
    run.aws.refusal = "Transform AWS::Serverless-2016-10-31 failed"

    with pytest.raises(DeployError, match="Transform AWS::Serverless-2016-10-31 failed"):
        run.apply()


def test_the_resources_that_failed_are_told_and_why(run: Run) -> None:
    run.aws.changes = [change("Queue"), change("Topic"), change("Alarm")]
    run.aws.failing = {"Topic": "Access denied to sns:CreateTopic"}

    with pytest.raises(DeployError) as caught:
        run.apply()

    assert str(caught.value).splitlines() == [
        "shop: ROLLBACK_COMPLETE",
        "  Topic: CREATE_FAILED - Access denied to sns:CreateTopic",
    ]


@pytest.mark.parametrize(
    "status, remedy",
    [
        ("ROLLBACK_COMPLETE", "delete-stack --stack-name shop"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name shop"),
        ("UPDATE_IN_PROGRESS", "wait for it"),
    ],
)
def test_a_stack_that_can_be_neither_created_nor_updated_has_a_way_out(run: Run, status: str, remedy: str) -> None:
    run.aws.add("shop", status, {})

    with pytest.raises(DeployError, match=remedy):
        run.apply()
    assert run.aws.asked == []


@pytest.mark.parametrize("action, replacement", [("Remove", "False"), ("Modify", "True")])
@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"])
def test_the_table_and_the_secret_are_never_replaced(run: Run, kind: str, action: str, replacement: str) -> None:
    run.aws.add("shop", "UPDATE_COMPLETE", {})
    run.aws.changes = [change("Queue"), change("Precious", kind, action, replacement)]

    with pytest.raises(DeployError, match="replace or drop Precious"):
        run.apply()
    assert run.aws.deleted == ["set-0"]
    assert run.aws.stacks["shop"]["StackStatus"] == "UPDATE_COMPLETE"


def test_what_is_replaced_or_dropped_is_said_before(run: Run) -> None:
    run.aws.add("shop", "UPDATE_COMPLETE", {})
    run.aws.changes = [change("Alarm", action="Remove"), change("Queue", replacement="True")]

    run.apply()

    assert run.said[:3] == ["shop: 2 changes", "  drops Alarm", "  replaces Queue"]
