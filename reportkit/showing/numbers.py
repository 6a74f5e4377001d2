"""Numbers as blocks: a measure as a tile, its parts as a table, told figures that read differently, a portfolio of scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportkit import display, locale
from reportkit.display import TONES, WORDS, number, ratio, status_cell, write
from reportkit.facts import Block, Cell, Tile, Tiles
from reportkit.measures import Measure, Parts, Value
from reportkit.showing import table

if TYPE_CHECKING:
    from reportkit.bridge import Bridge
    from reportkit.cases import Case
    from reportkit.measures.risk import Portfolio
    from reportkit.quant.exceedance import LossCurve
    from reportkit.quant.portfolio import Simulation

#: Bad years a curve is told by.
_ONE_IN = (2, 10, 20, 100)


def said(value: float | None, item: Measure) -> str:
    """Write a number in the unit of a measure."""
    words = item.definition
    return write(value, words.unit, digits=words.digits, currency=item.currency)


def interval(value: Value, item: Measure) -> str:
    """Write the 95 % interval; an end that is not known stays open."""
    if value.low is None and value.high is None:
        return ""
    low, high = (("…" if end is None else said(end, item)) for end in (value.low, value.high))
    return f"{low}–{high}"


def limit(item: Measure) -> str:
    """Write the limit, and whether it is the organisation's own."""
    if item.target is None:
        return ""
    sign = {"up": "≥", "down": "≤", "band": "±"}[item.definition.direction]
    default = " (default)" if item.default_limits and item.value.target is None else ""
    return f"{sign}{locale.NARROW}{display.limit(item)}{default}"


def measure(item: Measure) -> tuple[Block, ...]:
    """Show a measure as a tile: what it is against its limit, how sure that is, and from when."""
    words, value = item.definition, item.value
    state = "" if item.status == "none" or value.value is None else WORDS[item.status]
    bound, sure = limit(item), interval(value, item)
    notes = (
        value.reason or ratio(value, words, item.currency),
        f"limit {bound}" if bound and value.value is not None else "",
        f"95 % interval {sure}" if sure else "",
        value.note,
        f"{item.as_of:%Y-%m-%d}, data {item.confidence}",
    )
    tile = Tile(
        label=f"{words.id} {words.name}" + (f" ({item.scope})" if item.scope else ""),
        value=said(value.value, item) if value.value is not None else "Not measured",
        delta=state,
        note=" · ".join(filter(None, notes)),
        tone=TONES[item.status],
    )
    return (Tiles(items=(tile,)),)


def parts(item: Parts) -> tuple[Block, ...]:
    """Show the parts of a measure below each other, each with its interval and its status."""
    if not item:
        return (table(f"{item.id} by {item.by}", (item.by, "Value"), [], empty=f"Not measured: {item.reason or 'there are no parts'}."),)  # fmt: skip
    first = item[0]
    words = first.definition
    sure, shares = (any(map(test, item)) for test in (lambda one: interval(one.value, one), lambda one: ratio(one.value, one.definition, one.currency)))  # fmt: skip
    stated = any(one.status != "none" for one in item)
    heads = [item.by[:1].upper() + item.by[1:], "Value", *(["Counted"] if shares else []), *(["95 % interval"] if sure else []), *(["Status"] if stated else []), "Note"]  # fmt: skip
    rows: list[tuple[Cell | str, ...]] = [
        (
            Cell(text=one.scope.partition("=")[2], kind="strong"),
            number("not measured" if one.value.value is None else said(one.value.value, one)),
            *([ratio(one.value, words, one.currency)] if shares else []),
            *([interval(one.value, one)] if sure else []),
            *([status_cell(one.status)] if stated else []),
            one.value.reason or one.value.note,
        )
        for one in item
    ]  # fmt: skip
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    note = f"{first.period.label}, as of {first.as_of:%Y-%m-%d}. Next: .to_frame(), ['{first.scope.partition('=')[2]}']"  # fmt: skip
    return (table(f"{words.id} {words.name}, by {item.by}", heads, rows, note=note),)


