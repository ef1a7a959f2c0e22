"""`python -m infra.campaigns check | preview NAME | simulate NAME`: campaigns before anybody gets a mail of them.

`check` reads every file. `preview` prints a campaign's calendar. `simulate` plays a failure against the real gate and prints
what would go out when, in the customer's local time: `--failed 2026-11-06T16:30 --zone Europe/Stockholm --code expired_card
--retry 3 --retry 5`, retries in days after the failure.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from chalicelib import campaigns
from chalicelib.core.campaign import Campaign
from chalicelib.core.cases import FIRST_LOOK
from chalicelib.core.declines import Decline, is_retried
from chalicelib.core.dunning import (
    ALONE,
    Around,
    Case,
    Close,
    Facts,
    Hold,
    Send,
    decide,
    ends_at,
    promised_retry,
)
from chalicelib.core.model import Invoice
from chalicelib.errors import Misconfigured

DAY = 86_400
MOST_LOOKS = 200


@dataclass(frozen=True)
class Failure:
    """A failed payment to play: when (UTC seconds), where, why, and when Stripe tries again (UTC seconds)."""

    at: int
    zone: str
    code: str | None
    retries: tuple[int, ...]


def main(arguments: list[str]) -> int:
    """0 where all is sound; 1 where a campaign could not run."""
    options = read(arguments)
    try:
        if options.command == "check":
            return check()
        campaign = campaigns.load(options.campaign)
    except Misconfigured as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(preview(campaign) if options.command == "preview" else simulate(campaign, failure(options))))
    return 0


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.campaigns", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("check", "preview", "simulate"))
    parser.add_argument("campaign", nargs="?", help="its id: the name of its file")
    parser.add_argument("--failed", type=datetime.fromisoformat, default=None, help="local time of the failure")
    parser.add_argument("--zone", default="UTC", help="the customer's IANA time zone (default UTC)")
    parser.add_argument(
        "--code", default="insufficient_funds", help="Stripe's decline code (default insufficient_funds)"
    )
    parser.add_argument("--retry", type=float, action="append", default=[], help="days after the failure; repeatable")
    options = parser.parse_args(arguments)
    if options.command != "check" and not options.campaign:
        parser.error(f"{options.command} needs a campaign: {', '.join(campaigns.known())}")
    if options.zone not in available_timezones():
        parser.error(f"--zone {options.zone!r} is no IANA time zone, such as Europe/Stockholm")
    return options


def check() -> int:
    """Read every campaign; a line for each."""
    wrong = 0
    for name in campaigns.known():
        try:
            campaign = campaigns.load(name)
        except Misconfigured as error:
            wrong += 1
            print(f"wrong  {error}")
        else:
            days = ", ".join(f"{step.day}{' final' if step.final else ''}" for step in campaign.steps)
            print(f"sound  {name}: days {days}; end on day {campaign.end_day}")
    return 1 if wrong else 0


def preview(campaign: Campaign) -> list[str]:
    """A campaign's calendar, in words."""
    days = "Monday to Friday" if campaign.weekdays_only else "every day"
    opens, closes = (each.isoformat("minutes") for each in (campaign.opens, campaign.closes))
    return [
        f"{campaign.id}, version {campaign.version}: {days}, {opens} to {closes} local time",
        *(
            f"  day {step.day:>3}  {step.key}{'  (final: names the end)' if step.final else ''}"
            for step in campaign.steps
        ),
        f"  day {campaign.end_day:>3}  the end",
        f"  a lack of funds is silent for {campaign.funds_wait_hours} hours, or until the first retry has failed",
    ]


def failure(options: argparse.Namespace) -> Failure:
    """The failure that the options describe."""
    local = options.failed or datetime(2026, 11, 6, 16, 30)  # noqa: DTZ001 - made aware in the next line
    at = int(local.replace(tzinfo=ZoneInfo(options.zone)).timestamp())
    return Failure(at, options.zone, options.code, tuple(sorted(at + int(each * DAY) for each in options.retry)))


def simulate(campaign: Campaign, told: Failure) -> list[str]:
    """A line for each moment at which something happens, until the case is closed. Every retry fails, nobody pays."""
    lines = [f"{_local(told.at, told.zone)}  the payment fails: {told.code or 'no code'}"]
    lines += [f"{_local(at, told.zone)}  {what}" for at, what in _looks(campaign, told)]
    retried = is_retried(Decline(told.code))
    lines += [
        f"{_local(at, told.zone)}  Stripe tries again{'' if retried else ' in name only: this code is never charged again'}"
        for at in told.retries
    ]
    return sorted(lines[:1]) + sorted(lines[1:])


def _looks(campaign: Campaign, told: Failure) -> Iterator[tuple[int, str]]:
    case, now, around = Case(told.at), told.at + int(FIRST_LOOK.total_seconds()), ALONE
    for _ in range(MOST_LOOKS):
        facts = _facts(told, now)
        match decide(campaign, case, facts, told.zone, now, around):
            case Hold(until, reason):
                if reason not in ("next_step", "campaign_end"):
                    yield now, f"waits: {reason}"
                now = until
            case Close(reason):
                yield now, f"the case is closed: {reason}"
                return
            case Send(step, track, skipped):
                ends = ends_at(campaign, case, told.zone)
                retry = promised_retry(facts, now, ends)
                promise = f"; promises a retry on {_local(retry, told.zone)}" if retry else ""
                end = f"; names the end, {_local(ends, told.zone)}" if step.final else ""
                missed = f"; skips {', '.join(skipped)}" if skipped else ""
                yield now, f"MAIL {step.key} ({track}){promise}{end}{missed}"
                case, around = Case(told.at, step.key), Around(last_mail_at=now)


def _facts(told: Failure, now: int) -> Facts:
    past = sum(at <= now for at in told.retries)
    following = next((at for at in told.retries if at > now), None)
    return Facts(
        _invoice(told.at, 1 + past, following), "past_due", False, "customer@example.com", False, Decline(told.code)
    )


def _invoice(at: int, attempts: int, following: int | None) -> Invoice:
    return Invoice(
        id="in_simulated",
        customer="cus_simulated",
        number=None,
        status="open",
        currency="sek",
        amount_due=14900,
        amount_paid=0,
        amount_remaining=14900,
        attempted=True,
        attempt_count=attempts,
        next_payment_attempt=following,
        due_date=None,
        billing_reason="subscription_cycle",
        collection_method="charge_automatically",
        subscription="sub_simulated",
        hosted_invoice_url=None,
        invoice_pdf=None,
        created=at,
    )


def _local(at: int, zone: str) -> str:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m-%d %a %H:%M")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
