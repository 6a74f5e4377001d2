"""Groups compared, against published results, other software and properties the tests must have."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit.errors import DataError
from reportkit.stats import (
    chi_squared_tail,
    counts_differ,
    kaplan_meier,
    logrank,
    logrank_stratified,
    rate_ratio,
    rmst_difference,
)

from . import published
from .published import curve

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from reportkit.stats import LogRank, Survival

Rows = list[tuple[int, bool]]

# A busy machine, or the first import of scipy, is no failure.
unhurried = settings(deadline=None)

rows = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=30)


def _curve(items: Rows) -> Survival | None:
    return kaplan_meier([t for t, _ in items], [done for _, done in items])


def _test(*groups: Rows) -> LogRank | None:
    return logrank([_curve(items) for items in groups])


# ---- chi-squared ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("df", "critical", "p"),
    [
        (1, 3.841, 0.05),
        (1, 10.828, 0.001),
        (2, 5.991, 0.05),
        (3, 7.815, 0.05),
        (4, 13.277, 0.01),
        (5, 11.070, 0.05),
        (10, 18.307, 0.05),
        (30, 43.773, 0.05),
    ],
)
def test_chi_squared_tail_equals_the_printed_table(df: int, critical: float, p: float) -> None:
    """Critical values as in Pearson and Hartley, Biometrika Tables for Statisticians, table 8."""
    assert chi_squared_tail(critical, df) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 8, 13, 40, 101])
def test_chi_squared_tail_equals_scipys(df: int) -> None:
    from scipy.special import chdtrc

    for statistic in (1e-12, 1e-3, 0.5, 1.0, 7.0, 40.0, 300.0, 1400.0):
        assert chi_squared_tail(statistic, df) == pytest.approx(chdtrc(df, statistic), rel=1e-10)


def test_chi_squared_tail_at_its_ends() -> None:
    assert [chi_squared_tail(0, df) for df in (1, 2, 3)] == [1, 1, 1]
    assert chi_squared_tail(1e6, 7) == 0


# ---- log-rank ------------------------------------------------------------------------------------------------------


def test_logrank_of_freireichs_trial() -> None:
    """Chi-squared 16.79 in Freireich's data as reprinted in Kleinbaum, Klein (2012), chapter 2; the rest from R's survdiff."""
    result = logrank([curve(published.SIX_MP), curve(published.PLACEBO)])
    assert result is not None
    assert (result.df, result.n, result.observed) == (1, (21, 21), (9, 21))
    assert result.statistic == pytest.approx(16.79, abs=0.005)
    assert result.p == pytest.approx(4.17e-5, abs=5e-8)
    assert result.expected == pytest.approx((19.3, 10.7), abs=0.05)


@pytest.mark.parametrize(
    "extra", [[], [curve("1+ 2+ 2+ 3+ 3+ 3+ 4+")], [None]], ids=["two", "dummy", "unmeasured"]
)
def test_logrank_of_the_aml_data(extra: list[Survival | None]) -> None:
    """R's survival, tests/doaml and tests/difftest: a third group that leaves before the first event changes nothing."""
    result = logrank([curve(published.MAINTAINED), curve(published.NONMAINTAINED), *extra])
    assert result is not None
    assert result.df == 1
    assert result.statistic == pytest.approx(3.40, abs=0.005)
    assert result.p == pytest.approx(0.0653, abs=5e-5)
    assert result.observed[:2] == (7, 11)
    assert result.expected[:2] == pytest.approx((10.69, 7.31), abs=0.005)


def test_logrank_of_three_groups() -> None:
    """BMT data: R's survdiff, chi-squared 13.8 on 2 degrees of freedom; SAS LIFETEST prints 13.8037."""
    result = logrank([curve(published.ALL), curve(published.AML_LOW), curve(published.AML_HIGH)])
    assert result is not None
    assert (result.df, result.n, result.observed) == (2, (38, 54, 45), (24, 25, 34))
    assert result.statistic == pytest.approx(13.8037, abs=5e-5)
    assert result.p == pytest.approx(0.0010, abs=5e-5)
    assert result.expected == pytest.approx((21.9, 40.0, 21.2), abs=0.05)


