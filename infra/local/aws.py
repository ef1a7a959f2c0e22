"""The AWS stand-in (ministack): how it is started and how to talk to it."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-north-1"
PYTHON = Path(".venv-ministack/bin/python")

# Signed in as the account's root, which the stand-in knows by this key; the functions get their roles' keys.
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Aws:
    """The stand-in at an address."""

    url: str

    @cache  # noqa: B019 - a handful of clients for the life of the program
    def client(self, service: str) -> Any:
        """A boto3 client for the stand-in."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120),
        )

    def environment(self) -> dict[str, str]:
        """What a program of ours needs in its environment to talk to the stand-in."""
        return {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION, **KEYS}


def command() -> list[str]:
    """The command that starts the stand-in; it takes its settings from its environment."""
    return [str(PYTHON), "-m", "ministack.app"]


def environment(port: int, folder: Path, functions: dict[str, str]) -> dict[str, str]:
    """The stand-in's environment; `functions` is what the Lambdas see beside their own settings.

    AUTH makes it check signatures and policies. The Lambdas run as its children, in folders below TMPDIR, and inherit
    its environment: local settings reach them that way, so that the template need not know them.
    """
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        **functions,
    }


def free_port() -> int:
    """A loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
