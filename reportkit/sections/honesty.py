"""What a reader should know before trusting a number: odd rows, figures that are none, exemptions, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit import comparability, display, locale, oddities
from reportkit.display import Shown
from reportkit.facts import Cell, Column
from reportkit.measures import definition
from reportkit.measures.coverage import SPOKEN, WORKS
from reportkit.phrases import capital
from reportkit.sections.words import day, text
from reportkit.sql import among
from reportkit.tables import TABLES

if TYPE_CHECKING:
    from reportkit.comparability import Bases
    from reportkit.measures import Value
    from reportkit.view import View

#: Reasons for exemptions that are printed one by one.
_REASONS = 12


def odd_rows(view: View) -> Shown:
    """Give the rows that say something that cannot be, and still count: how many of each table, and what.

    Nothing is shown when there is none.
    """
    found = oddities.odd(view)
    if not found:
        return Shown()
    rows = [
        (Cell(text=TABLES[odd.table].spoken.capitalize(), kind="strong"), odd.what[:1].upper() + odd.what[1:], display.number(locale.number(odd.rows)))
        for odd in found
    ]  # fmt: skip
    columns = (Column(label="Table"), Column(label="What they say", width=4), Column(label="Rows", align="right"))  # fmt: skip
    return display.table(
        "odd-rows",
        "Odd rows, and quarters before the first load",
        columns,
        rows,
        note="Odd rows are kept as they came; where a figure leaves one out, it says so.",
        dense=True,
    )


def caveats(view: View) -> Shown:
    """Give the figures of this report that could not be measured, with the reason, and what the others leave out.

    Nothing is shown when every figure was measured whole.
    """
    rows = []
    for id_, value in view.unmeasured().items():
        words = definition(id_)
        state = "Withheld" if value.withheld else "Not measured" if value.value is None else "Measured"  # fmt: skip
        said = "; ".join(filter(None, (value.reason if value.value is None else "", value.note)))
        rows.append((Cell(text=id_, kind="strong"), words.name, state, said[:1].upper() + said[1:]))
    if not rows:
        return Shown()
    columns = (
        Column(label="Id"), Column(label="Figure", width=2), Column(label="State"), Column(label="Why, or what it leaves out", width=4),
    )  # fmt: skip
    return display.table("caveats", "Figures with a reservation", columns, rows, dense=True)


def exemptions(view: View) -> Shown:
    """Give the assets in scope to which a safeguard is said not to apply, by safeguard and reason.

    Nothing is shown when there is none.
    """
    if not view.loads["coverage"] or not view.loads["assets"]:
        return Shown()
    found = view.sql(
        "SELECT c.control, COALESCE(c.na_reason, '') AS reason, COUNT(*) AS n, SUM(CASE WHEN a.criticality = 1 THEN 1 ELSE 0 END) AS critical "
        "FROM coverage AS c JOIN assets AS a ON a.asset_id = c.asset_id "
        f"WHERE c.status = 'na' AND c.control IN {among(tuple(WORKS))} AND a.retired_at IS NULL AND COALESCE(a.in_scope, TRUE) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    if found.empty:
        return Shown()
    rows = [
        (
            Cell(text=capital(SPOKEN[row["control"]]), kind="strong"), row["reason"] or "No reason given: counted as not covered",
            display.number(locale.number(int(row["n"]))), display.number(locale.number(int(row["critical"]))),
        )
        for row in found.head(_REASONS).to_dict("records")
    ]  # fmt: skip
    columns = (
        Column(label="Safeguard"), Column(label="Why it does not apply", width=3), Column(label="Assets", align="right"), Column(label="Critical ones", align="right"),
    )  # fmt: skip
    rest = found[_REASONS:]
    note = (
        f"{locale.number(int(rest['n'].sum()))} more, for {len(rest)} other reasons."
        if len(rest)
        else ""
    )
    return display.table(
        "exemptions",
        "Assets to which a safeguard does not apply",
        columns,
        rows,
        note=note,
        dense=True,
    )


def compared(view: View) -> Shown:
    """Give the scorecard's shares with what moved each since the quarter before: its numerator, its denominator, its mix.

    Nothing is shown when no share was measured in both quarters.
    """
    rows: list[tuple[Cell | str, ...]] = []
    for row in view.scorecard().rows:
        words = row.now.definition
        found = comparability.change(view, words.id)
        if found is None or found.numerator is None or found.moved is None:
            continue
        digits = max(words.digits, 1)
        changes = [
            display.number(display.change(number, words.unit, digits=digits, currency=row.now.currency))
            for number in (found.change, found.numerator, found.denominator, found.mix)
        ]  # fmt: skip
        moved = display.change(100 * found.moved, "count") + f"{locale.NARROW}%"
        rows.append((
            Cell(text=words.name, kind="strong", sub=words.id), *changes, found.by.replace("_", " ") or "–",
            display.status_cell("amber", moved, sub="hard to compare") if found.flagged else display.number(moved),
        ))  # fmt: skip
    if not rows:
        return Shown()
    columns = (
        Column(label="Share", width=2.4), Column(label="Change", align="right"), Column(label="By numerator", align="right"), Column(label="By denominator", align="right"),
        Column(label="By mix", align="right"), Column(label="Mix of"), Column(label="Denominator", align="right"),
    )  # fmt: skip
    label = view.previous().period.label
    note = f"The three parts add up to the change. A denominator that moved by more than {100 * comparability.MOVED:.0f}{locale.NARROW}% makes two quarters hard to compare."
    return display.table("compared", f"What moved each share since {label}", columns, rows, note=note, dense=True)  # fmt: skip


def both_bases(view: View, ids: tuple[str, ...] = ()) -> Shown:
    """Give the figures whose definition or scope changed in the quarter, on both bases.

    Nothing is shown when none did.

    Args:
        view: of the quarter.
        ids: measures asked for; those of the scorecard when not given.
    """
    found = comparability.bases(view, ids) if ids else view.scorecard().bases
    if not found:
        return Shown()
    label = view.previous().period.label
    columns = (
        Column(label="Measure", width=2), Column(label="What changed", width=2), Column(label="Now, new basis", align="right"), Column(label="Now, old basis", align="right"),
        Column(label=f"{label}, new basis", align="right"), Column(label=f"{label}, old basis", align="right"),
    )  # fmt: skip
    moved = max(one.moved for one in found)
    note = f"Old basis of scope: each of the {locale.number(moved)} assets that came into scope, went out of it or changed their unit in the quarter stands where it stood at its start." if moved else ""  # fmt: skip
    return display.table(
        "both-bases",
        "Changed definitions and scope, on both bases",
        columns,
        [_both(one) for one in found],
        note=note,
        dense=True,
    )


def _both(one: Bases) -> tuple[Cell | str, ...]:
    words = one.now.definition
    what = "Scope: assets in scope or their units"
    if one.kind == "definition":
        said = next((text_ for version, _, text_ in words.changes if version == words.version), "")
        what = f"Definition, version {one.version} to {words.version}" + (f": {said}" if said else "")  # fmt: skip

    def written(value: Value | None) -> Cell:
        if value is None:
            return Cell(text="no longer kept", kind="muted")
        shown = display.write(value.value, words.unit, digits=words.digits, currency=one.now.currency)  # fmt: skip
        return Cell(text=shown, kind="number", sub=display.ratio(value, words, one.now.currency))

    return (
        Cell(text=words.name, kind="strong", sub=words.id), what, *map(written, (one.now.value, one.old_now, one.before, one.old_before)),
    )  # fmt: skip


def corrections(view: View) -> Shown:
    """Give what a corrected edition puts right in the one before it: old and new figure, class, reason, approver.

    Nothing is shown in a first edition.
    """
    publication = view.told(view.period)[0]
    if publication is None or view.knowledge is None:
        # Another knowledge than that of a corrected revision, which counts loads that came later.
        return Shown()
    found = view.workspace.ledger.errata(publication)
    if not found:
        return Shown()
    rows = []
    for one in found:
        words = definition(one.measure)

        def written(value: float | None, unit: str = words.unit, digits: int = words.digits) -> Cell:  # fmt: skip
            shown = display.write(value, unit, digits=digits, currency=view.currency)
            return Cell(text="Not measured" if value is None else shown, kind="number")

        part = one.scope.partition("=")[2]
        rows.append((
            Cell(text=one.name, kind="strong", sub=f"{one.measure}, {part}" if part else one.measure), written(one.old), written(one.new), one.cause.capitalize(), one.reason, one.approver,
        ))  # fmt: skip
    first = view.workspace.ledger.publication(publication.report, publication.period, publication.unit, publication.revision - 1)  # fmt: skip
    told = f" of {day(first.published_at)}" if first is not None else ""
    columns = (
        Column(label="Figure", width=2), Column(label="Was", align="right"), Column(label="Is", align="right"), Column(label="Class"), Column(label="Reason", width=2), Column(label="Approved by", width=1.2),
    )  # fmt: skip
    return display.table(
        "corrections",
        f"Corrections in revision {publication.revision} of this report",
        columns,
        rows,
        note=f"Revision {text(publication.revision - 1)}{told} stays as it was told.",
    )