@pytest.mark.parametrize(("strata", "expected"), [(1, 13.44556), (5, 11.97799), (8, 12.12631)])
def test_stratified_logrank(strata: int, expected: float) -> None:
    """R's survdiff on the two AML groups of BMT, patients dealt to the strata in turn; kept in the tests of statsmodels."""
    groups = [published.AML_LOW.split(), published.AML_HIGH.split()]
    dealt = [[mark, place] for place, marks in enumerate(groups) for mark in marks]
    hands = [
        [curve([str(mark) for mark, at in dealt[hand::strata] if at == place]) for place in (0, 1)]
        for hand in range(strata)
    ]
    result = logrank_stratified(hands)
    assert result is not None
    assert (result.df, result.n, result.observed) == (1, (54, 45), (25, 34))
    assert result.statistic == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "statistic", "p"),
    [
        pytest.param(
            "8 12 26 14 21 27 8+ 32+ 20+ 40+",
            "33 28 41 48+ 48+ 25+ 37+ 48+ 25+ 43+",
            6.91598157449,
            0.008542873404,
            id="boston-university-bs704",
        ),
        pytest.param(
            "19 6 5 4 20+ 19+ 17+ 14+",
            "16 21 7 21+ 15+ 18+ 18+ 5+",
            0.835004855038,
            0.3608293039,
            id="boston-university-bs704-2",
        ),
        pytest.param(
            "6 13 21 30 37 38 49 50 63 79 86 98 202 219 31+ 47+ 80+ 82+ 82+ 149+",
            "10 10 12 13 14 15 16 17 18 20 24 24 25 28 30 33 35 37 40 40 46 48 76 81 82 91 112 181 34+ 40+ 70+",
            7.49659416854,
            0.006181578637,
            id="bland-altman-bmj-2004",
        ),
    ],
)
def test_logrank_of_teaching_examples(first: str, second: str, statistic: float, p: float) -> None:
    """Digits from R's survdiff as kept in the tests of scipy."""
    result = logrank([curve(first), curve(second)])
    assert result is not None
    assert result.statistic == pytest.approx(statistic, rel=1e-10)
    assert result.p == pytest.approx(p, rel=1e-9)


@unhurried
@given(rows, rows)
def test_logrank_equals_scipys(first: Rows, second: Rows) -> None:
    from scipy.stats import CensoredData
    from scipy.stats import logrank as theirs

    result = _test(first, second)
    if result is None:
        return
    sides = [
        CensoredData(
            uncensored=[t for t, done in items if done],
            right=[t for t, done in items if not done],
        )
        for items in (first, second)
    ]
    other = theirs(*sides)
    assert result.statistic == pytest.approx(other.statistic**2, rel=1e-9, abs=1e-12)
    assert result.p == pytest.approx(other.pvalue, rel=1e-6)


@unhurried
@given(st.lists(rows, min_size=2, max_size=4), st.randoms())
def test_logrank_needs_no_order(groups: list[Rows], random: Random) -> None:
    first = _test(*groups)
    places = random.sample(range(len(groups)), len(groups))
    mixed = [random.sample(groups[place], len(groups[place])) for place in places]
    second = _test(*mixed)
    if first is None or second is None:
        assert first is second
        return
    assert second.df == first.df
    assert second.statistic == pytest.approx(first.statistic, rel=1e-9, abs=1e-9)
    assert second.expected == pytest.approx([first.expected[place] for place in places])


@unhurried
@given(rows, st.integers(2, 5))
def test_a_group_does_not_differ_from_itself(items: Rows, copies: int) -> None:
    result = _test(*[items] * copies)
    if result is None:
        return
    assert result.df == copies - 1
    assert result.statistic == pytest.approx(0, abs=1e-9)
    assert result.p == pytest.approx(1, abs=1e-4)


