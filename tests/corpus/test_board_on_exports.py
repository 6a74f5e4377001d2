"""Exports that nobody here wrote, from file to report: what they say is right, and what they cannot say is said."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from reportkit.scorecard import SCORECARDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("exports")]

#: File and the count that another project's test asserts for it, or that its parser gives (the Qualys report).
EXPORTS = {
    "tenable/nessus/nessus_many_vuln2-all.csv": 29,
    "tenable/nessus/nessus_with_cvssv3.nessus": 48,
    "qualys/Qualys_Sample_Report.xml": 301,
    "sarif/DefectDojo_django-DefectDojo__2020-12-11_13 42 10__export.sarif": 510,
    "cyclonedx/log4j.json": 8,
    "trivy/issue_10991.json": 37,
    "anchore_grype/many_vulns4.json": 9,
}


def command(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "reportkit.cli", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """Give the run of a board report on a workspace with nothing but exports."""
    folder = tmp_path_factory.mktemp("exports")
    command(folder, "init", ".")
    known = ("--observed", "2026-09-15", "--recorded-at", "2026-10-01")
    for name in EXPORTS:
        command(folder, "load", "findings", str(corpus / "findings" / name), *known)
    catalogue = corpus / "threat/known_exploited_vulnerabilities.json"
    command(folder, "load", "kev", str(catalogue), "--recorded-at", "2026-10-01")
    said = json.loads(command(folder, "run", "board", "--period", "2026-Q3", "--json"))
    place = folder / Path(said["folder"])
    assert (place / "report.pdf").read_bytes().startswith(b"%PDF-")
    return place


@pytest.fixture(scope="module")
def figures(reported: Path) -> dict[str, dict[str, Any]]:
    manifest = json.loads((reported / "manifest.json").read_text())
    return {f["measure"]: f for f in manifest["facts"]["figures"] if not f["scope"]}


def test_the_report_counts_what_the_peers_count(figures: dict[str, dict[str, Any]]) -> None:
    assert figures["V01"]["value"] == sum(EXPORTS.values())


def test_everything_else_says_not_measured_and_why(
    reported: Path, figures: dict[str, dict[str, Any]]
) -> None:
    told = {id_: figures[id_] for id_ in SCORECARDS["board"]}
    silent = {id_ for id_, figure in told.items() if figure["value"] is None}
    # Exports know weaknesses; of the board's ten only the two on weaknesses can be asked of them.
    assert silent >= set(SCORECARDS["board"]) - {"V03", "V04"}
    page = (reported / "report.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for id_ in silent:
        assert told[id_]["reason"], id_
        assert told[id_]["reason"] in text, id_
    assert text.count("Not measured") >= len(silent)


def test_the_mail_says_it_too(reported: Path) -> None:
    mail = message_from_bytes((reported / "message.eml").read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Not measured" in body.get_content()
