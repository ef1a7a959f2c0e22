"""Looks at both sides of a deployment, AWS and Stripe, and says what is wrong and how to mend it."""
