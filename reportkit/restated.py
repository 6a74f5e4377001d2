"""The told figures of a quarter that read differently today, as a list that shows itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, SupportsIndex, overload

from reportkit import bridge
from reportkit.bridge import Bridge, Told
from reportkit.errors import UsageError, nearest
from reportkit.exhibit import Exhibit
from reportkit.facts import Block

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.view import View


class Restatements(Exhibit, list[Bridge]):
    """Told figures and what they are today: a list, also by measure: ``view.restatements()["V04"]``.

    Attributes:
        told: the publication beside today's view; None when the quarter was not told.
        label: the quarter.
        currency: of money.
    """

    def __init__(self, found: Iterable[Bridge], told: Told | None, view: View) -> None:
        super().__init__(found)
        self.told, self.label, self.currency = told, view.period.label, view.currency
        report = f"report {view.report}" + (f", unit {view.unit}" if view.unit else "")
        #: Why there are none.
        self.reason = (
            f"No figure told for {self.label} reads differently today."
            if told
            else f"Nothing was told for {self.label} yet ({report}); 'reportkit publish {view.report} {view.period.key}' does that."
        )

    @overload
    def __getitem__(self, which: SupportsIndex | str) -> Bridge: ...
    @overload
    def __getitem__(self, which: slice) -> list[Bridge]: ...
    def __getitem__(self, which: SupportsIndex | str | slice) -> Bridge | list[Bridge]:
        """Give a restatement by its place, or by its measure.

        Raises:
            UsageError: that figure reads as it was told, or was not told.
        """
        if isinstance(which, str):
            for one in self:
                if which.upper() == one.measure:
                    return one
            raise UsageError(f"{which!r} is not restated; {nearest(which, {one.measure for one in self})}")  # fmt: skip
        return super().__getitem__(which)

    def rows(self, id_: str, limit: int = 1000) -> pd.DataFrame:
        """Give the rows behind a restated figure, see :meth:`reportkit.bridge.Told.rows`."""
        if self.told is None:
            raise UsageError(self.reason)
        return self.told.rows(self[id_].measure, limit)

    def to_frame(self) -> pd.DataFrame:
        """Give them as a pandas frame: one row each, with told, today, difference and what each cause did."""
        import pandas as pd

        rows = [{**one.to_dict(), "steps": ""} | dict(one.steps) for one in self]
        columns = ["measure", "scope", "name", "unit", "told", "today", "difference", "cause"]
        causes = sorted({cause for one in self for cause, _ in one.steps})
        return pd.DataFrame(rows, columns=[*columns, *causes])

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(one.measure for one in self))

    # A shell's own way of showing lists is not asked.
    _repr_pretty_ = Exhibit._repr_pretty_

    def __repr__(self) -> str:
        said = ", ".join(dict.fromkeys(one.measure for one in self))
        return f"<{len(self)} restatements of {self.label}{f': {said}' if said else ''}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.bridges(self)


def of(view: View, *, every: bool = False) -> Restatements:
    """Give the told figures of a view's quarter that read differently today, with what was learnt since.

    Args:
        view: of the quarter; what it knows plays no part.
        every: also what differs by less than is printed, and parts.
    """
    today = replace(view, known_by=view.workspace.now, knowledge=None)
    told = bridge.told(today)
    found = told.bridges() if told else []
    return Restatements((one for one in found if every or (one.printed and not one.scope)), told, view)  # fmt: skip
