"""`python -m infra.deploy`: the bucket, the archives' names, both stacks, and what is said of a failure."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import deploy
from infra.changes import DeployError
from infra.package import PackageError
from infra.stacks import Stacks
from infra.stage import Stage
from tests.infra.formation import CloudFormation, template_of

STAGE = Stage("dev", "nordlys-code", {"OperatorMail": "ops@nordlys.example"}, {"Site": "nordlys"})


@dataclass
class World:
    """CloudFormation, the bucket's service, and what `make package` wrote."""

    formation: CloudFormation
    s3: Any
    built: Path
    said: list[str] = field(default_factory=list)

    def uploaded(self) -> set[str]:
        """What is in the bucket."""
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket=STAGE.bucket).get("Contents", [])}


def build(folder: Path, code: str = "print()", second: int = 0) -> None:
    """A package of a line of code, made at some second."""
    for name in deploy.ARCHIVES:
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(zipfile.ZipInfo("app.py", (2026, 1, 1, 0, 0, second)), code + name)
    code_at = {"CodeUri": "./deployment.zip", "ContentUri": "./layer-deployment.zip"}
    (folder / "template.json").write_text(json.dumps(code_at))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    formation, client = CloudFormation(), Stacks.client
    monkeypatch.setattr(Stacks, "client", lambda at, name: formation if name == "cloudformation" else client(at, name))
    with mock_aws():
        built = tmp_path / STAGE.name
        built.mkdir()
        build(built)
        names = {"TableName": "t", "SecretArn": "s", "EndpointURL": "https://api.example/api/"}
        formation.add("stamkund-dev-data", "UPDATE_COMPLETE", names)
        formation.add("stamkund-dev", "UPDATE_COMPLETE", names)
        yield World(formation, boto3.client("s3"), built)


def go(world: World) -> None:
    """Deploy without waiting."""
    deploy.deploy(Stacks("stamkund-dev-data", "stamkund-dev"), STAGE, world.built, pause=0)


def test_both_stacks_get_their_parameters_and_templates(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    go(world)

    data, app = world.formation.asked
    assert data["Parameters"] == [{"ParameterKey": "OperatorMail", "ParameterValue": "ops@nordlys.example"}]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in app["Parameters"]}
    assert given == {"DataStack": "stamkund-dev-data", "Site": "nordlys"}
    template = template_of(app, world.s3)
    assert {uri.rpartition("/")[2] for uri in template.values()} < world.uploaded()
    assert template["CodeUri"].startswith("s3://nordlys-code/deployment-")
    assert app["TemplateURL"].startswith("https://s3.eu-north-1.amazonaws.com/nordlys-code/template-")
    assert "make doctor STAGE=dev" in capsys.readouterr().out


def test_the_same_code_packaged_again_is_not_uploaded_again(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    go(world)
    before = world.uploaded()
    build(world.built, second=30)
    capsys.readouterr()

    go(world)

    assert world.uploaded() == before
    assert "uploading" not in capsys.readouterr().out


def test_other_code_goes_under_another_key(world: World) -> None:
    go(world)
    build(world.built, "print(1)")

    go(world)

    assert len([key for key in world.uploaded() if key.startswith("deployment-")]) == 2
    old, new = (template_of(world.formation.asked[at], world.s3)["CodeUri"] for at in (1, 3))
    assert old != new


def test_a_bucket_that_is_missing_is_made_in_our_region(world: World) -> None:
    deploy.own_bucket(boto3.client, "nordlys-code", world.said.append)
    deploy.own_bucket(boto3.client, "nordlys-code", world.said.append)

    assert world.said == ["making the bucket nordlys-code"]
    assert world.s3.get_bucket_location(Bucket="nordlys-code")["LocationConstraint"] == "eu-north-1"


def test_nothing_is_put_into_another_accounts_bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def client(service: str) -> Any:
        made = boto3.client(service)
        if service == "s3":
            monkeypatch.setattr(made, "head_bucket", refuse)
        return made

    def refuse(**asked: str) -> None:
        assert asked["ExpectedBucketOwner"] == "123456789012"
        answer = {"Error": {"Code": "403", "Message": "Forbidden"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        raise ClientError(answer, "HeadBucket")

    with pytest.raises(DeployError, match="not this account's"):
        deploy.own_bucket(client, "nordlys-code", world.said.append)


@pytest.fixture
def program(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The program with a stage of our own, and nothing to package."""
    monkeypatch.setattr(deploy, "read", lambda _name, _bucket: STAGE)
    monkeypatch.setattr(deploy, "package", lambda _stage, _target: None)
    monkeypatch.setattr(deploy, "BUILD", world.built.parent)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    return world


def test_the_program_ends_with_0_where_all_went_well(program: World) -> None:
    assert deploy.main(["dev"]) == 0


def test_the_program_tells_the_resources_that_failed(program: World, capsys: pytest.CaptureFixture[str]) -> None:
    program.formation.failing = {"Table": "Table limit exceeded"}

    assert deploy.main(["dev"]) == 1
    assert "Table: UPDATE_FAILED - Table limit exceeded" in capsys.readouterr().err


def test_the_program_tells_why_it_could_not_package(
    program: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(stage: str, target: Path) -> None:
        raise PackageError("no wheel")

    monkeypatch.setattr(deploy, "package", fail)

    assert deploy.main(["dev"]) == 1
    assert capsys.readouterr().err == "no wheel\n"


def test_a_stage_without_a_file_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["nowhere"]) == 1
    assert "nowhere.yaml is missing" in capsys.readouterr().err
