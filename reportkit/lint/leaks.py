"""What a notebook gives away, or takes for granted of one machine. A secret that is found is never repeated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from reportkit.lint.sheet import Cell, Fault, Sheet
from reportkit.run.parameters import secret_looking
from reportkit.secret import is_reference

#: Shapes that nothing else has; the name says what was found.
_SHAPES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})"),
    "a token of GitLab": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a signed token (JWT)": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"{}]*:[^\s/@'\"{}]+@"),
}  # fmt: skip
_ROOTED = re.compile(r"(?:/[\w.+@-]+){2,}/?|/(?:home|Users|root|mnt|srv|tmp|opt|var|etc|data)/?|[A-Za-z]:[\\/]\S.*|\\\\\w.*|~[\w.-]*/.*|file://.*")  # fmt: skip
_LINKED = re.compile(r"\]\(\s*<?((?:/|[A-Za-z]:[\\/]|~/|file://)[^)\s>]*)")
_MAGIC = re.compile(r"(?:^|[\s='\"])((?:/(?:home|Users|root|mnt|srv|tmp|opt|var|etc|data)|~)/[^\s'\"]*|[A-Za-z]:\\[^\s'\"]*)")  # fmt: skip


def secrets(sheet: Sheet) -> Iterator[Fault]:
    """No password, key or token stands in a cell."""
    for cell in sheet.cells:
        found = [name for name, shape in _SHAPES.items() if shape.search(cell.source)]
        found += [f"a value for {name!r}" for name in dict.fromkeys(_named(cell.tree))]
        for what in found:
            yield cell.fault("secrets", f"{what}; take it out, change it where it opens something, and read it from the environment")  # fmt: skip


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        pairs: list[tuple[str, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(_name(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            pairs = [(_name(node.target), node.value)]
        elif isinstance(node, ast.Call):
            pairs = [(word.arg or "", word.value) for word in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs = [
                (str(key.value) if isinstance(key, ast.Constant) else "", value)
                for key, value in zip(node.keys, node.values, strict=True)
            ]
        for name, value in pairs:
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str) and text.strip() and not is_reference(text) and name and secret_looking(name):  # fmt: skip
                yield name


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""  # fmt: skip


def paths(sheet: Sheet) -> Iterator[Fault]:
    """No path begins at the root of one machine: a run finds its files below the workspace."""
    for cell in sheet.cells:
        for path in dict.fromkeys(_paths(cell)):
            yield cell.fault("paths", f"{path[:60]!r} is a path of one machine; write it from the workspace, such as 'data/scan.csv'")  # fmt: skip


def _paths(cell: Cell) -> Iterator[str]:
    if cell.kind != "code":
        yield from _LINKED.findall(cell.source)
        return
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ROOTED.fullmatch(node.value.strip()):  # fmt: skip
            yield node.value.strip()
    for line in cell.source.splitlines():
        if line.lstrip().startswith(("%", "!")):
            yield from _MAGIC.findall(line)
