from __future__ import annotations

import base64
import json

import pytest

from daguerre.registry.signing import (
    SignatureError,
    SigningKeyError,
    generate_key,
    public_key,
    sign_manifest,
    verify_signature,
)

DATA = b'{"files":[]}'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key.pem"


def test_a_signature_holds(path):
    key = generate_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_key(path) == key
    signature = sign_manifest(DATA, path)
    assert set(json.loads(signature)) == {"key", "signature"}
    assert verify_signature(DATA, signature, [key]) == key


def test_the_test_vector_of_rfc_8032(path):
    """Section 7.1, test 2: key, message and signature."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    path.write_bytes(
        Ed25519PrivateKey.from_private_bytes(secret).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    record = json.loads(sign_manifest(b"\x72", path))
    assert base64.b64decode(record["key"]).hex() == ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    assert base64.b64decode(record["signature"]).hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_a_signature_over_other_bytes_or_by_another_key(path, tmp_path):
    key = generate_key(path)
    other = generate_key(tmp_path / "other.pem")
    signature = sign_manifest(DATA, path)
    with pytest.raises(SignatureError, match="other bytes"):
        verify_signature(DATA + b" ", signature, [key])
    with pytest.raises(SignatureError, match="not trusted"):
        verify_signature(DATA, signature, [other])
    forged = json.dumps(json.loads(signature) | {"key": other}).encode()
    with pytest.raises(SignatureError, match="other bytes"):
        verify_signature(DATA, forged, [other])


@pytest.mark.parametrize(
    "signature", [b"", b"[]", b"{}", b'{"key":"AAAA","signature":"AAAA"}', b'{"key":1,"signature":2}', b"\xff"]
)
def test_what_is_no_signature(signature):
    with pytest.raises(SignatureError):
        verify_signature(DATA, signature, [])


def test_a_key_is_never_overwritten(path):
    key = generate_key(path)
    with pytest.raises(SigningKeyError, match=r"key\.pem"):
        generate_key(path)
    assert public_key(path) == key


def test_keys_that_cannot_sign(path, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    with pytest.raises(SigningKeyError, match="DAGUERRE_SIGNING_KEY"):
        public_key(tmp_path / "missing.pem")
    path.write_text("secret")
    with pytest.raises(SigningKeyError):
        public_key(path)
    path.write_bytes(
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(SigningKeyError, match="no Ed25519 key"):
        public_key(path)
