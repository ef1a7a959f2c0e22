"""`python -m infra.doctor`: what is printed, the exit code, and that one failure does not hide the rest."""

import re
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.core.site import CampaignRule, Experiment
from chalicelib.store import api_keys, sites
from infra.deployment import Deployment as Ours
from infra.doctor import __main__ as doctor
from infra.doctor.report import ok, on_stage, wrong
from infra.stripe import account
from tests.conftest import NOW, SITE
from tests.infra.doctor.conftest import Deployment


@pytest.fixture
def healthy(deployment: Deployment) -> Deployment:
    """A deployment in which nothing is wrong."""
    deployment.edge.twin.world.base_url = "https://billing.stripe.example"
    account.tell(account.read(Ours("dev", deployment.stacks)), apply=True, now=NOW, say=lambda _words: None)
    api_keys.create(SITE.id, ("portal", "read"), NOW)
    return deployment


def test_all_is_well(healthy: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["dev"]) == 0

    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == "25 ok, 4 warn, 0 wrong"
    assert "rk_test" not in printed
    assert "whsec" not in printed


def test_a_fault_ends_with_1(healthy: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    healthy.ses.account["SendingEnabled"] = False

    assert doctor.main(["dev"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "24 ok, 4 warn, 1 wrong"


def test_a_remedy_never_sends_to_another_stage(healthy: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    healthy.edge.twin.world.base_url = "https://elsewhere.example"
    sites.put(replace(SITE, country="NO", livemode=True))
    for key in api_keys.of_site(SITE.id):
        api_keys.revoke(SITE.id, key.id, NOW)

    assert doctor.main(["dev"]) == 1

    named = re.findall(r"-> .*python -m infra\.\S+.*", capsys.readouterr().out)
    assert len(named) >= 3
    assert [each for each in named if " --stage dev" not in each] == []


@pytest.mark.parametrize(
    "remedy, expected",
    [
        ("python -m infra.sites apply", "python -m infra.sites apply --stage dev"),
        ("python -m infra.sites plan names all 2", "python -m infra.sites plan --stage dev names all 2"),
        (
            "python -m infra.stripe apply enables it; then python -m infra.reconcile",
            "python -m infra.stripe apply --stage dev enables it; then python -m infra.reconcile --stage dev",
        ),
        ("python -m infra.redrive list --stage dev", "python -m infra.redrive list --stage dev"),
        ("make deploy STAGE=dev, then look again", "make deploy STAGE=dev, then look again"),
    ],
)
def test_every_command_of_a_remedy_has_the_stage(remedy: str, expected: str) -> None:
    assert on_stage(wrong("it", remedy), "dev").remedy == expected


def test_stripes_retries_must_last_as_long_as_the_longest_campaign(
    healthy: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = (CampaignRule("annual_60", interval="year"),)
    sites.put(replace(SITE, campaign_rules=rules, experiment=Experiment("spring", "monthly_28", 20)))

    doctor.main(["dev"])
    assert "Stripe's retries must go on for 60 days" in capsys.readouterr().out

    sites.put(replace(SITE, experiment=Experiment("spring", "monthly_28", 20)))
    doctor.main(["dev"])
    assert "Stripe's retries must go on for 28 days" in capsys.readouterr().out


def test_where_nothing_is_deployed_that_is_all_there_is_to_say(
    healthy: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    healthy.formation.stacks.clear()

    assert doctor.main(["dev"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 4
    assert "there is none" in printed[0]
    assert "make deploy STAGE=dev" in printed[2]


@pytest.mark.parametrize("failure", [
    ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetAccount"),
    EndpointConnectionError(endpoint_url="https://email.example"),
])  # fmt: skip
def test_a_check_that_cannot_look_does_not_stop_the_others(
    healthy: Deployment, failure: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> dict[str, Any]:
        raise failure

    monkeypatch.setattr(healthy.ses, "get_account", fail)

    assert doctor.main(["dev"]) == 1
    printed = capsys.readouterr().out
    assert "wrong  SES: cannot be looked at" in printed
    assert "ok     portal" in printed


def test_stripe_that_does_not_answer(healthy: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    healthy.edge.fail = lambda _method, _path: ("{}", 500, {})

    assert doctor.main(["dev"]) == 1
    assert "webhooks: cannot be looked at" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["sk_live_wrong_mode", "nonsense", ""])
def test_stripe_is_not_asked_with_a_key_that_is_not_right(
    healthy: Deployment, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    healthy.secret({"stripe_api_key": key, "webhook_secrets": {"default": ["whsec_x"]}})
    healthy.edge.calls.clear()

    assert doctor.main(["dev"]) == 1
    assert "mend the secret first" in capsys.readouterr().out
    assert healthy.edge.calls == []


def test_a_site_that_is_not_stored(healthy: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    healthy.formation.stacks["stamkund-dev"]["Parameters"][2]["ParameterValue"] = "other"

    assert doctor.main(["dev"]) == 1
    printed = capsys.readouterr().out
    assert "site other: it is not in the table" in printed
    assert "ok     portal" in printed


def test_a_site_that_an_older_version_stored(
    healthy: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_ident: str) -> None:
        raise TypeError("an unexpected field")

    monkeypatch.setattr(sites, "find", fail)

    assert doctor.main(["dev"]) == 1
    assert "site nordlys: it cannot be read (TypeError)" in capsys.readouterr().out


def test_a_line_without_a_remedy_ends_plainly() -> None:
    assert str(ok("all is well")) == "ok     all is well"
