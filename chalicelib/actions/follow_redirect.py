"""A signed redirect into the portal: the merchant's back end vouches for the customer without a call."""

from collections.abc import Mapping, Sequence

from chalicelib.actions import throttle
from chalicelib.actions.open_portal import open_portal, owned
from chalicelib.aws import secrets
from chalicelib.core import tokens
from chalicelib.core.flow_json import parse_visit
from chalicelib.core.flows import check
from chalicelib.core.members import Invalid
from chalicelib.core.tokens import Signed
from chalicelib.errors import NotFound
from chalicelib.store import nonces, sites


def follow_redirect(ident: str, params: Mapping[str, Sequence[str]], now: int) -> str:
    """The portal session that a signed address asks for: one read (a site is cached) and one write.

    Nothing is looked up before the signature fits, so nobody learns whom we know. The nonce is spent by a session that was
    made and by nothing else: claimed first, so that of many at once one wins, and given back where none comes of it.
    Raises Invalid, NotFound, Retryable, StripeRefused.
    """
    signed = tokens.parse(params)
    _check_signature(ident, signed)
    throttle.take("site", ident, now)
    tokens.check_time(signed, now)
    brand = sites.find(ident)
    site = brand.at(signed.values.get("account", brand.account))
    if site is None:
        raise NotFound("There is no such account for this site.", "account")
    visit = parse_visit(tokens.visit(signed))
    check(visit, site)
    visit = owned(site.scope, visit)
    if not nonces.claim(ident, signed.nonce, now, signed.expires):
        raise Invalid("This address has been used.", "nonce", "used")
    try:
        return open_portal(site, visit)
    except Exception:
        nonces.release(ident, signed.nonce)
        raise


def _check_signature(ident: str, signed: Signed) -> None:
    if not tokens.fits(ident, signed, _secrets(ident)) and not tokens.fits(ident, signed, _secrets(ident, newest=True)):
        raise Invalid("The signature does not fit.", "signature", "invalid_signature")


def _secrets(ident: str, newest: bool = False) -> list[str]:
    """The site's secrets; one that was rolled or made within the last minutes is found by a mismatch, once a minute."""
    try:
        return secrets.site_secrets(ident, newest)
    except NotFound:
        if newest:
            raise
        return []
