"""Each function may do what its code does, and nothing else."""

import json
from typing import Any

import pytest

from infra.package import ROOT
from tests.infra.conftest import Packaged

FUNCTIONS = json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]


def statements(name: str) -> list[dict[str, Any]]:
    """The statements of a function's policy file."""
    path = ROOT / ".chalice" / FUNCTIONS[name]["iam_policy_file"]
    loaded: list[dict[str, Any]] = json.loads(path.read_text())["Statement"]
    return loaded


def test_every_function_has_a_policy_file_of_its_own() -> None:
    """And no file is left over."""
    named = [each["iam_policy_file"] for each in FUNCTIONS.values()]

    assert sorted(named) == sorted(path.name for path in (ROOT / ".chalice").glob("policy-*.json"))
    assert named == [f"policy-{name}.json" for name in FUNCTIONS]


def test_no_role_names_a_star(packaged: Packaged) -> None:
    """Neither as an action nor within a resource."""
    roles = packaged.of_type("AWS::IAM::Role")

    assert len(roles) == len(FUNCTIONS)
    for name, role in roles.items():
        assert "*" not in json.dumps(role), name
        assert "ManagedPolicyArns" not in role, name


def test_every_role_is_the_policy_file_of_its_function(packaged: Packaged) -> None:
    """Chalice puts the files into the template as they are."""
    roles = packaged.of_type("AWS::IAM::Role")
    found = {json.dumps(role["Policies"][0]["PolicyDocument"]["Statement"]) for role in roles.values()}

    assert found == {json.dumps(statements(name)) for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_to_its_own_log_group(packaged: Packaged, name: str) -> None:
    """The group that its LoggingConfig names."""
    logs = [each["Resource"]["Fn::GetAtt"][0] for each in statements(name) if each["Sid"] == "Logs"]
    logical = "APIHandler" if name == "api_handler" else "".join(map(str.title, name.split("_")))

    assert logs == [packaged.functions[logical]["LoggingConfig"]["LogGroup"]["Ref"]]


def test_a_function_takes_from_its_own_queue_only(packaged: Packaged) -> None:
    """Nobody else can take a message away."""
    takers = {
        name: [each["Resource"] for each in statements(name) if "sqs:ReceiveMessage" in each["Action"]]
        for name in FUNCTIONS
    }

    expected: dict[str, list[Any]] = {name: [] for name in FUNCTIONS}
    for name in ("apply_events", "collect_payments", "send_mails"):
        logical = "".join(map(str.title, name.split("_")))
        (event,) = packaged.functions[logical]["Events"].values()
        expected[name] = [event["Properties"]["Queue"]]
    assert takers == expected


def test_only_the_mailer_can_mail() -> None:
    """As one identity, through one configuration set."""
    mailers = {name: [each for each in statements(name) if "ses:SendEmail" in each["Action"]] for name in FUNCTIONS}

    assert [name for name, found in mailers.items() if found] == ["send_mails"]
    resources = json.dumps(mailers["send_mails"][0]["Resource"])
    assert ":identity/${MailIdentity}" in resources
    assert ":configuration-set/" in resources
