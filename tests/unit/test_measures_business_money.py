"""Spend, posts, projects and business cases; every expected value is counted by hand or stands in a published table."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reportkit.measures.delivery import Flow, payback
from tests.unit.business import END, START, bounds, parts, scenario, split, value_of, view

# ---- B: spend --------------------------------------------------------------------------------------------------------


def line(name: str, period: str = "2026-Q3", **more: Any) -> dict[str, Any]:
    return {"line_id": name, "period": period, **more}


RATES = [
    {"currency": "USD", "to_currency": "EUR", "rate": 0.5, "valid_from": date(2026, 1, 1)},
    {"currency": "USD", "to_currency": "EUR", "rate": 0.9, "valid_from": date(2026, 10, 1)},
]
SPENT = [
    line("1", "2026-Q1", category="Tools", run_change="run", budget=100.0, actual=120.0, committed=130.0, forecast=110.0),
    line("2", "2026-Q2", category="Tools", run_change="run", budget=100.0, actual=80.0),
    line("3", category="Staff", run_change="change", currency="USD", budget=400.0, actual=500.0),  # 200 and 250
    line("4", category="Tools", budget=50.0),  # not booked yet
    line("5", actual=30.0),  # spent without a budget, in no category
    line("6", "2026-Q4", budget=999.0, actual=1.0), line("7", "2025-Q4", budget=999.0, actual=1.0),
]  # fmt: skip


def test_spend_against_the_budget_of_what_is_booked(tmp_path: Path) -> None:
    at = view(tmp_path, spend=SPENT, fx_rates=RATES)
    value = at.measure("B01").value
    # Actual 120 + 80 + 250 + 30 = 480; budget 100 + 100 + 200 = 400; the line without an actual is on neither side.
    assert (value.numerator, value.denominator, value.n) == (480, 400, 3)
    assert value.value == pytest.approx(20)
    assert value.note == "budget lines without an actual yet: 1"
    assert parts(value) == {
        "Committed": 130, "Forecast of the same quarters": 110, "Of it for change": pytest.approx(100 * 250 / 480),
        "Lines spent without a budget": 1,
    }  # fmt: skip
    by_category = split(at, "B01", "category")
    assert by_category["not known"].reason == "the budget of the year so far is zero"
    told = [cell for cell in by_category.values() if cell.value is not None]
    assert sum(cell.denominator or 0 for cell in told) == 400
    assert sum(cell.numerator or 0 for cell in told) + 30 == 480
    runs = split(at, "B01", "run_change")
    assert [runs[name].value for name in ("run", "change")] == pytest.approx([0, 25])


def test_currencies_without_a_rate_are_named_and_not_added_up(tmp_path: Path) -> None:
    rows = [*SPENT, line("8", currency="GBP", actual=1.0), line("9", currency="CHF", it_spend=1.0)]
    at = view(tmp_path / "a", spend=rows, fx_rates=RATES)
    for id_ in ("B01", "B02"):
        value = at.measure(id_).value
        assert value.value is None
        assert value.reason == "budget lines in another currency without a rate: 2"
    zero = [{**RATES[0], "rate": 0.0}]
    none = value_of(tmp_path / "b", "B01", spend=SPENT, fx_rates=zero)
    assert none.reason == "budget lines in another currency without a rate: 1"


def test_no_budget_is_not_measured(tmp_path: Path) -> None:
    # A budget in another line lets the measure be asked at all; it belongs to a year before.
    rows = [line("1", budget=0.0, actual=5.0), line("2", "2025-Q1", budget=1.0, actual=1.0)]
    value = value_of(tmp_path, "B01", spend=rows)
    assert (value.value, value.reason) == (None, "the budget of the year so far is zero")


def base(period: str, **more: Any) -> dict[str, Any]:
    return line("D", period, it_spend=1_000.0, revenue=10_000.0, staff=20, **more)


def test_spend_ratios_with_denominators_on_a_line_of_their_own(tmp_path: Path) -> None:
    rows = [line("1", f"2026-Q{n}", budget=100.0, actual=110.0) for n in (1, 2, 3)]
    dollars = base("2026-Q3", currency="USD") | {"it_spend": 4_000.0, "staff": 33}
    rows += [base("2026-Q1"), base("2026-Q2"), dollars]
    value = value_of(tmp_path / "a", "B02", spend=rows, fx_rates=RATES)
    # 330 of 1,000 + 1,000 + 2,000; of revenue 10,000 + 10,000 + 5,000; by the 33 employees of the last quarter.
    assert (value.numerator, value.denominator) == (330, 4_000)
    assert value.value == pytest.approx(8.25)
    assert parts(value) == {"Of revenue": pytest.approx(1.32), "For each employee, year so far": 10}

    lost = [row | {"revenue": None} if row["line_id"] == "D" and row["period"] == "2026-Q2" else row for row in rows]  # fmt: skip
    assert parts(value_of(tmp_path / "b", "B02", spend=lost, fx_rates=RATES))["Of revenue"] is None
    part = value_of(tmp_path / "c", "B02", spend=rows[:-1], fx_rates=RATES)
    assert (part.value, part.reason) == (None, "IT spend is missing in 1 of 3 quarters")
    zero = value_of(tmp_path / "d", "B02", spend=[line("1", actual=1.0, it_spend=0.0)])
    assert (zero.value, zero.reason) == (None, "IT spend of the year so far is zero")
    gone = value_of(tmp_path / "e", "B02", spend=[row for row in rows if row["period"] != "2026-Q2"], fx_rates=RATES)  # fmt: skip
    assert gone.note == "quarters of the year without any line: 1"


def test_posts_that_are_vacant(tmp_path: Path) -> None:
    rows = [line("1", headcount_plan=8.0, headcount_actual=7.5, unit_id="X"), line("2", headcount_plan=2.0, headcount_actual=2.5, unit_id="Y")]  # fmt: skip
    seen = {"control": "edr", "observed_at": END, "last_ok": END}
    coverage = [
        {**seen, "asset_id": "1", "status": "ok"}, {**seen, "asset_id": "2", "status": "degraded"},
        {**seen, "asset_id": "3", "status": "absent"}, {**seen, "asset_id": "4", "status": "ok", "last_ok": date(2026, 9, 22)},
    ]  # fmt: skip
    at = view(tmp_path / "a", spend=rows, coverage=coverage)
    value = at.measure("B03").value
    assert (value.value, value.numerator, value.denominator) == (0, 0, 10)
    # Deployed: 1, 2, 4; healthy within seven days: 1.
    assert parts(value) == {"Endpoint agents deployed": 3, "of them healthy": pytest.approx(100 / 3)}  # fmt: skip
    units = split(at, "B03", "unit")
    # Half a post too many is half a post too many, and not none vacant.
    assert (units["X"].value, units["Y"].value) == (6.25, -25)
    assert units["X"].parts == ()
    silent = value_of(tmp_path / "b", "B03", spend=rows)
    assert parts(silent) == {"Endpoint agents deployed": None, "of them healthy": None}
    unknown = value_of(tmp_path / "c", "B03", spend=[*rows, line("3", headcount_plan=1.0)])
    assert unknown.reason == "1 line has planned posts but not the filled ones"
    none = value_of(tmp_path / "d", "B03", spend=[line("1", headcount_plan=0.0)])
    assert (none.value, none.reason) == (None, "no posts are planned for this quarter")


# ---- J01 -------------------------------------------------------------------------------------------------------------


def project(name: str, **more: Any) -> dict[str, Any]:
    return {"initiative_id": name, "valid_from": date(2026, 1, 1), "currency": "EUR", **more}


def steps(*days: tuple[str, str | None, str | None]) -> str:
    return json.dumps([{"title": t, "baseline": b, "done": d} for t, b, d in days])


def test_projects_replanned_are_always_on_plan(tmp_path: Path) -> None:
    """A milestone of August is moved to December in July. By the new plan all is met; by the first plan two of five are."""
    first = steps(("Design", "2026-08-01", None), ("Build", "2026-09-30", None))
    then = steps(("Design", "2026-12-01", None), ("Build", "2026-09-30", "2026-09-30T16:00:00"), ("Extra", None, None))  # fmt: skip
    rows = [
        project("1", milestones=first, budget=100.0, actual=10.0, health="on_track"),
        project("1", milestones=then, budget=100.0, actual=60.0, health="late", valid_from=date(2026, 7, 15)),
        project("2", milestones=steps(("a", "2026-07-01", "2026-07-01"), ("b", "2026-09-01", "2026-09-02"), ("c", "2026-09-01", None), ("d", "2026-06-30", "2026-06-30"), ("e", "2026-10-01", None)), ended_at=END, budget=999.0),
    ]  # fmt: skip
    value = value_of(tmp_path / "a", "J01", initiatives=rows)
    # Due: Design, Build, a, b, c; in time: Build on its last day, a on the first.
    assert (value.numerator, value.denominator) == (2, 5)
    assert list(parts(value).values()) == [60, 1, 1, 1, 1]
    none = value_of(tmp_path / "b", "J01", initiatives=[project("1", milestones=steps(("a", "2026-10-01", None)))])  # fmt: skip
    assert (none.value, none.reason) == (None, "no milestone fell due")


def test_a_baseline_moved_into_the_past_quarter_is_no_escape(tmp_path: Path) -> None:
    """Two milestones of one title are two; one that first appears in the quarter has the plan it came with."""
    rows = [
        project(
            "1", milestones=steps(("a", "2026-08-01", None), ("a", "2026-08-05", "2026-08-04"))
        ),
        project("2", milestones=steps(("new", "2026-09-01", "2026-08-01")), valid_from=START),
    ]
    value = value_of(tmp_path, "J01", initiatives=rows)
    assert (value.numerator, value.denominator) == (2, 3)
    assert parts(value)["Baselines moved in the quarter"] == 0


# ---- E: business cases -----------------------------------------------------------------------------------------------


def flows(*amounts: float) -> str:
    return json.dumps([{"year": year, "mode": amount} for year, amount in enumerate(amounts)])


#: A control that cuts 0.5 events a year to 0.2; 150,000 at once and 40,000 in each of three years.
SAVED = 0.3 * 404_001.2827
CASE = flows(-150_000, *[SAVED - 40_000] * 3)
BOTH = [scenario("S", rate=0.5), scenario("S", rate=0.2, state="residual")]


def test_return_agrees_with_the_worked_case(tmp_path: Path) -> None:
    """363,601 avoided in three years at a cost of 270,000: 34.667 %."""
    done = project("1", scenario_ids="S", budget=270_000.0, cash_flows=CASE)
    value = value_of(tmp_path / "a", "E01", initiatives=[done], scenarios=BOTH)
    assert value.value == pytest.approx(34.667, abs=5e-4)
    assert value.numerator == pytest.approx(121_200.385, abs=1e-3)
    # A second project on the same scenario costs, and avoids nothing anew; the others cannot be counted.
    more = [
        project("2", scenario_ids="S|Z", budget=90_000.0, cash_flows=flows(-90_000, 1)),
        project("3", scenario_ids="S", cash_flows=CASE),
        project("4", budget=1.0),
        project("5", scenario_ids="S", budget=1.0, ended_at=END),
    ]
    both = value_of(tmp_path / "b", "E01", initiatives=[done, *more], scenarios=BOTH)
    assert (both.denominator, both.n) == (180_000, 2)
    assert both.value == pytest.approx(100 * (SAVED - 180_000) / 180_000, abs=1e-4)
    assert parts(both)["Running projects that cannot be counted"] == 2
    alone = [project("6", scenario_ids="Z", budget=1.0)]
    none = value_of(tmp_path / "c", "E01", initiatives=alone, scenarios=BOTH)
    assert none.value is None
    assert (
        none.reason == "no running project has a budget and scenarios quantified before and after"
    )


def test_money_of_two_currencies_makes_no_business_case(tmp_path: Path) -> None:
    rows = [project("1", scenario_ids="S", budget=1.0, cash_flows=CASE, currency="USD")]
    at = view(tmp_path / "a", initiatives=rows, scenarios=BOTH)
    for id_ in ("E01", "E02"):
        assert at.measure(id_).value.reason == "1 of 1 running projects are in USD without a rate"
    rate = {"currency": "USD", "to_currency": "EUR", "rate": 0.5, "valid_from": date(2026, 1, 1)}
    rated, half = (
        view(tmp_path / name, initiatives=[project("1", scenario_ids="S", budget=money, cash_flows=flow, currency=unit)], scenarios=BOTH, fx_rates=[rate])
        for name, money, flow, unit in (
            ("d", 300_000.0, flows(-300_000, *[120_000] * 3), "USD"), ("e", 150_000.0, flows(-150_000, *[60_000] * 3), "EUR"),
        )
    )  # fmt: skip
    # A dollar at half a euro: the case of 300,000 dollars is that of 150,000 euros.
    for id_ in ("E01", "E02"):
        assert rated.measure(id_).value.value == pytest.approx(half.measure(id_).value.value)
        assert rated.measure(id_).value.value is not None
    dollars = [row | {"currency": "USD"} for row in BOTH]
    value = value_of(tmp_path / "b", "E01", initiatives=[rows[0] | {"currency": "EUR"}], scenarios=dollars)  # fmt: skip
    assert value.reason == f"{len(BOTH)} of {len(BOTH)} scenarios are in USD without a rate"


def test_present_value_agrees_with_the_worked_cases(tmp_path: Path) -> None:
    """300,000 for three times 120,000 at 8 %: 9,251.64, paid back after 2.5 years. The control above: 59,261.27, and with
    64,000 a year of friction -105,672.94: what users lose flips the decision."""
    friction = flows(-150_000, *[SAVED - 104_000] * 3)
    for place, (text, expected) in enumerate([(flows(-300_000, *[120_000] * 3), 9_251.64), (CASE, 59_261.27), (friction, -105_672.94)]):  # fmt: skip
        value = value_of(tmp_path / str(place), "E02", initiatives=[project("1", cash_flows=text)])
        assert value.value == pytest.approx(expected, abs=0.01)
        said = parts(value)
        assert said["Chance that it is above zero"] == (100 if expected > 0 else 0)
        assert said["Discount rate"] == pytest.approx(8)
        if place == 0:
            assert said["Years to pay back, all together"] == pytest.approx(2.5)
            assert said["Projects that pay back in their horizon"] == 1


def test_the_range_of_a_case_is_drawn_from_its_perts(tmp_path: Path) -> None:
    """Mean of a PERT is (low + 4 mode + high) / 6: -100 at once, (60 + 440 + 220) / 6 = 120 a year later, at 25 %: -4.

    The year lies above 125, and the sum above zero, with the chance that a Beta(2.25, 3.75) exceeds (125 - 60) / 160.
    """
    from scipy.special import betainc

    text = json.dumps([{"year": 0, "mode": -100}, {"year": 1, "low": 60, "mode": 110, "high": 220}])
    settings = "[finance]\ndiscount_rate = 0.25\n"
    rows = [
        project("1", cash_flows=text),
        project("2"),
        project("3", cash_flows=text, ended_at=END),
    ]
    value = view(tmp_path, settings=settings, initiatives=rows).measure("E02").value
    assert value.value == pytest.approx(-4, abs=0.6)
    low, high = bounds(value)
    assert low < -4 < high
    said = parts(value)
    chance = 100 * (1 - betainc(2.25, 3.75, 65 / 160))
    assert said["Chance that it is above zero"] == pytest.approx(chance, abs=1.5)
    assert said["Running projects without cash flows"] == 1
    assert said["Years to pay back, all together"] == pytest.approx(100 / 120)


def test_payback_is_where_the_sum_of_flows_comes_back_to_zero() -> None:
    def fixed(*amounts: float) -> list[Flow]:
        return [Flow(year, x, x, x) for year, x in enumerate(amounts)]

    assert payback(fixed(-100, 50, 50)) == 2
    assert payback(fixed(-100, 50, 49)) is None
    assert payback(fixed(100, 50)) is None
    # Two projects: 200 out, then 150 and 100 back: 50 of the second year's 100 are left to earn.
    assert payback(fixed(-100, 100, 0) + fixed(-100, 50, 100)) == 1.5


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ({"year": 1, "low": 5, "high": 9}, "project 1 has no year or no mode"),
        ({"mode": 1}, "has no year or no mode"),
        ({"year": 1, "low": 9, "mode": 5, "high": 1}, "9, 5, 1; low, mode and high must rise"),
        ({"year": 1, "mode": "much"}, "is 'much'; give a number"),
    ],
)
def test_a_cash_flow_that_says_too_little_is_not_left_out(
    tmp_path: Path, flow: dict[str, Any], words: str
) -> None:
    rows = [project("1", cash_flows=json.dumps([flow]))]
    value = value_of(tmp_path, "E02", initiatives=rows)
    assert value.value is None
    assert words in (value.reason or "")


def benefit(*values: object) -> dict[str, Any]:
    return dict(zip(("baseline", "expected", "realised"), values, strict=True), metric="m")


def test_benefits_realised_are_neither_capped_nor_floored(tmp_path: Path) -> None:
    some = [
        benefit(80, 20, 50),  # half of the way
        benefit(10, 20, 25),  # half as much again
        benefit(10, 20, 5),  # the wrong way: minus half
        benefit(10, 20, None), benefit(10, 10, 11), benefit(None, 20, 15),
    ]  # fmt: skip
    rows = [project("1", benefits=json.dumps(some[:3])), project("2", benefits=json.dumps(some[3:]))]  # fmt: skip
    value = value_of(tmp_path / "a", "E03", initiatives=rows)
    assert value.value == pytest.approx(100 * (0.5 + 1.5 - 0.5) / 3)
    assert list(parts(value).values()) == [6, 3, 2, pytest.approx(-50)]
    none = value_of(tmp_path / "b", "E03", initiatives=rows[1:])
    assert (none.value, none.reason) == (None, "no benefit was measured yet")
    wrong = [project("1", benefits=json.dumps([benefit(1, 2, "done")]))]
    odd = value_of(tmp_path / "c", "E03", initiatives=wrong)
    assert (odd.value, odd.reason) == (
        None,
        "the realised value of benefit m is 'done'; give a number",
    )


def test_reviews_count_before_going_live(tmp_path: Path) -> None:
    live = date(2026, 8, 1)
    rows = [
        project("1", go_live=live, security_review_at=live, unit_id="X"),
        project("2", go_live=live, security_review_at=date(2026, 8, 2), unit_id="X"),
        project("3", go_live=live), project("4", go_live=date(2025, 10, 1), security_review_at=date(2025, 9, 1)),
        project("5", go_live=date(2025, 9, 30)), project("6", go_live=date(2026, 10, 1)), project("7"),
    ]  # fmt: skip
    at = view(tmp_path / "a", initiatives=rows)
    value = at.measure("G02").value
    assert (value.numerator, value.denominator) == (2, 4)
    assert parts(value) == {"Reviewed too late": 1, "Never reviewed": 1}
    units = split(at, "G02", "unit")
    assert {k: (v.numerator, v.denominator) for k, v in units.items()} == {"X": (1, 2), "not known": (1, 2)}  # fmt: skip
    none = value_of(tmp_path / "b", "G02", initiatives=rows[4:])
    assert (none.value, none.reason) == (None, "nothing went live in 12 months")
