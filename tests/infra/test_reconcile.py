"""`python -m infra.reconcile`: what an operator sees and can do by hand."""

import pytest

from chalicelib import clock
from chalicelib.actions import reconcile as action
from chalicelib.store import jobs
from infra import reconcile
from tests.conftest import NOW, SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.infra.deployment import tell
from tests.shop import DAY, Shop

STAGE = ("--stage", "dev")


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop with one subscriber, of whom we have never heard."""
    tell(monkeypatch, cloud)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    monkeypatch.setattr(clock, "now", lambda: edge.twin.now)
    action._kept.clear()
    made = Shop(edge.twin, cloud)
    made.subscribe(made.customer())
    made.twin.advance(10)
    return made


def test_a_dry_run_says_what_differs_changes_nothing_and_exits_with_one(
    shop: Shop, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(cloud)

    assert reconcile.main(["--dry-run", *STAGE]) == 1

    printed = capsys.readouterr().out
    customer = shop.twin.objects("customer")[0]["id"]
    assert f"customer        {customer}" in printed
    assert "missing" in printed
    assert "never stored" in printed
    assert everything(cloud) == before


def test_the_first_run_repairs_and_the_second_finds_nothing(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert reconcile.main([*STAGE]) == 0
    first = capsys.readouterr().out
    assert reconcile.main([*STAGE]) == 0
    second = capsys.readouterr().out
    assert reconcile.main(["--dry-run", *STAGE]) == 0

    assert first.count("missing  (") == 9
    assert "missing" not in second


def test_nothing_personal_is_printed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    reconcile.main([*STAGE])
    shop.do("POST", f"customers/{shop.twin.objects('customer')[0]['id']}", name="Astrid Ek", email="ek@example.com")
    shop.twin.advance(10)

    reconcile.main([*STAGE])

    printed = capsys.readouterr()
    assert "differs: email, name" in printed.out
    assert not any(word in printed.out + printed.err for word in ("Astrid", "@example.com", "4242"))


def test_one_customer_is_looked_at_alone(shop: Shop, edge: TwinEdge, capsys: pytest.CaptureFixture[str]) -> None:
    other = shop.customer()
    shop.twin.advance(10)

    assert reconcile.main(["--customer", other, *STAGE]) == 0

    printed = capsys.readouterr().out
    assert printed.count("missing  (") == 2
    assert shop.twin.objects("customer")[0]["id"] not in printed
    assert reconcile.main(["--customer", other, "--dry-run", *STAGE]) == 0


def test_a_draft_that_stripe_deleted_is_found_with_its_customer(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    customer = shop.customer()
    draft = shop.do("POST", "invoices", customer=customer, auto_advance="false")["id"]
    shop.twin.advance(10)
    reconcile.main(["--customer", customer, *STAGE])
    shop.do("DELETE", f"invoices/{draft}")
    shop.twin.advance(10)
    capsys.readouterr()

    reconcile.main(["--customer", customer, *STAGE])

    assert f"{draft:<30} gone" in capsys.readouterr().out


def test_since_bounds_the_invoices(shop: Shop, edge: TwinEdge, capsys: pytest.CaptureFixture[str]) -> None:
    shop.twin.advance(40 * DAY)

    reconcile.main(["--dry-run", "--since", "2026-11-20", *STAGE])
    later = capsys.readouterr().out
    reconcile.main(["--dry-run", "--since", "2026-10-01", *STAGE])
    earlier = capsys.readouterr().out

    assert later.count("invoice  ") < earlier.count("invoice  ")


def test_a_killed_run_is_said_to_go_on(shop: Shop, edge: TwinEdge, capsys: pytest.CaptureFixture[str]) -> None:
    edge.fail = lambda _method, path: ("{}", 500, {}) if path == "/v1/products" else None
    assert reconcile.main([*STAGE]) == 2
    assert "goes on from there" in capsys.readouterr().err
    edge.fail = lambda _method, _path: None
    edge.calls.clear()

    assert reconcile.main([*STAGE]) == 0

    assert "Going on with the run of 2026-11-02 12:00Z, at products." in capsys.readouterr().err
    assert "/v1/customers" not in [path for _, path in edge.calls]


def test_a_run_at_work_is_not_disturbed_unless_by_force(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.claim(SITE.scope, "reconcile", shop.twin.now)

    assert reconcile.main([*STAGE]) == 2
    assert "--force" in capsys.readouterr().err
    assert reconcile.main(["--force", *STAGE]) == 0


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(SystemExit):
        reconcile.main(["--since", "yesterday", *STAGE])
    assert reconcile.day("2026-11-02") == NOW - 12 * 3600
