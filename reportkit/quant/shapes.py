"""Losses built from others or from observations: what was seen, a cap, a scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.checks import amount
from reportkit.quant.severity import Severity

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Empirical(Severity):
    """Losses that were observed, each as likely as the others.

    It never shows a loss larger than the largest seen: use a lognormal where the worst is still to come.

    Args:
        losses: observed losses of single events, in money, in any order.
    """

    losses: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.losses:
            raise DataError(
                "No observed loss was given; give at least one amount, or an interval instead."
            )
        for loss in self.losses:
            amount("Observed loss", loss)

    @cached_property
    def _sorted(self) -> FloatArray:
        return np.sort(np.array(self.losses, dtype=np.float64))

    @cached_property
    def _sums(self) -> FloatArray:
        return np.concatenate(([0.0], np.cumsum(self._sorted)))

    @property
    def stepped(self) -> bool:
        """Whether the loss takes single values."""
        return True

    @property
    def mean(self) -> float:
        """Mean of the observed losses."""
        return float(self._sorted.mean())

    @property
    def variance(self) -> float:
        """Variance of the observed losses."""
        return float(self._sorted.var())

    def survival(self, loss: FloatArray) -> FloatArray:
        """Share of observed losses above each ``loss``."""
        return np.asarray(1 - np.searchsorted(self._sorted, loss, side="right") / len(self.losses))

    def quantile(self, p: FloatArray) -> FloatArray:
        """Smallest observed loss that a share ``p`` does not exceed."""
        place = np.ceil(np.asarray(p) * len(self.losses) - 1e-9).astype(np.intp) - 1
        return self._sorted[np.clip(place, 0, len(self.losses) - 1)]

    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Mean of the observed losses when nothing above each ``limit`` counts."""
        below = np.searchsorted(self._sorted, limit, side="right")
        above = len(self.losses) - below
        capped = np.where(above > 0, limit, 0.0) * above
        return np.asarray((self._sums[below] + capped) / len(self.losses))


@dataclass(frozen=True)
class Capped(Severity):
    """A loss that counts as the cap when it is larger.

    Args:
        inner: the loss without cap.
        cap: the most that can be lost, more than 0.
    """

    inner: Severity
    cap: float

    def __post_init__(self) -> None:
        if amount("Cap", self.cap) == 0:
            raise DataError("Cap is 0; give an amount above 0.")

    @property
    def stepped(self) -> bool:
        """Whether the loss takes single values."""
        return self.inner.stepped

    @property
    def mean(self) -> float:
        """Expected loss of one event, with the cap."""
        return float(self.inner.limited_mean(np.array([self.cap]))[0])

    @cached_property
    def variance(self) -> float:
        """Variance of the loss of one event, with the cap."""
        # The second moment is the area under 2·x·survival.
        x = np.linspace(0.0, self.cap, 200_001)
        y = 2 * x * self.inner.survival(x)
        second = float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())
        return max(second - self.mean**2, 0.0)

    def survival(self, loss: FloatArray) -> FloatArray:
        """Probability that one event costs more than each ``loss``."""
        return np.where(np.asarray(loss) < self.cap, self.inner.survival(loss), 0.0)

    def quantile(self, p: FloatArray) -> FloatArray:
        """Loss that one event does not exceed with each probability ``p``."""
        return np.minimum(self.inner.quantile(p), self.cap)

    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Expected loss of one event when nothing above each ``limit`` counts."""
        return self.inner.limited_mean(np.minimum(limit, self.cap))


@dataclass(frozen=True)
class Scaled(Severity):
    """A loss times a factor: what is left of it when a control stops a share, or another currency.

    Args:
        inner: the loss before.
        factor: more than 0.
    """

    inner: Severity
    factor: float

    def __post_init__(self) -> None:
        if amount("Factor of the loss", self.factor) == 0:
            raise DataError(
                "Factor of the loss is 0; a scenario without loss is none, leave it out."
            )

    @property
    def stepped(self) -> bool:
        """Whether the loss takes single values."""
        return self.inner.stepped

    @property
    def mean(self) -> float:
        """Expected loss of one event."""
        return self.factor * self.inner.mean

    @property
    def variance(self) -> float:
        """Variance of the loss of one event."""
        return self.factor**2 * self.inner.variance

    def survival(self, loss: FloatArray) -> FloatArray:
        """Probability that one event costs more than each ``loss``."""
        return self.inner.survival(np.asarray(loss) / self.factor)

    def quantile(self, p: FloatArray) -> FloatArray:
        """Loss that one event does not exceed with each probability ``p``."""
        return self.inner.quantile(p) * self.factor

    def limited_mean(self, limit: FloatArray) -> FloatArray:
        """Expected loss of one event when nothing above each ``limit`` counts."""
        return self.inner.limited_mean(np.asarray(limit) / self.factor) * self.factor
