"""Deadlines checked against the calendar, with the reason beside each date."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from reportkit import clocks, resources
from reportkit.clocks import Regime, business_day_due, due, months_later, regime
from reportkit.errors import ConfigError, DataError
from tests.conftest import Ended

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("determined", "last"),
    [
        # Thanksgiving on Thursday the 27th: Fri 28, Mon 1, Tue 2, Wed 3.
        pytest.param("2025-11-26", "2025-12-03", id="thanksgiving"),
        # No holiday: Tue, Wed, Thu, Fri.
        pytest.param("2026-03-02", "2026-03-06", id="plain-week"),
        # Saturday: the period begins with Monday as its first day: Mon, Tue, Wed, Thu.
        pytest.param("2026-03-07", "2026-03-12", id="saturday"),
        # On the holiday itself: Fri 28 is the first day, then Mon, Tue, Wed.
        pytest.param("2025-11-27", "2025-12-03", id="on-a-holiday"),
        # 4 July 2026 is a Saturday, kept on Friday the 3rd: Thu 2, Mon 6, Tue 7, Wed 8.
        pytest.param("2026-07-01", "2026-07-08", id="independence-day-observed"),
        # 1 January 2028 is a Saturday, kept on Friday 31 December 2027: Thu 30, Mon 3, Tue 4, Wed 5.
        pytest.param("2027-12-29", "2028-01-05", id="new-year-observed-in-the-old-year"),
        # Juneteenth, Friday 19 June 2026: Thu 18, Mon 22, Tue 23, Wed 24.
        pytest.param("2026-06-17", "2026-06-24", id="juneteenth"),
        # Christmas on Thursday and New Year on Thursday: Fri 26, Mon 29, Tue 30, Wed 31.
        pytest.param("2025-12-24", "2025-12-31", id="christmas"),
    ],
)
def test_four_business_days_after_the_determination(determined: str, last: str) -> None:
    assert business_day_due(date.fromisoformat(determined)) == date.fromisoformat(last)


def test_days_closed_by_order_are_skipped() -> None:
    # Thursday 9 January 2025, a day of mourning: Wed 8, Fri 10, Mon 13, Tue 14.
    closed = {date(2025, 1, 9)}
    assert business_day_due(date(2025, 1, 7), closed=closed) == date(2025, 1, 14)
    assert business_day_due(date(2025, 1, 7)) == date(2025, 1, 13)


def test_other_jurisdictions_have_their_own_days() -> None:
    # Thanksgiving is no holiday in Germany: Thu, Fri, Mon, Tue.
    assert business_day_due(date(2025, 11, 26), jurisdiction="DE") == date(2025, 12, 2)
    # Corpus Christi, Thursday 4 June 2026, is kept in Bavaria and not in Berlin.
    assert business_day_due(date(2026, 6, 3), 1, "DE-BY") == date(2026, 6, 5)
    assert business_day_due(date(2026, 6, 3), 1, "DE-BE") == date(2026, 6, 4)


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        pytest.param("2026-01-31", 1, "2026-02-28", id="short-month"),
        pytest.param("2028-01-31", 1, "2028-02-29", id="leap-year"),
        pytest.param("2026-02-28", 1, "2026-03-28", id="last-day-does-not-stick"),
        pytest.param("2026-03-31", 1, "2026-04-30", id="thirty-days"),
        pytest.param("2026-12-15", 1, "2027-01-15", id="over-the-year"),
        pytest.param("2026-11-30", 3, "2027-02-28", id="three-months"),
        pytest.param("2026-12-31", 12, "2027-12-31", id="a-year"),
    ],
)
def test_months_end_on_the_same_day_or_the_last(start: str, months: int, last: str) -> None:
    assert months_later(date.fromisoformat(start), months) == date.fromisoformat(last)


def test_form_8k_is_due_when_the_filing_desk_closes() -> None:
    # 17:30 in New York in winter is 22:30 UTC.
    assert due(regime("sec-8k"), datetime(2025, 11, 26, 15)) == datetime(2025, 12, 3, 22, 30)
    # And in summer 21:30 UTC.
    assert due(regime("sec-8k"), datetime(2026, 6, 8, 15)) == datetime(2026, 6, 12, 21, 30)


def test_day_of_the_determination_is_the_one_in_new_york() -> None:
    # 02:00 UTC on Thursday is still Wednesday evening in New York.
    late = datetime(2026, 3, 5, 2)
    assert due(regime("sec-8k"), late).date() == date(2026, 3, 10)
    assert due(regime("sec-8k"), late + timedelta(hours=12)).date() == date(2026, 3, 11)


@pytest.mark.parametrize(
    ("name", "hours"), [("dora-4h", 4), ("dora-24h", 24), ("dora-72h", 72), ("nis2-24h", 24), ("nis2-72h", 72), ("nydfs-72h", 72)]
)  # fmt: skip
def test_hours_run_through_weekends(name: str, hours: int) -> None:
    friday = datetime(2026, 5, 22, 18, 40)
    assert due(regime(name), friday) == friday + timedelta(hours=hours)


def test_hours_are_real_hours_when_clocks_change() -> None:
    # The night to 29 March 2026 has one hour less in Berlin: 24 hours after 14:00 is 15:00 by the wall.
    start = datetime(2026, 3, 28, 14, tzinfo=ZoneInfo("Europe/Berlin"))
    end = due(regime("nis2-24h"), start)
    assert end == datetime(2026, 3, 29, 13, tzinfo=UTC)
    assert end.astimezone(start.tzinfo).hour == 15


@pytest.mark.parametrize("name", ["dora-1m", "nis2-1m"])
def test_final_reports_are_due_by_the_end_of_the_day_a_month_later(name: str) -> None:
    # Noon on 31 January; the day ends at 23:59:59 in Brussels, 22:59:59 UTC.
    assert due(regime(name), datetime(2026, 1, 31, 12)) == datetime(2026, 2, 28, 22, 59, 59)
    # 23:30 UTC on 30 April is already 1 May in Brussels, where June has summer time.
    assert due(regime(name), datetime(2026, 4, 30, 23, 30)) == datetime(2026, 6, 1, 21, 59, 59)


def test_zone_of_a_clock_can_be_changed() -> None:
    helsinki = replace(regime("nis2-1m"), zone="Europe/Helsinki")
    assert due(helsinki, datetime(2026, 1, 15, 12)) == datetime(2026, 2, 15, 21, 59, 59)


def test_naive_in_naive_out_and_aware_in_aware_out() -> None:
    for rule in clocks.shipped():
        naive = datetime(2026, 2, 3, 4, 5)
        aware = due(rule, naive.replace(tzinfo=UTC))
        assert due(rule, naive).tzinfo is None
        assert aware.replace(tzinfo=None) == due(rule, naive)
        assert aware.tzinfo is UTC


def test_every_rule_names_its_start_and_source() -> None:
    assert len({rule.id for rule in clocks.shipped()}) == len(clocks.shipped())
    assert all(rule.start and rule.source and rule.name for rule in clocks.shipped())


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        pytest.param(lambda: regime("nis2-72"), DataError, "did you mean 'nis2-72h'", id="regime"),
        pytest.param(
            lambda: business_day_due(date(2026, 1, 1), 0), DataError, "1 or more", id="no-days"
        ),
        pytest.param(
            lambda: business_day_due(date(2026, 1, 1), 4, "XX"), ConfigError, "'XX'", id="country"
        ),
        pytest.param(
            lambda: business_day_due(date(2026, 1, 1), 4, "US-QQ"),
            ConfigError,
            "'US-QQ'",
            id="part",
        ),
        pytest.param(
            lambda: Regime("x", "X", 0, "hours", "s", "s"), ConfigError, "above 0", id="amount"
        ),
        pytest.param(
            lambda: Regime("x", "X", 1, "weeks", "s", "s"),  # type: ignore[arg-type]
            ConfigError,
            "choose hours",
            id="unit",
        ),
    ],
)
def test_unknown_rules_are_refused(
    call: Callable[[], object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        call()


def test_a_workspace_changes_and_adds_clocks(tmp_path: Path) -> None:
    (tmp_path / "clocks.toml").write_text(
        '[[clock]]\nid = "nis2-24h"\nname = "Early warning, national law"\namount = 12\nunit = "hours"\nstart = "aware"\nsource = "law"\n'
        'valid_from = 2026-07-01\n[[clock]]\nid = "home-48h"\nname = "Home"\namount = 48\nunit = "hours"\nstart = "aware"\nsource = "law"\n'
    )  # fmt: skip
    rules = clocks.read(tmp_path)
    # From July on the national law counts; before, the directive.
    assert regime("NIS2-24h", date(2026, 6, 30), rules).amount == 24
    assert regime("nis2-24h", date(2026, 7, 1), rules).amount == 12
    assert regime("home-48h", rules=rules).amount == 48
    assert clocks.read(tmp_path / "nowhere") == clocks.shipped()


def test_what_is_not_in_force_or_switched_off_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="in force from 2023-12-18 on"):
        regime("sec-8k", date(2023, 1, 1))
    off = (replace(regime("nis2-24h"), enabled=False),)
    with pytest.raises(DataError, match="switched off"):
        regime("nis2-24h", rules=off)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[clock", "is not valid TOML"),
        ('[[clock]]\nid = "x"\nnmae = "X"', "unknown key 'nmae'; did you mean 'name'"),
        ('[[clock]]\nid = "x"', "has no 'amount'; every clock needs"),
        (
            '[[clock]]\nid = "x"\nname = "X"\namount = 0\nunit = "hours"\nstart = "s"\nsource = "s"',
            "above 0",
        ),
    ],
)
def test_a_file_of_clocks_that_cannot_be_understood(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "clocks.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        clocks.read(tmp_path)


def test_rules_known_from_others_only_are_switched_off() -> None:
    """The table of BOD 26-04 was not read in the directive itself."""
    said = tomllib.loads((resources.templates() / "clocks.toml").read_text(encoding="utf-8"))
    (rule,) = said["remediation"]
    assert (rule["id"], rule["verified"], rule["enabled"]) == ("bod-26-04", False, False)
    assert all(rule.verified and rule.enabled for rule in clocks.shipped())


def test_the_clocks_on_the_command_line(tmp_path: Path, typed: Callable[..., Ended]) -> None:
    (tmp_path / "reportkit.toml").touch()
    assert "SEC Form 8-K" in typed("clocks", "-w", tmp_path).out
    assert typed("clocks", "--copy", "-w", tmp_path).code == 0
    copied = tmp_path / "clocks.toml"
    copied.write_text(copied.read_text().replace("amount = 24", "amount = 12", 1))
    said = {
        row["id"]: row["amount"]
        for row in json.loads(typed("clocks", "-w", tmp_path, "--json").out)["clocks"]
    }
    assert said["dora-24h"] == 12
    assert typed("clocks", "--copy", "-w", tmp_path).code == 2
