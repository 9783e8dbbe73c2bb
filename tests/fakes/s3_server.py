"""A real S3 server over HTTP on loopback, in this process."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest


@contextmanager
def running_s3() -> Iterator[str]:
    """Yield the endpoint of a moto server on a free port of 127.0.0.1; stop it at the end."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def use_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Point the usual AWS variables at `endpoint`; a user's own configuration is out of sight."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def new_bucket(endpoint: str) -> str:
    """Make a bucket nobody else uses and return its name."""
    import boto3

    name = f"test-{uuid.uuid4().hex[:12]}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket=name)
    client.close()
    return name


def fill_bucket(bucket: str, objects: Mapping[str, bytes]) -> None:
    """Put many objects into a bucket at once, past HTTP; the server runs in this process."""
    from moto.s3.models import s3_backends

    (backend,) = (b for regions in s3_backends.values() for b in regions.values() if bucket in b.buckets)
    for key, data in objects.items():
        backend.put_object(bucket, key, data)
