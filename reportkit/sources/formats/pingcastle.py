"""PingCastle health checks of Active Directory in XML.

A finding is one risk rule that the domain breaks. Severity follows the points that PingCastle gives: 50 critical,
30 high, 10 medium, 1 low, none info.
"""

from __future__ import annotations

from reportkit.sources import markup
from reportkit.sources.findings import Findings
from reportkit.sources.model import Asked, Records

BANDS = ((50, "critical"), (30, "high"), (10, "medium"), (1, "low"))


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a PingCastle health check."""
    return markup.root(head) == "HealthcheckData"


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("PingCastle", asked)
    domain: str | None = None
    day: str | None = None
    rules: list[dict[str, str]] = []
    for element in markup.elements(
        asked.content, {"HealthcheckRiskRule", "DomainFQDN", "GenerationDate"}
    ):
        kind = markup.local(element)
        if kind == "HealthcheckRiskRule":
            rules.append(markup.fields(element))
        elif kind == "DomainFQDN":
            domain = domain or (element.text or "").strip() or None
        else:
            day = day or (element.text or "").strip()[:10] or None
    for rule in rules:
        found.records += 1
        points = rule.get("Points", "0")
        level = next(
            (name for bound, name in BANDS if points.isdigit() and int(points) >= bound), "info"
        )
        found.add(
            found.records,
            rule.get("RiskId"),
            level,
            rule.get("Category"),
            asset_id=domain,
            title=rule.get("Rationale") or rule.get("RiskId"),
            opened=day,
            last_seen=day,
        )
    return found.done()
