"""A merchant's Stripe account as code: portal configurations, and the webhook endpoint with its version."""
