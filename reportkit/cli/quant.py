"""``reportkit quant``: a year's loss from a file of scenarios, without a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportkit import locale
from reportkit.cli import screen
from reportkit.cli.options import JsonOption
from reportkit.errors import DataError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.quant import Appetite, Scenario
    from reportkit.quant.sanity import Money
    from reportkit.quant.summary import Summary

_BAR = 36
_EIGHTHS = " ▏▎▍▌▋▊▉"
_TOP = 12
_STEPS = {"k": 1e3, "m": 1e6, "bn": 1e9}
_WIDTH = 96


def quant(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Scenarios: table 'scenarios' as CSV or a workbook, riskquant's CSV, pyfair's or CISO Assistant's JSON, evaluator's folder.",
        ),
    ],
    *,
    years: Annotated[
        int | None,
        typer.Option("--years", "-n", metavar="N", help="Simulated years; 200,000 unless given."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="The same seed gives the same years.")
    ] = 1,
    appetite: Annotated[
        str,
        typer.Option(
            "--appetite",
            metavar="POINTS",
            help="Approved points such as '1m:10%,10m:1%': more than 1m at most once in ten years.",
        ),
    ] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state", metavar="NAME", help="The state to look at; 'current' unless given."
        ),
    ] = "",
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Compute the curve by Fourier transform, without noise."),
    ] = False,
    balance_sheet: Annotated[
        str,
        typer.Option(
            "--balance-sheet",
            metavar="AMOUNT",
            help="The most that can be lost, such as 250m; estimates beyond it are named.",
        ),
    ] = "",
    currency: Annotated[
        str,
        typer.Option("--currency", metavar="CODE", help="Of a file that states none, such as EUR."),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Say how bad a year can be: the curve, the scenarios behind it, and what to doubt.

    Exit codes: 0 done, 2 an option that is not understood, 3 a file that cannot be read or an estimate that cannot be.
    """
    from reportkit.quant.portfolio import YEARS
    from reportkit.quant.summary import Summary

    points = _points(appetite)
    most = amount(balance_sheet, "--balance-sheet") if balance_sheet else None
    if years is not None and years < 1:
        raise UsageError(f"--years {years} is not allowed; give 1 or more.")
    if seed < 0:
        raise UsageError(f"--seed {seed} is not allowed; give 0 or more.")
    states, coin = _scenarios(file, currency)
    chosen = _chosen(states, state)
    summary = Summary.of(
        states[chosen], years=years or YEARS, seed=seed, exact=exact, appetite=points
    )
    money = _money(coin)
    if json:
        found = summary.told(money, most)
        screen.say_json({"file": str(file), "state": chosen, "currency": coin or None, **found})
        return
    names = f"{len(states[chosen])} scenarios" if len(states[chosen]) != 1 else "1 scenario"
    how = (
        "exact"
        if exact
        else f"{locale.number(summary.simulation.years)} simulated years, seed {seed}"
    )
    screen.say(screen.styled(f"{screen.short(file)}: {names}, state {chosen}, {how}", "strong"))
    _curve(summary, money)
    _figures(summary, money)
    _table(summary, money)
    _others(states, chosen, summary, money)
    _panel(summary, money, most)


def amount(text: str, option: str) -> float:
    """Read an amount such as ``250m``, ``1.5bn`` or ``200000``.

    Raises:
        UsageError: it is none.
    """
    import re

    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(k|m|bn)?", text.strip().casefold())
    if not found or float(found[1]) == 0:
        raise UsageError(
            f"{option} {text!r} is not an amount above 0; write it as 250m, 1.5bn or 200000."
        )
    return float(found[1]) * _STEPS.get(found[2] or "", 1.0)


def _points(text: str) -> Appetite | None:
    import re

    from reportkit.quant import Appetite

    if not text.strip():
        return None
    pairs = []
    for part in text.split(","):
        loss, sign, chance = part.partition(":")
        number = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(%?)\s*", chance)
        if not sign or not number:
            raise UsageError(
                f"--appetite {part.strip()!r} is not a point; write amount:chance, such as 1m:10% or 1m:0.1."
            )
        share = float(number[1]) / (100 if number[2] else 1)
        pairs.append((amount(loss, "--appetite"), share))
    try:
        return Appetite.from_pairs(pairs)
    except DataError as error:
        raise UsageError(f"--appetite: {error.message}") from None


def _scenarios(file: Path, currency: str) -> tuple[dict[str, list[Scenario]], str]:
    from reportkit.quant.rows import scenario_of
    from reportkit.sources import reading

    extract = reading.read(reading.ask(file, table="scenarios"))
    if extract.refused.num_rows:
        for problem in [p for p in extract.problems if p.severity == "error"][:5]:
            screen.remark(f"  {problem}")
        screen.remark(
            f"  {extract.refused.num_rows} of {extract.records} scenarios were refused and are not in the figures"
        )
    rows = extract.rows.to_pylist()
    coins = sorted({str(row["currency"]) for row in rows if row["currency"]} | ({currency} - {""}))
    if len(coins) > 1:
        raise DataError(
            f"{file} holds amounts in {' and '.join(coins)}; convert them into one currency."
        )
    states: dict[str, list[Scenario]] = {}
    for row in rows:
        states.setdefault(str(row["state"]), []).append(scenario_of(row))
    return states, coins[0] if coins else ""


