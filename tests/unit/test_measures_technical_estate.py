"""What of the estate is known, seen, protected and restorable: expected values by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.technical import (
    END,
    asset,
    before,
    control,
    parts,
    split,
    stored,
    view,
)

NEXT_DAY = END + timedelta(1)


# ---- K01 known -------------------------------------------------------------------------------------------------------


def test_two_lists_tell_how_many_there_are(tmp_path: Path) -> None:
    """900 on one list, 800 on the other, 700 on both: 901 * 801 / 701 - 1 = 1,028.53 in all, 1,000 of them known.

    Variance 901 * 801 * 200 * 100 / (701^2 * 702) = 41.842 of 28.531 unseen: factor exp(1.96 * sqrt(ln(1 + 41.842 / 814.0)))
    = 1.5509, so 1,000 + 28.531 / 1.5509 = 1,018.40 to 1,000 + 28.531 * 1.5509 = 1,044.25.
    """
    lists = ["cmdb|dhcp|scanner"] * 50 + ["cmdb|scanner"] * 650 + ["cmdb"] * 200 + ["scanner"] * 100
    rows = [asset(n, seen_by=seen) for n, seen in enumerate(lists)]
    rows += [
        asset(2001, seen_by="cmdb", retired_at=END),
        asset(2002, seen_by="cmdb", in_scope=False),
        asset(2003, seen_by="cmdb", first_seen=NEXT_DAY),
        asset(2004),
    ]
    value = view(tmp_path, assets=rows).measure("K01").value
    assert value.value == pytest.approx(97.226, abs=1e-3)
    assert [value.low, value.high] == pytest.approx(
        [100_000 / 1_044.25, 100_000 / 1_018.40], abs=1e-2
    )
    beside = parts(value)
    assert [beside[name] for name in ("In cmdb", "In scanner", "In both")] == [900, 800, 700]
    assert beside["Estimated in all"] == pytest.approx(1_028.53, abs=5e-3)
    assert value.note == "1 asset names no inventory and is left out"


@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        (["cmdb", "cmdb"], "assets are known to one inventory only; two are compared"),
        (["cmdb", "scanner"], "no asset is in both cmdb and scanner"),
        ([None, None], "the column 'seen_by' of assets is empty"),
    ],
)
def test_an_estate_that_cannot_be_estimated(
    tmp_path: Path, lists: list[str | None], reason: str
) -> None:
    v = view(tmp_path, assets=[asset(n, seen_by=seen) for n, seen in enumerate(lists)])
    assert (v.measure("K01").value.value, v.measure("K01").value.reason) == (None, reason)


# ---- K02, K03 scanned, protected -------------------------------------------------------------------------------------


def test_an_asset_on_which_nothing_was_observed_stays_in(tmp_path: Path) -> None:
    """A2 has other safeguards and was never scanned, A3 has nothing: both are not scanned, and neither is left out."""
    v = view(
        tmp_path,
        assets=[asset(1), asset(2, kind="host"), asset(3, kind="host")],
        coverage=[control(1, "vuln_scan"), control(2, "edr"), control(2, "log")],
    )
    found = {id_: v.measure(id_).value for id_ in ("K02", "K03", "K05")}
    assert {id_: (x.numerator, x.denominator) for id_, x in found.items()} == dict.fromkeys(found, (1, 3))  # fmt: skip
    assert split(v, "K02", "kind") == {"host": 0, "not known": 100}


def test_scanned_are_those_in_scope_and_in_service(tmp_path: Path) -> None:
    late = {"last_ok": before(31)}
    assets = [
        asset(1), asset(2), asset(3), asset(4), asset(5), asset(6),
        asset(7, retired_at=END), asset(8, retired_at=NEXT_DAY), asset(9, in_scope=False), asset(10, in_scope=None),
        asset(11, first_seen=NEXT_DAY),
    ]  # fmt: skip
    seen = [
        control(1, "vuln_scan", last_ok=before(30), status="degraded"),
        control(2, "vuln_scan", **late),
        control(3, "vuln_scan", authenticated=False),
        control(4, "vuln_scan", authenticated=None),
        control(5, "vuln_scan", status="na", na_reason="run by the supplier"),
        control(6, "vuln_scan", last_ok=NEXT_DAY),  # a day that has not come
        *(control(n, "vuln_scan") for n in (7, 8, 9, 10, 11)),
        # A newer observation replaces an older one.
        control(2, "vuln_scan", observed_at=before(5), last_ok=before(5)),
    ]
    value = view(tmp_path, assets=assets, coverage=seen).measure("K02").value
    # Scanned A1, A8, A10; not A2, A3, A4, A6. A5 cannot be; A7 and A11 are not in service, A9 is not in scope.
    assert (value.numerator, value.denominator) == (3, 7)
    assert parts(value) == {"Not applicable": 1}
    assert value.note == "1 control worked on a later day, so it does not count"


def test_protection_is_healthy_and_reports(tmp_path: Path) -> None:
    seen = [
        control(1, "edr", last_ok=before(7)),
        control(2, "edr", last_ok=before(8)),
        control(3, "edr", status="degraded"),  # installed and not healthy
        control(4, "edr", status="absent", last_ok=None),
        control(5, "edr", status="na", na_reason="appliance"),
    ]
    v = view(tmp_path, assets=[asset(n) for n in range(1, 6)], coverage=seen)
    assert (v.measure("K03").value.numerator, v.measure("K03").value.denominator) == (1, 4)
    assert parts(v.measure("K03").value) == {"Not applicable": 1}
    assert v.measure("K03").status == "red"


def test_without_assets_or_observations_coverage_is_not_measured(tmp_path: Path) -> None:
    old = [control(1, name, observed_at=before(46)) for name in ("vuln_scan", "edr", "log")]
    stale = view(tmp_path / "a", assets=[asset(1)], coverage=old)
    for id_, what in (("K02", "scan"), ("K03", "endpoint protection"), ("K05", "log source")):
        reason = f"no {what} was observed in the 45 days before the quarter's end"
        assert (stale.measure(id_).value.value, stale.measure(id_).value.reason) == (None, reason)
    none = view(tmp_path / "b", assets=[asset(1, criticality=2, in_scope=False)], coverage=old)
    reasons = [none.measure(id_).value.reason for id_ in ("K02", "K05", "K06", "K07")]
    assert reasons == ["no asset is in scope", *["no critical asset is in scope"] * 3]
    exempt = [control(1, "edr", status="na", na_reason="appliance")]
    only = view(tmp_path / "c", assets=[asset(1)], coverage=exempt).measure("K03").value
    assert (only.value, only.reason) == (None, "no asset is in scope")


def test_not_applicable_without_a_reason_is_not_covered(tmp_path: Path) -> None:
    seen = [control(1, "edr"), control(2, "edr", status="na", na_reason="appliance"), control(3, "edr", status="na")]  # fmt: skip
    value = view(tmp_path, assets=[asset(n) for n in (1, 2, 3)], coverage=seen).measure("K03").value
    assert (value.numerator, value.denominator) == (1, 2)
    assert parts(value) == {"Not applicable": 1}
    assert value.note == "1 is called not applicable without a reason and counts as not covered"


def test_what_was_observed_belongs_to_the_unit_of_the_asset(tmp_path: Path) -> None:
    """An observation that names no unit, or the unit that the asset has left, is of the asset's; of an unknown asset it is of its own."""
    ws = stored(
        tmp_path,
        units=[{"unit_id": "a"}, {"unit_id": "b"}],
        assets=[asset(1, unit_id="a"), asset(2, unit_id="b")],
        coverage=[
            control(1, "vuln_scan", unit_id="b"), control(2, "vuln_scan"), control(1, "edr"), control(9, "edr", unit_id="b"),
        ],
    )  # fmt: skip
    a, b = (ws.at("2026-Q3", unit=unit) for unit in "ab")
    assert [(v.measure("K02").value.numerator, v.measure("K02").value.denominator) for v in (a, b)] == [(1, 1)] * 2  # fmt: skip
    assert [v.measure("K03").value.value for v in (a, b)] == [100, 0]
    assert [len(v.sql("SELECT asset_id FROM coverage")) for v in (a, b)] == [2, 2]
    assert ws.at("2026-Q3").measure("K03").value.value == 50


