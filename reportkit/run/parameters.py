"""The parameters of a report: what its notebook declares, and the values one run gives them.

The notebook's own ``parameters`` cell is the contract. It is read and never run: names with literal values, or names
with a type and no value. Nothing else may be passed, and nothing of another type.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from reportkit.errors import ParameterError, nearest
from reportkit.run.values import EXAMPLES, WRONG, Kind, convert, is_day

if TYPE_CHECKING:
    from reportkit.run.request import Request

Origin = Literal["default", "given", "runner"]

TAG = "parameters"
#: Set by the runner when the notebook declares them, with the option that sets each.
RUNNER = {
    "workspace": "--workspace",
    "period": "--period",
    "unit": "--unit",
    "known_by": "--known-by",
    "report": "the notebook's own name",
}

_NAMES: dict[str, Kind] = {
    "str": "text", "date": "date", "int": "whole number", "float": "number", "bool": "true or false",
    "list": "list", "tuple": "list", "dict": "mapping", "Any": "any value",
}  # fmt: skip
_SECRET_WORDS = {
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "credential",
    "credentials",
}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    Attributes:
        kind: what it takes.
        default: its value when none is given.
        required: declared with a type and without a value.
        optional: may also be None.
        allowed: the only texts it takes; empty when any will do.
    """

    name: str
    kind: Kind
    default: Any = None
    required: bool = False
    optional: bool = False
    allowed: tuple[str, ...] = ()

    def convert(self, value: object) -> Any:
        """Give a value as the notebook will see it.

        Raises:
            ParameterError: it is not of this parameter's type.
        """
        if value is None and (self.optional or self.kind == "any value"):
            return None
        if self.allowed and value not in self.allowed:
            raise ParameterError(
                f"Parameter {self.name!r} cannot be {value!r}; {nearest(str(value), self.allowed)}"
            )
        converted = convert(self.kind, value)
        if converted is WRONG:
            raise ParameterError(
                f"Parameter {self.name!r} takes {EXAMPLES[self.kind]}, not {value!r}."
            )
        return converted


@dataclass(frozen=True)
class Bound:
    """The value of every parameter of one run, and where each came from.

    Attributes:
        passed: what is handed to the notebook; the rest keeps its default.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, Origin]

    @property
    def passed(self) -> dict[str, Any]:
        """Give what is handed to the notebook."""
        return {
            name: self.values[name] for name, origin in self.origins.items() if origin != "default"
        }

    def listed(self) -> dict[str, dict[str, Any]]:
        """Give value and origin by name, as the manifest keeps them."""
        return {
            name: {"value": self.values[name], "origin": self.origins[name]} for name in self.values
        }


@dataclass(frozen=True)
class Contract:
    """What one notebook declares.

    Attributes:
        notebook: its file name, for messages.
        parameters: the declared ones by name, in the order of the cell.
        cell: whether the notebook has a parameters cell at all.
    """

    notebook: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    cell: bool = False

    def bind(self, given: Mapping[str, object], runner: Mapping[str, object]) -> Bound:
        """Give every declared parameter its value.

        Args:
            given: values from outside, by name; text is read as the declared type asks for.
            runner: values of the names in :data:`RUNNER`; those the notebook does not declare are left out.

        Raises:
            ParameterError: an unknown name, a value of another type, a missing value, or a name that looks like a
                secret.
        """
        for name in given:
            self._admit(name)
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for name, parameter in self.parameters.items():
            if name in given:
                values[name], origins[name] = parameter.convert(given[name]), "given"
            elif name in runner:
                values[name], origins[name] = self._from_runner(parameter, runner[name]), "runner"
            elif parameter.required:
                raise ParameterError(
                    f"Notebook {self.notebook} needs parameter {name!r}; give it with --param {name}=VALUE."
                )
            else:
                values[name], origins[name] = parameter.default, "default"
        return Bound(values, origins)

    def _admit(self, name: str) -> None:
        if name in RUNNER:
            raise ParameterError(
                f"Parameter {name!r} is set with {RUNNER[name]}, not with --param."
            )
        if not self.cell:
            raise ParameterError(
                f"Notebook {self.notebook} has no parameters cell, so parameter {name!r} cannot be passed; "
                f"tag one of its cells {TAG!r} and declare the name there."
            )
        if secret_looking(name):
            raise ParameterError(
                f"Parameter {name!r} looks like a secret, and parameters are written into the notebook; "
                "keep the value in an environment variable and read it in the notebook."
            )
        if name not in self.parameters:
            open_names = [known for known in self.parameters if known not in RUNNER]
            raise ParameterError(
                f"Notebook {self.notebook} has no parameter {name!r}; {nearest(name, open_names)}"
            )

    @staticmethod
    def _from_runner(parameter: Parameter, value: object) -> Any:
        """Give the runner's value; where there is none, the notebook's own kind of nothing."""
        if value is None:
            return "" if isinstance(parameter.default, str) or parameter.required else None
        return value


def of_runner(request: Request, report: str, known_by: datetime) -> dict[str, object]:
    """Give the runner's parameters; the kernel works in the workspace, so that its name is the same everywhere."""
    return {
        "workspace": ".",
        "period": request.period.key,
        "unit": request.unit,
        "known_by": known_by.isoformat(),
        "report": report,
    }


