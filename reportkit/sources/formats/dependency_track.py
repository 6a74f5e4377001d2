"""Dependency-Track's findings as JSON (its Finding Packaging Format).

A finding is one vulnerability in one component of one project version. An analysis says what became of it: not affected
and false positive leave the count, resolved is fixed, suppressed for another reason counts as accepted.
"""

from __future__ import annotations

from typing import Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"unassigned": "info"}
STATES = {
    "NOT_AFFECTED": "false_positive",
    "FALSE_POSITIVE": "false_positive",
    "RESOLVED": "fixed",
}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Dependency-Track's JSON."""
    return document.is_json(head) and b"Dependency-Track" in head and b'"application"' in head


def read(asked: Asked) -> Records:
    """Read all records of the file; a missing list and null are no findings."""
    whole, problems = document.parse(asked.content)
    if not isinstance(whole, dict):
        raise DataError(f"{asked.content.path} is not a Dependency-Track export: it is no object.")
    found = Findings("Dependency-Track", asked, LEVELS)
    project = mapping(whole.get("project"))
    asset = " ".join(filter(None, (word(project.get("name")), word(project.get("version")))))
    made = word(mapping(whole.get("meta")).get("timestamp"))
    for entry in items(whole.get("findings")):
        found.records += 1
        _add(found, entry, asset or None, made[:10] if made else None)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any], asset: str | None, day: str | None) -> None:
    part, weakness = mapping(entry.get("component")), mapping(entry.get("vulnerability"))
    analysis = mapping(entry.get("analysis"))
    rule = word(weakness.get("vulnId"))
    component = " ".join(filter(None, (word(part.get("name")), word(part.get("version")))))
    scores = cvss.best([cvss.score(weakness.get("cvssV3BaseScore"), "3.1"), cvss.score(weakness.get("cvssV2BaseScore"), "2.0")])  # fmt: skip
    state = STATES.get(word(analysis.get("state")) or "", "open")
    if state == "open" and analysis.get("isSuppressed") is True:
        state = "accepted"
    aliases = (word(one) for alias in items(weakness.get("aliases")) for one in alias.values())
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(weakness.get("severity")), scores),
        word(part.get("purl")) or word(part.get("uuid")) or component,
        asset_id=asset,
        location=word(part.get("purl")),
        component=component or None,
        title=word(weakness.get("title")) or f"{rule} in {component}",
        cves=cves(rule, *aliases),
        opened=(word(mapping(entry.get("attribution")).get("attributedOn")) or "")[:10] or None,
        last_seen=day,
        state=state,
        epss=word(weakness.get("epssScore")),
        epss_pct=word(weakness.get("epssPercentile")),
        **score_columns(scores),
    )
