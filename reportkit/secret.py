"""Secrets are named, never written down: in the environment, in a file, or in the keyring of the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from reportkit.errors import ConfigError

_KINDS = ("env", "file", "keyring")
_HOW = "write env:NAME, file:PATH or keyring:SERVICE/USER"


class Secret:
    """A value that shows itself to nobody; :meth:`reveal` gives it to who needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not copied into another process or file")


def is_reference(text: str) -> bool:
    """Say whether a text names a secret."""
    kind, sign, name = text.partition(":")
    return bool(sign and name and kind in _KINDS)


def resolve(reference: str) -> Secret:
    """Give the secret behind a reference.

    Raises:
        ConfigError: there is none, or the text is no reference; the text itself is not repeated.
    """
    kind, _, name = reference.partition(":")
    if not is_reference(reference):
        raise ConfigError(f"A secret is given as it is; {_HOW} in its place.")
    if kind == "env":
        value = os.environ.get(name)
        if not value:
            raise ConfigError(f"Secret env:{name} is not set; set the environment variable {name}.")
        return Secret(value)
    if kind == "file":
        try:
            value = Path(name).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"Secret file:{name} cannot be read ({reason.lower()}).") from None
        if not value:
            raise ConfigError(f"Secret file:{name} is empty.")
        return Secret(value)
    return _keyring(name)


def _keyring(name: str) -> Secret:
    service, sign, user = name.rpartition("/")
    if not sign:
        raise ConfigError(f"Secret keyring:{name} has no user; {_HOW}.")
    try:
        import keyring
    except ImportError:
        raise ConfigError(
            f"Secret keyring:{name} needs the package keyring; install it with pip install keyring."
        ) from None
    value = keyring.get_password(service, user)
    if not value:
        raise ConfigError(
            f"Secret keyring:{name} is not there; add it with 'keyring set {service} {user}'."
        )
    return Secret(value)


def _reference(text: str) -> str:
    if not is_reference(text):
        # The value is not repeated: it may be the secret.
        raise PydanticCustomError("secret", f"does not name a secret; {_HOW}")
    return text


def _address(text: str) -> str:
    if not is_reference(text) and urlsplit(text).password:
        raise PydanticCustomError("secret", f"holds a password; {_HOW} for the whole address")
    return text


#: A setting that names a secret.
Reference = Annotated[str, AfterValidator(_reference)]
#: An address, or the name of a secret that is one; a password never stands in it.
Address = Annotated[str, AfterValidator(_address)]


def driver_line(error: Exception, url: Secret) -> str:
    """Give the first line of what a driver says, without its preface and without the address or its password."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    line = line.rpartition("ERROR: ")[2].strip()
    whole = url.reveal()
    password = urlsplit(whole).password or ""
    for part in (whole, unquote(password), password):
        line = line.replace(part, "***") if part else line
    return line


def address(given: str) -> Secret:
    """Give an address to connect with."""
    return resolve(given) if is_reference(given) else Secret(given)
