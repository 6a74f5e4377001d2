"""Charts need words: for those who cannot see them, and a message for those who can."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reportkit.lint.sheet import Cell, Fault, Sheet

_ALTAIR = {"Chart", "layer", "hconcat", "vconcat", "concat", "repeat", "LayerChart", "HConcatChart", "VConcatChart", "FacetChart"}  # fmt: skip
#: Draw pictures that carry no words, so that every run would be held.
_WORDLESS = ("matplotlib", "seaborn", "plotly", "plotnine", "bokeh")
_PICTURE = re.compile(r"!\[\s*\]\(")


@dataclass
class _Drawn:
    """What is known of a chart: the values of its ``description`` and ``title``, None where it has none."""

    description: ast.expr | None = None
    title: ast.expr | None = None


def charts(sheet: Sheet) -> Iterator[Fault]:
    """Every chart has a text that says what it shows, and a title that says what the data say."""
    known: dict[str, _Drawn] = {}
    for cell in sheet.cells:
        if cell.kind == "markdown" and cell.shown and _PICTURE.search(cell.source):
            yield cell.fault("charts", "a picture without words; write ![what it shows](...)")
        if cell.kind == "code":
            yield from _libraries(cell)
            yield from _plots(cell)
            yield from _altair(cell, known)


def _libraries(cell: Cell) -> Iterator[Fault]:
    names: set[str] = set()
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    for name in sorted(names & {*_WORDLESS}):
        yield cell.fault("charts", f"pictures of {name} carry no words, which holds every run; draw with Altair and show it as rk.charts.Plot")  # fmt: skip


def _plots(cell: Cell) -> Iterator[Fault]:
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.Call) and _name(node.func) == "Plot":
            given = {word.arg: word.value for word in node.keywords}
            for place, name in enumerate(("chart", "id", "title", "subtitle", "alt")):
                if place < len(node.args):
                    given[name] = node.args[place]
            if None not in given:
                yield from _judged(cell, _Drawn(given.get("alt"), given.get("title")), "alt=...")


def _altair(cell: Cell, known: dict[str, _Drawn]) -> Iterator[Fault]:
    for statement in cell.tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):  # fmt: skip
            drawn = _drawn(statement.value, known)
            if drawn is not None:
                known[statement.targets[0].id] = drawn
            else:
                known.pop(statement.targets[0].id, None)
    if not cell.shown:
        return
    for shown in _shown(cell.tree):
        drawn = _drawn(shown, known)
        if drawn is not None:
            yield from _judged(cell, drawn, ".properties(description=...)")


def _shown(tree: ast.Module) -> Iterator[ast.expr]:
    """Give what a cell shows: its last expression, and what it hands to ``display``."""
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        yield last.value
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "display":
            yield from node.args


def _drawn(node: ast.expr, known: dict[str, _Drawn]) -> _Drawn | None:
    """Give what an expression says of the Altair chart it makes; None when it makes none."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr | ast.BitAnd):
        sides = [_drawn(node.left, known), _drawn(node.right, known)]
        # Words of a part are not words of the whole.
        return _Drawn() if any(sides) else None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return _Drawn() if isinstance(node, ast.Call) and _name(node.func) in _ALTAIR else None
    inner: _Drawn | None
    if isinstance(node.func.value, ast.Name) and node.func.value.id in {"alt", "altair"}:
        inner = _Drawn() if node.func.attr in _ALTAIR else None
    else:
        inner = _drawn(node.func.value, known)
    if inner is None:
        return None
    found = _Drawn(inner.description, inner.title)
    if node.func.attr in {"properties", *_ALTAIR}:
        for word in node.keywords:
            if word.arg == "description":
                found.description = word.value
            elif word.arg == "title":
                found.title = word.value
    return found


def _judged(cell: Cell, drawn: _Drawn, how: str) -> Iterator[Fault]:
    if drawn.description is None or _constant(drawn.description) == "":
        yield cell.fault("charts", f"a chart without words for those who cannot see it; add {how}")
    said = _constant(drawn.title) if drawn.title is not None else ""
    if said is not None:
        shown = f"the title {said!r} is the same whatever the data say" if said else "a chart without a message"  # fmt: skip
        yield cell.fault("charts", f'{shown}; write one sentence with a number of the data in it, as title=f"..."')  # fmt: skip


def _constant(node: ast.expr) -> str | None:
    """Give the text of a literal; None for what is computed."""
    if isinstance(node, ast.Constant):
        return str(node.value or "").strip()
    if isinstance(node, ast.JoinedStr) and not any(isinstance(part, ast.FormattedValue) for part in node.values):  # fmt: skip
        return "".join(_constant(part) or "" for part in node.values)
    if isinstance(node, ast.Call) and _name(node.func) in {"Title", "TitleParams"} and node.args:
        return _constant(node.args[0])
    return None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""  # fmt: skip
