"""The links of a customer as the API writes them: never their tokens, which nobody knows but who made them."""

import json
import re
from typing import Any

from chalicelib.actions.links import state
from chalicelib.actions.open_portal import owned
from chalicelib.core.flows import Visit
from chalicelib.core.members import Invalid
from chalicelib.core.site import Site
from chalicelib.store import links
from chalicelib.store.links import Link

_CURSOR = re.compile(r"([0-9]{1,12})\.(lnk_[0-9a-f]{64})")


def list_links(site: Site, customer: str, limit: int, cursor: str | None, now: int) -> dict[str, Any]:
    """A page, newest first: one read, and a second where there is none. Raises NotFound for an unknown customer, Invalid."""
    after = _CURSOR.fullmatch(cursor) if cursor is not None else None
    if cursor is not None and after is None:
        raise Invalid("cursor must be a next_cursor of this list.", "cursor")
    position = (int(after[1]), after[2]) if after else None
    page, more = links.of_customer(site.scope, site.id, customer, limit, position)
    if not page and cursor is None:
        owned(site.scope, Visit(customer))
    following = f"{page[-1].created}.{page[-1].id}" if more else None
    return {"data": [shown(link, now) for link in page], "has_more": more, "next_cursor": following}


def shown(link: Link, now: int) -> dict[str, Any]:
    """A link. A reminder's names its invoice; `pay` (the hosted invoice) and `manage` are no flows of the portal."""
    visit = json.loads(link.visit) if link.visit else {}
    return {
        "id": link.id,
        "customer": link.customer,
        "flow": visit.get("flow") or ({"type": link.flow} if link.flow else None),
        "return_url": visit.get("return_url"),
        "invoice": link.case_sk.rsplit("#", 1)[1] if link.case_sk else None,
        "single_use": link.single_use,
        "state": state(link, now),
        "created": link.created,
        "expires_at": link.good_until,
        "used_at": link.used_at,
        "revoked_at": link.revoked_at,
    }
