"""Whether two quarters can be compared: a change of a ratio, parted into what its numerator, denominator and mix did.

A share rises when more is done, when there is less to do, or when the easy part grew. The three are told apart and add up
to the change exactly; a denominator that moved far is flagged, for then the two quarters speak of different things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from reportkit import trust
from reportkit.measures import Definition, Measure, Value, earlier
from reportkit.sql import day

if TYPE_CHECKING:
    from reportkit.view import View

#: A denominator that moved by more than this share of itself makes two quarters hard to compare.
MOVED = 0.05
_SAME = 1e-9


@dataclass(frozen=True)
class Change:
    """What a measure did from one quarter to the next.

    Attributes:
        change: now less before, in the measure's unit (points of a percentage).
        numerator, denominator, mix: what each did; they add up to the change. None where the measure is no ratio.
        moved: the denominator's change as a share of what it was; None where there is none.
        by: the dimension over which the mix was taken; empty where nothing but the whole could be compared.
    """

    change: float
    numerator: float | None = None
    denominator: float | None = None
    mix: float | None = None
    moved: float | None = None
    by: str = ""

    @property
    def flagged(self) -> bool:
        """Whether the denominator moved so far that the two quarters speak of different things."""
        return self.moved is not None and abs(self.moved) > MOVED

    def to_dict(self) -> dict[str, Any]:
        """Give the change as plain values for JSON."""
        return asdict(self) | {"flagged": self.flagged}


def change(view: View, id_: str, since: View | None = None) -> Change | None:
    """Give what a measure did since the quarter before, with today's knowledge of both; None where one is not measured.

    Args:
        view: the later quarter.
        id_: the measure.
        since: the earlier quarter, where that is not the one before.
    """
    earlier_view = since or view.previous()
    now, before = view.measure(id_), earlier_view.measure(id_)
    by = mixed_by(now.definition)
    parts: list[tuple[Value, Value]] = []
    if by and now.value.denominator and before.value.denominator:
        mine = {part.scope: part.value for part in view.measure(id_, by=by)}
        theirs = {part.scope: part.value for part in earlier_view.measure(id_, by=by)}
        parts = [
            (mine.get(scope, Value()), theirs.get(scope, Value())) for scope in {**theirs, **mine}
        ]
    return split(now, before, parts, by)


def mixed_by(words: Definition) -> str:
    """Give the dimension by which the mix of a measure is taken: its own choice, else its first."""
    return words.mix or next(iter(words.dims), "")


def split(
    now: Measure, before: Measure, parts: Iterable[tuple[Value, Value]] = (), by: str = ""
) -> Change | None:
    """Part a change.

    Args:
        now: the measure in the later quarter.
        before: and in the earlier one.
        parts: the measure of each part in both quarters; a part that is only in one stands beside an empty value.
        by: what the parts are.
    """
    a, b = before.value, now.value
    if a.value is None or b.value is None:
        return None
    whole = b.value - a.value
    if not a.denominator or not b.denominator or a.numerator is None or b.numerator is None:
        return Change(whole)
    scale = _scale(now)
    moved = b.denominator / a.denominator - 1
    ratio = scale * (b.numerator / b.denominator - a.numerator / a.denominator)
    if abs(ratio - whole) > _SAME * max(1.0, abs(whole)):
        # Its value is something else than numerator by denominator.
        return Change(whole, moved=moved)
    known = [(one, other) for other, one in parts]
    if not _complete(known, a, b):
        known, by = [(a, b)], ""
    numerator = denominator = mix = 0.0
    for then, today in known:
        n0, d0, n1, d1 = (
            float(x or 0.0)
            for x in (then.numerator, then.denominator, today.numerator, today.denominator)
        )
        w0, w1 = d0 / a.denominator, d1 / b.denominator
        # A part that is new or gone has no rate of its own in one quarter: all it does is mix.
        r0 = n0 / d0 if d0 else n1 / d1 if d1 else 0.0
        r1 = n1 / d1 if d1 else r0
        mix += (w1 - w0) * (r0 + r1) / 2
        if d0 and d1:
            weight = (w0 + w1) / 2
            numerator += weight * (n1 - n0) / d0
            denominator += weight * n1 * (1 / d1 - 1 / d0)
    return Change(whole, scale * numerator, scale * denominator, scale * mix, moved, by)


def _scale(measure: Measure) -> float:
    return 100.0 if measure.definition.unit == "percent" else 1.0


def _complete(parts: list[tuple[Value, Value]], before: Value, now: Value) -> bool:
    """Say whether parts are all there is: their numbers add up to those of the whole in both quarters."""
    if not parts or any(value.withheld for pair in parts for value in pair):
        return False
    for place, whole in ((0, before), (1, now)):
        for name in ("numerator", "denominator"):
            total = sum(float(getattr(pair[place], name) or 0.0) for pair in parts)
            if abs(total - float(getattr(whole, name) or 0.0)) > _SAME * max(1.0, abs(total)):
                return False
    return True


@dataclass(frozen=True)
class Bases:
    """A measure in the quarter in which its definition or its scope changed, told on both bases.

    Attributes:
        kind: what changed.
        now: the measure in this quarter, on the new basis.
        before: the quarter before on the new basis.
        old_now, old_before: the same on the old basis; None where the old calculation is no longer kept.
        version: of the old definition; 0 for a change of scope.
        moved: assets that came into scope, went out of it or changed their unit; 0 for a change of definition.
    """

    kind: Literal["definition", "scope"]
    now: Measure
    before: Value
    old_now: Value | None
    old_before: Value | None
    version: int = 0
    moved: int = 0


def bases(view: View, ids: Iterable[str]) -> list[Bases]:
    """Give those of some measures whose definition or scope changed in the quarter, on both bases."""
    listed = list(ids)
    found = [one for id_ in listed if (one := _by_definition(view, id_)) is not None]
    moved = rescoped(view)
    return found + (_by_scope(view, listed, moved) if moved else [])


def _by_definition(view: View, id_: str) -> Bases | None:
    now, earlier_view = view.measure(id_), view.previous()
    version = _replaced(view, now.definition)
    if version is None:
        return None
    before = earlier_view.whole(now.definition)[0]
    words = earlier(id_, version)
    if words is None:
        return Bases("definition", now, before, None, None, version)
    old = [each.whole(words)[0] for each in (view, earlier_view)]
    return Bases("definition", now, before, old[0], old[1], version)


def _replaced(view: View, words: Definition) -> int | None:
    """Give the version that the measure's own one replaced in this quarter; None where it did not."""
    told = view.told()[1].get((words.id, ""))
    if told is not None and told.definition_version < words.version:
        return told.definition_version
    begun = any(
        version == words.version and view.period.start <= since <= view.as_of
        for version, since, _ in words.changes
    )
    return words.version - 1 if begun and words.version > 1 and told is None else None


