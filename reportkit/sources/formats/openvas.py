"""OpenVAS and Greenbone reports in XML.

A finding is one test on one host at one port. Severity follows the report's own threat; Log and Debug are ``info``.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from reportkit.sources import cvss, markup
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"log": "info", "debug": "info", "alarm": "info"}
_ROOTS = {"report", "get_reports_response"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like an OpenVAS report."""
    found = markup.root(head)
    return found == "get_reports_response" or (
        found == "report" and (b"<task" in head or b"format_id" in head or b"<nvt" in head or b"<gmp" in head)
    )  # fmt: skip


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("OpenVAS", asked, LEVELS)
    for entry in markup.elements(asked.content, {"result"}):
        test = markup.child(entry, "nvt")
        if test is None:
            continue
        found.records += 1
        _add(found, entry, test)
    return found.done()


def _add(found: Findings, entry: Element, test: Element) -> None:
    base = markup.text(entry, "severity") or markup.text(test, "cvss_base")
    scores = cvss.score(base, None) if base and not base.startswith("-") else None
    host = markup.child(entry, "host")
    asset = (host.text or "").strip() if host is not None else ""
    refs = [ref.get("id") for ref in test.iter() if markup.local(ref) == "ref"]
    day = (markup.text(entry, "creation_time") or "")[:10] or None
    port = markup.text(entry, "port")
    found.add(
        found.records,
        f"openvas:{test.get('oid')}" if test.get("oid") else markup.text(test, "name"),
        found.severity(found.records, markup.text(entry, "threat"), scores),
        port,
        asset_id=asset or markup.text(host, "hostname"),
        title=markup.text(test, "name") or markup.text(entry, "name"),
        cves=cves(*refs, markup.text(test, "cve")),
        opened=day,
        last_seen=day,
        issue=(test.get("oid"), markup.text(entry, "name"), asset, port, found.records),
        **score_columns(scores),
    )