def secret_looking(name: str) -> bool:
    """Say whether a parameter's name promises a secret."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return bool(_SECRET_WORDS & {word.rstrip("0123456789") for word in words}) or words[-1:] == [
        "key"
    ]


# ---- reading the cell ------------------------------------------------------------------------------------------------


def declared(notebook: Mapping[str, Any], name: str) -> Contract:
    """Read the contract of a notebook.

    Args:
        notebook: the notebook as nbformat gives it.
        name: its file name, for messages.

    Raises:
        ParameterError: the parameters cell holds something else than names with literal values.
    """
    cells = [
        cell
        for cell in notebook.get("cells", ())
        if cell["cell_type"] == "code" and TAG in cell.get("metadata", {}).get("tags", ())
    ]
    if not cells:
        return Contract(name)
    if len(cells) > 1:
        raise ParameterError(f"Notebook {name} has {len(cells)} cells tagged {TAG!r}; keep one.")
    source = "".join(cells[0]["source"])
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ParameterError(
            f"Notebook {name}: the parameters cell is not Python (line {error.lineno}: {error.msg})."
        ) from None
    parameters: dict[str, Parameter] = {}
    for statement in tree.body:
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            parameter = _parameter(statement, source, name)
            parameters[parameter.name] = parameter
    return Contract(name, parameters, cell=True)


def _parameter(statement: ast.stmt, source: str, notebook: str) -> Parameter:
    target: ast.expr | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    line = (ast.get_source_segment(source, statement) or "").strip().split("\n")[0]
    if not isinstance(target, ast.Name) or not isinstance(statement, ast.Assign | ast.AnnAssign):
        raise ParameterError(
            f"Notebook {notebook}: the parameters cell may hold only names with values, not {line!r}; "
            "move that into the next cell."
        )
    default, required = None, statement.value is None
    if statement.value is not None:
        try:
            default = ast.literal_eval(statement.value)
        except ValueError:
            raise ParameterError(
                f"Notebook {notebook}: parameter {target.id!r} has no literal value ({line!r}); "
                "write the value itself and compute in the next cell."
            ) from None
    if isinstance(statement, ast.AnnAssign):
        kind, optional, allowed = _annotated(statement.annotation)
    else:
        kind, optional, allowed = _kind_of(default), default is None, ()
    if kind == "text" and not allowed and isinstance(default, str) and is_day(default):
        kind = "date"
    return Parameter(target.id, kind, default, required, optional, allowed)


def _annotated(annotation: ast.expr) -> tuple[Kind, bool, tuple[str, ...]]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        sides = [side for side in (annotation.left, annotation.right) if not _is_none(side)]
        kind, optional, allowed = (
            _annotated(sides[0]) if len(sides) == 1 else ("any value", False, ())
        )
        return kind, optional or len(sides) == 1, allowed
    if isinstance(annotation, ast.Subscript):
        outer = ast.unparse(annotation.value).rsplit(".", 1)[-1]
        if outer == "Literal":
            parts = (
                annotation.slice.elts
                if isinstance(annotation.slice, ast.Tuple)
                else [annotation.slice]
            )
            texts = [part.value for part in parts if isinstance(part, ast.Constant)]
            return "text", None in texts, tuple(text for text in texts if isinstance(text, str))
        if outer == "Optional":
            kind, _, allowed = _annotated(annotation.slice)
            return kind, True, allowed
        return _NAMES.get(outer.lower(), "any value"), False, ()
    return _NAMES.get(ast.unparse(annotation).rsplit(".", 1)[-1], "any value"), False, ()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _kind_of(value: object) -> Kind:
    if value is None:
        return "any value"
    return _NAMES.get(type(value).__name__, "any value")
