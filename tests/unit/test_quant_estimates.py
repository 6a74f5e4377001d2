"""Estimates of people, rows of a table, and what a simulation says of itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy import stats

from reportkit.errors import DataError
from reportkit.quant import (
    Bernoulli,
    Capped,
    Contest,
    Empirical,
    LogNormal,
    NegativeBinomial,
    Pert,
    Poisson,
    Scenario,
    UncertainRate,
    simulate,
)
from reportkit.quant.elicitation import Estimate, calibration, performance_weights, pool, stale
from reportkit.quant.rows import scenario_of
from reportkit.quant.sanity import Remark, panel, warnings

DAY = date(2026, 3, 1)


def guess(who: str, low: float, high: float, outcome: float | None = None) -> Estimate:
    return Estimate("loss of an outage", who, DAY, low, high, outcome=outcome)


def record(who: str, inside: int, above: int) -> list[Estimate]:
    return [guess(who, 1, 10, 5)] * inside + [guess(who, 1, 10, 50)] * above


def test_calibration_counts_outcomes_inside() -> None:
    good, bad = calibration([*record("Ada", 18, 2), *record("Bob", 10, 10), guess("Cy", 1, 2)])
    assert (good.estimator, good.inside, good.above, good.below) == ("Ada", 18, 2, 0)
    assert (bad.coverage.value, bad.level) == (0.5, 0.9)
    assert "over-confident" in bad.sentence
    assert good.sentence == "Ada: 18 of 20 outcomes lay inside (90%, target 90%): as it should be."
    # The likelihood ratio of the three bins is chi-square with two degrees of freedom.
    for one in (good, bad):
        share = np.array([one.inside, one.above]) / 20
        ratio = 2 * 20 * float((share * np.log(share / [0.9, 0.05])).sum())
        assert one.score == pytest.approx(stats.chi2.sf(ratio, 2))


def test_who_was_right_before_weighs_more() -> None:
    weights = performance_weights([*record("Ada", 18, 2), *record("Bob", 10, 10)])
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["Ada"] > 0.999
    joint = pool([guess("Ada", 1, 10), guess("Bob", 100, 900)], weights)
    assert joint.value_at_risk(0.95) == pytest.approx(10, rel=0.01)


def test_people_who_agree_are_not_made_surer() -> None:
    joint = pool([guess("Ada", 1, 10), guess("Bob", 1, 10)])
    alone = LogNormal.from_interval(1, 10)
    assert joint.mu == pytest.approx(alone.mu)
    assert joint.sigma == pytest.approx(alone.sigma)


def test_people_who_disagree_make_a_wider_interval() -> None:
    """Where both hardly overlap, 5 % of the mixture lie below the lower one's 10 %, 95 % below the upper one's 90 %."""
    low, high = guess("Ada", 1, 10), guess("Bob", 1e6, 1e7)
    joint = pool([low, high])
    assert joint.value_at_risk(0.05) == pytest.approx(low.distribution.value_at_risk(0.1), rel=1e-6)
    assert joint.value_at_risk(0.95) == pytest.approx(high.distribution.value_at_risk(0.9), rel=1e-6)  # fmt: skip


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: guess("Ada", 10, 1), "^Ada on loss of an outage: Loss interval runs from 10 to 1", id="order"),
        pytest.param(lambda: guess("Ada", -5, 1), "0 or more", id="negative"),
        pytest.param(lambda: pool([]), "at least one", id="none"),
        pytest.param(lambda: pool([guess("Ada", 1, 2), guess("Ada", 1, 3)]), "twice", id="twice"),
        pytest.param(lambda: pool([guess("Ada", 1, 2)], {"Bob": 1}), "weight above 0", id="weights"),
        pytest.param(lambda: pool([guess("Ada", 1, 2), Estimate("rate", "Bob", DAY, 1, 2)]), "several quantities", id="quantities"),
        pytest.param(lambda: performance_weights([guess("Ada", 1, 2)]), "equal weights", id="no-outcome"),
    ],
)  # fmt: skip
def test_estimates_that_cannot_be_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        make()


@pytest.mark.parametrize(
    ("who", "dated", "left", "said"),
    [
        ("Ada", date(2025, 9, 30), (), None),
        ("Ada", date(2025, 9, 29), (), "12 months old"),
        ("Ada", date(2024, 2, 29), (), "31 months old"),
        ("Ada", date(2026, 9, 1), ("Ada",), "Ada, who estimated it, has left"),
        ("", date(2026, 9, 1), (), "nobody stands behind"),
        ("Ada", None, (), "no day is given"),
    ],
)
def test_an_estimate_ages(who: str, dated: date | None, left: tuple[str, ...], said: str | None) -> None:  # fmt: skip
    found = stale("S1", who, dated, date(2026, 9, 30), left)
    assert (found is None) == (said is None)
    if said is not None:
        assert said in (found or "")


ROW = {"scenario_id": "S1", "state": "current", "rate": 0.1, "low": 1e5, "high": 1e6}


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({}, Poisson(0.1)),
        ({"freq_dist": "bernoulli"}, Bernoulli(0.1)),
        ({"freq_dist": "negbin", "dispersion": 0.5}, NegativeBinomial(0.1, 0.5)),
        ({"rate": None, "rate_low": 1, "rate_mode": 2, "rate_high": 4}, UncertainRate(Pert(1, 2, 4))),
        ({"rate": None, "rate_low": 1, "rate_high": 4}, UncertainRate(LogNormal.from_interval(1, 4))),
        ({"rate": None, "rate_low": 2, "rate_mode": 2, "rate_high": 2}, Poisson(2)),
    ],
)  # fmt: skip
def test_a_row_says_how_often(cells: dict[str, Any], kind: object) -> None:
    assert scenario_of(ROW | cells).frequency == kind


def test_a_row_says_how_much() -> None:
    assert scenario_of(ROW | {"cap": 2e6}).severity == LogNormal.from_interval(1e5, 1e6, cap=2e6)
    pert = {"sev_dist": "pert", "mode": 2e5, "gamma": 1}
    assert scenario_of(ROW | pert).severity == Pert(1e5, 2e5, 1e6, 1)
    assert scenario_of(ROW | pert | {"cap": 5e5}).severity == Capped(Pert(1e5, 2e5, 1e6, 1), 5e5)
    seen = scenario_of(ROW | {"sev_dist": "empirical", "losses": "10|20.5|30"})
    assert seen.severity == Empirical((10, 20.5, 30))
    second = {"secondary_p": 0.3, "secondary_low": 1e4, "secondary_high": 1e5}
    more = scenario_of(ROW | second).secondary
    assert more is not None
    assert more.severity == LogNormal.from_interval(1e4, 1e5)
    assert scenario_of(ROW | {"secondary_p": 0.0, "secondary_low": 1, "secondary_high": 2}).secondary is None  # fmt: skip


def test_a_row_says_what_succeeds() -> None:
    assert scenario_of(ROW | {"vulnerability": 0.3}).rate == pytest.approx(0.03)
    cells = {"capability": "[0.2, 0.5, 0.8]", "strengths": "[[0.2, 0.5, 0.8, 4]]", "strength_rule": "weakest"}  # fmt: skip
    contest = Contest(Pert(0.2, 0.5, 0.8), (Pert(0.2, 0.5, 0.8),), "weakest")
    assert scenario_of(ROW | cells).vulnerability == contest


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"rate": -1}, "^Scenario S1: Rate is -1; give a number of 0 or more"),
        ({"low": 1e7}, "^Scenario S1: Loss interval runs from 10,000,000 to 1,000,000"),
        ({"low": None}, "^Scenario S1: low is missing"),
        ({"sev_dist": "pert", "mode": 5}, "^Scenario S1: Most likely value 5 lies outside"),
        ({"rate": None}, "has no rate"),
        ({"rate": None, "rate_low": 3, "rate_high": 1}, "^Scenario S1: Loss interval|^Scenario S1: .*runs from 3 to 1"),
        ({"freq_dist": "negbin"}, "^Scenario S1: dispersion is missing"),
        ({"sev_dist": "weibull"}, "use lognormal_ci90, pert or empirical"),
        ({"cap": 5e5}, "Cap 500,000 is below the high end"),
        ({"strengths": "[[0, 1]]", "capability": "[0, 0.5, 1]"}, "give .low, mode, high."),
        ({"strengths": "[", "capability": "[0, 0.5, 1]"}, "is not JSON"),
        ({"vulnerability": 1.4}, "give a share between 0 and 1"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused_by_name(cells: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        scenario_of(ROW | cells)
    assert "S1" in caught.value.message


def written(amount: float) -> str:
    return f"{amount:,.0f}"


def about(remarks: tuple[Remark, ...], word: str) -> Remark:
    return next(remark for remark in remarks if remark.about == word)


def test_a_wide_estimate_that_implies_more_than_the_firm_owns_is_named() -> None:
    """A typical 200,000 with one in ten above 20 million implies a mean of 127 million."""
    wide = LogNormal.from_exceedance((200_000, 0.5), (20_000_000, 0.1))
    assert wide.mean == pytest.approx(127e6, rel=0.005)
    scenario = Scenario("breach", Poisson(0.1), wide)
    (beyond,) = warnings([scenario], written, balance_sheet=50e6)
    assert beyond.watch
    assert "one event costs 127," in beyond.text
    assert "more than the balance sheet of 50,000,000" in beyond.text
    (unlikely,) = warnings([scenario], written)
    assert f"{math.exp(wide.sigma**2 / 2):,.0f} times the usual one (200,000)" in unlikely.text
    assert warnings([Scenario("x", Poisson(1), LogNormal(wide.mu, wide.sigma, 1e6))], written) == ()


def test_the_panel_says_what_a_reader_should_doubt() -> None:
    capped = Scenario("big", Poisson(2), LogNormal.from_interval(1e5, 1e6, cap=1e6), "Outage")
    small = Scenario("small", Poisson(0.1), Pert(1, 2, 3))
    remarks = panel(simulate([capped, small], 50_000), written)
    assert "In one year of twenty more than" in about(remarks, "One year in twenty").text
    # Without the cap one event costs 404,001 on average, with it 373,105 (closed form below).
    cut = 1 - capped.severity.mean / 404_001.2827
    held = about(remarks, "Losses above the cap")
    assert f"{100 * cut:.1f}\u202f% of the mean year" in held.text
    assert held.watch == (cut > 0.1)
    assert "1 of 2 scenarios" in held.text
    one = about(remarks, "Share of one scenario")
    assert (one.watch, one.text) == (True, "100\u202f% of the mean year comes from one scenario, big (Outage).")  # fmt: skip
    assert "50,000 simulated years" in about(remarks, "Noise of the simulation").text


def test_the_panel_of_rare_events_does_not_hide_them_behind_a_zero() -> None:
    remarks = panel(simulate([Scenario("x", Bernoulli(0.01), Empirical((500.0,)))], 50_000), written)  # fmt: skip
    said = about(remarks, "One year in twenty").text
    assert said.startswith("In 99.0\u202f% of years nothing is lost")
    assert "costs 500 on average" in said
    assert "hardly ever happens" in about(remarks, "Mean and middle year").text
    assert about(remarks, "Losses above the cap").text.startswith("Every loss ends")
    assert about(remarks, "Noise of the simulation").watch


def test_mean_and_middle_year() -> None:
    remarks = panel(simulate([Scenario("x", Poisson(1), LogNormal.from_interval(1e4, 1e6))], 50_000), written)  # fmt: skip
    curve = simulate([Scenario("x", Poisson(1), LogNormal.from_interval(1e4, 1e6))], 50_000).curve
    ratio = curve.ale / float(np.median(curve.loss))
    assert f"is {ratio:.1f} times the middle one" in about(remarks, "Mean and middle year").text
    assert about(remarks, "Losses above the cap").watch
    assert math.isfinite(ratio)
