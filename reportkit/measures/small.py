"""Cells of few people: withheld, and with them what would give them away."""

from __future__ import annotations

from collections.abc import Sequence

from reportkit.measures.model import Value
from reportkit.relations import FEWEST

_FEW = "withheld: fewer than five people"
_GIVES_AWAY = "withheld: it would give away a group of fewer than five people"


def withheld(values: Sequence[Value]) -> list[Value]:
    """Withhold small cells of one table, and as many of the next larger ones as it takes.

    Whoever knows the total and all cells but one knows that one too. So with one small cell a second one goes, and with
    several whose people are still fewer than five a further one, smallest first.

    Args:
        values: the cells that add up to a total that is told; ``n`` is the number of people in each.
    """
    sizes = [(value.n or 0, place) for place, value in enumerate(values) if value.n]
    hidden: dict[int, str] = {place: _FEW for n, place in sizes if n < FEWEST}
    if hidden:
        people = 0
        for n, place in sorted(sizes):
            if place not in hidden and people >= FEWEST and len(hidden) > 1:
                break
            hidden.setdefault(place, _GIVES_AWAY)
            people += n
    return [
        Value(reason=hidden[place], withheld=True) if place in hidden else value
        for place, value in enumerate(values)
    ]
