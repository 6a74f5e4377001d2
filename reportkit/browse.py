"""What there is to look at, offered where somebody types: ``view.tables.`` and ``view.measures.`` complete to what this workspace holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit import trust
from reportkit.errors import ReportkitError
from reportkit.exhibit import Exhibit
from reportkit.facts import Block
from reportkit.measures import definition, definitions
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.measures import Measure
    from reportkit.restated import Restatements
    from reportkit.view import View


class Tables(Exhibit):
    """The tables of a view that hold something: ``view.tables.findings``."""

    _printed = False

    def __init__(self, view: View) -> None:
        self._view = view

    def __dir__(self) -> list[str]:
        return [name for name in TABLES if self._view.loads.get(name)]

    _ipython_key_completions_ = __dir__

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Give a table as it stood at the view's day."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._view.table(name)
        except ReportkitError as error:
            raise AttributeError(error.message) from None

    __getitem__ = __getattr__

    def __repr__(self) -> str:
        return f"<Tables {', '.join(dir(self)) or 'none: nothing is loaded yet'}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.tables(self._view, dir(self))


class Measures(Exhibit):
    """The measures that can be computed at a view: ``view.measures.V04``."""

    _printed = False

    def __init__(self, view: View) -> None:
        self._view = view

    def __dir__(self) -> list[str]:
        return [
            name for name, words in definitions().items() if not trust.missing(self._view, words)
        ]

    _ipython_key_completions_ = __dir__

    def __getattr__(self, name: str) -> Measure:
        """Compute a measure."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            found: Measure = self._view.measure(definition(name).id)
        except ReportkitError as error:
            raise AttributeError(error.message) from None
        return found

    __getitem__ = __getattr__

    def __repr__(self) -> str:
        return f"<Measures {', '.join(dir(self)) or 'none: no measure can be computed yet'}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.measures(self._view, dir(self))


class Browsing(Exhibit):
    """What a view says of itself, and of what was told."""

    # A view in a report is no table of it.
    _printed = False

    @property
    def tables(self) -> Tables:
        """The tables that hold something; completes."""
        return Tables(self._view)

    @property
    def measures(self) -> Measures:
        """The measures that can be computed here; completes."""
        return Measures(self._view)

    def restatements(self, *, every: bool = False) -> Restatements:
        """Give the told figures of this quarter that read differently today, and why.

        Args:
            every: also what differs by less than is printed, and parts.

        Returns:
            A list of :class:`reportkit.bridge.Bridge`, also by measure: ``view.restatements()["V04"]``; empty when nothing was told.
        """
        from reportkit import restated

        return restated.of(self._view, every=every)

    @property
    def _view(self) -> View:
        return self  # type: ignore[return-value]  # only views are made of this

    def __repr__(self) -> str:
        from reportkit import showing

        return f"<View {showing.line(self._view)}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit import showing

        return showing.view(self._view)
