"""Durations, shares and counts against published values and against properties they must have."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit.errors import DataError
from reportkit.stats import (
    chapman,
    counts_differ,
    kaplan_meier,
    kaplan_meier_counts,
    newcombe,
    poisson_exact,
    proportions_differ,
    wilson,
)

from . import published
from .published import curve

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

# Freireich et al. (1963), weeks of remission under 6-mercaptopurine; a plus in the paper is False here.
REMISSION = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
SIX_MP = kaplan_meier(REMISSION, np.array(RELAPSED, dtype=bool))
assert SIX_MP is not None

# A busy machine is no failure.
unhurried = settings(deadline=None)

items = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=60)


def test_remission_curve_equals_the_published_one() -> None:
    assert SIX_MP is not None
    assert (SIX_MP.n, SIX_MP.n_events, sum(REMISSION)) == (21, 9, 359)
    for week, share in {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 23: 0.4482}.items():
        assert SIX_MP.at(week) == pytest.approx(share, abs=5e-5)
    assert SIX_MP.median == 23
    assert SIX_MP.rmst(30) == pytest.approx(21.05, abs=0.005)
    assert SIX_MP.censored == pytest.approx(12 / 21)


def test_a_curve_that_ends_early_says_so() -> None:
    assert SIX_MP is not None
    assert SIX_MP.p90 is None
    assert SIX_MP.at(35.1) is None
    assert SIX_MP.rmst(36) is None
    assert SIX_MP.at(0) == 1


def test_log_log_band_equals_statas_listing() -> None:
    # First line of Stata's list of its cancer data: 48 at risk, 2 fail, 0.9583, 0.8435 to 0.9894.
    curve = kaplan_meier_counts([1, 2], [2, 0], [0, 46])
    assert curve is not None
    assert curve.survival[0] == pytest.approx(0.9583, abs=5e-5)
    assert curve.low[0] == pytest.approx(0.8435, abs=5e-5)
    assert curve.high[0] == pytest.approx(0.9894, abs=5e-5)


def test_band_is_undefined_where_nothing_or_everything_has_happened() -> None:
    curve = kaplan_meier([1, 2, 3], [False, True, True])
    assert curve is not None
    assert np.isnan(curve.low).tolist() == [True, False, True]
    assert np.isnan(curve.high).tolist() == [True, False, True]


def test_closing_old_items_does_not_hide_those_still_open() -> None:
    # Nine closed in a day and ten still open after 100 days: the mean of the closed says one day.
    curve = kaplan_meier([1] * 9 + [100] * 10, [True] * 9 + [False] * 10)
    assert curve is not None
    assert curve.median is None
    assert curve.at(100) == pytest.approx(10 / 19)


def test_events_come_before_exits_at_the_same_time() -> None:
    curve = kaplan_meier([5, 5], [True, False])
    assert curve is not None
    assert curve.at_risk.tolist() == [2]
    assert curve.at(5) == 0.5


def test_quantile_is_found_in_spite_of_rounding() -> None:
    curve = kaplan_meier(list(range(1, 11)), [True] * 10)
    assert curve is not None
    assert [curve.quantile(k / 10) for k in range(1, 10)] == list(range(1, 10))


def test_rmst_without_open_items_is_the_mean() -> None:
    curve = kaplan_meier([1, 2, 6], [True] * 3)
    assert curve is not None
    assert curve.rmst(100) == pytest.approx(3)
    assert curve.at(7) == 0


@pytest.mark.parametrize(
    ("printed", "p", "value", "low", "high"),
    [
        pytest.param(published.ALL, 0.25, 122, 86, 230, id="sas-bmt-quartile"),
        pytest.param(published.SIX_MP, 0.5, 23, 13, None, id="freireich-6-mp"),
        pytest.param(published.PLACEBO, 0.5, 8, 4, 11, id="freireich-placebo"),
    ],
)
def test_quantile_interval_equals_the_published_one(
    printed: str, p: float, value: float, low: float, high: float | None
) -> None:
    """LOGLOG limits in SAS's manual of LIFETEST for BMT; lifelines 0.30, run once, for Freireich's data."""
    times = curve(printed).quantile_interval(p)
    assert (times.value, times.low, times.high) == (value, low, high)


def test_medians_of_the_aml_data() -> None:
    """R's survival, tests/doaml: 31 and 23 weeks."""
    assert curve(published.MAINTAINED).median == 31
    assert curve(published.NONMAINTAINED).median == 23


