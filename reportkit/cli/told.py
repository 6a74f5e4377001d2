"""``reportkit restatements``, ``diff`` and ``errata``: what was told, what is said today, and why they differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import UsageError
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.bridge import Bridge, Told
    from reportkit.view import View
    from reportkit.workspace import Workspace

ReportArgument = Annotated[
    str,
    typer.Argument(
        metavar="REPORT",
        help="A published report such as 'board'.",
        autocompletion=completing.reports,
    ),
]
PeriodArgument = Annotated[str, typer.Argument(metavar="PERIOD", help="A quarter such as 2026-Q2.")]
_ROWS = 20


def restatements(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="ID", help="Show the rows behind this measure, such as V04."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also what differs by less than is printed, and parts.")
    ] = False,
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show which told figures are others today: told, today, difference, and what did it."""
    place = _workspace(workspace)
    told = _told(place, report, period, unit)
    bridges = [
        one for one in told.bridges() if every or (one.printed and not one.scope)
    ]  # fmt: skip
    behind = told.rows(rows.upper(), 1_000_000 if json else _ROWS + 1) if rows else None
    if json:
        found = [one.to_dict() for one in bridges]
        screen.say_json(
            found if behind is None else {"restatements": found, "rows": behind.to_dict("records")}
        )
        return
    label = told.view.period.label
    if not bridges:
        screen.say(f"No figure told for {label} reads differently today.")
    else:
        _list(told, bridges)
    if behind is not None:
        _behind(rows or "", behind.head(_ROWS).astype(str).to_dict("records"), len(behind) > _ROWS)


def _list(told: Told, bridges: list[Bridge]) -> None:
    told_at = f"{told.publication.published_at:%Y-%m-%d}"
    screen.say(
        screen.styled(
            f"{plural(len(bridges), 'figure')} told for {told.view.period.label} (on {told_at}) read differently today",
            "strong",
        )
    )
    screen.table(
        [_cells(one, told.view.currency) for one in bridges],
        head=("id", "figure", "told", "today", "difference", "why"),
        right=(2, 3, 4),
    )


def _cells(one: Bridge, currency: str) -> tuple[str, ...]:
    from reportkit import display

    def text(number: float | None) -> str:
        return "not measured" if number is None else display.write(number, one.unit, digits=one.digits, currency=currency)  # fmt: skip

    def change(number: float | None) -> str:
        return display.change(number, one.unit, digits=one.digits, currency=currency)

    why = ", ".join(f"{cause} {change(by)}" for cause, by in one.steps) or one.cause
    name = f"{one.name} ({one.scope.partition('=')[2]})" if one.scope else one.name
    return (
        one.measure,
        screen.fit(name, 38),
        text(one.told),
        text(one.today),
        change(one.difference),
        why,
    )


def _behind(id_: str, rows: list[dict[Any, str]], more: bool) -> None:
    screen.say()
    if not rows:
        screen.say(f"No row that {id_.upper()} rests on is another one today.")
        return
    screen.say(screen.styled(f"Rows behind {id_.upper()}, as far as it looks at them", "strong"))
    screen.table(
        [(row["table"], row["id"], row["what"], screen.fit(row["changed"], 52), row["load"]) for row in rows],
        head=("table", "id", "today", "then → today", "by load"),
    )  # fmt: skip
    if more:
        screen.say("  and more; --json gives all of them")


