"""Real exports against the counts that another project's tests assert for them.

Our rule and theirs need not agree: theirs merges by title, ours by asset, weakness and place. A count agrees when our
findings, or what the tool itself counts, is the number asserted. Every other file stands in a table with its reason.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from reportkit.errors import DataError
from reportkit.sources import inspect, read

#: Files that say too little to be recognised, and the mapping that reads them.
MAPPED = {"generic/generic_non_numeric_fields.json": Path("generic-findings")}
#: What each file gives, beside the number asserted for it, with the reason where they differ; the docs show this table.
AGREEMENT = Path(__file__).with_name("agreement.csv")
#: Severities that differ although the count agrees, with ours and the reason.
SEVERITIES_DIFFER = {
    "checkov/checkov-report-multiple-check_type.json": (
        "info=13",
        "the export states no severity: the peer makes it medium, we say ungraded and info",
    ),
    "openvas/many_vuln.xml": (
        "high=19 medium=25",
        "two results have no threat: the peer makes them info, we grade their score of 4.0",
    ),
    "pingcastle/many.xml": (
        "info=11 low=5 medium=12",
        "PingCastle gives points and no severities; the peer and we draw the bands differently",
    ),
    "tenable/nessus/nessus_with_cvssv3.nessus": (
        "critical=1 high=10 medium=13 low=1 info=23",
        "the peer regrades one plugin by its CVSS v3 score, we keep the risk that Nessus states",
    ),
    "anchore_grype/issue_9618.json": (
        "critical=1 high=19 medium=13 low=2",
        "one match has no severity: the peer makes it info, we grade its CVSS score",
    ),
}


@dataclass(frozen=True)
class Expected:
    """One line of the table of asserted counts."""

    counts: tuple[int, ...]
    severities: str


def expected(corpus: Path) -> Iterator[tuple[str, Expected]]:
    """Give the files that are here, with the count asserted, else the one of a peer's run."""
    with (corpus / "findings" / "EXPECTED-all.tsv").open(encoding="utf-8") as stream:
        for name, measured, asserted, severities, *_ in list(csv.reader(stream, delimiter="\t"))[
            1:
        ]:
            if (corpus / "findings" / name).is_file():
                counts = asserted if asserted != "-" else measured
                words = sorted(severities.lower().split()) if severities != "-" else []
                yield name, Expected(tuple(map(int, counts.split(","))), " ".join(words))


def said() -> dict[str, dict[str, str]]:
    """Give the table of agreement by file."""
    with AGREEMENT.open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def test_counts_and_severities_agree_or_have_their_reason(corpus: Path) -> None:
    table, told = dict(expected(corpus)), said()
    assert len(table) >= 159
    assert table.keys() == told.keys()
    wrong = []
    agreed = graded = 0
    for name, wanted in table.items():
        row = told[name]
        assert bool(row["reason"]) == (row["agrees"] == "no"), name
        assert tuple(map(int, row["peer"].split(","))) == wanted.counts, name
        if not row["format"]:
            with pytest.raises(DataError, match=re.escape(name)):
                inspect(corpus / "findings" / name)
            continue
        found = inspect(corpus / "findings" / name, mapping=MAPPED.get(name))
        assert found.rejected == 0, name
        ours = (found.findings, found.tool_issues)
        shown = (row["format"], row["findings"], row["tool_issues"])
        if (found.format, str(ours[0]), "" if ours[1] is None else str(ours[1])) != shown:
            wrong.append(f"{name}: {ours}, table says {shown}")
        if bool(set(ours) & set(wanted.counts)) != (row["agrees"] == "yes"):
            wrong.append(
                f"{name}: {ours}, asserted {wanted.counts}, table says agrees={row['agrees']}"
            )
        if row["agrees"] == "no":
            continue
        agreed += 1
        if found.findings not in wanted.counts:
            continue
        words = sorted(f"{key}={count}" for key, count in found.by_severity.items() if count)
        if name in SEVERITIES_DIFFER:
            assert sorted(SEVERITIES_DIFFER[name][0].split()) == words, name
        elif " ".join(words) != wanted.severities:
            wrong.append(f"{name}: {words}, asserted {wanted.severities}")
        else:
            graded += 1
    assert not wrong, "\n".join(wrong)
    assert agreed >= 145
    # Shown by pytest -s; the closing note of a release quotes it.
    print(f"{agreed} of {len(table)} files agree in count, {graded} of them in every severity")  # noqa: T201


