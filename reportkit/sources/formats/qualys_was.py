"""Qualys web application scans in XML.

A finding is one QID at one address of one application: vulnerabilities, sensitive content and gathered information, with
Qualys's own five levels.
"""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

from reportkit.sources import markup
from reportkit.sources.findings import Findings, cves
from reportkit.sources.model import Asked, Records

LEVELS = {"1": "info", "2": "low", "3": "medium", "4": "high", "5": "critical"}
_KINDS = {"VULNERABILITY", "SENSITIVE_CONTENT", "INFORMATION_GATHERED"}
_ROOTS = {"WAS_SCAN_REPORT", "WAS_WEBAPP_REPORT"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a report of Qualys WAS."""
    return markup.root(head) in _ROOTS


def read(asked: Asked) -> Records:
    """Read all records of the file; the glossary with titles and severities stands at its end."""
    found = Findings("Qualys WAS", asked, LEVELS)
    asset: str | None = None
    seen: list[dict[str, str | None]] = []
    about: dict[str, Element] = {}
    for element in markup.elements(asked.content, {"TARGET", *_KINDS, "QID_LIST"}):
        kind = markup.local(element)
        if kind == "TARGET":
            asset = markup.text(element, "SCAN") or markup.text(element, "WEB_APPLICATION")
        elif kind == "QID_LIST":
            about = {markup.text(entry, "QID") or "": entry for entry in element}
        elif markup.child(element, "QID") is not None:
            names = ("QID", "URL", "UNIQUE_ID", "DETECTION_DATE", "FIRST_TIME_DETECTED", "STATUS")
            seen.append({name: markup.text(element, name) for name in names})
    for record in seen:
        found.records += 1
        entry = about.get(record["QID"] or "")
        day = _day(record["FIRST_TIME_DETECTED"]) or _day(record["DETECTION_DATE"])
        found.add(
            found.records,
            f"qualys:{record['QID']}",
            found.severity(found.records, markup.text(entry, "SEVERITY")),
            record["URL"] or record["UNIQUE_ID"],
            asset_id=asset,
            location=record["URL"],
            title=markup.text(entry, "TITLE"),
            cves=cves(*(part.text for part in entry.iter() if markup.local(part) == "CVE"))
            if entry is not None
            else [],
            opened=day,
            last_seen=_day(record["DETECTION_DATE"]) or day,
            state="fixed" if (record["STATUS"] or "").casefold() == "fixed" else "open",
            issue=record["QID"],
        )
    return found.done()


def _day(stamp: str | None) -> str | None:
    """Read 11 Mar 2020 01:07PM GMT-0400."""
    if not stamp:
        return None
    try:
        return datetime.strptime(" ".join(stamp.split()[:3]), "%d %b %Y").date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return stamp
