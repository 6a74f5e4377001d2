"""The ledger keeps what was told, once."""

from __future__ import annotations

import resource
from datetime import date, datetime
from pathlib import Path

import pytest

from reportkit.errors import TemporaryError, UsageError
from reportkit.facts import Facts, Figure
from reportkit.ledger import Event, Ledger, Publication

TOLD = Publication(
    report="board",
    period="2026-Q1",
    unit="",
    revision=1,
    run_id="run-1",
    as_of=date(2026, 3, 31),
    known_by=datetime(2026, 4, 9),
    published_at=datetime(2026, 4, 10),
)


def figure(value: float | None, scope: str = "") -> Figure:
    return Figure(
        measure="V01",
        name="Open weaknesses",
        scope=scope,
        value=value,
        unit="count",
        as_of=date(2026, 3, 31),
        known_by=datetime(2026, 4, 9),
        direction="down",
        definition_version=1,
    )


def test_told_figures_come_back_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    facts = Facts(figures=(figure(10), figure(3, "severity=high")))
    told = ledger.publish(TOLD, facts, {"findings": ("a" * 64,)})
    assert ledger.publication("board", "2026-Q1") == told
    assert ledger.figures(told) == {
        ("V01", ""): figure(10),
        ("V01", "severity=high"): figure(3, "severity=high"),
    }


def test_a_figure_that_was_not_measured_is_kept_as_such(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    told = ledger.publish(TOLD, Facts(figures=(figure(None),)), {})
    assert ledger.figures(told)["V01", ""].value is None


def test_the_same_run_twice_is_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first = ledger.publish(TOLD, Facts(figures=(figure(10),)), {})
    assert ledger.publish(TOLD, Facts(figures=(figure(11),)), {}) == first
    assert ledger.figures(first)["V01", ""].value == 10
    assert len(ledger.publications()) == 1


def test_another_run_does_not_overwrite(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    told = ledger.publish(TOLD, Facts(figures=(figure(10),)), {})
    with pytest.raises(UsageError, match="told figures are not overwritten"):
        ledger.publish(
            Publication(**{**TOLD.__dict__, "run_id": "run-2"}), Facts(figures=(figure(11),)), {}
        )
    assert ledger.figures(told)["V01", ""].value == 10


def test_the_cut_off_of_a_table_is_the_last_publication_that_used_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.cut_off("findings") is None
    ledger.publish(TOLD, Facts(), {"findings": ("a" * 64,)})
    later = {
        **TOLD.__dict__,
        "period": "2026-Q2",
        "run_id": "run-2",
        "known_by": datetime(2026, 7, 9),
    }
    ledger.publish(Publication(**later), Facts(), {"findings": ("b" * 64,), "kev": ("c" * 64,)})
    assert ledger.cut_off("findings") == datetime(2026, 7, 9)
    assert ledger.cut_off("kev") == datetime(2026, 7, 9)
    assert ledger.cut_off("audits") is None


def test_asking_makes_no_file(tmp_path: Path) -> None:
    assert Ledger(tmp_path).publication("board", "2026-Q1") is None
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_a_ledger_that_takes_the_next_word(tmp_path: Path) -> None:
    """A file that may not grow fails as a full disk does; what was begun is taken back whole."""
    ledger = Ledger(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(
            TemporaryError, match=r"cannot be written \(.*\); nothing was half-written\. Make room"
        ):
            ledger.record(Event("r1", "approved", datetime(2026, 10, 12)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ledger.events() == []
    ledger.record(Event("r1", "approved", datetime(2026, 10, 12)))
    assert [event.run_id for event in Ledger(tmp_path).events()] == ["r1"]
