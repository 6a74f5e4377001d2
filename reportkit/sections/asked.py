"""The front of a business case: the answer first, the few big numbers, the decision that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportkit import locale, phrases
from reportkit.display import Shown
from reportkit.facts import Decision, Decisions, Headline, Message, Option, Tile, Tiles
from reportkit.sections.investment import absent, costs, point
from reportkit.sections.words import day, money, text

if TYPE_CHECKING:
    from reportkit.cases import Case
    from reportkit.quant.appraisal import Appraisal
    from reportkit.view import View

_NEAR = 0.5


def case_headline(view: View, decision: str = "") -> Shown:
    """Give the answer first: the author's words, else what is asked, whether it pays, what speaks against it."""
    words = view.commentary(shared=False)
    if words.statement:
        return Shown(Headline(statement=words.statement, messages=words.messages[:3]), words.facts)
    case = view.business_case(decision)
    if case is None:
        return absent("Business case")
    chosen, view = case.chosen, case.view
    spread, plain = chosen.spread_with_users, chosen.spread
    statement = (
        f"{case.title}: {chosen.option.name} is {'asked for' if case.recommended else 'best in the mean'}. It costs {money(chosen.present_cost, view.currency)} over {case.money.years} years "
        f"in today's money and is worth {locale.here().money(spread.mean, view.currency, sign=True)} on average; it pays in {locale.number(100 * chosen.chance(users=True))} of 100 simulated courses of events."
    )
    before, after = chosen.tail()
    ledger = chosen.option.ledger
    over = [check for check in ledger.checks() if check.breached]
    risk = Message(
        title=f"A bad year becomes {money(before - after, view.currency)} cheaper"
        if after < before and money(before, view.currency) != money(after, view.currency)
        else "A bad year stays as bad",
        text=f"The mean of the worst year in twenty, after insurance, {phrases.moved(before, after, lambda value: money(value, view.currency), ahead=True)}.",
        tone="good" if after < before else "watch",
    )
    users = Message(
        title=f"Users pay {money(ledger.money, view.currency)} a year in time"
        if ledger.money > 0
        else "Users do not pay for it in time",
        text=f"Without their time it is worth {locale.here().money(plain.mean, view.currency, sign=True)}. "
        + (
            f"More is asked of {_names(over)} than was agreed."
            if over
            else "No population is asked for more than was agreed."
        ),
        tone="bad" if over else "watch" if ledger.money > 0 else "good",
    )
    worth = Message(
        title=f"Half the worlds end below {locale.here().money(spread.p50, view.currency)}",
        text=f"One in ten ends below {locale.here().money(spread.p10, view.currency)}, one in ten above {locale.here().money(spread.p90, view.currency)}.",
        tone="bad" if spread.p50 < 0 else "good",
    )
    order = {"bad": 0, "watch": 1, "good": 2}
    messages = sorted((worth, users, risk), key=lambda m: order.get(m.tone, 3))
    return Shown(Headline(statement=statement, messages=tuple(messages)), words.facts)


def _names(checks: list[Any]) -> str:
    return " and ".join(check.population.lower() for check in checks)


def ask(view: View, decision: str = "") -> Shown:
    """Give the decision asked, each option with its cost, what it does to risk, and what it asks of users."""
    case = view.business_case(decision)
    if case is None:
        return absent("Decision")
    row = case.decision
    return Shown(
        Decisions(
            items=(
                Decision(
                    number=1,
                    title=case.title,
                    ask=text(row.get("ask"), ""),
                    options=tuple(_asked(case, made) for made in case.appraised),
                    owner=text(row.get("owner")),
                    by_when=day(row.get("by_when")),
                    reversibility=text(row.get("reversibility"), ""),
                    for_decision=row.get("for_decision") is not False,
                ),
            )
        )
    )


def _asked(case: Case, made: Appraisal) -> Option:
    view, option = case.view, made.option
    if option.does_nothing:
        before = made.tail()[0]
        given_up = text(case.rows[option.id].get("trade_off"), "")
        return Option(
            name=option.name,
            cost="No cost",
            risk_change=f"A bad year stays at {money(before, view.currency)}"
            + (f". {given_up}" if given_up else ""),
            user_impact="None",
            recommended=option.id == case.recommended,
        )
    loss, _ = point(case)
    chances = [100 * chance for chance in made.chance_above(loss)]
    return Option(
        name=option.name,
        cost=costs(case, made),
        risk_change=f"{money(made.avoided, view.currency)} less a year; above {money(loss, view.currency)}: {locale.number(chances[0], 1)} to {locale.percent(chances[1], 1)}",
        user_impact=_hours(made),
        recommended=option.id == case.recommended,
    )


def _hours(made: Appraisal) -> str:
    ledger = made.option.ledger
    parts = []
    if abs(ledger.hours) >= _NEAR:
        word = "asked" if ledger.hours > 0 else "given back"
        parts.append(f"{locale.number(abs(ledger.hours))} h a year {word}")
    if ledger.once_hours:
        parts.append(f"{locale.number(ledger.once_hours)} h once")
    return ", ".join(parts) or "None"


def case_tiles(view: View, decision: str = "") -> Shown:
    """Give the few big numbers of the recommended option: cost, loss avoided, worth, how often it pays, users, bad years."""
    case = view.business_case(decision)
    if case is None:
        return absent("Business case")
    chosen, currency = case.chosen, view.currency
    plain, whole, ledger = chosen.spread, chosen.spread_with_users, chosen.option.ledger
    before, after = chosen.tail()
    en = locale.here()
    items = (
        Tile(label="Cost in today's money", value=money(chosen.present_cost, currency), note=costs(case, chosen)),
        Tile(label="Loss avoided a year", value=money(chosen.avoided, currency), note="after insurance, in the mean"),
        Tile(label="Worth, users' time included", value=en.money(whole.mean, currency, sign=True), note=f"{en.money(plain.mean, currency, sign=True)} without it", tone="good" if whole.mean > 0 else "bad"),
        Tile(label="Pays", value=f"{locale.number(100 * chosen.chance(users=True))} in 100", note=f"worlds, over {case.money.years} years", tone="good" if chosen.chance(users=True) > _NEAR else "watch"),
        Tile(label="Users' time a year", value=f"{en.number(ledger.hours, sign=True)} h", note=f"{en.money(ledger.money, currency, sign=True)} a year", tone="watch" if ledger.hours > 0 else "good"),
        Tile(label="Worst year in twenty", value=en.money(after - before, currency, sign=True), note=f"mean {money(before, currency)} to {money(after, currency)}", tone="good" if after < before else "watch"),
    )  # fmt: skip
    return Shown(Tiles(items=items))
