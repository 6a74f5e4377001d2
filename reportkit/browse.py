"""What there is to look at, offered where somebody types: ``view.tables.`` and ``view.measures.`` complete to what this workspace holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportkit import trust
from reportkit.errors import ReportkitError
from reportkit.measures import definition, definitions
from reportkit.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.measures import Measure
    from reportkit.view import View


class Tables:
    """The tables of a view that hold something: ``view.tables.findings``."""

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
        return f"tables: {', '.join(dir(self)) or 'nothing is loaded yet'}"


class Measures:
    """The measures that can be computed at a view: ``view.measures.V04``."""

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
        lines = [f"{name}  {definition(name).name}" for name in dir(self)]
        return "\n".join(lines) or "no measure can be computed yet"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from reportkit import showing

        return showing.measures(self._view, dir(self))


class Browsing:
    """What a view says of itself."""

    @property
    def tables(self) -> Tables:
        """The tables that hold something; completes."""
        return Tables(self._view)

    @property
    def measures(self) -> Measures:
        """The measures that can be computed here; completes."""
        return Measures(self._view)

    @property
    def _view(self) -> View:
        return self  # type: ignore[return-value]  # only views are made of this

    def __repr__(self) -> str:
        from reportkit import display

        line: str = display.view(self._view)["text/plain"]
        return f"<View {line}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from reportkit import showing

        return showing.view(self._view)
