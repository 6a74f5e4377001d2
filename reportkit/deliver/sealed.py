"""S/MIME signatures and encryption, and a password on a copy of a PDF."""

from __future__ import annotations

import base64
import io
import secrets
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reportkit.deliver.compose import Composed
from reportkit.errors import ConfigError, HeldError
from reportkit.secret import Secret, resolve

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from reportkit.distribution import Smime

_INNER = ("content-type", "content-transfer-encoding", "content-disposition", "content-id", "mime-version")  # fmt: skip


def locked(pdf: bytes, password: Secret) -> bytes:
    """Give a copy of a PDF that opens with a password (AES-256). It is no PDF/A any more: archives must read without one."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            out,
            encryption=pikepdf.Encryption(owner=secrets.token_urlsafe(24), user=password.reveal(), R=6, aes=True, metadata=True),
        )  # fmt: skip
    return out.getvalue()


def seal(composed: Composed, smime: Smime | None, folder: Path, encrypt: str) -> Composed:
    """Sign a message where there is a key, and encrypt it as its recipient asks.

    Args:
        composed: a finished message.
        smime: of the configuration.
        folder: the workspace; paths are relative to it.
        encrypt: ``never``, ``where possible`` or ``required``.

    Raises:
        HeldError: it must be encrypted and there is no certificate of the recipient.
        ConfigError: a certificate or key that cannot be read.
    """
    data = composed.data
    if smime is not None and smime.certificate:
        certificate, key = _signer(folder / smime.certificate, folder / (smime.key or smime.certificate), smime.key_password)  # fmt: skip
        data = _signed(data, certificate, key)
    if encrypt != "never":
        theirs = _of_recipient(smime, folder, composed.recipient)
        if theirs is not None:
            data = _encrypted(data, theirs)
        elif encrypt == "required":
            raise HeldError(
                f"The mail to {composed.recipient} must be encrypted, and there is no certificate of this address "
                f"in {smime.certificates or 'any folder: set certificates in [mail.smime]' if smime else 'any folder: set [mail.smime] certificates'}."
            )
    return replace(composed, data=data)


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Part a message into its own header lines and the entity that is signed or encrypted."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in b" \t" and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    inner = [f for f in fields if f.partition(b":")[0].decode().lower() in _INNER]
    outer = [f for f in fields if f not in inner]
    own = [f for f in inner if not f.lower().startswith(b"mime-version")]
    return b"\r\n".join(outer), b"\r\n".join([*own, b"", body])


def _signed(data: bytes, certificate: x509.Certificate, key: RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs7

    outer, entity = _split(data)
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    signature = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(entity)
        .add_signer(certificate, key, hashes.SHA256())
        .sign(serialization.Encoding.DER, options)
    )
    boundary = f"=_signed_{secrets.token_hex(12)}"
    head = (
        f'MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg="sha-256";\r\n boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n"
    )
    tail = (
        f'\r\n--{boundary}\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n{_base64(signature)}\r\n--{boundary}--\r\n'
    )
    return outer + b"\r\n" + head.encode() + entity + tail.encode()


def _encrypted(data: bytes, certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.serialization import pkcs7

    outer, entity = _split(data)
    made = (
        pkcs7.PKCS7EnvelopeBuilder()
        .set_data(entity)
        .set_content_encryption_algorithm(AES256)
        .add_recipient(certificate)
        .encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    head = (
        'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\n'
        'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
    )
    return outer + b"\r\n" + head.encode() + _base64(made).encode() + b"\r\n"


def _base64(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return "\r\n".join(text[place : place + 76] for place in range(0, len(text), 76))


@lru_cache(maxsize=4)
def _signer(
    certificate: Path, key: Path, password: str | None
) -> tuple[x509.Certificate, RSAPrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        opened = resolve(password).reveal().encode() if password else None
        private = load_pem_private_key(key.read_bytes(), opened)
        own = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"[mail.smime] {key} and {certificate} do not sign ({error}).") from None
    if not isinstance(private, RSAPrivateKey):
        raise ConfigError(f"[mail.smime] {key} is no RSA key; mail programs verify those.")
    return own, private


def _of_recipient(smime: Smime | None, folder: Path, address: str) -> x509.Certificate | None:
    from cryptography import x509

    if smime is None or not smime.certificates:
        return None
    wanted = f"{address}.pem".lower()
    place = folder / smime.certificates
    found = [path for path in sorted(place.glob("*.pem")) if path.name.lower() == wanted]
    if not found:
        return None
    try:
        return x509.load_pem_x509_certificate(found[0].read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"[mail.smime] {found[0]} is no certificate ({error}).") from None
