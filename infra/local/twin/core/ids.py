"""Identifiers that look like Stripe's, from the twin's one seeded source: the same seed gives the same ids."""

from random import Random

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SHORT = {"cus", "prod", "whsec", "req"}
"""Prefixes whose ids Stripe writes without the leading 1 and the part that is alike in one account."""


class Ids:
    """Makes ids; `account` gives the ten letters that all ids of one account share."""

    def __init__(self, random: Random, account: str) -> None:
        self._random = random
        self._shared = (account.removeprefix("acct_").removeprefix("1") + "TwinTwinTw")[:10]

    def letters(self, count: int) -> str:
        """`count` letters and digits."""
        return "".join(self._random.choices(ALPHABET, k=count))

    def new(self, prefix: str) -> str:
        """A fresh id: `cus_` and 14 letters, or `sub_1` and 23."""
        if prefix in SHORT:
            return f"{prefix}_{self.letters(32 if prefix == 'whsec' else 14)}"
        return f"{prefix}_1{self.letters(5)}{self._shared}{self.letters(8)}"

    def secret(self, owner: str) -> str:
        """A client secret of the object `owner`."""
        return f"{owner}_secret_{self.letters(25)}"
