"""Which table, which sheet, which column: what a guess is sure of, what it only offers, and what it says about both."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reportkit.cli.app import app
from reportkit.errors import DataError
from reportkit.sources import amounts, headings, mapping, read, reading, vocabulary
from reportkit.sources.guess import draft
from reportkit.tables import TABLES, table

REGISTER = """Risk ID,Risk,Category,Risk owner,Likelihood,Residual risk,Treatment,Status
R-1,Fire,Site,COO,Rare,12,Treat,Open
R-2,Flood,Site,COO,Likely,20,Accept,Open
"""


def csv_file(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def guessed(path: Path, table: str | None = None, sheet: str | None = None) -> str:
    return draft(reading.ask(path, table=table), table, sheet).toml


def columns(toml: str) -> dict[str, Any]:
    return dict(tomllib.loads(toml)["columns"])


def test_a_risk_id_is_no_severity_and_another_table_is_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path, REGISTER)
    toml = guessed(path, "findings")
    assert "Risk ID" not in str(columns(toml))
    assert columns(toml)["severity"] == {"value": ""}
    assert f"# risks fits better: 8 of 8 headings, findings 1. Type: reportkit guess {path} --table risks" in toml.splitlines()  # fmt: skip
    right = guessed(path, "risks")
    assert "fits better" not in right
    assert columns(right)["risk_id"] == "Risk ID"
    assert columns(right)["title"] == "Risk"


def test_the_table_is_picked_and_said(tmp_path: Path) -> None:
    lines = guessed(csv_file(tmp_path, REGISTER)).splitlines()
    assert lines[1].startswith("# No table was asked for: risks fits best, 8 of 8 headings; next is ")  # fmt: skip
    with pytest.raises(DataError, match=r"has columns \(Colour, Shape\) that fit no table"):
        guessed(csv_file(tmp_path, "Colour,Shape\nred,round\n", "shapes.csv"))
    # A table that somebody names is taken, whatever fits.
    asked = guessed(tmp_path / "shapes.csv", "assets")
    assert columns(asked) == {"asset_id": ""}


def test_steps_of_likelihood_are_asked_for_as_per_cent(tmp_path: Path) -> None:
    toml = guessed(csv_file(tmp_path, REGISTER))
    assert columns(toml)["likelihood"] == {"from": "Likelihood", "map": {"Rare": "", "Likely": ""}}
    assert columns(toml)["measured_in"] == {"value": "score"}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "security office.xlsx"
    actions = [
        ["Action", "Owner", "Due date", "Status", "Risk ID"],
        ["Sprinklers", "COO", "2026-10-31", "Open", "R-1"],
    ]
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in {
            "Read me": [["Kept by the security office"]],
            "Empty": [],
            "Risks": [line.split(",") for line in REGISTER.splitlines()],
            "Next steps": actions,
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        hidden = book.add_worksheet("Old")
        hidden.write_row(0, 0, ["Asset tag", "Hostname", "Environment"])
        hidden.write_row(1, 0, ["A-1", "srv", "Prod"])
        hidden.hide()
    return path


def test_the_sheet_that_fits_best_is_taken_and_the_others_are_listed(workbook: Path) -> None:
    toml = guessed(workbook)
    assert tomllib.loads(toml)["read"] == {"sheet": "Risks"}
    lines = toml.splitlines()
    assert "of sheet Risks" in lines[0]
    assert "# Sheet Read me fits no table." in lines
    command = f"reportkit guess '{workbook}' --sheet 'Next steps' --table actions"
    assert f"# Sheet Next steps fits actions: {command}" in lines
    assert not any("Old" in line or "Empty" in line for line in lines)


def test_a_table_chooses_its_sheet_and_a_sheet_its_table(workbook: Path, tmp_path: Path) -> None:
    assert tomllib.loads(guessed(workbook, "actions"))["read"]["sheet"] == "Next steps"
    named = guessed(workbook, sheet="Next steps")
    assert tomllib.loads(named)["source"]["table"] == "actions"
    assert "# Sheet" not in named
    assert tomllib.loads(guessed(workbook, sheet="Old"))["source"]["table"] == "assets"
    with pytest.raises(DataError, match="has no sheet 'Risk'; did you mean 'Risks'"):
        guessed(workbook, sheet="Risk")
    with pytest.raises(DataError, match="has an empty sheet"):
        guessed(workbook, sheet="Empty")
    with pytest.raises(DataError, match="is no workbook and has no sheets"):
        guessed(csv_file(tmp_path, REGISTER), sheet="Risks")
    mapped = tmp_path / "m.toml"
    mapped.write_text(named.replace('action_id = ""', 'action_id = "Action"'), encoding="utf-8")
    rows = read(workbook, "actions", mapping=mapped).rows.to_pylist()
    assert [(row["title"], row["parent_id"], row["status"]) for row in rows] == [
        ("Sprinklers", "R-1", "open")
    ]


def test_a_heading_goes_to_one_column_and_a_second_use_is_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Action,Due date\nSprinklers,2026-10-31\n")
    toml = guessed(path, "actions")
    said = "# due_current: Due date again, since the file has one column for due_original and due_current"  # fmt: skip
    lines = toml.splitlines()
    assert lines[lines.index(said) + 1] == 'due_current = "Due date"'
    both = csv_file(tmp_path, "Action,Original due date,Due date\nA,2026-10-31,2026-11-30\n", "b.csv")  # fmt: skip
    found = columns(guessed(both, "actions"))
    assert (found["due_original"], found["due_current"]) == ("Original due date", "Due date")


def test_a_score_grades_findings_that_have_no_severity(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Host,Vulnerability,CVSS\na,X,9.8\nb,Y,4.0\nc,Z,0\n")
    toml = guessed(path, "findings")
    assert "so it is graded by CVSS, which is cvss as well" in toml
    mapped = tmp_path / "m.toml"
    mapped.write_text(toml.replace('value = ""', 'value = "open"'), encoding="utf-8")
    rows = read(path, "findings", mapping=mapped).rows.to_pylist()
    assert {(row["title"], row["severity"]) for row in rows} == {
        ("X", "critical"),
        ("Y", "medium"),
        ("Z", "info"),
    }


def test_whole_words_are_offered_as_comments_only(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "Finding,Overall severity,Hardware host,Severities,Ghost\nA,High,srv1,High,x\nB,Low,srv2,Low,y\n",
    )
    lines = guessed(path, "findings").splitlines()
    place = lines.index("# Overall severity looks like it; this would stand in its place:")
    assert lines[place - 1 : place + 2 : 2] == [
        'severity = { value = "" }',
        '# severity = { from = "Overall severity", map = { "High" = "high", "Low" = "low" } }',
    ]
    assert '# asset_id = "Hardware host"' in lines
    assert not any("Ghost" in line and "asset_id" in line for line in lines)


def test_cells_that_cannot_be_a_column_do_not_become_it(tmp_path: Path) -> None:
    """'Done' may head a tick or a day."""
    ticks = csv_file(tmp_path, "Action,Done\nA,yes\nB,no\n")
    assert "done_at" not in columns(guessed(ticks, "actions"))
    days = csv_file(tmp_path, "Action,Done\nA,2026-05-31\nB,\n", "days.csv")
    assert columns(guessed(days, "actions"))["done_at"] == "Done"


def test_a_lone_heading_is_found_again_below_a_preamble(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Our hosts,,\n,,\nHostname,Colour,Shape\nsrv1,red,round\nsrv2,blue,flat\n")  # fmt: skip
    mapped = tmp_path / "m.toml"
    mapped.write_text(guessed(path, "assets"), encoding="utf-8")
    assert read(path, "assets", mapping=mapped).rows["asset_id"].to_pylist() == ["srv1", "srv2"]


@pytest.mark.parametrize(
    ("name", "words", "meant"),
    [
        (
            "findings.severity",
            ["P1", "Sev 2", "3 - Medium", "High risk", "4", "Hoch"],
            ["critical", "high", "medium", "high", "", "high"],
        ),
        # Where grades begin at 0, nobody knows what 1 is.
        ("findings.severity", ["P0", "P1"], ["", ""]),
        # A word counts more than the number beside it, which may rise or fall.
        (
            "findings.severity",
            ["5 - Critical", "1 - Low", "Very high"],
            ["critical", "low", "critical"],
        ),
        (
            "findings.state",
            ["Closed", "In progress", "Won't fix", "False Positives", "Deferred"],
            ["fixed", "open", "accepted", "false_positive", ""],
        ),
        # The owner says resolved; an audit finding is closed when somebody else has looked.
        ("audits.state", ["Closed", "Resolved", "Implemented"], ["closed", "", ""]),
        (
            "risks.response",
            ["Mitigate", "treat", "Tolerated", "Insure", "Watch"],
            ["mitigate", "mitigate", "accept", "transfer", ""],
        ),
        ("risks.status", ["Active", "Gesloten", "Mitigated"], ["open", "closed", ""]),
        (
            "actions.status",
            ["Done", "Closed", "Verified", "On hold", "?"],
            ["done", "done", "verified", "open", ""],
        ),
        ("incidents.severity", ["P1", "Major", "Sev 4", "5", "6"], ["1", "2", "4", "5", ""]),
        ("suppliers.tier", ["Critical", "Tier 2", "3", "Informational"], ["1", "2", "3", ""]),
        ("assets.cia_c", ["Low", "High", "0"], ["1", "3", "0"]),
        # Numbers in front count where a word that is known agrees.
        ("assets.criticality", ["1 - Critical", "2 - Somewhat"], ["1", "2"]),
        ("assets.criticality", ["4 - Critical", "3 - Somewhat"], ["1", ""]),
        # A scale that goes on above high is another one.
        ("assets.cia_c", ["High", "Very high"], ["", ""]),
        (
            "findings.kev",
            ["Ja", "oui", "x", "✓", "No", "nee", "maybe"],
            ["true", "true", "true", "true", "false", "false", ""],
        ),
        (
            "spend.period",
            ["Q3 2026", "3Q26", "2026/Q1", "T2 2026", "3. Quartal 2026", "July 2026"],
            ["2026-Q3", "2026-Q3", "2026-Q1", "2026-Q2", "2026-Q3", ""],
        ),
        (
            "identities.mfa",
            ["No", "SMS", "Push", "Passkeys", "Yes"],
            ["none", "weak", "strong", "phishing_resistant", ""],
        ),
    ],
)
def test_words_are_answered_where_it_is_obvious(
    name: str, words: list[str], meant: list[str]
) -> None:
    spec, _, column = name.partition(".")
    found = vocabulary.answers(spec, table(spec).column(column), words)
    assert [found[word] for word in words] == meant


@pytest.mark.parametrize(
    ("name", "heading", "words", "options", "currency"),
    [
        ("spend.budget", "Budget", ["€ 1.234,50", "€ 12,00"], {"strip": ["€"], "decimal": ","}, "EUR"),
        ("spend.budget", "Budget", ["$1,234.50", "$12"], {"strip": [",", "$"]}, "$"),
        ("spend.budget", "Budget", ["CHF 1'234.50"], {"strip": ["'", "CHF"]}, "CHF"),
        ("spend.budget", "Budget", ["1\u202f234,50 €"], {"strip": ["\u202f", "€"], "decimal": ","}, "EUR"),
        ("spend.budget", "Budget", ["12.000", "7.500"], {"decimal": ","}, ""),
        ("spend.budget", "Budget in TEUR", ["12,5"], {"decimal": ",", "times": 1000}, "EUR"),
        ("spend.budget", "Budget (m€)", ["1.2"], {"times": 1_000_000}, "EUR"),
        ("spend.budget", "Budget", ["250k", "80k"], {"strip": ["k"], "times": 1000}, ""),
        ("risks.likelihood", "Likelihood", ["85 %", "5 %"], {"strip": ["%"]}, ""),
        ("risks.likelihood", "Likelihood", ["0,85"], {"decimal": ",", "times": "1 or 100?"}, ""),
        ("risks.likelihood", "Likelihood", ["20", "5"], {}, ""),
        ("findings.epss", "EPSS", ["85 %"], {"strip": ["%"], "times": 0.01}, ""),
        ("findings.epss", "EPSS", ["0,85", "0,1"], {"decimal": ","}, ""),
        ("findings.epss", "EPSS", ["85", "0.5"], {"times": 0.01}, ""),
        ("scenarios.rate", "Rate", ["1.234"], {"decimal": ". or ,?"}, ""),
        ("incidents.service_minutes", "Downtime", ["90 min"], {"strip": ["min"]}, ""),
        ("incidents.service_minutes", "Downtime", ["2 h"], {"strip": ["h"], "times": 60}, ""),
        ("incidents.records", "Records", ["1,200", "15"], {"strip": [","]}, ""),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(
    name: str, heading: str, words: list[str], options: dict[str, Any], currency: str
) -> None:
    spec, _, column = name.partition(".")
    found = amounts.read(table(spec).column(column), heading, words, machine=False)
    assert (found.options, found.currency, found.fits) == (options, currency, 1.0)


@pytest.mark.parametrize(
    "words", [["1.234,50", "1,234.50"], ["12 %", "0.12"], ["5k", "2M"], ["soon", "1"]]
)
def test_numbers_written_in_two_ways_are_said(words: list[str]) -> None:
    kind = "scenarios.rate" if "%" in words[0] else "spend.budget"
    spec, _, column = kind.partition(".")
    found = amounts.read(table(spec).column(column), "Budget", words, machine=False)
    assert found.fits <= 0.5
    assert found.notes


def test_the_names_of_headings_are_of_columns_that_exist() -> None:
    for name, part in headings._book().items():
        known = {column for spec in TABLES.values() for column in spec.names}
        allowed = known if name == "any" else {*TABLES[name].names, "one", "sheets", "same"}
        assert set(part) <= allowed, name
    for name, part in vocabulary._book().items():
        if name in ("any", "boolean"):
            continue
        spec, _, column = name.partition(".")
        assert set(part) <= set(table(spec).column(column).allowed), name
        # A word means one thing in a column.
        said = [{headings.plain(word) for word in words} for words in part.values()]
        assert sum(map(len, said)) == len(set().union(*said)), name


CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["High", "n/a", "1.234,50", "2026-09-30", "03/04/2026", "85 %", "x", 'a"b', "\\", "a\nb", "\x7f"]),
)  # fmt: skip
HEADINGS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(sorted({key for name in TABLES for key in headings.names(name)})),
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(sorted(TABLES)),
    heads=st.lists(HEADINGS, min_size=1, max_size=8),
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=6),
)
def test_any_sheet_gives_a_mapping_that_can_be_read(
    tmp_path: Path, name: str, heads: list[str], rows: list[list[str]]
) -> None:
    """What is asked with a question mark is no value on purpose; all else must be read as it stands."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([heads, *rows])
    path = tmp_path / "any.csv"
    path.write_bytes(("a,b\n" + stream.getvalue()).encode("utf-8", "replace").replace(b"\0", b""))
    try:
        toml = guessed(path, name)
    except DataError:
        return
    mapped = tmp_path / "any.toml"
    for question in ("dmy or mdy?", ". or ,?", "1 or 100?"):
        answer = {"dmy or mdy?": '"dmy"', ". or ,?": '","', "1 or 100?": "100"}[question]
        toml = toml.replace(f'"{question}"', answer)
    mapped.write_text(toml, encoding="utf-8")
    found = mapping.read(mapped)
    assert found.source.table == name
    used = _used(toml, found)
    assert len(used) == len(set(used)), toml


