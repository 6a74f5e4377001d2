"""All that a list of scenarios says of a year, in one go: for a terminal, a notebook or JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportkit.quant.contributions import Contribution, tail_contributions
from reportkit.quant.portfolio import YEARS, Simulation, simulate
from reportkit.quant.sanity import Money, Remark, panel

if TYPE_CHECKING:
    from reportkit.quant.appetite import Appetite, PointCheck
    from reportkit.quant.exceedance import LossCurve
    from reportkit.quant.scenario import Scenario

#: Bad years that are told: one in two, five, ten, twenty, a hundred, two hundred.
RARE = (2, 5, 10, 20, 100, 200)
_STEPS = (1, 2, 5)
_LEAST = 0.001


@dataclass(frozen=True, eq=False)
class Summary:
    """A portfolio's year.

    Attributes:
        simulation: simulated years.
        curve: loss curve: simulated, or exact where that was asked for.
        appetite: approved points, if any.
    """

    simulation: Simulation
    curve: LossCurve
    appetite: Appetite | None = None

    @classmethod
    def of(
        cls,
        scenarios: Sequence[Scenario],
        *,
        years: int = YEARS,
        seed: int = 1,
        exact: bool = False,
        appetite: Appetite | None = None,
    ) -> Summary:
        """Simulate a portfolio of independent scenarios.

        Raises:
            DataError: as for simulate and aggregate.
        """
        simulation = simulate(scenarios, years, seed)
        if not exact:
            return cls(simulation, simulation.curve, appetite)
        from reportkit.quant.exact import aggregate

        return cls(simulation, aggregate(scenarios), appetite)

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """What each scenario adds to the worst year in twenty, largest first."""
        return tail_contributions(self.simulation, 0.95 if self.simulation.years >= 20 else 0.5)

    @cached_property
    def checks(self) -> tuple[PointCheck, ...]:
        """The curve beside each approved point."""
        return self.appetite.check(self.curve) if self.appetite else ()

    def bad_years(self) -> tuple[tuple[int, float, float], ...]:
        """Give, for one year in n: n, the loss it exceeds, and the mean loss of years so bad."""
        least = 10 / self.simulation.years if self.curve.years is not None else 1e-5
        return tuple(
            (n, self.curve.value_at_risk(1 - 1 / n), self.curve.tail_value_at_risk(1 - 1 / n))
            for n in RARE
            if 1 / n >= least
        )

    def ladder(self) -> tuple[tuple[float, float, float | None], ...]:
        """Give round amounts, the chance of a year above each, and the chance approved for it.

        Approved points stand among them; beyond the outer ones nothing is approved, which is None.
        """
        grid = self.curve.grid()
        if grid.size == 0:
            return ()
        rounds = [
            step * 10.0**power
            for power in range(
                math.floor(math.log10(grid[0])) - 1, math.floor(math.log10(grid[-1])) + 1
            )
            for step in _STEPS
        ]
        points = [loss for loss, _ in self.appetite.points] if self.appetite else []
        inside = sorted({*(x for x in rounds if grid[0] / 2 < x <= grid[-1] * 2), *points})
        seen = self.curve.exceedance(np.array(inside)).probability.tolist() if inside else []
        rows = [
            (loss, chance, self.appetite.at(loss) if self.appetite else None)
            for loss, chance in zip(inside, seen, strict=True)
            if chance >= _LEAST or loss in points
        ]
        alike = [
            row
            for place, row in enumerate(rows)
            if row[0] in points
            or place + 1 == len(rows)
            or abs(rows[place + 1][1] - row[1]) > 0.002
        ]
        return tuple(alike)

    def remarks(self, money: Money, balance_sheet: float | None = None) -> tuple[Remark, ...]:
        """Give the sanity panel."""
        return panel(self.simulation, money, balance_sheet)

    def told(self, money: Money, balance_sheet: float | None = None) -> dict[str, Any]:
        """Give everything as plain values for JSON."""
        exceedance = self.curve.exceedance()
        return {
            "years": self.simulation.years,
            "seed": self.simulation.seed,
            "method": "exact" if self.curve.years is None else "simulation",
            "ale": self.curve.ale,
            "standard_error": self.curve.standard_error,
            "standard_deviation": self.curve.standard_deviation,
            "chance_of_a_loss": self.curve.probability_above(0),
            "bad_years": [
                {"one_in": n, "exceeds": value, "mean_of_worse": tail}
                for n, value, tail in self.bad_years()
            ],
            "appetite": [
                {**asdict(check), "breached": check.breached, "within_noise": check.within_noise}
                for check in self.checks
            ],
            "exceedance": [
                {"loss": loss, "chance": chance, "low": low, "high": high}
                for loss, chance, low, high in zip(
                    exceedance.loss.tolist(),
                    exceedance.probability.tolist(),
                    exceedance.low.tolist(),
                    exceedance.high.tolist(),
                    strict=True,
                )
            ],
            "scenarios": [
                {
                    "id": row.scenario.id,
                    "name": row.scenario.name,
                    "state": row.scenario.state,
                    "rate": row.scenario.rate,
                    "event_loss": row.scenario.event_loss,
                    "ale": row.scenario.ale,
                    "ale_simulated": row.ale,
                    "share_of_ale": row.mean_share,
                    "in_worst_year_of_20": row.tail,
                    "share_of_worst": row.share,
                }
                for row in self.contributions
            ],
            "remarks": [asdict(remark) for remark in self.remarks(money, balance_sheet)],
        }
