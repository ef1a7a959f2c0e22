"""Settings: read when asked for, named when missing, and the laptop's own are deaf to everything but the laptop."""

import pytest

from chalicelib import config
from chalicelib.errors import Misconfigured


def test_a_setting_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", " one ")
    assert config.setting("TABLE_NAME") == "one"
    monkeypatch.setenv("TABLE_NAME", "two")
    assert config.setting("TABLE_NAME") == "two"


@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_a_missing_or_blank_setting_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("SITE")
    if value is not None:
        monkeypatch.setenv("SITE", value)

    with pytest.raises(Misconfigured, match="SITE is missing"):
        config.setting("SITE")


@pytest.mark.parametrize("value, live", [("true", True), ("false", False), (" true ", True)])
def test_the_mode_is_true_or_false(monkeypatch: pytest.MonkeyPatch, value: str, live: bool) -> None:
    monkeypatch.setenv("LIVEMODE", value)

    assert config.livemode() is live
    assert config.account_scope().endswith(":live" if live else ":test")


@pytest.mark.parametrize("value", ["True", "1", "yes", "live", "0", ""])
def test_a_typing_error_does_not_decide_the_mode(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LIVEMODE", value)

    with pytest.raises(Misconfigured, match="LIVEMODE"):
        config.livemode()


def test_the_stage_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.stage() == "dev"
    monkeypatch.delenv("STAGE")
    with pytest.raises(Misconfigured, match="STAGE"):
        config.stage()


@pytest.mark.parametrize(
    "stage, live, counts",
    [
        ("local", "false", True),
        (" local", "false", True),
        ("local", "true", False),
        ("local", " true", False),
        ("local", "True", False),
        ("local", "", False),
        ("dev", "false", False),
        ("prod", "false", False),
        ("LOCAL", "false", False),
        ("", "false", False),
    ],
)
def test_the_laptops_settings_count_on_the_laptop_and_with_test_data_only(
    monkeypatch: pytest.MonkeyPatch, stage: str, live: str, counts: bool
) -> None:
    for name, value in {"STAGE": stage, "LIVEMODE": live, "CLOCK_FILE": "/c", "STRIPE_API_BASE": "http://t"}.items():
        monkeypatch.setenv(name, value)

    assert (config.clock_file(), config.stripe_api_base()) == (("/c", "http://t") if counts else (None, None))


@pytest.mark.parametrize("value", [None, "", " "])
def test_even_the_laptop_may_do_without_them(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.delenv("CLOCK_FILE", raising=False)
    if value is not None:
        monkeypatch.setenv("CLOCK_FILE", value)

    assert config.clock_file() is None
