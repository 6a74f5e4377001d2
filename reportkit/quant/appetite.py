"""How much loss is accepted: approved points, and where a loss curve goes beyond them."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from reportkit.errors import DataError
from reportkit.quant.checks import share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.quant.exceedance import LossCurve

_NORMAL = NormalDist()


@dataclass(frozen=True)
class PointCheck:
    """A loss curve beside one approved point.

    Attributes:
        loss: approved amount, in money.
        allowed: largest accepted chance of a larger loss in a year.
        actual: the curve's chance of a larger loss.
        low: lower end of its interval.
        high: upper end.
    """

    loss: float
    allowed: float
    actual: float
    low: float
    high: float

    @property
    def breached(self) -> bool:
        """Whether the chance is larger than accepted."""
        return self.actual > self.allowed

    @property
    def within_noise(self) -> bool:
        """Whether the simulation is too short to tell on which side the chance lies."""
        return self.low <= self.allowed <= self.high and self.low < self.high


@dataclass(frozen=True)
class Appetite:
    """Approved points (loss, largest accepted chance of more in a year), in rising order of loss.

    Between two points the accepted chance follows the lognormal curve through both; beyond the outer points nothing
    was approved and nothing is said.
    """

    points: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise DataError(
                "An appetite needs at least one approved point (loss, probability); none was given."
            )
        for loss, chance in self.points:
            if not 0 < loss < math.inf:
                raise DataError(
                    f"Appetite point has a loss of {loss:,.12g}; give an amount above 0."
                )
            share("Appetite probability", chance)
        for (loss, chance), (more, rarer) in itertools.pairwise(self.points):
            if more <= loss:
                raise DataError(
                    f"Appetite losses {loss:,.12g} and {more:,.12g} do not rise; sort the points by loss."
                )
            if rarer > chance:
                raise DataError(
                    f"Appetite accepts {more:,.12g} more often ({rarer:g}) than {loss:,.12g} ({chance:g}); "
                    "a larger loss cannot be more likely."
                )

    @classmethod
    def from_pairs(cls, pairs: Sequence[Sequence[float]]) -> Appetite:
        """Give the appetite of a list of [loss, probability] in any order."""
        return cls(tuple(sorted((float(loss), float(chance)) for loss, chance in pairs)))

    def at(self, loss: float) -> float | None:
        """Largest accepted chance of more than ``loss`` in a year; None beyond the approved points."""
        if loss == self.points[0][0]:
            return self.points[0][1]
        for (near, often), (far, seldom) in itertools.pairwise(self.points):
            if near < loss < far:
                start, end = _NORMAL.inv_cdf(often), _NORMAL.inv_cdf(seldom)
                way = math.log(loss / near) / math.log(far / near)
                return _NORMAL.cdf(start + way * (end - start))
            if loss == far:
                return seldom
        return None

    def check(self, curve: LossCurve) -> tuple[PointCheck, ...]:
        """Put a loss curve beside every approved point."""
        seen = curve.exceedance(np.array([loss for loss, _ in self.points]))
        rows = zip(
            self.points,
            seen.probability.tolist(),
            seen.low.tolist(),
            seen.high.tolist(),
            strict=True,
        )
        return tuple(PointCheck(*point, *figures) for point, *figures in rows)

    def breaches(self, curve: LossCurve) -> tuple[PointCheck, ...]:
        """Approved points at which the chance is larger than accepted."""
        return tuple(point for point in self.check(curve) if point.breached)

    def largest_excess(self, curve: LossCurve, points: int = 200) -> float:
        """Largest gap between chance and accepted chance between the outer approved points; below 0 is room."""
        ends = self.points[0][0], self.points[-1][0]
        between = np.geomspace(*ends, points)[1:-1].tolist() if ends[0] < ends[1] else []
        losses = [*between, *(loss for loss, _ in self.points)]
        allowed = np.array([self.at(loss) for loss in losses], dtype=np.float64)
        return float((curve.exceedance(np.array(losses)).probability - allowed).max())

    def excess_range(self, curve: LossCurve, points: int = 200) -> tuple[float, float] | None:
        """Give the smallest and largest loss between approved points at which the chance is surely too large.

        Every point may hold and the curve still be broken between two of them. None where it is nowhere.
        """
        at = np.geomspace(self.points[0][0], self.points[-1][0], points)[1:-1]
        allowed = np.array([self.at(loss) for loss in at.tolist()], dtype=np.float64)
        above = at[curve.exceedance(at).low > allowed]
        return (float(above[0]), float(above[-1])) if above.size else None
