"""What a run leaves in a notebook is no part of it, and may hold what must not be shared."""

from __future__ import annotations

from collections.abc import Iterator

from reportkit.facts import INJECTED
from reportkit.lint.sheet import Fault, Sheet

_HOW = "clear it with 'nbstripout', or in JupyterLab with Edit, Clear Outputs of All Cells"


def outputs(sheet: Sheet) -> Iterator[Fault]:
    """No outputs, run counts or parameters of a run are kept in the file."""
    for name in ("papermill", "widgets"):
        if name in sheet.metadata:
            yield sheet.fault("outputs", f"the notebook's metadata keep {name!r} of a run; {_HOW}")
    for cell in sheet.code:
        if INJECTED in cell.tags:
            yield cell.fault("outputs", "holds the parameters of a run; take the cell out")
        elif cell.raw.get("outputs"):
            yield cell.fault("outputs", f"its output is kept; {_HOW}")
        elif cell.raw.get("execution_count") is not None:
            yield cell.fault("outputs", f"its run count is kept; {_HOW}")
