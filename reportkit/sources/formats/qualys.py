"""Qualys asset data reports in XML.

A finding is one QID on one host at one port and protocol; the tool's own grouping is the QID. Severity follows Qualys's
own five levels: 5 critical, 4 high, 3 medium, 2 low, 1 info, for vulnerabilities, practices and gathered information
alike. Qualys writes a document type that names its DTD; that one alone passes, and is never fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit.sources import cvss, markup
from reportkit.sources.findings import Findings, score_columns
from reportkit.sources.model import Asked, Records

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = "ASSET_DATA_REPORT"
LEVELS = {"1": "info", "2": "low", "3": "medium", "4": "high", "5": "critical"}
STATES = {"new": "open", "active": "open", "re-opened": "reopened", "fixed": "fixed"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a Qualys report in XML."""
    return markup.root(head, {ROOT}) == ROOT


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("Qualys", asked, LEVELS)
    seen: list[dict[str, str | None]] = []
    details: dict[str, Element] = {}
    # The glossary with the severities stands after the hosts.
    for element in markup.elements(asked.content, {"HOST_LIST", "VULN_DETAILS"}, {ROOT}):
        if markup.local(element) == "VULN_DETAILS":
            details[markup.text(element, "QID") or ""] = element
            continue
        for host in element:
            seen += [_record(host, entry) for entry in host.iter("VULN_INFO")]
    for record in seen:
        found.records += 1
        _add(found, record, details.get(record["QID"] or ""))
    return found.done()


def _record(host: Element, entry: Element) -> dict[str, str | None]:
    names = (
        "QID", "PORT", "PROTOCOL", "VULN_STATUS", "FIRST_FOUND", "LAST_FOUND", "LAST_FIXED", "CVSS3_FINAL",
    )  # fmt: skip
    asset = markup.text(host, "IP") or markup.text(host, "DNS")
    return {name: markup.text(entry, name) for name in names} | {"asset": asset}


def _add(found: Findings, record: dict[str, str | None], detail: Element | None) -> None:
    number = found.records
    status = (record["VULN_STATUS"] or "new").casefold()
    if status not in STATES:
        found.reject(number, "state", status, f"is not a Qualys status ({', '.join(STATES)})")
        return
    scores = cvss.best(
        [
            cvss.score(markup.text(detail, "CVSS3_SCORE", "CVSS3_BASE"), "3.1"),
            cvss.score(markup.text(detail, "CVSS_SCORE", "CVSS_BASE"), "2.0"),
        ]
    )
    fixed = record["LAST_FIXED"] if STATES[status] == "fixed" else None
    found.add(
        number,
        f"qualys:{record['QID']}" if record["QID"] else None,
        found.severity(number, markup.text(detail, "SEVERITY"), scores),
        "/".join(record[key] or "" for key in ("PORT", "PROTOCOL")).strip("/") or None,
        asset_id=record["asset"],
        title=markup.text(detail, "TITLE"),
        cves=[
            text
            for entry in (detail.iter("CVE_ID") if detail is not None else ())
            if (text := markup.text(entry, "ID"))
        ],
        opened=_day(record["FIRST_FOUND"]),
        last_seen=_day(record["LAST_FOUND"]),
        state=STATES[status],
        closed=_day(fixed),
        issue=record["QID"],
        **score_columns(scores),
    )


def _day(stamp: str | None) -> str | None:
    return stamp[:10] if stamp else None
