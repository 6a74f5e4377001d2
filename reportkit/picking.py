"""Pickers of period, unit and severity above the cells of a notebook; what hangs on them is shown anew at each pick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.errors import ReportkitError

if TYPE_CHECKING:
    from reportkit.view import View
    from reportkit.workspace import Workspace

#: Most severe first; the label of all of them says so.
SEVERITIES = ("critical", "high", "medium", "low", "info")
#: So many of the last quarters can be picked: three years.
QUARTERS = 12
_ANY = "any"
_FIRM = "the whole firm"


class Pickers:
    """Three lists to pick from; as the last line of a cell they stand in JupyterLab.

    ``pick.view`` is the view at what is picked, ``pick.severities`` are the severities, and ``pick.show(question)`` asks
    the question again whenever something else is picked. Without a browser they keep what they were made with, so that a
    notebook with pickers also runs by itself.

    Args:
        workspace: a workspace, or a folder in one.
        period: the quarter picked at first, such as ``2026-Q3``; the latest closed one with data when empty.
        unit: the business unit picked at first; the whole firm when empty.

    Raises:
        UsageError: the period or the unit is not known.
        DataError: nothing is loaded for a closed quarter.
    """

    def __init__(
        self, workspace: Workspace | Path | str = ".", period: str = "", unit: str = ""
    ) -> None:
        import ipywidgets

        from reportkit.workspace import open_workspace

        self.workspace = (
            open_workspace(workspace) if isinstance(workspace, Path | str) else workspace
        )
        first = self.workspace.at(period, unit=unit or None)
        self._views: dict[tuple[str, str], View] = {(first.period.key, unit): first}
        self._shown: list[Picked] = []
        keys = [one.key for one in reversed(self.workspace.periods()[-QUARTERS:])]
        keys += [] if first.period.key in keys else [first.period.key]
        units = [(_FIRM, ""), *((name, name) for name in _units(first))]
        worst, *middle, least = SEVERITIES
        floors = [(_ANY, least), (worst, worst), *((f"{one} or worse", one) for one in middle)]
        self.period = ipywidgets.Dropdown(
            options=keys, value=first.period.key, description="Period"
        )
        self.unit = ipywidgets.Dropdown(options=units, value=unit, description="Unit")
        self.severity = ipywidgets.Dropdown(options=floors, value=least, description="Severity")
        self._row = ipywidgets.HBox([self.period, self.unit, self.severity])
        for one in self._row.children:
            one.observe(self._again, names="value")

    @property
    def view(self) -> View:
        """The view at the period and unit that are picked."""
        key = self.period.value, self.unit.value
        if key not in self._views:
            self._views[key] = self.workspace.at(key[0], unit=key[1] or None)
        return self._views[key]

    @property
    def severities(self) -> tuple[str, ...]:
        """The severities that are picked, most severe first."""
        return SEVERITIES[: SEVERITIES.index(self.severity.value) + 1]

    def show(self, question: Callable[[View], Any]) -> Picked:
        """Show the answer to a question, now and after each pick.

        Args:
            question: a function of the view, such as ``lambda view: view.measure("V04")``.

        Returns:
            What shows itself as the last line of a cell.
        """
        found = Picked(self, question)
        self._shown.append(found)
        return found

    def _again(self, _: Any) -> None:
        for one in self._shown:
            one.update()

    def __repr__(self) -> str:
        return f"<Pickers {self.period.value}, {self.unit.label}, severity {self.severity.label}>"

    def _repr_mimebundle_(self, **more: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self._row._repr_mimebundle_(**more)
        return {**bundle, "text/plain": repr(self)}


class Picked:
    """The answer to a question about what is picked.

    Shown once it is an output like any other, kept with the notebook and there in every format; a pick replaces it.
    """

    def __init__(self, pickers: Pickers, question: Callable[[View], Any]) -> None:
        self._pickers, self._question = pickers, question
        self._handle: Any = None

    @property
    def value(self) -> Any:
        """What the question gives for what is picked now."""
        return self._question(self._pickers.view)

    def update(self) -> None:
        """Put the present answer where the last one stands, if it stands anywhere."""
        if self._handle is not None:
            try:
                answer = self.value
            except ReportkitError as error:
                # Nobody would see an error that is raised while a picker tells of its change.
                answer = _Said(error.message)
            self._handle.update(answer)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._handle = display(self.value, display_id=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        return repr(self.value)


class _Said(str):
    """A sentence that is shown without quotation marks."""

    __slots__ = ()

    __repr__ = str.__str__


def _units(view: View) -> list[str]:
    rows = view.workspace.at(view.period).sql("SELECT DISTINCT unit_id FROM units ORDER BY unit_id")
    return [str(name) for name in rows["unit_id"]]
