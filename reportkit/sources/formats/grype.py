"""Grype's JSON.

A finding is one vulnerability in one package and version at one path of one artefact. Grype's own words Negligible and
Unknown become ``info``. EPSS and known exploitation are taken where the file has them.
"""

from __future__ import annotations

from typing import Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

LEVELS = WORDS | {"negligible": "info", "unknown": "info"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like Grype's JSON."""
    return document.is_json(head) and (
        (b'"matches"' in head and (b'"vulnerability"' in head or b'"descriptor"' in head))
        or (b'"descriptor"' in head and b'"grype"' in head)
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    if not isinstance(whole, dict) or "matches" not in whole:
        raise DataError(f"{asked.content.path} is not a Grype report: it has no list 'matches'.")
    found = Findings("Grype", asked, LEVELS)
    made = word(mapping(whole.get("descriptor")).get("timestamp"))
    asset = _asset(mapping(whole.get("source")))
    for match in items(whole["matches"]):
        found.records += 1
        _add(found, match, asset, made[:10] if made else None)
    return found.done(problems)


def _add(found: Findings, match: dict[str, Any], asset: str | None, day: str | None) -> None:
    weakness = mapping(match.get("vulnerability"))
    related = items(match.get("relatedVulnerabilities"))
    artifact = mapping(match.get("artifact"))
    component = " ".join(filter(None, (word(artifact.get("name")), word(artifact.get("version")))))
    paths = [p for one in items(artifact.get("locations")) if (p := word(one.get("path")))]
    rule = word(weakness.get("id"))
    scores = cvss.best(
        cvss.score(
            mapping(one.get("metrics")).get("baseScore", one.get("baseScore")),
            one.get("version"),
            one.get("vector"),
        )
        for holder in (weakness, *related)
        for one in (*items(holder.get("cvss")), *_old(holder))
    )
    epss = next((one for holder in (weakness, *related) for one in items(holder.get("epss"))), {})
    exploited = items(weakness.get("knownExploited"))
    numbers = cves(rule, *(word(one.get("id")) for one in related))
    found.add(
        found.records,
        rule,
        found.severity(found.records, word(weakness.get("severity")), scores),
        "|".join((component, word(artifact.get("type")) or "", *paths)),
        asset_id=asset,
        location=paths[0] if paths else None,
        component=component,
        title=f"{rule} in {component}",
        cves=numbers,
        opened=day,
        last_seen=day,
        fix_available={"fixed": "true", "not-fixed": "false", "wont-fix": "false"}.get(
            word(mapping(weakness.get("fix")).get("state")) or ""
        ),
        epss=word(epss.get("epss")),
        epss_pct=word(epss.get("percentile")),
        epss_date=word(epss.get("date")),
        kev="true" if exploited else None,
        kev_date=word(exploited[0].get("dateAdded")) if exploited else None,
        kev_due=word(exploited[0].get("dueDate")) if exploited else None,
        ransomware="true"
        if any(word(one.get("knownRansomwareCampaignUse")) == "Known" for one in exploited)
        else None,
        **score_columns(scores),
    )


def _old(holder: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the scores of reports before version 0.7, one object for each version of CVSS."""
    return [
        {**mapping(holder[key]), "version": version}
        for key, version in (("cvssV2", "2.0"), ("cvssV3", "3.0"))
        if key in holder
    ]


def _asset(source: dict[str, Any]) -> str | None:
    target = source.get("target")
    if isinstance(target, dict):
        return word(target.get("userInput")) or word(target.get("imageID"))
    return word(target)
