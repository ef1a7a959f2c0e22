"""The site item: whether what mails and pages are made of makes sense together."""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from chalicelib import campaigns
from chalicelib.core.brand import palette
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from infra.doctor.report import Line, ok, warn, wrong
from infra.sites.files import sends_for

REMEDY = "mend its file in infra/sites, then python -m infra.sites apply"
HERE = ("127.0.0.1", "localhost")


def judge(site: Site, account: str, live: bool, identity: str) -> Iterator[Line]:
    """A line for every mistake, or one that says that there is none."""
    found = [*_addresses(site), *_faults(site, account, live, identity)]
    yield from found or [ok(f"site {site.id}: makes sense")]


def _addresses(site: Site) -> Iterator[Line]:
    """Every address is https; only a test deployment on this machine may do without."""
    named = {
        "base_url": site.base_url,
        "home_url": site.home_url,
        "logo_url": site.logo_url,
        "login_url": site.login_url,
    }
    named |= {f"return_urls[{at}]": url for at, url in enumerate(site.return_urls)}
    for name, url in named.items():
        if url is None:
            continue
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname in HERE and not site.livemode:
            yield warn(f"site {site.id}: {name} is on this machine", "fine for a trial, and for nothing else")
        elif parts.scheme != "https" or not parts.hostname:
            yield wrong(f"site {site.id}: {name} is not https", REMEDY)
    if site.base_url.endswith("/"):
        yield wrong(f"site {site.id}: base_url ends with a slash, links would have two", REMEDY)
    if not site.return_urls:
        yield wrong(f"site {site.id}: return_urls is empty, so no portal session can lead back", REMEDY)


def _faults(site: Site, account: str, live: bool, identity: str) -> Iterator[Line]:
    if site.account != account:
        yield wrong(f"site {site.id}: its account is not StripeAccount ({account})", REMEDY)
    if site.livemode != live:
        yield wrong(f"site {site.id}: livemode is {site.livemode}, the deployment's Livemode is {live}", REMEDY)
    if site.time_zone not in available_timezones():
        yield wrong(f"site {site.id}: time_zone {site.time_zone} is not known", f"{REMEDY}: Europe/Stockholm, say")
    if site.country is not None and not re.fullmatch(r"[A-Z]{2}", site.country):
        yield wrong(f"site {site.id}: country is two capital letters", REMEDY)
    if not site.name.strip():
        yield wrong(f"site {site.id}: it has no name", REMEDY)
    try:
        palette(site.accent)
    except ValueError as error:
        yield wrong(f"site {site.id}: accent: {error}", REMEDY)
    try:
        campaigns.load(site.campaign)
    except Misconfigured as error:
        yield wrong(f"site {site.id}: campaign: {error.message}", REMEDY)
    if not sends_for(parseaddr(site.sender)[1], identity):
        yield wrong(f"site {site.id}: the sender is not of {identity}", f"{REMEDY}, or change MailIdentity")
    if "@" not in parseaddr(site.support_email)[1]:
        yield wrong(f"site {site.id}: support_email is no mail address", REMEDY)
