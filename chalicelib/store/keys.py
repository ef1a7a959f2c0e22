"""Every key and index string.

| who asks | how |
| --- | --- |
| an event, a ticket, a write | the object's own key, from its id, its owner and (invoices) its `created` |
| the state API | one Query on the customer: state first, then invoices, newest first |
| a customer's invoices, paged | the same Query, from `5#INV#` |
| recovery: the failed payments of an account, by when they failed | one Query on the sparse index `cases`: the scope |
| the reminder run | one Query per shard (`D#` cases, `U#` notices) on the sparse index `due`, up to now |
| all of one payment | one Query on `P#scope#intent` |
| a customer's charges, refunds, open disputes | one Query each on the sparse index `ref` |
| the payments of an invoice | one Query on the sparse index `ref` |
| a mailed link | `L#sha256(token)`; its public id holds the hash |
| a customer's links, newest first | the sparse index `ref`: `L#scope#customer`, by when they were made |
| a signed redirect | `N#site#nonce`: spent, until its time is over |
| an idempotency key; what went beyond a burst | `I#sha256(keys)`; `T#sha256(who)` / window |
| an API key, a site | `A#sha256(key)`, `S#site` |
| a site's API keys | one Query on the sparse index `ref` |
| plan names, prices, coupons | a BatchGet on `K#scope` |
| a job (reconcile) and where it stands | `J#scope` / its name |
| reconcile: whom and what we know | a Scan, filtered; a Query on `K#scope` |
| the mailer: what a customer was sent, newest first | a Query on `H#scope#cus_`, from `MAIL#` |
| the merchant's digests, one a day | the same, of `site_` and the site's id; the number is the day's (`date.toordinal`) |
| may this address be written to | `E#scope#sha256(address)` |
| an unsubscribe link; may marketing go to this address | `U#sha256(token)`; `E#scope#sha256(address)` / `MARKETING` |
| how many mails bounced; are they paused | a Query on `J#scope`, from `MAIL#` |
| redrive: why a message was given up | `Q#worker` / `PARKED#message` |

`scope` is the Stripe account and mode (`acct_x:live`), so that live and test cannot meet.
"""

import hashlib
import zlib
from typing import NamedTuple

from chalicelib.core.model import Kind

DUE_SHARDS = 16
"""Partitions of the index `due`; more only if a merchant has tens of thousands due within one run."""

CUSTOMER = "0#CUSTOMER"
CARDS = "2#CARD#"
INVOICES = "5#INV#"
ENTITLEMENTS = "4#ENTITLEMENTS"
PRODUCTS = "PRODUCT#"
CHARGES = "CHARGE#"
CATALOGUE = {Kind.PRODUCT: PRODUCTS, Kind.PRICE: "PRICE#", Kind.COUPON: "COUPON#"}
PAYMENT = {Kind.CHARGE: CHARGES, Kind.REFUND: "REFUND#", Kind.DISPUTE: "DISPUTE#", Kind.INVOICE_PAYMENT: "INVOICE#"}
MAILS = "MAIL#"
ADDRESS = "ADDRESS"
_FAR = 10**12


class Key(NamedTuple):
    """A primary key."""

    pk: str
    sk: str


def of_object(scope: str, kind: Kind, ident: str, owner: str | None, created: int) -> Key:
    """The key of a stored Stripe object, which never changes. `owner` is its customer or payment, `created` its own second."""
    if kind in CATALOGUE:
        return Key(catalogue(scope), f"{CATALOGUE[kind]}{ident}")
    if kind is Kind.INTENT:
        return Key(of_payment(scope, ident), "INTENT")
    if kind in PAYMENT:
        return Key(of_payment(scope, owner or ident), f"{PAYMENT[kind]}{ident}")
    return Key(of_customer(scope, owner or "none"), _sort(kind, ident, created))


def _sort(kind: Kind, ident: str, created: int) -> str:
    if kind is Kind.CUSTOMER:
        return CUSTOMER
    if kind is Kind.SUBSCRIPTION:
        return f"1#SUB#{ident}"
    if kind is Kind.SCHEDULE:
        return f"1#SCHED#{ident}"
    if kind is Kind.CARD:
        return f"{CARDS}{ident}"
    if kind is Kind.ENTITLEMENTS:
        return ENTITLEMENTS
    return f"{INVOICES}{_FAR - created:012d}#{ident}"


def of_customer(scope: str, customer: str) -> str:
    """The partition that holds all of one customer's state."""
    return f"C#{scope}#{customer}"


def of_payment(scope: str, payment: str) -> str:
    """The partition of one payment: its intent, charges, refunds, disputes and the invoice that it pays."""
    return f"P#{scope}#{payment}"


