"""boto3's clients: made when first used, kept for the life of the Lambda, and impatient.

boto3 itself is imported with the first of them: a cold start that needs none does not pay for it.
"""

from functools import cache
from typing import Any

from botocore.config import Config

PATIENT = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
ONCE = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1, "mode": "standard"})
"""For SES: its SendEmail has no idempotency token, so a repeated call may be a second mail."""


@cache
def client(service: str, once: bool = False) -> Any:
    """The client of a service; region and endpoint come from the environment."""
    import boto3

    return boto3.client(service, config=ONCE if once else PATIENT)
