"""What insurance takes off a year's loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount

if TYPE_CHECKING:
    from reportkit.quant.exceedance import LossCurve

FloatArray = npt.NDArray[np.float64]


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
        amount("Retention", self.retention)
        if not self.limit > 0:
            raise DataError(f"Limit of the cover is {self.limit:,g}; give an amount above 0.")

    def ceded(self, losses: FloatArray) -> FloatArray:
        """Part of each loss that the insurer pays."""
        return np.clip(np.asarray(losses) - self.retention, 0.0, self.limit)

    def net(self, losses: FloatArray) -> FloatArray:
        """Part of each loss that stays."""
        return np.asarray(losses) - self.ceded(losses)

    def net_curve(self, gross: LossCurve) -> LossCurve:
        """Give the loss curve after the cover, when it covers every scenario of the curve."""
        return gross.mapped(self.net)
