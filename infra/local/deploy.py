"""Deploy both stacks to the AWS stand-in, from the same files as a deployment to AWS."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.aws import REGION, Aws

DATA_STACK = "stamkund-local-data"
APP_STACK = "stamkund-local"
BUCKET = "stamkund-local-code"
DATA_TEMPLATE = Path(__file__).parent.parent / "data.yaml"
ARCHIVES = ("deployment.zip", "layer-deployment.zip")


class DeployError(Exception):
    """A stack was not created; the message lists the resources that failed."""


@dataclass(frozen=True)
class Deployed:
    """What the stacks made: `data` are the data stack's outputs, `functions` maps logical ids to function names."""

    api: str
    data: dict[str, str]
    functions: dict[str, str]


def deploy(aws: Aws, package: Path, parameters: dict[str, str]) -> Deployed:
    """Create the data stack and the app stack. Raises DeployError."""
    data = create_stack(aws, DATA_STACK, DATA_TEMPLATE.read_text(), {})
    template = upload(aws, package)
    outputs = create_stack(aws, APP_STACK, template, {"DataStack": DATA_STACK, **parameters})
    api = f"{aws.url}/restapis/{outputs['RestAPIId']}/api/_user_request_"
    return Deployed(api, data, _functions(aws))


def upload(aws: Aws, package: Path) -> str:
    """Put the archives into a bucket and return the template that points there."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    template = (package / "template.json").read_text()
    for name in ARCHIVES:
        s3.upload_file(str(package / name), BUCKET, name)
        template = template.replace(json.dumps(f"./{name}"), json.dumps(f"s3://{BUCKET}/{name}"))
    return template


def create_stack(aws: Aws, name: str, template: str, parameters: dict[str, str]) -> dict[str, str]:
    """Create a stack, wait for it and return its outputs. Raises DeployError."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    stack = _settled(cloudformation, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeployError(f"{name}: {stack['StackStatus']}\n{_failures(cloudformation, name)}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _settled(cloudformation: Any, name: str) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            return stack
        time.sleep(0.1)


def _failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    return "\n".join(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)


def _functions(aws: Aws) -> dict[str, str]:
    resources = aws.client("cloudformation").describe_stack_resources(StackName=APP_STACK)["StackResources"]
    functions = [resource for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in functions}
