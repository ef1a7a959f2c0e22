"""Sixteen processes at once against a DynamoDB of its own process: what a simulator in one thread cannot show."""
