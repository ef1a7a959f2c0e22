"""Stamkund's Chalice application: registers the rooms with doors, and nothing else."""

from chalice.app import Chalice

from chalicelib.entrypoints import (
    apply_events,
    cases,
    collect_payments,
    customers,
    health,
    links,
    metrics,
    openapi,
    portal,
    reconcile,
    record_mail_feedback,
    redirects,
    schedule_reminders,
    send_mails,
    take_partner_event,
    unsubscribe,
    webhooks,
)

app = Chalice(app_name="stamkund")

for room in (
    webhooks,
    portal,
    links,
    unsubscribe,
    redirects,
    customers,
    cases,
    metrics,
    health,
    openapi,
    apply_events,
    collect_payments,
    schedule_reminders,
    send_mails,
    record_mail_feedback,
    reconcile,
    take_partner_event,
):
    app.register_blueprint(room.blueprint)
