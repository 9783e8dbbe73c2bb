"""The client behind the S3 store, configured by the usual AWS variables."""

from __future__ import annotations

import os
from typing import Any

#: Tries of one request in the standard retry mode: throttling, timeouts and 5xx, with backoff and jitter.
_TRIES = 5
_CONNECT_TIMEOUT_S = 5.0


def connect(read_timeout_s: float) -> tuple[Any, Any]:
    """Return a boto3 session and its S3 client.

    AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE, AWS_MAX_ATTEMPTS, AWS_RETRY_MODE and the credential variables are read
    by boto3 itself. Behind an endpoint of one's own the bucket goes into the path: few such servers own the
    host names that the other style needs.
    """
    import boto3
    from botocore.config import Config

    retries: dict[str, Any] = {}
    if "AWS_RETRY_MODE" not in os.environ:
        retries["mode"] = "standard"
    if "AWS_MAX_ATTEMPTS" not in os.environ:
        retries["total_max_attempts"] = _TRIES
    config = Config(
        max_pool_connections=64,
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries=retries,
        s3={"addressing_style": "path"} if _own_endpoint() else None,
    )
    session = boto3.session.Session(region_name=_region())
    return session, session.client("s3", config=config)


def lance_options(session: Any, client: Any) -> dict[str, str]:
    """Return what Lance's own object store must know to reach the same bucket."""
    options = {"aws_region": client.meta.region_name or "us-east-1"}
    if _own_endpoint():
        endpoint = client.meta.endpoint_url
        options["aws_endpoint"] = endpoint
        options["allow_http"] = str(endpoint.startswith("http://")).lower()
        options["aws_virtual_hosted_style_request"] = "false"
    credentials = session.get_credentials()
    if credentials is None:
        return options | {"aws_skip_signature": "true"}
    frozen = credentials.get_frozen_credentials()
    options["aws_access_key_id"] = frozen.access_key
    options["aws_secret_access_key"] = frozen.secret_key
    if frozen.token:
        options["aws_session_token"] = frozen.token
    return options


def _own_endpoint() -> bool:
    return bool(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"))


def _region() -> str | None:
    # boto3 knows AWS_DEFAULT_REGION only; other tools, Lance among them, know AWS_REGION.
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
