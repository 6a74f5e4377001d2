"""Money over years, estimates, the end-user ledger and overlapping controls against numbers worked out elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import LogNormal, Poisson, Scenario, controls, finance
from reportkit.quant.controls import Effect
from reportkit.quant.estimate import Estimate
from reportkit.quant.friction import Impact, Ledger

FLOWS = [-300_000, 120_000, 120_000, 120_000]


def test_a_published_investment() -> None:
    assert finance.npv(0.08, FLOWS) == pytest.approx(9_251.64, abs=0.005)
    assert finance.irr(FLOWS) == pytest.approx(0.097010, abs=5e-7)
    assert finance.payback(FLOWS) == pytest.approx(2.5)
    assert finance.payback(FLOWS, 0.08) == pytest.approx(2.903, abs=5e-4)
    assert finance.annuity(0.08, 3) == pytest.approx(2.577096987, abs=5e-10)


def test_enisa_example_and_both_meanings_of_return() -> None:
    assert finance.rosi(5 * 15_000 * 0.8, 25_000) == pytest.approx(1.4)
    assert finance.net_benefit(600_000 - 180_000, 126_000) == 294_000
    assert finance.rosi(600_000 - 180_000, 126_000) == pytest.approx(2.3333, abs=5e-5)
    with pytest.raises(DataError, match="cost above 0"):
        finance.rosi(1, 0)


def test_gordon_loeb() -> None:
    assert finance.gordon_loeb_limit(0.8, 1e6 * 0.15) == pytest.approx(44_145.53, abs=0.005)
    assert finance.gordon_loeb_optimum(0.8, 150_000, 1e-5, 1) == pytest.approx(9_544.51, abs=0.005)
    # Nothing is worth spending where the first euro saves less than a euro.
    assert finance.gordon_loeb_optimum(0.1, 1_000, 1e-5, 1) == 0
    with pytest.raises(DataError, match="beta"):
        finance.gordon_loeb_optimum(0.5, 1_000, 1e-5, 0.5)


def test_payback_of_many_worlds_stays_paid_back() -> None:
    worlds = [[-100, 200, 0], [-100, 40, 40], [0, 10, 10], [-100, 150, -100], [-100, 0, 100]]
    assert finance.payback(worlds).tolist() == [0.5, math.inf, 0.0, math.inf, 2.0]


def test_rate_of_return_where_there_is_one() -> None:
    # 110 a year later is 10 %; half the money back is -50 %; two rates or none are no answer.
    worlds = [[-100, 110, 0], [-100, 50, 0], [-100, 230, -132], [100, 50, 50], [-100, -10, -10]]
    found = finance.irr(worlds)
    assert found[:2] == pytest.approx([0.1, -0.5])
    assert np.isnan(found[2:]).all()
    # Spending again later, but never in debt again: one rate. 100 x^2 - 300 x + 50 = 0 with x = 1 + rate.
    assert finance.irr([-100, 300, -50]) == pytest.approx(
        (300 + math.sqrt(300**2 - 4 * 100 * 50)) / 200 - 1
    )


def test_an_estimate_may_lie_below_zero() -> None:
    doubt = Estimate(-6, -2, 10)
    assert doubt.mean == pytest.approx((-6 + 4 * -2 + 10) / 6)
    drawn = doubt.quantile((np.arange(20_000) + 0.5) / 20_000)
    assert drawn.mean() == pytest.approx(doubt.mean, abs=1e-3)
    assert (drawn >= -6).all()
    assert (drawn <= 10).all()
    assert Estimate.fixed(3).at(0.9) == 3
    # A PERT from 0 to 1 with its mode in the middle is symmetric.
    assert Estimate(0, 0.5, 1).at(0.5) == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(DataError, match="low, most likely, high"):
        Estimate(2, 1, 3)


def test_users_pay_in_time() -> None:
    ledger = Ledger.of(
        [
            Impact("Staff", "sign-in", 2_000, 1, Estimate.fixed(4), hourly=40),
            Impact("Staff", "reset", 2_000, -0.05, Estimate.fixed(12), hourly=40, fee=18),
            Impact("Customers", "step", 10_000, 2, Estimate.fixed(0.1)),
            Impact("Staff", "enrolment", 2_000, 1, Estimate.fixed(30), hourly=40, once=True),
        ],
        {"Staff": 3},
    )
    assert ledger.lines[0].money() == 64_000
    # 1,200 resets a year fewer, 240 hours and 18 a ticket.
    assert ledger.lines[1].money() == pytest.approx(-(240 * 40 + 1_200 * 18))
    assert ledger.burden == pytest.approx(1_600 + 400)
    assert ledger.relief == pytest.approx(240)
    assert ledger.hours == pytest.approx(1_760)
    assert (ledger.once, ledger.once_hours) == (40_000, 1_000)
    staff, customers = ledger.checks()
    assert [staff.minutes, customers.minutes] == pytest.approx([4 - 0.6, 0.2])
    assert staff.breached
    assert customers.limit is None
    assert not customers.breached
    with pytest.raises(DataError, match="one number, or two populations"):
        Ledger.of(
            [Impact("A", "x", 1, 1, Estimate.fixed(1)), Impact("A", "y", 2, 1, Estimate.fixed(1))]
        )


def hit(control: str, share: float, scenario: str = "x") -> Effect:
    return Effect(scenario, control, Estimate.fixed(share))


def test_overlapping_controls_share_what_they_avoid_together() -> None:
    # One event a year of 100 in the mean; two controls that stop half each stop three quarters together.
    severity = LogNormal(math.log(100) - 0.5, 1)
    world = [Scenario("x", Poisson(1), severity)]
    both = [hit("a", 0.5), hit("b", 0.5)]
    assert controls.avoided(world, both) == pytest.approx(75)
    assert controls.sequential(world, both) == {"a": pytest.approx(50), "b": pytest.approx(25)}
    assert controls.shared(world, both) == {"a": pytest.approx(37.5), "b": pytest.approx(37.5)}
    # The same control bought twice works once.
    assert controls.avoided(world, controls.together([both, [hit("a", 0.5)]])) == pytest.approx(75)
    with pytest.raises(DataError, match="two names"):
        controls.together([both, [hit("a", 0.4)]])
    with pytest.raises(DataError, match="from 0 to 1"):
        hit("a", 1.2)


def test_shapley_of_the_glove_game() -> None:
    # A left glove and two right ones; only a pair is worth something: 2/3, 1/6, 1/6.
    def worth(some: frozenset[str]) -> float:
        return float("left" in some and len(some) > 1)

    shares = controls.shapley(["left", "right", "other"], worth)
    assert list(shares.values()) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    with pytest.raises(DataError, match="at most 12"):
        controls.shapley([str(n) for n in range(13)], lambda _: 0.0)
