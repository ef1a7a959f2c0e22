"""infra/sites/*.yaml: what a site's file may hold, and the site that it becomes. Nothing here asks AWS or Stripe."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from zoneinfo import available_timezones

from chalicelib import wording
from chalicelib.core.brand import palette
from chalicelib.core.site import NOTICES, Site
from infra.package import ROOT
from infra.shape import (
    Check,
    FileError,
    Needed,
    address,
    complain,
    flag,
    hold,
    listed,
    load,
    matching,
    one_of,
    origin,
    shape,
    text,
    word,
)
from infra.sites import owing

FOLDER = ROOT / "infra" / "sites"
ACCOUNT = matching(r"acct_[A-Za-z0-9]+", "the id of a Stripe account: acct_...")
MAIL = r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+"
COPY = (ROOT / "chalicelib" / "mails" / "copy", ROOT / "chalicelib" / "pages" / "copy")


@dataclass(frozen=True)
class Facts:
    """What the deployment decides: whose it is, who may send for it, where its API is, and whether it is on this machine."""

    account: str
    livemode: bool
    identity: str
    api: str
    main: str
    local: bool = False


@dataclass(frozen=True)
class SiteFile:
    """A site as its file has it, and the names of its portal configurations."""

    name: str
    site: Site
    full: str
    minimal: str


def read(stage: str, facts: Facts) -> list[SiteFile]:
    """Every site of a stage, by id. Raises FileError with every mistake of every file."""
    own = FOLDER / stage if (FOLDER / stage).is_dir() else FOLDER
    paths = [path for path in sorted(own.glob("*.yaml")) if path.name != "example.yaml"]
    if not paths:
        raise FileError(
            f"{own}: holds no site: copy infra/sites/example.yaml there as {facts.main}.yaml and fill it in."
        )
    found, wrong = [], []
    for path in paths:
        try:
            found.append(site_of(path.name, load(path), facts))
        except FileError as error:
            wrong.append(str(error))
    wrong += _together(found, facts.main if not wrong else None)
    if wrong:
        raise FileError("\n".join(wrong))
    return sorted(found, key=lambda each: each.site.id)


def _together(found: list[SiteFile], main: str | None) -> Iterator[str]:
    """What is wrong with the files as a whole."""
    ids = [each.site.id for each in found]
    for at, each in enumerate(found):
        if each.site.id in ids[:at]:
            yield f"{each.name}: id: {found[ids.index(each.site.id)].name} has the id {each.site.id} too: give one another"
    if main is not None and main not in ids:
        yield f"no file has the id {main}, which the stage's file names as Site: add it, or change Site there and deploy"


def site_of(name: str, raw: dict[str, Any], facts: Facts) -> SiteFile:
    """A file's site. Raises FileError with every mistake."""
    hold(name, raw, _fields(facts.local))
    complain(name, _against(raw, facts))
    brand, portal = raw["brand"], raw.get("portal", {})
    given: dict[str, Any] = {
        **{key: value for key, value in raw.items() if key not in ("brand", "portal")},
        **brand,
        **{key: portal[key] for key in ("offer_prices", "retention_coupons") if key in portal},
        "base_url": raw.get("base_url", facts.api),
        "reminders": word(raw.get("reminders", "on")),
    }
    for key, value in given.items():
        given[key] = tuple(value) if isinstance(value, list) else value
    site = Site(**given | owing.values(raw))
    return SiteFile(name, site, portal.get("full", "full"), portal.get("minimal", "minimal"))


