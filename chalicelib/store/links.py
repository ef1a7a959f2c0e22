"""Mailable links: only the hash of a token is stored, so a dump of the table opens nothing."""

import re
import secrets
from dataclasses import replace
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.core.frozen import frozen
from chalicelib.errors import NotFound
from chalicelib.store import keys
from chalicelib.store.table import Refused, get, store_errors, update
from chalicelib.store.tables import LinkRow, bind

KEPT = 90 * 86_400
"""Seconds that a dead link is kept after its end, so that its page can say what happened."""

_ID = re.compile(r"lnk_[0-9a-f]{64}")


@frozen
class Link:
    """What a link opens, for whom, and until when (UTC seconds).

    `flow` is the flow's type (None: the portal's home) and `visit` all of it, as JSON; a reminder's link needs no more than
    the type. `case_sk` is the invoice whose case it belongs to. `language` is that of the mail that carries it, as a tag.
    """

    scope: str
    site: str
    customer: str
    flow: str | None
    good_until: int
    created: int = 0
    single_use: bool = False
    visit: str | None = None
    case_sk: str | None = None
    language: str | None = None
    used_at: int | None = None
    revoked_at: int | None = None
    id: str = ""


def new_token() -> str:
    """256 random bits, as they stand in the address."""
    return secrets.token_urlsafe(32)


def put(token: str, link: Link) -> Link:
    """Store a link under its token's hash, which gives it its id. One that stands there stays: it may be spent or closed."""
    made = row(token, link)
    bind()
    with store_errors():
        try:
            made.save(condition=LinkRow.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != "ConditionalCheckFailedException":
                raise
    return _link(made)


def row(token: str, link: Link) -> LinkRow:
    """A link as it is stored: under its token's hash, which gives it its id."""
    key = keys.link(token)
    named = replace(link, id=keys.link_id(key))
    ref = keys.ref_links(link.scope, link.customer)
    return LinkRow(key.pk, key.sk, ref=ref, ref_at=link.created, expires_at=link.good_until + KEPT, **named.__dict__)


def find(token: str) -> Link:
    """The link of a token, dead or alive. Raises NotFound."""
    return _found(keys.link(token))


def named(ident: str) -> Link:
    """The link of a public id, dead or alive. Raises NotFound."""
    if not is_id(ident):
        raise NotFound("There is no such link.", "id")
    return _found(keys.link_of(ident))


def _found(key: keys.Key) -> Link:
    row = get(LinkRow, key)
    if row is None:
        raise NotFound("There is no such link.")
    return _link(row)


def revoke(ident: str, scope: str, site: str, now: int) -> Link:
    """Let a link of this site open nothing from now on; again changes nothing. One write. Raises NotFound."""
    missing = NotFound("There is no such link.", "id")
    if not is_id(ident):
        raise missing
    theirs = (LinkRow.scope == scope) & (LinkRow.site == site)
    revoked_at = LinkRow.revoked_at.set(LinkRow.revoked_at | now)
    try:
        row = update(LinkRow, keys.link_of(ident), [revoked_at], theirs, "ALL_NEW")
    except Refused as refused:
        raise missing from refused
    assert row is not None
    return _link(row)


def of_customer(
    scope: str, site: str, customer: str, limit: int, after: tuple[int, str] | None = None
) -> tuple[list[Link], bool]:
    """A page of a customer's links that this site made, newest first; and whether there are more.

    `after` is (created, id) of the last link of the page before.
    """
    ref = keys.ref_links(scope, customer)
    bind()
    with store_errors():
        rows = LinkRow.query(
            ref,
            index_name="ref",
            filter_condition=LinkRow.site == site,
            scan_index_forward=False,
            limit=limit + 1,
            last_evaluated_key=_position(ref, *after) if after else None,
        )
        found = [_link(row) for row in rows]
    return found[:limit], len(found) > limit


def _position(ref: str, created: int, ident: str) -> dict[str, dict[str, Any]]:
    key = keys.link_of(ident)
    return {"ref": {"S": ref}, "ref_at": {"N": str(created)}, "pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _link(row: LinkRow) -> Link:
    return Link(**{name: getattr(row, name) for name in Link.__dataclass_fields__})


def is_id(ident: str) -> bool:
    """Whether a string can be the public id of a link."""
    return _ID.fullmatch(ident) is not None


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
