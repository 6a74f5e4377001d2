"""Yearly counts against closed forms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from reportkit.errors import DataError
from reportkit.quant import Bernoulli, Frequency, NegativeBinomial, Poisson

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = [
    Poisson(0),
    Poisson(0.1),
    Poisson(37),
    Poisson(5000),
    NegativeBinomial(2, 0.5),
    NegativeBinomial(0, 1),
    NegativeBinomial(300, 4),
    NegativeBinomial(1, 1e9),
    Bernoulli(0),
    Bernoulli(0.005),
    Bernoulli(1),
]


def test_clustering_makes_quiet_years_likelier() -> None:
    clustered = NegativeBinomial(2, 0.5)
    assert clustered.variance == 10
    assert clustered.probabilities()[0] == pytest.approx(0.447213595, abs=5e-10)
    assert Poisson(2).probabilities()[0] == pytest.approx(0.135335, abs=5e-7)


def test_at_most_one_a_year_is_a_strong_claim() -> None:
    for rate, more in ((0.1, 0.005), (2, 0.59)):
        assert Poisson(rate).probabilities()[2:].sum() == pytest.approx(more, abs=5e-3)


@pytest.mark.parametrize("frequency", ALL, ids=repr)
def test_probabilities_carry_all_mass_mean_and_variance(frequency: Frequency) -> None:
    mass = frequency.probabilities()
    k = np.arange(mass.size)
    mean = (k * mass).sum()
    assert mass.sum() == pytest.approx(1, abs=1e-10)
    assert mean == pytest.approx(frequency.mean, rel=1e-9)
    assert ((k - mean) ** 2 * mass).sum() == pytest.approx(frequency.variance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("frequency", ALL, ids=repr)
def test_generating_function_is_the_sum_over_counts(frequency: Frequency) -> None:
    z = np.exp(1j * np.linspace(0, 2 * math.pi, 7)) * 0.9
    mass = frequency.probabilities()
    expected = (mass * z[:, None] ** np.arange(mass.size)).sum(axis=1)
    np.testing.assert_allclose(frequency.generating(z), expected, atol=1e-9)


def test_poisson_probabilities_by_definition() -> None:
    expected = [math.exp(-3) * 3**k / math.factorial(k) for k in range(20)]
    np.testing.assert_allclose(Poisson(3).probabilities()[:20], expected, rtol=1e-12)


def test_very_weak_clustering_is_poisson() -> None:
    np.testing.assert_allclose(
        NegativeBinomial(3, 1e9).probabilities()[:20], Poisson(3).probabilities()[:20], rtol=1e-6
    )


@pytest.mark.parametrize("frequency", ALL, ids=repr)
def test_thresholds_rise_to_one(frequency: Frequency) -> None:
    bars = frequency.thresholds()
    assert bars[-1] == 1
    assert (np.diff(bars) >= 0).all()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: Poisson(-0.1), "0 or more", id="negative"),
        pytest.param(lambda: Poisson(math.nan), "0 or more", id="nan"),
        pytest.param(lambda: Poisson(2e6), "one by one", id="too-often"),
        pytest.param(lambda: NegativeBinomial(-1, 1), "0 or more", id="negbin-negative"),
        pytest.param(lambda: NegativeBinomial(1, 0), "above 0", id="dispersion"),
        pytest.param(
            lambda: NegativeBinomial(1e6, 1e-3).probabilities(), "too strongly", id="clusters"
        ),
        pytest.param(lambda: Bernoulli(1.5), "Poisson rate", id="probability"),
        pytest.param(lambda: Bernoulli(math.nan), "0 to 1", id="probability-nan"),
    ],
)
def test_bad_estimates_are_refused_in_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make()
    assert "\n" not in caught.value.message
