"""Simulated years: right on average, independent between scenarios, alike between states of one."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import (
    AnnualLayer,
    Bernoulli,
    LogNormal,
    LossCurve,
    NegativeBinomial,
    Pert,
    Poisson,
    Scenario,
    aggregate,
    annual_losses,
    change,
    simulate,
)
from reportkit.quant.streams import Stream, place

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL = LogNormal.from_interval(100_000, 1_000_000)
RARE = Scenario("ransomware", Poisson(0.1), USUAL)
OFTEN = Scenario("fraud", Poisson(3), LogNormal.from_interval(10_000, 200_000))


@pytest.mark.parametrize(
    "scenario",
    [
        RARE,
        OFTEN,
        Scenario("clustered", NegativeBinomial(2, 0.5), USUAL),
        Scenario("once", Bernoulli(0.15), LogNormal.from_interval(2e6, 7e6)),
        Scenario("bounded", Poisson(0.5), Pert(1e4, 5e4, 4e5)),
        Scenario("capped", Poisson(0.5), LogNormal.from_interval(1e5, 1e6, cap=1.5e6)),
    ],
    ids=lambda s: s.id,
)
def test_simulated_mean_is_within_three_standard_errors(scenario: Scenario) -> None:
    curve = LossCurve.from_losses(annual_losses(scenario, 200_000, seed=7))
    assert abs(curve.ale - scenario.ale) < 3 * curve.standard_error
    assert curve.standard_error == pytest.approx(
        scenario.standard_deviation / math.sqrt(200_000), rel=0.05
    )
    quiet = float(scenario.frequency.probabilities()[0])
    spread = math.sqrt(quiet * (1 - quiet) / 200_000)
    assert abs(1 - curve.probability_above(0) - quiet) < 3 * spread


def test_simulated_tail_agrees_with_the_exact_one() -> None:
    curve, exact = simulate([RARE, OFTEN], seed=3).curve, aggregate([RARE, OFTEN])
    for loss in (1e5, 5e5, 1e6):
        table = curve.exceedance(np.array([loss]))
        assert table.low[0] - 0.001 < exact.probability_above(loss) < table.high[0] + 0.001
    for p in (0.9, 0.95, 0.99):
        interval = curve.value_at_risk_interval(p)
        assert interval.low * 0.995 < exact.value_at_risk(p) < interval.high * 1.005
        assert curve.tail_value_at_risk(p) == pytest.approx(exact.tail_value_at_risk(p), rel=0.02)


def test_rare_scenario_has_years_without_and_years_with_a_whole_loss() -> None:
    # Rate times loss in every year would give 40,400 each year and no quiet one.
    losses = annual_losses(RARE, 100_000)
    assert np.count_nonzero(losses == 0) / losses.size == pytest.approx(0.9048, abs=0.003)
    assert np.median(losses[losses > 0]) == pytest.approx(330_000, rel=0.05)


def test_adding_a_scenario_moves_no_other() -> None:
    alone = simulate([RARE], 50_000).losses("ransomware")
    among = simulate([OFTEN, RARE, Scenario("new", Poisson(1), USUAL)], 50_000)
    np.testing.assert_array_equal(alone, among.losses("ransomware"))
    total = sum(among.losses(part.scenario.id) for part in among.parts)
    np.testing.assert_allclose(among.total, total, rtol=1e-12)


def test_same_estimates_under_two_names_are_independent() -> None:
    twins = [annual_losses(Scenario(name, Poisson(1), USUAL), 200_000) for name in ("one", "two")]
    assert abs(np.atleast_2d(np.corrcoef(twins))[0, 1]) < 3 / math.sqrt(200_000)


def test_longer_simulation_begins_with_the_shorter_one() -> None:
    np.testing.assert_array_equal(
        annual_losses(OFTEN, 30_000), annual_losses(OFTEN, 71_234)[:30_000]
    )


def test_seed_decides() -> None:
    np.testing.assert_array_equal(annual_losses(RARE, 5_000, 4), annual_losses(RARE, 5_000, 4))
    assert (annual_losses(RARE, 5_000, 4) != annual_losses(RARE, 5_000, 5)).any()


def test_states_of_a_scenario_meet_the_same_luck() -> None:
    before = annual_losses(Scenario("x", Poisson(2), USUAL, state="current"), 50_000)
    after = annual_losses(Scenario("x", Poisson(0.8), USUAL, state="with control"), 50_000)
    # Fewer events of the same size: no year gets worse, by more than rounding.
    assert (after <= before * (1 + 1e-12)).all()
    halved = LogNormal(USUAL.mu - math.log(2), USUAL.sigma)
    cheaper = annual_losses(Scenario("x", Poisson(2), halved), 50_000)
    np.testing.assert_allclose(cheaper, before / 2, rtol=1e-12)


def test_difference_of_states_has_less_noise_than_independent_runs() -> None:
    low, high = (Scenario("x", Poisson(rate), USUAL) for rate in (0.2, 0.5))
    before, after = simulate([high], seed=11), simulate([low], seed=11)
    result = change(before, after)
    assert abs(result.ale - 121_200.385) < 3 * result.standard_error
    apart = math.hypot(before.curve.standard_error, after.curve.standard_error)
    assert result.standard_error < 0.85 * apart


def test_parts_say_what_each_scenario_does() -> None:
    result = simulate([RARE, OFTEN], 20_000)
    for part in result.parts:
        curve = LossCurve.from_losses(result.losses(part.scenario.id))
        assert part.ale == pytest.approx(curve.ale)
        assert part.standard_error == pytest.approx(curve.standard_error)
        assert part.probability == pytest.approx(curve.probability_above(0))
    assert sum(part.ale for part in result.parts) == pytest.approx(result.curve.ale)


def test_insurance_pays_for_insured_scenarios_only() -> None:
    insured = Scenario("ransomware", Poisson(0.1), USUAL, insured=True)
    layer = AnnualLayer(50_000, 400_000)
    result = simulate([insured, OFTEN], 20_000)
    expected = result.losses("fraud") + layer.net(result.losses("ransomware"))
    np.testing.assert_allclose(result.net(layer), expected, rtol=1e-9, atol=1e-6)
    np.testing.assert_array_equal(
        simulate([OFTEN], 1_000).net(layer), simulate([OFTEN], 1_000).total
    )


def test_streams_are_uniform_and_unrelated() -> None:
    years = place(np.arange(200_000))
    first = Stream.named(1, "a", "count").uniform(years)
    assert 0 < first.min() < first.max() < 1
    counts, _ = np.histogram(first, bins=100, range=(0, 1))
    chi2 = float(((counts - 2_000) ** 2 / 2_000).sum())
    # Chi-square with 99 degrees of freedom lies between 59 and 150 in all but two of a thousand cases.
    assert 59 < chi2 < 150
    others = [
        Stream.named(2, "a", "count").uniform(years),
        Stream.named(1, "b", "count").uniform(years),
        Stream.named(1, "a", "severity").uniform(years),
        Stream.named(1, "a", "count").uniform(place(np.arange(200_000), 1)),
        np.roll(first, 1),
    ]
    for other in others:
        assert abs(np.corrcoef(first, other)[0, 1]) < 3.5 / math.sqrt(200_000)


def test_memory_does_not_grow_with_scenarios() -> None:
    import tracemalloc

    scenarios = [Scenario(f"s{i}", Poisson(0.5), USUAL) for i in range(20)]
    tracemalloc.start()
    simulate(scenarios, 200_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Two yearly totals of 1.6 MB, and a batch.
    assert peak < 10e6


ALONE = """
import importlib, pkgutil, sys
import reportkit.quant as quant
for module in pkgutil.iter_modules(quant.__path__):
    importlib.import_module(f"reportkit.quant.{module.name}")
