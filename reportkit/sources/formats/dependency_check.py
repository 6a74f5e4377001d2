"""OWASP Dependency-Check reports in XML.

A finding is one vulnerability in one dependency at its path; suppressed ones leave the count.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from reportkit.sources import cvss, markup
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"unknown": "info", "0.0": "info"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a Dependency-Check report."""
    return markup.root(head) == "analysis" and b"dependency-check" in head.lower()


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("Dependency-Check", asked, LEVELS)
    day: str | None = None
    asset: str | None = None
    for element in markup.elements(asked.content, {"projectInfo", "dependency"}):
        if markup.local(element) == "projectInfo":
            asset = markup.text(element, "name")
            day = (markup.text(element, "reportDate") or "")[:10] or None
            continue
        listed = markup.child(element, "vulnerabilities")
        for entry in listed if listed is not None else ():
            found.records += 1
            _add(found, element, entry, asset, day)
    return found.done()


def _add(
    found: Findings, part: Element, entry: Element, asset: str | None, day: str | None
) -> None:
    rule = markup.text(entry, "name")
    package = markup.child(part, "identifiers")
    named = markup.text(package, "package", "id") or markup.text(part, "fileName")
    three, two = markup.child(entry, "cvssV3"), markup.child(entry, "cvssV2")
    scores = cvss.best([
        cvss.score(markup.text(three, "baseScore"), markup.text(three, "version") or "3.1"),
        cvss.score(markup.text(two, "score"), "2.0"),
    ])  # fmt: skip
    hidden = markup.local(entry) == "suppressedVulnerability"
    path = markup.text(part, "filePath")
    found.add(
        found.records,
        rule,
        found.severity(found.records, markup.text(entry, "severity"), scores),
        "|".join(filter(None, (named, path))),
        asset_id=asset,
        location=path,
        component=named,
        title=f"{rule} in {markup.text(part, 'fileName')}",
        cves=cves(rule),
        opened=day,
        last_seen=day,
        state="false_positive" if hidden else "open",
        **score_columns(scores),
    )
