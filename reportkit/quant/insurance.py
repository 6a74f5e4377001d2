"""What insurance takes off a year's loss: cover of each event, or of the whole year.

Amounts are the policy's own. A waiting period is a retention: what the business loses before the cover begins. What a
policy excludes is a scenario that is not marked as insured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount

if TYPE_CHECKING:
    from reportkit.quant.exceedance import LossCurve

FloatArray = npt.NDArray[np.float64]


class Layer(Protocol):
    """One layer of cover: what it would pay of each event, and what it pays of the year's sum of that."""

    @property
    def by_event(self) -> bool:
        """Whether single events matter, and not only the year's sum."""

    def of_event(self, losses: FloatArray) -> FloatArray:
        """Part of each event's loss that counts for the layer."""

    def of_year(self, sums: FloatArray) -> FloatArray:
        """What the insurer pays of each year's sum of those parts."""


@dataclass(frozen=True)
class AnnualLayer:
    """Cover of a whole year's loss above a retention, up to a limit.

    Args:
        retention: part of the year's loss that is not insured, in money.
        limit: the most that is paid in a year; infinite means no limit.
    """

    retention: float
    limit: float = math.inf

    def __post_init__(self) -> None:
        _check(self.retention, self.limit)

    @property
    def by_event(self) -> bool:
        """Only the year's sum matters."""
        return False

    def of_event(self, losses: FloatArray) -> FloatArray:
        """Every event counts whole."""
        return losses

    def of_year(self, sums: FloatArray) -> FloatArray:
        """What the insurer pays of each year's loss."""
        return self.ceded(sums)

    def ceded(self, losses: FloatArray) -> FloatArray:
        """Part of each loss that the insurer pays."""
        return np.clip(np.asarray(losses) - self.retention, 0.0, self.limit)

    def net(self, losses: FloatArray) -> FloatArray:
        """Part of each loss that stays."""
        return np.asarray(losses) - self.ceded(losses)

    def net_curve(self, gross: LossCurve) -> LossCurve:
        """Give the loss curve after the cover, when it covers every scenario of the curve."""
        return gross.mapped(self.net)


@dataclass(frozen=True)
class EventLayer:
    """Cover of each event above a retention, up to a limit, and up to an aggregate limit in a year.

    Args:
        retention: part of each event's loss that is not insured, in money.
        limit: the most that is paid for one event; infinite means no limit.
        aggregate: the most that is paid in a year; infinite means no limit.
    """

    retention: float
    limit: float = math.inf
    aggregate: float = math.inf

    def __post_init__(self) -> None:
        _check(self.retention, self.limit)
        if not self.aggregate > 0:
            raise DataError(
                f"Aggregate limit of the cover is {self.aggregate:,.12g}; give an amount above 0."
            )

    @property
    def by_event(self) -> bool:
        """Single events matter."""
        return True

    def of_event(self, losses: FloatArray) -> FloatArray:
        """Part of each event's loss that the insurer pays while the aggregate limit lasts."""
        return np.clip(np.asarray(losses) - self.retention, 0.0, self.limit)

    def of_year(self, sums: FloatArray) -> FloatArray:
        """What the insurer pays in each year."""
        return np.minimum(sums, self.aggregate)


def _check(retention: float, limit: float) -> None:
    amount("Retention", retention)
    if not limit > 0:
        raise DataError(f"Limit of the cover is {limit:,.12g}; give an amount above 0.")
