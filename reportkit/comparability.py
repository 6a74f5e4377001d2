"""Whether two quarters can be compared: a change of a ratio, parted into what its numerator, denominator and mix did.

A share rises when more is done, when there is less to do, or when the easy part grew. The three are told apart and add up
to the change exactly; a denominator that moved far is flagged, for then the two quarters speak of different things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportkit.measures import Definition, Measure, Value

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


def change(view: View, id_: str) -> Change | None:
    """Give what a measure did since the quarter before, with today's knowledge of both; None where one is not measured."""
    now, before = view.measure(id_), view.previous().measure(id_)
    by = mixed_by(now.definition)
    parts: list[tuple[Value, Value]] = []
    if by:
        mine = {part.scope: part.value for part in view.measure(id_, by=by)}
        theirs = {part.scope: part.value for part in view.previous().measure(id_, by=by)}
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
