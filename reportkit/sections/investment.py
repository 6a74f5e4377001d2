"""A business case in words and tables: what is asked, what the options are worth, what the result hangs on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from reportkit import display, locale
from reportkit.display import Shown
from reportkit.facts import Callout, Cell, Column
from reportkit.locale import plural
from reportkit.quant import finance
from reportkit.sections.words import money

if TYPE_CHECKING:
    from reportkit.cases import Case
    from reportkit.quant.appraisal import Appraisal
    from reportkit.view import View

NO_CASE = "No option of a decision of this quarter is given in money."
_NEAR = 0.5


def absent(title: str) -> Shown:
    """Give what stands in the place of a business case that there is none of."""
    return Shown(Callout(title=f"{title}: not measured", text=NO_CASE, tone="none"))


def costs(case: Case, made: Appraisal) -> str:
    """Write what an option costs at the start and each year."""
    once, yearly = made.option.once.mean, made.option.yearly.mean
    currency = case.view.currency
    parts = []
    if once:
        parts.append(f"{money(once, currency)} once")
    if yearly:
        parts.append(
            f"{money(yearly, currency)} a year"
            if yearly > 0
            else f"saves {money(-yearly, currency)} a year"
        )
    return ", ".join(parts) or "No cost"


def point(case: Case) -> tuple[float, float | None]:
    """Give the approved loss that is spoken of, and its approved chance."""
    from reportkit.measures.risk import headline_point

    if case.appetite:
        return headline_point(case.appetite)
    return case.chosen.curve_today.value_at_risk(0.95), None


def _marked(case: Case, made: Appraisal) -> Cell:
    asked = made.option.id == case.recommended
    return Cell(text=made.option.name, kind="strong", sub="asked for" if asked else "")


def option_money(view: View, decision: str = "") -> Shown:
    """Give each option's cost, loss avoided, return in money and as a ratio, value, chance to pay, time to pay back."""
    case = view.business_case(decision)
    if case is None:
        return absent("Options in money")
    currency = view.currency
    rows = []
    for made in case.appraised:
        if made.option.does_nothing:
            continue
        spread, ratio = made.spread, made.rosi
        simple, discounted = (_years(x) for x in (made.payback, made.discounted_payback))
        rate = float(finance.irr(made.mean_flows))
        rows.append(
            (
                _marked(case, made),
                Cell(text=money(made.present_cost, currency), kind="number", sub=costs(case, made)),
                Cell(text=money(made.avoided, currency), kind="number", sub=f"gross {money(case.money.expected_avoided(made.option), currency)}"),
                Cell(text="–" if ratio is None else locale.here().percent(100 * ratio, 0, sign=True), kind="number", sub=locale.here().money(made.net_benefit, currency, sign=True)),
                Cell(text=locale.here().money(spread.mean, currency, sign=True), kind="strong", sub=f"{money(spread.p10, currency)} to {money(spread.p90, currency)}"),
                Cell(text=locale.percent(100 * made.chance()), kind="number", sub=f"with users {locale.percent(100 * made.chance(users=True))}"),
                Cell(text=simple, kind="number", sub=f"disc. {discounted}"),
                Cell(text="none" if math.isnan(rate) else locale.here().percent(100 * rate, 0), kind="number", sub=f"median {_median_rate(made)}"),
            )
        )  # fmt: skip
    columns = (
        Column(label="Option", width=2.2), Column(label="Cost today", align="right", width=1.5), Column(label="Loss avoided a year", align="right", width=1.4),
        Column(label="Return, ratio", align="right"), Column(label="Net present value", align="right", width=1.5), Column(label="Pays in", align="right"),
        Column(label="Pays back", align="right"), Column(label="Rate of return", align="right"),
    )  # fmt: skip
    note = (
        f"Over {case.money.years} years at {locale.percent(100 * case.money.rate, None)} a year, in {currency}, prices of today, after insurance, without users' time; below the value, one world in ten at either end. "
        "Gross: before insurance. Return as a ratio: loss avoided minus cost, by cost, over the horizon and not discounted; below it the same in money. "
        "Pays back: years in the middle world, of those that do; the share of worlds that do; below it in today's money (disc.). Rate of return: of the mean flows; below it that of the middle world. "
        f"Standard error of the mean value: {money(max(m.spread.error for m in case.appraised), currency)} at most."
    )
    return display.table(
        "option-money", "What the options cost and what they are worth", columns, rows, note=note, dense=True,
        empty="Doing nothing is the only option.",
    )  # fmt: skip


