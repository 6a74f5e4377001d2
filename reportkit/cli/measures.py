"""``reportkit measures`` and ``measure``: what can be measured, and what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportkit.cli import completing, options, screen
from reportkit.cli.options import JsonOption, UnitOption, WorkspaceOption
from reportkit.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from reportkit.measures import Measure
    from reportkit.view import View

_WORDS = {"green": "on target", "amber": "watch", "red": "off target", "none": "no limit"}
_TONES: dict[str, screen.Style] = {
    "green": "good",
    "amber": "watch",
    "red": "bad",
    "none": "strong",
}


def measures(
    id_: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="Explain this one, such as V06.",
            autocompletion=completing.measures,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List what can be measured, or explain one measure."""
    from reportkit.catalogue import described
    from reportkit.measures import definition, definitions

    _own(workspace)
    if id_ is None:
        found = definitions().values()
        if json:
            screen.say_json([described(words) for words in found])
            return
        rows = [(words.id, words.name, words.unit, ", ".join(words.dims)) for words in found]
        screen.table(rows, head=("id", "measure", "unit", "split by"))
        screen.say("  'reportkit measures V06' explains one, 'reportkit measure V06' computes it.")
        return
    words = definition(id_.upper())
    if json:
        screen.say_json(described(words))
        return
    screen.say(screen.styled(f"{words.id} {words.name}", "strong"))
    said = described(words)
    for name in ("definition", "why", "use", "clock", "unit", "direction", "limits", "needs", "fields", "split by", "source", "version"):  # fmt: skip
        if said[name]:
            screen.paragraph(name, str(said[name]))


def _own(folder: Path | None) -> None:
    """Know the measures of the workspace too, where there is one."""
    from reportkit import config
    from reportkit.measures import registry

    try:
        place = options.workspace(folder)
    except ConfigError:
        if folder is not None:
            raise
        return
    registry.load(place, config.read(place).measures.modules)


def measure(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="See 'reportkit measures'.", autocompletion=completing.measures
        ),
    ],
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period",
            "-p",
            metavar="Q",
            help="A quarter such as 2026-Q3; by default the latest closed one with data.",
        ),
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", metavar="DIM", help="Split by this, such as severity.")
    ] = None,
    unit: UnitOption = None,
    known_by: Annotated[
        str | None,
        typer.Option("--known-by", metavar="TIME", help="Use only what was recorded by then."),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Compute one measure for a quarter, whole or split."""
    from reportkit.workspace import Workspace

    place = Workspace(options.workspace(workspace), now=options.now())
    view = place.at(period, unit=unit, known_by=known_by)
    found = view.measure(id_.upper(), by=by)
    several = found if isinstance(found, list) else [found]
    if json:
        from reportkit import comparability

        figures = [_plain(one) for one in several]
        if not by:
            since = comparability.change(view, several[0].definition.id)
            figures[0] |= {"before": view.previous().period.key, "change": since.to_dict() if since else None}  # fmt: skip
        screen.say_json(figures if by else figures[0])
        return
    if not several:
        raise UsageError(
            f"{id_.upper()} has no parts by {by}: {view.measure(id_.upper()).value.reason}."
        )
    words = several[0].definition
    unit_ = f", unit {unit}" if unit else ""
    screen.say(screen.styled(f"{words.id} {words.name}, {view.period.label}{unit_}", "strong"))
    screen.table([_row(one) for one in several], head=_HEAD, right=(1, 2, 3) if by else ())
    for one in several:
        if one.value.note:
            screen.say(f"  {one.scope or 'note'}: {one.value.note}")
    if not by:
        _since(view, several[0])
        _details(several[0])


def _plain(one: Measure) -> dict[str, Any]:
    """Give a measure as plain values: the figure as it would be told, and what belongs to this moment only."""
    return one.figure().model_dump(mode="json") | {
        "period": one.period.key, "unit_id": one.unit_id, "note": one.value.note, "withheld": one.value.withheld,
        "default_limits": one.default_limits, "override": one.override, "held": one.held,
    }  # fmt: skip


_HEAD = ("part", "value", "of", "95 % interval", "limit", "status")


def _row(one: Measure) -> tuple[str, ...]:
    from reportkit import display

    value, words = one.value, one.definition

    def text(number: float | None) -> str:
        return display.write(number, words.unit, digits=words.digits, currency=one.currency)

    if value.value is None:
        said = (
            "withheld: fewer than five people"
            if value.withheld
            else f"not measured: {value.reason}"
        )
        return (one.scope.partition("=")[2] or "all", said, "", "", "", "")
    ends = (value.low, value.high)
    band = (
        ""
        if ends == (None, None)
        else f"{text(ends[0]) if ends[0] is not None else '…'} to {text(ends[1]) if ends[1] is not None else '…'}"
    )
    limit = (
        display.limit(one) + ("*" if one.default_limits else "") if one.target is not None else "–"
    )
    return (
        one.scope.partition("=")[2] or "all",
        text(value.value),
        display.ratio(value, words, one.currency)
        or (f"n {value.n:,}" if value.n is not None else ""),
        band,
        limit,
        screen.styled(_WORDS[one.status], _TONES[one.status]),
    )


def _since(view: View, one: Measure) -> None:
    """Say what the measure did since the quarter before, and whether the two can be compared."""
    from reportkit import comparability, display

    found = comparability.change(view, one.definition.id)
    if found is None:
        return
    words = one.definition

    def text(number: float) -> str:
        return display.change(
            number,
            words.unit,
            digits=words.digits if words.unit == "count" else max(words.digits, 1),
            currency=one.currency,
        )

    said = text(found.change)
    if found.numerator is not None and found.denominator is not None and found.mix is not None:
        said += f": numerator {text(found.numerator)}, denominator {text(found.denominator)}"
        said += f", mix of {found.by} {text(found.mix)}" if found.by else ""
    screen.table([(f"since {view.previous().period.label}", said)])
    for basis in comparability.bases(view, [words.id]):
        old = basis.old_now
        value = "no longer kept" if old is None else display.write(old.value, words.unit, digits=words.digits, currency=one.currency)  # fmt: skip
        what = f"definition of version {basis.version}" if basis.kind == "definition" else "scope of the quarter before"  # fmt: skip
        screen.say(f"  {screen.styled('!', 'watch')} by the {what}: {value}")
    if found.flagged and words.unit in {"percent", "ratio"}:
        screen.say(
            f"  {screen.styled('!', 'watch')} the denominator moved by {100 * (found.moved or 0):+.0f} %: the two quarters speak of different things"
        )


def _details(one: Measure) -> None:
    from reportkit import display

    rows = [
        (part.name, display.write(part.value, part.unit, digits=1 if part.unit in {"percent", "ratio"} else 0, currency=one.currency))
        for part in one.value.parts
    ]  # fmt: skip
    rows += [
        ("as of", screen.day(one.as_of)),
        ("known by", f"{one.known_by:%Y-%m-%d %H:%M} UTC"),
        ("confidence", one.confidence),
        ("rests on", ", ".join(name.partition(":")[0] for name in one.inputs) or "–"),
    ]
    if one.override:
        rows.append(("status set by hand", one.override))
    if one.held:
        rows.append(("status kept", one.held))
    screen.table(rows)
    if one.default_limits and one.target is not None:
        screen.say("  * a default; load thresholds of your own with 'reportkit load thresholds'")