def test_median_interval_is_the_95_percent_one() -> None:
    times = curve(published.SIX_MP).median_interval
    assert (times.value, times.low, times.high) == (23, 13, None)


def test_an_interval_the_data_do_not_bound_has_no_end() -> None:
    # Ten of ten at once: the curve falls past every band.
    times = curve("5 " * 10).median_interval
    assert (times.value, times.low, times.high) == (5, None, None)
    times = curve("5+ " * 10).median_interval
    assert (times.value, times.low, times.high) == (None, None, None)
    # One of ten: 0.9 raised to exp(1.96) is 0.473, so half may have finished from 1 on, and may never.
    times = curve("1 " + "9+ " * 9).median_interval
    assert (times.value, times.low, times.high) == (None, 1, None)


@unhurried
@given(items, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_quantile_interval_holds_the_times_a_test_cannot_reject(
    rows: list[tuple[int, bool]], p: float
) -> None:
    """Brookmeyer, Crowley (1982): events before the lower end reject, those between the ends do not."""
    made = kaplan_meier(*map(list, zip(*rows, strict=True)))
    assert made is not None
    times = made.quantile_interval(p)
    target, spread, before = math.log(-math.log(1 - p)), 0.0, True
    for day in sorted({t for t, done in rows if done}):
        at_risk = sum(t >= day for t, _ in rows)
        died = sum(t == day and done for t, done in rows)
        share = made.at(day)
        assert share is not None
        if share == 0 or died == at_risk:
            break
        spread += died / (at_risk * (at_risk - died))
        distance = (math.log(-math.log(share)) - target) / (math.sqrt(spread) / -math.log(share))
        if abs(abs(distance) - 1.959964) < 1e-4:
            return
        if before and distance >= -1.96:
            assert times.low == day
            before = False
        if distance >= 1.96:
            assert times.high == day
            return
    assert times.high is None


@unhurried
@given(items)
def test_a_surer_interval_is_wider(rows: list[tuple[int, bool]]) -> None:
    made = kaplan_meier(*map(list, zip(*rows, strict=True)))
    assert made is not None
    narrow, wide = made.quantile_interval(0.5, level=0.8), made.quantile_interval(0.5, level=0.99)
    ends = [
        math.inf if end is None else end for end in (wide.low, narrow.low, narrow.high, wide.high)
    ]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("printed", "tau", "mean", "error"),
    [
        pytest.param(published.MAINTAINED, 103, 41.96818, 11.257627, id="r-aml-maintained"),
        pytest.param(published.NONMAINTAINED, 103, 22.70833, 4.180942, id="r-aml-nonmaintained"),
    ],
)
def test_rmst_and_its_standard_error_equal_the_published_ones(
    printed: str, tau: float, mean: float, error: float
) -> None:
    """R's survival, table of survfit for aml: columns rmean and se(rmean), with 103 as common end."""
    made = curve(printed)
    assert made.rmst(tau) == pytest.approx(mean, abs=5e-6)
    assert made.rmst_se(tau) == pytest.approx(error, abs=5e-7)


@unhurried
@given(st.lists(st.integers(0, 60), min_size=1, max_size=60), st.integers(1, 70))
def test_without_exits_rmst_is_a_plain_mean_with_its_standard_error(
    durations: list[int], tau: int
) -> None:
    made = kaplan_meier(durations, [True] * len(durations))
    assert made is not None
    cut = [min(t, tau) for t in durations]
    assert made.rmst(tau) == pytest.approx(statistics.fmean(cut))
    error = statistics.pstdev(cut) / math.sqrt(len(cut))
    if error == 0:
        assert made.rmst_se(tau) is None
        assert made.rmst_interval(tau) is None
        return
    assert made.rmst_se(tau) == pytest.approx(error)
    interval = made.rmst_interval(tau)
    assert interval is not None
    mean = statistics.fmean(cut)
    assert interval.low == pytest.approx(max(mean - 1.959964 * error, 0), abs=1e-5)
    assert interval.high == pytest.approx(min(mean + 1.959964 * error, tau), abs=1e-5)


