"""Nessus and Tenable exports in XML (``.nessus``, version 2).

A finding is one plugin on one host at one port and protocol; the tool's own grouping is the plugin. Risk "None" is a
level and becomes ``info``. ``opened`` is the day the scan of the host began, for the export names no earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from reportkit.errors import DataError
from reportkit.sources import cvss, markup
from reportkit.sources.findings import WORDS, Findings, iso_day, score_columns
from reportkit.sources.model import Asked, Records

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_EXPLOITED = re.compile(r"CISA-KNOWN-EXPLOITED[:# ]*(\d{4})/(\d{2})/(\d{2})")
LEVELS = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
_ROOTS = {"NessusClientData_v2", "NessusClientData"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a Nessus export in XML."""
    return markup.root(head) in _ROOTS


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    if markup.check(asked.content) != "NessusClientData_v2":
        raise DataError(
            f"{asked.content.path} is not a .nessus file of version 2; export the scan again as Nessus."
        )
    found = Findings("Nessus", asked, WORDS | LEVELS)
    for host in markup.elements(asked.content, {"ReportHost"}):
        facts = dict(_facts(host))
        began = _day(facts, "HOST_START")
        ended = _day(facts, "HOST_END") or began
        for item in host:
            if markup.local(item) == "ReportItem":
                found.records += 1
                _add(found, host.get("name"), item, began or ended, ended)
    return found.done()


def _add(
    found: Findings, host: str | None, item: Element, began: date | None, ended: date | None
) -> None:
    told = markup.fields(item)
    scores = cvss.best(
        [
            cvss.score(told.get("cvss4_base_score"), "4.0", told.get("cvss4_vector")),
            cvss.score(
                told.get("cvss3_base_score") or told.get("cvssv3"), "3.0", told.get("cvss3_vector")
            ),
            cvss.score(
                told.get("cvss_base_score") or told.get("cvss"),
                "2.0",
                told.get("cvss_vector", "").removeprefix("CVSS2#"),
            ),
        ]
    )
    plugin = item.get("pluginID")
    found.add(
        found.records,
        f"nessus:{plugin}" if plugin else None,
        found.severity(found.records, item.get("severity") or told.get("risk_factor"), scores),
        place(item.get("port"), item.get("protocol")),
        asset_id=host,
        title=item.get("pluginName") or told.get("plugin_name"),
        cves=[
            part.text.strip() for part in item.iter() if part.text and markup.local(part) == "cve"
        ]
        if "cve" in told
        else [],
        opened=iso_day(began),
        last_seen=iso_day(ended),
        fix_available="true" if "patch_publication_date" in told else None,
        epss=told.get("epss_score"),
        issue=plugin,
        **exploited(" ".join(part.text or "" for part in item if markup.local(part) == "xref")),
        **score_columns(scores),
    )


def exploited(references: str) -> dict[str, str]:
    """Give what a plugin's cross references say of known exploitation: that it is, and the day it is due by."""
    found = _EXPLOITED.search(references)
    return {"kev": "true", "kev_due": "-".join(found.groups())} if found else {}


def place(port: str | None, protocol: str | None) -> str:
    """Name a port; port 0 is the host itself."""
    return f"{port or '0'}/{(protocol or 'tcp').lower()}"


def _facts(host: Element) -> Iterator[tuple[str, str]]:
    for group in host:
        if markup.local(group) == "HostProperties":
            for tag in group:
                if tag.text:
                    yield tag.get("name", ""), tag.text.strip()


def _day(facts: dict[str, str], name: str) -> date | None:
    value = facts.get(name)
    if value:
        # The day as the scanner's own clock wrote it; two writings are in use.
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            pass
        try:
            return datetime.strptime(value, "%a %b %d %H:%M:%S %Y").date()  # noqa: DTZ007
        except ValueError:
            pass
    stamp = facts.get(f"{name}_TIMESTAMP", "")
    return datetime.fromtimestamp(int(stamp), UTC).date() if stamp.isdigit() else None
