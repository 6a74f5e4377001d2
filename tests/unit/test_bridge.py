"""Told and today: every difference has its causes, they add up exactly, and the rows behind them are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportkit import bridge, comparability, errata, plain, restate, sections
from reportkit.bridge import Bridge, Told
from reportkit.errors import UsageError
from reportkit.facts import Facts
from reportkit.ledger import Publication
from reportkit.measures import registry
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.unit.workspaces import load, publish, workspace

CUT, LATE = datetime(2026, 7, 8), datetime(2026, 9, 1)
Typed = Callable[..., Ended]


def weak(number: int, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": f"F{number:02d}", "asset_id": f"A{number}", "severity": "high", "opened": date(2026, 2, 1), "state": "open", **more,
    }  # fmt: skip


def told(folder: Path, rows: list[dict[str, Any]], measures: tuple[str, ...] = ("V01",), assets: list[dict[str, Any]] | None = None) -> Workspace:  # fmt: skip
    """Publish the second quarter from some findings."""
    ws = workspace(folder)
    load(ws, "findings", rows, datetime(2026, 7, 2))
    if assets:
        load(ws, "assets", assets, datetime(2026, 7, 2))
    publish(Workspace(folder, now=CUT).at("2026-Q2"), measures, CUT)
    return ws


def today(ws: Workspace, unit: str = "") -> Told:
    view = Workspace(ws.folder, now=LATE).at("2026-Q2", unit=unit or None, known_by=LATE)
    found = bridge.told(view)
    assert found is not None
    return found


def only(ws: Workspace) -> Bridge:
    (found,) = today(ws).bridges()
    return found


def test_what_was_learnt_late_and_what_was_reclassified_are_told_apart(tmp_path: Path) -> None:
    """Ten told. Later three more turn out to have been open, two of the ten were duplicates: 10 + 3 - 2 = 11."""
    ws = told(tmp_path / "ws", [weak(n) for n in range(10)])
    later = [*(weak(n) for n in (10, 11, 12)), *(weak(n, state="duplicate") for n in (0, 1))]
    load(ws, "findings", later, datetime(2026, 8, 1))
    found = only(ws)
    assert (found.told, found.today, found.difference) == (10, 11, 1)
    assert dict(found.steps) == {"late data": 3, "reclassified": -2}
    assert found.cause == "late data"


def test_the_same_measure_by_other_rules_is_a_definition(tmp_path: Path) -> None:
    """Told with a service level of 90 days, of which nobody says afterwards that it was 30 all along."""
    folder = tmp_path / "ws"
    ws = workspace(folder)
    rows = [
        weak(n, opened=date(2026, 3, 1), state="fixed", closed=date(2026, 5, 10)) for n in range(4)
    ]
    load(ws, "findings", rows, datetime(2026, 7, 2))
    rule = {"threshold_id": "sla", "kind": "sla", "scope": "high", "valid_from": date(2025, 1, 1)}
    load(ws, "thresholds", [rule | {"days": 90}], datetime(2026, 7, 2))
    publish(Workspace(folder, now=CUT).at("2026-Q2"), ["V04"], CUT)
    load(ws, "thresholds", [rule | {"days": 60}], datetime(2026, 8, 1))
    # Opened on 1 March: due on 30 May by 90 days and met; by 60 days on 30 April and missed.
    found = only(ws)
    assert (found.told, found.today) == (100.0, 0.0)
    assert dict(found.steps) == {"definition": -100.0}


def test_an_asset_that_moved_to_another_unit_is_scope(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    ws = workspace(folder)
    load(ws, "units", [{"unit_id": "N"}, {"unit_id": "S"}], datetime(2026, 7, 1))
    assets = [
        {"asset_id": f"A{n}", "unit_id": "N", "first_seen": date(2026, 1, 1)} for n in range(5)
    ]
    load(ws, "assets", assets, datetime(2026, 7, 2))
    load(ws, "findings", [weak(n) for n in range(5)], datetime(2026, 7, 2))
    publish(Workspace(folder, now=CUT).at("2026-Q2", unit="N"), ["V01"], CUT)
    load(ws, "assets", [assets[0] | {"unit_id": "S"}], datetime(2026, 8, 1))
    (found,) = today(ws, "N").bridges()
    assert dict(found.steps) == {"scope": -1}


def test_a_new_version_of_a_measure_is_a_definition_and_an_unexplained_one_an_error(
    tmp_path: Path,
) -> None:
    """The ledger says 12 where what was known then gives 10: of version 0 a definition, of the same version an error."""
    for version, cause in ((0, "definition"), (1, "error")):
        folder = tmp_path / str(version)
        ws = workspace(folder)
        load(ws, "findings", [weak(n) for n in range(10)], datetime(2026, 7, 2))
        view = Workspace(folder, now=CUT).at("2026-Q2")
        figure = view.measure("V01").figure().model_copy(update={"value": 12.0, "definition_version": version})  # fmt: skip
        from reportkit.facts import Facts

        ws.ledger.publish(
            Publication("board", "2026-Q2", "", 1, "run", view.as_of, CUT, CUT), Facts(figures=(figure,)), {}
        )  # fmt: skip
        assert dict(only(ws).steps) == {cause: -2.0}


def test_what_could_not_be_measured_then_has_a_cause_and_no_number(tmp_path: Path) -> None:
    folder = tmp_path / "ws"
    ws = told(folder, [weak(1)], ("V01", "A01"))
    audit = {"finding_id": "X1", "opened": date(2026, 3, 1), "state": "open"}
    load(ws, "audits", [audit], datetime(2026, 8, 1))
    found = only(ws)
    assert (found.measure, found.told, found.today, found.difference) == ("A01", None, 1, None)
    assert (found.steps, found.cause) == ((), "late data")


def test_a_part_that_is_gone_counts_nothing(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws", [weak(1), weak(2, severity="low")])
    figures = today(ws).figures
    assert list(figures) == [("V01", "")]
    view = today(ws).view
    assert bridge.value(view, "V01", "severity=low") == 1
    assert bridge.value(view, "V01", "severity=critical") == 0
    assert bridge.value(view, "V04", "severity=critical") is None


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    first=st.lists(st.sampled_from(["open", "fixed", "accepted", "duplicate"]), min_size=1, max_size=8),
    then=st.dictionaries(st.integers(0, 11), st.sampled_from(["open", "fixed", "false_positive", "duplicate"]), max_size=8),
)  # fmt: skip
def test_steps_always_add_up(tmp_path_factory: pytest.TempPathFactory, first: list[str], then: dict[int, str]) -> None:  # fmt: skip
    def row(number: int, state: str) -> dict[str, Any]:
        return weak(number, state=state, closed=date(2026, 6, 1) if state == "fixed" else None)

    folder = tmp_path_factory.mktemp("ws")
    ws = told(folder, [row(n, state) for n, state in enumerate(first)], ("V01", "V09"))
    if then:
        load(ws, "findings", [row(n, state) for n, state in then.items()], datetime(2026, 8, 1))
    for found in today(ws).bridges():
        assert found.difference is not None
        assert sum(by for _, by in found.steps) == pytest.approx(found.difference, abs=1e-9)


def test_the_rows_behind_it(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws", [weak(n) for n in range(3)])
    load(
        ws,
        "findings",
        [weak(3), weak(0, state="fixed", closed=date(2026, 6, 1))],
        datetime(2026, 8, 1),
    )
    rows = today(ws).rows("V01").to_dict("records")
    assert [(row["id"], row["what"]) for row in rows] == [
        ("F00", "counts no longer"),
        ("F03", "counts now"),
    ]
    assert "state open → fixed" in rows[0]["changed"]


def test_rows_behind_a_figure_are_those_it_counts(tmp_path: Path) -> None:
    """V03 counts exploited findings: of four changed rows one is, and of these only what it looks at is told."""
    listed = {"kev": True, "kev_due": date(2026, 5, 1)}
    ws = told(tmp_path / "ws", [weak(0, **listed), *(weak(n) for n in range(1, 4))], ("V01", "V03", "V04"))  # fmt: skip
    done = {"state": "fixed", "closed": date(2026, 6, 1)}
    late = [weak(0, **listed, **done, title="Edge"), *(weak(n, **done) for n in (1, 2)), weak(3, title="New words")]  # fmt: skip
    load(ws, "findings", late, datetime(2026, 8, 1))
    found = today(ws)
    assert found.rows("V03")[["id", "what"]].to_dict("records") == [{"id": "F00", "what": "counts no longer"}]  # fmt: skip
    assert found.rows("V01")["id"].tolist() == ["F00", "F01", "F02"]
    # None of them ever fell due.
    assert found.rows("V04").empty


def test_rows_of_fewer_than_five_people_are_withheld(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    rows = [{"account_id": f"U{n}", "type": "human", "privileged": True, "mfa": "weak", "enforced": True, "valid_from": date(2026, 1, 1)} for n in range(6)]  # fmt: skip
    load(ws, "identities", rows, datetime(2026, 7, 2))
    publish(Workspace(ws.folder, now=CUT).at("2026-Q2"), ["K04"], CUT)
    load(ws, "identities", [{**rows[0], "enforced": False}], datetime(2026, 8, 1))
    behind = today(ws).rows("K04")
    assert behind[["id", "what", "changed"]].to_numpy().tolist() == [["–", "withheld", "fewer than five people"]]  # fmt: skip
    load(ws, "identities", [{**row, "enforced": False} for row in rows], datetime(2026, 8, 2))
    assert len(today(ws).rows("K04")) == 6


def test_a_new_version_of_a_definition_is_told_apart_from_an_error(tmp_path: Path) -> None:
    """Version 1 counts all ten, version 2 the critical four; one that was told was wrong: 11, 10, 4."""
    own = """
