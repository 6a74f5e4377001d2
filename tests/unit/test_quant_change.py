"""Which scenarios make the bad years, why a figure moved, and when a simulation is long enough."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from reportkit.quant import (
    AnnualLayer,
    Bernoulli,
    Book,
    Empirical,
    EventLayer,
    GroupCopula,
    LogNormal,
    LossCurve,
    Poisson,
    Scenario,
    attribute,
    simulate,
    simulate_until,
    tail_contributions,
)

USUAL = LogNormal.from_interval(100_000, 1_000_000)
RARE = Scenario("rare", Poisson(0.1), USUAL, insured=True)
OFTEN = Scenario("often", Poisson(3), LogNormal.from_interval(10_000, 200_000))
NEW = Scenario("new", Poisson(0.4), USUAL)
YEARS = 50_000


def tail(losses: np.ndarray) -> float:
    return LossCurve.from_losses(losses).tail_value_at_risk(0.95)


def test_contributions_by_hand() -> None:
    """Ten each year for certain, and a thousand in few years: those years are the tail, filled up with quiet ones."""
    certain = Scenario("certain", Bernoulli(1), Empirical((10.0,)))
    seldom = Scenario("seldom", Bernoulli(0.03), Empirical((1000.0,)))
    found = simulate([certain, seldom], 10_000)
    hit = np.count_nonzero(found.total > 10)
    assert 200 < hit < 400
    first, second = tail_contributions(found, 0.95)
    assert (first.scenario.id, second.scenario.id) == ("seldom", "certain")
    assert first.tail == pytest.approx(1000 * hit / 500)
    assert second.tail == pytest.approx(10)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("dependence", [None, GroupCopula(0.7)])
def test_contributions_add_up(p: float, dependence: GroupCopula | None) -> None:
    scenarios = [replace(s, group="g") for s in (RARE, OFTEN, NEW)]
    found = simulate(scenarios, YEARS, dependence=dependence)
    rows = tail_contributions(found, p)
    whole = found.curve.tail_value_at_risk(p)
    assert math.fsum(row.tail for row in rows) == pytest.approx(whole, rel=1e-12)
    assert math.fsum(row.share for row in rows) == pytest.approx(1)
    assert [row.tail for row in rows] == sorted((row.tail for row in rows), reverse=True)


def test_a_rare_event_rules_the_tail_that_it_hardly_shows_in_the_mean() -> None:
    rare = Scenario("rare", Poisson(0.01), LogNormal.from_interval(1e7, 5e7))
    found = simulate([OFTEN, rare], YEARS)
    row = tail_contributions(found, 0.995)[0]
    assert row.scenario.id == "rare"
    assert row.mean_share < 0.6
    assert row.share > 0.95


def test_two_quarters_without_a_change_differ_by_exactly_nothing() -> None:
    for figure in (lambda x: float(x.mean()), tail):
        found = attribute(
            Book((RARE, OFTEN), (AnnualLayer(1e5, 1e6),), years=YEARS),
            Book((OFTEN, replace(RARE, name="a better name")), (AnnualLayer(1e5, 1e6),), years=YEARS),
            figure,
        )  # fmt: skip
        assert found.closing - found.opening == 0
        assert found.steps == ()


def test_a_move_of_the_mean_is_each_scenarios_own() -> None:
    worse = replace(RARE, frequency=Poisson(0.15), severity=LogNormal.from_interval(1e5, 2e6))
    found = attribute(Book((RARE, OFTEN), years=YEARS), Book((worse, NEW), years=YEARS))
    amounts = {(s.kind, s.scenario_id, s.what): s.amount for s in found.steps}
    assert set(amounts) == {
        ("removed", "often", "scenario"),
        ("new", "new", "scenario"),
        ("input", "rare", "frequency"),
        ("input", "rare", "loss of an event"),
    }
    mean = {s.id: simulate([s], YEARS).total.mean() for s in (OFTEN, NEW)}
    assert amounts["removed", "often", "scenario"] == pytest.approx(-mean["often"])
    assert amounts["new", "new", "scenario"] == pytest.approx(mean["new"])
    # Each input is given half of what both do together: (0.15 - 0.1) times the mean of both losses.
    both = (USUAL.mean + worse.severity.mean) / 2
    noise = 4 * worse.standard_deviation / math.sqrt(YEARS)
    assert amounts["input", "rare", "frequency"] == pytest.approx(0.05 * both, abs=noise)
    assert abs(found.rest) < 1e-9 * found.closing


def test_a_move_of_the_tail_adds_up_with_insurance_model_and_seed() -> None:
    before = Book((RARE, OFTEN), (AnnualLayer(1e5, 1e6),), years=YEARS, told=1_000_000.0)
    after = Book(
        (RARE.thinned(0.5), OFTEN, NEW), (EventLayer(5e4, 5e5, 1e6),), GroupCopula(0.5), 9, YEARS
    )
    found = attribute(before, after, tail)
    assert [s.kind for s in found.steps] == ["model", "new", "input", "insurance", "model", "simulation"]  # fmt: skip
    assert found.opening == 1_000_000
    assert math.fsum(s.amount for s in found.steps) == pytest.approx(found.closing - found.opening, rel=1e-12)  # fmt: skip
    assert abs(found.rest) < 1e-9 * found.closing
    assert found.of("new") > 0 > found.of("input")
    old = simulate(before.scenarios, YEARS)
    assert found.steps[0].amount == pytest.approx(tail(old.net(*before.layers)) - 1_000_000)
    new = simulate(after.scenarios, YEARS, 9, GroupCopula(0.5))
    assert found.closing == pytest.approx(tail(new.net(*after.layers)))
    assert abs(found.of("simulation")) < 0.05 * found.closing


def test_the_simulation_ends_when_the_error_is_small_enough() -> None:
    """By the closed form one per cent needs (163,217 / 40,400 / 0.01)² = 163,000 years; ten thousand give four."""
    short = simulate([RARE], 10_000)
    assert short.relative_error == pytest.approx(0.040, abs=0.004)
    found = simulate_until([RARE], 0.01)
    assert found.relative_error <= 0.01
    assert 120_000 < found.years < 260_000
    assert np.array_equal(found.total[:10_000], short.total)
    whole = simulate([RARE], found.years)
    assert np.array_equal(found.total, whole.total)
    assert found.parts[0].standard_error == pytest.approx(whole.parts[0].standard_error)
    ended = simulate_until([RARE], 0.001, most=20_000)
    assert (ended.years, ended.relative_error > 0.001) == (20_000, True)
