"""Every key and index string.

| who asks | how |
| --- | --- |
| an event, a ticket, a write | the object's own key, from its id, its customer and (invoices) its `created` |
| the account page, the state API | one Query on the customer: state first, then invoices, newest first |
| a customer's invoices, paged | the same Query, from `5#INV#` |
| the reminder run | one Query per shard on the sparse index `due`, up to now |
| a mailed link | `L#sha256(token)` |
| an API key, a site | `A#sha256(key)`, `S#site` |
| plan names | a BatchGet on `K#scope` |
| a job (reconcile) and where it stands | `J#scope` / its name |
| reconcile: whom and what we know | a Scan, filtered; a Query on `K#scope` |
| the mailer: what a customer was sent, newest first | a Query on `H#scope#cus_`, from `MAIL#` |
| may this address be written to | `E#scope#sha256(address)` |
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
PRODUCTS = "PRODUCT#"
MAILS = "MAIL#"
_FAR = 10**12


class Key(NamedTuple):
    """A primary key."""

    pk: str
    sk: str


def of_object(scope: str, kind: Kind, ident: str, customer: str | None, created: int) -> Key:
    """The key of a stored Stripe object. `created` is the object's own and never changes."""
    if kind is Kind.PRODUCT:
        return Key(catalogue(scope), f"{PRODUCTS}{ident}")
    return Key(of_customer(scope, customer or "none"), _sort(kind, ident, created))


def _sort(kind: Kind, ident: str, created: int) -> str:
    if kind is Kind.CUSTOMER:
        return CUSTOMER
    if kind is Kind.SUBSCRIPTION:
        return f"1#SUB#{ident}"
    if kind is Kind.CARD:
        return f"{CARDS}{ident}"
    return f"{INVOICES}{_FAR - created:012d}#{ident}"


def of_customer(scope: str, customer: str) -> str:
    """The partition that holds all of one customer's state."""
    return f"C#{scope}#{customer}"


def scope_of(pk: str) -> str:
    """The scope in the partition key of a customer."""
    return pk.split("#")[1]


def customer_of(pk: str) -> str:
    """The customer in their partition key."""
    return pk.split("#")[2]


def catalogue(scope: str) -> str:
    """The partition of products."""
    return f"K#{scope}"


def link(token: str) -> Key:
    """A mailable link: only the hash of its token is stored."""
    return Key(f"L#{digest(token)}", "LINK")


def api_key(secret: str) -> Key:
    """An API key: only its hash is stored."""
    return Key(f"A#{digest(secret)}", "KEY")


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


def address(scope: str, email: str) -> Key:
    """An address that must not be written to, by its hash."""
    return Key(f"E#{scope}#{digest(email.strip().lower())}", "ADDRESS")


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
