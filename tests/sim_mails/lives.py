"""Lives by seed, and the questions at the end of each: was anything sent twice, too late, at night, or forgotten?"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.core.cases import RECOVERED
from chalicelib.core.declines import LIKELY_CANCEL
from chalicelib.core.dunning import CAP, Case, ends_at
from chalicelib.core.timing import NOTICE
from chalicelib.store import keys
from chalicelib.store.tables import MailRow, ObjectRow
from tests.conftest import NOW
from tests.sim_mails.edges import CAMPAIGN, Edges
from tests.sim_mails.story import DAY, Owed
from tests.sim_mails.world import LIFE, LONGEST_TASK, Restless, Sent, World, key_of

SLACK = LONGEST_TASK + 10
"""Seconds from the gate's look at the clock to the mail: the handler's longest life."""


@dataclass(frozen=True)
class Verdict:
    """What a life came to. `remains`: mails sent twice since SES's answer and its notification were both lost or late."""

    seed: int
    wrong: tuple[str, ...]
    mails: int
    remains: int


Life = Callable[..., Verdict]
"""One life by its seed; `lines` takes its trace."""


def live(edges: Edges, seed: int, lines: list[str] | None = None) -> Verdict:
    """One life of failed payments."""
    world = World(seed, lines)
    edges.begin(world)
    return judged(
        edges,
        world,
        lambda: [*_after_payment(world), *_thanks(edges, world), *_forgotten(edges, world), *_too_late(edges, world)],
    )


def judged(edges: Edges, world: World, also: Callable[[], Iterable[str]]) -> Verdict:
    """A life up to its end: what is asked of every one, and what is `also` asked of its kind."""
    try:
        world.run()
    except Restless as restless:
        return Verdict(world.seed, (str(restless), *world.wrong[:1]), len(world.mails), 0)
    again = list(_twice(world))
    remains = [mail for mail in again if _excused(world, mail)]
    wrong = [f"{mail.covers} sent twice" for mail in again if mail not in remains]
    wrong += [*world.wrong[:1], *also(), *_at_night(world), *_books(edges, world)]
    wrong += [] if remains or world.bouncing else _too_often(world)
    for reason in wrong:
        world.note("WRONG", reason)
    return Verdict(world.seed, tuple(wrong), len(world.mails), len(remains))


def first_wrong(edges: Edges, seeds: Iterable[int], life: Life = live) -> Verdict | None:
    """The first of these lives that came out wrong."""
    return next((found for seed in seeds if (found := life(edges, seed)).wrong), None)


def trace(edges: Edges, seed: int, life: Life = live) -> str:
    """What happens in a life, line by line; the same every time."""
    lines: list[str] = []
    life(edges, seed, lines)
    return "\n".join(lines)


def _twice(world: World) -> Iterator[Sent]:
    """Every mail about a step of a case that an earlier mail was about, unless that one came back."""
    had: dict[tuple[str, str], Sent] = {}
    for mail in world.mails:
        again = [had[each] for each in mail.covers if each in had]
        if any(not before.bounced for before in again):
            yield mail
        had |= dict.fromkeys(mail.covers, mail)


def _excused(world: World, mail: Sent) -> bool:
    """Whether nobody could know of the earlier mail: its notification was lost, or came after the lease."""
    earlier = world.mails[: world.mails.index(mail)]
    return any(set(before.covers) & set(mail.covers) and before.doubtful for before in earlier)


def _after_payment(world: World) -> list[str]:
    """A mail whose own GETs had shown one of its invoices to be settled; thanks for one that was not paid."""
    found = ((case, step, mail.seen.get(case)) for mail in world.mails for case, step in mail.covers)
    return [
        f"{case} was {status} when its mailer looked"
        for case, step, status in found
        if status != ("paid" if step == RECOVERED else "open") and not (step == RECOVERED and status is None)
    ]


def _thanks(edges: Edges, world: World) -> list[str]:
    """Thanks before anything was written, or for what is not paid; and a paid case, written about in peace, without any."""
    told: dict[str, list[str]] = {}
    for mail in world.mails:
        for case, step in mail.covers:
            told.setdefault(case, []).append(step)
    status = {owed.id: owed.status for owed in world.customer.owed}
    wrong = [
        f"thanks for {case}: {steps}"
        for case, steps in told.items()
        if RECOVERED in steps and _odd(case, steps, status)
    ]
    calm = not (
        any(mail.by_hand for mail in world.mails)
        or world.bouncing
        or world.wishes
        or world.stopped
        or world.wanted
        or world.customer.gone
    )
    if calm and len(status) == 1 and not any(mail.doubtful for mail in world.mails):
        wrong += [
            f"no thanks for {owed.id}"
            for owed in world.customer.owed
            if owed.status == "paid" and _open_to_thanks(edges, owed) and RECOVERED not in told[owed.id]
        ]
    return wrong


