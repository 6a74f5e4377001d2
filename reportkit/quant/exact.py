"""The distribution of a year's loss by Fourier transform: no simulation, so no noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.exceedance import LossCurve
from reportkit.quant.scenario import check_portfolio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.quant.scenario import Scenario
    from reportkit.quant.severity import Severity

FloatArray = npt.NDArray[np.float64]

#: Places of the loss grid unless another number is asked for.
POINTS = 2**17
#: Mass beyond the grid that is too small to be told from rounding.
_NOTHING = 1e-10


def aggregate(
    scenarios: Sequence[Scenario], step: float | None = None, points: int = POINTS
) -> LossCurve:
    """Give the distribution of a year's loss from scenarios that happen independently of each other.

    Losses lie on a grid of equal steps that keeps every mean. What lies beyond the grid becomes one last loss, placed
    so that the ALE is the closed form's.

    Args:
        scenarios: one state of each scenario.
        step: width of the grid in money; by default the grid reaches all but a ten-millionth of the events.
        points: places of the grid.

    Raises:
        DataError: as for simulate, or losses that spread too widely for a grid.

    Source:
        Klugman, Panjer, Willmot, Loss Models: aggregate loss by fast Fourier transform.
    """
    check_portfolio(scenarios)
    width = _reach(scenarios) / points if step is None else step
    if not width > 0:
        raise DataError(f"Grid step {width:,.12g} is not allowed; give an amount above 0.")
    _check_step(scenarios, width)
    # Twice the grid leaves room for sums that run over its end, so that they do not fold back onto its start.
    transform = np.ones(points + 1, dtype=np.complex128)
    for scenario in scenarios:
        transform *= scenario.frequency.generating(_event(scenario, width, points))
    mass = np.maximum(np.fft.irfft(transform, 2 * points)[:points], 0.0)
    loss = np.arange(points, dtype=np.float64) * width
    beyond = 1 - float(mass.sum())
    if beyond > _NOTHING:
        rest = sum(scenario.ale for scenario in scenarios) - float((loss * mass).sum())
        mass = np.append(mass, beyond)
        loss = np.append(loss, max(rest / beyond, float(loss[-1]) + width))
    return LossCurve(loss, mass / mass.sum(), None)


def _event(scenario: Scenario, width: float, points: int) -> npt.NDArray[np.complex128]:
    """Transform of the loss of one attempt: nothing where it fails, a second loss where it brings one."""
    event = np.fft.rfft(_on_grid(scenario.severity, width, points), 2 * points)
    more = scenario.secondary
    if more is not None:
        second = np.fft.rfft(_on_grid(more.severity, width, points), 2 * points)
        event *= 1 - more.probability + more.probability * second
    succeeding = scenario.succeeding
    return event if succeeding == 1 else np.asarray(1 - succeeding + succeeding * event)


def _on_grid(severity: Severity, width: float, points: int) -> FloatArray:
    """Mass of one event on the grid, such that the mean within every cell is kept."""
    edges = np.arange(points + 1, dtype=np.float64) * width
    at = severity.survival(edges)
    start, end = at[:-1], at[1:]
    # Mean survival within each cell, by Simpson's rule where it is smooth.
    above = (start + 4 * severity.survival(edges[:-1] + width / 2) + end) / 6
    # Elsewhere by limited means, which are exact but lose their digits where the steps are small.
    steep = np.flatnonzero((end < 0.9 * start) | severity.stepped)
    ends = severity.limited_mean(edges[steep + 1]) - severity.limited_mean(edges[steep])
    above[steep] = ends / width
    return np.maximum(np.concatenate(([1.0], above[:-1])) - above, 0.0)


def _reach(scenarios: Sequence[Scenario]) -> float:
    variance = sum(scenario.standard_deviation**2 for scenario in scenarios)
    usual = sum(scenario.ale for scenario in scenarios) + 12 * variance**0.5
    single = [
        severity.value_at_risk(1 - 1e-7 / max(rate, 1.0))
        for scenario in scenarios
        for severity, rate in _losses(scenario)
    ]
    return float(max([usual, *single, 1.0]))


def _losses(scenario: Scenario) -> list[tuple[Severity, float]]:
    """Severities of a scenario with how often a year each is met."""
    found = [(scenario.severity, scenario.rate)]
    if scenario.secondary is not None:
        found.append((scenario.secondary.severity, scenario.rate * scenario.secondary.probability))
    return [(severity, rate) for severity, rate in found if rate > 0]


def _check_step(scenarios: Sequence[Scenario], width: float) -> None:
    coarse = [s for s in scenarios if s.rate > 0 and s.severity.value_at_risk(0.5) < 5 * width]
    if sum(s.ale for s in coarse) > 0.01 * sum(s.ale for s in scenarios):
        raise DataError(
            f"Losses of scenario {coarse[0].id!r} spread too widely for a grid of step {width:,.0f}; "
            "give the severity a cap, a smaller step with more points, or simulate."
        )
