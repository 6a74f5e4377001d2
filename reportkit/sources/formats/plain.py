"""Tools whose JSON is a list of flat findings: each is described by where its fields are, not by code.

A finding is one rule of the tool on one asset at one place. A path names keys from the record down, joined by dots; a
path that begins with ``^`` starts at the top of the file, one with ``_up`` at the object above the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reportkit.sources import cvss, document
from reportkit.sources.document import mapping, word
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

Paths = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Where a tool keeps what.

    Attributes:
        signs: all of them stand among the first bytes of a file.
        records: path to the list; ``*`` goes through a list on the way.
        rule, title, asset, severity: paths, of which the first that holds something counts.
        place, component: paths, of which all that hold something are joined.
        levels: severity by the tool's own word, in lower case.
        skip: path and words of records that are no findings.
        states: state by the tool's own word, in upper case.
        dates: how days are written, if not as ISO 8601.
        issue: path to what the tool itself counts by.
    """

    tool: str
    signs: tuple[bytes, ...]
    records: str = ""
    rule: Paths
    title: Paths = ()
    asset: Paths = ()
    place: Paths = ()
    component: Paths = ()
    severity: Paths = ()
    levels: Mapping[str, str] = field(default_factory=lambda: WORDS)
    skip: tuple[str, frozenset[str]] | None = None
    state: Paths = ()
    states: Mapping[str, str] = field(default_factory=dict)
    opened: Paths = ()
    last_seen: Paths = ()
    closed: Paths = ()
    dates: str | None = None
    score: Paths = ()
    vector: Paths = ()
    issue: str = ""

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002
        """Say whether a file begins like this tool's JSON."""
        return document.is_json(head) and all(sign in head for sign in self.signs)

    def read(self, asked: Asked) -> Records:
        """Read all records of the file."""
        whole, problems = document.parse_lines(asked.content)
        found = Findings(self.tool, asked, self.levels)
        for record in _records(whole, self.records.split(".") if self.records else []):
            found.records += 1
            if self.skip and _first(record, whole, (self.skip[0],)) in self.skip[1]:
                continue
            self._add(found, record, whole)
        return found.done(problems)

    def _add(self, found: Findings, record: dict[str, Any], whole: Any) -> None:
        def first(paths: Paths) -> str | None:
            return _first(record, whole, paths)

        def joined(paths: Paths, sign: str) -> str:
            return sign.join(part for path in paths if (part := first((path,))))

        rule, component = first(self.rule), joined(self.component, " ")
        scores = cvss.score(first(self.score), None, first(self.vector))
        state = self.states.get((first(self.state) or "").upper(), "open")
        found.add(
            found.records,
            rule,
            found.severity(found.records, first(self.severity), scores),
            "|".join(filter(None, (joined(self.place, "|"), component))),
            asset_id=first(self.asset),
            location=joined(self.place[:2], ":") or None,
            component=component or None,
            title=first(self.title) or rule,
            cves=cves(rule, first(self.title)),
            opened=self._day(first(self.opened)),
            last_seen=self._day(first(self.last_seen)),
            state=state,
            closed=self._day(first(self.closed)) if state == "fixed" else None,
            issue=first((self.issue,)) if self.issue else None,
            **score_columns(scores),
        )

    def _day(self, stamp: str | None) -> str | None:
        if stamp is None or self.dates is None:
            return stamp[:10] if stamp else None
        try:
            return datetime.strptime(stamp, self.dates).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            return stamp


def _records(node: Any, path: list[str], above: Any = None) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict) and path and path[0] == "*" and len(path) == 1:
        node, path = list(node.values()), []
    if isinstance(node, list) and (not path or path[0] == "*"):
        for item in node:
            if path:
                yield from _records(item, path[1:], item)
            elif isinstance(item, dict):
                yield {**item, "_up": above}
    elif path and path[0] == "*":
        yield from _records(node, path[1:], node)
    elif path and isinstance(node, dict):
        yield from _records(node.get(path[0]), path[1:], above if above is not None else node)


def _first(record: dict[str, Any], whole: Any, paths: Paths) -> str | None:
    for path in paths:
        node: Any = whole if path.startswith("^") else record
        for step in path.removeprefix("^").split("."):
            if isinstance(node, list):
                node = node[int(step)] if step.isdigit() and int(step) < len(node) else None
            else:
                node = mapping(node).get(step)
        if (found := word(node)) is not None:
            return found
    return None


