"""OpenSCAP results in XCCDF.

A finding is one rule that failed on one target. A rule that passed, was not applicable or not checked is no finding.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from reportkit.sources import markup
from reportkit.sources.findings import WORDS, Findings, cves
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"unknown": "info"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like XCCDF results."""
    return markup.root(head) in {"Benchmark", "TestResult"} and b"xccdf" in head


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("OpenSCAP", asked, LEVELS)
    titles: dict[str, str | None] = {}
    target: str | None = None
    for element in markup.elements(asked.content, {"Rule", "target", "rule-result"}):
        kind = markup.local(element)
        if kind == "Rule":
            titles[element.get("id") or ""] = markup.text(element, "title")
        elif kind == "target":
            target = (element.text or "").strip() or None
        else:
            found.records += 1
            if markup.text(element, "result") in {"fail", "error"}:
                _add(found, element, titles, target)
    return found.done()


def _add(
    found: Findings, element: Element, titles: dict[str, str | None], target: str | None
) -> None:
    rule = element.get("idref")
    idents = [part.text for part in element if markup.local(part) == "ident"]
    day = (element.get("time") or "")[:10] or None
    found.add(
        found.records,
        rule,
        found.severity(found.records, element.get("severity")),
        None,
        asset_id=target,
        title=titles.get(rule or "") or rule,
        cves=cves(*idents),
        opened=day,
        last_seen=day,
    )
