"""The webhook endpoint at Stripe (the twin): made with its secret stored at once, found again, and mended."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws import secrets
from chalicelib.core.events import enabled_events
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.version import API_VERSION
from infra.deployment import KEY as KEY_VARIABLE
from infra.stacks import Stacks
from infra.stripe import webhook
from infra.stripe.webhook import Wanted
from tests.conftest import ACCOUNT, SITE, Cloud
from tests.infra.deployment import put_secret, secret_value, tell
from tests.infra.stripe.conftest import KEY, URL, Merchant

Printed = pytest.CaptureFixture[str]


def test_the_endpoint_is_made_with_our_events_and_version_and_its_secret_is_stored(
    merchant: Merchant, capsys: Printed
) -> None:
    put_secret({"stripe_api_key": KEY, "webhook_secrets": {"eu": ["whsec_eu"]}, "site_secrets": {"x": ["smss_x"]}})

    assert merchant.run("apply") == 0

    (made,) = merchant.endpoints()
    assert (made["url"], made["api_version"], made["status"]) == (URL, API_VERSION, "enabled")
    assert made["enabled_events"] == enabled_events()
    stored = secret_value()
    (secret,) = stored["webhook_secrets"]["default"]
    assert secret == merchant.edge.twin.world.table("webhook_endpoint")[made["id"]]["_secret"]
    assert stored["webhook_secrets"]["eu"] == ["whsec_eu"]
    assert stored["site_secrets"] == {"x": ["smss_x"]}
    assert secrets.webhook_secrets("default") == [secret]
    printed = capsys.readouterr()
    assert secret not in printed.out + printed.err
    assert KEY not in printed.out + printed.err


def test_secrets_that_stand_there_for_the_name_are_kept(merchant: Merchant) -> None:
    put_secret({"stripe_api_key": KEY, "webhook_secrets": {"default": ["whsec_old"]}})

    merchant.run("apply")

    new, old = secret_value()["webhook_secrets"]["default"]
    assert (old, new.startswith("whsec")) == ("whsec_old", True)


def test_where_the_secret_cannot_be_stored_the_endpoint_is_gone_again(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    before = secret_value()
    refuse(monkeypatch)

    assert merchant.run("apply") == 2

    told = capsys.readouterr()
    assert "could not be stored: Secrets Manager did not take it: AccessDeniedException." in told.err
    assert "was deleted again" in told.err
    assert "whsec" not in told.out + told.err
    assert merchant.endpoints() == []
    assert secret_value() == before


def test_where_it_cannot_even_be_deleted_its_id_is_told(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    refuse(monkeypatch)
    merchant.edge.fail = lambda method, _path: ("{}", 500, {}) if method == "DELETE" else None

    assert merchant.run("apply") == 2

    assert f"The endpoint {merchant.endpoints()[0]['id']} could not be deleted again" in capsys.readouterr().err


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AWS refuse to store a secret."""
    client = Stacks.client

    def made(self: Any, service: str) -> Any:
        found = client(self, service)

        def put(**_: Any) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "PutSecretValue")

        found.put_secret_value = put
        return found

    monkeypatch.setattr(Stacks, "client", made)


def test_events_that_are_missing_or_too_many_are_drift_and_mended(merchant: Merchant, capsys: Printed) -> None:
    merchant.run("apply")
    (made,) = merchant.endpoints()
    events = [*enabled_events()[1:], "invoice.created"]
    merchant.do("POST", f"webhook_endpoints/{made['id']}", enabled_events=events, disabled="true")
    capsys.readouterr()

    assert merchant.run("check") == 1
    told = capsys.readouterr().out
    assert f"webhook default: {made['id']}: enabled_events: " in told
    assert "status: disabled -> enabled" in told
    merchant.writes()
    assert merchant.run("apply") == 0

    assert merchant.writes() == [("POST", f"/v1/webhook_endpoints/{made['id']}")]
    (after,) = merchant.endpoints()
    assert (after["enabled_events"], after["status"]) == (enabled_events(), "enabled")
    assert merchant.run("check") == 0


def test_an_endpoint_that_was_made_by_hand_is_taken_over(merchant: Merchant) -> None:
    secret = by_hand(merchant)
    put_secret({"stripe_api_key": KEY, "webhook_secrets": {"default": [secret]}})

    assert merchant.run("apply") == 0

    (still,) = merchant.endpoints()
    assert still["enabled_events"] == enabled_events()
    assert secret_value()["webhook_secrets"]["default"] == [secret]
    assert merchant.run("check") == 0
    assert merchant.run("apply") == 0
    assert len(merchant.endpoints()) == 1


def by_hand(merchant: Merchant, **fields: Any) -> str:
    """An endpoint at our address that somebody made in the dashboard; its secret."""
    asked = {"url": URL, "enabled_events": ["invoice.paid"], "api_version": API_VERSION, **fields}
    return str(merchant.do("POST", "webhook_endpoints", **asked)["secret"])


