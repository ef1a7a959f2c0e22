"""Idempotency keys: the first answer of a key is given again for a day; the same key with another request is an error."""

import hashlib
import json
from typing import Any

from infra.local.twin.core.errors import StripeError
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World


def fingerprint(method: str, path: str, params: Any) -> str:
    """What must be the same when a key comes again."""
    return hashlib.sha256(json.dumps([method, path, params], sort_keys=True).encode()).hexdigest()


def earlier(world: World, key: str, print_: str) -> Obj | None:
    """The answer that this key got before, None the first time."""
    kept = world.answers.get(key)
    if kept is None or kept["at"] < world.now - 86400:
        return None
    if kept["print"] != print_:
        raise StripeError(
            400,
            "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
        )
    return kept


def keep(world: World, key: str, print_: str, answer: tuple[int, dict[str, str], str]) -> None:
    """Keeps an answer. Only those of requests that began to run are kept: a request that did not validate may be mended."""
    status, headers, body = answer
    world.answers[key] = {"print": print_, "status": status, "headers": headers, "body": body, "at": world.now}