# ---- K05, K06, K07 critical assets -----------------------------------------------------------------------------------


def test_logs_of_critical_assets_came_since_the_day_before(tmp_path: Path) -> None:
    seen = [
        control(1, "log"),
        control(2, "log", last_ok=before(1)),
        control(3, "log", last_ok=before(2)),  # silent
        control(4, "log"),
    ]
    assets = [asset(1), asset(2), asset(3), asset(4, criticality=2), asset(5, criticality=None)]
    value = view(tmp_path, assets=assets, coverage=seen).measure("K05").value
    assert (value.numerator, value.denominator) == (2, 3)


def test_restorable_is_tested_and_in_time(tmp_path: Path) -> None:
    seen = [
        control(1, "restore_test", last_ok=before(365), observed_at=before(200)),
        control(2, "restore_test", last_ok=before(366)),
        control(3, "restore_test", rto_met=False),
        control(4, "restore_test", rpo_met=None),
        control(5, "restore_test", status="absent"),  # the newest test failed
        control(6, "restore_test", status="na", na_reason="stateless"),
        control(1, "backup"),
        control(2, "backup", last_ok=before(7)),
        control(3, "backup", last_ok=before(8)),
        control(6, "backup", status="na", na_reason="stateless"),
    ]
    v = view(tmp_path, assets=[asset(n) for n in range(1, 7)], coverage=seen)
    assert (v.measure("K06").value.numerator, v.measure("K06").value.denominator) == (1, 5)
    # A backup ran on A1 and A2, of A1 to A5: a backup that ran is not a restore that works.
    assert parts(v.measure("K06").value) == {"Not applicable": 1, "Backed up in the last 7 days": 40}  # fmt: skip
    assert "Backed up in the last 7 days" not in parts(v.measure("K06", by="kind")[0].value)


