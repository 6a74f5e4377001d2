"""Cumulative incidence against other software, against Kaplan-Meier, and against plain shares."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportkit.errors import DataError
from reportkit.stats import aalen_johansen, aalen_johansen_counts, kaplan_meier

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from reportkit.stats import Incidence

Rows = list[tuple[int, int]]

ARRAYS = ("time", "at_risk", "events", "incidence", "se", "low", "high", "survival")

# Days, and 1 for fixed, 2 for decommissioned, 0 for open.
FIXED, GONE, OPEN = 1, 2, 0

# A busy machine, or the first import of scipy, is no failure.
unhurried = settings(deadline=None)

items = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), min_size=1, max_size=60)
ended = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3)), min_size=1, max_size=60)


def _curves(rows: Rows, causes: int = 3) -> dict[int, Incidence]:
    made = aalen_johansen([t for t, _ in rows], [cause for _, cause in rows], causes)
    assert made is not None
    return made


def test_incidence_and_its_error_equal_rs_and_statas() -> None:
    """Kept in the tests of statsmodels: estimates from R's cmprsk, standard errors from Stata."""
    time = [1, 1, 2, 4, 4, 4, 6, 6, 7, 8, 9, 9, 9, 1, 2, 2, 4, 4]
    cause = [1, 1, 1, 2, 2, 2, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    made = aalen_johansen(time, cause)
    assert made is not None
    assert made[1].time.tolist() == [1, 2, 4, 6, 7, 8, 9]
    for number, share, error in (
        (1, [0.11111111] + [0.17037037] * 6, [0.07407407] + [0.08976251] * 6),
        (2, [0, 0] + [0.20740741] * 5, [0, 0] + [0.10610391] * 5),
        (3, [0, 0, 0, 0.17777778] + [0.26666667] * 3, [0, 0, 0, 0.11196147] + [0.12787781] * 3),
    ):
        assert made[number].incidence == pytest.approx(share, abs=5e-9)
        assert made[number].se == pytest.approx(error, abs=1e-8)


def test_incidence_by_hand() -> None:
    """Four items: fixed after 1, decommissioned after 2, fixed after 3, open after 4."""
    made = aalen_johansen([1, 2, 3, 4], [FIXED, GONE, FIXED, OPEN])
    assert made is not None
    fixed, gone = made[FIXED], made[GONE]
    third = Fraction(3, 4) * Fraction(1, 3)
    half = Fraction(1, 4) + Fraction(3, 4) * Fraction(2, 3) * Fraction(1, 2)
    assert [fixed.at(day) for day in (0, 1, 2.5, 3, 4)] == [0, 0.25, 0.25, float(half), float(half)]
    assert [gone.at(day) for day in (1, 2, 4)] == [0, float(third), float(third)]
    assert (fixed.quantile(0.25), fixed.quantile(0.5), fixed.quantile(0.51)) == (1, 3, None)
    assert (gone.quantile(0.25), gone.quantile(0.5)) == (2, None)
    assert (fixed.at(5), gone.at(4.1)) == (None, None)
    assert (fixed.n, fixed.n_events, gone.n_events, fixed.n_censored) == (4, 2, 1, 1)
    assert (fixed.censored, fixed.last, fixed.cause, gone.cause) == (0.25, 4, 1, 2)


def test_counting_the_decommissioned_as_open_promises_too_many_fixes() -> None:
    days, cause = [1, 2, 3, 4], [FIXED, GONE, FIXED, FIXED]
    made = aalen_johansen(days, cause)
    naive = kaplan_meier(days, [how == FIXED for how in cause])
    assert made is not None
    assert naive is not None
    assert naive.at(4) == 0
    assert made[FIXED].at(4) == pytest.approx(0.75)
    # Everything has ended, so nothing changes any more.
    assert made[FIXED].at(1000) == pytest.approx(0.75)


def test_a_cause_never_seen_has_a_curve_at_0_without_a_band() -> None:
    made = aalen_johansen([3, 5], [FIXED, OPEN], causes=2)
    assert made is not None
    assert sorted(made) == [1, 2]
    assert made[GONE].incidence.tolist() == [0, 0]
    assert made[GONE].se.tolist() == [0, 0]
    assert np.isnan(made[GONE].low).all()
    assert np.isnan(made[GONE].high).all()
    assert made[GONE].quantile(0.5) is None


def test_nothing_has_ended_yet() -> None:
    made = aalen_johansen([3, 5], [OPEN, OPEN])
    assert made is not None
    assert (made[1].at(5), made[1].at(6), made[1].censored) == (0, None, 1)


def test_band_is_undefined_where_nothing_or_everything_has_happened() -> None:
    made = aalen_johansen([1, 2, 3], [OPEN, FIXED, FIXED])
    assert made is not None
    assert np.isnan(made[1].low).tolist() == [True, False, True]
    assert np.isnan(made[1].high).tolist() == [True, False, True]


@pytest.mark.parametrize("n", [3, 10, 49, 97, 1000])
def test_when_all_have_ended_by_one_cause_its_share_is_exactly_1(n: int) -> None:
    last = _curves([(day, FIXED) for day in range(1, n + 1)])[FIXED]
    assert (last.at(n), last.se[-1]) == (1, 0)
    assert np.isnan([last.low[-1], last.high[-1]]).all()


def test_events_come_before_exits_at_the_same_time() -> None:
    made = aalen_johansen([5, 5], [FIXED, OPEN])
    assert made is not None
    assert made[1].at(5) == 0.5


@pytest.mark.parametrize("durations", [[], [math.nan, math.nan]])
def test_nothing_known_is_not_measured(durations: list[float]) -> None:
    assert aalen_johansen(durations, [FIXED] * len(durations)) is None


def test_grouped_rows_without_items_are_not_measured() -> None:
    assert aalen_johansen_counts([], [[], []], []) is None
    assert aalen_johansen_counts([3], [[0], [0]], [0]) is None


def test_unknown_durations_are_left_out_and_counted() -> None:
    made = aalen_johansen([4, math.nan, math.nan], [FIXED, GONE, math.nan], causes=2)
    assert made is not None
    assert [(made[k].n, made[k].missing, made[k].n_events) for k in (1, 2)] == [
        (1, 2, 1),
        (1, 2, 0),
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: aalen_johansen([3, -1], [1, 1]), "negative", id="duration"),
        pytest.param(lambda: aalen_johansen([3], [1, 1]), "one cause for each", id="causes"),
        pytest.param(lambda: aalen_johansen([3], [-1]), "not allowed", id="cause-negative"),
        pytest.param(lambda: aalen_johansen([3], [1.5]), "not allowed", id="cause-fraction"),
        pytest.param(lambda: aalen_johansen([3], [math.nan]), "not allowed", id="cause-unknown"),
        pytest.param(lambda: aalen_johansen([3], [math.inf]), "not allowed", id="cause-infinite"),
        pytest.param(lambda: aalen_johansen([3], [3], 2), "not allowed", id="cause-too-high"),
        pytest.param(lambda: aalen_johansen([3], [0], 0), "at least one", id="no-cause"),
        pytest.param(lambda: aalen_johansen_counts([3], [[1], [-1]], [1]), "negative", id="events"),
        pytest.param(
            lambda: aalen_johansen_counts([3], [[1], [1]], [1, 2]), "equal length", id="exits"
        ),
        pytest.param(
            lambda: aalen_johansen_counts([math.inf], [[1], [1]], [1]), "finite", id="infinite"
        ),
        pytest.param(lambda: _curves([(1, 1)])[1].quantile(1), "between 0 and 1", id="quantile"),
    ],
)
def test_impossible_input_is_refused_in_one_sentence(call: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        call()
    assert "\n" not in caught.value.message


@unhurried
@given(items, st.randoms())
def test_row_order_does_not_matter(rows: Rows, random: Random) -> None:
    first, second = _curves(rows), _curves(random.sample(rows, len(rows)))
    for cause in (1, 2, 3):
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(first[cause], name), getattr(second[cause], name))


