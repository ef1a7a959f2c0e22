"""What the files of this repository say of sites and portals, held against what stands; and the sites' API keys."""

from collections.abc import Iterator

from chalicelib.store import api_keys
from chalicelib.stripe_api import setup
from chalicelib.stripe_api.gateway import Client
from infra.deployment import Deployment
from infra.difference import Change
from infra.doctor.report import Line, ok, warn, wrong
from infra.shape import FileError
from infra.sites import files, stored
from infra.sites.files import SiteFile
from infra.stripe import account, configuration

SITES, PORTALS = "python -m infra.sites apply", "python -m infra.stripe apply"


def files_of(found: Deployment, into: list[SiteFile]) -> Iterator[Line]:
    """The site files, which `into` gets; a line only where they are wrong."""
    try:
        into += files.read(found.stage, stored.facts(found))
    except FileError as error:
        lines = str(error).splitlines()
        yield warn(f"site files: {lines[0]}", f"python -m infra.sites plan names all {len(lines)}")


def site(named: SiteFile) -> Iterator[Line]:
    """A site is stored as its file says."""
    step = stored.plan(named.site)
    if step.there is None:
        yield wrong(f"site {named.site.id}: its file is not stored", SITES)
    elif step.changes:
        yield warn(f"site {named.site.id}: is not as its file says: {_paths(step.changes)}", SITES)
    else:
        yield ok(f"site {named.site.id}: as its file says")


def keys(ident: str) -> Iterator[Line]:
    """A site's back end has an API key that counts."""
    active = [each for each in api_keys.of_site(ident) if each.revoked_at is None]
    if active:
        unused = [each.id for each in active if each.last_used_at is None]
        never = f", never used: {', '.join(unused)}" if unused else ""
        yield ok(f"keys of {ident}: {len(active)} active{never}")
    else:
        yield warn(f"keys of {ident}: none is active", f"python -m infra.keys create --site {ident}")


def portals(read: list[SiteFile], stage: str, client: Client) -> Iterator[Line]:
    """The portal configurations at Stripe are as their files say."""
    there = setup.configurations(client) if read else []
    for each in read:
        standing = stored.find(each.site.id)
        if standing is None:
            continue
        try:
            given = account.configurations(each, stage == "local")
        except FileError as error:
            yield warn(f"portal of {each.site.id}: {str(error).splitlines()[0]}", "python -m infra.stripe plan")
            continue
        for step in configuration.plan(stage, standing, given, there):
            what = f"portal {step.kind} of {each.site.id}"
            if step.there is None:
                yield warn(f"{what}: is not made yet", PORTALS)
            elif step.changes:
                yield warn(f"{what}: is not as its file says: {_paths(step.changes)}", PORTALS)
            else:
                yield ok(f"{what}: as its file says")


def _paths(changes: list[Change]) -> str:
    return ", ".join(each.path for each in changes)