def test_rmst_is_not_surer_than_the_data() -> None:
    made = curve("10 20+ 30+ 40+")
    assert made.rmst(10) == 10
    assert made.rmst_interval(10) is None
    assert made.rmst_se(41) is None
    interval = made.rmst_interval(40)
    assert interval is not None
    assert interval.high == 40


@pytest.mark.parametrize("durations", [[], [math.nan, math.nan]])
def test_nothing_known_is_not_measured(durations: list[float]) -> None:
    assert kaplan_meier(durations, [True] * len(durations)) is None


def test_grouped_rows_without_items_are_not_measured() -> None:
    assert kaplan_meier_counts([], [], []) is None
    assert kaplan_meier_counts([3], [0], [0]) is None


def test_unknown_durations_are_left_out_and_counted() -> None:
    curve = kaplan_meier([4, math.nan], [True, True])
    assert curve is not None
    assert (curve.n, curve.missing) == (1, 1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: kaplan_meier([3, -1], [True, True]), "negative", id="duration"),
        pytest.param(lambda: kaplan_meier([3], [True, True]), "one state for each", id="states"),
        pytest.param(lambda: kaplan_meier_counts([3], [-1], [1]), "negative", id="events"),
        pytest.param(lambda: kaplan_meier_counts([3], [1], [1, 2]), "equal length", id="lengths"),
        pytest.param(lambda: kaplan_meier_counts([math.inf], [1], [1]), "finite", id="infinite"),
        pytest.param(lambda: SIX_MP.quantile(1.5), "between 0 and 1", id="quantile"),
        pytest.param(lambda: SIX_MP.rmst(-1), "negative", id="horizon"),
        pytest.param(lambda: SIX_MP.quantile_interval(0), "between 0 and 1", id="interval"),
        pytest.param(lambda: SIX_MP.quantile_interval(0.5, 2), "0.95", id="interval-level"),
        pytest.param(lambda: SIX_MP.rmst_se(-1), "negative", id="horizon-error"),
        pytest.param(lambda: SIX_MP.rmst_interval(-1), "negative", id="horizon-interval"),
        pytest.param(lambda: wilson(11, 10), "not a share", id="part-too-big"),
        pytest.param(lambda: wilson(-1, 10), "not a share", id="part-negative"),
        pytest.param(lambda: wilson(1, 10, level=95), "0.95", id="level"),
        pytest.param(lambda: poisson_exact(-1), "0 or more", id="count"),
        pytest.param(lambda: poisson_exact(1, -2), "0 or more", id="exposure"),
        pytest.param(lambda: counts_differ((1.5, 1), (2, 1)), "whole number", id="fraction"),
        pytest.param(lambda: chapman(5, 4, 6), "overlap", id="overlap"),
        pytest.param(lambda: chapman(-5, 4, -6), "overlap", id="lists"),
    ],
)
def test_impossible_input_is_refused_in_one_sentence(call: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        call()
    assert "\n" not in caught.value.message


@unhurried
@given(items, st.randoms())
def test_row_order_does_not_matter(rows: list[tuple[int, bool]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (kaplan_meier(*map(list, zip(*r, strict=True))) for r in (rows, shuffled))
    assert first is not None
    assert second is not None
    for name in ("time", "at_risk", "events", "survival", "low", "high"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@unhurried
@given(items)
def test_curve_falls_within_0_and_1_and_its_band(rows: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier(*map(list, zip(*rows, strict=True)))
    assert curve is not None
    assert (np.diff(np.concatenate(([1.0], curve.survival))) <= 0).all()
    assert (curve.survival >= 0).all()
    defined = ~np.isnan(curve.low)
    assert (curve.low[defined] <= curve.survival[defined]).all()
    assert (curve.survival[defined] <= curve.high[defined]).all()
    assert curve.at_risk[0] == len(rows)


@unhurried
@given(items)
def test_grouped_counts_give_the_same_curve(rows: list[tuple[int, bool]]) -> None:
    time = sorted({t for t, _ in rows})
    events = [sum(1 for t, done in rows if t == day and done) for day in time]
    exits = [sum(1 for t, done in rows if t == day and not done) for day in time]
    grouped = kaplan_meier_counts(time, events, exits)
    single = kaplan_meier(*map(list, zip(*rows, strict=True)))
    assert grouped is not None
    assert single is not None
    for name in ("time", "at_risk", "events", "survival", "low", "high"):
        np.testing.assert_array_equal(getattr(grouped, name), getattr(single, name))


@unhurried
@given(items)
def test_without_exits_the_curve_is_the_share_still_running(rows: list[tuple[int, bool]]) -> None:
    durations = [t for t, _ in rows]
    curve = kaplan_meier(durations, [True] * len(durations))
    assert curve is not None
    for day in (0, 7, 30):
        assert curve.at(day) == pytest.approx(sum(t > day for t in durations) / len(durations))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(20, 20, 0.8389, 1), (19, 20, 0.7639, 0.9911), (190, 200, 0.9104, 0.9726)],
)
def test_wilson_values(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@unhurried
@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_wilson_holds_the_share_and_stays_within_0_and_1(part: int, n: int) -> None:
    part = min(part, n)
    interval = wilson(part, n)
    assert interval is not None
    assert 0 <= interval.low <= part / n <= interval.high <= 1


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0, 3.689), (4, 1.090, 10.242), (8, 3.454, 15.763)]
)
def test_poisson_values(count: int, low: float, high: float) -> None:
    interval = poisson_exact(count)
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=5e-4)
    assert interval.high == pytest.approx(high, abs=5e-4)


