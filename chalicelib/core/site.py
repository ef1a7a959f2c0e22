"""A site of the merchant: whose brand a page or mail wears, what it sends, and what may be opened from it."""

from dataclasses import field, replace

from chalicelib.core.frozen import frozen

LANGUAGES = ("en", "sv", "de", "fr", "es", "nb", "da", "fi", "nl")
"""What our mails and pages speak; a site that names no languages of its own speaks them all, and English else."""


NOTICES = ("card_expiring", "trial_ending", "renewal_notice", "payment_recovered", "canceled_for_nonpayment")
"""The mails around a payment that a site sends unless it says otherwise; `win_back` must be asked for."""


@frozen
class CampaignRule:
    """The campaign of cases about a price, a billing interval (`month`, `year`) or a customer's country: one of them."""

    campaign: str
    price: str | None = None
    interval: str | None = None
    country: str | None = None


@frozen
class Experiment:
    """A campaign tried on `share` of a hundred cases, beside `hold_out` of a hundred that get no mail at all."""

    id: str
    campaign: str
    share: int
    hold_out: int = 0


@frozen
class AccessPolicy:
    """What unpaid invoices cost a customer. Days are local calendar days since the earliest unpaid invoice first failed.

    Full access for `full_days`, then limited until `end_days` (None: the end that the mails of the case name), then none.
    `limited_invoices` and `blocked_invoices`: so many unpaid at once cost it sooner; `limited_amounts` and
    `blocked_amounts` do so by the sum unpaid, in minor units by currency.
    """

    full_days: int = 7
    end_days: int | None = None
    limited_invoices: int | None = None
    blocked_invoices: int | None = None
    limited_amounts: dict[str, int] = field(default_factory=dict)
    blocked_amounts: dict[str, int] = field(default_factory=dict)


@frozen
class Site:
    """One site of the merchant: whose brand a page or mail wears, and what may be opened from it.

    `base_url` is where this API is reached from outside, without a trailing slash: links in mails are built from it and
    never from a request's Host header. `accent` is `#rrggbb`. `time_zone` is an IANA name.
    `accounts` are connected accounts (Stripe Connect) whose customers this site may see beside its own.
    `origins` are browser origins, kept for later: no route has CORS yet. `offer_prices` and `retention_coupons` are the prices
    and coupons that a portal flow may offer. `reminders` is `on`, `shadow` (recorded, not sent) or `off`.
    `pay_open_invoices`: a new card pays what is open at once. `campaign` is that of cases for which no rule of
    `campaign_rules` holds (price before interval before country). `access` is the grace that unpaid invoices get.
    `digest_to` is who gets each day's numbers; null for nobody.
    """

    id: str
    name: str
    account: str
    livemode: bool
    base_url: str
    home_url: str
    return_urls: tuple[str, ...]
    sender: str
    support_email: str
    accent: str = "#0b5cad"
    logo_url: str | None = None
    time_zone: str = "UTC"
    country: str | None = None
    languages: tuple[str, ...] = LANGUAGES
    campaign: str = "monthly_14"
    portal_configuration: str | None = None
    card_configuration: str | None = None
    login_url: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    offer_prices: tuple[str, ...] = ()
    retention_coupons: tuple[str, ...] = ()
    reminders: str = "on"
    pay_open_invoices: bool = False
    campaign_rules: tuple[CampaignRule, ...] = ()
    experiment: Experiment | None = None
    access: AccessPolicy = field(default_factory=AccessPolicy)
    digest_to: str | None = None
    notices: tuple[str, ...] = NOTICES
    postal_address: str | None = None

    @property
    def scope(self) -> str:
        """The tenant part of every key of this site's customers: account and mode."""
        return scope(self.account, self.livemode)

    def at(self, account: str) -> "Site | None":
        """This site for one of the accounts that it may see, or None for any other.

        A configuration of the portal belongs to its account, so a connected account has Stripe's default.
        """
        if account == self.account:
            return self
        if account not in self.accounts:
            return None
        return replace(self, account=account, portal_configuration=None, card_configuration=None, login_url=None)


def scope(account: str, livemode: bool) -> str:
    """`acct_x:live` or `acct_x:test`: live and test, and several accounts, live side by side and cannot meet."""
    return f"{account}:{'live' if livemode else 'test'}"


def account_of(scope: str) -> tuple[str, bool]:
    """(account, livemode) of a scope."""
    account, _, mode = scope.rpartition(":")
    return account, mode == "live"
