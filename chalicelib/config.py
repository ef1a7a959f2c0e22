"""Settings, read from the environment when first asked for: importing any module needs none of them.

| setting | needed by | meaning |
| --- | --- | --- |
| STAGE | all | `local`, `dev`, `prod` ...; only `local` has a movable clock and another Stripe address |
| TABLE_NAME | all | the DynamoDB table |
| EVENTS_QUEUE_URL | REST, take_partner_event | where events in doubt go |
| NEW_CARDS_QUEUE_URL | REST, take_partner_event | where customers with a new card go |
| MAILS_QUEUE_URL | schedule_reminders, REST | where due cases and notices go |
| SECRET_ID | REST, apply_events, collect_payments, send_mails, reconcile | the one secret in Secrets Manager (`aws.secrets`) |
| STRIPE_ACCOUNT, LIVEMODE | all | whose events we take: `acct_...`, `true` or `false` |
| CONNECTED_ACCOUNTS | as STRIPE_ACCOUNT | other accounts whose events we take (Connect): with commas, or `*`; may be empty |
| STRIPE_READS_PER_SECOND | apply_events, reconcile | how often each may ask Stripe about an account; 25 when empty |
| SITE | REST, schedule_reminders, send_mails, collect_payments | the site whose brand mails wear |
| SES_CONFIGURATION_SET | send_mails | the configuration set that publishes what became of a mail |
| MAIL_FEEDBACK_TOPIC | record_mail_feedback | the only topic whose notifications count |
| STRIPE_API_BASE, CLOCK_FILE | stage `local` only | the Stripe twin, and the offset of its clock |
"""

import os

from chalicelib.core.site import scope
from chalicelib.errors import Misconfigured


def setting(name: str) -> str:
    """The value of a setting.

    Raises Misconfigured, naming the setting, where it is missing or blank.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise Misconfigured(f"The setting {name} is missing: set it in the function's environment.")
    return value


def stage() -> str:
    """The deployment stage."""
    return setting("STAGE")


def livemode() -> bool:
    """Whether this deployment handles live data.

    Raises Misconfigured for anything but `true` and `false`: a typing error must not decide this.
    """
    value = setting("LIVEMODE")
    if value not in ("true", "false"):
        raise Misconfigured("The setting LIVEMODE must be true or false.")
    return value == "true"


def account_scope() -> str:
    """The tenant part of every key: our Stripe account and mode."""
    return scope(setting("STRIPE_ACCOUNT"), livemode())


def optional(name: str) -> str:
    """The value of a setting that may be missing or blank; then an empty string."""
    return os.environ.get(name, "").strip()


def connected_accounts() -> frozenset[str] | None:
    """The accounts beside our own whose events we take, or None for every one that is connected."""
    named = optional("CONNECTED_ACCOUNTS")
    return None if named == "*" else frozenset(each.strip() for each in named.split(",") if each.strip())


def takes(account: str | None) -> bool:
    """Whether an event's account is ours: the platform's own (None, or its id) or one connected to it."""
    if account is None or account == setting("STRIPE_ACCOUNT"):
        return True
    connected = connected_accounts()
    return connected is None or account in connected


def stripe_reads_per_second() -> int:
    """How many calls a second a job, or all workers together, may make about an account.

    Raises Misconfigured for anything but 1 to 100.
    """
    value = optional("STRIPE_READS_PER_SECOND") or "25"
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value[:4]) <= 100:
        raise Misconfigured("The setting STRIPE_READS_PER_SECOND must be a whole number from 1 to 100.")
    return int(value)


def local_only(name: str) -> str | None:
    """A setting that exists on the stage `local` only; ignored on every other, and unless LIVEMODE is plainly false."""
    stage_of, live, value = (os.environ.get(each, "").strip() for each in ("STAGE", "LIVEMODE", name))
    return value or None if stage_of == "local" and live == "false" else None


def clock_file() -> str | None:
    """The file that holds the offset of the laptop's clock, if any."""
    return local_only("CLOCK_FILE")


def stripe_api_base() -> str | None:
    """The address of the Stripe twin, if any."""
    return local_only("STRIPE_API_BASE")
