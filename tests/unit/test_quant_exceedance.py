"""Loss curves on years small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportkit.errors import DataError
from reportkit.quant import LossCurve
from reportkit.stats import wilson

TEN = LossCurve.from_losses(np.array([0, 0, 0, 0, 0, 0, 10, 20, 30, 100.0]))
years = st.lists(st.integers(0, 1000), min_size=2, max_size=80).map(
    lambda x: np.array(x, dtype=np.float64)
)


def test_ten_years_by_hand() -> None:
    assert TEN.ale == 16
    assert TEN.probability_above(0) == pytest.approx(0.4)
    assert TEN.probability_above(20) == pytest.approx(0.2)
    assert TEN.probability_above(100) == 0
    assert TEN.value_at_risk(0.6) == 0
    assert TEN.value_at_risk(0.7) == 10
    assert TEN.tail_value_at_risk(0.8) == pytest.approx(65)
    assert TEN.standard_error == pytest.approx(np.std(TEN.loss, ddof=1) / np.sqrt(10))


def test_year_at_the_quantile_counts_with_its_part_only() -> None:
    # Worst quarter of ten years: 100, 30 and half of the year with 20.
    assert TEN.tail_value_at_risk(0.75) == pytest.approx((100 + 30 + 20 / 2) / 2.5)
    # Worst half: four years with a loss and one of the six without.
    assert TEN.tail_value_at_risk(0.5) == pytest.approx(160 / 5)


def test_rare_event_does_not_turn_tvar_into_the_mean() -> None:
    # One year in 200: VaR99 is 0, and the mean of years at or above it would be the ALE.
    losses = np.zeros(20_000)
    losses[:100] = 400_000.0
    curve = LossCurve.from_losses(losses)
    assert curve.value_at_risk(0.99) == 0
    assert curve.ale == pytest.approx(2_000)
    assert curve.tail_value_at_risk(0.99) == pytest.approx(200_000)


def test_exceedance_carries_wilson_intervals() -> None:
    table = TEN.exceedance(np.array([0.0, 25.0]))
    for probability, low, high, count in zip(
        table.probability, table.low, table.high, (4, 2), strict=True
    ):
        interval = wilson(count, 10)
        assert interval is not None
        assert (probability, low, high) == pytest.approx(
            (interval.value, interval.low, interval.high)
        )


def test_default_grid_stops_before_the_largest_simulated_loss() -> None:
    losses = np.concatenate((np.zeros(5_000), np.arange(1.0, 5_001.0)))
    grid = LossCurve.from_losses(losses).grid(40)
    assert grid.size == 40
    assert grid[0] == pytest.approx(50)
    assert grid[-1] == pytest.approx(4_990)
    assert np.diff(np.log(grid)) == pytest.approx(np.full(39, np.log(4_990 / 50) / 39))
    assert LossCurve.from_losses(np.zeros(100)).exceedance().loss.size == 0


def test_interval_of_var_holds_the_value() -> None:
    interval = LossCurve.from_losses(np.arange(1.0, 10_001.0)).value_at_risk_interval(0.95)
    assert interval.value == 9_500
    # Half-width of the rank: 1.96 * sqrt(10,000 * 0.95 * 0.05) = 42.7.
    assert interval.low == pytest.approx(9_457, abs=2)
    assert interval.high == pytest.approx(9_543, abs=2)


@given(years, st.floats(0.01, 0.99))
def test_tvar_is_at_least_var_and_at_least_ale(losses: np.ndarray, p: float) -> None:
    curve = LossCurve.from_losses(losses)
    if (1 - p) * losses.size < 1:
        with pytest.raises(DataError, match="more years"):
            curve.tail_value_at_risk(p)
        return
    assert curve.tail_value_at_risk(p) >= curve.value_at_risk(p) * (1 - 1e-9)
    assert curve.tail_value_at_risk(p) >= curve.ale * (1 - 1e-9)


@given(years)
def test_exceedance_never_rises(losses: np.ndarray) -> None:
    table = LossCurve.from_losses(losses).exceedance(np.linspace(0, 1000, 21))
    assert (np.diff(table.probability) <= 0).all()
    assert (table.low <= table.probability).all()
    assert (table.probability <= table.high).all()


@pytest.mark.parametrize(
    "losses", [np.empty(0), np.array([1, -1.0]), np.array([1, np.nan]), np.array([1, np.inf])],
    ids=["none", "negative", "nan", "infinite"],
)  # fmt: skip
def test_impossible_years_are_refused(losses: np.ndarray) -> None:
    with pytest.raises(DataError, match="loss"):
        LossCurve.from_losses(losses)


@pytest.mark.parametrize("p", [0, 1, 1.5, 0.95])
def test_a_curve_does_not_tell_what_it_cannot_know(p: float) -> None:
    with pytest.raises(DataError):
        TEN.value_at_risk(p)
