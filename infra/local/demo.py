"""placeholder"""

from infra.local.stack import Stack


def play(stack: Stack) -> str | None:
    return None
