"""Semgrep's JSON.

A finding is one rule at one line of one file. Errors are high, warnings medium, notes low; rules that name one of the
five keep it.
"""

from __future__ import annotations

from typing import Any

from reportkit.errors import DataError
from reportkit.sources import document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"error": "high", "warning": "medium", "info": "low", "experiment": "info", "inventory": "info"}  # fmt: skip


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Semgrep's JSON."""
    return (
        document.is_json(head)
        and b'"results"' in head
        and (b'"check_id"' in head or b'"errors"' in head)
        and b'"check_type"' not in head
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    if not isinstance(whole, dict) or "results" not in whole:
        raise DataError(f"{asked.content.path} is not a Semgrep report: it has no list 'results'.")
    found = Findings("Semgrep", asked, LEVELS)
    for entry in items(whole["results"]):
        found.records += 1
        _add(found, entry)
    return found.done(problems)


def _add(found: Findings, entry: dict[str, Any]) -> None:
    extra = mapping(entry.get("extra"))
    rule, path = word(entry.get("check_id")), word(entry.get("path"))
    line = word(mapping(entry.get("start")).get("line"))
    supply = mapping(extra.get("sca_info"))
    package = mapping(mapping(supply.get("dependency_match")).get("found_dependency"))
    component = " ".join(filter(None, (word(package.get("package")), word(package.get("version")))))
    numbers = cves(word(mapping(extra.get("metadata")).get("sca-vuln-database-identifier")))
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(extra.get("severity"))),
        "|".join(filter(None, (path, line, component))),
        location=":".join(filter(None, (path, line))) or None,
        component=component or None,
        title=(word(extra.get("message")) or rule or "")[:300],
        cves=numbers,
        state="false_positive" if extra.get("is_ignored") is True else "open",
    )
