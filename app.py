"""Stamkund's Chalice application: registers the rooms with doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.entrypoints import (
    apply_events,
    cases,
    customers,
    health,
    links,
    portal,
    reconcile,
    record_mail_feedback,
    schedule_reminders,
    send_mails,
    take_partner_event,
    webhooks,
)

app = Chalice(app_name="stamkund")

for room in (
    webhooks,
    portal,
    links,
    customers,
    cases,
    health,
    apply_events,
    schedule_reminders,
    send_mails,
    record_mail_feedback,
    reconcile,
    take_partner_event,
):
    app.register_blueprint(room.blueprint)