def _years(values: Any) -> str:
    """Say when worlds pay back: the median of those that do, and how many do."""
    done = values[np.isfinite(values)]
    share = 100 * done.size / values.size
    return (
        f"{locale.number(float(np.median(done)), 1)} y in {locale.percent(share)}"
        if done.size
        else "never"
    )


def _median_rate(made: Appraisal) -> str:
    # A world without a rate never earned its money back: it lies below all that did.
    middle = float(np.quantile(np.nan_to_num(made.irr, nan=-1.0), 0.5))
    return "none" if middle <= -1 else locale.here().percent(100 * middle, 0)


def option_risk(view: View, decision: str = "") -> Shown:
    """Give what each option does to a year's loss after insurance: mean, chance above approved losses, bad years."""
    case = view.business_case(decision)
    if case is None:
        return absent("Options and risk")
    currency = view.currency
    points = case.appetite.points if case.appetite else ((point(case)[0], None),)
    shown = [p for p in points if p[1] is None or p[1] <= _NEAR][:3] or list(points)[:1]
    rows = []
    for made in case.appraised:
        cells = [
            _marked(case, made),
            Cell(text=money(made.curve.ale, currency), kind="number", sub=locale.here().money(-made.avoided, currency, sign=True) if made.avoided else ""),
        ]  # fmt: skip
        for loss, _ in shown:
            before, after = made.chance_above(loss)
            moved = 100 * (after - before)
            cells.append(
                Cell(text=locale.percent(100 * after, 1), kind="number", sub=f"{locale.number(moved, 1, sign=True)} pts" if abs(moved) >= 0.05 else "")
            )  # fmt: skip
        before, after = made.tail()
        cells.append(Cell(text=money(after, currency), kind="strong", sub=locale.here().money(after - before, currency, sign=True) if after != before else ""))  # fmt: skip
        rows.append(cells)
    columns = (
        Column(label="Option", width=2.2), Column(label="Mean year", align="right"),
        *(Column(label=f"More than {money(loss, currency)}", align="right") for loss, _ in shown),
        Column(label="Mean of the worst year in twenty", align="right", width=1.3),
    )  # fmt: skip
    approved = ", ".join(
        f"{locale.percent(100 * p, None)} for {money(x, currency)}"
        for x, p in shown
        if p is not None
    )
    note = "A year's losses of the whole firm after insurance, with the option fully at work; below, the change against doing nothing, the same luck in both."
    if approved:
        note += f" Approved: {approved}."
    limit = _sanity(case)
    return display.table("option-risk", "What the options do to a year's loss", columns, rows, note=f"{note} {limit}".strip(), dense=True)  # fmt: skip


def _sanity(case: Case) -> str:
    """Hold the recommended option's yearly cost against the Gordon-Loeb limit of the scenarios it acts on."""
    chosen = case.chosen
    acted = {effect.scenario for effect in chosen.option.effects}
    if not acted:
        return ""
    at_risk = sum(s.ale for s in case.money.scenarios if s.id in acted)
    yearly = chosen.present_cost / finance.annuity(case.money.rate, case.money.years)
    limit = at_risk / math.e
    word = "below" if yearly <= limit else "above"
    currency = case.view.currency
    return f"For sanity: {money(yearly, currency)} a year for scenarios that cost {money(at_risk, currency)} in the mean is {word} the Gordon-Loeb limit of {money(limit, currency)}."


def inputs(view: View, decision: str = "") -> Shown:
    """Give each uncertain input: its range, the value at either end, its rank correlation with the result."""
    case = view.business_case(decision)
    if case is None:
        return absent("Inputs")
    found = case.correlations
    rows = [
        (Cell(text=case.input(name), kind="strong"), Cell(text=locale.number(rho, 2, sign=True), kind="number"), _meaning(name, rho))
        for name, rho in list(found.items())[:8]
    ]  # fmt: skip
    columns = (
        Column(label="Input", width=2.4),
        Column(label="Rank correlation", align="right"),
        Column(label="Reading", width=2),
    )
    return display.table(
        "inputs", "What moves the result over all worlds", columns, rows, dense=True,
        note="Spearman's rank correlation of the input with the net present value, users' time included, when all inputs move at once.",
        empty="Every input is given as one number.",
    )  # fmt: skip


def _meaning(name: str, rho: float) -> str:
    size = (
        "hardly matters"
        if abs(rho) < 0.05
        else "matters"
        if abs(rho) < _NEAR / 2
        else "matters most"
    )
    if name == "events":
        return f"Chance, which no better estimate removes; {size}"
    return (
        f"More of it makes the case {'better' if rho > 0 else 'worse'}; {size}"
        if abs(rho) >= 0.05
        else "Hardly matters"
    )


