"""Microsoft Defender's machine vulnerabilities as JSON.

A finding is one CVE in one product and version on one machine.
"""

from __future__ import annotations

from typing import Any

from reportkit.sources import document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Defender's answer about vulnerabilities."""
    return (
        document.is_json(head)
        and b'"value"' in head
        and (b'"machineId"' in head or b"securitycenter" in head)
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    found = Findings("Defender", asked)
    for entry in items(mapping(whole).get("value")):
        found.records += 1
        _add(found, entry)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any]) -> None:
    names = ("productVendor", "productName", "productVersion")
    component = " ".join(part for name in names if (part := word(entry.get(name))))
    rule = word(entry.get("cveId")) or word(entry.get("id"))
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(entry.get("severity"))),
        component or None,
        asset_id=word(entry.get("machineId")),
        component=component or None,
        title=f"{rule} in {component}" if component else rule,
        cves=cves(rule),
        fix_available="true" if word(entry.get("fixingKbId")) else None,
    )
