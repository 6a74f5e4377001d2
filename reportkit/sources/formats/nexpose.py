"""Rapid7 Nexpose and InsightVM reports in XML.

A finding is one vulnerability that a test found on one node at one port. Severity follows the CVSS score of its
definition, else Nexpose's own scale from 1 to 10 (8 and more critical, 4 to 7 severe, which is high, the rest moderate,
which is medium).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from reportkit.sources import cvss, markup
from reportkit.sources.findings import Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

_FOUND = "vulnerable"
_DEFINED = {"vulnerability", "node", "scan"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a Nexpose report."""
    return b"NexposeReport" in head and markup.root(head) == "NexposeReport"


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("Nexpose", asked)
    hits: list[tuple[str, str, str, str | None]] = []
    definitions: dict[str, dict[str, Any]] = {}
    day: str | None = None
    for entry in markup.elements(asked.content, _DEFINED):
        kind = markup.local(entry)
        if kind == "scan":
            stamp = entry.get("startTime", "")
            day = day or (f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}" if stamp[:8].isdigit() else None)
        elif kind == "node":
            hits += [(entry.get("address", ""), *hit) for hit in _tests(entry)]
        else:
            definitions[entry.get("id", "").casefold()] = _definition(entry)
    for address, rule, place, seen in hits:
        found.records += 1
        known = definitions.get(rule.casefold(), {})
        scores = known.get("scores")
        word = None if scores is not None else known.get("word")
        found.add(
            found.records,
            f"nexpose:{rule}",
            found.severity(found.records, word, scores),
            place,
            asset_id=address or None,
            title=known.get("title") or rule,
            cves=known.get("cves", []),
            opened=seen or day,
            last_seen=day,
            issue=rule.casefold(),
            **score_columns(scores),
        )
    return found.done()


def _tests(node: Element) -> Iterator[tuple[str, str, str | None]]:
    """Give what was found on a node: rule, port and protocol, and since when."""
    outer = markup.child(node, "tests")
    for test in outer if outer is not None else ():
        yield from _hit(test, "")
    for endpoint in node.iter():
        if markup.local(endpoint) == "endpoint":
            place = f"{endpoint.get('port', '')}/{endpoint.get('protocol', '')}"
            for test in endpoint.iter():
                if markup.local(test) == "test":
                    yield from _hit(test, place)


def _hit(test: Element, place: str) -> Iterator[tuple[str, str, str | None]]:
    if test.get("status", "").startswith(_FOUND):
        since = test.get("vulnerable-since", "")
        yield (
            test.get("id", ""),
            place,
            f"{since[:4]}-{since[4:6]}-{since[6:8]}" if since[:8].isdigit() else None,
        )


def _definition(entry: Element) -> dict[str, Any]:
    level = int(entry.get("severity") or "0")
    references = [ref.text for ref in entry.iter() if markup.local(ref) == "reference"]
    return {
        "title": entry.get("title"),
        "scores": cvss.score(
            entry.get("cvssScore"), None, (entry.get("cvssVector") or "").strip("()") or None
        ),
        "word": "critical" if level >= 8 else "high" if level >= 4 else "medium",
        "cves": cves(*references, entry.get("id"), entry.get("title")),
    }
