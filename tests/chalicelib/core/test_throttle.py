"""How much is too much, and who counts as one."""

import pytest

from chalicelib.core.throttle import RULES, WINDOW, prefix, refused_until, window


@pytest.mark.parametrize(
    "address, found",
    [
        ("192.0.2.17", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("::ffff:192.0.2.17", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        *((strange, "unknown") for strange in (None, "", "192.0.2", "192.0.2.1, 10.0.0.1", "localhost", "x" * 99)),
    ],
)
def test_neighbours_count_as_one(address: str | None, found: str) -> None:
    assert prefix(address) == found


def test_an_end_is_told_only_beyond_the_most_and_lies_ahead() -> None:
    rule = RULES["ip"]
    for now in range(1_793_620_800, 1_793_620_800 + 2 * WINDOW):
        assert window(now) <= now < window(now) + WINDOW
        assert refused_until(rule, rule.most, now) is None
        assert refused_until(rule, rule.most + 1, now) == window(now) + WINDOW > now
