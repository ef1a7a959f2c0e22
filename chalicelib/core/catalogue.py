"""What the merchant sells and takes off: prices and coupons. Decimals are kept as Stripe writes them."""

from chalicelib.core.frozen import frozen


@frozen
class Tier:
    """One tier of a price, up to a quantity (null: the last one)."""

    up_to: int | None
    unit_amount: int | None
    unit_amount_decimal: str | None
    flat_amount: int | None
    flat_amount_decimal: str | None


@frozen
class Price:
    """A price. `unit_amount` is null where it is fractional (see `unit_amount_decimal`) or tiered.

    `divide_by` and `round` (`up`, `down`) say how a quantity is made smaller before it is multiplied.
    """

    id: str
    product: str
    active: bool
    currency: str
    unit_amount: int | None
    unit_amount_decimal: str | None
    interval: str | None
    interval_count: int | None
    usage_type: str | None
    billing_scheme: str
    tiers_mode: str | None
    tiers: tuple[Tier, ...]
    divide_by: int | None
    round: str | None
    nickname: str | None
    metadata: dict[str, str]
    created: int


@frozen
class Coupon:
    """A coupon takes `percent_off` (a decimal number) or `amount_off` in `currency` off these products (none: off all)."""

    id: str
    name: str | None
    percent_off: str | None
    amount_off: int | None
    currency: str | None
    duration: str
    duration_in_months: int | None
    valid: bool
    products: tuple[str, ...]
    created: int
