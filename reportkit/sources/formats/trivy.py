"""Trivy's JSON in its four shapes: the bare list, the report, and two of a cluster.

A finding is one vulnerability, failed check, secret or licence on one artefact at one target, with its package and
version or its line. A check that passed is no finding. "Unknown" is a word of Trivy's own and becomes ``info``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"unknown": "info"}
#: Lists of a cluster's report.
_CLUSTER = ("Resources", "Vulnerabilities", "Misconfigurations", "Findings")
#: Whose score is taken, after the source that set the severity.
_SOURCES = ("nvd", "ghsa", "redhat")
_KEYS = (
    b'"SchemaVersion"',
    b'"ArtifactName"',
    b'"ArtifactType"',
    b'"ClusterName"',
    b'"Vulnerabilities"',
)


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Trivy's JSON."""
    if not document.is_json(head):
        return False
    return (
        (b'"ArtifactName"' in head and b'"SchemaVersion"' in head)
        or (b'"Target"' in head and any(key in head for key in _KEYS))
        or (b'"ClusterName"' in head and any(f'"{key}"'.encode() in head for key in _CLUSTER))
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    if not isinstance(whole, list | dict):
        raise DataError(f"{asked.content.path} is not a Trivy report: it holds a single value.")
    found = Findings("Trivy", asked, LEVELS)
    made = word(mapping(whole).get("CreatedAt"))
    day = made[:10] if made else None
    for asset, result in _results(whole):
        target = word(result.get("Target"))
        about = asset or target
        for entry in items(result.get("Vulnerabilities")):
            _vulnerability(found, about, target, entry, day)
        for entry in items(result.get("Misconfigurations")):
            _check(found, about, target, entry, day)
        for entry in items(result.get("Secrets")):
            _secret(found, about, target, entry, day)
        for entry in items(result.get("Licenses")):
            _licence(found, about, target, entry, day)
    return found.done(problems)


def _results(whole: Any) -> Iterator[tuple[str | None, dict[str, Any]]]:
    if isinstance(whole, list):
        for result in items(whole):
            yield None, result
        return
    if "Results" in whole or "ArtifactName" in whole:
        for result in items(whole.get("Results")):
            yield word(whole.get("ArtifactName")), result
        return
    for key in _CLUSTER:
        for resource in items(whole.get(key)):
            named = (word(resource.get(part)) for part in ("Namespace", "Kind", "Name"))
            asset = "/".join(part for part in named if part)
            for result in items(resource.get("Results")):
                yield asset or None, result


def _vulnerability(
    found: Findings, asset: str | None, target: str | None, entry: dict[str, Any], day: str | None
) -> None:
    found.records += 1
    scores = _score(entry)
    rule = word(entry.get("VulnerabilityID"))
    component = " ".join(
        filter(None, (word(entry.get("PkgName")), word(entry.get("InstalledVersion"))))
    )
    path = word(entry.get("PkgPath")) or target
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(entry.get("Severity")), scores),
        "|".join((target or "", component, word(entry.get("PkgPath")) or "")),
        asset_id=asset,
        location=path,
        component=component,
        title=word(entry.get("Title")) or f"{rule} in {component}",
        cves=cves(rule),
        opened=day,
        last_seen=day,
        fix_available="true" if word(entry.get("FixedVersion")) else "false",
        **score_columns(scores),
    )


def _check(
    found: Findings, asset: str | None, target: str | None, entry: dict[str, Any], day: str | None
) -> None:
    found.records += 1
    if (word(entry.get("Status")) or "FAIL").upper() != "FAIL":
        return
    line = _line(mapping(entry.get("CauseMetadata")))
    rule = word(entry.get("AVDID")) or word(entry.get("ID"))
    # One check fails once for each container of a workload; only the message tells them apart.
    message = word(entry.get("Message")) or ""
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(entry.get("Severity"))),
        f"{target}{line}|{message}",
        asset_id=asset,
        location=f"{target}{line}",
        title=word(entry.get("Title")) or rule,
        opened=day,
        last_seen=day,
    )


def _secret(
    found: Findings, asset: str | None, target: str | None, entry: dict[str, Any], day: str | None
) -> None:
    found.records += 1
    place = f"{target}{_line(entry)}"
    rule = word(entry.get("RuleID"))
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(entry.get("Severity"))),
        place,
        asset_id=asset,
        title=word(entry.get("Title")) or rule,
        opened=day,
        last_seen=day,
    )


def _licence(
    found: Findings, asset: str | None, target: str | None, entry: dict[str, Any], day: str | None
) -> None:
    found.records += 1
    name = word(entry.get("Name"))
    component = word(entry.get("PkgName"))
    path = word(entry.get("FilePath")) or target
    found.add(
        found.records,
        f"licence:{name}" if name else None,
        found.severity(found.records, word(entry.get("Severity"))),
        f"{path}|{component or ''}",
        asset_id=asset,
        location=path,
        component=component,
        title=f"Licence {name} ({word(entry.get('Category')) or 'no category'})",
        opened=day,
        last_seen=day,
    )


def _line(holder: dict[str, Any]) -> str:
    line = word(holder.get("StartLine"))
    return f":{line}" if line and line != "0" else ""


def _score(entry: dict[str, Any]) -> cvss.Score | None:
    by_source = mapping(entry.get("CVSS"))
    for source in (word(entry.get("SeveritySource")), *_SOURCES, *sorted(by_source)):
        given = mapping(by_source.get(source)) if source else {}
        found = cvss.best(
            cvss.score(given.get(f"{version}Score"), version, given.get(f"{version}Vector"))
            for version in ("V40", "V3", "V2")
        )
        if found:
            return found
    return None
