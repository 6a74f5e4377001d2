"""Exact yearly losses against closed forms, published values and a recursion written here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import (
    AnnualLayer,
    Bernoulli,
    Frequency,
    LogNormal,
    LossCurve,
    NegativeBinomial,
    Pert,
    Poisson,
    Scenario,
    Severity,
    aggregate,
    loss_curve,
)

USUAL = LogNormal.from_interval(100_000, 1_000_000)


def exact(frequency: Frequency, severity: Severity = USUAL) -> LossCurve:
    return aggregate([Scenario("one", frequency, severity)])


def test_compound_poisson_in_closed_form() -> None:
    scenario = Scenario("one", Poisson(0.1), USUAL)
    assert scenario.ale == pytest.approx(40_400.128269457, abs=5e-10)
    assert scenario.standard_deviation == pytest.approx(163_217.0364, abs=5e-5)
    # Events above a million are a Poisson process of their own.
    alone = -math.expm1(-0.1 * USUAL.survival(np.array([1e6]))[0])
    assert alone == pytest.approx(0.004987521, abs=5e-10)


def test_exact_curve_has_the_closed_forms_moments() -> None:
    curve = exact(Poisson(0.1))
    assert curve.ale == pytest.approx(40_400.128269457, rel=1e-9)
    assert curve.standard_deviation == pytest.approx(163_217.0364, rel=1e-4)
    assert curve.mass[0] == pytest.approx(0.904837418, abs=5e-10)
    assert curve.standard_error == 0


@pytest.mark.parametrize(
    ("rate", "above", "var95", "var99", "tvar99"),
    [
        (0.1, 0.00573, 314e3, 810e3, 1.185e6),
        (1, 0.1168, 1.426e6, 2.247e6, 2.800e6),
        (3, 0.5215, 2.904e6, None, None),
    ],
)
def test_compound_poisson_tail(
    rate: float, above: float, var95: float, var99: float | None, tvar99: float | None
) -> None:
    curve = exact(Poisson(rate))
    assert curve.probability_above(1e6) == pytest.approx(above, abs=2e-4 if rate > 0.1 else 1e-5)
    assert curve.value_at_risk(0.95) == pytest.approx(var95, rel=2e-3)
    if var99 is not None:
        assert curve.value_at_risk(0.99) == pytest.approx(var99, rel=1e-3)
        assert curve.tail_value_at_risk(0.99) == pytest.approx(tvar99, rel=1e-3)


def test_one_event_in_ten_years() -> None:
    curve = exact(Bernoulli(0.1))
    assert curve.value_at_risk(0.95) == pytest.approx(316_227.766, abs=150)
    assert curve.value_at_risk(0.99) == pytest.approx(775_468.24, abs=150)
    assert curve.tail_value_at_risk(0.99) == pytest.approx(1_132_871.65, abs=150)


def test_one_event_in_two_hundred_years() -> None:
    curve = exact(Bernoulli(0.005))
    assert curve.ale == pytest.approx(2_020.00641, abs=5e-6)
    assert curve.value_at_risk(0.99) == 0
    assert curve.tail_value_at_risk(0.99) == pytest.approx(202_000.641, abs=5e-4)


def test_published_fifteen_percent_a_year() -> None:
    scenario = Scenario("one", Bernoulli(0.15), LogNormal.from_interval(2e6, 7e6))
    assert scenario.ale == pytest.approx(603_456.04, abs=5e-3)
    assert aggregate([scenario]).probability_above(5e6) == pytest.approx(0.03349, abs=5e-6)


def test_a_control_that_lowers_the_rate_moves_the_tail() -> None:
    before, after = exact(Poisson(0.5)), exact(Poisson(0.2))
    assert before.ale - after.ale == pytest.approx(121_200.385, abs=5e-3)
    for curve, million, half in ((before, 0.04291, 0.1484), (after, 0.01293, 0.0553)):
        # The expected values come from a grid of 500, half a step of which is 3e-5 here.
        assert curve.probability_above(1e6) == pytest.approx(million, abs=4e-5)
        assert curve.probability_above(5e5) == pytest.approx(half, abs=1e-4)
    assert before.value_at_risk(0.95) == pytest.approx(937e3, abs=1e3)
    assert after.value_at_risk(0.95) == pytest.approx(533e3, abs=1e3)


def panjer(frequency: Frequency, masses: list[float]) -> np.ndarray:
    """Distribution of the sum by Panjer's recursion, on the same grid as the masses of one event."""
    if isinstance(frequency, Poisson):
        a, b = 0.0, frequency.rate
    else:
        assert isinstance(frequency, NegativeBinomial)
        a = frequency.rate / (frequency.rate + frequency.dispersion)
        b = a * (frequency.dispersion - 1)
    start = frequency.generating(np.array([masses[0]], dtype=np.complex128)).real[0]
    total = [float(start)]
    for s in range(1, len(masses)):
        parts = sum((a + b * j / s) * masses[j] * total[s - j] for j in range(1, s + 1))
        total.append(parts / (1 - a * masses[0]))
    return np.array(total)


