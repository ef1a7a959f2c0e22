"""botocore's clients: made when first used, kept for the life of the Lambda, and impatient."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

PATIENT = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
ONCE = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1, "mode": "standard"})
"""For SES: its SendEmail has no idempotency token, so a repeated call may be a second mail."""


@cache
def client(service: str, once: bool = False) -> Any:
    """The client of a service; region and endpoint come from the environment. boto3 would add to the cold start only."""
    return botocore.session.get_session().create_client(service, config=ONCE if once else PATIENT)
