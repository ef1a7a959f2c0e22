"""How much is too much. An ordinary burst passes for free; what goes on beyond it is counted for all Lambdas together."""

from ipaddress import IPv6Address, ip_address, ip_network

from chalicelib.core.frozen import frozen

WINDOW = 60
"""Seconds in which what goes beyond a burst is counted together."""


@frozen
class Rule:
    """`burst` at once and `per_second` ever after pass one Lambda uncounted; beyond that, `most` in a window pass them all."""

    burst: int
    per_second: int
    most: int


RULES = {
    "key": Rule(burst=600, per_second=50, most=6000),
    "site": Rule(burst=1200, per_second=100, most=12_000),
    "ip": Rule(burst=300, per_second=10, most=1200),
}
"""An API key, all of a site, and a neighbourhood of addresses (`prefix`) that shows nobody's key."""


def window(now: int) -> int:
    """The start of the window that a second lies in."""
    return now - now % WINDOW


def refused_until(rule: Rule, counted: int, now: int) -> int | None:
    """When to come again, after so many in this window; None for now."""
    return window(now) + WINDOW if counted > rule.most else None


def prefix(address: str | None) -> str:
    """The neighbourhood of an address: one household or office rarely has more than a /24, or in IPv6 a /64, of its own."""
    try:
        read = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(read, IPv6Address) and read.ipv4_mapped:
        read = read.ipv4_mapped
    return str(ip_network(f"{read}/{24 if read.version == 4 else 64}", strict=False))
