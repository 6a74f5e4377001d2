"""Random numbers that depend on seed, name, year and event, and on nothing else.

A number is looked up, not drawn in turn. So adding a scenario moves no other, the size of a block moves nothing, a
longer simulation begins with the shorter one, and two states of one scenario meet the same luck in the same year.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportkit.errors import DataError
from reportkit.quant.normal import quantile

FloatArray = npt.NDArray[np.float64]
PlaceArray = npt.NDArray[np.uint64]

#: Years that fit between two event numbers.
MAX_YEARS = 2**40

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST, _DROPPED = np.uint64(31), np.uint64(12)


@dataclass(frozen=True)
class Stream:
    """An endless table of uniform numbers, by year and event.

    Source:
        Steele, Lea, Flood (2014): SplitMix64, a counter passed through a mixing function.
    """

    key: int

    @classmethod
    def named(cls, seed: int, *names: str) -> Stream:
        """Give the stream of a name under a seed of 0 or more.

        Raises:
            DataError: a negative seed.
        """
        if seed < 0:
            raise DataError(f"Seed {seed} is negative; give a whole number of 0 or more.")
        digest = hashlib.sha256("\0".join(names).encode()).digest()
        words = np.frombuffer(digest, dtype="<u4").tolist()
        state = np.random.SeedSequence([seed, *words]).generate_state(1, np.uint64)
        return cls(int(state[0]))

    def bits(self, places: PlaceArray) -> PlaceArray:
        """Give 64 random bits for each place, see :func:`place`."""
        bits = places * _STEP
        bits += np.uint64((self.key + int(_STEP)) % 2**64)
        # One spare array for all steps: fresh ones of this size cost more than the arithmetic.
        spare = np.empty_like(bits)
        for shift, factor in _MIX:
            np.right_shift(bits, shift, out=spare)
            np.bitwise_xor(bits, spare, out=bits)
            np.multiply(bits, factor, out=bits)
        np.right_shift(bits, _LAST, out=spare)
        np.bitwise_xor(bits, spare, out=bits)
        return bits

    def uniform(self, places: PlaceArray) -> FloatArray:
        """Give one number strictly between 0 and 1 for each place."""
        bits = self.bits(places)
        bits >>= _DROPPED
        number = bits.astype(np.float64)
        # Half a step away from both ends: a quantile at 0 or 1 would be infinite.
        number += 0.5
        number *= 2.0**-52
        return number

    def normal(self, places: PlaceArray) -> FloatArray:
        """Give one standard normal number for each place: the quantile of the uniform one."""
        return quantile(self.uniform(places))


def bar(p: float) -> int:
    """Give the least bits whose uniform number reaches ``p``; 2**64 when none does."""
    # Comparing whole numbers gives what comparing uniform(...) >= p gives, at half the cost.
    return max(math.ceil(p * 2**52 - 0.5), 0) << 12


def place(years: npt.NDArray[np.integer], event: int = 0) -> PlaceArray:
    """Give the place of an event of each year: events are numbered from 1, and 0 is the year itself."""
    found = years.astype(np.uint64)
    if event:
        found += np.uint64(event * MAX_YEARS)
    return found
