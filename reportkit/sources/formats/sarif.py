"""SARIF 2.1.0, what code scanners write.

A finding is one rule at one file, line and column; the tool's own count is its results. Severity is the rule's or result's ``security-severity`` where there is
one (a CVSS score, or one of the five words), else the result's level, else the rule's, else ``warning``: error is high,
warning medium, note and none info. A suppressed result is no open finding: it is kept as out of scope. A result
whose kind is pass or notApplicable is no finding.
"""

from __future__ import annotations

from typing import Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves
from reportkit.sources.model import Asked, Records

LEVELS = {
    "error": "high", "warning": "medium", "note": "info", "none": "info",
    "critical": "critical", "high": "high", "medium": "medium", "low": "low", "info": "info",
}  # fmt: skip
NO_FINDING = {"pass", "notApplicable"}
#: A review under way or refused suppresses nothing.
_UNDECIDED = {"underReview", "rejected"}


def sniff(head: bytes, name: str) -> bool:
    """Say whether a file begins like SARIF."""
    return document.is_json(head) and (
        name.casefold().endswith((".sarif", ".sarif.json"))
        or b"sarif-schema" in head
        or b"/sarif" in head[:2000]
        or (b'"runs"' in head and b'"driver"' in head)
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    if not isinstance(whole, dict) or not isinstance(whole.get("runs"), list):
        raise DataError(f"{asked.content.path} is not SARIF: it has no list 'runs'.")
    found = Findings("SARIF", asked, LEVELS)
    for run in items(whole["runs"]):
        driver = mapping(mapping(run.get("tool")).get("driver"))
        found.tool = word(driver.get("name")) or "SARIF"
        rules = _rules(run, driver)
        for result in items(run.get("results")):
            found.records += 1
            if (word(result.get("kind")) or "fail") not in NO_FINDING:
                _add(found, run, result, _rule(result, rules))
    return found.done(problems)


def _rules(run: dict[str, Any], driver: dict[str, Any]) -> list[dict[str, Any]]:
    extensions = items(mapping(run.get("tool")).get("extensions"))
    return [
        *items(driver.get("rules")),
        *(r for part in extensions for r in items(part.get("rules"))),
    ]


def _rule(result: dict[str, Any], rules: list[dict[str, Any]]) -> dict[str, Any]:
    name = _name(result)
    index = result.get("ruleIndex")
    if (
        isinstance(index, int)
        and 0 <= index < len(rules)
        and (not name or rules[index].get("id") == name)
    ):
        return rules[index]
    return next((rule for rule in rules if rule.get("id") == name), {})


def _name(result: dict[str, Any]) -> str | None:
    return word(result.get("ruleId")) or word(mapping(result.get("rule")).get("id"))


def _add(
    found: Findings, run: dict[str, Any], result: dict[str, Any], rule: dict[str, Any]
) -> None:
    name = _name(result) or word(rule.get("id"))
    shown, exact = _place(result)
    told = _text(result.get("message"))
    ran = _ran(run)
    gone = result.get("baselineState") == "absent"
    first = word(mapping(result.get("provenance")).get("firstDetectionTimeUtc"))
    level, scores = _level(result, rule)
    found.add(
        found.records,
        name,
        found.severity(found.records, level, scores),
        exact,
        location=shown,
        asset_id=_repository(run),
        title=_text(rule.get("shortDescription")) or told or name,
        cves=cves(name),
        opened=(first or ran or "")[:10],
        last_seen=None if gone else (ran or "")[:10],
        state="fixed" if gone else "out_of_scope" if _suppressed(result) else "open",
        closed=(ran or "")[:10] if gone else None,
        tool=found.tool,
        issue=found.records,
        **({"cvss": f"{scores.score:g}"} if scores else {}),
    )


def _level(result: dict[str, Any], rule: dict[str, Any]) -> tuple[str | None, cvss.Score | None]:
    for holder in (result, rule):
        given = word(mapping(holder.get("properties")).get("security-severity"))
        scores = cvss.score(given, "3.1") if given else None
        if scores:
            return None, scores
        if given and given.casefold() in LEVELS:
            return given, None
    default = word(mapping(rule.get("defaultConfiguration")).get("level"))
    return word(result.get("level")) or default or "warning", None


def _suppressed(result: dict[str, Any]) -> bool:
    suppressions = items(result.get("suppressions"))
    said = {word(one.get("status")) or word(one.get("state")) for one in suppressions}
    return bool(suppressions) and not said & _UNDECIDED


def _place(result: dict[str, Any]) -> tuple[str | None, str | None]:
    """Give the first place of a result, as shown (file and line) and exactly (with the column)."""
    for location in items(result.get("locations")):
        physical = mapping(location.get("physicalLocation"))
        file = word(mapping(physical.get("artifactLocation")).get("uri"))
        if file:
            region = mapping(physical.get("region"))
            line, column = word(region.get("startLine")), word(region.get("startColumn"))
            shown = f"{file}:{line}" if line else file
            return shown, f"{shown}:{column}" if column else shown
        for logical in items(location.get("logicalLocations")):
            named = word(logical.get("fullyQualifiedName")) or word(logical.get("name"))
            if named:
                return named, named
    return None, None


def _repository(run: dict[str, Any]) -> str | None:
    return next(
        (
            found
            for one in items(run.get("versionControlProvenance"))
            if (found := word(one.get("repositoryUri")))
        ),
        None,
    )


def _ran(run: dict[str, Any]) -> str | None:
    for one in items(run.get("invocations")):
        ended = word(one.get("endTimeUtc")) or word(one.get("startTimeUtc"))
        if ended:
            return ended
    return None


def _text(message: Any) -> str | None:
    told = word(mapping(message).get("text"))
    return told.splitlines()[0][:200] if told else None
