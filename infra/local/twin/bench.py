"""`python -m infra.local.twin.bench [SUBSCRIPTIONS ...]`: how long a year of so many monthly subscriptions takes in-process."""

import resource
import sys
import time
from typing import Any

from infra.local.twin.core.twin import Twin

START = 1_790_000_000
YEAR = 365 * 86400


def year(subscriptions: int) -> tuple[float, float, int]:
    """Seconds to make them, seconds for the year, and the invoices at its end."""
    twin = Twin(1, start=START)
    begun = time.perf_counter()
    product = _post(twin, "products", name="Plan")["id"]
    price = _post(twin, "prices", product=product, unit_amount=9900, currency="sek", recurring={"interval": "month"})
    for _ in range(subscriptions):
        card = {"default_payment_method": "pm_card_visa"}
        customer = _post(twin, "customers", payment_method="pm_card_visa", invoice_settings=card)
        _post(twin, "subscriptions", customer=customer["id"], items=[{"price": price["id"]}])
    made = time.perf_counter()
    twin.advance(YEAR)
    return made - begun, time.perf_counter() - made, len(twin.world.table("invoice"))


def _post(twin: Twin, path: str, **params: Any) -> Any:
    status, _, body = twin.request("POST", f"/v1/{path}", params)
    if status != 200:
        raise RuntimeError(body["error"]["message"])
    return body


def main(words: list[str]) -> int:
    """One line for each size."""
    for count in [int(word) for word in words] or [250, 500, 1000]:
        made, lived, invoices = year(count)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        each = lived / invoices * 1000
        print(
            f"{count} subscriptions: made in {made:.1f} s, a year in {lived:.1f} s ({each:.2f} ms an invoice), {memory} MB"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
