"""Findings of scanners: what one finding is, how severities are named, and which days count.

The instance rule: one finding is one weakness (the tool's own rule: plugin, QID, CVE, rule id) on one asset at one
place (port and protocol, file and line, package and version). Records that agree in all of these are one finding; its
``finding_id`` is a hash of tool, asset, rule and place, so the same weakness has the same id in every later export.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from reportkit.sources.cvss import Score, grade
from reportkit.sources.grid import texts
from reportkit.sources.model import Asked, Problem, Records
from reportkit.tables import SEVERITIES

CVE = re.compile(r"\bCVE-\d{4}-\d{4,}\b", re.IGNORECASE)
#: What scanners add of their own accord: a slip in it must not lose the finding.
SOFT = frozenset(
    {
        "cvss", "cvss_version", "cvss_vector", "epss", "epss_pct", "epss_date", "kev", "kev_date", "kev_due",
        "ransomware", "fix_available", "last_seen", "opened", "accepted_at", "accepted_until",
    }
)  # fmt: skip
#: The five, under the names that tools give them.
WORDS = {name: name for name in SEVERITIES} | {
    "informational": "info",
    "information": "info",
    "none": "info",
    "moderate": "medium",
}
NO_DAY = "no detection date in the file, so 'opened' stays empty; give the day of the export with --observed"
UNGRADED = "has no severity and no CVSS score; it counts as info"
_EARLIEST = ("opened",)
_LATEST = ("last_seen",)
_TRUE_IF_ANY = ("kev", "ransomware", "fix_available")


def finding_id(tool: str, asset: str | None, rule: str, place: str | None) -> str:
    """Give the stable id of a weakness on an asset at a place: 24 hex digits of SHA-256.

    Source: 96 bits leave a chance below 1e-12 that two of 100 million findings agree (birthday bound).
    """
    key = "\x1f".join((tool.casefold(), asset or "", rule, place or ""))
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def cves(*texts: str | None) -> list[str]:
    """Give the CVE numbers in some texts, each once, in order."""
    found = (hit.upper() for text in texts if text for hit in CVE.findall(text))
    return list(dict.fromkeys(found))


class Findings:
    """Collects the findings of one export, merging records of one instance.

    Args:
        tool: name of the tool, part of every id.
        words: severity by the tool's own word, in lower case; a word that is not here rejects its record.
    """

    def __init__(self, tool: str, asked: Asked, words: Mapping[str, str] = WORDS) -> None:
        self.tool = tool
        self.asked = asked
        self.words = words
        self.records = 0
        self.problems: list[Problem] = []
        self.issues: set[Any] | None = None
        self._refused: list[tuple[int, str, dict[str, str]]] = []
        self._ungraded: list[int] = []
        self._rows: dict[str, dict[str, Any]] = {}
        self._numbers: list[int] = []

    def severity(self, number: int, word: str | None, scores: Score | None = None) -> str | None:
        """Name one of the five, or reject the record.

        A record without a word takes the grade of its CVSS score, and ``info`` with a warning when it has neither.
        """
        if word is None and scores is not None:
            return grade(scores)
        if word is None:
            self._ungraded.append(number)
            return "info"
        found = self.words.get(word.casefold())
        if found is None:
            known = ", ".join(sorted(self.words))
            self.reject(number, "severity", word, f"is not a severity of {self.tool} ({known})")
        return found

    def reject(
        self,
        number: int,
        column: str,
        value: str | None,
        message: str,
        cells: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse one record; its cells are kept where they are known."""
        kept = dict(cells or ({column: value} if value is not None else {}))
        self._refused.append((number, f"{column} {message}", kept))
        self.problems.append(Problem(number, column, value, message))

    def add(
        self,
        number: int,
        rule: str | None,
        severity: str | None,
        place: str | None,
        **columns: Any,
    ) -> None:
        """Add one record.

        Args:
            number: row of the sheet, or ordinal of the record.
            rule: the tool's own name of the weakness; a record without one is refused.
            severity: one of the five; None when the record was rejected already.
            place: where on the asset; with package and version, it may say more than ``location``.
            columns: further canonical columns; ``cves`` is a list of CVE numbers, ``issue`` what the tool counts by.
        """
        issue = columns.pop("issue", None)
        numbers = columns.pop("cves", [])
        if severity is None:
            return
        if not rule:
            self.reject(number, "vuln_id", None, "has no vulnerability, plugin or rule id")
            return
        if issue is not None:
            self.issues = self.issues or set()
            self.issues.add(issue)
        key = finding_id(self.tool, columns.get("asset_id"), rule, place)
        row = {name: value for name, value in columns.items() if value is not None and value != ""}
        row |= {
            "finding_id": key,
            "severity": severity,
            "rule": rule,
            "cves": dict.fromkeys(numbers),
        }
        row.setdefault("location", place)
        known = self._rows.get(key)
        if known is None:
            self._rows[key] = row
            self._numbers.append(number)
        else:
            _merge(known, row)

    def done(self, problems: Collection[Problem] = ()) -> Records:
        """Give the rows collected; ``opened`` falls back to the day of the export, and else stays empty."""
        observed = self.asked.observed
        undated = 0
        for row in self._rows.values():
            numbers = list(row.pop("cves"))
            rule = row.pop("rule")
            row["vuln_id"] = numbers[0] if len(numbers) == 1 else rule
            row["cve_ids"] = "|".join(numbers)
            row.setdefault("state", "open")
            row.setdefault("tool", self.tool)
            if "opened" not in row:
                if observed is None:
                    undated += 1
                else:
                    row["opened"] = observed.isoformat()
            if row["state"] == "fixed" and "closed" not in row:
                row["closed"] = row.get("last_seen") or iso_day(observed)
        found = [*problems, *self.problems]
        if self._ungraded:
            first, count = self._ungraded[0], len(self._ungraded)
            found.append(Problem(first, "severity", None, UNGRADED, "warning", count))
        if undated:
            found.append(Problem(None, None, None, NO_DAY, "warning"))
        return Records(
            table="findings",
            rows=table_of(list(self._rows.values())),
            numbers=self._numbers,
            records=self.records,
            tool_issues=None if self.issues is None else len(self.issues),
            refused=self._refused,
            problems=found,
            soft=SOFT,
        )


