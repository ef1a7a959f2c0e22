"""Lives of one subscriber's notices, by seed, with the handlers, faults and clock of `lives`; and the questions at the end.

Was anything sent twice, of what Stripe had just said otherwise, outside the window, too often, or forgotten?
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.core.model import Kind
from chalicelib.core.site import NOTICES
from chalicelib.core.window import Guard, Write
from chalicelib.store import keys, objects, optouts
from chalicelib.store.objects import News
from chalicelib.stripe_api import shapes
from tests.conftest import NOW, SITE
from tests.sim_mails import lives
from tests.sim_mails.edges import Edges
from tests.sim_mails.lives import Verdict
from tests.sim_mails.notice_story import Subscriber, day
from tests.sim_mails.story import DAY, HOUR, Fact
from tests.sim_mails.world import Sent, World

LIFE = 100 * DAY
ROOM = 4 * DAY + 2 * HOUR
"""A weekend and the cap: what must be left before a notice's day so that it cannot but leave."""

EMAIL = "astrid@example.com"
OUR_SITE = replace(SITE, notices=(*NOTICES, "win_back"), postal_address="Storgatan 1, Umeå")


class NoticeWorld(World):
    """A life in which no payment fails."""

    customer: Any

    def born(self, rng: Random) -> Subscriber:
        """Whose life it is."""
        self.life, self.site = LIFE, OUR_SITE
        return Subscriber(rng)

    def begin(self) -> None:
        """What we know at the start."""
        product = {"id": "prod_1", "object": "product", "name": "Plus", "active": True, "created": 1}
        self._store(Kind.PRODUCT, product)
        for kind in (Kind.CUSTOMER, Kind.CARD, Kind.SUBSCRIPTION):
            self._store(kind, self.customer.raw(kind))

    def happen(self, fact: Fact) -> None:
        """Something changes at Stripe; the webhook about it comes soon, late, or by the nightly walk."""
        fact.happen()
        self.note("stripe", fact.what)
        for kind in self.customer.news:
            lost = self.rng.random() < self.webhooks_lost
            self.news.append((self.now + (DAY if lost else self.rng.choice((1, 30, HOUR))), kind))
        self.customer.news.clear()

    def hear(self, item: tuple[float, Any]) -> None:
        """The webhook: what Stripe has is stored, in the write that ships."""
        self.news.remove(item)
        self._store(item[1], self.customer.raw(item[1]))

    def _store(self, kind: Kind, raw: dict[str, Any]) -> None:
        at = int(self.now)
        ident, owner, created = shapes.identity(kind, raw)
        key = keys.of_object(SITE.scope, kind, ident, owner, created)
        news = News(kind, shapes.record(kind, shapes.asked(kind, raw)), False, at)
        self.quietly(lambda: objects.write(key, news, Write(Guard(), at, at)))

    def wish(self, wish: tuple[float, str]) -> None:
        """Nobody in support has to do with notices; the customer may unsubscribe."""
        self.wishes.remove(wish)
        self.note("customer", "unsubscribes")
        row = optouts.row("token", SITE.scope, SITE.id, EMAIL, "en", int(self.now))
        self.quietly(lambda: optouts.refuse(row, int(self.now)))


def live(edges: Edges, seed: int, lines: list[str] | None = None) -> Verdict:
    """One life; `lines` takes its trace."""
    world = NoticeWorld(seed, lines)
    world.faults_left *= 6  # most looks find nothing to send: there must be some left for those that do
    outage = world.faults_left > 20  # so many in a row can fill the last hour in which a notice may leave
    world.webhooks_lost = world.rng.choice((0.0, 0.6))
    opted_out = world.customer.opted_out_at
    world.wishes = [(opted_out, "unsubscribe")] if opted_out is not None else []
    edges.begin(world)
    world.begin()
    return lives.judged(
        edges, world, lambda: [*_untrue(world), *_unseen(edges), *([] if outage else _forgotten(world))]
    )


def _untrue(world: World) -> Iterator[str]:
    """A mail of which Stripe had just told the mailer otherwise."""
    for mail in world.mails:
        ((_, key),) = mail.covers
        truth = world.customer.truths[int(mail.seen.get("at", -1))]
        if not _true(world.customer, key, truth, mail):
            yield f"{key} was not so when its mailer looked"


def _true(customer: Any, key: str, truth: dict[str, Any], mail: Sent) -> bool:
    kind, _, about = key.partition("-")
    if kind in ("win_14", "win_30"):
        out = customer.opted_out_at is not None and customer.opted_out_at < mail.at - HOUR
        left = customer.reason == "cancellation_requested"
        return bool(
            customer.consents and not left and not truth["subscriptions"]["data"] and not (out and mail.to == EMAIL)
        )
    end = truth["items"]["data"][0]["current_period_end"]
    if kind == "stopped":
        return bool(truth["status"] == "canceled" and truth["latest_invoice"]["status"] == "open")
    goes_on: bool = not truth["cancel_at_period_end"]
    if kind.startswith("trial"):
        return goes_on and truth["status"] == "trialing" and day(end) == about and mail.at < end
    if kind.startswith("renewal"):
        return goes_on and truth["status"] == "active" and day(end) == about and mail.at < end
    card = truth["customer"]["invoice_settings"]["default_payment_method"]["card"]
    dated = f"{card['exp_year']}-{card['exp_month']:02d}"
    following = datetime(
        card["exp_year"] + card["exp_month"] // 12, card["exp_month"] % 12 + 1, 1, tzinfo=_zone(customer)
    )
    return bool(goes_on and dated == about and mail.at < following.timestamp() <= end)


def _zone(customer: Any) -> ZoneInfo:
    return ZoneInfo(customer.zone)


def _unseen(edges: Edges) -> Iterator[str]:
    """What is due and nobody looks at."""
    for (_, sk), item in edges.table.items.items():
        if "due_shard" in item and int(item["due_at"]["N"]) <= NOW + LIFE - DAY:
            yield f"{sk} is due and nobody looks"


def _forgotten(world: World) -> list[str]:
    """A notice that had every chance and did not leave."""
    told = {step.split("-")[0] for mail in world.mails for _, step in mail.covers}
    if world.customer.changed or world.bouncing or any(mail.doubtful for mail in world.mails):
        return []
    return [f"{key} never left" for key in sorted(_expected(world.customer) - told)]


def _expected(customer: Subscriber) -> set[str]:
    """What a subscriber to whom nothing happened must have been told."""
    plans = {"trial": {"trial_7": 7, "trial_1": 1}, "year": {"renewal_45": 45, "renewal_7": 7}}.get(customer.story, {})
    room = customer.first_end - NOW - ROOM
    expected = {key for key, days in plans.items() if days * DAY < room}
    if customer.story == "ended":
        failed, agreed = customer.reason == "payment_failed", customer.consents and customer.opted_out_at is None
        expected |= {"stopped"} if failed else set()
        expected |= {"win_14", "win_30"} if failed and agreed else set()
    return expected | ({"card_7"} if customer.story == "card" and _in_time(customer) else set())


def _in_time(customer: Subscriber) -> bool:
    """Whether the last payment before the card expires leaves room to say so."""
    expiry = datetime(customer.exp[0] + customer.exp[1] // 12, customer.exp[1] % 12 + 1, 1, tzinfo=UTC).timestamp()
    payments = [customer.first_end + month * 30 * DAY for month in range(4)]
    return max(at for at in payments if at < expiry + DAY) < expiry - ROOM - 2 * DAY
