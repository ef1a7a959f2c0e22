"""Stamkund: the back end of a Stripe subscription business. docs/architecture.md shows the rooms."""

VERSION = "0.1.0"
