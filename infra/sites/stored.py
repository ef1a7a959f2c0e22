"""The sites in the deployment's table, held against their files."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.store import sites
from infra.deployment import Deployment
from infra.difference import Change, compare
from infra.sites.files import Facts

KEPT = ("portal_configuration", "card_configuration", "login_url", "metadata")
"""What `infra.stripe` and nobody's file decides."""


@dataclass(frozen=True)
class Step:
    """A site as it should be stored, what stands there, and what differs."""

    wanted: Site
    there: Site | None
    changes: list[Change]

    def __str__(self) -> str:
        """The difference, a line for each field."""
        first = [] if self.there else [f"site {self.wanted.id}: is new"]
        return "\n".join([*first, *(f"site {self.wanted.id}: {each}" for each in self.changes)])


def facts(deployment: Deployment) -> Facts:
    """What the deployment decides about its sites. Raises NoStack."""
    return Facts(
        deployment.account, deployment.livemode, deployment.identity, deployment.api, deployment.site, deployment.local
    )


def find(ident: str) -> Site | None:
    """The site as it stands in the table now; None where there is none that this version can read. Raises StoreUnavailable."""
    sites.forget()
    try:
        return sites.find(ident)
    except (Misconfigured, KeyError, TypeError):
        return None


def plan(wanted: Site) -> Step:
    """What would change. Raises StoreUnavailable."""
    there = find(wanted.id)
    if there is None:
        return Step(wanted, None, compare({}, asdict(wanted)))
    wanted = replace(wanted, **{name: getattr(there, name) for name in KEPT})
    return Step(wanted, there, [*_changes(asdict(there), asdict(wanted))])


def _changes(there: dict[str, Any], wanted: dict[str, Any]) -> Iterator[Change]:
    """Field by field. Of a site the order of a list counts (the first language), and so does what is no longer there."""
    for name, value in wanted.items():
        found = compare(there[name], value, name)
        yield from found
        if not found and there[name] != value:
            yield Change(name, there[name], value)


def bring(step: Step) -> None:
    """Store a site where it differs. Raises StoreUnavailable."""
    if step.there is None or step.changes:
        sites.put(step.wanted)
