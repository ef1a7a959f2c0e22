"""The version of Stripe's API that all of this speaks."""

API_VERSION = "2026-10-28.endive"
"""Requests are pinned to it, the endpoint is created with it, and an event in any other version is read again in it."""
