"""The formats that can be read, one module each.

A module has ``sniff(head, name)``, which says whether a file that begins with those bytes is of the format, and
``read(asked)``, which gives its raw records; one whose exports are folders or archives of several files has
``several(content)`` too. Adding a format adds a module and its line here.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from reportkit.errors import UsageError, nearest
from reportkit.sources.model import Asked, Records

if TYPE_CHECKING:
    from reportkit.sources.content import Content

#: Module by name of format, in the order in which they are tried: the particular before the general. Behind a colon, the
#: part of a module that describes several.
FORMATS = {
    "nessus": "nessus",
    "qualys-xml": "qualys",
    "openvas-xml": "openvas",
    "zap": "zap",
    "openscap": "openscap",
    "qualys-was": "qualys_was",
    "pingcastle": "pingcastle",
    "dependency-check": "dependency_check",
    "burp": "burp",
    "nexpose": "nexpose",
    "cyclonedx": "cyclonedx",
    "oscal": "oscal",
    "ciso-assistant-library": "library",
    "attack": "attack",
    "veris": "veris",
    "epss": "epss",
    "sarif": "sarif",
    "acunetix360": "plain:acunetix360",
    "csaf": "csaf",
    "gitlab": "plain:gitlab",
    "risk-recon": "plain:risk-recon",
    "chef-inspec": "plain:chef-inspec",
    "trivy": "trivy",
    "grype": "grype",
    "checkov": "plain:checkov",
    "semgrep": "semgrep",
    "dependency-track": "dependency_track",
    "snyk": "snyk",
    "asff": "asff",
    "ocsf": "ocsf",
    "prowler": "prowler",
    "defender": "defender",
    "nuclei": "plain:nuclei",
    "wazuh": "plain:wazuh",
    "aws-inspector": "plain:aws-inspector",
    "cycognito": "plain:cycognito",
    "sonarqube": "plain:sonarqube",
    "github-repository": "plain:github-repository",
    "github-alerts": "plain:github-alerts",
    "npm-audit": "plain:npm-audit",
    "hackerone": "plain:hackerone",
    "kev": "kev",
    "tenable-csv": "tenable",
    "gophish": "gophish",
    "pyfair": "pyfair",
    "ciso-assistant-crq": "crq",
    "evaluator": "evaluator",
    "riskquant": "riskquant",
    "parquet": "parquet",
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
    place, _, part = FORMATS[name].partition(":")
    module = import_module(f"{__name__}.{place}")
    return cast("Format", module.part(part) if part else module)


def described() -> dict[str, str]:
    """Say of every format what it is, in one line."""
    found = {}
    for name in FORMATS:
        one = load(name)
        words = getattr(one, "__doc__", None) if isinstance(one, ModuleType) else None
        found[name] = (
            (words or f"{getattr(one, 'tool', name)}'s JSON").strip().split("\n")[0].rstrip(".")
        )
    return found


def recognise(content: Content) -> str | None:
    """Say which format a file is of, by how it begins; None when it is of none."""
    if content.members:
        return next((name for name in FORMATS if _reads(load(name), content)), None)
    return next((name for name in FORMATS if load(name).sniff(content.head, content.name)), None)


def _reads(one: Format, content: Content) -> bool:
    """Say whether a format reads several files at once, and these are of it."""
    fits = getattr(one, "several", None)
    return bool(fits and fits(content))
