"""Whether an attempt becomes a loss: the attacker's capability against the strength of the controls, attempt by attempt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError

if TYPE_CHECKING:
    from reportkit.quant.severity import Pert

FloatArray = npt.NDArray[np.float64]
Rule = Literal["mean", "weakest", "strongest"]

#: Places of the scale from 0 to 1 on which the closed form is computed.
_PLACES = 4096
_RULES = ("mean", "weakest", "strongest")


@dataclass(frozen=True)
class Contest:
    """An attempt succeeds when the attacker's capability exceeds the strength it meets, drawn anew for each attempt.

    Args:
        capability: threat capability on a scale of 0 to 1.
        strengths: resistance of each control on the same scale.
        rule: which strength the attempt meets: their ``mean``, the ``weakest`` (controls stand side by side and the
            attacker picks) or the ``strongest`` (they stand in a row and all must be passed).

    Source:
        Open FAIR O-RT: vulnerability is the probability that threat capability exceeds resistance strength.
    """

    capability: Pert
    strengths: tuple[Pert, ...]
    rule: Rule = "mean"

    def __post_init__(self) -> None:
        if not self.strengths:
            raise DataError(
                "A contest has no control strength; give at least one, or a vulnerability instead."
            )
        if self.rule not in _RULES:
            raise DataError(f"Rule {self.rule!r} is not known; choose mean, weakest or strongest.")
        for part in (self.capability, *self.strengths):
            if part.high > 1:
                raise DataError(
                    f"Capability or strength runs up to {part.high:g}; give shares between 0 and 1."
                )

    @cached_property
    def probability(self) -> float:
        """Vulnerability: the share of attempts that succeed."""
        met = self._met()
        places = np.arange(met.size) / (met.size - 1)
        return float((met * self.capability.survival(places)).sum())

    def _met(self) -> FloatArray:
        """Mass of the strength that an attempt meets, on equal steps from 0 to 1."""
        survivals = [_on_edges(strength) for strength in self.strengths]
        if self.rule == "weakest":
            return np.asarray(-np.diff(np.prod(survivals, axis=0)))
        if self.rule == "strongest":
            return np.asarray(np.diff(np.prod([1 - above for above in survivals], axis=0)))
        whole = len(survivals) * _PLACES + 1
        size = 2 ** math.ceil(math.log2(whole + 1))
        product = np.ones(size // 2 + 1, dtype=np.complex128)
        for above in survivals:
            product *= np.fft.rfft(-np.diff(above), size)
        return np.maximum(np.fft.irfft(product, size)[:whole], 0.0)


@lru_cache(maxsize=64)
def _on_edges(strength: Pert) -> FloatArray:
    """Give the probability of more than each edge of the scale; a few estimates serve many controls."""
    above = strength.survival(np.concatenate(([0.0], (np.arange(_PLACES) + 0.5) / _PLACES, [1.0])))
    above[0], above[-1] = 1.0, 0.0
    return above
