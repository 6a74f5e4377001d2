"""AWS Security Hub's findings (ASFF) as JSON.

A finding is one vulnerability, or one check, on one resource. A check that passed is no finding; archived and resolved
are fixed, suppressed leaves the count. Security Hub itself counts by finding id, passed checks too.
"""

from __future__ import annotations

from typing import Any

from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

STATES = {"RESOLVED": "fixed", "SUPPRESSED": "out_of_scope"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like ASFF."""
    return document.is_json(head) and b'"ProductArn"' in head and b'"SchemaVersion"' in head


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    listed = whole if isinstance(whole, list) else mapping(whole).get("Findings", mapping(whole).get("findings"))  # fmt: skip
    found = Findings("Security Hub", asked)
    ids: set[str] = set()
    for entry in items(listed):
        found.records += 1
        ids.add(word(entry.get("Id")) or str(found.records))
        if word(mapping(entry.get("Compliance")).get("Status")) in {"PASSED", "NOT_AVAILABLE"}:
            continue
        _add(found, entry)
    found.issues = set(ids)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any]) -> None:
    resources = [name for one in items(entry.get("Resources")) if (name := word(one.get("Id")))]
    weaknesses = items(entry.get("Vulnerabilities"))
    level = mapping(entry.get("Severity"))
    state = STATES.get(word(mapping(entry.get("Workflow")).get("Status")) or "", "open")
    if word(entry.get("RecordState")) == "ARCHIVED" and state == "open":
        state = "fixed"
    last = (word(entry.get("LastObservedAt")) or word(entry.get("UpdatedAt")) or "")[:10]
    scores = cvss.best(
        cvss.score(one.get("BaseScore"), one.get("Version"), one.get("BaseVector"))
        for weakness in weaknesses
        for one in items(weakness.get("Cvss"))
    )
    packages = [
        " ".join(filter(None, (word(p.get("Name")), word(p.get("Version")))))
        for weakness in weaknesses
        for p in items(weakness.get("VulnerablePackages"))
    ]
    numbers = cves(*(word(one.get("Id")) for one in weaknesses), word(entry.get("Title")))
    title = word(entry.get("Title"))
    found.add(
        found.records,
        numbers[0] if numbers else title or word(entry.get("GeneratorId")),
        found.severity(found.records, word(level.get("Label")) or _label(level), scores),
        "|".join((*resources[1:], *packages, "" if weaknesses else word(entry.get("Id")) or "")),
        asset_id=resources[0] if resources else None,
        location=packages[0] if packages else None,
        component=packages[0] if len(packages) == 1 else None,
        title=title,
        cves=numbers,
        opened=(word(entry.get("FirstObservedAt")) or word(entry.get("CreatedAt")) or "")[:10],
        last_seen=last,
        state=state,
        closed=last if state == "fixed" else None,
        fix_available={"YES": "true", "NO": "false"}.get(
            next((word(w.get("FixAvailable")) or "" for w in weaknesses), "")
        ),
        **score_columns(scores),
    )


def _label(level: dict[str, Any]) -> str | None:
    """Give the word for Security Hub's number from 0 to 100."""
    try:
        number = float(level["Normalized"])
    except (KeyError, TypeError, ValueError):
        return None
    bounds = ((0, "info"), (39, "low"), (69, "medium"), (89, "high"))
    return next((name for top, name in bounds if number <= top), "critical")
