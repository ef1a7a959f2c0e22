"""Stamkund's Chalice application: registers the rooms with doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.entrypoints import (
    apply_events,
    customers,
    health,
    links,
    portal,
    record_mail_feedback,
    schedule_reminders,
    send_mails,
    webhooks,
)

app = Chalice(app_name="stamkund")

for room in (
    webhooks,
    portal,
    links,
    customers,
    health,
    apply_events,
    schedule_reminders,
    send_mails,
    record_mail_feedback,
):
    app.register_blueprint(room.blueprint)