@pytest.mark.parametrize("frequency", [Poisson(1.5), NegativeBinomial(2, 0.5)], ids=repr)
@pytest.mark.parametrize("severity", [USUAL, Pert(5e4, 2e5, 1e6)], ids=["lognormal", "pert"])
def test_transform_agrees_with_panjers_recursion(frequency: Frequency, severity: Severity) -> None:
    step, points = 4_000.0, 800
    middle = severity.survival((np.arange(points + 1) - 0.5).clip(min=0) * step)
    middle[0] = 1
    cumulated = np.cumsum(panjer(frequency, (-np.diff(middle)).tolist()))
    curve = aggregate([Scenario("one", frequency, severity)])
    for loss in (2e5, 7e5, 1.6e6, 3e6):
        # A grid value stands for the step around it.
        place = round(loss / step)
        expected = 1 - (cumulated[place] + cumulated[place - 1]) / 2
        assert curve.probability_above(loss) == pytest.approx(expected, abs=2e-4)


def test_step_of_the_grid_does_not_move_the_tail() -> None:
    scenario = Scenario("one", Poisson(0.5), USUAL)
    fine, coarse = (aggregate([scenario], step=s, points=p) for s, p in ((20, 2**20), (500, 2**15)))
    assert fine.tail_value_at_risk(0.99) == pytest.approx(coarse.tail_value_at_risk(0.99), rel=1e-6)


def test_two_scenarios_add_up() -> None:
    both = aggregate([Scenario("a", Poisson(0.4), USUAL), Scenario("b", Poisson(0.6), USUAL)])
    one = exact(Poisson(1.0))
    for p in (0.5, 0.9, 0.99):
        assert both.value_at_risk(p) == pytest.approx(one.value_at_risk(p), abs=200)
    assert both.ale == pytest.approx(one.ale)


def test_small_scenario_beside_a_large_one_keeps_its_mean() -> None:
    small = Scenario("small", Poisson(2), LogNormal.from_interval(100, 1_000))
    large = Scenario("large", Poisson(0.1), LogNormal.from_interval(1e6, 1e7))
    assert aggregate([small, large]).ale == pytest.approx(small.ale + large.ale, rel=1e-9)


def test_exact_curve_after_insurance() -> None:
    gross = exact(Bernoulli(1 - 1e-12))
    layer = AnnualLayer(250_000, 500_000)
    assert layer.net_curve(gross).ale == pytest.approx(256_933.542, rel=1e-5)


def test_no_event_means_no_loss() -> None:
    curve = exact(Poisson(0))
    assert curve.ale == 0
    assert curve.probability_above(0) == 0


def test_method_is_chosen_by_name() -> None:
    scenario = Scenario("one", Poisson(0.1), USUAL)
    assert loss_curve([scenario], "exact").years is None
    assert loss_curve([scenario], years=1_000).years == 1_000
    with pytest.raises(DataError, match="simulation or exact"):
        loss_curve([scenario], "guess")  # type: ignore[arg-type]


def test_losses_too_wide_for_a_grid_are_refused() -> None:
    wide = Scenario("wide", Poisson(0.1), LogNormal.from_exceedance((2e5, 0.5), (2e7, 0.1)))
    with pytest.raises(DataError, match="'wide' spread too widely"):
        aggregate([wide])
    with pytest.raises(DataError, match="above 0"):
        aggregate([wide], step=0)
