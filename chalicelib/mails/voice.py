"""One mail's strings in its reader's language, with the facts that are known filled in."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from chalicelib import wording
from chalicelib.core.model import Money
from chalicelib.core.notices import Interval, Reader
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.mails.letter import Letter, OptOut, Table, written
from chalicelib.mails.purpose import PURPOSE

COPY = Path(__file__).parent / "copy"

SUBJECT_LENGTH = 60
NAME_LENGTH = 80
# A name that reads as an address would let strangers send their own links in the merchant's name.
_LINK_LIKE = re.compile(r"://|@|\w\.\w\w")


@contextmanager
def blaming(site: Site) -> Iterator[None]:
    """Whatever cannot be written is the fault of the site's settings or of the facts: Misconfigured, naming the site."""
    try:
        yield
    except (ValueError, OSError, OverflowError) as cause:
        raise Misconfigured(f"site {site.id}: no mail can be written: {cause}") from cause


class Voice:
    """Says the strings of `mail` (a table of the copy files) to one reader; what is not known is never a placeholder."""

    def __init__(self, mail: str, reader: Reader, plan: str | None = None, last4: str | None = None) -> None:
        self.mail, self.reader, site = mail, reader, reader.site
        self.language = wording.site_language(site, COPY, reader.language)
        self.tag = wording.regional(reader.language, self.language, reader.country)
        self.strings = wording.copy(COPY, self.language)
        self.zone = wording.zone(reader.time_zone, site.time_zone)
        self.values = {
            "merchant": self.shown(site.name),
            "support": wording.plain(site.support_email),
            "name": self.shown(reader.name, NAME_LENGTH),
            "last4": wording.plain(last4, 8),
        }
        self._put_names(plan)

    def _put_names(self, plan: str | None) -> None:
        """The greeting, the plan and the card, each by its name or by the words for one that is not known."""
        greeted = self.values["name"] and not _LINK_LIKE.search(self.values["name"])
        known = "" if self.values["last4"] else "_unknown"
        self.put(
            hello=self.common("hello" if greeted else "hello_nameless"),
            plan=self.shown(plan) or self.common("plan_unknown"),
            card=self.common(f"card{known}"),
            with_card=self.common(f"with_card{known}"),
        )
        self.put(Plan=_capital(self.values["plan"]), Card=_capital(self.values["card"]))

    def put(self, **values: str) -> None:
        """Values for placeholders to come."""
        self.values |= values

    def say(self, key: str) -> str:
        """A string of this mail."""
        return wording.say(self.strings, f"{self.mail}.{key}", self.values)

    def common(self, key: str) -> str:
        """A string that mails share."""
        return wording.say(self.strings, f"common.{key}", self.values)

    def shown(self, name: str | None, limit: int = 200) -> str:
        """A name in one line that cannot reorder the words around it."""
        return wording.isolated(wording.plain(name, limit), self.language)

    def money(self, amount: Money) -> str:
        """An amount as the reader's country writes it, or the site's where that is not known."""
        return wording.money(amount, self.tag, self.reader.site.country)

    def price(self, amount: Money, interval: Interval | None) -> str:
        """An amount each interval, or the bare amount where the interval is none of those we have words for."""
        self.put(amount=self.money(amount))
        return self.common(f"price.{interval}") if interval else self.values["amount"]

    def day(self, at: int) -> str:
        """A moment as the reader's calendar day."""
        return self.date(wording.local_day(at, self.zone))

    def date(self, when: date) -> str:
        """A calendar day, with its year if that is not the year in which the mail is written."""
        near = wording.local_day(self.reader.now, self.zone)
        return wording.written_day(when, self.tag, self.reader.site.country, near)

    def letter(  # noqa: PLR0913 - a letter has this many parts, and each is named where it is given
        self,
        *,
        subject: str,
        preheader: str,
        before: Sequence[str],
        button: str,
        link: str,
        after: Sequence[str],
        why: str | None = None,
        tables: Sequence[Table] = (),
        opt_out: OptOut | None = None,
    ) -> Mail:
        """The mail; `subject` is its key, and its `_short` form is taken where names make it too long."""
        heading, short = self.say(f"subject.{subject}"), self.say(f"subject.{subject}_short")
        letter = Letter(
            language=self.language,
            subject=heading if len(heading) <= SUBJECT_LENGTH else short,
            preheader=preheader,
            heading=heading,
            before=tuple(before),
            tables=tuple(tables),
            button=button,
            link=link,
            after=tuple(after),
            why=why or self.common("why"),
            support=self.reader.site.support_email,
            purpose=PURPOSE[self.mail],
            opt_out=opt_out,
        )
        return written(letter, self.reader.site)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
