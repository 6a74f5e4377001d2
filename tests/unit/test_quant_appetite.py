"""Appetite and insurance against closed forms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import AnnualLayer, Appetite, LogNormal, LossCurve

if TYPE_CHECKING:
    from collections.abc import Callable

APPETITE = Appetite(((1e6, 0.10), (1e7, 0.01)))


def curve(*years_above: tuple[float, int], years: int = 10_000) -> LossCurve:
    losses = np.zeros(years)
    for loss, count in years_above:
        losses[:count] = loss
    return LossCurve.from_losses(losses)


def test_between_points_the_appetite_is_lognormal() -> None:
    assert APPETITE.at(5e6) == pytest.approx(0.022119, abs=5e-7)
    assert APPETITE.at(1e6) == 0.10
    assert APPETITE.at(1e7) == 0.01


def test_nothing_is_said_beyond_the_approved_points() -> None:
    assert APPETITE.at(999_999) is None
    assert APPETITE.at(10_000_001) is None


def test_third_point_bends_the_appetite() -> None:
    bent = Appetite.from_pairs([[1e8, 0.01], [1e6, 0.10], [1e7, 0.01]])
    assert bent.at(5e6) == APPETITE.at(5e6)
    assert bent.at(5e7) == pytest.approx(0.01)


def test_breaches_are_listed_point_by_point() -> None:
    within = curve((2e6, 900), (2e7, 50))
    assert APPETITE.breaches(within) == ()
    above = curve((2e6, 900), (2e7, 300))
    (breach,) = APPETITE.breaches(above)
    assert (breach.loss, breach.allowed) == (1e7, 0.01)
    assert breach.actual == pytest.approx(0.03)
    assert not breach.within_noise
    assert [point.breached for point in APPETITE.check(above)] == [False, True]


def test_a_breach_that_the_simulation_cannot_tell_is_marked() -> None:
    (breach,) = APPETITE.breaches(curve((2e6, 1005)))
    assert breach.within_noise


def test_exactly_the_accepted_chance_is_no_breach() -> None:
    assert APPETITE.breaches(curve((2e6, 1000), (2e7, 100))) == ()


def test_largest_excess_lies_between_points_too() -> None:
    # 3% of years lose 9M: within both points, but 0.0111 is accepted just below 9M.
    hidden = curve((9e6, 300))
    assert APPETITE.breaches(hidden) == ()
    assert APPETITE.largest_excess(hidden) == pytest.approx(0.03 - 0.0115, abs=1e-3)
    assert APPETITE.largest_excess(curve()) == pytest.approx(-0.01)


def test_a_curve_can_be_broken_between_points_that_hold() -> None:
    """Chance 5 % of one million for certain: approved are 10 % of 100,000 and 1 % of ten million, 3.2 % of a million."""
    ends = Appetite(((1e5, 0.1), (1e7, 0.01)))
    known = LossCurve(np.array([0.0, 1e6]), np.array([0.95, 0.05]), None)
    assert ends.breaches(known) == ()
    low, high = ends.excess_range(known) or (0, 0)
    # The accepted chance falls to 5 % where z has gone from 1.2816 to 1.6449 on its way to 2.3263.
    way = (1.644854 - 1.281552) / (2.326348 - 1.281552)
    assert low == pytest.approx(1e5 * 100**way, rel=0.03)
    assert high == pytest.approx(1e6, rel=0.03)
    assert ends.excess_range(LossCurve.from_losses(np.zeros(1_000))) is None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: Appetite(()), "at least one", id="none"),
        pytest.param(lambda: Appetite(((1e7, 0.01), (1e6, 0.1))), "do not rise", id="order"),
        pytest.param(
            lambda: Appetite(((1e6, 0.01), (1e7, 0.1))), "cannot be more likely", id="rising"
        ),
        pytest.param(lambda: Appetite(((1e6, 10),)), "between 0 and 1", id="percent"),
        pytest.param(lambda: Appetite(((0, 0.1),)), "above 0", id="zero"),
        pytest.param(lambda: AnnualLayer(-1, 5), "0 or more", id="retention"),
        pytest.param(lambda: AnnualLayer(1, 0), "above 0", id="limit"),
    ],
)
def test_bad_terms_are_refused_in_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make()
    assert "\n" not in caught.value.message


def test_layer_by_hand() -> None:
    layer = AnnualLayer(retention=100, limit=50)
    losses = np.array([0, 100, 120, 150, 400.0])
    assert layer.ceded(losses).tolist() == [0, 0, 20, 50, 50]
    assert layer.net(losses).tolist() == [0, 100, 100, 100, 350]
    assert AnnualLayer(100).net(losses).max() == 100


def test_layer_on_one_loss() -> None:
    loss = LogNormal.from_interval(100_000, 1_000_000)
    below, whole = loss.limited_mean(np.array([250_000.0, 750_000.0]))
    assert whole - below == pytest.approx(147_067.740, abs=5e-4)
    assert loss.mean - (whole - below) == pytest.approx(256_933.542, abs=5e-4)
    # The layer itself, on every thousandth of the same loss.
    losses = loss.quantile((np.arange(200_000) + 0.5) / 200_000)
    layer = AnnualLayer(250_000, 500_000)
    assert layer.ceded(losses).mean() == pytest.approx(147_067.740, rel=1e-4)
    assert layer.net(losses).mean() == pytest.approx(256_933.542, rel=1e-3)


def test_net_curve_keeps_years_and_order() -> None:
    gross = curve((2e6, 900), (2e7, 100))
    net = AnnualLayer(1e6, math.inf).net_curve(gross)
    assert net.years == gross.years
    assert net.probability_above(0) == gross.probability_above(0)
    assert net.loss.max() == 1e6
