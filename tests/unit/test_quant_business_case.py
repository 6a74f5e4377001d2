"""The worked case of a control that stops three events of five, and what options do beside each other."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import (
    AnnualLayer,
    EventLayer,
    LogNormal,
    Pert,
    Poisson,
    Scenario,
    UncertainRate,
    aggregate,
    annual_losses,
    simulate,
)
from reportkit.quant.business_case import BusinessCase, Option, combined
from reportkit.quant.controls import Effect
from reportkit.quant.estimate import Estimate
from reportkit.quant.friction import Impact, Ledger
from reportkit.quant.frontier import frontier
from reportkit.quant.sensitivity import break_even, ranked, tornado

SEVERITY = LogNormal.from_interval(100_000, 1_000_000)
BEFORE = Scenario("x", Poisson(0.5), SEVERITY)
FIXED = Estimate.fixed
CONTROL = Option(
    "control",
    "Control",
    once=FIXED(150_000),
    yearly=FIXED(40_000),
    effects=(Effect("x", "control", FIXED(0.6)),),
    ledger=Ledger.of([Impact("Staff", "sign-in", 2_000, 1, FIXED(4), hourly=40)]),
)


@pytest.fixture(scope="module")
def case() -> BusinessCase:
    return BusinessCase((BEFORE,), (CONTROL,), years=3, rate=0.08, worlds=200_000, seed=5)


def test_the_worked_case_to_the_cent(case: BusinessCase) -> None:
    assert case.expected_avoided(CONTROL) == pytest.approx(121_200.385, abs=5e-4)
    assert case.expected_npv(CONTROL) == pytest.approx(59_261.27, abs=0.005)
    assert case.expected_npv(CONTROL, users=True) == pytest.approx(-105_672.94, abs=0.005)
    share = break_even(case, CONTROL, "effects", users=False)
    assert share is not None
    assert 0.6 * share == pytest.approx(0.486, abs=5e-4)
    assert 0.6 * share * 0.5 == pytest.approx(0.24308, abs=5e-6)
    ratio = (3 * case.expected_avoided(CONTROL) - 270_000) / 270_000
    assert ratio == pytest.approx(0.34667, abs=5e-6)


def test_a_case_that_is_right_in_the_mean_loses_in_most_worlds(case: BusinessCase) -> None:
    made = case.appraise("control")
    assert made.chance() == pytest.approx(0.417, abs=0.004)
    assert made.spread.p10 == pytest.approx(-253_000, abs=1_000)
    assert made.spread.p50 == pytest.approx(-84_000, abs=2_000)
    assert made.spread.p90 == pytest.approx(608_000, abs=9_000)
    assert abs(made.spread.mean - 59_261.27) < 3 * made.spread.error
    assert made.spread.mean - made.spread_with_users.mean == pytest.approx(
        59_261.27 + 105_672.94, abs=0.01
    )
    assert abs(made.avoided - 121_200.385) < 3 * made.avoided_error
    assert made.rosi == pytest.approx(0.34667, abs=0.03)
    assert made.net_benefit == pytest.approx(0.34667 * 270_000, abs=8_000)
    # Whoever has paid back in today's money has a value above zero, and the other way round.
    np.testing.assert_array_equal(made.discounted_payback < math.inf, made.npv >= 0)
    assert np.isfinite(made.irr[made.npv > 0]).mean() > 0.99


def test_the_bad_years_get_rarer_by_as_much_as_exactly_computed(case: BusinessCase) -> None:
    made, after = case.appraise("control"), replace(BEFORE, frequency=Poisson(0.2))
    exact_before, exact_after = aggregate([BEFORE]), aggregate([after])
    for loss, told in ((1e6, (0.04291, 0.01293)), (5e5, (0.1484, 0.0553))):
        exact = (exact_before.probability_above(loss), exact_after.probability_above(loss))
        assert exact == pytest.approx(told, abs=1e-4)
        assert made.chance_above(loss) == pytest.approx(told, abs=0.0012)
    assert exact_before.value_at_risk(0.95) == pytest.approx(937_000, abs=600)
    assert exact_after.value_at_risk(0.95) == pytest.approx(533_000, abs=600)
    tails = exact_before.tail_value_at_risk(0.95), exact_after.tail_value_at_risk(0.95)
    assert made.tail() == pytest.approx(tails, rel=0.01)


def test_nothing_done_is_the_simulation_of_the_scenarios(case: BusinessCase) -> None:
    np.testing.assert_allclose(case.today.ravel(), annual_losses(BEFORE, 600_000, 5), rtol=1e-12)
    idle = case.appraise(Option("none", "Do nothing"))
    assert idle.option.does_nothing
    assert (idle.npv == 0).all()
    assert idle.rosi is None


def test_no_year_gets_worse_and_a_later_start_saves_less() -> None:
    case = BusinessCase((BEFORE,), (CONTROL,), worlds=20_000)
    made, late = case.appraise(CONTROL), case.appraise(replace(CONTROL, id="late", delay=1.5))
    assert (made.losses <= case.today).all()
    np.testing.assert_array_equal(late.flows[:, 1], -40_000)
    np.testing.assert_array_equal(late.flows[:, 3], made.flows[:, 3])
    factors = 1.08**-2 / 2 + 1.08**-3
    assert case.expected_npv(late.option) == pytest.approx(
        121_200.3848 * factors - 40_000 * 2.577096987 - 150_000, abs=0.01
    )
    # What counts as the risk afterwards is the year in which the control works.
    np.testing.assert_array_equal(late.losses, made.losses)


def test_insurance_keeps_part_of_what_a_control_saves() -> None:
    cover = AnnualLayer(250_000, 500_000)
    insured = replace(BEFORE, insured=True)
    buy = Option("insure", "Insure", yearly=FIXED(60_000), cover=(cover,))
    case = BusinessCase((insured,), (CONTROL, buy), worlds=50_000)
    covered = replace(case, cover=(cover,))
    assert covered.appraise("control").avoided < 0.8 * case.appraise("control").avoided
    made = case.appraise("insure")
    ceded = cover.ceded(annual_losses(insured, 150_000, 1)).mean()
    assert made.avoided == pytest.approx(ceded, rel=1e-9)
    assert made.tail()[1] < made.tail()[0]
    with pytest.raises(DataError, match="closed form"):
        case.expected_npv(buy)


def test_an_uncertain_rate_is_an_input_of_its_own() -> None:
    doubt = replace(BEFORE, frequency=UncertainRate(Pert(0.2, 0.5, 0.8)))
    case = BusinessCase((doubt,), (CONTROL,))
    (rate,) = tornado(case, CONTROL, users=False)
    assert rate.name == "rate x"
    # Symmetric about 0.5, and linear: 60 % of the events at the mean loss, over three years.
    assert rate.low + rate.high == pytest.approx(1, abs=1e-6)
    swing = (rate.high - rate.low) * 0.6 * 404_001.2827 * 2.577096987
    assert rate.at_high - rate.at_low == pytest.approx(swing, rel=1e-6)


def test_cover_by_event_pays_for_each_of_them() -> None:
    layer = EventLayer(200_000, 300_000, 400_000)
    insured = replace(BEFORE, frequency=Poisson(2), insured=True)
    case = BusinessCase((insured,), (), worlds=5_000, cover=(layer,))
    whole = simulate([insured], 15_000, 1)
    np.testing.assert_allclose(case.today.ravel(), whole.net(layer), rtol=1e-12)


def test_tornado_moves_one_input_at_a_time(case: BusinessCase) -> None:
    doubtful = replace(
        CONTROL,
        once=Estimate(100_000, 150_000, 200_000),
        effects=(Effect("x", "control", Estimate(0.3, 0.6, 0.9)),),
    )
    wide, narrow = tornado(case, doubtful, users=False)
    assert (wide.name, narrow.name) == ("x control frequency", "once")
    # The mean value is linear in both: by annuity times ALE, and one for one.
    assert wide.at_high - wide.at_low == pytest.approx(
        (wide.high - wide.low) * 202_000.6414 * 2.577096987, rel=1e-6
    )
    assert narrow.at_low - narrow.at_high == pytest.approx(narrow.high - narrow.low, rel=1e-9)
    assert (wide.low + wide.high) / 2 == pytest.approx(0.6, abs=1e-6)
    order = ranked(replace(case, worlds=20_000).appraise(doubtful), users=False)
    assert next(iter(order)) == "events"
    assert order["once"] < 0 < order["x control frequency"]


def test_break_even_of_each_input(case: BusinessCase) -> None:
    once = break_even(case, CONTROL, "once", users=False)
    assert once == pytest.approx(150_000 + 59_261.27, abs=0.01)
    yearly = break_even(case, CONTROL, "yearly", users=False)
    assert yearly == pytest.approx(40_000 + 59_261.27 / 2.577096987, abs=0.01)
    dear = replace(CONTROL, once=FIXED(5e6))
    assert break_even(case, dear, "effects") is None


def test_frontier_counts_no_control_twice_and_keeps_to_the_budget() -> None:
    other = Scenario("y", Poisson(0.2), SEVERITY)
    segment = Option(
        "s", "Segment", once=FIXED(200_000), effects=(Effect("x", "segments", FIXED(0.6)),)
    )
    both = Option(
        "b", "Segment and train", once=FIXED(260_000),
        effects=(Effect("x", "segments", FIXED(0.6)), Effect("y", "training", FIXED(0.4))),
    )  # fmt: skip
    train = Option("t", "Train", once=FIXED(60_000), effects=(Effect("y", "training", FIXED(0.4)),))
    vain = Option("v", "Vain", once=FIXED(70_000))
    case = BusinessCase((BEFORE, other), (), worlds=20_000)
    sets = frontier(case, [[segment, both], [train, vain]], budget=270_000)
    named = {choice.name: choice for choice in sets}
    assert len(sets) == 9
    assert [c.cost for c in sets] == sorted(c.cost for c in sets)
    # Two ways to the same controls do the same.
    assert named["Segment + Train"].ale == pytest.approx(named["Segment and train"].ale, rel=1e-9)
    assert named["Segment and train + Train"].ale == pytest.approx(
        named["Segment and train"].ale, rel=1e-9
    )
    assert not named["Segment and train + Train"].affordable
    assert not named["Vain"].efficient
    best = [choice.name for choice in sets if choice.efficient]
    assert best[0] == "Do nothing"
    assert best[-1] in {"Segment + Train", "Segment and train"}
    assert {"Vain", "Segment and train + Train"}.isdisjoint(best)
    last = [choice for choice in sets if choice.efficient][-1]
    assert last.marginal is not None
    assert last.marginal > 0
    with pytest.raises(DataError, match="leave out"):
        frontier(case, [[train] * 70] * 2 + [[segment]] * 1)


def test_what_cannot_be_a_case_is_refused() -> None:
    with pytest.raises(DataError, match="not quantified"):
        BusinessCase((BEFORE,), (replace(CONTROL, effects=(Effect("z", "c", FIXED(0.5)),)),))
    with pytest.raises(DataError, match="comes twice"):
        BusinessCase((BEFORE,), (CONTROL, CONTROL))
    cover = (AnnualLayer(0, 1),)
    with pytest.raises(DataError, match="both bring insurance"):
        combined([replace(CONTROL, cover=cover), replace(CONTROL, id="b", cover=cover)])
    with pytest.raises(DataError, match="fewer worlds"):
        _ = BusinessCase((replace(BEFORE, frequency=Poisson(900)),), (), worlds=20_000).today


def test_it_can_be_used_alone() -> None:
    code = (
        "import sys, reportkit.quant.business_case, reportkit.quant.frontier, reportkit.quant.sensitivity\n"
        "print([n for n in ('pandas', 'duckdb', 'altair', 'scipy') if sys.modules.get(n)])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_page_on_cases_says_what_comes_out() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/cases.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made: dict[str, Any] = {}
    exec(code, made)
    assert made["case"].expected_npv(made["control"]) == pytest.approx(59_261.27, abs=0.005)
    assert made["case"].appraise("control").chance() == pytest.approx(0.417, abs=0.015)
