"""Signatures of packs: Ed25519, or the key of an X.509 certificate (RSA, ECDSA or Ed25519), that ``openssl`` checks too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportkit.errors import ConfigError, DataError, UsageError

_EXTRA = "Signatures need the package cryptography; pip install 'reportkit-security[mail]'."


@dataclass(frozen=True)
class Signer:
    """Who signs.

    Attributes:
        public: what a pack shows of the signer, as PEM: a public key, or a certificate.
        kind: ``ed25519``, ``rsa`` or ``ec``.
        certified: whether ``public`` is a certificate.
    """

    public: bytes
    kind: str
    certified: bool
    _private: Any

    @classmethod
    def read(cls, key: str, certificate: str = "") -> Signer:
        """Read a private key, and the certificate that belongs to it.

        Args:
            key: PEM or OpenSSH file without a passphrase; may hold the certificate too.
            certificate: PEM file.

        Raises:
            UsageError: a file cannot be read, or the two do not belong together.
        """
        serialization, x509, _ = _library()
        try:
            text = Path(key).expanduser().read_bytes()
            load = serialization.load_ssh_private_key if b"OPENSSH" in text else serialization.load_pem_private_key  # fmt: skip
            private = load(text, None)
            paper = Path(certificate).expanduser().read_bytes() if certificate else text
            found = x509.load_pem_x509_certificate(paper) if b"BEGIN CERTIFICATE" in paper else None
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(f"--key or --certificate cannot be read ({error}); give a private key without a passphrase, and the certificate as PEM.") from None  # fmt: skip
        if certificate and found is None:
            raise UsageError(f"--certificate {certificate} holds no certificate; give it as PEM.")
        own = _spki(private.public_key())
        if found is not None and _spki(found.public_key()) != own:
            raise UsageError("--certificate does not belong to --key; give the certificate of that key.")  # fmt: skip
        public = found.public_bytes(serialization.Encoding.PEM) if found is not None else own
        return cls(public, _kind(private.public_key()), found is not None, private)

    def sign(self, content: bytes) -> bytes:
        """Give the signature of a content."""
        _, _, (hashes, padding, ec) = _library()
        if self.kind == "ed25519":
            signed = self._private.sign(content)
        elif self.kind == "rsa":
            signed = self._private.sign(content, padding.PKCS1v15(), hashes.SHA256())
        else:
            signed = self._private.sign(content, ec.ECDSA(hashes.SHA256()))
        return bytes(signed)


def check(content: bytes, signature: bytes, public: bytes, trusted: bytes = b"") -> str:
    """Check a signature, and say whose it is.

    Args:
        content: what was signed.
        signature: of it.
        public: public key or certificate, from the pack.
        trusted: public key, certificate, or certificate of an authority that the reader trusts; empty to ask for none.

    Returns:
        Who signed, in words.

    Raises:
        DataError: the signature is not of this content, or not of whom the reader trusts.
    """
    from cryptography.exceptions import InvalidSignature

    _, _, (hashes, padding, ec) = _library()
    key, certificate = _public(public, "signer.pem of the pack")
    try:
        kind = _kind(key)
        if kind == "ed25519":
            key.verify(signature, content)
        elif kind == "rsa":
            key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise DataError("The signature is not of these files: the pack was changed, or signed for another.") from None  # fmt: skip
    who = f"key SHA256:{hashlib.sha256(_spki(key)).hexdigest()[:32]}"
    if certificate is not None:
        who = f"{certificate.subject.rfc4514_string()}, {who}"
    if not trusted:
        return f"signed by {who}; whose key that is was not asked (--signer FILE asks)"
    known, authority = _public(trusted, "--signer")
    if _spki(known) == _spki(key):
        return f"signed by {who}, as asked"
    if certificate is not None and authority is not None and _issued(certificate, authority):
        return f"signed by {who}, whom {authority.subject.rfc4514_string()} certified"
    raise DataError(f"The pack is signed by {who}, and that is not whom --signer names.")


def _issued(certificate: Any, authority: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _public(text: bytes, what: str) -> tuple[Any, Any]:
    """Give a public key, and the certificate it stands in, if it does."""
    serialization, x509, _ = _library()
    try:
        if b"BEGIN CERTIFICATE" in text:
            certificate = x509.load_pem_x509_certificate(text)
            return certificate.public_key(), certificate
        if text.lstrip().startswith(b"ssh-"):
            return serialization.load_ssh_public_key(text.strip()), None
        return serialization.load_pem_public_key(text), None
    except (ValueError, TypeError) as error:
        raise DataError(f"{what} is no public key and no certificate ({error}).") from None


def _spki(key: Any) -> bytes:
    serialization, _, _ = _library()
    written = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)  # fmt: skip
    return bytes(written)


def _kind(key: Any) -> str:
    name = type(key).__name__.lower()
    found = next((kind for kind, part in (("ed25519", "ed25519"), ("rsa", "rsa"), ("ec", "ellipticcurve")) if part in name), "")  # fmt: skip
    if not found:
        raise UsageError("A pack is signed with an Ed25519, RSA or ECDSA key; make one with 'openssl genpkey -algorithm ed25519'.")  # fmt: skip
    return found


def _library() -> tuple[Any, Any, tuple[Any, Any, Any]]:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, padding
    except ImportError:
        raise ConfigError(_EXTRA) from None
    return serialization, x509, (hashes, padding, ec)
