"""What runs on this machine and where: what `up --json` prints, and what our own programs need besides."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

PRINTED = (
    *("api", "stripe", "inbox", "shop", "aws", "account", "api_key", "site", "site_secret"),
    *("webhook_url", "webhook_secret"),
)


@dataclass(frozen=True)
class Stack:
    """Addresses without a trailing slash, and names.

    `stripe_key` is the twin's API key. `functions` maps logical ids to the functions' names; `queues` are the URLs of
    the working queues, `dead` those of the queues that hold what failed. `clock_file` holds the offset of the shared
    clock, and `twin` says whether `stripe` is ours to move. `site_secret` signs redirects.
    """

    api: str
    stripe: str
    inbox: str
    shop: str
    aws: str
    account: str
    api_key: str
    site: str
    site_secret: str
    webhook_url: str
    webhook_secret: str
    stripe_key: str
    functions: dict[str, str]
    queues: tuple[str, ...]
    dead: tuple[str, ...]
    clock_file: str
    twin: bool

    def line(self) -> str:
        """The one line of JSON that tells another program where everything is."""
        values = asdict(self)
        return json.dumps({name: values[name] for name in PRINTED})

    def save(self, path: Path) -> None:
        """Write all of it for our own programs."""
        path.write_text(json.dumps(asdict(self)))


def load(path: Path) -> Stack:
    """Read what `save` wrote."""
    values = json.loads(path.read_text())
    return Stack(**{**values, "queues": tuple(values["queues"]), "dead": tuple(values["dead"])})
