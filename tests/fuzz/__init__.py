"""What strangers can send: generated deliveries at the webhook endpoint (hypothesis), and coverage-guided bytes (atheris)."""
