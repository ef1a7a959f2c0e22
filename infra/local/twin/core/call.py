"""What a handler is told about the request."""

from dataclasses import dataclass

from infra.local.twin.core.values import Obj


@dataclass(frozen=True)
class Call:
    """`ids` from the path, in order; `p` the typed parameters, only those that were given (None: to be unset)."""

    path: str
    ids: tuple[str, ...]
    p: Obj

    @property
    def id(self) -> str:
        """The first id of the path."""
        return self.ids[0]
