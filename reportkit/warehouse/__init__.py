"""Measures where the data lives: the same queries, on another engine in place of the one in this process."""

from __future__ import annotations

from urllib.parse import urlsplit

from reportkit import sql
from reportkit.errors import ConfigError
from reportkit.secret import address
from reportkit.warehouse.postgres import SCHEMA, Postgres
from reportkit.warehouse.spark import Spark

__all__ = ["SCHEMA", "Postgres", "Spark", "connect"]


def connect(url: str) -> sql.Engine:
    """Open the warehouse at an address.

    Raises:
        ConfigError: an address of a kind that is not known here, its driver is not installed, or the secret is not there.
        TemporaryError: nobody answers there.
    """
    found = address(url)
    scheme = urlsplit(found.reveal()).scheme
    if scheme in {"postgresql", "postgres"}:
        return Postgres(found)
    if scheme in {"spark", "sc"}:
        return Spark(found)
    raise ConfigError(
        f"[engine] url has the scheme {scheme!r}; postgresql://, spark://local and sc:// are known. "
        "Leave it out to compute in this process."
    )
