"""Cells of few people: withheld, and with them what would give them away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportkit.measures.model import Value
from reportkit.relations import FEWEST

if TYPE_CHECKING:
    import pandas as pd

FEW = Value(reason="withheld: fewer than five people", withheld=True)
GIVES_AWAY = Value(
    reason="withheld: it would give away a group of fewer than five people", withheld=True
)


def withheld(values: Sequence[Value]) -> list[Value]:
    """Withhold small cells of one table, and as many of the next larger ones as it takes.

    Whoever knows the total and all cells but one knows that one too. So with one small cell a second one goes, and with
    several whose people are still fewer than five a further one, smallest first.

    Args:
        values: the cells that add up to a total that is told; ``n`` is the number of people in each.
    """
    sizes = [(value.n or 0, place) for place, value in enumerate(values) if value.n]
    hidden: dict[int, Value] = {place: FEW for n, place in sizes if n < FEWEST}
    if hidden:
        people = 0
        for n, place in sorted(sizes):
            if place not in hidden and people >= FEWEST and len(hidden) > 1:
                break
            hidden.setdefault(place, GIVES_AWAY)
            people += n
    return [hidden.get(place, value) for place, value in enumerate(values)]


def unsafe(cells: pd.DataFrame) -> Value | None:
    """Say whether a sum over rows of ``people_cells``, all of one measure, must be withheld; None when it may be told.

    A sum may be told when it holds none of the hidden cells of the firm or all of them: any other sum, taken from the
    total, leaves fewer cells than were hidden.
    """
    hidden = int(cells["hidden"].astype(float).sum())
    if not hidden:
        return None
    if cells["people"].sum() < FEWEST:
        return FEW
    return None if hidden == int(cells["hidden_in_all"].max()) else GIVES_AWAY
