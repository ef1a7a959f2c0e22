"""A site's file: what becomes of it, and every mistake by its name."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib.core.site import AccessPolicy, CampaignRule, Experiment, Site
from infra.package import ROOT
from infra.shape import FileError
from infra.sites import files, stored
from infra.sites.files import Facts
from tests.conftest import SITE
from tests.infra.deployment import write


def refusal(folder: Path, facts: Facts, **changes: Any) -> str:
    """What is said of a file."""
    write(folder, **changes)
    with pytest.raises(FileError) as caught:
        files.read("dev", facts)
    return str(caught.value)


def only(facts: Facts) -> files.SiteFile:
    """The one site that there is."""
    (found,) = files.read("dev", facts)
    return found


def test_a_small_file_becomes_a_site_with_every_default(folder: Path, facts: Facts) -> None:
    found = only(facts)

    assert (found.site, found.full, found.minimal) == (SITE, "full", "minimal")


def test_every_field_has_its_place(folder: Path, facts: Facts) -> None:
    write(
        folder,
        origins=["https://nordlys.example"],
        brand={
            "support_email": "help@nordlys.example",
            "accent": "#123456",
            "logo_url": "https://nordlys.example/l.png",
        },
        portal={"full": "a", "minimal": "b", "offer_prices": ["price_1"], "retention_coupons": ["STAY"]},
        languages=["sv"],
        campaign="monthly_14",
        campaign_rules=[
            {"price": "price_1", "campaign": "monthly_28"},
            {"interval": "year", "campaign": "annual_60"},
            {"country": "NO", "campaign": "monthly_28"},
        ],
        experiment={"id": "spring", "campaign": "monthly_28", "share": 20, "hold_out": 5},
        access={
            "full_days": 3,
            "end_days": 10,
            "limited_invoices": 2,
            "blocked_invoices": 4,
            "limited_amounts": {"sek": 50000, "eur": 5000},
            "blocked_amounts": {"sek": 90000},
        },
        reminders="shadow",
        pay_open_invoices=True,
        digest_to="astrid@nordlys.example",
        accounts=["acct_2"],
    )

    assert only(facts).site == replace(
        SITE,
        origins=("https://nordlys.example",),
        accent="#123456",
        logo_url="https://nordlys.example/l.png",
        offer_prices=("price_1",),
        retention_coupons=("STAY",),
        languages=("sv",),
        campaign_rules=(
            CampaignRule("monthly_28", price="price_1"),
            CampaignRule("annual_60", interval="year"),
            CampaignRule("monthly_28", country="NO"),
        ),
        experiment=Experiment("spring", "monthly_28", share=20, hold_out=5),
        access=AccessPolicy(3, 10, 2, 4, {"sek": 50000, "eur": 5000}, {"sek": 90000}),
        reminders="shadow",
        pay_open_invoices=True,
        digest_to="astrid@nordlys.example",
        accounts=("acct_2",),
    )
    assert (only(facts).full, only(facts).minimal) == ("a", "b")


def example(everything: bool = False) -> dict[str, Any]:
    """The example; with `everything`, also the fields that it has as comments."""
    text = (ROOT / "infra" / "sites" / "example.yaml").read_text()
    raw: dict[str, Any] = yaml.safe_load(
        re.sub(r"^( *)# (\w+: )", r"\1\2", text, flags=re.MULTILINE) if everything else text
    )
    return raw


def test_the_file_can_say_what_a_site_has_and_the_portal_does_not_decide() -> None:
    kept = {"portal_configuration", "card_configuration", "login_url", "metadata"}
    raw = example(everything=True)
    said = raw.keys() | raw["brand"].keys() | raw["portal"].keys()

    assert set(stored.KEPT) == kept
    assert set(Site.__dataclass_fields__) - kept <= said
    assert set(AccessPolicy.__dataclass_fields__) == raw["access"].keys()


def test_the_examples_comments_can_be_made_lines(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "shop.yaml").write_text(yaml.safe_dump(example(everything=True)))

    found = only(Facts("acct_1ExampleExample", False, "example.com", "https://abc.example/api", "shop"))

    assert found.site.experiment == Experiment("spring", "monthly_28", 20, 5)
    assert found.site.access == AccessPolicy(7, 14, 2, 3, {"sek": 50000}, {"sek": 200000})


def test_the_example_can_be_copied_as_it_stands(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    shutil.copy(ROOT / "infra" / "sites" / "example.yaml", folder / "shop.yaml")

    found = only(Facts("acct_1ExampleExample", False, "example.com", "https://abc.example/api", "shop"))

    assert found.site.base_url == "https://abc.example/api"
    assert found.site.reminders == "on"


def test_a_bare_on_and_off_mean_what_people_mean(folder: Path, facts: Facts) -> None:
    for written, meant in (("on", "on"), ("off", "off")):
        write(folder)
        with (folder / "shop.yaml").open("a") as file:
            file.write(f"reminders: {written}\n")
        assert only(facts).site.reminders == meant


def rule(campaign: str = "annual_60", **by: Any) -> dict[str, Any]:
    """A rule of campaigns."""
    return {"campaign": campaign, **by}


def trial(**changes: Any) -> dict[str, Any]:
    """An experiment."""
    return {"id": "spring", "campaign": "monthly_28", "share": 20, **changes}


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"id": "Shop"}, "id: 'Shop' must be small letters, digits"),
        ({"id": 7}, "id: must be text"),
        ({"id": "a#b"}, "id: 'a#b' must be small letters"),
        ({"name": ""}, "name: must be 1 to 80"),
        ({"account": "cus_1"}, "account: 'cus_1' must be the id of a Stripe account"),
        ({"account": "acct_1Other"}, "account: must be acct_1TwinNordlys"),
        ({"livemode": True}, "livemode: must be false, as the stage's Livemode"),
        ({"livemode": "yes"}, "livemode: must be true or false"),
        ({"base_url": "https://pay.nordlys.example/"}, "base_url: must not end with a slash"),
        ({"base_url": "http://pay.nordlys.example"}, "base_url: must begin with https://"),
        ({"home_url": "nordlys.example"}, "home_url: must begin with https://"),
        ({"home_url": "http://127.0.0.1:8000"}, "home_url: must begin with https://"),
        ({"return_urls": []}, "return_urls: must hold 1 to 100"),
        ({"return_urls": ["https://nordlys.example/?a=1"]}, "return_urls[0]: must hold no ? and no #"),
        ({"return_urls": ["https://nordlys.example/#a"]}, "return_urls[0]: must hold no ? and no #"),
        ({"return_urls": ["https://me:pw@nordlys.example/"]}, "return_urls[0]: must hold no user name"),
        ({"return_urls": "https://nordlys.example/"}, "return_urls: must be a list"),
        ({"origins": ["https://nordlys.example/account"]}, "origins[0]: must be scheme and host"),
        ({"origins": ["*"]}, "origins[0]: must begin with https://"),
        ({"sender": "Nordlys"}, "sender: 'Nordlys' must be an address"),
        ({"sender": "Nordlys <a@b.example>, c@d.example"}, "sender: "),
        ({"sender": "Nordlys <billing@other.example>"}, "sender: must be of nordlys.example"),
        ({"brand": {"support_email": "help"}}, "brand.support_email: 'help' must be one mail address"),
        ({"brand": {}}, "brand.support_email: is missing"),
        ({"brand": {"support_email": "a@b.example", "accent": None}}, 'brand.accent: must be a colour of the form "#'),
        ({"brand": {"support_email": "a@b.example", "accent": "green"}}, "brand.accent: must be a colour"),
        (
            {"brand": {"support_email": "a@b.example", "logo_url": "http://b.example/l.png"}},
            "brand.logo_url: must begin",
        ),
        ({"portal": {"full": "../../secret"}}, "portal.full: '../../secret' must be the name of a file"),
        ({"portal": {"offer_prices": ["prod_1"]}}, "portal.offer_prices[0]: 'prod_1' must be the id of a price"),
        ({"portal": {"retention_coupons": ["a b"]}}, "portal.retention_coupons[0]"),
        ({"digest_to": "nordlys"}, "digest_to: 'nordlys' must be one mail address"),
        ({"id": "other", "digest_to": "a@b.example"}, "digest_to: must stand in the file of nordlys"),
        ({"notices": ["digest"]}, "notices[0]: must be one of card_expiring"),
        ({"notices": ["win_back"]}, "postal_address: is missing, and win_back is marketing"),
        ({"campaign": "weekly"}, "campaign: There is no campaign 'weekly'"),
        ({"campaign_rules": {"year": "annual_60"}}, "campaign_rules: must be a list"),
        ({"campaign_rules": [rule()]}, "campaign_rules[0]: must hold one of price, interval, country"),
        (
            {"campaign_rules": [rule(price="price_1", country="SE")]},
            "campaign_rules[0]: must hold one of price, interval",
        ),
        ({"campaign_rules": [{"interval": "year"}]}, "campaign_rules[0].campaign: is missing"),
        (
            {"campaign_rules": [rule(interval="yearly")]},
            "campaign_rules[0].interval: must be one of day, week, month, year",
        ),
        ({"campaign_rules": [rule(price="prod_1")]}, "campaign_rules[0].price: 'prod_1' must be the id of a price"),
        ({"campaign_rules": [rule(country=False)]}, "campaign_rules[0].country: must be text: put it in quotes"),
        (
            {"campaign_rules": [rule("weekly", country="SE")]},
            "campaign_rules[0].campaign: There is no campaign 'weekly'",
        ),
        (
            {"campaign_rules": [rule(country="SE"), rule("monthly_14", country="SE")]},
            "campaign_rules: 2 rules are for the country SE: only the first would ever hold",
        ),
        ({"experiment": None}, "experiment: must hold id, campaign, share, hold_out"),
        ({"experiment": trial(id="a:B")}, "experiment.id: 'a:B' must be letters, digits"),
        ({"experiment": trial(share=101)}, "experiment.share: must be a whole number from 0 to 100"),
        ({"experiment": trial(share=20.0)}, "experiment.share: must be a whole number"),
        ({"experiment": trial(share=60, hold_out=41)}, "experiment: share and hold_out are of a hundred cases"),
        ({"experiment": trial(share=0)}, "experiment: share and hold_out are of a hundred cases"),
        ({"experiment": trial(campaign="weekly")}, "experiment.campaign: There is no campaign 'weekly'"),
        ({"access": 7}, "access: must hold full_days, end_days"),
        ({"access": {"full_days": -1}}, "access.full_days: must be a whole number from 0 to 366"),
        ({"access": {"full_days": True}}, "access.full_days: must be a whole number"),
        ({"access": {"end_days": 6}}, "access.end_days: must not be less than full_days, which is 7"),
        (
            {"access": {"limited_invoices": 3, "blocked_invoices": 2}},
            "access.blocked_invoices: must not be less than limited_invoices",
        ),
        ({"access": {"limited_amounts": [500]}}, "access.limited_amounts: must hold a line `currency: amount"),
        ({"access": {"limited_amounts": {"SEK": 5}}}, "access.limited_amounts.SEK: 'SEK' must be a currency"),
        ({"access": {"blocked_amounts": {"sek": 0}}}, "access.blocked_amounts.sek: must be a whole number from 1"),
        ({"access": {"blocked_amounts": {"sek": 5.5}}}, "access.blocked_amounts.sek: must be a whole number from 1"),
        (
            {"access": {"limited_amounts": {"sek": 9}, "blocked_amounts": {"sek": 8}}},
            "access.blocked_amounts.sek: must not be less than limited_amounts.sek",
        ),
        ({"time_zone": "Europe/Gothenburg"}, "time_zone: 'Europe/Gothenburg' must be a name"),
        ({"time_zone": ["UTC"]}, "time_zone: "),
        ({"country": False}, 'country: must be text: put it in quotes ("..."), for YAML reads False'),
        ({"country": "Sweden"}, "country: 'Sweden' must be two capital letters"),
        ({"languages": ["tlh"]}, "languages[0]: must be one of da, de, en, es, fi, fr, nb, nl, sv"),
        ({"languages": []}, "languages: must hold 1 to 100"),
        ({"reminders": "sometimes"}, "reminders: must be one of on, shadow, off"),
        ({"pay_open_invoices": "no"}, "pay_open_invoices: must be true or false"),
        ({"accounts": ["acct_1TwinNordlys"]}, "accounts: must not hold the site's own account"),
        ({"acounts": []}, "acounts: is not known; known are id, name"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_field(
    folder: Path, facts: Facts, changes: dict[str, Any], words: str
) -> None:
    assert f"shop.yaml: {words}" in refusal(folder, facts, **changes)


@pytest.mark.parametrize("field", ["id", "name", "account", "livemode", "home_url", "return_urls", "sender", "brand"])
def test_what_is_missing_is_named(folder: Path, facts: Facts, field: str) -> None:
    assert f"shop.yaml: {field}: is missing" in refusal(folder, facts, without=field)


def test_addresses_of_this_machine_are_fine_on_the_local_stage(folder: Path, facts: Facts) -> None:
    here = "http://127.0.0.1:8000"
    write(folder, home_url=here, return_urls=[here], origins=[here], base_url=here)

    assert only(replace(facts, local=True)).site.home_url == here


def test_the_mistakes_of_all_files_are_told_at_once(folder: Path, facts: Facts) -> None:
    write(folder, "a.yaml", id="a", name="")
    write(folder, "b.yaml", id="b", country="se")

    told = refusal(folder, facts)

    assert "a.yaml: name" in told
    assert "b.yaml: country" in told


def test_two_files_with_one_id_are_refused(folder: Path, facts: Facts) -> None:
    write(folder, "again.yaml")

    assert "shop.yaml: id: again.yaml has the id nordlys too" in refusal(folder, facts)


def test_the_stages_own_site_must_be_among_them(folder: Path, facts: Facts) -> None:
    assert "no file has the id nordlys" in refusal(folder, facts, id="other")


def test_no_file_at_all_says_where_to_begin(folder: Path, facts: Facts) -> None:
    (folder / "shop.yaml").rename(folder / "example.yaml")

    with pytest.raises(FileError, match=r"copy infra/sites/example.yaml there as nordlys.yaml"):
        files.read("dev", facts)


def test_a_folder_of_the_stage_is_read_instead(folder: Path, facts: Facts) -> None:
    write(folder / "dev", "only.yaml", name="Nordlys (dev)")

    assert (only(facts).name, only(facts).site.name) == ("only.yaml", "Nordlys (dev)")
    (other,) = files.read("prod", facts)
    assert other.name == "shop.yaml"


def test_no_address_at_all_is_told(folder: Path, facts: Facts) -> None:
    write(folder, without="base_url")
    assert only(facts).site.base_url == "https://abc.example/api"

    with pytest.raises(FileError, match="base_url: is missing"):
        files.read("dev", replace(facts, api=""))


@pytest.mark.parametrize(
    "sender", ["billing@nordlys.example", "a@mail.nordlys.example", "Nordlys AB <a@nordlys.example>"]
)
def test_senders_that_the_identity_covers(folder: Path, facts: Facts, sender: str) -> None:
    write(folder, sender=sender)

    assert only(facts).site.sender == sender
