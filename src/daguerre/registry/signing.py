"""Ed25519 signatures over release manifests (RFC 8032): who vouches for the bytes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daguerre import layout
from daguerre.encoders.archive import read_manifest
from daguerre.registry.events import RegistryError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.ports import ObjectNotFoundError
from daguerre.workspace import Workspace

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class SignatureError(RegistryError):
    """The signature of a release does not hold."""


class SigningKeyError(RegistryError):
    """The signing key cannot be used."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What is known of a release's signature.

    Attributes:
        key: Public key, 32 raw bytes in base64 as policies list them; empty when nobody signed.
        trusted: The key is one of those that were asked for.
    """

    signed: bool
    key: str = ""
    trusted: bool = False


def generate_key(path: Path) -> str:
    """Write a new private key as PEM, readable by its owner only; return the public key in base64.

    Raises SigningKeyError when the file exists already.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as e:
        raise SigningKeyError(f"{path}: {e.strerror}") from e
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return _public(key)


def public_key(key_path: Path) -> str:
    """Return the public half of a private key file, in base64. Raises SigningKeyError."""
    return _public(_load(key_path))


def sign_manifest(data: bytes, key_path: Path) -> bytes:
    """Return the signature over `data` as JSON: `key` and `signature`, both base64. Raises SigningKeyError."""
    key = _load(key_path)
    return canonical_json({"key": _public(key), "signature": base64.b64encode(key.sign(data)).decode()})


def verify_signature(data: bytes, signature: bytes, trusted: Collection[str]) -> str:
    """Return the public key, one of `trusted`, that signed `data`.

    Raises:
        SignatureError: the signature is not one, is not over these bytes, or is by a key that nobody trusts.
    """
    key = _signer(data, signature)
    if key not in trusted:
        raise SignatureError(f"the key {key} is not trusted", fix="List it under trusted_keys of the policy.")
    return key


def signature_of(ws: Workspace, digest: str, trusted: Collection[str]) -> Signature:
    """Read and check the signature of a registered release; without one it is simply not signed.

    Raises:
        SignatureError: the signature is not over the manifest that is stored.
        ReleaseNotFoundError: there is no such release.
    """
    manifest = read_manifest(ws.store, digest)
    try:
        stored = ws.store.get(layout.signature(digest))
    except ObjectNotFoundError:
        return Signature(signed=False)
    try:
        key = _signer(manifest, stored)
    except SignatureError as e:
        raise SignatureError(f"{digest[:12]}: {e.what}", fix="Register the folder again elsewhere.") from e
    return Signature(signed=True, key=key, trusted=key in trusted)


def _signer(data: bytes, signature: bytes) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        record = json.loads(signature)
        key = str(record["key"])
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(record["signature"], validate=True), data)
    except InvalidSignature as e:
        raise SignatureError("it was made over other bytes, or by another key") from e
    except (ValueError, TypeError, KeyError) as e:
        raise SignatureError(f"it cannot be read ({e})") from e
    return key


def _load(path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise SigningKeyError(f"{path}: {e}", fix="DAGUERRE_SIGNING_KEY names an Ed25519 key without password.") from e
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path} is no Ed25519 key", fix="DAGUERRE_SIGNING_KEY names an Ed25519 key.")
    return key


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
