"""Mailable links: only the hash of a token is stored, so a dump of the table opens nothing."""

import secrets
from dataclasses import dataclass

from chalicelib.errors import NotFound
from chalicelib.store import keys
from chalicelib.store.table import Refused, get, store_errors, update
from chalicelib.store.tables import LinkRow, bind

KEPT = 90 * 86_400
"""Seconds that a dead link is kept after its end, so that its page can say what happened."""


@dataclass(frozen=True)
class Link:
    """What a link opens, for whom, and until when (UTC seconds). `case_sk` is the invoice whose case it belongs to.

    `language` is that of the mail that carries it, as a tag.
    """

    id: str
    scope: str
    site: str
    customer: str
    flow: str | None
    subscription: str | None
    case_sk: str | None
    single_use: bool
    good_until: int
    language: str | None = None
    used_at: int | None = None
    revoked_at: int | None = None


def new_token() -> str:
    """256 random bits, as they stand in the address."""
    return secrets.token_urlsafe(32)


def put(token: str, link: Link) -> None:
    """Store a link under its token's hash."""
    bind()
    with store_errors():
        row(token, link).save()


def row(token: str, link: Link) -> LinkRow:
    """A link as it is stored: under its token's hash."""
    key = keys.link(token)
    return LinkRow(key.pk, key.sk, expires_at=link.good_until + KEPT, **link.__dict__)


def find(token: str) -> Link:
    """The link of a token, dead or alive. Raises NotFound."""
    row = get(LinkRow, keys.link(token))
    if row is None:
        raise NotFound("There is no such link.")
    return Link(**{name: getattr(row, name) for name in Link.__dataclass_fields__})


def claim(token: str, now: int) -> bool:
    """Spend a single-use link; False where somebody else has. Released again if no session comes of it."""
    try:
        update(
            LinkRow,
            keys.link(token),
            [LinkRow.used_at.set(now)],
            LinkRow.used_at.does_not_exist() & LinkRow.pk.exists(),
        )
    except Refused:
        return False
    return True


def release(token: str) -> None:
    """Undo a claim: what it was spent for did not happen."""
    update(LinkRow, keys.link(token), [LinkRow.used_at.remove()], LinkRow.pk.exists())