@pytest.mark.parametrize("count", [1, 17, 250, 4000])
def test_poisson_ends_are_chi_square_quantiles(count: int) -> None:
    from scipy.special import gammaincinv

    interval = poisson_exact(count, exposure=3)
    assert interval is not None
    assert interval.value == count / 3
    assert interval.low * 3 == pytest.approx(gammaincinv(count, 0.025), rel=1e-9)
    assert interval.high * 3 == pytest.approx(gammaincinv(count + 1, 0.975), rel=1e-9)


def test_empty_groups_are_not_measured() -> None:
    assert wilson(0, 0) is None
    assert poisson_exact(0, exposure=0) is None
    assert newcombe((0, 0), (1, 2)) is None
    assert proportions_differ((1, 2), (0, 0)) is None
    assert counts_differ((0, 0), (3, 1)) is None
    assert chapman(0, 5, 0) is None


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe (1998), table II, method 10.
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_difference_of_shares_equals_newcombes_table(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    interval = newcombe(first, second)
    assert interval is not None
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)
    assert proportions_differ(first, second) is not (low <= 0 <= high)


def test_four_incidents_after_eight_is_noise() -> None:
    # Given 12 in all, P(at most 4) = 794/4096 = 0.194.
    assert counts_differ((4, 1), (8, 1)) is False
    # Given 16 in all, P(at most 2) = 137/65536 = 0.0021.
    assert counts_differ((2, 1), (14, 1)) is True
    assert counts_differ((0, 1), (0, 1)) is False


def test_counts_over_different_spans_are_compared_as_rates() -> None:
    assert counts_differ((10, 1), (30, 3)) is False
    assert counts_differ((10, 3), (30, 1)) is True


@unhurried
@given(st.integers(0, 25), st.integers(0, 25))
def test_equal_spans_agree_with_exact_fractions(a: int, b: int) -> None:
    n = a + b
    lower = sum(Fraction(math.comb(n, k), 2**n) for k in range(a + 1))
    upper = sum(Fraction(math.comb(n, k), 2**n) for k in range(a, n + 1))
    assert counts_differ((a, 1), (b, 1)) is (min(lower, upper) < Fraction(1, 40))


def test_chapman_estimate_and_its_interval() -> None:
    estimate = chapman(900, 800, 700)
    assert estimate is not None
    assert estimate.total == pytest.approx(1028.53, abs=0.005)
    assert estimate.seen == 1000
    assert estimate.seen < estimate.low < estimate.total < estimate.high


def test_lists_that_agree_leave_nothing_unseen() -> None:
    estimate = chapman(50, 50, 50)
    assert estimate is not None
    assert (estimate.total, estimate.low, estimate.high) == (50, 50, 50)
