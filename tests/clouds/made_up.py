"""Values that look like those a cloud works out."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from .sdk_types import Kind

ACCOUNT = "123456789012"
"""moto's account."""
CREATED_AT = "2026-01-01T00:00:00Z"


def token(*of: str, length: int = 17) -> str:
    """Hexadecimal digits that are the same for the same words."""
    return sha256(" ".join(of).encode()).hexdigest()[:length]


def value(name: str, kind: Kind, identity: str) -> Any:
    """Something of the right type; None for an object, of which nothing is known."""
    if kind.name == "string":
        if name.endswith("At"):
            return CREATED_AT
        return token(identity, name) if name.endswith(("Id", "Fingerprint")) else ""
    return {"integer": 0, "number": 0.0, "boolean": False, "list": [], "map": {}}.get(kind.name)


@cache
def certificate_authority() -> str:
    """The base64 of a certificate authority's PEM, as EKS and GKE give it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()
