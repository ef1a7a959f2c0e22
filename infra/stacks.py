"""Where a deployment is: the two stacks of a stage, at AWS or on this machine, found by CloudFormation."""

import argparse
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws import KEYS, REGION


class NoStack(Exception):
    """The stack is not there, or cannot be looked at; the message says which and why."""


@dataclass(frozen=True)
class Stacks:
    """The data stack and the app stack of a deployment, by name. `endpoint_url` is that of the AWS stand-in, if any."""

    data_name: str
    app_name: str
    endpoint_url: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client for where the stacks are."""
        return boto3.client(service, endpoint_url=self.endpoint_url)

    @cached_property
    def data(self) -> dict[str, str]:
        """The data stack's outputs. Raises NoStack."""
        found = self._look("describe_stacks", self.data_name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The app stack's parameters. Raises NoStack."""
        found = self._look("describe_stacks", self.app_name)["Stacks"][0]
        return {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}

    @cached_property
    def endpoint(self) -> str:
        """The API's own address, as the app stack tells it; empty where it does not. Raises NoStack."""
        found = self._look("describe_stacks", self.app_name)["Stacks"][0]
        outputs = {output["OutputKey"]: str(output["OutputValue"]) for output in found.get("Outputs", [])}
        return outputs.get("EndpointURL", "")

    @cached_property
    def functions(self) -> dict[str, str]:
        """The app stack's functions: names by logical id. Raises NoStack."""
        found = self._look("describe_stack_resources", self.app_name)["StackResources"]
        functions = [each for each in found if each["ResourceType"] == "AWS::Lambda::Function"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in functions}

    def _look(self, call: str, name: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client("cloudformation"), call)(StackName=name)
        except (BotoCoreError, ClientError) as error:
            remedy = "Is --stage right, and the region (AWS_DEFAULT_REGION)? make deploy STAGE=... makes it."
            raise NoStack(f"The stack {name} cannot be looked at: {error}\n{remedy}") from error
        return answer


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options by which a program is told where the deployment is."""
    parser.add_argument("--stage", default="prod", help="the deployment's stage (default: prod)")
    parser.add_argument("--stack", help="the data stack's name (default: stamkund-STAGE-data)")
    parser.add_argument("--app-stack", help="the app stack's name (default: stamkund-STAGE)")
    parser.add_argument("--endpoint-url", help="another AWS than Amazon's: what `infra.local up --json` calls `aws`")


def chosen(options: argparse.Namespace) -> Stacks:
    """The stacks that the options name. On the stage `local` the stand-in's own keys are used, unless others are set."""
    if options.stage == "local":
        for name, value in {**KEYS, "AWS_DEFAULT_REGION": REGION}.items():
            os.environ.setdefault(name, value)
    os.environ["STAGE"] = options.stage
    app = options.app_stack or f"stamkund-{options.stage}"
    return Stacks(options.stack or f"stamkund-{options.stage}-data", app, options.endpoint_url)


def enter(stacks: Stacks, stripe_url: str | None = None) -> None:
    """Point our own code at the deployment, as its functions' environment does. Raises NoStack.

    `stripe_url` is that of the Stripe twin; only the stage `local` listens to it.
    """
    data, parameters = stacks.data, stacks.parameters
    os.environ.update(
        TABLE_NAME=data["TableName"],
        SECRET_ID=data["SecretArn"],
        STRIPE_ACCOUNT=parameters["StripeAccount"],
        LIVEMODE=parameters["Livemode"],
        CONNECTED_ACCOUNTS=parameters.get("ConnectedAccounts", ""),
        STRIPE_READS_PER_SECOND=parameters.get("StripeReadsPerSecond", "25"),
    )
    if stripe_url:
        os.environ["STRIPE_API_BASE"] = stripe_url
    if stacks.endpoint_url:
        os.environ["AWS_ENDPOINT_URL"] = stacks.endpoint_url