@unhurried
@given(st.lists(rows, min_size=2, max_size=4))
def test_expected_events_add_up_to_those_observed(groups: list[Rows]) -> None:
    result = _test(*groups)
    if result is None:
        return
    assert sum(result.expected) == pytest.approx(sum(result.observed))
    assert sum(result.observed) == sum(done for items in groups for _, done in items)
    assert 0 <= result.p <= 1


@unhurried
@given(rows, rows, st.integers(2, 4))
def test_the_same_stratum_again_multiplies_the_statistic(
    first: Rows, second: Rows, times: int
) -> None:
    once = _test(first, second)
    again = logrank_stratified([[_curve(first), _curve(second)]] * times)
    if once is None or again is None:
        assert once is again
        return
    assert again.statistic == pytest.approx(times * once.statistic, rel=1e-9, abs=1e-9)


def test_strata_that_share_no_group_are_tests_of_their_own() -> None:
    pairs = [
        [curve(published.SIX_MP), curve(published.PLACEBO), None, None],
        [None, None, curve(published.MAINTAINED), curve(published.NONMAINTAINED)],
    ]
    result = logrank_stratified(pairs)
    assert result is not None
    assert result.df == 2
    assert result.statistic == pytest.approx(16.793 + 3.396, abs=0.002)


def test_one_pair_of_items_links_groups_that_were_apart() -> None:
    many = kaplan_meier(list(range(1, 101)) * 100, [True] * 10_000)
    apart = [[many, many, None, None], [None, None, many, many]]
    link = [curve("1"), None, curve("2"), None]
    before, after = logrank_stratified(apart), logrank_stratified([*apart, link])
    assert before is not None
    assert after is not None
    assert (before.df, after.df) == (2, 3)
    # All else is equal, so what is left is one event against half an expected one, with variance 1/4.
    assert before.statistic == pytest.approx(0, abs=1e-9)
    assert after.statistic == pytest.approx(1, rel=1e-6)


def test_groups_of_very_different_size_keep_their_degrees_of_freedom() -> None:
    large = kaplan_meier(list(range(1, 1001)) * 100, [True] * 100_000)
    assert large is not None
    result = logrank([large, large, curve("500 700+")])
    assert result is not None
    assert result.df == 2
    alone = logrank([kaplan_meier(list(range(1, 1001)) * 200, [True] * 200_000), curve("500 700+")])
    assert alone is not None
    assert result.statistic == pytest.approx(alone.statistic, rel=1e-6)


@pytest.mark.parametrize(
    "groups",
    [
        pytest.param([None, curve("1 2 3")], id="one-measured"),
        pytest.param([None, None], id="none-measured"),
        pytest.param([curve("1+ 2+"), curve("3+")], id="no-event"),
        pytest.param([curve("5 5 5"), curve("5 5")], id="all-on-one-day"),
        pytest.param([curve("1+ 1+"), curve("5 6")], id="left-before-the-first-event"),
    ],
)
def test_what_cannot_be_told_apart_is_not_measured(groups: list[Survival | None]) -> None:
    assert logrank(groups) is None


def test_no_strata_are_not_measured() -> None:
    assert logrank_stratified([]) is None


# ---- restricted means ----------------------------------------------------------------------------------------------


def test_difference_of_restricted_means_of_the_aml_data() -> None:
    """R's survival, table of survfit: 41.96818 (se 11.257627) and 22.70833 (se 4.180942) up to 103 weeks."""
    gap = rmst_difference(curve(published.MAINTAINED), curve(published.NONMAINTAINED), 103)
    assert gap is not None
    assert gap.value == pytest.approx(41.96818 - 22.70833, abs=1e-5)
    half = 1.959964 * math.hypot(11.257627, 4.180942)
    assert (gap.low, gap.high) == pytest.approx((gap.value - half, gap.value + half), abs=1e-4)


