"""Prowler's own JSON, version 3.

A finding is one failed check on one resource. A check that passed, and one that a person has yet to make, is no finding.
"""

from __future__ import annotations

from typing import Any

from reportkit.sources import document
from reportkit.sources.document import items, word
from reportkit.sources.findings import Findings
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Prowler's JSON."""
    return document.is_json(head) and b'"CheckID"' in head and b'"StatusExtended"' in head


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    found = Findings("Prowler", asked)
    listed: set[int] = set()
    for entry in items(whole):
        found.records += 1
        status = (word(entry.get("Status")) or "").upper()
        if status != "PASS":
            listed.add(found.records)
        if status == "FAIL":
            _add(found, entry)
    found.issues = set(listed)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any]) -> None:
    day = (word(entry.get("AssessmentStartTime")) or "")[:10] or None
    asset = word(entry.get("ResourceArn")) or word(entry.get("ResourceId")) or word(entry.get("AccountId"))  # fmt: skip
    found.add(
        found.records,
        word(entry.get("CheckID")),
        found.severity(found.records, word(entry.get("Severity"))),
        word(entry.get("Region")),
        asset_id=asset,
        title=word(entry.get("CheckTitle")),
        opened=day,
        last_seen=day,
    )
