"""A decision of the tables as a business case: its numbers against those worked out by hand, and what readers see of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reportkit import charts, sections
from reportkit.cases import Case
from reportkit.charts.plot import Plot
from reportkit.display import Shown
from reportkit.errors import DataError, UsageError
from reportkit.facts import Callout, Decisions, Headline, Table, Tiles
from reportkit.view import View
from reportkit.workspace import Workspace
from tests import case_firm
from tests.unit.workspaces import load, workspace

CASE_CHARTS = ("frontier", "loss_change", "npv_distribution", "option_values", "tornado", "users")
CASE_SECTIONS = (
    "alignment", "ask", "break_even", "case_headline", "case_inputs", "case_tiles", "control_credits", "frontier", "goals", "inputs", "option_money",
    "option_risk", "user_balance", "user_limits",
)  # fmt: skip


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    ws = workspace(tmp_path_factory.mktemp("case") / "ws", case_firm.SETTINGS)
    return case_firm.fill(ws).at("2026-Q3", report="investment")


@pytest.fixture(scope="module")
def case(view: View) -> Case:
    made = view.business_case()
    assert made is not None
    return made


def cells(shown: Shown) -> list[list[str]]:
    assert isinstance(shown.block, Table)
    return [[f"{c.text}|{c.sub}" if c.sub else c.text for c in row] for row in shown.block.rows]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_the_tables_give_the_worked_case(case: Case) -> None:
    control = case.money.option("control")
    assert case.title == "A new control"
    assert case.recommended == "control"
    assert (case.money.years, case.money.rate, case.budget) == (3, 0.08, 300_000)
    assert case.money.expected_npv(control) == pytest.approx(59_261.27, abs=0.005)
    assert case.money.expected_npv(control, users=True) == pytest.approx(-105_672.94, abs=0.005)
    made = case.chosen
    assert made.present_cost == pytest.approx(150_000 + 40_000 * 2.577096987, abs=0.01)
    assert abs(made.spread.mean - 59_261.27) < 3.5 * made.spread.error
    assert made.chance() == pytest.approx(0.417, abs=0.015)
    assert case.money.option("none").does_nothing
    cover = case.money.option("cover")
    assert cover.cover is not None
    # Reading it again reads it from the same place.
    assert case.view.business_case("D1") is case


def test_what_cannot_be_a_case_is_one_sentence(tmp_path: Path, view: View) -> None:
    with pytest.raises(UsageError, match="D1"):
        view.business_case("D9")
    ws = case_firm.fill(workspace(tmp_path / "ws", '[organisation]\ncurrency = "GBP"\n'))
    with pytest.raises(DataError, match="EUR"):
        ws.at("2026-Q3").business_case()


@pytest.mark.parametrize("kind", ["charts", "sections"])
def test_without_a_case_there_is_a_reason(tmp_path: Path, kind: str) -> None:
    empty = workspace(tmp_path / "ws").at("2026-Q3")
    for name in CASE_CHARTS if kind == "charts" else CASE_SECTIONS:
        shown = getattr(charts if kind == "charts" else sections, name)(empty)
        assert isinstance(shown, Shown)
        assert isinstance(shown.block, Callout), name
        assert "not measured" in shown.block.title


def test_the_answer_comes_first_and_the_bad_news_before_the_good(view: View) -> None:
    block = sections.case_headline(view).block
    assert isinstance(block, Headline)
    assert "A new control: Control is asked for. It costs €253k over 3 years" in block.statement
    assert [m.tone for m in block.messages] == ["bad", "bad", "good"]
    said = " ".join(m.title + m.text for m in block.messages)
    assert "Users pay €64k a year in time" in said
    assert "More is asked of staff than was agreed." in said
    tiles = sections.case_tiles(view).block
    assert isinstance(tiles, Tiles)
    assert [t.value for t in tiles.items if t.label == "Cost in today's money"] == ["€253k"]
    assert [t.value for t in tiles.items if t.label == "Users' time a year"] == ["+1,600 h"]


def test_users_flip_the_decision(view: View) -> None:
    (control, cover) = cells(sections.user_balance(view))
    assert control[0] == "Control|asked for"
    assert control[1:4] == ["1,600", "0", "+€64k"]
    assert control[-1] == "Flips"
    assert cover[1:4] == ["0", "0", "€0"]
    (staff,) = cells(sections.user_limits(view))
    assert [plain(x) for x in staff] == ["Staff", "2,000", "+4.0", "≤ 3", "Above"]


def test_the_options_stand_side_by_side(view: View) -> None:
    control, cover = cells(sections.option_money(view))
    assert control[1] == "€253k|€150k once, €40k a year"
    assert control[2].endswith("gross €121k")
    assert cover[2].endswith("gross €0")
    none, with_control, _ = cells(sections.option_risk(view))
    # Exactly: 14.84 % of years above 500k and 4.29 % above a million today, 5.53 % and 1.29 % with the control.
    assert float(none[2].removesuffix("\u202f%")) == pytest.approx(14.84, abs=0.5)
    assert float(none[3].removesuffix("\u202f%")) == pytest.approx(4.29, abs=0.3)
    assert float(with_control[2].split("\u202f%")[0]) == pytest.approx(5.53, abs=0.4)
    assert float(with_control[3].split("\u202f%")[0]) == pytest.approx(1.29, abs=0.25)
    note = sections.option_risk(view).block
    assert isinstance(note, Table)
    # 202,001 a year at risk over e is 74,312; the control costs 98,205 a year.
    assert "€98k a year for scenarios that cost €202k in the mean is above the Gordon-Loeb limit of €74k" in note.note  # fmt: skip


def test_break_even_in_words(view: View) -> None:
    block = sections.break_even(view).block
    assert isinstance(block, Callout)
    # 0.24308 of 0.3 a year: 81 % of the estimate, 49 % of the events; no cost at the start makes up for users' time.
    assert (
        "achieve 81\u202f% of what is estimated without users' time: 49\u202f% of the events"
        in block.text
    )
    assert block.tone == "bad"


def test_goals_and_objectives(view: View) -> None:
    control, _ = cells(sections.goals(view))
    # Three events in ten years fewer, twenty hours each, and the loss that goes with them.
    assert control == ["Control", "–", "–", "6.0 hours|€121k less loss"]
    rows = cells(sections.alignment(view))
    assert rows[1] == ["Control|asked for", "Keep working", "Four minutes a month", "Fully"]


def test_the_decision_is_asked_with_numbers_of_the_case(view: View) -> None:
    block = sections.ask(view).block
    assert isinstance(block, Decisions)
    (decision,) = block.items
    assert [o.recommended for o in decision.options] == [False, True, False]
    assert decision.options[1].cost == "€150k once, €40k a year"
    assert decision.options[1].user_impact == "1,600 h a year asked"
    assert decision.options[0].risk_change.endswith("The finding stays open")


def test_sets_under_the_budget(view: View, case: Case) -> None:
    names = [choice.name for choice in case.frontier]
    assert sorted(names) == ["Control", "Cover", "Do nothing"]
    rows = cells(sections.frontier(view))
    assert rows[0][1] == "Do nothing"
    assert {row[1] for row in rows} <= set(names)
    (one, together) = cells(sections.control_credits(view))
    assert one[1:] == ["€121k", "€121k"]
    assert together[1:] == one[1:]


def drawn(view: View, name: str) -> Iterator[dict[str, Any]]:
    plot = getattr(charts, name)(view)
    assert isinstance(plot, Plot)
    spec = plot.spec()
    assert len(spec["description"]) > 60
    assert "http" not in json.dumps({k: v for k, v in spec.items() if k != "$schema"})
    yield from (row for rows in spec["datasets"].values() for row in rows)


def test_charts_draw_the_numbers_of_the_case(view: View, case: Case) -> None:
    shares = [row for row in drawn(view, "npv_distribution") if "side" in row]
    assert sum(row["share"] for row in shares) == pytest.approx(100)
    pays = sum(row["share"] for row in shares if row["side"] == "Pays")
    assert pays == pytest.approx(100 * case.chosen.chance(users=True), abs=3)
    (hours,) = [row["hours"] for row in drawn(view, "users") if "people" in row]
    assert hours == 1_600
    ranges = [row for row in drawn(view, "option_values") if "p90" in row]
    assert {row["option"] for row in ranges} == {"Control", "Cover"}
    bars = {row["input"] for row in drawn(view, "tornado") if "input" in row}
    assert bars == {"Events stopped: Office stops"}
    curves = [row for row in drawn(view, "loss_change") if row.get("curve") == "Today"]
    first = min(curves, key=lambda row: row["loss"])
    # A year without an event has no loss: 1 - exp(-0.5).
    assert first["chance"] == pytest.approx(100 * (1 - math.exp(-0.5)), abs=1.2)
    assert {row["name"] for row in drawn(view, "frontier") if "tail" in row} == {"Do nothing", "Control", "Cover"}  # fmt: skip


def test_benefits_of_past_cases(tmp_path: Path) -> None:
    ws = case_firm.fill(workspace(tmp_path / "ws", case_firm.SETTINGS))
    row = {
        "initiative_id": "I1", "valid_from": date(2026, 8, 1), "title": "Old case", "scenario_ids": "S1", "baseline_start": date(2026, 5, 1),
        "benefits": json.dumps([{"metric": "Late", "baseline": 40, "expected": 10, "realised": 25}, {"metric": "No start", "expected": 1, "realised": 1}]),
    }  # fmt: skip
    load(ws, "initiatives", [row], case_firm.KNOWN)
    after = {**case_firm.SCENARIOS[0], "valid_from": date(2026, 9, 1), "rate": 0.4}
    load(ws, "scenarios", [after], case_firm.KNOWN)
    ((name, stood, meant, now, reached, status, loss),) = cells(sections.benefits(ws.at("2026-Q3")))
    assert (name, stood, meant, now) == ("Old case|Late", "40", "10", "25")
    assert (plain(reached), status) == ("50 %", "Missed")
    # A tenth of an event a year less, of three tenths promised.
    assert loss == "€40k|of €121k promised"


def test_words_of_one_report_are_not_anothers(tmp_path: Path) -> None:
    ws: Workspace = case_firm.fill(workspace(tmp_path / "ws", case_firm.SETTINGS))
    (ws.folder / "commentary/investment").mkdir(parents=True)
    (ws.folder / "commentary/2026-Q3.md").write_text("The board's words.\n")
    at = ws.at("2026-Q3", report="investment")
    block = sections.case_headline(at).block
    assert isinstance(block, Headline)
    assert block.statement.startswith("A new control")
    (ws.folder / "commentary/investment/2026-Q3.md").write_text("Finance's words.\n")
    block = sections.case_headline(at).block
    assert isinstance(block, Headline)
    assert block.statement == "Finance's words."
    board = sections.headline(ws.at("2026-Q3")).block
    assert isinstance(board, Headline)
    assert board.statement == "The board's words."
