"""`python -m infra.deploy STAGE`: package, upload, and bring both stacks to what the templates say.

The same command makes the first deployment and every later one. What is particular to a stage stands in
infra/stages/STAGE.yaml.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import stacks
from infra.changes import DeployError, Say, apply
from infra.package import BUILD, ROOT, PackageError, package
from infra.stacks import Stacks
from infra.stage import Stage, StageError, read

ARCHIVES = ("deployment.zip", "layer-deployment.zip")
DATA_TEMPLATE = ROOT / "infra" / "data.yaml"

Client = Callable[[str], Any]
"""What makes a boto3 client for a service."""


def main(arguments: list[str]) -> int:
    """0 where both stacks stand as they should."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("stage", metavar="STAGE", help="a stage of .chalice/config.json with a file in infra/stages")
    parser.add_argument("--bucket", help="the bucket for the archives, instead of the stage's own")
    parser.add_argument("--endpoint-url", help="another AWS than Amazon's")
    parser.set_defaults(stack=None, app_stack=None)
    options = parser.parse_args(arguments)
    try:
        stage = read(options.stage, options.bucket)
        print(f"packaging {stage.name}", flush=True)
        package(stage.name, BUILD / stage.name)
        deploy(stacks.chosen(options), stage, BUILD / stage.name)
    except (StageError, PackageError, DeployError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(found: Stacks, stage: Stage, built: Path, pause: float = 3) -> None:
    """Bring both stacks up to date and say what is left to do by hand. Raises DeployError."""
    own_bucket(found.client, stage.bucket, say)
    put = Uploader(found.client, stage.bucket, say)
    cloudformation = found.client("cloudformation")
    data_template = {"TemplateURL": put.text("data.yaml", DATA_TEMPLATE.read_text())}
    data = apply(cloudformation, found.data_name, data_template, stage.data, say, pause)
    template = {"TemplateURL": put.text("template.json", put.package(built))}
    app = apply(cloudformation, found.app_name, template, {"DataStack": found.data_name, **stage.app}, say, pause)
    print(f"\nAPI     {app['EndpointURL']}\nsecret  {data['SecretArn']}\ntable   {data['TableName']}")
    print(f"Now: make doctor STAGE={stage.name}")


def own_bucket(client: Client, bucket: str, tell: Say) -> None:
    """Make the bucket if there is none. Raises DeployError where it is another account's: nothing of ours goes there."""
    s3, owner = client("s3"), client("sts").get_caller_identity()["Account"]
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=owner)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise DeployError(f"The bucket {bucket} is not this account's, or may not be used: {error}") from error
        region = s3.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        tell(f"making the bucket {bucket}")
        s3.create_bucket(Bucket=bucket, **where)


class Uploader:
    """Puts files into a bucket under names that hold their hash: what is there already is not sent again."""

    def __init__(self, client: Client, bucket: str, tell: Say) -> None:
        self.s3 = client("s3")
        self.bucket = bucket
        self.tell = tell

    def package(self, built: Path) -> str:
        """Upload the archives; the template that points at them."""
        template = (built / "template.json").read_text()
        for name in ARCHIVES:
            path = built / name
            key = self._put(name, digest(path), path.read_bytes())
            template = template.replace(json.dumps(f"./{name}"), json.dumps(f"s3://{self.bucket}/{key}"))
        return template

    def text(self, name: str, words: str) -> str:
        """Upload a template, which may be larger than a request takes; its address as CloudFormation wants it."""
        key = self._put(name, hashlib.sha256(words.encode()).hexdigest(), words.encode())
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{key}"

    def _put(self, name: str, fingerprint: str, content: bytes) -> str:
        stem, _, ending = name.partition(".")
        key = f"{stem}-{fingerprint[:32]}.{ending}"
        if "Contents" not in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=key):
            self.tell(f"uploading {name} ({len(content):,} bytes)")
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key


def digest(archive: Path) -> str:
    """A hash of what an archive holds: packaging the same sources twice gives other times of day, and the same hash."""
    found = hashlib.sha256()
    with zipfile.ZipFile(archive) as opened:
        for entry in sorted(opened.infolist(), key=lambda each: each.filename):
            found.update(f"{entry.filename}\0{entry.external_attr}\0{entry.file_size}\0".encode())
            found.update(opened.read(entry))
    return found.hexdigest()


def say(words: str) -> None:
    """A line of progress."""
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