def _chosen(states: dict[str, list[Scenario]], state: str) -> str:
    if state:
        if state not in states:
            raise UsageError(f"No scenario is in state {state!r}; {nearest(state, states)}")
        return state
    return "current" if "current" in states else next(iter(states))


def _money(currency: str) -> Money:
    from reportkit import locale

    def written(value: float) -> str:
        if 0 < abs(value) < 100:
            return f"{currency} {locale.general(value, 3)}".strip()
        return locale.here().money(value, currency).replace("\N{NO-BREAK SPACE}", " ").strip()

    return written


def _curve(summary: Summary, money: Money) -> None:
    rows = summary.ladder()
    screen.say()
    if not rows:
        screen.say("  No year has a loss.")
        return
    screen.say(screen.styled("  Chance that a year costs more than", "quiet"))
    width = max(len(money(loss)) for loss, _, _ in rows)
    approved = summary.appetite.points if summary.appetite else ()
    for loss, chance, allowed in rows:
        above = allowed is not None and chance > allowed
        bar = _bar(chance, allowed)
        said = f"{chance:6.1%}"
        note = ""
        if allowed is not None:
            point = any(loss == at for at, _ in approved)
            word = "above" if above else "within"
            note = (
                f"  {word} the {allowed:.1%} {'approved' if point else 'between approved points'}"
            )
        elif approved:
            note = "  no point approved here"
        line = screen.styled(bar, "bad" if above else "good" if allowed is not None else "strong")
        screen.say(
            f"  {money(loss):>{width}}  {line} {said}{screen.styled(note, 'bad' if above else 'quiet')}"
        )
    if approved:
        screen.say(screen.styled(f"  {'':{width}}  │ marks the approved chance", "quiet"))


def _bar(chance: float, allowed: float | None) -> str:
    """Draw a share as a bar in eighths of a character, with a mark at the approved one."""
    eighths = round(chance * _BAR * 8)
    full, rest = divmod(eighths, 8)
    cells = list(("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR + 1))
    if allowed is not None:
        cells[min(round(allowed * _BAR), _BAR)] = "│"
    return "".join(cells)


def _figures(summary: Summary, money: Money) -> None:
    curve = summary.curve
    noise = f" ± {money(1.96 * curve.standard_error)}" if curve.years else ""
    screen.say()
    rows = [("mean year (ALE)", f"{money(curve.ale)}{noise}", "")]
    rows += [
        (f"one year in {n}", money(value), money(tail)) for n, value, tail in summary.bad_years()
    ]
    screen.table(rows, head=("", "costs more than", "and then on average"), right=(1, 2))


def _table(summary: Summary, money: Money) -> None:
    screen.say()
    shown = sorted(summary.contributions, key=lambda row: -row.scenario.ale)
    rows = [
        (
            screen.fit(row.scenario.id, 12),
            screen.fit(row.scenario.name, 26),
            locale.general(row.scenario.rate, 3),
            money(row.scenario.event_loss),
            money(row.scenario.ale),
            f"{row.mean_share:.1%}",
            f"{row.share:.1%}",
        )
        for row in shown[:_TOP]
    ]
    head = ("scenario", "", "events", "an event", "mean year", "share", "of worst 1 in 20")
    screen.table(rows, head=head, right=(2, 3, 4, 5, 6))
    if len(shown) > _TOP:
        rest = shown[_TOP:]
        screen.say(
            f"  and {len(rest)} more with {money(sum(r.scenario.ale for r in rest))} a year ('--json' lists all)"
        )


def _others(
    states: dict[str, list[Scenario]],
    chosen: str,
    summary: Summary,
    money: Money,
) -> None:
    """Say what another state of the same scenarios changes, under the same luck."""
    from reportkit.quant import change, simulate

    here = {scenario.id: scenario for scenario in states[chosen]}
    rows = []
    for name, scenarios in states.items():
        swapped = here | {s.id: s for s in scenarios if s.id in here}
        if name == chosen or swapped == here:
            continue
        before = summary.simulation
        after = simulate(list(swapped.values()), before.years, before.seed)
        gap = change(before, after)
        worst = before.curve.value_at_risk(0.95) - after.curve.value_at_risk(0.95)
        rows.append(
            (
                f"in state {name}",
                f"{money(after.curve.ale)}",
                f"{money(gap.ale)} ± {money(1.96 * gap.standard_error)}",
                money(worst),
            )
        )
    if rows:
        screen.say()
        screen.table(
            rows, head=("", "mean year", "saves a year", "saves in 1 year of 20"), right=(1, 2, 3)
        )


def _panel(summary: Summary, money: Money, most: float | None) -> None:
    import textwrap

    screen.say()
    screen.say(screen.styled("  Before you use these figures", "strong"))
    for remark in summary.remarks(money, most):
        mark = screen.styled("!", "watch") if remark.watch else "·"
        lines: Sequence[str] = textwrap.wrap(remark.text, _WIDTH - 4)
        for place, line in enumerate(lines):
            screen.say(f"  {mark if not place else ' '} {line}")