def _odd(case: str, steps: list[str], status: dict[str, str]) -> bool:
    return status[case] != "paid" or steps[0] == RECOVERED or steps[-1] != RECOVERED


def _open_to_thanks(edges: Edges, owed: Owed) -> bool:
    """Whether a case was written about and was still open when its invoice was paid."""
    row: Any = ObjectRow.from_raw_data(dict(edges.table.items[key_of(owed)]))
    return row.case_sent is not None and row.case_closed == "invoice_paid"


def _at_night(world: World) -> list[str]:
    """A mail outside the window of the customer's zone, but for those that somebody wanted at once."""
    zone = ZoneInfo(world.customer.zone)
    return [f"a mail at {mail.at}" for mail in world.mails if not (mail.by_hand or _in_window(mail.at, zone))]


def _in_window(at: float, zone: ZoneInfo) -> bool:
    moments = (datetime.fromtimestamp(each, zone) for each in (at, at - SLACK))
    return any(each.isoweekday() < 6 and 9 <= each.hour < 17 for each in moments)


def _too_often(world: World) -> list[str]:
    """Two mails within the cap.

    Only a final notice that would else come too late may follow a mail about other cases, or one that somebody wanted at once;
    and any mail one of which nobody could know that it had left.
    """
    return [
        f"two mails within {after.at - before.at:.0f} s"
        for before, after in pairwise(world.mails)
        if after.at - before.at < CAP - SLACK and not (before.doubtful or after.by_hand or _last_chance(before, after))
    ]


def _last_chance(before: Sent, after: Sent) -> bool:
    others = {case for case, _ in before.covers}
    return any(step == "day_7" and (before.by_hand or case not in others) for case, step in after.covers)


def _forgotten(edges: Edges, world: World) -> Iterator[str]:
    for owed in world.customer.owed:
        item = edges.table.items.get(key_of(owed))
        if item is None:
            yield f"{owed.id} was never stored"
            continue
        row: Any = ObjectRow.from_raw_data(dict(item))
        if owed.status == "open" and row.case_closed is None and row.due_at is None:
            yield f"{owed.id} is open, not due, and nobody said why"
        if row.due_shard is not None and row.due_at <= NOW + LIFE:
            yield f"{owed.id} is due and nobody looks"
        if _must_be_told(world, owed) and not any((owed.id, "day_7") in mail.covers for mail in world.mails):
            yield f"the final notice of {owed.id} never left: {row.case_handled}, {row.case_closed}"


def _too_late(edges: Edges, world: World) -> Iterator[str]:
    """In a calm life: a final notice less than 72 hours before the end that it names.

    But for one that waited for a payment under way, and for one that another invoice's mail took along, of a case that was
    closed since the customer seems to have told the bank to stop.
    """
    processing = {fact.invoice.id for fact in world.customer.facts if fact.invoice and "processing" in fact.what}
    for owed in world.customer.owed if world.calm else ():
        finals = [mail.at for mail in world.mails if (owed.id, "day_7") in mail.covers]
        if finals and owed.id not in processing and owed.code not in LIKELY_CANCEL:
            row: Any = ObjectRow.from_raw_data(dict(edges.table.items[key_of(owed)]))
            end = ends_at(CAMPAIGN, Case(int(row.case_opened_at)), world.customer.zone)
            yield from (f"the final notice of {owed.id} at {at}" for at in finals if at > end - NOTICE)


def _books(edges: Edges, world: World) -> Iterator[str]:
    """What is written down of mails must be what left: nothing more, and nothing less unless nobody could know."""
    left = {(mail.tags["mail"], mail.tags["claim"]): mail for mail in world.mails}
    written = {}
    for (pk, sk), item in edges.table.items.items():
        if pk.startswith("H#"):
            row = MailRow.from_raw_data(dict(item))
            written[str(int(sk.removeprefix(keys.MAILS)))] = row.sent_at is not None
    numbers = {number for number, _ in left}
    yield from (f"mail {n} is written down and never left" for n, sent in written.items() if sent and n not in numbers)
    for (number, _), mail in left.items():
        if not written.get(number) and not mail.doubtful:
            yield f"mail {number} left and is not written down"


def _must_be_told(world: World, owed: Owed) -> bool:
    """Whether nothing at all stood in the way of a case's final notice."""
    plain = owed.status == "open" and owed.code not in LIKELY_CANCEL and not world.stopped and not world.bouncing
    customer = world.customer
    calm = not customer.gone and customer.subscription == "past_due" and not world.wishes
    others = all(each.status == "open" for each in customer.owed)
    return plain and calm and others and owed.created + (CAMPAIGN.end_day + 5) * DAY < NOW + LIFE