def test_restricted_means_show_freireichs_difference_but_not_that_of_aml() -> None:
    for first, second, apart in (
        (published.SIX_MP, published.PLACEBO, True),
        (published.MAINTAINED, published.NONMAINTAINED, False),
    ):
        there, back = (
            rmst_difference(curve(first), curve(second), 23),
            rmst_difference(curve(second), curve(first), 23),
        )
        assert there is not None
        assert back is not None
        assert there.contains(0) is not apart
        assert (back.value, back.low, back.high) == (-there.value, -there.high, -there.low)


@pytest.mark.parametrize(
    ("first", "second", "tau"),
    [
        pytest.param(None, curve("1 2"), 1, id="first-unknown"),
        pytest.param(curve("1 2"), None, 1, id="second-unknown"),
        pytest.param(curve("1 9+"), curve("1 5+"), 6, id="ends-early"),
        pytest.param(curve("1 9+"), curve("7 9+"), 6, id="no-event-yet"),
    ],
)
def test_restricted_means_that_cannot_be_compared(
    first: Survival | None, second: Survival | None, tau: float
) -> None:
    assert rmst_difference(first, second, tau) is None


# ---- rates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "ratio", "low", "high"),
    [
        pytest.param(
            (11, 800), (21, 3011), 1.971488, 0.8584264, 4.2772659, id="r-poisson-test-help"
        ),
        pytest.param((41, 28010), (15, 19017), 1.855759, 1.005684, 3.6093, id="stata-iri-manual"),
    ],
)
def test_rate_ratios_of_manuals(
    first: tuple[int, int], second: tuple[int, int], ratio: float, low: float, high: float
) -> None:
    """R's help of poisson.test (lung cancer in Fredericia) and Stata's manual of iri (breast cancer and X-rays)."""
    result = rate_ratio(first, second)
    assert result is not None
    assert (result.value, result.low, result.high) == pytest.approx((ratio, low, high), rel=5e-7)


def test_rate_ratio_without_an_event_on_one_side() -> None:
    """With no event among n the Clopper-Pearson end is 1 - 0.025 ** (1 / n)."""
    share = 1 - 0.025 ** (1 / 7)
    none = rate_ratio((0, 2), (7, 5))
    assert none is not None
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(share / (1 - share) * 5 / 2)
    only = rate_ratio((7, 5), (0, 2))
    assert only is not None
    assert (only.value, only.high) == (math.inf, math.inf)
    assert only.low == pytest.approx((1 - share) / share * 2 / 5)


@unhurried
@given(st.integers(0, 25), st.integers(0, 25), st.integers(1, 9), st.integers(1, 9))
def test_rate_ratio_p_equals_exact_fractions(a: int, b: int, here: int, there: int) -> None:
    result = rate_ratio((a, here), (b, there))
    if a + b == 0:
        assert result is None
        return
    share = Fraction(here, here + there)
    mass = [math.comb(a + b, k) * share**k * (1 - share) ** (a + b - k) for k in range(a + b + 1)]
    assert result is not None
    assert result.p == pytest.approx(float(min(1, 2 * min(sum(mass[: a + 1]), sum(mass[a:])))))


@unhurried
@given(st.integers(1, 400), st.integers(1, 400), st.floats(0.01, 100), st.floats(0.01, 100))
def test_rate_ratio_interval_is_clopper_pearsons(a: int, b: int, here: float, there: float) -> None:
    from scipy.special import betaincinv

    result = rate_ratio((a, here), (b, there), level=0.9)
    assert result is not None
    assert result.value == pytest.approx((a / here) / (b / there))
    for end, share in (
        (result.low, betaincinv(a, b + 1, 0.05)),
        (result.high, betaincinv(a + 1, b, 0.95)),
    ):
        assert end == pytest.approx(share / (1 - share) * there / here, rel=1e-8)


