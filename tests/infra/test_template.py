"""What infra/template.yaml adds arrives in the template that CloudFormation gets."""

import ast
import json
import re
from typing import Any

import pytest
import yaml

from chalicelib import log
from chalicelib.actions.paced import WORKERS
from chalicelib.entrypoints import reconcile
from chalicelib.store import jobs
from infra.package import ROOT
from tests.infra.conftest import Packaged

CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
LOCAL_ONLY = {"CLOCK_FILE", "STRIPE_API_BASE"}
GIVEN_BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME"}


def export(value: Any) -> str:
    """The name, without the stack's, of an export that a property imports."""
    match = re.fullmatch(r"\$\{DataStack\}-(\w+)", value["Fn::ImportValue"]["Fn::Sub"])
    assert match, value
    return match[1]


def queue(data: dict[str, Any], arn: Any) -> dict[str, Any]:
    """The properties of the queue in the data stack whose ARN is imported."""
    exported = data["Outputs"][export(arn)]["Value"]["Fn::GetAtt"]
    assert exported[1] == "Arn"
    resource: dict[str, Any] = data["Resources"][exported[0]]
    assert resource["Type"] == "AWS::SQS::Queue"
    properties: dict[str, Any] = resource["Properties"]
    return properties


def test_every_override_meets_a_resource_that_chalice_made(packaged: Packaged) -> None:
    """A misspelt logical id would be a resource, or an event, without a type."""
    overridden = yaml.safe_load((ROOT / "infra" / "template.yaml").read_text())["Resources"]

    typeless = [name for name, resource in packaged.template["Resources"].items() if "Type" not in resource]
    assert typeless == []
    assert set(overridden) <= set(packaged.template["Resources"])
    for name, resource in overridden.items():
        for event in resource.get("Properties", {}).get("Events", {}):
            assert "Type" in packaged.functions[name]["Events"][event], f"{name}.{event}"


def test_no_placeholder_is_left(packaged: Packaged) -> None:
    """The decorators name queues and topics that do not exist; the merge replaces every one."""
    assert "placeholder" not in json.dumps(packaged.template)


def test_configuration_handlers_and_logical_ids_agree(packaged: Packaged) -> None:
    """A misspelt key in config.json would be ignored, and a function run with Chalice's defaults."""
    names = set(CONFIG["lambda_functions"]) - {"api_handler"}

    handlers = {logical: function["Handler"] for logical, function in packaged.functions.items()}
    assert handlers == {
        "APIHandler": "app.app",
        **{"".join(map(str.title, name.split("_"))): f"chalicelib.entrypoints.{name}.{name}" for name in names},
    }


@pytest.mark.parametrize("name", CONFIG["lambda_functions"])
def test_configuration_reaches_its_function(packaged: Packaged, name: str) -> None:
    """Timeout and memory stand in the template as in config.json."""
    logical = "APIHandler" if name == "api_handler" else "".join(map(str.title, name.split("_")))

    function = packaged.functions[logical]
    assert function["Timeout"] == CONFIG["lambda_functions"][name]["lambda_timeout"]
    assert function["MemorySize"] == CONFIG["lambda_memory_size"]
    assert function["Architectures"] == ["arm64"]


def test_the_api_is_regional_and_has_one_stage(packaged: Packaged) -> None:
    """Chalice's default would put a distribution of Amazon's in front of it."""
    (api,) = packaged.of_type("AWS::Serverless::Api").values()

    assert api["EndpointConfiguration"] == "REGIONAL"
    assert api["StageName"] == CONFIG["api_gateway_stage"]


def test_queues_report_failures_message_by_message(packaged: Packaged) -> None:
    """Without it, Lambda deletes the whole batch whatever the function answers."""
    sources = [event["Properties"] for _, event in packaged.events if event["Type"] == "SQS"]

    assert len(sources) == 3
    assert [source["FunctionResponseTypes"] for source in sources] == [["ReportBatchItemFailures"]] * 3


def test_no_more_workers_start_than_share_the_rate_at_which_stripe_may_be_asked(packaged: Packaged) -> None:
    (worker,) = [event["Properties"] for name, event in packaged.events if name == "ApplyEvents"]
    settings = packaged.template["Globals"]["Function"]["Environment"]["Variables"]

    assert worker["ScalingConfig"] == {"MaximumConcurrency": WORKERS}
    assert settings["STRIPE_READS_PER_SECOND"] == {"Ref": "StripeReadsPerSecond"}


def test_messages_stay_hidden_six_times_as_long_as_their_function_may_run(
    packaged: Packaged, data: dict[str, Any]
) -> None:
    """Less, and Lambda hands a message out again while the first run still works on it."""
    for name, event in packaged.events:
        if event["Type"] == "SQS":
            hidden = queue(data, event["Properties"]["Queue"])["VisibilityTimeout"]
            assert hidden >= 6 * packaged.functions[name]["Timeout"], name


