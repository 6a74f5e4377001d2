"""Parameters are a contract: declared in one cell, each with a type, each of use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reportkit.errors import ParameterError
from reportkit.lint.sheet import Cell, Fault, Sheet
from reportkit.run.parameters import RUNNER, TAG, Contract, declared, secret_looking

#: Without them a run cannot say which data and which quarter it means.
_NEEDED = {
    "workspace": "so the report reads whatever its code names",
    "period": "so the report does not follow the quarter asked for",
}


def parameters(sheet: Sheet) -> Iterator[Fault]:
    """One cell is tagged ``parameters`` and declares each name once, with a literal value, a type and a use."""
    own = [cell for cell in sheet.code if TAG in cell.tags]
    if not own:
        yield sheet.fault(
            "parameters", f"no cell is tagged {TAG!r}; tag the one that declares period and unit"
        )
        return
    try:
        contract = declared(sheet.raw, sheet.name)
    except ParameterError as error:
        message = error.message.removeprefix(f"Notebook {sheet.name}: ").rstrip(".")
        yield own[-1].fault("parameters", message)
        return
    yield from _contract(own[0], contract)
    yield from _use(sheet, own[0], contract)


def _contract(cell: Cell, contract: Contract) -> Iterator[Fault]:
    for name, lack in _NEEDED.items():
        if name not in contract.parameters:
            yield cell.fault("parameters", f"no parameter {name!r} is declared, {lack}")
    for name, parameter in contract.parameters.items():
        if secret_looking(name):
            yield cell.fault(
                "parameters",
                f"{name!r} looks like a secret, and parameters are written into the notebook; read it from the environment",
            )
        if parameter.kind == "any value":
            yield cell.fault(
                "parameters", f"{name!r} has no type; write for example {name}: int | None = None"
            )
        elif not parameter.required:
            try:
                parameter.convert(parameter.default)
            except ParameterError as error:
                yield cell.fault("parameters", f"the default: {error.message.rstrip('.')}")
    for name, times in _counted(cell.tree).items():
        if times > 1:
            yield cell.fault("parameters", f"{name!r} is declared {times} times; keep one")


def _counted(tree: ast.Module) -> dict[str, int]:
    counts: dict[str, int] = {}
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]  # fmt: skip
        for target in targets:
            if isinstance(target, ast.Name):
                counts[target.id] = counts.get(target.id, 0) + 1
    return counts


def _use(sheet: Sheet, own: Cell, contract: Contract) -> Iterator[Fault]:
    used: set[str] = set()
    for cell in sheet.code:
        # A cell that is not plain Python may use a name in a way that is not seen here.
        if cell.trouble or cell.source.lstrip().startswith("%%"):
            return
        used |= {
            node.id
            for node in ast.walk(cell.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        used |= {
            name for name in contract.parameters if f"{{{name}}}" in cell.source and "%" in cell.source
        }  # fmt: skip
    for name in contract.parameters:
        if name not in used:
            set_by = f", though {RUNNER[name]} sets it" if name in RUNNER else ""
            yield own.fault("parameters", f"{name!r} is declared and never used{set_by}")
