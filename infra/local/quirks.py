"""Where the AWS stand-in asks for other permissions than AWS does, granted beside the real policies and here alone.

Tests hold the real policies to what AWS wants; everything else in them is enforced by the stand-in as it stands.
"""

import json

from infra.local.aws import Aws
from infra.local.deploy import APP_STACK, Deployed


def grant(aws: Aws, deployed: Deployed) -> None:
    """Give the roles what only the stand-in wants."""
    resources = aws.client("cloudformation").describe_stack_resources(StackName=APP_STACK)["StackResources"]
    roles = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    # AWS checks SendEmail against the identity and the configuration set, the stand-in against every resource at once.
    _allow(aws, roles["SendMailsRole"], "ses:SendEmail", "*")
    # At AWS SendMessageBatch is no action of its own: who may SendMessage may send a batch.
    _allow(aws, roles["ScheduleRemindersRole"], "sqs:SendMessageBatch", deployed.data["MailsArn"])


def _allow(aws: Aws, role: str, action: str, resource: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="stand-in-only", PolicyDocument=document)
