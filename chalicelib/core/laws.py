"""What laws ask of the notices before a payment, as data with their source. Pure.

One schedule (`core.upcoming`) keeps them all at once, so that nobody's address has to be asked for; a test holds it against
every row here, for customers of each place, in each of its time zones.
"""

from chalicelib.core.frozen import frozen


@frozen
class Law:
    """A notice that must reach customers in `place` (ISO 3166) where a term or trial lasts at least `shortest` days.

    It leaves at most `earliest` (None: any) and at least `latest` days before the renewal, or before the trial's end.
    """

    place: str
    mail: str
    shortest: int
    earliest: int | None
    latest: int
    zones: tuple[str, ...]
    source: str


LAWS = (
    Law(
        *("SE", "renewal_notice", 365, None, 31, ("Europe/Stockholm",)),
        "Lag (2014:1449): in writing, at the latest one month before the last day to give notice (here: the renewal)",
    ),
    Law(
        *("US-CA", "renewal_notice", 365, 45, 15, ("America/Los_Angeles",)),
        "California Automatic Renewal Law, Bus. & Prof. Code 17602: an initial term of a year or more, 15 to 45 days before",
    ),
    Law(
        *("US-CA", "trial_ending", 32, 21, 3, ("America/Los_Angeles",)),
        "California Automatic Renewal Law, Bus. & Prof. Code 17602: a trial of more than 31 days, 3 to 21 days before",
    ),
    Law(
        *("US-NY", "renewal_notice", 180, 45, 15, ("America/New_York",)),
        "New York General Business Law 527-a: a term of six months or more, 15 to 45 days before the cancellation deadline",
    ),
)