_SONAR = {"blocker": "critical", "critical": "high", "major": "medium", "minor": "low", "info": "info"}  # fmt: skip
#: Impact as InSpec's documentation bands it.
_INSPEC = {"0.0": "info", "0.1": "low", "0.3": "low", "0.5": "medium", "0.7": "high", "0.9": "critical", "1.0": "critical"}  # fmt: skip
SHAPES = {
    "acunetix360": Shape(
        tool="Acunetix 360", signs=(b'"LookupId"', b'"Vulnerabilities"', b'"Certainty"'), records="Vulnerabilities",
        rule=("Type", "Name"), title=("Name",), asset=("^Target.Url",), place=("Url", "LookupId"), severity=("Severity",),
        levels=WORDS | {"bestpractice": "info"}, opened=("FirstSeenDate",), last_seen=("LastSeenDate",), dates="%d/%m/%Y %I:%M %p",
        vector=("Classification.Cvss.Vector",), score=("Classification.Cvss.BaseScore.Value",), issue="LookupId",
        state=("State",), states={"FIXED": "fixed", "ACCEPTED RISK": "accepted", "FALSE POSITIVE": "false_positive"},
    ),
    "nuclei": Shape(
        tool="Nuclei", signs=(b'"template', b'"info"', b'"host"'), rule=("templateID", "template-id"), title=("info.name",), asset=("host", "ip"),
        place=("matched", "matched-at", "matcher_name", "matcher-name"), severity=("info.severity", "severity"),
        levels=WORDS | {"unknown": "info"}, opened=("timestamp",), last_seen=("timestamp",), score=("info.classification.cvss-score",),
        vector=("info.classification.cvss-metrics",),
    ),
    "checkov": Shape(
        tool="Checkov", signs=(b'"check_type"', b'"results"'), records="*.results.failed_checks", rule=("check_id",), title=("check_name",),
        asset=("_up.check_type",), place=("file_path", "file_line_range.0", "resource"), severity=("severity",),
    ),
    "wazuh": Shape(
        tool="Wazuh", signs=(b'"hits"', b'"vulnerability"', b'"agent"'), records="hits.hits", rule=("_source.vulnerability.id",),
        asset=("_source.agent.name", "_source.agent.id"), component=("_source.package.name", "_source.package.version"),
        severity=("_source.vulnerability.severity",), levels=WORDS | {"-": "info", "untriaged": "info"},
        opened=("_source.vulnerability.detected_at",), score=("_source.vulnerability.score.base",), issue="_id",
    ),
    "aws-inspector": Shape(
        tool="Amazon Inspector", signs=(b'"findingArn"', b'"awsAccountId"'), records="findings",
        rule=("packageVulnerabilityDetails.vulnerabilityId", "codeVulnerabilityDetails.detectorId", "title"), title=("title",),
        asset=("resources.0.id",), place=("packageVulnerabilityDetails.vulnerablePackages.0.filePath",),
        component=("packageVulnerabilityDetails.vulnerablePackages.0.name", "packageVulnerabilityDetails.vulnerablePackages.0.version"),
        severity=("severity",), levels=WORDS | {"untriaged": "info"}, opened=("firstObservedAt",), last_seen=("lastObservedAt",),
        state=("status",), states={"CLOSED": "fixed", "SUPPRESSED": "out_of_scope"}, closed=("updatedAt",),
        score=("inspectorScore",), vector=("inspectorScoreDetails.adjustedCvss.scoringVector",), issue="findingArn",
    ),
    "cycognito": Shape(
        tool="CyCognito", signs=(b'"affected_asset"', b'"enhanced_severity"'), rule=("issue_id", "id"), title=("title", "summary"),
        asset=("affected_asset",), severity=("enhanced_severity", "severity"), opened=("first_detected",), last_seen=("last_detected",),
        state=("issue_status",), states={"RESOLVED": "fixed"}, closed=("resolved_at",),
    ),
    "sonarqube": Shape(
        tool="SonarQube", signs=(b'"sonarComponent"', b'"issues"'), records="issues", rule=("rule",), title=("description", "message"),
        asset=("^projectName",), place=("component", "line", "key"), severity=("severity",), levels=_SONAR,
        state=("status",), states={"RESOLVED": "fixed", "CLOSED": "fixed", "SAFE": "false_positive"},
    ),
    "github-alerts": Shape(
        tool="GitHub", signs=(b'"vulnerabilityAlerts"', b'"data"'), records="data.search.nodes.*.vulnerabilityAlerts.nodes",
        rule=("securityVulnerability.advisory.identifiers.0.value", "securityVulnerability.advisory.primaryPermalink", "id"),
        title=("securityVulnerability.advisory.summary",), asset=("_up.name",),
        place=("vulnerableManifestPath", "vulnerableManifestFilename", "id"), component=("securityVulnerability.package.name", "vulnerableRequirements"),
        severity=("securityVulnerability.severity",), opened=("createdAt",), state=("state",),
        states={"FIXED": "fixed", "AUTO_DISMISSED": "out_of_scope", "DISMISSED": "accepted"}, closed=("fixedAt",),
        score=("securityVulnerability.advisory.cvss.score",), vector=("securityVulnerability.advisory.cvss.vectorString",), issue="id",
    ),
    "github-repository": Shape(
        tool="GitHub", signs=(b'"vulnerabilityAlerts"', b'"repository"'), records="data.repository.vulnerabilityAlerts.nodes",
        rule=("securityVulnerability.advisory.identifiers.0.value", "securityVulnerability.advisory.primaryPermalink", "id"),
        title=("securityVulnerability.advisory.summary",), asset=("^data.repository.nameWithOwner", "^data.repository.name"),
        place=("vulnerableManifestPath", "vulnerableManifestFilename", "id"), component=("securityVulnerability.package.name", "vulnerableRequirements"),
        severity=("securityVulnerability.severity",), opened=("createdAt",), state=("state",),
        states={"FIXED": "fixed", "AUTO_DISMISSED": "out_of_scope", "DISMISSED": "accepted"}, closed=("fixedAt",),
        score=("securityVulnerability.advisory.cvss.score",), vector=("securityVulnerability.advisory.cvss.vectorString",), issue="id",
    ),
    "npm-audit": Shape(
        tool="npm audit", signs=(b'"advisories"', b'"actions"'), records="advisories.*",
        rule=("cves.0", "github_advisory_id", "id"), title=("title",), place=("id", "vulnerable_versions"), component=("module_name", "findings.0.version"),
        severity=("severity",), score=("cvss.score",), vector=("cvss.vectorString",), issue="id",
    ),
    "gitlab": Shape(
        tool="GitLab", signs=(b'"vulnerabilities"', b'"scan"', b'"version"'), records="vulnerabilities", rule=("identifiers.0.name", "id"),
        title=("name", "message"), asset=("^scan.scanner.name",), place=("location.file", "location.start_line", "location.image", "id"),
        component=("location.dependency.package.name", "location.dependency.version"), severity=("severity",), levels=WORDS | {"unknown": "info"},
        opened=("^scan.start_time",), last_seen=("^scan.end_time",),
    ),
    "risk-recon": Shape(
        tool="RiskRecon", signs=(b'"security_domain"', b'"finding_id"'), records="findings", rule=("security_criteria", "finding"), title=("finding",),
        asset=("host_name", "domain_name"), place=("finding_id",), severity=("severity",), opened=("first_seen",), last_seen=("last_seen",),
        state=("false_positive",), states={"TRUE": "false_positive"}, issue="finding_id",
    ),
    "chef-inspec": Shape(
        tool="Chef InSpec", signs=(b'"impact"', b'"control_tags"', b'"status"'), rule=("id",), title=("title",), asset=("application_group", "zone"),
        severity=("impact",), levels=_INSPEC, skip=("status", frozenset({"passed", "skipped", "not_applicable"})),
        opened=("batch_runtime",), last_seen=("batch_runtime",),
    ),
    "hackerone": Shape(
        tool="HackerOne", signs=(b'"severity_rating"', b'"substate"'), records="findings", rule=("id",), title=("title",),
        asset=("structured_scope",), severity=("severity_rating",), opened=("reported_at",), state=("state",), states={"CLOSED": "fixed"}, closed=("closed_at",),
    ),
}  # fmt: skip


def part(name: str) -> Shape:
    """Give the reader of one tool."""
    return SHAPES[name]
