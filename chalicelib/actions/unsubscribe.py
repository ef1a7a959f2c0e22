"""Getting no more marketing: the link in a mail shows a page, its button (or a mail program's one click) takes effect at once.

The link is a bearer secret of 256 random bits, and does no more than to stop mails: no login, no cookie, no form token.
"""

from chalicelib import config
from chalicelib.core.frozen import frozen
from chalicelib.core.site import Site
from chalicelib.store import optouts, sites
from chalicelib.store.tables import OptOutRow


@frozen
class Asked:
    """What an unsubscribe link leads to; `link` is None for one that was never made, or is long over."""

    site: Site
    link: OptOutRow | None

    @property
    def language(self) -> str | None:
        """Of the mail that the link came in, as a tag."""
        return self.link.language if self.link else None


def show(token: str) -> Asked:
    """What a link stands for: one read, no write. Raises Retryable."""
    link = optouts.find(token)
    return Asked(sites.find(link.site if link else config.setting("SITE")), link)


def unsubscribe(token: str, now: int) -> Asked:
    """No more marketing to the address that the link was mailed to; again changes nothing. Raises Retryable."""
    asked = show(token)
    if asked.link is not None:
        optouts.refuse(asked.link, now)
    return asked
