"""What a period still lacks, by who owes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from reportkit.due import closing
from reportkit.run import publication
from tests.runs import NOW, PERIOD, approved, drafted, settings

REPORT = '[report]\nauthor = "Security Office"\n[freshness]\nfindings = 10\nassets = 10\n'
SOURCE = '[sources.cmdb]\nkind = "file"\npath = "assets.csv"\ntable = "assets"\n'


def lacking(folder: Path, now: datetime = NOW + timedelta(hours=2)) -> list[tuple[str, str]]:
    return [(one.owner, one.kind) for one in closing.missing(folder, "board", "Q3 2026", None, now)]  # fmt: skip


def test_an_empty_quarter_lacks_everything(tmp_path: Path) -> None:
    (tmp_path / "reportkit.toml").write_text(settings(more=REPORT + SOURCE))
    found = closing.missing(tmp_path, "board", "2026-Q3", None, datetime(2026, 9, 30, 12))
    assert [(one.owner, one.kind) for one in found] == [
        ("Security Office", "commentary"),
        ("Security Office", "decisions"),
        ("Security Office", "run"),
        ("Security Office", "source"),
        ("calendar", "period"),
        ("cmdb", "source"),
    ]
    said = {one.kind: one.what for one in found if one.owner == "cmdb"}
    assert said == {"source": "assets was never loaded; 'reportkit pull cmdb'."}


def test_who_may_not_approve_is_not_asked(tmp_path: Path) -> None:
    """Bo ran it, and two approvals are needed: Ada is asked, and another approver must be found."""
    two = settings(more=REPORT).replace("[approval]", "[approval]\nrequired = 2")
    place = drafted(tmp_path, two, by="bo")
    asked = [one for one in lacking(tmp_path) if one[1] == "approval"]
    assert asked == [("Ada Lind", "approval"), ("Bo Ek", "approval")]
    (tmp_path / "reportkit.toml").write_text(two.replace("[approval]", "[approval]\nfour_eyes = true"))  # fmt: skip
    found = closing.missing(tmp_path, "board", "2026-Q3", None, NOW)
    said = [(one.owner, one.what) for one in found if one.kind == "approval"]
    assert said == [
        ("Ada Lind", "0 of 2: 'reportkit approve board 2026-Q3 --by \"Ada Lind\"'"),
        ("Security Office", "2 approvals are missing, and 1 person may give one; list more approvers in reportkit.toml."),
    ]  # fmt: skip
    approved(tmp_path, place, "Ada Lind")
    assert [one for one in lacking(tmp_path) if one[1] == "approval"] == [("Security Office", "approval")]  # fmt: skip


def test_a_told_quarter_lacks_nothing_of_it(tmp_path: Path) -> None:
    place = drafted(tmp_path, settings(more=REPORT.partition("[freshness]")[0]))
    (tmp_path / "commentary").mkdir()
    (tmp_path / "commentary" / "2026-Q3.md").write_text("All is well.\n")
    assert ("Security Office", "publication") in lacking(tmp_path)
    approved(tmp_path, place, "Ada Lind")
    publication.publish(tmp_path, "board", PERIOD, None, now=NOW + timedelta(hours=1))
    assert lacking(tmp_path) == [("Security Office", "decisions")]
