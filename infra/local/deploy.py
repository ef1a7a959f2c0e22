"""Deploy both stacks to the AWS stand-in, from the same files and by the same code as a deployment to AWS."""

from dataclasses import dataclass
from pathlib import Path

from infra.changes import DeployError, apply
from infra.deploy import DATA_TEMPLATE, Uploader, own_bucket
from infra.local.aws import Aws

__all__ = ["APP_STACK", "BUCKET", "DATA_STACK", "DeployError", "Deployed", "deploy"]

DATA_STACK = "stamkund-local-data"
APP_STACK = "stamkund-local"
BUCKET = "stamkund-local-code"
PAUSE = 0.1
"""Seconds between two looks at a stack: the stand-in makes one in a moment."""


@dataclass(frozen=True)
class Deployed:
    """What the stacks made: `data` are the data stack's outputs, `functions` maps logical ids to function names."""

    api: str
    data: dict[str, str]
    functions: dict[str, str]


def deploy(aws: Aws, package: Path, parameters: dict[str, str]) -> Deployed:
    """Create the data stack and the app stack. Raises DeployError."""
    own_bucket(aws.client, BUCKET, _quiet)
    put = Uploader(aws.client, BUCKET, _quiet)
    cloudformation = aws.client("cloudformation")
    data = apply(
        cloudformation, DATA_STACK, {"TemplateURL": put.text("data.yaml", DATA_TEMPLATE.read_text())}, {}, _quiet, PAUSE
    )
    template = {"TemplateURL": put.text("template.json", put.package(package))}
    outputs = apply(cloudformation, APP_STACK, template, {"DataStack": DATA_STACK, **parameters}, _quiet, PAUSE)
    api = f"{aws.url}/restapis/{outputs['RestAPIId']}/api/_user_request_"
    return Deployed(api, data, _functions(aws))


def _quiet(_words: str) -> None:
    """The start on this machine announces its steps itself."""


def _functions(aws: Aws) -> dict[str, str]:
    resources = aws.client("cloudformation").describe_stack_resources(StackName=APP_STACK)["StackResources"]
    functions = [resource for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in functions}
