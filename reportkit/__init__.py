"""Recurring security reports for executives, from notebook to HTML, PDF and e-mail.

The names below are what a report notebook uses; each loads when it is first asked for.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportkit import charts, display, measures, narrative, quant, restate, sections, stats
    from reportkit.measures import Measure, measure
    from reportkit.period import Period
    from reportkit.picking import Pickers
    from reportkit.view import View
    from reportkit.workspace import Workspace
    from reportkit.workspace import open_workspace as open  # noqa: A004

__version__ = "0.1.0"

# jsonschema builds 35 grammars through this optional library when it is imported, 1.4 CPU seconds in every command and
# kernel, to check a format that no schema here uses. Marked as absent, it is left out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

#: Name: module, and the object in it (none for the module itself).
_NAMES = {
    "Measure": ("measures", "Measure"),
    "Period": ("period", "Period"),
    "Pickers": ("picking", "Pickers"),
    "View": ("view", "View"),
    "Workspace": ("workspace", "Workspace"),
    "charts": ("charts", ""),
    "display": ("display", ""),
    "measure": ("measures", "measure"),
    "measures": ("measures", ""),
    "narrative": ("narrative", ""),
    "open": ("workspace", "open_workspace"),
    "quant": ("quant", ""),
    "restate": ("restate", ""),
    "sections": ("sections", ""),
    "stats": ("stats", ""),
}

__all__ = [
    "Measure",
    "Period",
    "Pickers",
    "View",
    "Workspace",
    "charts",
    "display",
    "measure",
    "measures",
    "narrative",
    "open",
    "quant",
    "restate",
    "sections",
    "stats",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _NAMES:
        from reportkit.errors import nearest

        hint = "" if name.startswith("_") else f"; {nearest(name, __all__)}"
        raise AttributeError(f"module 'reportkit' has no attribute {name!r}{hint}")
    module, inside = _NAMES[name]
    loaded = importlib.import_module(f"reportkit.{module}")
    value = getattr(loaded, inside) if inside else loaded
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Offer the public names to completion."""
    return [*__all__, "__version__"]