def _used(toml: str, found: mapping.Mapping) -> list[str]:
    """Give the headings that a mapping uses, without those that it says it uses again."""
    again = {
        column
        for column in found.columns
        if f"# {column}: " in toml and " again, since the file has one column for" in toml
    }
    graded = {"severity"} if found.columns.get("severity", mapping.Rule()).bands else set()
    again = (again & {"due_current"}) | graded
    return [
        one
        for name, rule in found.columns.items()
        for one in rule.source
        if one and name not in again
    ]


def test_on_the_command_line(workbook: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["guess", workbook.name])
    assert (shown.exit_code, 'table = "risks"' in shown.output) == (0, True)
    out = CliRunner().invoke(app, ["guess", workbook.name, "--sheet", "Next steps", "--out", "a.toml"])  # fmt: skip
    assert out.exit_code == 0
    assert "reportkit load actions" in out.output
    assert mapping.read(Path("a.toml")).read.sheet == "Next steps"


def test_lists_are_split_and_numbers_are_multiplied(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "id,on,cost,share\nR-1,a; b;,≥ 1.5 k,soon\nR-2,,2 k,50 %\n")
    toml = tmp_path / "m.toml"
    toml.write_text(
        '[source]\ntable = "risks"\n[columns]\nrisk_id = "id"\nasset_ids = { from = "on", split = ";" }\n'
        'impact = { from = "cost", strip = ["≥", "k"], times = 1000 }\n'
        'rationale = { from = "share", strip = ["%"], times = 0.01 }\n',
        encoding="utf-8",
    )
    rows = read(path, "risks", mapping=toml).rows.to_pylist()
    names: Sequence[str] = ("asset_ids", "impact", "rationale")
    assert [[str(row[name]) for name in names] for row in rows] == [
        ["a|b", "1500.00", "soon"],
        ["None", "2000.00", "0.50"],
    ]
