"""Burp Suite's issues in XML.

A finding is one type of issue at one place (path and parameter) of one host.
"""

from __future__ import annotations

from datetime import datetime

from reportkit.sources import markup
from reportkit.sources.findings import WORDS, Findings, cves
from reportkit.sources.model import Asked, Records

#: Burp states the shape of its own elements before them, which is harmless; anything more is refused.
_DOCTYPES = {"issues"}
_STATES = {"false positive": "false_positive"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Burp's issues."""
    return b"burpVersion" in head and markup.root(head, _DOCTYPES) == "issues"


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("Burp", asked, WORDS | {"false positive": "info"})
    day = _exported(asked.content.head)
    for entry in markup.elements(asked.content, {"issue"}, _DOCTYPES):
        found.records += 1
        told = markup.fields(entry)
        word = told.get("severity")
        found.add(
            found.records,
            f"burp:{told['type']}" if "type" in told else told.get("name"),
            found.severity(found.records, word),
            told.get("location") or told.get("path"),
            asset_id=told.get("host"),
            location=told.get("location") or told.get("path"),
            title=told.get("name"),
            cves=cves(told.get("vulnerabilityClassifications"), told.get("references")),
            state=_STATES.get((word or "").casefold(), "open"),
            opened=day,
            last_seen=day,
            issue=told.get("type"),
        )
    return found.done()


def _exported(head: bytes) -> str | None:
    """Give the day of the export: ``Sat Sep 13 22:39:44 CEST 2014``, whose zone no clock here needs to know."""
    _, _, rest = head.partition(b'exportTime="')
    words = rest.partition(b'"')[0].decode("utf-8", "replace").split()
    if len(words) != 6:
        return None
    try:
        return datetime.strptime(" ".join((*words[1:3], words[5])), "%b %d %Y").date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