@unhurried
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.1, 10), st.floats(0.1, 10))
def test_interval_p_and_answer_agree(a: int, b: int, here: float, there: float) -> None:
    result = rate_ratio((a, here), (b, there))
    if result is None:
        assert a + b == 0
        return
    assert result.low <= result.value <= result.high
    assert (result.p < 0.05) is not result.contains(1)
    assert counts_differ((a, here), (b, there)) is (result.p < 0.05)


@unhurried
@given(st.integers(1, 200), st.integers(1, 200), st.floats(0.1, 10))
def test_the_other_way_round_is_the_reciprocal(a: int, b: int, span: float) -> None:
    there, back = rate_ratio((a, span), (b, 1)), rate_ratio((b, 1), (a, span))
    assert there is not None
    assert back is not None
    assert (1 / back.value, 1 / back.high, 1 / back.low) == pytest.approx(
        (there.value, there.low, there.high), rel=1e-8
    )
    assert back.p == pytest.approx(there.p)


def test_many_events_stay_exact() -> None:
    from scipy.special import bdtr, betaincinv

    result = rate_ratio((20_000, 1), (20_500, 1))
    assert result is not None
    low, high = betaincinv(20_000, 20_501, 0.025), betaincinv(20_001, 20_500, 0.975)
    assert result.low == pytest.approx(low / (1 - low), rel=1e-8)
    assert result.high == pytest.approx(high / (1 - high), rel=1e-8)
    assert result.p == pytest.approx(2 * bdtr(20_000, 40_500, 0.5), rel=1e-6)


@pytest.mark.parametrize(
    ("first", "second"), [((0, 1), (0, 1)), ((3, 0), (2, 1)), ((3, 1), (2, 0)), ((0, 0), (0, 0))]
)
def test_rates_without_events_or_exposure_are_not_measured(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    assert rate_ratio(first, second) is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: logrank([curve("1 2")]), "two or more", id="one-group"),
        pytest.param(lambda: logrank([]), "two or more", id="no-group"),
        pytest.param(
            lambda: logrank_stratified([[None, None], [None] * 3]), "same groups", id="strata"
        ),
        pytest.param(lambda: rmst_difference(curve("1"), curve("2"), -1), "negative", id="horizon"),
        pytest.param(lambda: rmst_difference(curve("1"), curve("2"), math.nan), "0 or", id="nan"),
        pytest.param(lambda: rate_ratio((-1, 1), (2, 1)), "0 or more", id="count"),
        pytest.param(lambda: rate_ratio((1, 1), (1.5, 1)), "whole number", id="fraction"),
        pytest.param(lambda: rate_ratio((1, 1), (2, -1)), "0 or more", id="exposure"),
        pytest.param(lambda: rate_ratio((1, 1), (2, 1), level=95), "0.95", id="level"),
        pytest.param(lambda: chi_squared_tail(-1, 1), "0 or more", id="statistic"),
        pytest.param(lambda: chi_squared_tail(math.nan, 1), "0 or more", id="no-number"),
        pytest.param(lambda: chi_squared_tail(1, 0), "1 or more", id="df"),
    ],
)
def test_impossible_comparisons_are_refused_in_one_sentence(
    call: Callable[[], object], said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        call()
    assert "\n" not in caught.value.message


def test_expected_events_by_hand() -> None:
    """Two against two: at 1 half an event is expected of each, at 2 one third and two thirds, at 3 one of the last."""
    result = logrank([curve("1 2"), curve("3 4+")])
    assert result is not None
    assert result.expected == pytest.approx((1 / 2 + 1 / 3, 1 / 2 + 2 / 3 + 1))
    gap, variance = 2 - 5 / 6, 1 / 4 + 2 / 9
    assert result.statistic == pytest.approx(gap**2 / variance)
    assert {type(number) for number in (result.statistic, result.p, *result.expected)} == {float}
