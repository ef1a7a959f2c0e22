"""The schedule's work: put every due case on the queue of mails, a page at a time."""

from itertools import islice

from chalicelib.aws import queue
from chalicelib.store import cases

PAGE = 500


def queue_due(now: int) -> int:
    """Queue the cases due by `now`; how many. A case queued twice is claimed once. Raises Retryable."""
    due, count = cases.due(now), 0
    while page := list(islice(due, PAGE)):
        queue.send_due(page)
        count += len(page)
    return count