def _merge(known: dict[str, Any], row: dict[str, Any]) -> None:
    known["cves"] |= row["cves"]
    known["severity"] = min(known["severity"], row["severity"], key=SEVERITIES.index)
    for name, value in row.items():
        if name in ("cves", "severity"):
            continue
        if name not in known:
            known[name] = value
        elif name in _EARLIEST:
            known[name] = min(known[name], value)
        elif name in _LATEST:
            known[name] = max(known[name], value)
        elif name in _TRUE_IF_ANY and value == "true":
            known[name] = value
        elif name == "cvss" and float(value) > float(known[name]):
            known |= {key: row.get(key) for key in ("cvss", "cvss_version", "cvss_vector")}
        elif name == "state" and known[name] != "open" and value == "open":
            # Open in one record is open: what was closed or suppressed elsewhere does not hide it.
            known[name] = value
            known.pop("closed", None)


def score_columns(one: Score | None) -> dict[str, str | None]:
    """Give the canonical columns of a CVSS score."""
    if one is None:
        return {}
    return {
        "cvss": f"{one.score:g}",
        "cvss_version": one.version or None,
        "cvss_vector": one.vector,
    }


def iso_day(value: date | None) -> str | None:
    """Write a day as text."""
    return value.isoformat() if value else None


def table_of(rows: list[dict[str, Any]]) -> Any:
    """Give rows as an Arrow table of text columns."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: texts([row.get(name) for row in rows]) for name in names})
