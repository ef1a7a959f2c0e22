"""A year of many subscriptions takes time in proportion to them."""

from infra.local.twin import bench


def test_four_times_as_many_subscriptions_take_about_four_times_as_long() -> None:
    few = min(bench.year(10)[1] for _ in range(3))
    _, many, invoices = bench.year(40)

    assert invoices == 40 * 13
    assert many / few < 12, "more than linear"
