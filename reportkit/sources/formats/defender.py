"""Microsoft Defender's machine vulnerabilities as JSON.

A finding is one CVE in one product and version on one machine.
"""

from __future__ import annotations

from typing import Any

from reportkit.sources import document
from reportkit.sources.content import Content
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves
from reportkit.sources.model import Asked, Problem, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Defender's answer about vulnerabilities."""
    return (
        document.is_json(head)
        and b'"value"' in head
        and (b'"machineId"' in head or b"securitycenter" in head)
    )


def several(content: Content) -> bool:
    """Say whether files are the two lists that Defender's export holds."""
    return all(
        any(f"{name}/" in f"/{m}" for m in content.members)
        for name in ("machines", "vulnerabilities")
    )


def read(asked: Asked) -> Records:
    """Read all records of the file, or of all files of an export with the names of the machines."""
    found = Findings("Defender", asked)
    problems: list[Problem] = []
    machines: dict[str, str] = {}
    entries: list[dict[str, Any]] = []
    for part in asked.content.parts():
        whole, odd = document.parse(part)
        problems += odd
        for entry in items(mapping(whole).get("value")):
            if "cveId" in entry or "machineId" in entry:
                entries.append(entry)
            elif name := word(entry.get("computerDnsName")):
                machines[str(entry.get("id"))] = name
    for entry in entries:
        found.records += 1
        _add(found, entry, machines)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any], machines: dict[str, str]) -> None:
    names = ("productVendor", "productName", "productVersion")
    component = " ".join(part for name in names if (part := word(entry.get(name))))
    rule = word(entry.get("cveId")) or word(entry.get("id"))
    machine = word(entry.get("machineId"))
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(entry.get("severity"))),
        component or None,
        asset_id=machines.get(machine or "", machine),
        component=component or None,
        title=f"{rule} in {component}" if component else rule,
        cves=cves(rule),
        fix_available="true" if word(entry.get("fixingKbId")) else None,
    )