def diff(
    report: ReportArgument,
    first: Annotated[str, typer.Argument(metavar="PERIOD", help="The earlier quarter.")],
    second: Annotated[str, typer.Argument(metavar="LATER", help="The later quarter.")],
    *,
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show what changed between two quarters: what was restated, and what really changed."""
    place = _workspace(workspace)
    told = _told(place, report, first, unit)
    later = place.at(second, unit=unit, report=Path(report).stem)
    if later.as_of <= told.view.as_of:
        raise UsageError(f"{second} is not after {first}; give the earlier quarter first.")
    from reportkit import bridge

    told_later = bridge.told(later)
    bridges = {(one.measure, one.scope): one for one in told.bridges()}
    found = []
    for (id_, scope), figure in told.figures.items():
        if scope:
            continue
        # What was told of the later quarter counts where something was; else what it says today.
        after = told_later.figures.get((id_, "")) if told_later is not None else None
        now = after.value if after is not None else bridge.value(later, id_)
        one = bridges.get((id_, ""))
        today = one.today if one is not None else figure.value
        row = _difference(figure.name, id_, figure.unit, figure.value, today, now, one)
        found.append(row | {"split": _split(later, told, id_, row["real"])})
    if json:
        screen.say_json(found)
        return
    from reportkit import display
    from reportkit.measures import definition

    def text(row: dict[str, Any], name: str) -> str:
        words = definition(row["measure"])
        write = display.change if name in {"restated", "real"} else display.write
        return write(row[name], words.unit, digits=words.digits, currency=later.currency)

    title = f"{told.view.period.label} as told to {later.period.label} {'as told' if told_later else 'as it is today'}"
    screen.say(screen.styled(title, "strong"))
    columns = ("told", "restated", "today", "real", "later")
    screen.table(
        [(row["measure"], screen.fit(row["name"], 38), *(text(row, name) for name in columns), ", ".join(row["steps"])) for row in found],
        head=("id", "figure", "told", "restated", "is today", "real change", second, "restated by"),
        right=(2, 3, 4, 5, 6),
    )  # fmt: skip
    screen.say(f"  told + restated + real change = {second}")
    for row in found:
        if row["split"] and row["split"]["flagged"] and row["unit"] in {"percent", "ratio"}:
            screen.say(f"  {screen.styled('!', 'watch')} {row['measure']}: the denominator moved by {100 * row['split']['moved']:+.0f} %: the two quarters speak of different things")  # fmt: skip


def _split(later: View, told: Told, id_: str, real: float | None) -> dict[str, Any] | None:
    """Part a real change into what numerator, denominator and mix did; None where it is no ratio, or was told otherwise."""
    from reportkit import comparability

    found = None if real is None else comparability.change(later, id_, since=told.view)
    if found is None or found.numerator is None or abs(found.change - (real or 0.0)) > 1e-6:  # fmt: skip
        return None
    return found.to_dict()


def _difference(name: str, id_: str, unit: str, told: float | None, today: float | None, later: float | None, one: Bridge | None) -> dict[str, Any]:  # fmt: skip
    def less(after: float | None, before: float | None) -> float | None:
        return None if after is None or before is None else after - before

    return {
        "measure": id_, "name": name, "unit": unit, "told": told, "restated": less(today, told), "today": today,
        "real": less(later, today), "later": later, "steps": dict(one.steps) if one is not None else {},
    }  # fmt: skip


def _workspace(folder: Path | None) -> Workspace:
    from reportkit.workspace import Workspace

    return Workspace(options.workspace(folder), now=options.now())


def _told(place: Workspace, report: str, period: str, unit: str | None) -> Told:
    """Give what was told of a quarter beside today's view of it: as known now, whatever was known then."""
    from reportkit import bridge

    name = Path(report).stem
    view = place.at(period, unit=unit, known_by=place.now, report=name)
    found = bridge.told(view)
    if found is None:
        part = f" --unit {unit}" if unit else ""
        raise UsageError(
            f"Report {name} was not published for {view.period.key}, so nothing was told; "
            f"'reportkit publish {name} {view.period.key}{part}' does that."
        )
    return found


def errata(
    report: ReportArgument,
    period: PeriodArgument,
    *,
    load: Annotated[
        list[str] | None,
        typer.Option(
            "--load",
            metavar="NAME",
            help="A load that counts too; may be repeated. See 'reportkit log --json'.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why the figures were wrong.")
    ] = "",
    approver: Annotated[
        str, typer.Option("--approver", metavar="NAME", help="Who approved the correction.")
    ] = "",
    publish: Annotated[
        bool, typer.Option("--publish", help="Tell it; without this it is only shown.")
    ] = False,
    unit: UnitOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put right what was told, from loads that are named; or list what was put right."""
    from reportkit import errata as corrections

    place = _workspace(workspace)
    told = _told(place, report, period, unit).publication
    if not load:
        _listed(place, told.report, told.period, told.unit, json=json)
        return
    revision = corrections.prepare(
        place, told, load, reason=reason, approver=approver, at=options.now()
    )
    kept = revision.publish(place) if publish else None
    if json:
        screen.say_json(revision.to_dict() | {"published": kept.to_dict() if kept else None})
        return
    state = "published" if publish else "not told yet"
    screen.say(
        f"{screen.styled(f'{told.report} {told.period}, revision {told.revision + 1}', 'strong')}  {state}"
    )
    _corrected([vars(one) for one in revision.errata], place.settings.organisation.currency)
    if not publish and revision.errata:
        screen.say("  --publish tells it; what was told before stays readable")
    if publish:
        part = f" --unit {unit}" if unit else ""
        screen.say(
            f"  'reportkit run {told.report} --period {told.period}{part}' renders the corrected edition, 'reportkit publish {told.report} {told.period}{part}' makes it final"
        )


def _listed(place: Workspace, report: str, period: str, unit: str, *, json: bool) -> None:
    found = [one for one in place.ledger.publications() if (one.report, one.period, one.unit) == (report, period, unit)]  # fmt: skip
    if json:
        screen.say_json([one.to_dict() | {"errata": [vars(e) for e in place.ledger.errata(one)]} for one in found])  # fmt: skip
        return
    for one in found:
        screen.say(screen.styled(f"{report} {period}, revision {one.revision}", "strong") + f"  told on {one.published_at:%Y-%m-%d}")  # fmt: skip
        if one.revision > 1:
            _corrected(
                [vars(e) for e in place.ledger.errata(one)], place.settings.organisation.currency
            )
    if len(found) == 1:
        screen.say(
            "  nothing was put right; --load NAME names a load that counts too, see 'reportkit restatements --rows ID'"
        )


def _corrected(errata: list[dict[str, Any]], currency: str) -> None:
    from reportkit import display
    from reportkit.measures import definition

    def text(row: dict[str, Any], name: str) -> str:
        words = definition(row["measure"])
        return display.write(row[name], words.unit, digits=words.digits, currency=currency)

    screen.table(
        [
            (row["measure"], screen.fit(f"{row['name']}{' (' + row['scope'].partition('=')[2] + ')' if row['scope'] else ''}", 38),
             text(row, "old"), text(row, "new"), row["cause"], row["approver"], screen.fit(row["reason"], 40))
            for row in errata
        ],
        head=("id", "figure", "was", "is", "cause", "approved by", "reason"),
        right=(2, 3),
    )  # fmt: skip