@unhurried
@given(items)
def test_grouped_counts_give_the_same_curves(rows: Rows) -> None:
    time = sorted({t for t, _ in rows})
    exits, *events = [[rows.count((day, cause)) for day in time] for cause in range(4)]
    grouped, single = aalen_johansen_counts(time, events, exits), _curves(rows)
    assert grouped is not None
    for cause in (1, 2, 3):
        for name in (*ARRAYS, "n", "n_events", "n_censored", "missing"):
            np.testing.assert_array_equal(
                getattr(grouped[cause], name), getattr(single[cause], name)
            )


@unhurried
@given(items)
def test_what_has_ended_and_what_has_not_add_up_to_all(rows: Rows) -> None:
    made = _curves(rows)
    overall = kaplan_meier([t for t, _ in rows], [cause > 0 for _, cause in rows])
    assert overall is not None
    np.testing.assert_array_equal(made[1].time, overall.time)
    total = sum(made[cause].incidence for cause in (1, 2, 3)) + overall.survival
    np.testing.assert_allclose(total, 1, atol=1e-12)
    assert sum(made[cause].n_events for cause in (1, 2, 3)) == overall.n_events


@unhurried
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=1, max_size=60))
def test_a_single_cause_is_kaplan_meier_from_above(rows: Rows) -> None:
    single = _curves(rows, causes=1)[1]
    overall = kaplan_meier([t for t, _ in rows], [cause == 1 for _, cause in rows])
    assert overall is not None
    np.testing.assert_allclose(single.incidence, 1 - overall.survival, atol=1e-12)
    np.testing.assert_allclose(single.low, 1 - overall.high, atol=1e-7)
    np.testing.assert_allclose(single.high, 1 - overall.low, atol=1e-7)


