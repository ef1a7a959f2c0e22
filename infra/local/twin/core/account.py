"""The merchant's own account."""

from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import refused
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

NAME = "Nordlys"


def create(world: World) -> Obj:
    """The account as it is when the twin starts."""
    return world.add(
        {
            "id": world.account,
            "object": "account",
            "business_profile": {
                "annual_revenue": None,
                "estimated_worker_count": None,
                "mcc": "5734",
                "minority_owned_business_designation": None,
                "name": NAME,
                "product_description": None,
                "support_address": None,
                "support_email": "help@nordlys.example",
                "support_phone": None,
                "support_url": None,
                "url": "https://nordlys.example",
            },
            "business_type": "company",
            "capabilities": {"card_payments": "active", "transfers": "active"},
            "charges_enabled": True,
            "controller": {"type": "account"},
            "country": "SE",
            "created": world.now,
            "default_currency": "sek",
            "details_submitted": True,
            "email": "owner@nordlys.example",
            "metadata": {},
            "payouts_enabled": True,
            "type": "standard",
        }
    )


def retrieve(world: World, call: Call) -> Obj:
    """Our own account; no other is known."""
    wanted = call.ids[0] if call.ids else world.account
    if wanted != world.account:
        raise refused(
            f"The provided key does not have access to account '{wanted}' (or that account does not exist). "
            "Application access may have been revoked.",
            403,
        )
    return world.get("account", wanted)
