"""The risk report and the investment case: what they are made of, and that they run on a firm worked out by hand."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pikepdf
import pytest

from reportkit import resources
from reportkit.scorecard import SCORECARDS
from tests import accessible, case_firm
from tests.notebooks.conftest import Desk
from tests.system.chromium import Browser
from tests.unit.workspaces import workspace

#: The order in which each committee asks.
SECTIONS = {
    "risk": [
        "The risks in brief", "Appetite", "Movement of the register", "Is treatment working", "How bad a year can be", "Acceptances", "Third parties",
        "Decisions asked", "Measures of risk", "Annex",
    ],
    "investment": [
        "The case in brief", "What the options are worth", "What happens to risk", "What if we are wrong", "Who pays in time", "Objectives and trade-offs",
        "What else the money could buy", "Benefits of past cases", "Measures of the programme", "Annex",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_sections_stand_in_the_order_of_the_questions(name: str) -> None:
    notebook = nbformat.read(resources.notebook(name), as_version=4)
    nbformat.validate(notebook)
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown" and "hide" not in c.metadata.get("tags", [])]  # fmt: skip
    heads = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
    assert [h.removeprefix("# ") for h in heads] == SECTIONS[name]
    # Each cell is one call that shows one thing.
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            if not tags & {"parameters", "setup"}:
                assert re.match(r"(rk\.(sections|charts)\.\w+\(|view\.scorecard\(\))", cell.source)
    assert sum("parameters" in c.metadata.get("tags", []) for c in notebook.cells) == 1
    assert "://" not in resources.notebook(name).read_text(encoding="utf-8")


def run(desk: Desk, name: str, formats: tuple[str, ...]) -> tuple[Path, dict[str, Any]]:
    shutil.copy(resources.notebook(name), desk.folder / f"notebooks/{name}.ipynb")
    outcome = desk.run(report=name, formats=formats)
    assert outcome.state == "draft"
    manifest: dict[str, Any] = json.loads((outcome.folder / "manifest.json").read_text())
    assert [gate["name"] for gate in manifest["gates"] if gate["result"] == "fail"] == []
    executed = nbformat.read(outcome.folder / "notebook.ipynb", as_version=4)
    shown = [c for c in executed.cells if c.cell_type == "code" and not {"parameters", "injected-parameters"} & set(c.metadata.get("tags", []))]  # fmt: skip
    assert all(cell.outputs for cell in shown)
    return outcome.folder, manifest


@pytest.mark.slow
def test_both_run_on_a_firm_worked_out_by_hand(desk: Desk, browser: Browser) -> None:
    case_firm.fill(workspace(desk.folder, case_firm.SETTINGS))
    folder, manifest = run(desk, "investment", ("html", "pdf", "email"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    # The outlay is 150,000 and 40,000 a year at 8 %; users pay 64,000 a year in time, which flips the decision.
    for words in (
        "It costs €253k over 3 years",
        "Users pay €64k a year in time",
        "Flips",
        "81\u202f% of what is estimated",
    ):
        assert words in page
    with pikepdf.open(folder / "report.pdf") as pdf:
        assert "pdfuaid" in str(pdf.open_metadata())
    told = {f["measure"] for f in manifest["facts"]["figures"] if not f["scope"]}
    assert told >= set(SCORECARDS["investment"])
    assert accessible.pdf_faults(folder / "report.pdf") == []
    assert accessible.page_faults(browser, folder / "report.html") == []
    folder, manifest = run(desk, "risk", ("html", "pdf", "pptx", "xlsx"))
    assert accessible.pdf_faults(folder / "report.pdf") == []
    assert accessible.page_faults(browser, folder / "report.html") == []
    assert {"report.pptx", "report.xlsx"} <= manifest["artefacts"].keys()
    figures = {f["measure"]: f["value"] for f in manifest["facts"]["figures"] if not f["scope"]}
    assert set(figures) >= set(SCORECARDS["risk"])
    # Half an event a year of 404,001 in the mean; one open risk of two was closed, the other is above appetite.
    assert figures["Q01"] == pytest.approx(202_000.64, rel=0.01)
    assert (figures["R01"], figures["R02"]) == (1, 1)
    (moved,) = (r for r in manifest["facts"]["reconciliations"] if r["name"] == "Residual exposure")
    assert (moved["opening"], moved["closing"]) == (1_300_000, 1_200_000)
    assert dict(moved["movements"]) == {"Raised (1)": 300_000, "Closed (1)": -400_000}
