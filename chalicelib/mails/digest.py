"""The mail to the merchant: yesterday in numbers. Amounts of several currencies are never added up."""

from collections.abc import Iterable

from chalicelib.core.model import Money
from chalicelib.core.notices import DaySums, Digest
from chalicelib.core.rendered import Mail
from chalicelib.mails.letter import Table
from chalicelib.mails.voice import Voice, blaming

REASONS = 5
"""How many decline codes are listed; the rest is in the API."""


def digest(facts: Digest) -> Mail:
    """One day's failed, recovered and open payments; Misconfigured if the site cannot be written for."""
    with blaming(facts.reader.site):
        voice = Voice("digest", facts.reader)
        voice.put(day=voice.day(facts.day_at))
        some = any(each.failed or each.recovered or each.unpaid or each.open for each in facts.sums)
        return voice.letter(
            subject="first",
            preheader=voice.say("body.preheader"),
            before=() if some else (voice.say("body.quiet"),),
            tables=_tables(voice, facts) if some else (),
            button=voice.say("body.button"),
            link=facts.link,
            after=(),
            why=voice.say("body.why"),
        )


def _tables(voice: Voice, facts: Digest) -> tuple[Table, ...]:
    sums = facts.sums
    counted = {
        "failed": [(each.failed, each.failed_amount, each) for each in sums],
        "recovered": [(each.recovered, each.recovered_amount, each) for each in sums],
        "unpaid": [(each.unpaid, each.unpaid_amount, each) for each in sums],
        "open": [(each.open, each.open_amount, each) for each in sums],
    }
    rows = tuple((voice.say(f"body.{name}"), _amounts(voice, each)) for name, each in counted.items())
    reasons = sorted(facts.reasons, key=lambda reason: (-reason[1], reason[0]))[:REASONS]
    tables = [Table(voice.say("body.happened"), rows)]
    if reasons:
        tables.append(Table(voice.say("body.reasons"), tuple((voice.shown(code), str(n)) for code, n in reasons)))
    return tuple(tables)


def _amounts(voice: Voice, counted: Iterable[tuple[int, int, DaySums]]) -> str:
    """`447 kr (3), 20 € (1)`: the sum in each currency in which there was something, with the number of payments."""
    written = [
        f"{voice.money(Money(amount, each.currency))}\u00a0({number})" for number, amount, each in counted if number
    ]
    return ", ".join(written) or "0"