def test_suppressed_results_do_not_count_as_open(corpus: Path) -> None:
    for name, total, suppressed in (("suppression_test", 5, 3), ("SuppressionTestCurrent", 4, 3)):
        states = read(corpus / f"findings/sarif/{name}.sarif", "findings").rows["state"].to_pylist()
        assert (len(states), states.count("out_of_scope")) == (total, suppressed)


def test_a_bill_of_materials_in_xml_and_json_holds_the_same_weaknesses(corpus: Path) -> None:
    columns = ["vuln_id", "severity", "cvss", "state"]
    folder = corpus / "findings/cyclonedx"
    rows = [read(folder / f"log4j.{end}", "findings").rows for end in ("json", "xml")]
    first, second = (sorted(map(str, one.select(columns).to_pylist())) for one in rows)
    assert first == second


def test_known_exploited_vulnerabilities_among_the_findings(corpus: Path) -> None:
    kev = set(
        read(corpus / "threat/known_exploited_vulnerabilities.json", "kev")
        .rows["vuln_id"]
        .to_pylist()
    )

    def listed(name: str) -> tuple[int, int]:
        rows = read(corpus / "findings" / name, "findings").rows
        numbers = {n for cell in rows["cve_ids"].to_pylist() if cell for n in cell.split("|")}
        return len(numbers), len(numbers & kev)

    assert listed("tenable/nessus/nessus_with_cvssv3.nessus") == (136, 1)
    # The file names 52; CVE-2020-25097 stands in its glossary only, on no host.
    assert listed("qualys/Qualys_Sample_Report.xml") == (51, 9)
    assert listed("cyclonedx/log4j.json") == (4, 2)


def test_nessus_blank_padding_is_no_record(corpus: Path) -> None:
    found = inspect(corpus / "findings/tenable/nessus/nessus_many_vuln.csv")
    assert (found.records, found.findings) == (4, 4)


def test_nessus_risk_none_is_kept_as_a_level(corpus: Path) -> None:
    found = inspect(corpus / "findings/tenable/nessus/nessus_many_vuln2-all.csv")
    assert (found.records, found.by_severity["info"]) == (30, 28)


@pytest.mark.parametrize("end", ["json", "csv"])
def test_the_kev_catalogue(corpus: Path, end: str) -> None:
    found = read(corpus / f"threat/known_exploited_vulnerabilities.{end}", "kev")
    rows = found.rows.to_pylist()
    assert (len(rows), found.rejected, found.problems) == (1404, 0, ())
    assert sum(row["ransomware"] for row in rows) == 293
    by_year = [sum(row["date_added"].year == year for row in rows) for year in range(2021, 2026)]
    assert by_year == [311, 555, 187, 186, 165]
    assert sum(row["vendor"] == "Microsoft" for row in rows) == 340
    assert sum(not row["cwes"] for row in rows) == 152
    assert sum("|" in (row["cwes"] or "") for row in rows) == 82
    delays = sorted((row["due_date"] - row["date_added"]).days for row in rows)
    assert delays[len(delays) // 2] == 21
    assert min(row["date_added"] for row in rows) >= date(2021, 11, 3)


def test_the_catalogue_says_the_same_in_both_forms(corpus: Path) -> None:
    forms = [
        read(corpus / f"threat/known_exploited_vulnerabilities.{end}", "kev").rows
        for end in ("json", "csv")
    ]
    first, second = (rows.drop_columns(["action"]).sort_by("vuln_id") for rows in forms)
    assert first.equals(second)
