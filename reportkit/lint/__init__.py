"""Whether a report's notebook is fit to be kept: read as it lies there, never run.

What only a run can show (figures that do not add up, a chart without words that some function made) is for the gates of
:mod:`reportkit.gates`.
"""

from __future__ import annotations

from pathlib import Path

from reportkit import config
from reportkit.lint.charts import charts
from reportkit.lint.code import runs
from reportkit.lint.headings import headings
from reportkit.lint.leaks import paths, secrets
from reportkit.lint.parameters import parameters
from reportkit.lint.sheet import Fault, Sheet
from reportkit.lint.state import outputs
from reportkit.lint.tags import TAGS, tags

__all__ = ["RULES", "TAGS", "Fault", "check"]

#: The rules by name, in the order in which they are told of one cell.
RULES = {
    "code": runs,
    "parameters": parameters,
    "tags": tags,
    "headings": headings,
    "charts": charts,
    "secrets": secrets,
    "paths": paths,
    "outputs": outputs,
}


def check(path: Path, workspace: Path | None = None) -> tuple[Fault, ...]:
    """Check a notebook.

    Args:
        path: the file.
        workspace: whose editions its tags may name; by default the one that the notebook lies in.

    Returns:
        What is wrong, in the order of the cells; what concerns the whole notebook comes first.

    Raises:
        DataError: it is no Jupyter notebook, or not a Python one.
    """
    sheet = Sheet.read(path, workspace or config.find(path.parent))
    order = list(RULES)
    found = [fault for rule in RULES.values() for fault in rule(sheet)]
    return tuple(sorted(found, key=lambda fault: (fault.cell, order.index(fault.rule))))
