"""The interval of a median from order statistics, against a printed table and against its own promise."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.stats import median_interval

#: Ranks of the 95 % interval and its true level in per cent, as printed in tables of textbooks ("Confidence intervals for
#: the population median", n up to 20) and, without the level, for larger n in Gardner and Altman, Statistics with
#: Confidence, table for population medians.
PRINTED = [
    (6, 1, 96.9), (7, 1, 98.4), (8, 1, 99.2), (9, 2, 96.1), (10, 2, 97.9), (11, 2, 98.8), (12, 3, 96.1), (13, 3, 97.8),
    (14, 3, 98.7), (15, 4, 96.5), (16, 4, 97.9), (17, 5, 95.1), (18, 5, 96.9), (19, 5, 98.1), (20, 6, 95.9),
]  # fmt: skip


@pytest.mark.parametrize(("n", "rank", "level"), PRINTED)
def test_ranks_and_levels_are_the_printed_ones(n: int, rank: int, level: float) -> None:
    ordered = np.arange(1, n + 1, dtype=float)
    low, high = median_interval(ordered)
    assert (low, high) == (rank, n + 1 - rank)
    # The level printed beside the ranks: all heads counts between them.
    assert 100 * (1 - 2 * sum(math.comb(n, k) for k in range(rank)) / 2**n) == pytest.approx(level, abs=0.051)  # fmt: skip


@pytest.mark.parametrize(("n", "rank"), [(25, 8), (30, 10), (40, 14), (50, 18), (100, 40)])
def test_ranks_of_larger_samples(n: int, rank: int) -> None:
    assert median_interval(np.arange(1, n + 1, dtype=float)) == (rank, n + 1 - rank)


@pytest.mark.parametrize(("level", "n", "ranks"), [
    (0.99, 7, None), (0.99, 8, (1, 8)), (0.99, 15, (3, 13)), (0.9, 5, (1, 5)), (0.9, 4, None), (0.9, 10, (2, 9)), (0.9, 13, (4, 10)),
])  # fmt: skip
def test_other_levels(level: float, n: int, ranks: tuple[int, int] | None) -> None:
    """From the same table: of 7 the widest covers 98.4 %, of 8 99.2 %; of 13 the fourth and tenth 90.8 %."""
    found = median_interval(np.arange(1, n + 1, dtype=float), level)
    assert found == (ranks or (None, None))


@pytest.mark.parametrize("n", range(6))
def test_fewer_than_six_say_nothing(n: int) -> None:
    assert median_interval(np.arange(n, dtype=float)) == (None, None)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0])
def test_a_level_that_is_none(level: float) -> None:
    with pytest.raises(DataError, match="is not allowed"):
        median_interval(np.arange(9, dtype=float), level)


def test_it_holds_the_median_and_no_smaller_one_would_do() -> None:
    """For any values: the ends are values of the sample around its median, at least 95 % by the binomial, and the next
    narrower interval less."""
    luck = random.Random(7)
    for _ in range(300):
        n = luck.randrange(6, 200)
        values = np.sort([luck.choice([luck.random(), float(luck.randrange(5))]) for _ in range(n)])
        low, high = median_interval(values)
        assert low is not None
        assert high is not None
        assert low <= float(np.median(values)) <= high
        assert {low, high} <= set(values.tolist())
        (rank,) = (
            r for r in range(1, n // 2 + 1) if (tail(n, r) <= 0.025 < tail(n, r + 1))
        )  # fmt: skip
        assert (low, high) == (values[rank - 1], values[n - rank])


def tail(n: int, rank: int) -> float:
    """The chance that the value of a rank lies above the median: fewer than so many below it."""
    return float(sum(math.comb(n, k) for k in range(rank)) / 2**n)


def test_it_covers_the_true_median_as_often_as_it_says() -> None:
    """Of 4,000 samples of twelve, 96.1 % hold the true median, within three standard errors (0.92 %)."""
    chance = np.random.default_rng(3)
    samples = np.sort(chance.exponential(size=(4_000, 12)), axis=1)
    ends = [median_interval(row) for row in samples]
    held = [low is not None and high is not None and low <= math.log(2) <= high for low, high in ends]  # fmt: skip
    assert sum(held) / 4_000 == pytest.approx(0.9614, abs=0.0092)


def test_many_items() -> None:
    low, high = median_interval(np.arange(20_000, dtype=float))
    # Normal approximation: 10,000 -+ 1.96 x sqrt(20,000) / 2 = 10,000 -+ 139.
    assert low is not None
    assert high is not None
    assert [10_000 - low, high - 9_999] == pytest.approx([139, 139], abs=2)
