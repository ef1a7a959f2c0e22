"""Who is calling: an API key, its site, and what it may do."""

from chalicelib.core.model import Site
from chalicelib.errors import Forbidden, Unauthorized
from chalicelib.store import api_keys, sites


def authenticate(header: str | None, scope: str) -> Site:
    """The site of the caller's key: one read (the site itself is cached).

    Raises Unauthorized without a key that counts, Forbidden where the key may not do what `scope` names.
    """
    kind, _, secret = (header or "").partition(" ")
    key = api_keys.find(secret.strip()) if kind.lower() == "bearer" and secret.isascii() else None
    if key is None:
        raise Unauthorized("Send a valid API key as Authorization: Bearer smk_...", "Authorization")
    if scope not in key.scopes and "admin" not in key.scopes:
        raise Forbidden(f"This API key lacks the scope {scope}.", "Authorization")
    return sites.find(key.site)
