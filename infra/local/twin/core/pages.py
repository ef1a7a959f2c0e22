"""Lists: newest first, cut by limit, starting_after and ending_before."""

from collections.abc import Callable, Iterable

from infra.local.twin.core.errors import invalid, missing
from infra.local.twin.core.params import RANGE, Check, Required, count, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import NOUNS

PAGING: dict[str, Check | Required] = {"limit": count, "starting_after": text, "ending_before": text}
CREATED: dict[str, Check | Required] = {**PAGING, "created": RANGE}


def paged(rows: Iterable[Obj], params: Obj, url: str, newest_first: bool = True) -> Obj:
    """One page of `rows` (given oldest first) as a list object."""
    kept = [row for row in rows if in_range(row.get("created"), params.get("created"))]
    if newest_first:
        kept.reverse()
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid limit: must be between 1 and 100", "limit", "parameter_invalid_integer")
    data, more = _window(kept, params, limit)
    return listing(data, url, more)


def _window(rows: list[Obj], params: Obj, limit: int) -> tuple[list[Obj], bool]:
    if "starting_after" in params and "ending_before" in params:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.", "starting_after")
    if "ending_before" in params:
        end = _position(rows, params["ending_before"], "ending_before")
        return rows[max(0, end - limit) : end], end > limit
    start = _position(rows, params["starting_after"], "starting_after") + 1 if "starting_after" in params else 0
    return rows[start : start + limit], len(rows) > start + limit


def _position(rows: list[Obj], wanted: str, param: str) -> int:
    for at, row in enumerate(rows):
        if row["id"] == wanted:
            return at
    noun = rows[0]["object"] if rows else "object"
    raise missing(NOUNS.get(noun, noun), wanted, param)


def listing(data: list[Obj], url: str, more: bool = False) -> Obj:
    """A list object."""
    return {"object": "list", "data": data, "has_more": more, "url": url}


def in_range(value: int | None, wanted: "int | Obj | None") -> bool:
    """Whether a time passes the filter of a list: a second, or bounds (gt, gte, lt, lte)."""
    if wanted is None:
        return True
    if value is None:
        return False
    if isinstance(wanted, int):
        return value == wanted
    tests: dict[str, Callable[[int, int], bool]] = {
        "gt": lambda a, b: a > b,
        "gte": lambda a, b: a >= b,
        "lt": lambda a, b: a < b,
        "lte": lambda a, b: a <= b,
    }
    return all(tests[name](value, bound) for name, bound in wanted.items())
