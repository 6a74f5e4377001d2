"""Real files of other kinds than findings: OSCAL, VERIS, NIST CSF, ATT&CK; totals as counted from the sources."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit.errors import DataError
from reportkit.intake import Origin, keep
from reportkit.sources import inspect, read
from reportkit.workspace import Workspace

BASELINE = "controls/oscal/NIST_SP-800-53_rev5_{}-baseline_profile.json"


@pytest.mark.parametrize(
    ("name", "controls", "enhancements"),
    [("LOW", 149, 18), ("MODERATE", 287, 110), ("HIGH", 370, 182), ("PRIVACY", 96, 21)],
)
def test_baselines_have_their_published_sizes(
    corpus: Path, name: str, controls: int, enhancements: int
) -> None:
    rows = read(corpus / BASELINE.format(name), "frameworks").rows
    ids = rows["requirement_id"].to_pylist()
    assert (len(ids), sum("." in control for control in ids)) == (controls, enhancements)


@pytest.mark.parametrize(
    ("name", "controls", "enhancements", "families"),
    [
        ("NIST_SP-800-53_rev5_LOW-baseline-resolved-profile_catalog-min.json", 131, 18, 18),
        ("NIST_SP-800-53_rev4_catalog-min.json", 256, 666, 18),
    ],
)
def test_catalogues_hold_families_controls_and_enhancements(
    corpus: Path, name: str, controls: int, enhancements: int, families: int
) -> None:
    rows = read(corpus / "controls/oscal" / name, "frameworks").rows.to_pylist()
    tops = {row["requirement_id"] for row in rows if row["parent_id"] is None}
    below = [row for row in rows if row["parent_id"] in tops]
    assert (len(tops), len(below), len(rows) - len(tops) - len(below)) == (
        families,
        controls,
        enhancements,
    )
    assert all(row["title"] for row in rows)


@pytest.mark.parametrize(
    ("stem", "table", "ends"),
    [
        ("ifa_plan-of-action-and-milestones", "actions", ("json", "xml", "yaml")),
        ("ifa_assessment-results-example", "audits", ("json", "xml", "yaml")),
        ("NIST_SP-800-53_rev5_MODERATE-baseline_profile", "frameworks", ("json", "xml")),
    ],
)
def test_one_document_gives_the_same_rows_in_every_notation(
    corpus: Path, stem: str, table: str, ends: tuple[str, ...]
) -> None:
    found = [read(corpus / f"controls/oscal/{stem}.{end}", table) for end in ends]
    rows = [sorted(map(str, one.rows.to_pylist())) for one in found]
    assert rows[0]
    assert all(other == rows[0] for other in rows[1:])


def test_a_plan_of_action_on_the_last_day_of_2023(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "reportkit.toml").touch()
    now = datetime(2024, 2, 1)
    extract = read(corpus / "controls/oscal/ifa_plan-of-action-and-milestones.json", "actions")
    keep(extract, tmp_path, Origin(source="grc", recorded_at=now))
    rows = Workspace(tmp_path, now=now).at("2023-Q4").table("actions")
    assert sorted(day.date() for day in rows["due_original"]) == [
        date(2023, 6, 23),
        date(2024, 1, 1),
    ]
    still = rows[rows["status"] == "open"]
    assert [day.date() for day in still["due_original"]] == [date(2023, 6, 23)]


def test_an_assessment_gives_its_one_finding(corpus: Path) -> None:
    (row,) = read(
        corpus / "controls/oscal/ifa_assessment-results-example.xml", "audits"
    ).rows.to_pylist()
    assert (row["control_id"], row["state"], row["opened"], row["due_original"]) == ("ac-6.1_obj", "open", date(2023, 6, 2), None)  # fmt: skip


@pytest.mark.parametrize("name", ["example-component-definition.json", "ifa_ssp-example.json"])
def test_other_oscal_documents_are_refused_by_name(corpus: Path, name: str) -> None:
    with pytest.raises(DataError, match=name):
        inspect(corpus / "controls/oscal" / name)


def test_veris_records_add_up_to_the_published_totals(corpus: Path) -> None:
    found = read(corpus / "incidents/vcdb-json", "incidents")
    rows = found.rows.to_pylist()
    assert (found.format, len(rows), found.rejected) == ("veris", 100, 0)
    actions = Counter(action for row in rows for action in (row["cause"] or "").split("|"))
    assert actions == {
        "error": 32,
        "hacking": 30,
        "misuse": 24,
        "physical": 14,
        "malware": 11,
        "social": 10,
        "unknown": 2,
    }
    assert Counter(row["confirmed"] for row in rows) == {"confirmed": 99, "suspected": 1}
    assert sum(row["records"] or 0 for row in rows) == 4_482_109
    assert sum(row["loss_primary"] is not None for row in rows) == 2
    # A date that is a year only, or a year and a month, is in no quarter.
    assert all(row["detected"] is None for row in rows if row["occurred"] is None)
    assert any("have no full date" in str(problem) for problem in found.problems)


def test_veris_one_file_and_both_spellings_of_its_version(corpus: Path) -> None:
    versions: Counter[bool] = Counter()
    for path in sorted((corpus / "incidents/vcdb-json").glob("*.json")):
        versions["1_3_2" in path.read_text(encoding="utf-8")] += 1
        assert inspect(path).format == "veris"
    assert versions == {False: 96, True: 4}


def test_nist_csf_in_yaml_and_as_a_spreadsheet(corpus: Path) -> None:
    rows = read(corpus / "grc/nist-csf-2.0.yaml", "frameworks").rows.to_pylist()
    depth = Counter(
        1 + row["requirement_id"].count(".") + row["requirement_id"].count("-") for row in rows
    )
    assert depth == {1: 6, 2: 22, 3: 106}
    assert {row["parent_id"] for row in rows if row["requirement_id"].startswith("GV.OC-")} == {
        "GV.OC"
    }
    sheet = read(corpus / "grc/nist-csf-2.0.xlsx", "frameworks", mapping=Path("nist-csf"))
    assert sheet.rows["requirement_id"].to_pylist() == [row["requirement_id"] for row in rows]


def test_attack_techniques(corpus: Path) -> None:
    rows = read(corpus / "threat/attack-patterns-lookup-v18.1.json", "frameworks").rows.to_pylist()
    assert (len(rows), sum("." in row["requirement_id"] for row in rows)) == (835, 479)
    assert read(corpus / "threat/mitigations-lookup-v18.1.json", "frameworks").rows.num_rows == 268
