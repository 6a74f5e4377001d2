"""Data that cannot be: counted, named in the annex, never clamped, never dropped in silence."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import markup, oddities, sections
from reportkit.display import Shown
from reportkit.errors import UsageError
from reportkit.facts import Table
from reportkit.view import View
from tests.unit.business import people, scenario
from tests.unit.technical import END, START, asset, case, control, stored, view, weak
from tests.unit.workspaces import load

NEXT = date(2026, 11, 20)


def rows_of(shown: Shown) -> list[list[str]]:
    """Give the cells of a table as texts; nothing where nothing is shown."""
    if shown.block is None:
        return []
    assert isinstance(shown.block, Table)
    return [[cell.text for cell in row] for row in shown.block.rows]


def odd(of: View) -> dict[str, int]:
    return {
        f"{o.table}: {o.what}": o.rows for o in oddities.odd(of) if "trends ended" not in o.what
    }


def test_ended_before_it_began(tmp_path: Path) -> None:
    """Restored and acknowledged before discovery; due before it was found; each is counted, and left out of no other figure."""
    cases = [
        case(1, acknowledged=datetime(2026, 8, 1), restored=datetime(2026, 8, 1), service_minutes=5), case(2, restored=datetime(2026, 8, 9), service_minutes=5),
    ]  # fmt: skip
    v = view(tmp_path, incidents=cases, findings=[weak(1, due_original=date(2026, 6, 1)), weak(2, due_original=END)])  # fmt: skip
    assert odd(v) == {
        "incidents: acknowledged lies before detected": 1, "incidents: restored lies before detected": 1, "findings: due original lies before opened": 1,
    }  # fmt: skip
    assert v.measure("N01").value.value == 2
    assert v.measure("N04").value.n == 1
    assert v.measure("N04").value.note == "1 incident restored before it was detected is left out"
    assert v.measure("V05").value.note == "1 was due before it was found"
    assert ["Incidents", "Restored lies before detected", "1"] in rows_of(sections.odd_rows(v))
    assert ["N04", "Time to recover, nine in ten", "Measured"] in [row[:3] for row in rows_of(sections.caveats(v))]  # fmt: skip


def test_a_day_after_the_one_on_which_it_was_recorded(tmp_path: Path) -> None:
    v = view(
        tmp_path, findings=[weak(1, opened=NEXT), weak(2, state="fixed", closed=NEXT), weak(3)]
    )
    assert odd(v) == {
        "findings: opened lies after the day on which it was recorded": 1, "findings: closed lies after the day on which it was recorded": 1,
    }  # fmt: skip
    # On the quarter's last day neither had happened.
    assert v.measure("V01").value.value == 2


def test_a_state_that_its_own_dates_deny(tmp_path: Path) -> None:
    """Called open with a day of closing: the day counts, and the row is named. One that came back is open whatever the day."""
    rows = [weak(1, closed=date(2026, 8, 1)), weak(2, state="reopened", closed=date(2026, 8, 1)), weak(3)]  # fmt: skip
    v = view(tmp_path, findings=rows)
    assert odd(v) == {"findings: state says that it stands, although it has a day of closed": 1}
    assert v.measure("V01").value.value == 2
    assert v.table("findings").set_index("finding_id")["state"].to_dict() == {"F1": "fixed", "F2": "reopened", "F3": "open"}  # fmt: skip


def test_an_acceptance_ends_with_its_last_day(tmp_path: Path) -> None:
    accepted = {"state": "accepted", "accepted_at": date(2026, 7, 10)}
    rows = [weak(1, **accepted, accepted_until=END), weak(2, **accepted, accepted_until=date(2026, 9, 29)), weak(3, **accepted)]  # fmt: skip
    v = view(tmp_path, findings=rows)
    states = v.table("findings").set_index("finding_id")["state"].to_dict()
    assert states == {"F1": "accepted", "F2": "open", "F3": "accepted"}
    assert v.workspace.at("2026-Q3", as_of=date(2026, 9, 29)).table("findings")["state"].eq("accepted").all()  # fmt: skip


def test_words_that_are_in_no_vocabulary(tmp_path: Path) -> None:
    v = view(tmp_path, findings=[weak(1), weak(2, severity="urgent"), weak(3, severity="Hgih")])
    assert odd(v) == {"findings: severity is none of critical, high, medium, low, info": 2}
    assert {m.scope: m.value.value for m in v.measure("V01", by="severity")} == {
        "severity=Hgih": 1, "severity=critical": 1, "severity=urgent": 1,
    }  # fmt: skip


def test_money_in_two_currencies_without_a_rate(tmp_path: Path) -> None:
    rows = [scenario(), scenario("S2", currency="USD")]
    spend = [{"line_id": n, "period": "2026-Q3", "budget": 1.0, "actual": 1.0, "currency": c} for n, c in (("a", "EUR"), ("b", "CHF"))]  # fmt: skip
    v = view(tmp_path, scenarios=rows, spend=spend)
    assert odd(v) == {
        "scenarios: money in another currency without a rate to EUR": 1, "spend: money in another currency without a rate to EUR": 1,
    }  # fmt: skip
    assert (v.measure("Q01").value.value, v.measure("B01").value.value) == (None, None)
    said = {row[0]: row[2:] for row in rows_of(sections.caveats(v))}
    assert said["Q01"] == ["Not measured", "1 of 2 scenarios are in USD without a rate"]
    assert said["B01"] == ["Not measured", "Budget lines in another currency without a rate: 1"]
    load(v.workspace, "fx_rates", [{"currency": "CHF", "to_currency": "EUR", "rate": 1.0}], datetime(2026, 10, 3))  # fmt: skip
    again = type(v.workspace)(v.workspace.folder, now=v.workspace.now).at("2026-Q3")
    assert odd(again) == {"scenarios: money in another currency without a rate to EUR": 1}


def test_nothing_to_divide_by(tmp_path: Path) -> None:
    """No asset, no due finding, no budget: a reason each, and neither 0 % nor 100 %."""
    spend = [{"line_id": "a", "period": "2026-Q3", "budget": 0.0, "actual": 5.0}]
    v = view(tmp_path, findings=[weak(1)], assets=[asset(1, in_scope=False)], coverage=[control(1, "edr")], spend=spend)  # fmt: skip
    found = {id_: v.measure(id_).value for id_ in ("V04", "K03", "K07", "B01")}
    assert {id_: (value.value, value.reason) for id_, value in found.items()} == {
        "V04": (None, "findings have no due original"), "K03": (None, "no asset is in scope"), "K07": (None, "no critical asset is in scope"),
        "B01": (None, "the budget of the year so far is zero"),
    }  # fmt: skip
    assert [row[0] for row in rows_of(sections.caveats(v))] == ["B01", "K03", "K07", "V04"]


def test_quarters_before_the_first_load(tmp_path: Path) -> None:
    v = view(tmp_path, findings=[weak(1, opened=date(2026, 2, 1))])
    early = v.at("2025-Q4").measure("V01").value
    assert (early.value, early.reason) == (
        None,
        "the findings that were loaded begin after this day",
    )
    (said,) = [o for o in oddities.odd(v) if "trends ended" in o.what]
    assert said.what == "the quarters Q4 2024 to Q2 2026 of the trends ended before the first load of 2 Oct 2026; what had ended by then may be lacking"  # fmt: skip


def test_nothing_odd_shows_nothing(tmp_path: Path) -> None:
    ws = stored(tmp_path)
    load(ws, "findings", [weak(1, opened=date(2023, 12, 1))], datetime(2024, 1, 1))
    load(ws, "findings", [weak(2)], datetime(2026, 10, 2))
    v = ws.at("2026-Q3")
    assert v.measure("V01").value.value == 2
    shown = (sections.odd_rows, sections.caveats, sections.exemptions, sections.corrections)
    assert [one(v).block for one in shown] == [None] * 4


def test_exemptions_are_published_by_reason(tmp_path: Path) -> None:
    seen = [control(n, "edr", status="na", na_reason="Appliance") for n in (1, 2)]
    seen.append(control(3, "log", status="na"))
    v = view(tmp_path, assets=[asset(1), asset(2, criticality=3), asset(3)], coverage=seen)
    assert rows_of(sections.exemptions(v)) == [
        ["Endpoint protection", "Appliance", "2", "1"], ["Log source", "No reason given: counted as not covered", "1", "1"],
    ]  # fmt: skip


def test_numbers_of_few_people_are_nowhere(tmp_path: Path) -> None:
    """A cell of three: not by the cells that measures add up, not with all versions, and not in what they are finished from."""
    few = people("A", "tickets", 2, 3)
    item = {"item_id": "P", "kind": "policy", "review_due": NEXT, "scope_n": 4, "attested_n": 3}
    whole = {**item, "item_id": "Q", "scope_n": 40, "attested_n": 30}
    v = view(tmp_path, people_measures=[few, people("B", "tickets", 9, 90)], governance_items=[item, whole], incidents=[case(1, control_caused=False)])  # fmt: skip
    for ask in (v.sql, v.workspace.sql):
        with pytest.raises(
            UsageError, match="people_cells holds numbers of fewer than five people"
        ):
            ask("SELECT * FROM people_cells")
        cells = ask("SELECT unit_id, num, den FROM people_measures ORDER BY 1")
        # The larger one would give the small one away beside the total.
        assert cells[["num", "den"]].isna().all(axis=None)
        items = ask("SELECT item_id, scope_n, attested_n FROM governance_items ORDER BY 1")
        assert items["scope_n"].fillna(-1).tolist() == [-1, 40]
        assert items["attested_n"].fillna(-1).tolist() == [-1, 30]
    assert v.workspace.table("people_measures")["num"].isna().all()
    attested = {part.name: part.value for part in v.measure("P01").value.parts}
    assert attested["Attested by staff in scope"] == 75
    assert v.measure("U02").frame is None


def test_what_the_notebook_shows_follows_the_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportkit import theme

    look: dict[str, Any] = {**theme.tokens()}
    tone = {**look["tone"], "bad": {**look["tone"]["bad"], "light": {**look["tone"]["bad"]["light"], "text": "#ABCDEF"}}}  # fmt: skip
    monkeypatch.setattr(theme, "tokens", lambda: {**look, "tone": tone})
    from reportkit.facts import Callout

    assert "#ABCDEF" in markup.html(Callout(title="t", text="x", tone="bad"))
    assert START < END
