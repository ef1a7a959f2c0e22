"""Stamkund's Chalice application: registers the rooms with doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.entrypoints import (
    apply_events,
    collect_payments,
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
    health,
    apply_events,
    collect_payments,
    schedule_reminders,
    send_mails,
    record_mail_feedback,
    reconcile,
    take_partner_event,
):
    app.register_blueprint(room.blueprint)
