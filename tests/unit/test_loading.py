"""Several files in one load, knowledge stated afterwards, complete exports that cannot be right, people under two keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import trust
from reportkit.display import Shown
from reportkit.measures import definition
from reportkit.store import Store
from reportkit.tables import TABLES
from reportkit.workspace import Workspace
from tests.conftest import Ended
from tests.unit.workspaces import load, workspace

HEAD = "finding_id,severity,state,opened,closed,title\n"
LATER = datetime(2026, 11, 1)
Typed = Callable[..., Ended]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return workspace(tmp_path / "ws").folder


def put(folder: Path, name: str, *rows: str, head: str = HEAD) -> Path:
    path = folder / name
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def block(shown: Shown) -> Any:
    return shown.block


def states(folder: Path) -> list[str]:
    found = (
        Workspace(folder, now=datetime(2099, 1, 1)).at("2026-Q3").sql("SELECT state FROM findings")
    )
    return sorted(found["state"])


@pytest.mark.parametrize("trial", range(4))
def test_of_two_files_in_one_load_the_later_one_counts(
    place: Path, typed: Typed, trial: int
) -> None:
    """Whichever file's hash is the smaller: what decides is the order in which they were given."""
    title = f"as of trial {trial}"
    old = put(place, "jan.csv", f"F1,high,open,2026-01-02,,{title}")
    new = put(place, "sep.csv", f"F1,high,fixed,2026-01-02,2026-09-01,{title}")
    assert typed("load", "findings", old, new, "--source", "scanner", "-w", place).code == 0
    assert states(place) == ["fixed"]


def test_the_same_rows_from_two_systems_are_two_loads(place: Path, typed: Typed) -> None:
    row = "F1,high,open,2026-01-02,,x"
    both = [put(place, name, row) for name in ("a.csv", "b.csv")]
    said = json.loads(typed("load", "findings", *both, "-w", place, "--json").out)
    assert [one["source"] for one in said] == ["a", "b"]
    assert {one.source for one in Store(place / "store").loads("findings")} == {"a", "b"}


def test_rows_from_two_systems_at_one_instant_have_two_records(place: Path) -> None:
    ws = Workspace(place, now=LATER)
    rows = [{"finding_id": "F1", "severity": "high", "state": "open"}]
    for source in ("a", "b"):
        load(ws, "findings", rows, LATER, source=source)
    assert [one.source for one in Store(place / "store").loads()] in (["a", "b"], ["b", "a"])


def test_known_earlier_than_so_far_is_news(place: Path, typed: Typed) -> None:
    file = put(place, "f.csv", "F1,high,open,2026-01-02,,x")
    assert typed("load", "findings", file, "-w", place).code == 0
    stated = typed("load", "findings", file, "--recorded-at", "2026-08-02", "-w", place)
    assert "1 row loaded" in stated.out
    instants = [one.recorded_at for one in Store(place / "store").loads()]
    # A day stands for its last second.
    assert instants[0] == datetime(2026, 8, 2, 23, 59, 59)
    # Known by August, it is seen in August.
    view = Workspace(place, now=LATER).at("2026-Q2", known_by="2026-08-03")
    assert len(view.table("findings")) == 1


def test_a_complete_export_of_another_table_keeps_nothing(place: Path, typed: Typed) -> None:
    file = put(place, "risks.csv", "R1,open,A risk", head="risk_id,status,title\n")
    ended = typed("load", "risks", file, "--complete", "-w", place)
    assert ended.code == 2
    assert "leave out --complete" in ended.err
    assert Store(place / "store").loads() == []


def test_a_complete_export_with_rejected_records_says_what_was_kept(
    place: Path, typed: Typed
) -> None:
    file = put(place, "f.csv", "F1,high,open,2026-01-02,,x", "F2,hgih,open,2026-01-02,,x")
    ended = typed("load", "findings", file, "--complete", "-w", place)
    assert ended.code == 3
    assert "1 row was loaded, but nothing was closed: 1 record was rejected" in ended.err


def test_a_complete_export_cannot_close_before_it_was_open(place: Path, typed: Typed) -> None:
    first = put(place, "a.csv", "F1,high,open,2026-07-01,,x")
    second = put(place, "b.csv", "F2,high,open,2026-02-01,,x")
    words = ("--source", "scanner", "-w", place)
    assert typed("load", "findings", first, *words).code == 0
    ended = typed("load", "findings", second, "--complete", "--observed", "2026-05-01", *words)
    assert ended.code == 3
    assert "it is of 2026-05-01" in ended.err
    assert "opened on 2026-07-01" in ended.err
    assert states(place) == ["open", "open"]


