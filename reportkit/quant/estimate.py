"""An input that is not known exactly: a smallest, a most likely and a largest value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.severity import Pert

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value between two limits with a most likely one (PERT); of any sign, and fixed when the limits are equal.

    Args:
        low: smallest value.
        mode: most likely value.
        high: largest value.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (self.low, self.mode, self.high)):
            raise DataError(
                "An estimate holds something that is no number; give low, mode and high."
            )
        if not self.low <= self.mode <= self.high:
            raise DataError(
                f"Estimate runs {self.low:,g}, {self.mode:,g}, {self.high:,g}; give it as low, most likely, high."
            )

    @classmethod
    def fixed(cls, value: float) -> Estimate:
        """Give a value without doubt."""
        return cls(value, value, value)

    @property
    def known(self) -> bool:
        """Whether there is no doubt."""
        return self.low == self.high

    @property
    def mean(self) -> float:
        """Expected value."""
        return (self.low + 4 * self.mode + self.high) / 6

    def quantile(self, p: FloatArray) -> FloatArray:
        """Value not exceeded with each probability."""
        at = np.asarray(p, dtype=np.float64)
        return (
            np.full(at.shape, self.low)
            if self._pert is None
            else self.low + self._pert.quantile(at)
        )

    def at(self, p: float) -> float:
        """Value not exceeded with one probability."""
        return float(self.quantile(np.array([p]))[0])

    @cached_property
    def _pert(self) -> Pert | None:
        # The shape does not depend on where the range lies, and a range may lie below zero.
        return None if self.known else Pert(0.0, self.mode - self.low, self.high - self.low)


NOTHING = Estimate.fixed(0.0)
