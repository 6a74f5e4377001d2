"""ZAP reports in XML.

A finding is one alert at one address, method and parameter of one site; ZAP itself counts alerts. Risk 3 is high,
2 medium, 1 low, 0 info; what ZAP marks as a false positive (confidence 0) leaves the count.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from reportkit.sources import markup
from reportkit.sources.findings import Findings
from reportkit.sources.model import Asked, Records

LEVELS = {"0": "info", "1": "low", "2": "medium", "3": "high"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a ZAP report."""
    return markup.root(head) == "OWASPZAPReport"


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("ZAP", asked, LEVELS)
    found.issues = set()
    for site in markup.elements(asked.content, {"site"}):
        asset = site.get("name") or site.get("host")
        for alert in (part for part in site.iter() if markup.local(part) == "alertitem"):
            _alert(found, alert, asset)
    return found.done()


def _alert(found: Findings, alert: Element, asset: str | None) -> None:
    found.records += 1
    rule = markup.text(alert, "pluginid")
    title = markup.text(alert, "alert") or markup.text(alert, "name")
    places = [part for part in alert.iter() if markup.local(part) == "instance"] or [alert]
    level = found.severity(found.records, markup.text(alert, "riskcode"))
    for place in places:
        address = markup.text(place, "uri")
        parts = (address, markup.text(place, "method"), markup.text(place, "param"))
        found.add(
            found.records,
            f"zap:{rule}" if rule else title,
            level,
            "|".join(part or "" for part in parts),
            asset_id=asset,
            location=address,
            title=title,
            state="false_positive" if markup.text(alert, "confidence") == "0" else "open",
            issue=(asset, markup.text(alert, "alertRef") or rule, title, found.records),
        )