def test_a_test_counts_for_a_year_and_backups_nobody_observed_are_no_zero(tmp_path: Path) -> None:
    tested = [control(1, "restore_test", observed_at=before(200), last_ok=before(200))]
    value = view(tmp_path / "a", assets=[asset(1)], coverage=tested).measure("K06").value
    assert value.value == 100
    assert parts(value)["Backed up in the last 7 days"] is None
    old = [control(1, "restore_test", observed_at=before(366), last_ok=before(366))]
    none = view(tmp_path / "b", assets=[asset(1)], coverage=old).measure("K06").value
    assert none.reason == "no restore test was observed in the 365 days before the quarter's end"


FOUR = ("vuln_scan", "edr", "log", "restore_test")


def test_average_control_coverage(tmp_path: Path) -> None:
    """Each of four safeguards misses another host of twenty: 95 % on average, and 16 of 20 hosts have all four."""
    rows = [control(n, name, status="absent" if n == miss else "ok") for miss, name in enumerate(FOUR) for n in range(20)]  # fmt: skip
    v = view(tmp_path, assets=[asset(n) for n in range(20)], coverage=rows)
    assert [v.measure(id_).value.value for id_ in ("K02", "K03", "K05", "K06")] == [95] * 4
    assert v.measure("K07").value.value == 80


def test_what_does_not_apply_counts_as_met_and_is_told(tmp_path: Path) -> None:
    rows = [control(n, name) for n in (1, 2, 3) for name in FOUR]
    rows = [r for r in rows if (r["asset_id"], r["control"]) not in {("A1", "edr"), ("A2", "edr")}]
    rows += [control(1, "edr", status="na", na_reason="appliance"), control(3, "mdm", status="na", na_reason="fixed")]  # fmt: skip
    v = view(tmp_path, assets=[asset(1), asset(2, unit_id="a"), asset(3)], coverage=rows)
    value = v.measure("K07").value
    # A1 needs no agent, A2 has none, A3 has all; that a phone's safeguard does not apply to A3 is no matter.
    assert (value.numerator, value.denominator) == (2, 3)
    assert parts(value) == {"With one not applicable": 1}
    assert split(v, "K07", "unit") == {"a": 0, "not known": 100}
