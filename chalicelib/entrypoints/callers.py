"""Who calls, and whether they may go on: an API key and its site, or a neighbourhood of addresses."""

from chalice.app import Blueprint

from chalicelib import clock
from chalicelib.actions import throttle
from chalicelib.actions.authenticate import authenticate, bearer
from chalicelib.core.frozen import frozen
from chalicelib.core.site import Site
from chalicelib.core.throttle import prefix
from chalicelib.entrypoints.web import account
from chalicelib.errors import Unauthorized
from chalicelib.store import keys


@frozen
class Caller:
    """A merchant's back end: its site, its API key, and when it called (UTC seconds)."""

    site: Site
    key: str
    now: int


def caller(blueprint: Blueprint, scope: str) -> Caller:
    """Whose key it is: one read (the site is cached). Raises Unauthorized, Forbidden, NotFound, TooMany."""
    header, now = blueprint.current_request.headers.get("authorization"), clock.now()
    try:
        site = authenticate(header, scope, account(blueprint), now=now)
    except Unauthorized:
        stranger(blueprint)
        raise
    secret = bearer(header)
    throttle.take("key", keys.digest(secret), now)
    throttle.take("site", site.id, now)
    return Caller(site, secret, now)


def stranger(blueprint: Blueprint) -> None:
    """Somebody without a key. The address is API Gateway's word, never a header's. Raises TooMany."""
    identity = blueprint.current_request.context.get("identity") or {}
    throttle.take("ip", prefix(identity.get("sourceIp")), clock.now())