def ref_customer(scope: str, customer: str, kind: Kind) -> str:
    """Where the index `ref` has the objects of one kind (of payments) that are a customer's."""
    return f"{of_customer(scope, customer)}#{kind}"


def ref_invoice(scope: str, invoice: str) -> str:
    """Where the index `ref` has the payments of an invoice."""
    return f"I#{scope}#{invoice}"


def scope_of(pk: str) -> str:
    """The scope in the partition key of a customer or a payment."""
    return pk.split("#")[1]


def customer_of(pk: str) -> str:
    """The customer in their partition key."""
    return pk.split("#")[2]


def catalogue(scope: str) -> str:
    """The partition of products, prices and coupons."""
    return f"K#{scope}"


def link(token: str) -> Key:
    """A mailable link: only the hash of its token is stored."""
    return Key(f"L#{digest(token)}", "LINK")


def link_id(key: Key) -> str:
    """The public id of a link. It leads to the link without an index, and to the token no more than the table does."""
    return "lnk_" + key.pk.removeprefix("L#")


def link_of(ident: str) -> Key:
    """The key of the link with this public id."""
    return Key("L#" + ident.removeprefix("lnk_"), "LINK")


def ref_links(scope: str, customer: str) -> str:
    """A customer's links in the index `ref`."""
    return f"L#{scope}#{customer}"


def nonce(site: str, nonce: str) -> Key:
    """The nonce of a signed redirect; a partition of its own, as every redirect writes one."""
    return Key(f"N#{site}#{nonce}", "NONCE")


def once(api_key: str, idempotency_key: str) -> Key:
    """What was asked with an idempotency key: each API key has its own."""
    return Key(f"I#{digest(f'{api_key} {idempotency_key}')}", "ONCE")


def throttle(who: str, window: int) -> Key:
    """How often somebody came beyond a burst, in one window."""
    return Key(f"T#{digest(who)}", str(window))


def api_key(secret: str) -> Key:
    """An API key: only its hash is stored."""
    return Key(f"A#{digest(secret)}", "KEY")


def ref_api_keys(site: str) -> str:
    """The API keys of a site, in the index `ref`."""
    return f"A#{site}"


def site(ident: str) -> Key:
    """A merchant site."""
    return Key(f"S#{ident}", "SITE")


def job(scope: str, name: str) -> Key:
    """The state of a job."""
    return Key(f"J#{scope}", name)


def history(scope: str, customer: str) -> str:
    """The partition of what a customer was sent, and of what they agreed to."""
    return f"H#{scope}#{customer}"


def mail(scope: str, customer: str, number: int) -> Key:
    """A mail to a customer. They are numbered, so that of two mailers at once only one can write the next."""
    return Key(history(scope, customer), f"{MAILS}{number:08d}")


def addresses(scope: str) -> str:
    """How the partitions begin of all addresses that must not be written to."""
    return f"E#{scope}#"


def address(scope: str, email: str) -> Key:
    """An address that must not be written to, by its hash."""
    return Key(f"{addresses(scope)}{address_hash(email)}", ADDRESS)


def mail_health(scope: str, hour: str = "") -> Key:
    """What became of the mails of an hour (`2026-11-02T10`, UTC); without one, whether mails are paused."""
    return Key(f"J#{scope}", f"{MAILS}{hour}")


def parked(worker: str, message: str) -> Key:
    """Why a worker gave a message of its queue up."""
    return Key(f"Q#{worker}", f"PARKED#{message}")


def digest(secret: str) -> str:
    """SHA-256 in hex; enough without salt for 256 random bits (OWASP ASVS 5.0, 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def due_shard(ident: str) -> str:
    """The shard of the index `due` in which an object is found."""
    return f"D#{zlib.crc32(ident.encode()) % DUE_SHARDS:02d}"


def due_shards() -> list[str]:
    """All of them."""
    return [f"D#{shard:02d}" for shard in range(DUE_SHARDS)]


def notice_shard(ident: str) -> str:
    """The shard of the index `due` for a subscription or a card: apart from the cases, which people list."""
    return due_shard(ident).replace("D#", "U#")


def notice_shards() -> list[str]:
    """All of them."""
    return [shard.replace("D#", "U#") for shard in due_shards()]


def opt_out(token: str) -> Key:
    """What the unsubscribe link of a mail stands for: only the hash of its token is stored."""
    return Key(f"U#{digest(token)}", "OPTOUT")


def no_marketing(scope: str, address: str) -> Key:
    """That an address, given by its hash (`address_hash`), wants no more marketing."""
    return Key(f"E#{scope}#{address}", "MARKETING")


def address_hash(email: str) -> str:
    """An address as we keep it."""
    return digest(email.strip().lower())