def bridges(items: Sequence[Bridge]) -> tuple[Block, ...]:
    """Show told figures that read differently today: told, today, and what did it."""
    money = getattr(items, "currency", "EUR")
    label = getattr(items, "label", "")

    def text(one: Bridge, value: float | None) -> Cell:
        shown = write(value, one.unit, digits=one.digits, currency=money)
        return number("not measured" if value is None else shown)

    rows = []
    for one in items:

        def change(by: float | None, one: Bridge = one) -> str:
            return display.change(by, one.unit, digits=one.digits, currency=money)

        why = ", ".join(f"{cause} {change(by)}" for cause, by in one.steps) or one.cause
        scope = f" ({one.scope})" if one.scope else ""
        rows.append((one.measure, f"{one.name}{scope}", text(one, one.told), text(one, one.today), number(change(one.difference)), why))  # fmt: skip
    title = f"{locale.plural(len(rows), 'figure')} told{f' for {label}' if label else ''} {'read' if len(rows) != 1 else 'reads'} differently today"  # fmt: skip
    empty = getattr(items, "reason", "") or "Every told figure reads the same today."
    note = "Causes add up to the difference. Next: .rows('V04') gives the rows behind one" if rows and label else ""  # fmt: skip
    return (table(title, ("Id", "Figure", "Told", "Today", "Difference", "Why"), rows, note=note, empty=empty),)  # fmt: skip


def curve(item: LossCurve, currency: str = "") -> tuple[Block, ...]:
    """Show how bad a year can be: the mean, and the loss of one year in so many."""
    return (_curve(item, currency),)


def _money(value: float, currency: str) -> str:
    return locale.here().money(value, currency) if currency else locale.number(value)


def _curve(item: LossCurve, currency: str) -> Tiles:
    tiles = [Tile(label="Mean year", value=_money(item.ale, currency), note="annual loss expectancy")]  # fmt: skip
    tiles += [
        Tile(label=f"One year in {n}", value=_money(item.value_at_risk(1 - 1 / n), currency), note="or more")
        for n in _ONE_IN
    ]  # fmt: skip
    return Tiles(items=tuple(tiles))


def simulation(item: Simulation, names: dict[str, str] | None = None, currency: str = "") -> tuple[Block, ...]:  # fmt: skip
    """Show simulated years: how bad they can be, and what each scenario does."""
    total = sum(part.ale for part in item.parts)
    rows = [
        (
            part.scenario.id, (names or {}).get(part.scenario.id, ""), number(_money(part.ale, currency)),
            number(locale.here().percent(100 * part.ale / total, 0) if total else "–"), number(locale.here().percent(100 * part.probability, 0)),
        )
        for part in sorted(item.parts, key=lambda part: -part.ale)
    ]  # fmt: skip
    heads = ("Scenario", "What happens", "Mean year", "Share", "Chance in a year")
    title = f"{locale.plural(len(rows), 'scenario')}, {locale.number(item.years)} simulated years"
    return (_curve(item.curve, currency), table(title, heads, rows))


def portfolio(item: Portfolio) -> tuple[Block, ...]:
    """Show scenarios in money: bad years after insurance, the approved points, and what each scenario does."""
    tiles = _curve(item.net, item.currency)
    rows = [
        (
            f"{_money(check.loss, item.currency)} or more", number(locale.here().percent(100 * check.allowed, 1)), number(locale.here().percent(100 * check.actual, 1)),
            status_cell("red" if check.breached else "green", "Above" if check.breached else "Within", sub="within noise" if check.within_noise else ""),
        )
        for check in (item.appetite.check(item.net) if item.appetite else ())
    ]  # fmt: skip
    approved = table("Approved appetite, after insurance", ("A year's loss of", "Approved", "Chance", "Status"), rows)  # fmt: skip
    _, scenarios = simulation(item.simulation, item.names, item.currency)
    return (tiles, *((approved,) if rows else ()), scenarios)


def case(item: Case) -> tuple[Block, ...]:
    """Show a decision in money: its options beside doing nothing."""
    currency = item.view.currency
    rows = [
        (
            Cell(text=one.option.id, kind="strong" if one.option.id == item.chosen.option.id else "text"), one.option.name,
            number(_money(one.spread_with_users.mean, currency)),
        )
        for one in item.appraised
    ]  # fmt: skip
    recommended = f"Recommended: {item.recommended}. " if item.recommended else ""
    return (table(item.title, ("Option", "What it is", "Mean value"), rows, note=f"{recommended}Against doing nothing, over {item.money.years} years."),)  # fmt: skip
