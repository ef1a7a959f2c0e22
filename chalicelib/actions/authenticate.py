"""Who is calling: an API key, its site, and what it may do."""

from chalicelib.core.site import Site
from chalicelib.errors import Forbidden, NotFound, Unauthorized
from chalicelib.store import api_keys, sites


def authenticate(header: str | None, scope: str, account: str | None = None, *, now: int) -> Site:
    """The site of the caller's key, for the account that is named or its own: one read (the site itself is cached).

    That the key was used is written down at most once an hour; every other call writes nothing.

    Raises Unauthorized without a key that counts, Forbidden where the key may not do what `scope` names, NotFound for an
    account that the site may not see: whether there is such an account is nobody's business.
    """
    secret = bearer(header)
    key = api_keys.find(secret) if secret else None
    if key is None:
        raise Unauthorized("Send a valid API key as Authorization: Bearer smk_...", "Authorization")
    if scope not in key.scopes and "admin" not in key.scopes:
        raise Forbidden(f"This API key lacks the scope {scope}.", "Authorization")
    if api_keys.is_news(key, now):
        api_keys.record_use(secret.strip(), now)
    site = sites.find(key.site)
    seen = site if account is None else site.at(account)
    if seen is None:
        raise NotFound("There is no such account for this API key.", "account")
    return seen


def bearer(header: str | None) -> str:
    """The key in an Authorization header, or nothing."""
    kind, _, secret = (header or "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" and secret.isascii() else ""