rate, strength = quant.UncertainRate(quant.Pert(1, 2, 5)), quant.Pert(0.1, 0.4, 0.7)
contest = quant.Contest(quant.Pert(0.2, 0.5, 0.9), (strength,))
scenario = quant.Scenario("x", rate, quant.Pert(10, 20, 60), vulnerability=contest)
assert quant.simulate([scenario], 1_000).total.sum() > 0
print([name for name in ("scipy", "pandas", "altair", "duckdb", "reportkit.measures") if name in sys.modules])
"""


def test_the_engine_stands_on_numpy_alone() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: simulate([]), "at least one scenario", id="empty"),
        pytest.param(lambda: simulate([RARE, RARE]), "comes twice", id="twice"),
        pytest.param(lambda: simulate([RARE], years=0), "cannot be simulated", id="no-years"),
        pytest.param(lambda: simulate([RARE], seed=-1), "negative", id="seed"),
        pytest.param(lambda: Scenario("", Poisson(1), USUAL), "no id", id="no-id"),
        pytest.param(
            lambda: simulate([RARE], 100).losses("other"), "it holds ransomware", id="unknown"
        ),
        pytest.param(
            lambda: simulate([Scenario("x", Poisson(1e5), USUAL)]),
            "method='exact'",
            id="too-many-events",
        ),
        pytest.param(
            lambda: change(simulate([RARE], 100), simulate([RARE], 200)),
            "same years and seed",
            id="unequal",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(
    call: Callable[[], object], said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        call()
    assert "\n" not in caught.value.message
