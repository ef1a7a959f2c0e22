"""Every fifteen minutes: hand the due cases, and once a day the digest, to the queue of mails."""

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import clock
from chalicelib.log import count, note, observed

blueprint = Blueprint(__name__)


@blueprint.schedule(Rate(15, unit=Rate.MINUTES))
@observed
def schedule_reminders(event: CloudWatchEvent) -> dict[str, int]:
    """Queue what is due; running twice, or late, is harmless."""
    from chalicelib.actions.queue_due import queue_due
    from chalicelib.actions.send_digest import queue_digest

    queued = queue_due(clock.now())
    queue_digest(clock.now())
    count("CasesQueued", queued)
    note("due cases queued", queued=queued)
    return {"queued": queued}