from datetime import date
import reportkit as rk
same = dict(id="X77", name="Own", definition="d", why="w", use="u", source="s", unit="count", direction="down", needs=("findings",))

@rk.measure(**same, reduce="SELECT '' AS grp, COUNT(*) AS n FROM open_findings")
def first(rows, at):
    return rk.measures.Value(value=int(rows["n"].sum()))
"""
    path = tmp_path / "ws" / "own.py"
    path.parent.mkdir()
    path.write_text(own, encoding="utf-8")
    ws = workspace(path.parent, '[measures]\nmodules = ["own.py"]')
    load(ws, "findings", [weak(n, severity="critical" if n < 4 else "low") for n in range(10)], datetime(2026, 7, 2))  # fmt: skip
    view = Workspace(ws.folder, now=CUT).at("2026-Q2")
    figure = view.measure("X77").figure().model_copy(update={"value": 11.0})
    told_ = Publication(report="board", period="2026-Q2", unit="", revision=1, run_id="r", as_of=view.as_of, known_by=CUT, published_at=CUT)  # fmt: skip
    view.workspace.ledger.publish(told_, Facts(figures=(figure,)), {})
    path.write_text(own + """
@rk.measure(**same, version=2, changes=((2, date(2026, 7, 1), "critical ones only"),),
            reduce="SELECT '' AS grp, COUNT(*) AS n FROM open_findings WHERE severity = 'critical'")