def test_every_event_source_has_somewhere_to_put_what_failed(packaged: Packaged, data: dict[str, Any]) -> None:
    """A queue redrives; a schedule and a topic park what they cannot hand over, and the function what it cannot do."""
    assert {event["Type"] for _, event in packaged.events} == {"SQS", "Schedule", "SNS", "EventBridgeRule"}
    for name, event in packaged.events:
        properties = event["Properties"]
        if event["Type"] == "SQS":
            redrive = queue(data, properties["Queue"])["RedrivePolicy"]
            assert redrive["maxReceiveCount"] == 5
            assert data["Resources"][redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Type"] == "AWS::SQS::Queue"
            continue
        own = packaged.functions[name]["DeadLetterQueue"]
        topic = event["Type"] == "SNS"
        assert not topic or export(properties["Topic"]) == "MailFeedbackArn"
        parked = properties["RedrivePolicy"]["deadLetterTargetArn"] if topic else properties["DeadLetterConfig"]["Arn"]
        assert (export(own["TargetArn"]), export(parked)) == ("UndeliveredArn", "UndeliveredArn")


def test_services_may_park_in_the_undelivered_queue(packaged: Packaged) -> None:
    """Without the queue's leave, EventBridge and SNS drop what they could not deliver."""
    (policy,) = packaged.of_type("AWS::SQS::QueuePolicy").values()

    assert [export(each) for each in policy["Queues"]] == ["UndeliveredUrl"]
    services = [statement["Principal"]["Service"] for statement in policy["PolicyDocument"]["Statement"]]
    assert services == ["events.amazonaws.com", "sns.amazonaws.com"]
    assert all("aws:SourceArn" in each["Condition"]["ArnEquals"] for each in policy["PolicyDocument"]["Statement"])
    rules = {f"{name}{event}" for name, each in packaged.functions.items() for event in _rules(each)}
    allowed = policy["PolicyDocument"]["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {each["Fn::GetAtt"][0] for each in allowed} == rules


def _rules(function: dict[str, Any]) -> list[str]:
    """The events of a function that EventBridge hands over."""
    return [
        name for name, each in function.get("Events", {}).items() if each["Type"] in ("Schedule", "EventBridgeRule")
    ]


def test_drift_is_told(packaged: Packaged) -> None:
    """By the metric that the function counts, of this deployment's function alone."""
    alarm = packaged.of_type("AWS::CloudWatch::Alarm")["DriftAlarm"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (log.NAMESPACE, "Drift")
    assert alarm["Dimensions"] == [{"Name": "function", "Value": {"Ref": "Reconcile"}}]
    assert export(alarm["AlarmActions"][0]) == "AlarmsArn"


def test_stripes_partner_bus_is_listened_to_where_there_is_one(packaged: Packaged) -> None:
    """And only its source counts, whichever bus it is."""
    (event,) = packaged.functions["TakePartnerEvent"]["Events"].values()

    assert event["Properties"]["EventBusName"] == {"Ref": "StripeEventBus"}
    assert event["Properties"]["Pattern"] == {"source": [{"prefix": "aws.partner/stripe.com"}]}


def test_reconcile_may_run_longer_than_it_means_to(packaged: Packaged) -> None:
    """It stops by itself, with time for the page under way, and before the next run is due."""
    assert reconcile.SECONDS + 60 <= packaged.functions["Reconcile"]["Timeout"] < 15 * 60
    assert jobs.LEASE < 15 * 60


def test_every_import_is_exported(packaged: Packaged, data: dict[str, Any]) -> None:
    """CloudFormation finds out only at deployment."""
    imported = set(re.findall(r"\$\{DataStack\}-(\w+)", json.dumps(packaged.template)))

    assert imported <= set(data["Outputs"])


def test_every_function_writes_to_a_log_group_with_an_end(packaged: Packaged) -> None:
    """Logs hold customers' ids: none is kept for ever."""
    groups = packaged.of_type("AWS::Logs::LogGroup")

    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in packaged.functions.values()]
    assert sorted(used) == sorted(groups)
    assert all("RetentionInDays" in group for group in groups.values())


def test_every_setting_that_the_code_reads_is_given(packaged: Packaged) -> None:
    """And none of those that exist on a laptop only."""
    read = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if function in ("setting", "optional", "local_only"):
                    read.add(node.args[0].value)

    given = set(packaged.template["Globals"]["Function"]["Environment"]["Variables"]) | {"STAGE"}
    assert read - given == LOCAL_ONLY | GIVEN_BY_LAMBDA
    for function in packaged.functions.values():
        assert function["Environment"]["Variables"] == {"STAGE": "prod"}