def test_a_complete_export_under_a_new_name_says_that_it_closes_nothing(
    place: Path, typed: Typed
) -> None:
    june = put(place, "june.csv", "F1,high,open,2026-02-01,,x", "F2,high,open,2026-02-01,,x")
    july = put(place, "july.csv", "F1,high,open,2026-02-01,,x")
    assert "nothing can be closed" not in typed("load", "findings", june, "--complete", "-w", place).out  # fmt: skip
    said = typed("load", "findings", july, "--complete", "-w", place).out
    assert "0 closed" in said
    assert "if it is the system that june was, load it with --source june" in said
    said = typed("load", "findings", july, "--complete", "--source", "june", "-w", place).out
    assert "1 closed" in said
    assert "nothing can be closed" not in said


def test_a_mapping_of_another_table_is_the_one_to_blame(place: Path, typed: Typed) -> None:
    file = put(place, "f.csv", "F1,high,open,2026-01-02,,x")
    mapping = place / "mappings" / "mine.toml"
    mapping.parent.mkdir()
    mapping.write_text(
        '[source]\ntable = "findings"\n[columns]\nseverity = "severity"\nfinding_id = "finding_id"\nstate = "state"\n'
    )
    ended = typed("load", "risks", file, "--mapping", mapping, "-w", place)
    assert ended.code == 2
    assert "Mapping mine is one of findings, not of risks" in ended.err


def test_one_is_one_record(place: Path, typed: Typed) -> None:
    said = typed("load", "findings", put(place, "f.csv", "F1,high,open,2026-01-02,,x"), "-w", place)
    assert "(csv, 1 record)" in said.out


def test_a_pseudonym_in_a_column_that_tells_nothing_apart_hides_no_earlier_load(
    place: Path, typed: Typed
) -> None:
    first = put(place, "a.csv", "F1,high,open,2026-01-02,,Anna's laptop")
    assert typed("load", "findings", first, "-w", place).code == 0
    (place / "reportkit.toml").write_text('[privacy]\ncolumns = ["findings.title"]\n')
    second = put(place, "b.csv", "F2,high,open,2026-01-02,,Bo's laptop")
    ended = typed("load", "findings", second, "-w", place)
    assert "no longer counted" not in ended.out
    assert states(place) == ["open", "open"]


def test_loads_set_aside_for_another_key_are_told(place: Path, typed: Typed) -> None:
    head = "account_id,kind,privileged,mfa,enabled,created\n"
    row = "anna@averholt.example,admin,true,strong,true,2025-01-01"
    (place / "reportkit.toml").write_text("[privacy]\npseudonymise = false\n")
    assert typed("load", "identities", put(place, "a.csv", row, head=head), "-w", place).code == 0
    (place / "reportkit.toml").write_text("")
    ended = typed("load", "identities", put(place, "b.csv", row, head=head), "-w", place)
    assert "1 earlier load of identities no longer counted" in ended.out
    view = Workspace(place, now=datetime(2099, 1, 1)).at("2026-Q3")
    from reportkit.sections import annex

    assert "1 earlier load of" in block(annex.sources(view)).note


def test_a_figure_names_every_table_it_rests_on(place: Path) -> None:
    """V03 reads the catalogue of exploited weaknesses although findings alone are needed for it to run."""
    ws = Workspace(place, now=LATER)
    load(ws, "findings", [{"finding_id": "F1", "severity": "high", "state": "open", "opened": date(2026, 1, 2), "vuln_id": "CVE-2026-1"}], datetime(2026, 10, 1))  # fmt: skip
    load(ws, "kev", [{"vuln_id": "CVE-2026-1", "date_added": date(2026, 2, 1), "due_date": date(2026, 3, 1)}], datetime(2026, 10, 1))  # fmt: skip
    view = Workspace(place, now=LATER).at("2026-Q3")
    inputs = {name.split(":")[0] for name in view.measure("V03").inputs}
    assert {"findings", "kev"} <= inputs
    # Another load of one of them is seen in its part, and in no other.
    before = dict(name.split(":") for name in view.measure("V03").inputs)
    load(ws, "kev", [{"vuln_id": "CVE-2026-2", "date_added": date(2026, 2, 1)}], datetime(2026, 10, 2))  # fmt: skip
    again = Workspace(place, now=LATER).at("2026-Q3").measure("V03")
    after = dict(name.split(":") for name in again.inputs)
    assert {name for name in after if after[name] != before.get(name)} == {"kev"}


def test_what_a_measure_rests_on_is_more_than_it_needs() -> None:
    assert {"assets", "coverage"} <= set(trust.rests_on(definition("K07")))


def test_store_keeps_which_columns_are_pseudonyms(place: Path, typed: Typed) -> None:
    (place / "reportkit.toml").write_text('[privacy]\ncolumns = ["findings.title"]\n')
    said = json.loads(typed("load", "findings", put(place, "a.csv", "F1,high,open,2026-01-02,,Anna"), "-w", place, "--json").out)  # fmt: skip
    assert said["replaced"] == ["title"]
    assert Store(place / "store").loads()[0].replaced == ("title",)


