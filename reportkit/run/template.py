"""Reads a report's notebook before a run, and gives it its lasting form afterwards."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit import sound
from reportkit.errors import DataError, from_os
from reportkit.facts import INJECTED
from reportkit.run import indented

if TYPE_CHECKING:
    from nbformat import NotebookNode

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: What a run writes about itself; none of it is part of the report.
_RUN_NOTES = ("papermill", "widgets", "language_info")
_CELL_NOTES = ("papermill", "execution", "ExecuteTime")
#: Shown by a live front end only, under an id drawn at random.
_LIVE = "application/vnd.jupyter.widget-view+json"


def read(path: Path) -> NotebookNode:
    """Read a notebook as it stands before a run: old outputs and old injected parameters are gone.

    Raises:
        DataError: the file is not a notebook, or not a Python one.
    """
    notebook = parse(path)
    notebook.cells = [
        cell for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", ())
    ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def parse(path: Path) -> NotebookNode:
    """Read a notebook with everything that is in the file, in today's format.

    Raises:
        DataError: the file is not a notebook, or not a Python one.
    """
    import nbformat

    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise from_os(error, "Reading the notebook") from error
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a Jupyter notebook (not UTF-8 text).") from None
    try:
        notebook = _with_ids(nbformat.reader.reads(content))
        nbformat.validate(notebook)
    except Exception as error:  # noqa: BLE001 - nbformat raises many kinds for a file that is no notebook
        reason = str(error).strip().split("\n")[0][:200]
        raise DataError(
            f"{path} is not a Jupyter notebook ({reason}); save it again in JupyterLab."
        ) from None
    language = _language(notebook.metadata)
    if language != "python":
        raise DataError(
            f"Notebook {path.name} is written in {language}; reports are written in Python."
        )
    return notebook


def _with_ids(notebook: NotebookNode) -> NotebookNode:
    """Bring a notebook of any age to today's format; cells without an id get one that stays the same."""
    import nbformat

    notebook = nbformat.convert(notebook, 4)
    named = [cell.get("id") for cell in notebook.cells]
    notebook = nbformat.v4.upgrade(notebook)
    for position, (cell, own) in enumerate(zip(notebook.cells, named, strict=True), start=1):
        cell["id"] = own or f"cell-{position}"
    return notebook


def digest(path: Path) -> str:
    """Give the SHA-256 of a notebook file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def canonical(notebook: NotebookNode, bound: Mapping[str, Any]) -> NotebookNode:
    """Give an executed notebook without its run's times and random ids: the same run gives the same notebook.

    Args:
        notebook: the executed notebook; it stays as it is.
        bound: the parameters of the run, kept in the notebook's metadata.
    """
    notebook = sound.values(copy.deepcopy(notebook))
    for name in _RUN_NOTES:
        notebook.metadata.pop(name, None)
    notebook.metadata["kernelspec"] = dict(_KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["reportkit"] = {"parameters": dict(bound)}
    taken: set[str] = set()
    for position, cell in enumerate(notebook.cells, start=1):
        for name in _CELL_NOTES:
            cell.metadata.pop(name, None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        cell["id"] = _stable_id(cell, position, taken)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(_LIVE, None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def text(notebook: NotebookNode) -> bytes:
    """Write a notebook as the file it is kept in."""
    from nbformat.v4 import rwbase

    lines: Any = rwbase
    made = lines.strip_transient(lines.split_lines(_shell(notebook)))
    return (indented.dumps(made, sort=True) + "\n").encode("utf-8")


def _shell(notebook: NotebookNode) -> NotebookNode:
    """Copy a notebook as far as writing it changes it."""
    made = copy.copy(notebook)
    made["metadata"] = copy.copy(notebook.metadata)
    made["cells"] = [copy.copy(cell) for cell in notebook.cells]
    for cell in made["cells"]:
        cell["metadata"] = copy.copy(cell.metadata)
        if "attachments" in cell:
            cell["attachments"] = {n: copy.copy(part) for n, part in cell.attachments.items()}
        if cell.cell_type == "code":
            cell["outputs"] = [copy.copy(output) for output in cell.outputs]
            for output in cell["outputs"]:
                if "data" in output:
                    output["data"] = copy.copy(output.data)
    return made


def _stable_id(cell: NotebookNode, position: int, taken: set[str]) -> str:
    own = str(cell.get("id", ""))
    if INJECTED in cell.metadata.get("tags", ()):
        own = INJECTED
    while not own or own in taken:
        own = f"cell-{position}" if not own else f"{own}-again"
    taken.add(own)
    return own


def _language(metadata: Mapping[str, Any]) -> str:
    """Give the notebook's language; a notebook that does not say is taken for Python."""
    for part, name in (("kernelspec", "language"), ("language_info", "name")):
        value = metadata.get(part, {}).get(name)
        if value:
            return str(value).lower()
    return "python"