def second(rows, at):
    return rk.measures.Value(value=int(rows["n"].sum()))
""", encoding="utf-8")  # fmt: skip
    found = only(ws)
    assert (found.told, found.today) == (11, 4)
    assert dict(found.steps) == {"error": -1.0, "definition": -6.0}
    # The quarter of the change is told on both bases, and so is the one before.
    load(ws, "findings", [weak(0, severity="critical", title="Seen again")], datetime(2026, 10, 1))
    view = Workspace(ws.folder, now=datetime(2026, 10, 9)).at("2026-Q3")
    (both,) = comparability.bases(view, ["X77", "V01"])
    numbers = [v.value for v in (both.now.value, both.old_now, both.before, both.old_before) if v]
    assert (both.kind, both.version, numbers) == ("definition", 1, [4, 10, 4, 10])
    block = sections.both_bases(view, ("X77",)).block
    assert block is not None
    assert "Definition, version 1 to 2: critical ones only" in plain.text(block)
    # A version of which the calculation is gone cannot be told.
    path.write_text(own.replace("**same, reduce", "**same, version=2, reduce"), encoding="utf-8")
    (gone,) = comparability.bases(Workspace(ws.folder, now=datetime(2026, 10, 9)).at("2026-Q3"), ["X77"])  # fmt: skip
    assert gone.old_now is None
    assert dict(only(ws).steps) == {"definition": -1.0}
    del registry._definitions["X77"], registry._versions["X77", 2]


def test_a_change_of_scope_is_told_on_both_bases(tmp_path: Path) -> None:
    """Ten critical assets, eight logged; two that are not leave the scope: 8 of 8, and 8 of 10 on the old scope."""
    ws = workspace(tmp_path / "ws")
    assets = [{"asset_id": f"A{n}", "criticality": 1, "in_scope": True, "first_seen": date(2026, 1, 1), "valid_from": date(2026, 1, 1)} for n in range(10)]  # fmt: skip
    logs = [{"asset_id": f"A{n}", "control": "log", "observed_at": day, "status": "ok", "last_ok": day} for n in range(8) for day in (date(2026, 6, 30), date(2026, 9, 30))]  # fmt: skip
    load(ws, "assets", assets, datetime(2026, 7, 1))
    load(ws, "coverage", logs, datetime(2026, 10, 1))
    load(ws, "assets", [{**row, "in_scope": False, "valid_from": date(2026, 8, 1)} for row in assets[8:]], datetime(2026, 10, 1))  # fmt: skip
    view = Workspace(ws.folder, now=datetime(2026, 10, 9)).at("2026-Q3")
    (both,) = comparability.bases(view, ["K05", "A01"])
    numbers = [v.value for v in (both.now.value, both.old_now, both.before, both.old_before) if v]
    assert (both.kind, numbers) == ("scope", [100, 80, 100, 80])
    assert comparability.bases(view.previous(), ["K05"]) == []


def test_the_report_shows_them_by_cause(tmp_path: Path) -> None:
    ws = told(
        tmp_path / "ws",
        [weak(n, kev=True, kev_due=date(2026, 5, 1)) for n in range(3)],
        ("V01", "V03"),
    )
    load(ws, "findings", [weak(9, kev=True, kev_due=date(2026, 5, 1))], datetime(2026, 8, 1))
    view = Workspace(ws.folder, now=datetime(2026, 10, 9)).at("2026-Q3")
    found = restate.restatements(view)
    v03 = found[found["measure"] == "V03"]
    assert v03[["told", "today", "cause"]].to_dict("records") == [{"told": 3.0, "today": 4.0, "cause": "late data"}]  # fmt: skip


def test_on_the_command_line(tmp_path: Path, typed: Typed) -> None:
    ws = told(tmp_path / "ws", [weak(n) for n in range(10)])
    assert "reads differently" in typed("restatements", "board", "2026-Q2", "-w", ws.folder).out
    load(ws, "findings", [weak(10), weak(0, state="duplicate"), weak(1, state="duplicate")], datetime(2026, 8, 1))  # fmt: skip
    said = typed("restatements", "board", "2026-Q2", "--rows", "V01", "-w", ws.folder).out
    assert (
        "late data +1, reclassified −2" in said.replace("\n", " ").replace("  ", " ")
        or "late data +1" in said
    )
    assert "F10" in said
    (found,) = json.loads(typed("restatements", "board", "2026-Q2", "-w", ws.folder, "--json").out)
    assert (found["told"], found["today"], found["steps"]) == (10, 9, {"late data": 1, "reclassified": -2})  # fmt: skip
    rows = json.loads(typed("diff", "board", "2026-Q2", "2026-Q3", "-w", ws.folder, "--json").out)
    assert rows[0]["told"] + rows[0]["restated"] + (rows[0]["real"] or 0) == (rows[0]["later"] or rows[0]["today"])  # fmt: skip
    assert (
        "told + restated + real change"
        in typed("diff", "board", "2026-Q2", "2026-Q3", "-w", ws.folder).out
    )
    assert typed("diff", "board", "2026-Q2", "2026-Q1", "-w", ws.folder).code == 2
    never = typed("restatements", "board", "2026-Q1", "-w", ws.folder)
    assert (never.code, "was not published for 2026-Q1" in never.err) == (2, True)


def test_an_erratum_is_a_revision_and_the_first_stays_readable(
    tmp_path: Path, typed: Typed
) -> None:
    ws = told(tmp_path / "ws", [weak(n) for n in range(10)])
    right = load(
        ws,
        "findings",
        [weak(0, state="duplicate"), weak(1, state="duplicate")],
        datetime(2026, 8, 1),
    )
    load(ws, "findings", [weak(20)], datetime(2026, 8, 2))
    words = ("errata", "board", "2026-Q2", "--load", right.name, "--reason", "Two were counted twice", "--approver", "Head of audit", "-w", ws.folder)  # fmt: skip
    shown = json.loads(typed(*words, "--json").out)
    assert shown["published"] is None
    (one,) = shown["errata"]
    # Only what was named counts: the finding of 2 August does not.
    assert (one["old"], one["new"], one["cause"]) == (10, 8, "reclassified")
    assert ws.ledger.publication("board", "2026-Q2").revision == 1  # type: ignore[union-attr]
    assert typed(*words, "--publish").code == 0
    first, second = ws.ledger.publications()
    assert (first.revision, second.revision, second.also) == (1, 2, (right.name,))
    assert ws.ledger.figures(first)["V01", ""].value == 10
    assert ws.ledger.figures(second)["V01", ""].value == 8
    (kept,) = ws.ledger.errata(second)
    assert (kept.reason, kept.approver) == ("Two were counted twice", "Head of audit")
    assert [event.state for event in ws.ledger.events(first.run_id)] == ["superseded"]
    # What counts as told is the revision; the finding learnt on 2 August is a restatement of it.
    found = only(ws)
    assert (found.told, dict(found.steps)) == (8, {"late data": 1})
    listed = typed("errata", "board", "2026-Q2", "-w", ws.folder).out
    assert "revision 1" in listed
    assert "Two were counted twice" in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reason", "x"), "needs a reason and an approver"),
        (("--reason", "x", "--approver", "y", "--load", "nothing"), "is no load"),
    ],
)
def test_an_erratum_that_cannot_be(tmp_path: Path, typed: Typed, words: tuple[str, ...], said: str) -> None:  # fmt: skip
    ws = told(tmp_path / "ws", [weak(1)])
    later = load(ws, "findings", [weak(1, title="Same")], datetime(2026, 8, 1))
    given_ = words if "--load" in words else ("--load", later.name, *words)
    ended = typed("errata", "board", "2026-Q2", *given_, "-w", ws.folder)
    assert ended.code == 2
    assert said in ended.err


def test_an_erratum_names_loads_that_came_later_and_change_something(tmp_path: Path) -> None:
    ws = told(tmp_path / "ws", [weak(1)])
    place = Workspace(ws.folder, now=LATE)
    publication = place.ledger.publication("board", "2026-Q2")
    assert publication is not None
    early = place.store.loads()[0].name
    with pytest.raises(UsageError, match="counted already"):
        errata.prepare(place, publication, [early], reason="r", approver="a", at=LATE)
    same = load(ws, "findings", [weak(1, title="Same")], datetime(2026, 8, 1)).name
    revision = errata.prepare(place, publication, [same], reason="r", approver="a", at=LATE)
    with pytest.raises(UsageError, match="change no told figure"):
        revision.publish(place)