def break_even(view: View, decision: str = "") -> Shown:
    """Say at which value of the main inputs the recommended option stops being worth it in the mean."""
    case = view.business_case(decision)
    if case is None:
        return absent("Break-even")
    option, currency = case.chosen.option, view.currency
    sentences = []
    if option.effects:
        bare, whole = (case.break_even("effects", users=users) for users in (False, True))
        largest = max(option.effects, key=lambda e: e.share.mean)
        sentences.append(
            _achieved(
                bare, largest.share.mean, case.scenario(largest.scenario), "without users' time"
            )
        )
        sentences.append(
            _achieved(
                whole, largest.share.mean, case.scenario(largest.scenario), "with users' time"
            )
        )
    once = case.break_even("once") if option.once.mean else None
    if once is not None:
        sentences.append(f"The cost at the start may reach {money(once, currency)}, against {money(option.once.mean, currency)} expected.")  # fmt: skip
    mean = case.chosen.spread_with_users.mean
    return Shown(
        Callout(
            title=f"Worth it in the mean if: {option.name}",
            text=" ".join(dict.fromkeys(sentences)) or "It has no input that can be turned.",
            tone="good" if mean > 0 else "bad",
        )
    )


def _achieved(factor: float | None, share: float, scenario: str, basis: str) -> str:
    if factor is None:
        return f"No effect of its controls, however large, turns the result {basis}."
    stopped = 100 * factor * share
    return f"Its controls must achieve {locale.percent(100 * factor)} of what is estimated {basis}: {locale.percent(stopped)} of the events of “{scenario}” stopped instead of {locale.percent(100 * share)}, and the rest in proportion."


def frontier(view: View, decision: str = "") -> Shown:
    """Give the sets of options that take most off the bad years for their cost, and what each further step buys."""
    case = view.business_case(decision)
    if case is None:
        return absent("Sets of options")
    currency = view.currency
    best = [choice for choice in case.frontier if choice.efficient]
    rows = []
    for number, choice in enumerate(best):
        rows.append(
            (
                Cell(text=str(number), kind="number"),
                Cell(text=choice.name, kind="strong"),
                Cell(text=money(choice.cost, currency), kind="number"),
                Cell(text=money(choice.tail, currency), kind="number"),
                Cell(text=money(choice.ale, currency), kind="number"),
                Cell(text="–" if choice.marginal is None else locale.number(choice.marginal, 1), kind="number"),
            )
        )  # fmt: skip
    columns = (
        Column(label="No.", align="right"), Column(label="Set", width=3), Column(label="Cost today", align="right"), Column(label="Off the worst year in twenty", align="right", width=1.2),
        Column(label="Off the mean year", align="right"), Column(label="For each further unit of money", align="right", width=1.2),
    )  # fmt: skip
    tried = len(case.frontier)
    budget = f", {sum(c.affordable for c in case.frontier)} of them within the budget of {money(case.budget, currency)}" if math.isfinite(case.budget) else ""  # fmt: skip
    return display.table(
        "frontier-sets", "Sets that are best for their cost", columns, rows, dense=True,
        note=f"{plural(tried, 'set')} of the options asked for this quarter were tried{budget}. Users' time is not in the cost.",
    )  # fmt: skip


def control_credits(view: View, decision: str = "") -> Shown:
    """Give what each control may be credited with, so that together they avoid what they avoid together and no more."""
    case = view.business_case(decision)
    if case is None:
        return absent("Credits")
    from reportkit.quant import controls

    scenarios, effects = case.money.scenarios, case.asked_effects
    alone = {e.control: 0.0 for e in effects}
    for name in alone:
        alone[name] = controls.avoided(scenarios, [e for e in effects if e.control == name])
    fair = controls.shared(scenarios, effects)
    total, added = sum(fair.values()), sum(alone.values())
    currency = view.currency
    rows = [
        (Cell(text=name, kind="strong"), display.number(money(alone[name], currency)), Cell(text=money(share, currency), kind="strong"))
        for name, share in sorted(fair.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    rows.append(
        (Cell(text="Together", kind="strong"), display.number(money(added, currency)), Cell(text=money(total, currency), kind="strong"))
    )  # fmt: skip
    return display.table(
        "credits", "What each control is credited with",
        (Column(label="Control of the options asked for", width=2.5), Column(label="Alone, a year", align="right"), Column(label="Its share of all, a year", align="right")),
        rows, total=True, dense=True,
        note="Mean loss avoided a year before insurance. "
        + (
            f"Added up one by one they would claim {money(added - total, currency)} twice; the shares (Shapley) add up to what they avoid together."
            if added - total > 0.5
            else "They act on different scenarios, so nothing is claimed twice."
        ),
    )  # fmt: skip
