"""Snyk's JSON of dependencies: one project, or a list of projects.

A finding is one vulnerability in one package and version, reached by one path of dependencies, in one project: that is
what Snyk itself counts as vulnerable paths.
"""

from __future__ import annotations

from typing import Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves, score_columns
from reportkit.sources.model import Asked, Records


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Snyk's JSON."""
    return document.is_json(head) and (
        (b'"vulnerabilities"' in head and any(key in head for key in _KEYS))
        or b'"licensesPolicy"' in head
    )


_KEYS = (b'"SNYK-', b'"mavenModuleName"', b'"packageManager"', b'"dependencyCount"', b'"semver"', b'"snyk')  # fmt: skip


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    projects = items(whole) if isinstance(whole, list) else [mapping(whole)]
    if projects and not any("vulnerabilities" in project for project in projects):
        raise DataError(
            f"{asked.content.path} is not a Snyk report: no project has a list 'vulnerabilities'."
        )
    found = Findings("Snyk", asked)
    for project in projects:
        asset = _asset(project)
        for entry in items(project.get("vulnerabilities")):
            found.records += 1
            _add(found, entry, asset)
    return found.done(problems)


def _asset(project: dict[str, Any]) -> str | None:
    names = ("projectName", "displayTargetFile", "path")
    return "|".join(part for name in names if (part := word(project.get(name)))) or None


def _add(found: Findings, entry: dict[str, Any], asset: str | None) -> None:
    rule = word(entry.get("id"))
    package = word(entry.get("packageName")) or word(entry.get("name")) or ""
    component = " ".join(filter(None, (package, word(entry.get("version")))))
    way = [part for step in entry.get("from") or () if (part := word(step))]
    scores = cvss.score(entry.get("cvssScore"), None, entry.get("CVSSv3"))
    level = word(entry.get("severityWithCritical")) or word(entry.get("severity"))
    found.add(
        found.records,
        rule,
        found.severity(found.records, level, scores),
        "|".join((component, *way)),
        asset_id=asset or (way[0] if way else None),
        location=" > ".join(way)[:300] or None,
        component=component or None,
        title=word(entry.get("title")),
        cves=cves(*(word(n) for n in mapping(entry.get("identifiers")).get("CVE") or ())),
        fix_available="true" if entry.get("fixedIn") or entry.get("isUpgradable") else "false",
        **score_columns(scores),
    )
