"""A notebook as the rules see it: its cells as they lie in the file, with their code read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from reportkit.editions import AUDIENCES
from reportkit.errors import ConfigError
from reportkit.render.reading import HIDDEN_TAGS
from reportkit.run import template


@dataclass(frozen=True)
class Fault:
    """Something that is wrong.

    Attributes:
        rule: name of the rule that found it.
        cell: number of the cell, from 1; 0 for the whole notebook.
        line: the cell's first line, so that it is found again when cells have moved.
        message: what is wrong and what to do, in one sentence.
    """

    rule: str
    cell: int
    line: str
    message: str


@dataclass(frozen=True)
class Surroundings:
    """What a notebook's workspace says that its tags may mean.

    Attributes:
        editions: names that may stand behind ``for:``, ``only:`` and ``not:``.
        tags: by which editions keep or drop cells, beside those that always mean something.
    """

    editions: frozenset[str] = frozenset(AUDIENCES)
    tags: frozenset[str] = frozenset()

    @classmethod
    def of(cls, workspace: Path | None) -> Surroundings:
        """Read them from a workspace; what holds everywhere where there is none, or where it cannot be read."""
        from reportkit import config

        if workspace is None:
            return cls()
        try:
            editions = config.read(workspace).editions
        except ConfigError:
            # 'reportkit config check' tells of it; that is no fault of the notebook.
            return cls()
        named = (tag for one in editions.values() for tag in (*one.keep, *one.drop))
        return cls(frozenset({*AUDIENCES, *editions}), frozenset(named))


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        number: counts from 1, as the notebook is read from top to bottom.
        kind: ``code``, ``markdown`` or ``raw``.
        raw: the cell as nbformat gives it.
    """

    number: int
    kind: str
    source: str
    tags: frozenset[str]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def shown(self) -> bool:
        """Whether readers see it."""
        return not self.tags & HIDDEN_TAGS

    @property
    def line(self) -> str:
        """The first line that says something."""
        lines = [line.strip() for line in self.source.splitlines() if line.strip()]
        said = [line for line in lines if self.kind != "code" or not line.startswith("#")]
        return (said or lines or [""])[0]

    @cached_property
    def _read(self) -> tuple[ast.Module, str]:
        code = self.source
        if self.kind != "code":
            return ast.Module([], []), ""
        if any(line.lstrip().startswith(("%", "!", "?")) for line in code.splitlines()):
            from IPython.core.inputtransformer2 import TransformerManager

            code = TransformerManager().transform_cell(code)  # type: ignore[no-untyped-call]  # IPython types it in part
        try:
            return ast.parse(code), ""
        except (SyntaxError, ValueError) as error:
            where = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
            return ast.Module([], []), f"{where}{getattr(error, 'msg', error)}"

    @property
    def tree(self) -> ast.Module:
        """The code as a syntax tree; empty where it is none."""
        return self._read[0]

    @property
    def trouble(self) -> str:
        """Why the code is no Python; empty where it is."""
        return self._read[1]

    def fault(self, rule: str, message: str) -> Fault:
        """Say that something is wrong here."""
        return Fault(rule, self.number, self.line, message)


@dataclass(frozen=True)
class Sheet:
    """A notebook.

    Attributes:
        name: its file name.
        cells: from first to last.
        metadata: of the notebook.
        raw: the notebook as nbformat gives it.
        surroundings: what its workspace adds.
    """

    name: str
    cells: tuple[Cell, ...]
    raw: Mapping[str, Any] = field(repr=False)
    surroundings: Surroundings = Surroundings()

    @classmethod
    def read(cls, path: Path, workspace: Path | None) -> Sheet:
        """Read a notebook with everything that was left in it.

        Raises:
            DataError: it is no Jupyter notebook, or not a Python one.
        """
        notebook = template.parse(path)
        cells = [
            Cell(
                number,
                cell["cell_type"],
                cell["source"],
                frozenset(cell.get("metadata", {}).get("tags", ())),
                cell,
            )
            for number, cell in enumerate(notebook["cells"], start=1)
        ]
        return cls(path.name, tuple(cells), notebook, Surroundings.of(workspace))

    @property
    def code(self) -> Iterator[Cell]:
        """The cells with code."""
        return (cell for cell in self.cells if cell.kind == "code")

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the notebook says about itself."""
        found: Mapping[str, Any] = self.raw.get("metadata", {})
        return found

    def fault(self, rule: str, message: str) -> Fault:
        """Say that something is wrong with the whole."""
        return Fault(rule, 0, "", message)
