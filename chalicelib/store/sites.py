"""Merchant sites. They change rarely and are read by every request, so a Lambda keeps them for a minute."""

import re
import time

from chalicelib.core.site import AccessPolicy, CampaignRule, Experiment, Site
from chalicelib.errors import Misconfigured
from chalicelib.store import keys
from chalicelib.store.table import as_map, get, store_errors
from chalicelib.store.tables import SiteRow, bind

LIFETIME = 60
_ID = re.compile(r"[a-z0-9-]{1,64}")
_cached: dict[str, tuple[float, Site]] = {}


def put(site: Site) -> None:
    """Store a site whole."""
    key = keys.site(site.id)
    bind()
    with store_errors():
        SiteRow(key.pk, key.sk, site=as_map(site)).save()
    _cached.pop(site.id, None)


def find(ident: str) -> Site:
    """The site of that id, at most a minute old. Raises Misconfigured where there is none."""
    read_at, site = _cached.get(ident, (float("-inf"), None))
    if site is None or time.monotonic() - read_at > LIFETIME:
        site = _read(ident)
        _cached[ident] = (time.monotonic(), site)
    return site


def is_id(ident: str) -> bool:
    """Whether a string can be the id of a site: strangers may send anything."""
    return _ID.fullmatch(ident) is not None


def forget() -> None:
    """Drop the cache."""
    _cached.clear()


def _read(ident: str) -> Site:
    row = get(SiteRow, keys.site(ident))
    if row is None:
        raise Misconfigured(f"There is no site {ident!r}: apply infra/sites.", "site")
    state = row.site.as_dict()
    lists = ("return_urls", "languages", "accounts", "origins", "offer_prices", "retention_coupons", "notices")
    state |= {name: tuple(state[name]) for name in lists if name in state}
    state["campaign_rules"] = tuple(CampaignRule(**rule) for rule in state.get("campaign_rules") or ())
    state["experiment"] = Experiment(**state["experiment"]) if state.get("experiment") else None
    state["access"] = AccessPolicy(**state.get("access") or {})
    return Site(**state)
