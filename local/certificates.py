"""The simulated cluster's own certificate authorities and what they sign."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .files import write_private

_VALID_FOR = datetime.timedelta(days=3650)
_CLOCK_SKEW = datetime.timedelta(hours=1)
_RSA_BITS = 2048

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def exists(self) -> bool:
        return self.certificate.is_file() and self.key.is_file()


def key_pair(directory: Path, name: str) -> KeyPair:
    """Where the pair called `name` lies, whether it was made yet or not."""
    return KeyPair(directory / f"{name}.crt", directory / f"{name}.key")


def make_authority(pair: KeyPair, name: str, *, with_rsa: bool = False) -> None:
    """Makes a self-signed authority.

    Kueue's certificate rotation takes an authority only if its own name is among its DNS names, and reads its
    key only if it is an RSA key.
    """
    if pair.exists:
        return
    key: _PrivateKey = ec.generate_private_key(ec.SECP256R1())
    if with_rsa:
        key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    subject = _subject(name, ())
    builder = (
        _builder(subject, key.public_key())
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    _write(pair, builder.sign(key, hashes.SHA256()), key)


def make_certificate(
    pair: KeyPair, authority: KeyPair, name: str, *, groups: Sequence[str] = (), hosts: Sequence[str] = ()
) -> None:
    """Makes a certificate that `authority` signs: a server's if it has hosts, and always a client's."""
    if pair.exists:
        return
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    assert isinstance(issuer_key, _PrivateKey)  # noqa: S101
    key = ec.generate_private_key(ec.SECP256R1())
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])
    builder = (
        _builder(_subject(name, groups), key.public_key())
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    _write(pair, builder.sign(issuer_key, hashes.SHA256()), key)


def make_signing_key(path: Path) -> None:
    """Makes the key that signs service-account tokens."""
    if not path.is_file():
        write_private(path, _pem(ec.generate_private_key(ec.SECP256R1())))


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID_FOR)
    )


def _subject(name: str, groups: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: _PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _write(pair: KeyPair, certificate: x509.Certificate, key: _PrivateKey) -> None:
    write_private(pair.key, _pem(key))
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
