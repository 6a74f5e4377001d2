"""The formats that can be read, one module each.

A module has ``sniff(head, name)``, which says whether a file that begins with those bytes is of the format, and
``read(asked)``, which gives its raw records. Adding a format adds a module and its line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from reportkit.errors import UsageError, nearest
from reportkit.sources.model import Asked, Records

if TYPE_CHECKING:
    from reportkit.sources.content import Content

#: Module by name of format, in the order in which they are tried: the particular before the general.
FORMATS = {
    "nessus": "nessus",
    "qualys-xml": "qualys",
    "cyclonedx": "cyclonedx",
    "sarif": "sarif",
    "trivy": "trivy",
    "grype": "grype",
    "kev": "kev",
    "tenable-csv": "tenable",
    "xlsx": "workbook",
    "json": "listing",
    "csv": "delimited",
}


class Format(Protocol):
    """What a module of this package offers."""

    def sniff(self, head: bytes, name: str) -> bool:
        """Say whether a file is of this format.

        Args:
            head: its first bytes, unpacked.
            name: its name.
        """

    def read(self, asked: Asked) -> Records:
        """Read all records of the file.

        Raises:
            DataError: the file breaks its own format.
        """


def load(name: str) -> Format:
    """Give the reader of a format.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in FORMATS:
        raise UsageError(f"Format {name!r} is not known; {nearest(name, FORMATS)}")
    return cast("Format", import_module(f"{__name__}.{FORMATS[name]}"))


def recognise(content: Content) -> str | None:
    """Say which format a file is of, by how it begins; None when it is of none."""
    return next((name for name in FORMATS if load(name).sniff(content.head, content.name)), None)