def test_one_that_was_made_by_hand_without_its_secret_stored_is_for_an_upgrade(
    merchant: Merchant, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: merchant.edge.twin.advance(int(seconds)))
    by_hand(merchant)

    assert merchant.run("apply") == 0

    assert "without its secret: python -m infra.stripe upgrade" in capsys.readouterr().out
    assert len(merchant.endpoints()) == 1
    assert merchant.run("check") == 1
    assert merchant.run("upgrade") == 1


def test_endpoints_of_others_are_left_alone(merchant: Merchant) -> None:
    by_hand(merchant, url="https://shop.nordlys.example/hook")

    merchant.run("apply")

    theirs, ours = merchant.endpoints()
    assert (theirs["enabled_events"], theirs["metadata"]) == (["invoice.paid"], {})
    assert ours["url"] == URL


def test_another_stage_in_the_same_account_is_left_alone(merchant: Merchant) -> None:
    marks = {"stamkund": "webhook", "stamkund_stage": "test", "stamkund_endpoint": "default"}
    other = "https://other.nordlys.example/webhooks/stripe/default"
    by_hand(merchant, url=other, metadata=marks | {"stamkund_stored": "1"})
    portal = {"stamkund": "full", "stamkund_site": SITE.id, "stamkund_stage": "test"}
    merchant.do(
        "POST", "billing_portal/configurations", features={"invoice_history": {"enabled": "true"}}, metadata=portal
    )

    assert merchant.run("apply") == 0
    assert merchant.run("upgrade") == 0

    theirs, ours = merchant.endpoints()
    assert (theirs["url"], theirs["enabled_events"], theirs["status"]) == (other, ["invoice.paid"], "enabled")
    assert ours["url"] == URL
    assert len(merchant.edge.twin.objects("billing_portal.configuration")) == 3
    assert merchant.run("check") == 0


def test_a_new_address_of_the_api_is_told_to_stripe(merchant: Merchant) -> None:
    merchant.run("apply")
    (made,) = merchant.endpoints()
    merchant.do("POST", f"webhook_endpoints/{made['id']}", url="https://old.example/webhooks/stripe/default")

    assert merchant.run("check") == 1
    merchant.run("apply")

    assert [(each["id"], each["url"]) for each in merchant.endpoints()] == [(made["id"], URL)]


def test_one_whose_run_died_before_its_secret_was_stored_is_made_anew(merchant: Merchant, capsys: Printed) -> None:
    def die(_self: object, _change: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.deployment.Deployment.change_secret", die)
        with pytest.raises(KeyboardInterrupt):
            webhook.make(merchant.deployment, merchant.client, Wanted("dev", "default", URL), 0)
    (dead,) = merchant.endpoints()

    assert merchant.run("check") == 1
    assert f"{dead['id']} has a secret that was never stored" in capsys.readouterr().out
    assert merchant.run("apply") == 0

    (alive,) = merchant.endpoints()
    assert alive["id"] != dead["id"]
    assert len(secret_value()["webhook_secrets"]["default"]) == 1
    assert merchant.run("check") == 0


def test_connected_accounts_have_an_endpoint_of_their_own(
    merchant: Merchant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(monkeypatch, cloud, Site=SITE.id, MailIdentity="nordlys.example", ConnectedAccounts="acct_2")
    asked: list[dict[str, Any]] = []
    create = setup.create_endpoint

    def without_connect(client: Client, params: dict[str, Any]) -> dict[str, Any]:
        asked.append(dict(params))
        return create(client, {key: value for key, value in params.items() if key != "connect"})  # the twin has none

    monkeypatch.setattr(setup, "create_endpoint", without_connect)

    assert merchant.run("apply") == 0

    assert [(each["url"].rsplit("/", 1)[1], each.get("connect")) for each in asked] == [
        ("default", None),
        ("connect", True),
    ]
    assert set(secret_value()["webhook_secrets"]) == {"default", "connect"}
    assert merchant.run("check") == 0


def test_a_key_of_another_account_or_mode_writes_nothing(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "rk_live_other")
    assert merchant.run("apply") == 2
    assert "The mode of STRIPE_API_KEY" in capsys.readouterr().err
    assert merchant.edge.calls == []

    monkeypatch.setenv(KEY_VARIABLE, "rk_test_other")
    answer = json.dumps({"id": "acct_1Other", "object": "account"})
    merchant.edge.fail = lambda _method, path: (answer, 200, {}) if path == "/v1/account" else None
    assert merchant.run("apply") == 2
    assert f"The key is of acct_1Other, and the deployment's StripeAccount is {ACCOUNT}" in capsys.readouterr().err
    assert merchant.writes() == []


def test_a_key_for_setting_up_need_not_be_the_one_that_functions_have(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_secret({"webhook_secrets": {}})
    monkeypatch.setenv(KEY_VARIABLE, "rk_test_for_setup")

    assert merchant.run("apply") == 0

    assert "stripe_api_key" not in secret_value()