def rescoped(view: View) -> int:
    """Count assets known at both ends of the quarter that came into scope or went out of it; for a unit, those that changed theirs too."""
    if not view.loads["assets"]:
        return 0
    firm = replace(view, unit="") if view.unit else view
    asked = "asset_id, unit_id, in_scope, retired_at"
    sides = [one.relation("assets", asked) for one in (firm, firm.previous())]
    query = (
        f"SELECT COUNT(*) AS n FROM {sides[0]} AS a JOIN {sides[1]} AS b ON b.asset_id = a.asset_id "
        f"WHERE (a.retired_at IS NULL OR a.retired_at >= {day(view.period.start)}) AND (COALESCE(a.in_scope, TRUE) <> COALESCE(b.in_scope, TRUE)"
        + (" OR a.unit_id IS DISTINCT FROM b.unit_id)" if view.unit else ")")
    )
    return int(view.workspace.engine.frame(query)["n"].iloc[0])


def _by_scope(view: View, ids: Iterable[str], moved: int) -> list[Bases]:
    """Give the measures that would be others if every asset had kept the scope and unit it had a quarter ago."""
    before = view.previous()
    kept = replace(view, scope_as_of=before.as_of)
    found = []
    for id_ in ids:
        now = view.measure(id_)
        words = now.definition
        # Of the whole firm only the estate itself asks what is in scope; a finding has its unit from its asset.
        asked = {"assets", "findings"} if view.unit else {"assets"}
        if not asked & set(trust.rests_on(words)):
            continue
        old = kept.whole(words)[0]
        if (now.value.value, now.value.denominator) != (old.value, old.denominator):
            # What today's scope makes of the quarter before: the scope of this quarter's end, a quarter earlier.
            anew = replace(before, scope_as_of=view.as_of)
            found.append(
                Bases("scope", now, anew.whole(words)[0], old, before.whole(words)[0], 0, moved)
            )
    return found
