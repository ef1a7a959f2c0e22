"""The data stack agrees with the code, and what must not be lost is kept."""

from typing import Any

from pynamodb.indexes import Index

from chalicelib.entrypoints.batches import LAST_TRY
from chalicelib.store import tables
from chalicelib.store.parked import LIFETIME

KINDS = {"S": "S", "N": "N"}


def key(name: str, kind: str) -> dict[str, str]:
    """An entry of a key schema."""
    return {"AttributeName": name, "KeyType": kind}


def schema(attributes: dict[str, Any]) -> list[dict[str, str]]:
    """The key schema of a PynamoDB model or index."""
    hashed = [key(each.attr_name, "HASH") for each in attributes.values() if each.is_hash_key]
    ranged = [key(each.attr_name, "RANGE") for each in attributes.values() if each.is_range_key]
    return hashed + ranged


def indexes() -> dict[str, Index[Any]]:
    """Every index of every model, by name."""
    models = [each for each in vars(tables).values() if isinstance(each, type) and issubclass(each, tables.Row)]
    return {name: index for model in models for name, index in model._indexes.items()}


def test_the_table_has_the_keys_of_the_models(data: dict[str, Any]) -> None:
    """One key schema for all models, and it is the table's."""
    table = data["Resources"]["Table"]["Properties"]

    assert table["KeySchema"] == schema(tables.Row.get_attributes())


def test_the_table_has_the_indexes_of_the_models(data: dict[str, Any]) -> None:
    """The same names, keys and projections on both sides."""
    table = data["Resources"]["Table"]["Properties"]
    declared = {each["IndexName"]: each for each in table["GlobalSecondaryIndexes"]}

    assert set(declared) == set(indexes())
    for name, index in indexes().items():
        assert declared[name]["KeySchema"] == schema(index.Meta.attributes)
        assert declared[name]["Projection"]["ProjectionType"] == index.Meta.projection.projection_type


def test_key_attributes_have_the_type_of_the_models(data: dict[str, Any]) -> None:
    """DynamoDB refuses an item whose index key has another type."""
    table = data["Resources"]["Table"]["Properties"]
    keys = [each for index in indexes().values() for each in index.Meta.attributes.values()]
    keys += [each for each in tables.Row.get_attributes().values() if each.is_hash_key or each.is_range_key]

    declared = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    assert declared == {each.attr_name: each.attr_type for each in keys}


def test_the_table_is_kept_and_can_be_taken_back_in_time(data: dict[str, Any]) -> None:
    """Deleting the stack, or a change that needs a new table, leaves the old one."""
    resource = data["Resources"]["Table"]
    table = resource["Properties"]

    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": tables.Row.expires_at.attr_name, "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_somebody_is_told_of_every_dead_letter(data: dict[str, Any]) -> None:
    """Each queue that holds what failed has an alarm at its first message, and each working queue one on age."""
    queues = {name for name, each in data["Resources"].items() if each["Type"] == "AWS::SQS::Queue"}
    working = {name for name in queues if "RedrivePolicy" in data["Resources"][name]["Properties"]}
    alarms = [each["Properties"] for each in data["Resources"].values() if each["Type"] == "AWS::CloudWatch::Alarm"]

    watched = {(each["Dimensions"][0]["Value"]["Fn::GetAtt"][0], each["MetricName"]) for each in alarms}
    assert watched == {(name, "ApproximateNumberOfMessagesVisible") for name in queues - working} | {
        (name, "ApproximateAgeOfOldestMessage") for name in working
    }
    assert all(each["AlarmActions"] == [{"Ref": "Alarms"}] for each in alarms)


def test_dead_letters_wait_longer_than_living_ones(data: dict[str, Any]) -> None:
    """A message keeps the time of its first queue; the dead-letter queue must allow for it."""
    resources = data["Resources"]
    for each in [each for each in resources.values() if "RedrivePolicy" in each.get("Properties", {})]:
        dead = resources[each["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        assert dead["Properties"]["MessageRetentionPeriod"] > each["Properties"]["MessageRetentionPeriod"]
        assert dead["DeletionPolicy"] == "Retain"


def test_a_message_is_parked_at_the_try_at_which_its_worker_writes_the_reason(data: dict[str, Any]) -> None:
    """Else the reason would come too late, or be missing."""
    queues = [
        each["Properties"] for each in data["Resources"].values() if "RedrivePolicy" in each.get("Properties", {})
    ]

    assert {each["RedrivePolicy"]["maxReceiveCount"] for each in queues} == {LAST_TRY}


def test_a_reason_outlives_its_message(data: dict[str, Any]) -> None:
    """Both end by themselves."""
    dead = [name for name in data["Resources"] if name.endswith("Dead")]

    assert all(data["Resources"][name]["Properties"]["MessageRetentionPeriod"] < LIFETIME for name in dead)


def test_only_the_mail_service_publishes_feedback_and_only_for_our_configuration_set(data: dict[str, Any]) -> None:
    """It stands in for the signature of SNS, which a function that SNS invokes itself has no need of (decision 041)."""
    policies = [each["Properties"] for each in data["Resources"].values() if each["Type"] == "AWS::SNS::TopicPolicy"]
    (policy,) = [each for each in policies if each["Topics"] == [{"Ref": "MailFeedback"}]]

    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "MailFeedback"})
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnEquals": {
            "AWS:SourceArn": {
                "Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${MailEvents}"
            }
        },
    }
    assert data["Resources"]["MailEvents"]["Type"] == "AWS::SES::ConfigurationSet"
