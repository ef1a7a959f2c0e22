"""The app, packaged once for each test process, as it would be for AWS and for this machine."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.package import ROOT, package


@dataclass(frozen=True)
class Packaged:
    """What `make package` writes."""

    folder: Path

    @property
    def template(self) -> dict[str, Any]:
        """The app stack's template."""
        loaded: dict[str, Any] = json.loads((self.folder / "template.json").read_text())
        return loaded

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type, by logical id."""
        resources = self.template["Resources"].items()
        return {name: resource["Properties"] for name, resource in resources if resource.get("Type") == kind}

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function, by logical id."""
        return self.of_type("AWS::Serverless::Function")

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Every event source: the logical id of its function, and the event."""
        return [(name, event) for name, each in self.functions.items() for event in each.get("Events", {}).values()]

    def names(self, archive: str) -> list[str]:
        """The files in an archive."""
        with zipfile.ZipFile(self.folder / archive) as opened:
            return opened.namelist()


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """The app as it goes to AWS."""
    folder = tmp_path_factory.mktemp("prod") / "package"
    package("prod", folder)
    return Packaged(folder)


@pytest.fixture(scope="session")
def runnable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app for this machine, unpacked as Lambda does it: `task` is /var/task, `opt` is /opt."""
    folder = tmp_path_factory.mktemp("local")
    package("local", folder / "package")
    for archive, target in (("deployment.zip", "task"), ("layer-deployment.zip", "opt")):
        with zipfile.ZipFile(folder / "package" / archive) as opened:
            opened.extractall(folder / target)
    return folder


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, read as their long ones."""


def _intrinsic(loader: _Template, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise TypeError(node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Template.add_multi_constructor("!", _intrinsic)


@pytest.fixture(scope="session")
def data() -> dict[str, Any]:
    """The data stack's template."""
    loaded: dict[str, Any] = yaml.load((ROOT / "infra" / "data.yaml").read_text(), _Template)  # noqa: S506 - safe
    return loaded
