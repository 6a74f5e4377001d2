"""Losses of one event against closed forms and published values."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import LogNormal, Pert, Severity, normal

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL = LogNormal.from_interval(100_000, 1_000_000)
# A grid fine enough for the trapezium rule on a survival function.
FINE = np.linspace(0, 1, 200_001)


def test_lognormal_of_a_calibrated_interval() -> None:
    assert USUAL.mu == pytest.approx(12.664218011, abs=5e-10)
    assert USUAL.sigma == pytest.approx(0.699936169, abs=5e-10)
    assert USUAL.mean == pytest.approx(404_001.2827, abs=5e-5)
    assert USUAL.median == pytest.approx(316_227.766, abs=5e-4)


@pytest.mark.parametrize(
    ("low", "high", "mean"),
    [(635_000, 19_000_000, 5_922_706.83351131), (2_000_000, 7_000_000, 4_023_040.25)],
)
def test_published_means(low: float, high: float, mean: float) -> None:
    assert LogNormal.from_interval(low, high).mean == pytest.approx(mean, rel=2e-9)


def test_interval_ends_are_the_quantiles_they_claim() -> None:
    for level, low in ((0.9, 0.05), (0.8, 0.1)):
        loss = LogNormal.from_interval(2e5, 3e6, level)
        assert loss.value_at_risk(low) == pytest.approx(2e5)
        assert loss.value_at_risk(1 - low) == pytest.approx(3e6)


def test_tail_of_one_event() -> None:
    assert USUAL.tail_value_at_risk(0.95) == pytest.approx(1_392_596.534, abs=5e-4)
    assert USUAL.value_at_risk(0.9) == pytest.approx(775_468.24, abs=5e-3)
    assert USUAL.tail_value_at_risk(0.9) == pytest.approx(1_132_871.65, abs=5e-3)


def test_lognormal_through_two_exceedance_points() -> None:
    loss = LogNormal.from_exceedance((1e6, 0.10), (1e7, 0.01))
    assert loss.sigma == pytest.approx(2.203860, abs=5e-7)
    assert loss.survival(np.array([5e6]))[0] == pytest.approx(0.022119, abs=5e-7)
    # A published typical loss of 200k of which a tenth exceed 20M implies a mean that no balance sheet carries.
    tail = LogNormal.from_exceedance((2e5, 0.5), (2e7, 0.1))
    assert tail.sigma == pytest.approx(3.593, abs=5e-4)
    assert tail.mean == pytest.approx(127e6, rel=5e-3)


def test_pert_is_voses() -> None:
    rate = Pert(0.1, 0.3, 0.7, gamma=1)
    assert (rate.alpha, rate.beta) == pytest.approx((4 / 3, 5 / 3))
    assert rate.mean == pytest.approx(0.366667, abs=5e-7)
    assert math.sqrt(rate.variance) == pytest.approx(0.149071, abs=5e-7)
    assert rate.mean * LogNormal.from_interval(1, 10).mean == pytest.approx(1.4813380, abs=5e-8)
    assert (Pert(0, 5, 10).alpha, Pert(0, 5, 10).beta) == (3, 3)


def test_mean_beneath_a_layer() -> None:
    assert USUAL.limited_mean(np.array([250_000.0]))[0] == pytest.approx(218_538.180, abs=5e-4)


@pytest.mark.parametrize(
    "loss",
    [
        USUAL,
        LogNormal.from_interval(1e5, 1e6, cap=1.2e6),
        Pert(1e4, 2e5, 1e6),
        Pert(0, 0, 1e6, gamma=1),
    ],
    ids=["lognormal", "capped", "pert", "pert-without-left-side"],
)
@pytest.mark.parametrize("limit", [3e4, 2.5e5, 9e5, 3e6])
def test_limited_mean_is_the_area_under_survival(loss: Severity, limit: float) -> None:
    area = np.trapezoid(loss.survival(FINE * limit), FINE * limit)
    assert loss.limited_mean(np.array([limit]))[0] == pytest.approx(area, rel=1e-5)


@pytest.mark.parametrize(
    "loss",
    [LogNormal.from_interval(1e5, 1e6, cap=1.2e6), Pert(1e4, 2e5, 1e6)],
    ids=["capped", "pert"],
)
def test_moments_are_those_of_the_survival_function(loss: Severity) -> None:
    x = FINE * 1.2e6
    above = loss.survival(x)
    assert loss.mean == pytest.approx(np.trapezoid(above, x), rel=1e-5)
    assert loss.variance + loss.mean**2 == pytest.approx(np.trapezoid(2 * x * above, x), rel=1e-5)


def test_cap_holds_every_draw_and_lowers_the_mean() -> None:
    capped = LogNormal.from_interval(1e5, 1e6, cap=1.2e6)
    assert capped.quantile(np.array([0.5, 0.999999])).tolist() == [
        pytest.approx(USUAL.median),
        1.2e6,
    ]
    assert capped.survival(np.array([1.2e6, 2e6])).tolist() == [0, 0]
    assert capped.mean < USUAL.mean
    assert capped.limited_mean(np.array([math.inf]))[0] == pytest.approx(capped.mean)
    assert LogNormal.from_interval(1e5, 1e6, cap=1e12).mean == pytest.approx(USUAL.mean)


@pytest.mark.parametrize("gamma", [1, 4, 20])
def test_pert_quantile_table_is_close_to_the_inverse_beta(gamma: float) -> None:
    from scipy.special import betaincinv

    amount = Pert(100, 130, 200, gamma)
    p = np.linspace(0.0005, 0.9995, 2001)
    true = 100 + 100 * betaincinv(amount.alpha, amount.beta, p)
    np.testing.assert_allclose(amount.quantile(p), true, atol=1e-4)


def test_normal_quantile_and_survival_agree_with_the_standard_library() -> None:
    p = np.concatenate((np.geomspace(1e-300, 0.5, 400), 1 - np.geomspace(1e-16, 0.5, 200)))
    expected = [NormalDist().inv_cdf(x) for x in p.tolist()]
    np.testing.assert_allclose(normal.quantile(p), expected, rtol=1e-13, atol=1e-15)
    z = np.linspace(-8, 4, 50)
    np.testing.assert_allclose(
        normal.survival(z), [NormalDist().cdf(-x) for x in z.tolist()], rtol=1e-9
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(
            lambda: LogNormal.from_interval(5e6, 2e6), "smaller than the high end", id="upside-down"
        ),
        pytest.param(
            lambda: LogNormal.from_interval(2e6, 2e6), "smaller than the high end", id="no-width"
        ),
        pytest.param(lambda: LogNormal.from_interval(0, 2e6), "above 0", id="zero"),
        pytest.param(lambda: LogNormal.from_interval(-5, 2e6), "0 or more", id="negative"),
        pytest.param(lambda: LogNormal.from_interval(math.nan, 2e6), "0 or more", id="nan"),
        pytest.param(lambda: LogNormal.from_interval(1, math.inf), "0 or more", id="infinite"),
        pytest.param(
            lambda: LogNormal.from_interval(1e5, 1e6, cap=5e5), "below the high end", id="cap"
        ),
        pytest.param(
            lambda: LogNormal.from_interval(1e5, 1e6, level=90), "between 0 and 1", id="level"
        ),
        pytest.param(
            lambda: LogNormal.from_interval(1e-9, 1e12), "Narrow the interval", id="too-wide"
        ),
        pytest.param(lambda: LogNormal(1, 0), "above 0", id="sigma"),
        pytest.param(lambda: LogNormal(1, 1, cap=0), "above 0", id="no-cap"),
        pytest.param(
            lambda: LogNormal.from_exceedance((1e6, 0.1), (1e7, 0.2)), "Probabilities", id="rising"
        ),
        pytest.param(lambda: Pert(1, 9, 5), "outside the range", id="mode"),
        pytest.param(lambda: Pert(5, 5, 1), "smaller than the high end", id="pert-upside-down"),
        pytest.param(lambda: Pert(-1, 0, 1), "0 or more", id="pert-negative"),
        pytest.param(lambda: Pert(0, 1, 2, gamma=0), "above 0", id="gamma"),
        pytest.param(lambda: USUAL.value_at_risk(1), "between 0 and 1", id="probability"),
    ],
)
def test_bad_estimates_are_refused_in_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make()
    assert "\n" not in caught.value.message