@unhurried
@given(ended)
def test_without_open_items_incidence_is_the_plain_share(rows: Rows) -> None:
    """Nothing censored: a share F of n items, with the binomial's standard error."""
    n = len(rows)
    for cause, made in _curves(rows).items():
        for place, day in enumerate(made.time):
            share = sum(t <= day and how == cause for t, how in rows) / n
            assert made.incidence[place] == pytest.approx(share)
            assert made.se[place] == pytest.approx(math.sqrt(share * (1 - share) / n), abs=1e-7)


@unhurried
@given(ended)
def test_without_open_items_the_band_is_that_of_items_kept_in_view(rows: Rows) -> None:
    """Gray (1988): those ended by another cause stay at risk of this one for ever."""
    for cause, made in _curves(rows).items():
        kept = kaplan_meier(
            [t if how == cause else 1000 for t, how in rows], [how == cause for _, how in rows]
        )
        assert kept is not None
        for place, day in enumerate(kept.time[kept.time < 1000]):
            here = int(np.searchsorted(made.time, day))
            np.testing.assert_allclose(made.low[here], 1 - kept.high[place], atol=1e-6)
            np.testing.assert_allclose(made.high[here], 1 - kept.low[place], atol=1e-6)


@unhurried
@given(items)
def test_causes_put_together_add_up(rows: Rows) -> None:
    apart = _curves(rows)
    together = _curves([(t, {2: 1, 3: 2}.get(cause, cause)) for t, cause in rows], causes=2)
    np.testing.assert_allclose(
        apart[1].incidence + apart[2].incidence, together[1].incidence, atol=1e-12
    )
    np.testing.assert_allclose(apart[3].incidence, together[2].incidence, atol=1e-12)
    np.testing.assert_allclose(apart[3].se, together[2].se, atol=1e-9)


@unhurried
@given(items)
def test_incidence_never_exceeds_what_ignoring_other_causes_says(rows: Rows) -> None:
    for cause, made in _curves(rows).items():
        naive = kaplan_meier([t for t, _ in rows], [how == cause for _, how in rows])
        assert naive is not None
        assert (made.incidence <= 1 - naive.survival + 1e-12).all()


@unhurried
@given(items)
def test_incidence_rises_within_0_and_1_and_its_band(rows: Rows) -> None:
    for made in _curves(rows).values():
        assert (np.diff(np.concatenate(([0.0], made.incidence, [1.0]))) >= -1e-12).all()
        defined = ~np.isnan(made.low)
        assert (made.low[defined] <= made.incidence[defined]).all()
        assert (made.incidence[defined] <= made.high[defined]).all()
        assert (made.low[defined] >= 0).all()
        assert (made.high[defined] <= 1).all()
        between = (made.incidence > 0) & (made.incidence < 1)
        np.testing.assert_array_equal(defined, between)