def test_under_one_key_everything_counts() -> None:
    from reportkit.store import Load, counted

    base = Load(source="s", recorded_at=LATER, table="identities", extract="x", rows=1, filled=())
    mine = replace(base, pseudonyms="k1", replaced=("account_id",))
    theirs = replace(mine, pseudonyms="k2")
    spec = TABLES["identities"]
    assert counted(spec, [base, mine, theirs]) == ([theirs], [base, mine])
    assert counted(spec, [mine, mine]) == ([mine, mine], [])
    assert counted(spec, []) == ([], [])


def test_rejected_rows_are_kept_as_they_came(place: Path, typed: Typed) -> None:
    file = put(
        place,
        "f.csv",
        "F1,high,open,2026-01-02,,fine",
        "F2,hgih,open,2026-01-02,,misspelt",
        "F3,high,open,2026-03-02,2026-01-01,closed too early",
        "F1,low,open,2026-01-02,,the same again but not alike",
    )
    assert "3 records" in typed("load", "findings", file, "-w", place).out
    found = Workspace(place, now=LATER).rejected("findings")
    assert found[["row", "title", "severity"]].to_dict("list") == {
        "row": [3, 4, 5], "title": ["misspelt", "closed too early", "the same again but not alike"], "severity": ["hgih", "high", "low"],
    }  # fmt: skip
    misspelt, early, double = found["why"]
    assert misspelt.startswith("severity is not one of critical, high")
    assert early == "closed is before opened"
    assert double == "finding_id is already in an earlier row with other values"
    mend = place / "mend.csv"
    assert typed("rejected", "findings", mend, "-w", place).out.strip().endswith("3 rejected rows")
    assert "misspelt" in mend.read_text(encoding="utf-8-sig")
    shown = typed("rejected", "-w", place).out
    assert "closed is before opened" in shown
    assert json.loads(typed("rejected", "-w", place, "--json").out)[0]["severity"] == "hgih"


def test_rejected_rows_of_findings_without_an_id_are_kept_too(place: Path, typed: Typed) -> None:
    head = "asset_id,vuln_id,severity,title\n"
    file = put(place, "f.csv", "a,CVE-2026-1,high,fine", "b,CVE-2026-2,awful,odd word", head=head)
    assert typed("load", "findings", file, "-w", place).code == 0
    (row,) = Workspace(place, now=LATER).rejected().to_dict("records")
    assert (row["row"], row["asset_id"], row["severity"]) == (3, "b", "awful")


def test_the_annex_counts_rejected_rows_by_reason(place: Path, typed: Typed) -> None:
    from reportkit.sections import annex

    view = Workspace(place, now=datetime(2099, 1, 1)).at("2026-Q3")
    assert block(annex.rejected(view)) is None
    rows = [f"F{n},hgih,open,2026-01-02,,x" for n in range(3)]
    typed("load", "findings", put(place, "f.csv", "F9,high,open,2026-01-02,,x", *rows), "-w", place)
    view = Workspace(place, now=datetime(2099, 1, 1)).at("2026-Q3")
    (row,) = block(annex.rejected(view)).rows
    assert [cell.text for cell in row][::3] == ["findings", "3"]
    assert row[2].text.startswith("severity is not one of")


def test_names_in_rejected_rows_are_pseudonyms(place: Path, typed: Typed) -> None:
    head = "account_id,kind,privileged,mfa,enabled,created\n"
    file = put(place, "a.csv", "anna@x.example,admin,true,strong,true,2025-01-01", "bo@x.example,admin,maybe,strong,true,2025-01-01", head=head)  # fmt: skip
    assert typed("load", "identities", file, "-w", place).code == 0
    kept = b"".join(path.read_bytes() for path in (place / "store").rglob("*") if path.is_file())
    assert b"anna" not in kept
    assert b"bo@x" not in kept
    (row,) = Workspace(place, now=LATER).rejected("identities").to_dict("records")
    assert row["account_id"].startswith("p-")
    assert row["privileged"] == "maybe"


def test_rejected_rows_go_with_the_copies_and_damage_is_seen(place: Path, typed: Typed) -> None:
    file = put(place, "f.csv", "F1,high,open,2026-01-02,,x", "F2,hgih,open,2026-01-02,,x")
    assert typed("load", "findings", file, "-w", place).code == 0
    (kept,) = (place / "store" / "refused").rglob("*.parquet")
    good = kept.read_bytes()
    kept.chmod(0o644)
    kept.write_bytes(good[:-1] + b"x")
    ended = typed("verify", "-w", place)
    assert ended.code == 3
    assert kept.name in ended.err
    kept.write_bytes(good)
    assert typed("verify", "-w", place).code == 0
    assert typed("prune", "--before", "2999-01-01", "-w", place).code == 0
    assert not kept.exists()
    assert Workspace(place, now=LATER).rejected().empty
    assert len(Store(place / "store").loads()) == 1
