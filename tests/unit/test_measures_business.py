"""The risk register and risk in money; every expected value is counted by hand or stands in a published table."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

from reportkit.errors import DataError
from reportkit.measures.status import Limits, status
from reportkit.quant import LogNormal
from reportkit.quant.rows import scenario_of
from tests.unit.business import (
    END,
    START,
    bounds,
    limit,
    parts,
    risk,
    scenario,
    split,
    value_of,
    view,
)
from tests.unit.workspaces import load

MONEY = {"measured_in": "money", "currency": "EUR"}

# ---- R01 -------------------------------------------------------------------------------------------------------------

EXPOSED = [
    risk("1", residual=2_000_000, unit_id="Y"),  # at the line is not above it
    risk("2", residual=2_000_001, unit_id="Y"),  # above
    risk("3", unit_id="Y"),  # not known
    risk("4", residual=5e6, measured_in="money", currency="USD"),  # 5.0 x 0.5 = 2.5 million: above
    risk("5", residual=9e6, measured_in="money", currency="GBP"),  # no rate
    risk("6", residual=25, measured_in="score"),  # a score beside an appetite in money
    risk("7", residual=16, measured_in="score", category="ops"),  # 16 of 12: above
    risk("8", residual=9e6, category="fraud"),  # no appetite
    risk("9", residual=3e6, unit_id="X"),  # its unit may have five million
    risk("10", residual=9e6, status="closed", closed=date(2026, 10, 5)),  # closed after the day
    risk("11", residual=9e6, closed=END),  # closed on the day, whatever its status says
]
LINES = [
    limit("cyber", 2e6, currency="EUR"),
    limit("ops", 12),
    limit("cyber", 5e6, currency="EUR", threshold_id="A-X", scope="X"),
]
RATES = [
    {"currency": "USD", "to_currency": "EUR", "rate": 0.5, "valid_from": date(2026, 1, 1)},
    {"currency": "USD", "to_currency": "EUR", "rate": 0.1, "valid_from": date(2026, 10, 1)},
    {
        "currency": "GBP",
        "to_currency": "EUR",
        "rate": 0.0,
        "valid_from": date(2026, 1, 1),
    },  # no rate
]


def test_risks_above_appetite_are_compared_only_with_what_they_can_be(tmp_path: Path) -> None:
    at = view(tmp_path, risks=EXPOSED, thresholds=LINES, fx_rates=RATES)
    value = at.measure("R01").value
    # Open: 1 to 10. Above: 2, 4, 7 and 10.
    assert (value.value, value.denominator) == (4, 10)
    assert value.note == (
        "1 risk has no approved appetite; 1 has no residual exposure; "
        "2 are in a currency without a rate, or scored where the appetite is money"
    )
    for by, groups in (("category", 3), ("unit", 3)):
        cells = split(at, "R01", by)
        assert len(cells) == groups
        assert sum(cell.value or 0 for cell in cells.values()) == 4
        assert sum(cell.n or 0 for cell in cells.values()) == 10
    assert split(at, "R01", "category")["fraud"].reason == "no appetite is approved for any category"  # fmt: skip
    assert split(at, "R01", "unit")["not known"].value == 3


def test_no_exposure_that_can_be_compared_is_not_none_above(tmp_path: Path) -> None:
    blank = [risk("1"), risk("2", residual=3, measured_in="score")]
    value = value_of(tmp_path, "R01", risks=[*blank, risk("3", residual=1, category="x")], thresholds=[limit("cyber", 2, currency="EUR")])  # fmt: skip
    assert value.value is None
    assert (value.reason or "").startswith("no risk can be held against its appetite")


def test_a_raised_appetite_is_no_treated_risk(tmp_path: Path) -> None:
    """Three million stands above two, and not above the four approved in August; both are told."""
    lines = [limit("cyber", 2e6), limit("cyber", 4e6, valid_from=date(2026, 8, 1))]
    value = value_of(tmp_path, "R01", risks=[risk("1", residual=3e6)], thresholds=lines)
    assert value.value == 0
    assert parts(value) == {"Above, by the appetite of a quarter ago": 1}


def test_risk_score_sum_and_average_of_five_by_five(tmp_path: Path) -> None:
    """Four risks of 10 became three of 4 and one of 16: sum 40 to 28, average 10 to 7, and one is above appetite."""
    now = (4, 4, 4, 16)
    rows = [risk(str(n), residual=10, measured_in="score") for n in range(4)]
    rows += [
        risk(str(n), residual=score, measured_in="score", valid_from=date(2026, 8, 1))
        for n, score in enumerate(now)
    ]
    at = view(tmp_path, risks=rows, thresholds=[limit("cyber", 12)])
    assert (sum(now), sum(now) / 4) == (28, 7)
    assert at.previous().measure("R01").value.value == 0
    assert at.measure("R01").value.value == 1


# ---- R02 -------------------------------------------------------------------------------------------------------------


def test_the_register_s_movement_adds_up(tmp_path: Path) -> None:
    august = date(2026, 8, 1)
    rows = [
        risk("A", residual=10), risk("A", residual=20, valid_from=august, rationale="Two incidents"),
        risk("B", residual=10), risk("B", residual=5, valid_from=august, rationale=" "),
        risk("C", residual=10, status="closed", closed=START),  # open until the day before
        risk("D", opened=END, valid_from=END),
        risk("E", opened=august, valid_from=august, status="closed", closed=date(2026, 9, 1)),  # came and went
        risk("F", status="closed", closed=date(2026, 6, 30)),  # gone before
        risk("G", opened=date(2026, 3, 1), valid_from=august),  # older than its first entry
        risk("H", residual=10), risk("I", status="closed"), risk("J", status=None),
    ]  # fmt: skip
    at = view(tmp_path, risks=rows)
    value = at.measure("R02").value
    # At the start A, B, C, H, J; D is new, G entered late, C closed: A, B, D, G, H, J at the end.
    assert value.value == 6
    assert parts(value) == {
        "Open at the start": 5, "New": 1, "Opened earlier: came back, moved in or entered late": 1, "Closed": 1,
        "Exposure raised": 1, "Exposure lowered": 1, "Changed without a rationale": 1,
    }  # fmt: skip
    assert at.previous().measure("R02").value.value == 5
    assert sum(cell.value or 0 for cell in split(at, "R02", "unit").values()) == 6


def test_a_risk_that_moved_counts_in_one_unit(tmp_path: Path) -> None:
    units = [{"unit_id": "X", "name": "X"}, {"unit_id": "Y", "name": "Y"}]
    rows = [risk("1", unit_id="X"), risk("1", unit_id="Y", valid_from=date(2026, 8, 1))]
    ws = view(tmp_path, risks=rows, units=units).workspace
    left, came = (ws.at("2026-Q3", unit=unit).measure("R02").value for unit in ("X", "Y"))
    assert (left.value, came.value) == (0, 1)
    assert parts(left) == {
        "Open at the start": 1, "New": 0, "Closed": 0, "Moved to another unit": 1,
        "Exposure raised": 0, "Exposure lowered": 0, "Changed without a rationale": 0,
    }  # fmt: skip
    assert parts(came)["Opened earlier: came back, moved in or entered late"] == 1


def test_a_quarter_before_the_history_begins_is_not_measured(tmp_path: Path) -> None:
    ws = view(tmp_path, risks=[risk("1")], thresholds=[limit("cyber", 2)]).workspace
    for id_ in ("R01", "R02", "R04"):
        value = ws.at("2025-Q4").measure(id_).value
        assert value.value is None
        assert value.reason == "the risks that were loaded begin after this day"
    assert ws.at("2026-Q1").measure("R02").value.value == 1


# ---- R03 and R04 -----------------------------------------------------------------------------------------------------


def treatment(name: str, due: date | None, done: date | None = None, **more: Any) -> dict[str, Any]:
    return {"action_id": name, "parent_type": "risk", "due_original": due, "done_at": done, **more}


TREATMENTS = [
    treatment("1", START, START, verified_at=date(2026, 7, 5), owner="Ann"),  # met
    treatment("2", END, END, status="done"),  # met on the last day
    treatment("3", END, date(2026, 10, 1), status="done", owner="Ann"),  # a day late
    treatment("4", date(2026, 6, 30), date(2026, 6, 30)),  # fell due before
    treatment("5", date(2026, 10, 1)),  # falls due after
    treatment("6", date(2026, 8, 1), due_current=date(2026, 12, 1), retargets=2),
    treatment("7", date(2026, 8, 1), date(2026, 8, 10), due_current=date(2026, 8, 15)),  # moved, nobody counted it
    treatment("8", date(2026, 8, 1), date(2026, 7, 20), status="cancelled"),
    treatment("9", date(2026, 8, 1), status="done"),  # on no day
    treatment("10", None, status="open"),
    treatment("11", date(2026, 8, 1), parent_type="audit"),
]  # fmt: skip


def test_treatments_count_by_their_first_date(tmp_path: Path) -> None:
    at = view(tmp_path, actions=TREATMENTS)
    value = at.measure("R03").value
    # Due: 1, 2, 3, 6, 7, 8, 9; in time: 1 and 2.
    assert (value.numerator, value.denominator) == (2, 7)
    assert value.value == pytest.approx(200 / 7)
    assert parts(value) == {"Dates moved": 3, "Verified to work": 1, "Open without a first date": 1}
    assert value.note == "1 is called done without a day and counts as not met"
    owners = split(at, "R03", "owner")
    assert (owners["Ann"].numerator, owners["Ann"].denominator) == (1, 2)
    assert sum(cell.denominator or 0 for cell in owners.values()) == 7


def test_no_treatment_due_is_not_measured(tmp_path: Path) -> None:
    value = value_of(tmp_path, "R03", actions=[treatment("1", date(2026, 10, 1))])
    assert (value.value, value.reason) == (None, "no risk treatment fell due")


def test_closed_on_time_of_closed(tmp_path: Path) -> None:
    """Ten done in time and ninety still late: done in time of done is 100 %, of what fell due 10 %."""
    due = date(2026, 8, 1)
    rows = [treatment(str(n), due, due if n < 10 else None) for n in range(100)]
    assert value_of(tmp_path, "R03", actions=rows).value == 10


def test_stale_and_expired_risks(tmp_path: Path) -> None:
    late, gone = date(2026, 9, 29), date(2026, 9, 1)
    rows = [
        risk("1", review_due=END),  # due today is not overdue
        risk("2", review_due=late),
        risk("3", review_due=gone, reviewed_at=date(2026, 9, 5)),
        risk("4", review_due=gone, reviewed_at=date(2026, 10, 5)),  # reviewed after the day
        risk("5", accepted_until=END),
        risk("6", accepted_until=late),
        risk("7", accepted_until=late, review_due=late),  # counts once
        risk("8", response="accept"),
        risk("9", review_due=late, status="closed", closed=gone),
    ]
    value = value_of(tmp_path, "R04", risks=rows)
    assert (value.value, value.denominator) == (4, 8)
    # Without a review date: 5, 6, 8.
    assert parts(value) == {
        "Review overdue": 3, "Acceptance expired": 2, "Without a review date": 3, "Accepted without an end": 1,
    }  # fmt: skip


# ---- R05 and Q: money ------------------------------------------------------------------------------------------------

#: One event of riskquant's example: mu 12.664218011, sigma 0.699936169, mean 404,001.2827.
MU, SIGMA, MEAN = 12.664218011, 0.699936169, 404_001.2827
NORMAL = NormalDist()


def above(loss: float) -> float:
    return 1 - NORMAL.cdf((math.log(loss) - MU) / SIGMA)


def test_three_scenarios_carry_their_share_of_money(tmp_path: Path) -> None:
    """Rates 1, 2, 3 and 4 of one severity: the three largest carry (4 + 3 + 2) / 10."""
    rows = [scenario(f"S{n}", rate=float(n)) for n in (1, 2, 3, 4)]
    value = value_of(tmp_path / "a", "R05", scenarios=rows)
    assert value.value == pytest.approx(90)
    assert value.denominator == pytest.approx(10 * MEAN, rel=1e-8)
    nothing = value_of(tmp_path / "b", "R05", scenarios=[scenario(rate=0.0)])
    assert (nothing.value, nothing.reason) == (None, "no scenario has an expected loss")


def test_bad_years_agree_with_the_closed_form(tmp_path: Path) -> None:
    """At most one event a year with chance 0.1: VaR95 316,228, VaR99 775,468, TVaR99 1,132,872."""
    at = view(tmp_path, scenarios=[scenario(freq_dist="bernoulli")])
    loss, mean = at.measure("Q03").value, at.measure("Q04").value
    assert loss.value == pytest.approx(316_227.766, rel=0.025)
    low, high = bounds(loss)
    assert low < 316_227.766 < high
    assert parts(loss)["One year in a hundred"] == pytest.approx(775_468.24, rel=0.04)
    assert parts(loss)["Mean of the worst year in a hundred"] == pytest.approx(1_132_871.65, rel=0.05)  # fmt: skip
    # The worst year in twenty is the upper half of events: E[X; X > median] / 0.5 = 2 E[X] Phi(sigma).
    assert mean.value == pytest.approx(2 * MEAN * NORMAL.cdf(SIGMA), rel=0.025)


def test_value_at_risk_of_a_rare_event_and_the_naive_shortfall(tmp_path: Path) -> None:
    """With chance 0.005 the quantile is zero and a mean of losses at or above it is the plain mean, 2,020; the worst year
    in a hundred costs 202,001, the worst in twenty 40,400."""
    at = view(tmp_path, scenarios=[scenario(freq_dist="bernoulli", rate=0.005)])
    loss, mean = at.measure("Q03").value, at.measure("Q04").value
    assert (loss.value, parts(loss)["One year in a hundred"]) == (0, 0)
    assert mean.value == pytest.approx(40_400.13, rel=0.12)
    for value in (loss, mean):
        named = next(v for k, v in parts(value).items() if "hundred" in k and v)
        assert named == pytest.approx(202_000.641, rel=0.12)


def test_the_approved_loss_before_and_after_insurance(tmp_path: Path) -> None:
    """Half a million over a quarter: 300,000 stay only of a loss above 800,000."""
    points = {
        "threshold_id": "L", "kind": "loss_appetite", "points": "[[300000, 0.05]]", "valid_from": date(2025, 1, 1),
    }  # fmt: skip
    cover = {"policy_id": "P", "retention": 250_000.0, "limit_amount": 500_000.0, "basis": "annual", "valid_from": date(2026, 1, 1), "valid_to": END}  # fmt: skip
    rows = [scenario(freq_dist="bernoulli", insured=True, unit_id="X")]
    at = view(tmp_path, scenarios=rows, thresholds=[points], insurance=[cover], units=[{"unit_id": "X", "name": "X"}])  # fmt: skip
    value = at.measure("Q02").value
    assert value.value == pytest.approx(10 * above(800_000), rel=0.06)
    low, high = bounds(value)
    assert low < 10 * above(800_000) < high
    assert parts(value)["Before insurance"] == pytest.approx(10 * above(300_000), rel=0.03)
    assert (value.target, at.measure("Q02").status) == (5, "green")
    # A unit is not netted with the firm's cover.
    unit = at.workspace.at("2026-Q3", unit="X").measure("Q03").value
    assert "After insurance" in parts(at.measure("Q03").value)
    assert "After insurance" not in parts(unit)


@pytest.mark.parametrize("allowed", [0.02, 0.2])
def test_the_gap_to_the_appetite_is_named(tmp_path: Path, allowed: float) -> None:
    points = json.dumps([[200_000, allowed]])
    line = {"threshold_id": "L", "kind": "loss_appetite", "points": points, "valid_from": date(2025, 1, 1)}  # fmt: skip
    value = value_of(tmp_path, "Q05", scenarios=[scenario(freq_dist="bernoulli")], thresholds=[line])  # fmt: skip
    gap = 100 * (0.1 * above(200_000) - allowed)
    assert value.value == pytest.approx(gap, abs=0.2)
    said = parts(value)
    assert said["Approved points breached"] == (gap > 0)
    assert said.get("Breached at") == (200_000 if gap > 0 else None)
    assert status(value.value, Limits(0, 0), "down") == ("red" if gap > 0 else "green")


def test_what_cannot_be_simulated_is_refused_by_name(tmp_path: Path) -> None:
    line = {"threshold_id": "L", "kind": "loss_appetite", "points": "[[1e6, 0.1]]", "valid_from": date(2025, 1, 1)}  # fmt: skip
    cover = {"policy_id": "P", "retention": 1e5, "limit_amount": 1e6, "basis": "annual", "valid_from": date(2026, 1, 1)}  # fmt: skip
    cases: list[tuple[str, dict[str, list[dict[str, Any]]]]] = [
        ("loss appetite is in USD without a rate to EUR", {"thresholds": [{**line, "currency": "USD"}]}),
        ("insurance is in USD without a rate to EUR", {"insurance": [{**cover, "currency": "USD"}]}),
        ("S1: secondary_low is missing", {"scenarios": [scenario(secondary_p=0.2)]}),
        ("S1 has no rate", {"scenarios": [scenario(rate=None)]}),
        ("1 of 2 scenarios are in USD without a rate", {"scenarios": [scenario(), scenario("S2", currency="USD")]}),
    ]  # fmt: skip
    for place, (words, tables) in enumerate(cases):
        loaded: dict[str, Any] = {"scenarios": [scenario()]} | tables
        at = view(tmp_path / str(place), **loaded)
        # It stops no report: each figure says why it is none.
        for id_ in ("Q01", "Q03", "Q04", "R05"):
            value = at.measure(id_).value
            assert value.value is None, id_
            assert re.search(words, value.reason or ""), (id_, value.reason)
        with pytest.raises(DataError):
            at.portfolio()


def test_money_of_another_currency_counts_at_the_rate(tmp_path: Path) -> None:
    """A dollar at 0.5: the scenario in dollars is half the loss of the same one in euros; so is limit and cover."""
    rate = {"currency": "USD", "to_currency": "EUR", "rate": 0.5, "valid_from": date(2026, 1, 1)}
    usd: dict[str, Any] = {"low": 200_000.0, "high": 2_000_000.0, "currency": "USD"}
    points = {"threshold_id": "L", "kind": "loss_appetite", "points": "[[600000, 0.05]]", "valid_from": date(2025, 1, 1), "currency": "USD"}  # fmt: skip
    cover = {"policy_id": "P", "retention": 500_000.0, "limit_amount": 1e6, "basis": "annual", "valid_from": date(2026, 1, 1), "currency": "USD"}  # fmt: skip
    own: dict[str, Any] = {"thresholds": [{**points, "points": "[[300000, 0.05]]", "currency": "EUR"}], "insurance": [{**cover, "retention": 250_000.0, "limit_amount": 500_000.0, "currency": "EUR"}]}  # fmt: skip
    insured: dict[str, Any] = {"freq_dist": "bernoulli", "insured": True}
    dollars = view(tmp_path / "a", scenarios=[scenario(**insured, **usd)], thresholds=[points], insurance=[cover], fx_rates=[rate])  # fmt: skip
    euros = view(tmp_path / "b", scenarios=[scenario(**insured)], **own)
    for id_ in ("Q01", "Q02", "Q03", "Q04", "Q05"):
        one, other = (v.measure(id_).value for v in (dollars, euros))
        assert one.value == pytest.approx(other.value), id_
        assert one.value is not None
    assert dollars.measure("Q01").value.value == pytest.approx(40_400.13, rel=0.03)


def test_two_layers_of_insurance_by_event_and_by_year(tmp_path: Path) -> None:
    """One event leaves 256,933.54 of its 404,001.28 beneath 500,000 above 250,000 (by hand, see the layer's own test)."""
    by_event = {"policy_id": "P", "retention": 250_000, "limit_amount": 500_000, "basis": "event", "valid_from": date(2026, 1, 1)}  # fmt: skip
    above_it = {"policy_id": "Q", "retention": 750_000, "limit_amount": 1e12, "basis": "annual", "valid_from": date(2026, 1, 1)}  # fmt: skip
    once = scenario(freq_dist="bernoulli", insured=True)
    one = view(tmp_path / "one", scenarios=[once], insurance=[by_event]).portfolio()
    two = view(tmp_path / "two", scenarios=[once], insurance=[by_event, above_it]).portfolio()
    assert one is not None
    assert two is not None
    assert one.net.ale == pytest.approx(25_693.3542, abs=3 * one.net.standard_error)
    # Both layers together pay all above the retention: what stays is the loss limited to it.
    assert two.net.ale == pytest.approx(21_853.8180, abs=3 * two.net.standard_error)
    assert two.gross.ale == one.gross.ale


def test_a_secondary_loss_and_an_uncertain_rate_are_simulated(tmp_path: Path) -> None:
    second: dict[str, Any] = {"secondary_p": 0.2, "secondary_low": 1e5, "secondary_high": 1e6}
    doubted: dict[str, Any] = {
        "rate": None,
        "rate_low": 0.1,
        "rate_mode": 0.3,
        "rate_high": 0.7,
        "rate_gamma": 1,
    }
    value = value_of(tmp_path, "Q01", scenarios=[scenario(**second, **doubted)])
    # The PERT's mean is (0.1 + 0.3 + 0.7) / 3, the loss of an event 1.2 times its mean.
    expected = 1.1 / 3 * 1.2 * 404_001.2827
    assert value.value is not None
    assert value.high is not None
    assert value.value == pytest.approx(expected, abs=1.5 * (value.high - value.value))


def test_observed_and_secondary_losses_are_converted_too(tmp_path: Path) -> None:
    """Two events a year in the mean, of 10 and 30 dollars and a second loss of 40, at half a euro each: 60 euros."""
    rate = {"currency": "USD", "to_currency": "EUR", "rate": 0.5, "valid_from": date(2026, 1, 1)}
    seen = scenario(
        currency="USD", rate=2, freq_dist="poisson", sev_dist="empirical", losses="10|30", low=None, high=None,
        secondary_p=1.0, secondary_low=20, secondary_mode=40, secondary_high=60,
    )  # fmt: skip
    found = view(tmp_path, scenarios=[seen], fx_rates=[rate]).portfolio()
    assert found is not None
    assert found.simulation.scenarios[0].ale == pytest.approx(60)


def test_only_the_current_state_counts_as_quantified(tmp_path: Path) -> None:
    at = view(tmp_path, scenarios=[scenario(state="residual")], thresholds=[limit("cyber", 1)])
    for id_ in ("Q01", "Q02", "Q03", "Q04", "Q05", "R05"):
        value = at.measure(id_).value
        assert (value.value, value.reason) == (None, "no scenario is quantified"), id_


def test_an_interval_of_another_level_is_read_as_such() -> None:
    """An 80 % interval spans 2 x 1.281552 standard deviations, a 90 % one 2 x 1.644854."""
    ale = scenario_of(scenario(ci_level=0.8)).ale
    sigma = math.log(10) / (2 * 1.2815515655)
    assert ale == pytest.approx(0.1 * math.exp(MU + sigma**2 / 2))
    assert scenario_of(scenario()).ale == pytest.approx(40_400.128269457)
    assert isinstance(scenario_of(scenario(cap=2e6)).severity, LogNormal)


def test_the_same_year_is_simulated_in_every_quarter(tmp_path: Path) -> None:
    """An unchanged scenario gives an unchanged figure: luck is no news."""
    at = view(tmp_path, scenarios=[scenario()])
    load(at.workspace, "scenarios", [scenario()], at.known_by)
    assert at.measure("Q01").value.value == at.previous().measure("Q01").value.value
    assert at.measure("Q01").value.value == pytest.approx(40_400.128, rel=0.03)
