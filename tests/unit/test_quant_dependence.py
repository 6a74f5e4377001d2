"""Scenarios that move together keep their own figures; only the bad years change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import (
    Bernoulli,
    Empirical,
    GaussianCopula,
    GroupCopula,
    LogNormal,
    NegativeBinomial,
    Poisson,
    Scenario,
    SharedCause,
    SharedCauses,
    annual_losses,
    simulate,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = Empirical((1.0,))
YEARS = 100_000
FIRST = Scenario("a", Bernoulli(0.5), ONE, group="g")
SECOND = Scenario("b", Bernoulli(0.5), ONE, group="g")


def together(dependence: object, *scenarios: Scenario) -> list[np.ndarray]:
    return [annual_losses(s, YEARS, 3, dependence) for s in scenarios]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "copula",
    [
        pytest.param(GroupCopula(0.5), id="group"),
        pytest.param(GaussianCopula(("a", "b"), np.array([[1, 0.5], [0.5, 1]])), id="matrix"),
    ],
)
def test_two_even_chances_meet_as_often_as_the_normal_says(copula: object) -> None:
    """Two normal numbers of correlation r are both above 0 with 1/4 + arcsin(r) / 2π: a third for r = 1/2."""
    a, b = together(copula, FIRST, SECOND)
    error = 4 * math.sqrt(0.25 / YEARS)
    assert a.mean() == pytest.approx(0.5, abs=error)
    assert b.mean() == pytest.approx(0.5, abs=error)
    assert (a * b).mean() == pytest.approx(1 / 3, abs=error)


def test_no_correlation_is_independence_to_the_last_event() -> None:
    lone = [annual_losses(s, 5_000, 3) for s in (FIRST, SECOND)]
    for copula in (GroupCopula(0), GaussianCopula(("a", "b"), np.eye(2))):
        for scenario, alone in zip((FIRST, SECOND), lone, strict=True):
            assert np.array_equal(annual_losses(scenario, 5_000, 3, copula), alone)


def test_full_correlation_makes_like_scenarios_alike() -> None:
    often, seldom = (
        Scenario(name, Poisson(rate), ONE, group="g") for name, rate in (("a", 2.0), ("b", 2.0))
    )
    a, b = together(GroupCopula(1), often, seldom)
    assert np.array_equal(a, b)


def test_each_scenario_alone_stays_as_it_is_and_the_tail_grows() -> None:
    loss = LogNormal.from_interval(1e5, 1e6)
    scenarios = [
        Scenario("a", Poisson(0.3), loss, group="g"),
        Scenario("b", NegativeBinomial(0.3, 0.5), loss, group="g"),
        Scenario("c", Poisson(0.2), loss),
    ]
    alone = simulate(scenarios, YEARS)
    for dependence in (GroupCopula(0.8), SharedCause("storm", 0.25, {"a": 0.7, "c": 0.9})):
        joint = simulate(scenarios, YEARS, dependence=dependence)
        for part in joint.parts:
            assert part.ale == pytest.approx(part.scenario.ale, abs=3.5 * part.standard_error)
            quiet = float(part.scenario.frequency.probabilities()[0])
            assert part.probability == pytest.approx(1 - quiet, abs=0.006)
        assert joint.curve.tail_value_at_risk(0.95) > 1.02 * alone.curve.tail_value_at_risk(0.95)
        untouched = "c" if isinstance(dependence, GroupCopula) else "b"
        assert np.array_equal(joint.losses(untouched), alone.losses(untouched))


def test_a_shared_cause_ties_counts_by_what_it_brings_to_both() -> None:
    """Counts of a cause of rate r that hits with p and q have covariance r·p·q: here 0.5 · 0.4 · 0.6."""
    a, b = (Scenario(name, Poisson(0.5), ONE) for name in ("a", "b"))
    first, second = together(SharedCause("cloud", 0.5, {"a": 0.4, "b": 0.6}), a, b)
    assert np.cov(first, second)[0, 1] == pytest.approx(0.12, abs=0.008)
    assert first.var() == pytest.approx(0.5, rel=0.03)
    first, second = together(SharedCause("cloud", 0.5, {"a": 1, "b": 1}), a, b)
    assert np.array_equal(first, second)


def test_several_causes_share_a_scenario() -> None:
    a, b, c = (Scenario(name, Poisson(1), ONE) for name in "abc")
    causes = SharedCauses(
        (SharedCause("x", 0.5, {"a": 0.5, "b": 0.5}), SharedCause("y", 0.4, {"a": 0.4, "c": 0.4}))
    )
    found = together(causes, a, b, c)
    assert np.cov(found)[0, 1] == pytest.approx(0.5, abs=0.03)
    assert np.cov(found)[0, 2] == pytest.approx(0.4, abs=0.03)
    assert np.cov(found)[1, 2] == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: GroupCopula(1.5), "0 to 1", id="correlation"),
        pytest.param(lambda: GaussianCopula(("a",), np.eye(2)), "one row and one column", id="shape"),
        pytest.param(lambda: GaussianCopula(("a", "b"), np.array([[1, 0.5], [0.2, 1]])), "symmetric", id="symmetric"),
        pytest.param(lambda: GaussianCopula(("a", "b", "c"), np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])), "contradict each other", id="definite"),
        pytest.param(lambda: SharedCause("x", 0, {}), "above 0", id="rate"),
        pytest.param(lambda: SharedCause("x", 1, {"a": 2}), "0 to 1", id="share"),
        pytest.param(lambda: simulate([Scenario("a", Poisson(3), ONE)], 10, dependence=SharedCause("x", 1, {"a": 0.5})), "raise its rate", id="too-often"),
        pytest.param(lambda: simulate([FIRST], 10, dependence=SharedCause("x", 1, {"a": 0.5})), "does not count as Poisson", id="bernoulli"),
        pytest.param(
            lambda: simulate([Scenario("a", Poisson(1), ONE)], 10, dependence=SharedCauses((SharedCause("x", 1, {"a": 0.7}), SharedCause("y", 1, {"a": 0.7})))),
            "at most 100 %", id="shares",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make()
    assert "\n" not in caught.value.message