def _fields(local: bool) -> dict[str, Check | Needed]:
    named = matching(r"[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits and single hyphens")
    return {
        "id": Needed(named),
        "name": Needed(text(80)),
        "account": Needed(ACCOUNT),
        "livemode": Needed(flag),
        "base_url": address(local, bare=True),
        "home_url": Needed(address(local)),
        "return_urls": Needed(listed(address(local, bare=True), least=1)),
        "origins": listed(origin(local)),
        "sender": Needed(_sender),
        "brand": Needed(
            shape({"support_email": Needed(_mail), "accent": _colour, "logo_url": address(local)}),
        ),
        "portal": shape(
            {
                "full": matching(r"[a-z0-9_-]+", "the name of a file in infra/stripe/portal, without .yaml"),
                "minimal": matching(r"[a-z0-9_-]+", "the name of a file in infra/stripe/portal, without .yaml"),
                "offer_prices": listed(owing.PRICE),
                "retention_coupons": listed(matching(r"[A-Za-z0-9_-]{1,200}", "the id of a coupon")),
            }
        ),
        "time_zone": _time_zone,
        "country": owing.COUNTRY,
        "languages": listed(one_of(*_languages()), least=1),
        **owing.fields(),
        "reminders": one_of("on", "shadow", "off"),
        "pay_open_invoices": flag,
        "digest_to": _mail,
        "notices": listed(one_of(*NOTICES, "win_back")),
        "postal_address": text(200),
        "accounts": listed(ACCOUNT),
    }


def _languages() -> list[str]:
    """Those that both mails and pages have words in."""
    return sorted(set.intersection(*(set(wording.languages(folder)) for folder in COPY)))


def _mail(value: Any, path: str) -> Iterator[str]:
    yield from matching(MAIL, "one mail address: support@example.com")(value, path)


def _sender(value: Any, path: str) -> Iterator[str]:
    wrong = list(text()(value, path))
    yield from wrong
    if (not wrong and not re.fullmatch(rf"(.*[^\s] )?<?{MAIL}>?", value)) or (not wrong and not parseaddr(value)[1]):
        yield f"{path}: {value!r} must be an address with or without a name: Your Shop <billing@example.com>"


def _colour(value: Any, path: str) -> Iterator[str]:
    try:
        palette(value if isinstance(value, str) else "")
    except ValueError:
        yield f'{path}: must be a colour of the form "#0b5cad", in quotes'


def _time_zone(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str) or value not in available_timezones():
        yield f"{path}: {value!r} must be a name of the IANA time zone database: Europe/Stockholm"


def _against(raw: dict[str, Any], facts: Facts) -> Iterator[str]:
    """What does not fit the deployment, or itself."""
    if raw["account"] != facts.account:
        yield f"account: must be {facts.account}, the StripeAccount of the stage: a site's own account, not a connected one"
    if raw["livemode"] != facts.livemode:
        stage = "true" if facts.livemode else "false"
        yield f"livemode: must be {stage}, as the stage's Livemode: put files of other stages into folders of their names"
    if "digest_to" in raw and raw["id"] != facts.main:
        yield f"digest_to: must stand in the file of {facts.main}, the stage's Site: the numbers are those of the account"
    if raw["account"] in raw.get("accounts", []):
        yield "accounts: must not hold the site's own account: it is seen anyway"
    if "win_back" in raw.get("notices", []) and not raw.get("postal_address"):
        yield "postal_address: is missing, and win_back is marketing: the law of some countries asks for the address in it"
    if raw.get("base_url", facts.api).endswith("/"):
        yield "base_url: must not end with a slash: links in mails would have two"
    if not raw.get("base_url", facts.api):
        yield "base_url: is missing, and the app stack tells no address: deploy first, or write it here"
    if not sends_for(parseaddr(raw["sender"])[1], facts.identity):
        yield f"sender: must be of {facts.identity}, the stage's MailIdentity, or SES refuses it"


def sends_for(address: str, identity: str) -> bool:
    """Whether SES lets the address send by the identity: the address itself, its domain, or a domain above that."""
    if "@" in identity:
        return address.lower() == identity.lower()
    domain = address.rpartition("@")[2].lower()
    return "@" in address and (domain == identity.lower() or domain.endswith(f".{identity.lower()}"))
