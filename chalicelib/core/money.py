"""How many decimals an amount of Stripe's has. Integers and Decimals only: a float never holds money here."""

from decimal import Decimal

from chalicelib.core.model import Money

# https://docs.stripe.com/currencies: everything else has two decimals. ISK and UGX have none in daily life but two at
# Stripe (always 00), and HUF and TWD lose theirs in payouts only, so all four are ordinary two-decimal currencies here.
ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def exponent(currency: str) -> int:
    """The number of decimals between Stripe's minor unit of `currency` and its major one: 0, 2 or 3."""
    code = currency.lower()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def major(money: Money) -> Decimal:
    """The amount in major units, exact: 14900 sek is 149.00, 500 jpy is 500, 5124 kwd is 5.124."""
    return Decimal(money.amount).scaleb(-exponent(money.currency))
