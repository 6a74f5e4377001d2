"""Looks into the specification of a chart: its rows, whether it adds them up by itself, labels that hold names in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Go through all objects of a specification."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def copied(spec: Any) -> Any:
    """Give a copy that may be changed."""
    if isinstance(spec, dict):
        return {key: copied(value) for key, value in spec.items()}
    return [copied(value) for value in spec] if isinstance(spec, list) else spec


def _lists(spec: Mapping[str, Any]) -> Iterator[list[Any]]:
    yield from (rows for rows in (spec.get("datasets") or {}).values() if isinstance(rows, list))
    for node in walk({key: value for key, value in spec.items() if key != "datasets"}):
        if isinstance(node.get("values"), list):
            yield node["values"]


def data(spec: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Go through the sets of rows of a chart."""
    for rows in _lists(spec):
        found = [row for row in rows if isinstance(row, dict)]
        if found:
            yield found


def without(spec: Mapping[str, Any], gone: Sequence[dict[str, Any]]) -> None:
    """Take rows out of a chart."""
    marked = {id(row) for row in gone}
    for rows in _lists(spec):
        rows[:] = [row for row in rows if id(row) not in marked]


def computes(spec: Mapping[str, Any]) -> bool:
    """Whether a chart adds rows up by itself: without one of them it would show another number."""
    nodes = list(walk({key: value for key, value in spec.items() if key != "datasets"}))
    marks = {mark.get("type") if isinstance(mark := node["mark"], dict) else mark for node in nodes if "mark" in node}  # fmt: skip
    # Bars and areas of several colours are stacked, also where nothing says so.
    coloured = any(isinstance(node.get("color"), dict) and "field" in node["color"] for node in nodes)  # fmt: skip
    return (coloured and bool(marks & {"bar", "area"})) or any(
        "aggregate" in node or "bin" in node or node.get("stack") for node in nodes
    )


def drop_broken_labels(spec: Mapping[str, Any]) -> None:
    """Drop label expressions that hold names in pieces; the axis writes its own labels then."""
    for node in walk({key: value for key, value in spec.items() if key != "datasets"}):
        if "datum.value ===" in str(node.get("labelExpr", "")):
            node.pop("labelExpr", None)
            node.pop("labelOffset", None)


#: What parts of a specification must be, where they are there, for all who read it; what they hold is for the engine that draws.
_SHAPES: dict[str, tuple[type, ...]] = {
    "data": (dict,), "datasets": (dict,), "encoding": (dict,), "config": (dict,), "usermeta": (dict,), "spec": (dict,), "facet": (dict,),
    "layer": (list,), "hconcat": (list,), "vconcat": (list,), "concat": (list,), "transform": (list,), "mark": (dict, str), "title": (dict, list, str),
}  # fmt: skip
_CHILDREN = ("layer", "hconcat", "vconcat", "concat")
#: Deeper than any chart is, and not so deep that those who walk through it come to an end of their own.
_DEEPEST = 100


def misshapen(spec: Any) -> str:
    """Say which part of a specification is not what Vega-Lite has in its place; empty where each is."""
    if _depth(spec) > _DEEPEST:
        return f"parts in parts, {_DEEPEST} deep"
    return _part(spec) or _told(spec)


def _told(spec: Mapping[str, Any]) -> str:
    said = (spec.get("usermeta") or {}).get("reportkit", {})
    texts = ("id", "title", "subtitle", "note")
    fine = isinstance(said, dict) and all(isinstance(said.get(name, ""), str) for name in texts) and isinstance(said.get("least", 0), int)  # fmt: skip
    return "" if fine else "usermeta.reportkit"


def _part(node: Any) -> str:
    if not isinstance(node, dict):
        return "a part that is none"
    for name, kinds in _SHAPES.items():
        if node.get(name) is not None and not isinstance(node[name], kinds):
            return name
    for name, rows in (node.get("datasets") or {}).items():
        if not isinstance(rows, list):
            return f"datasets.{name}"
    if not isinstance((node.get("data") or {}).get("values", []), dict | list | str):
        return "data.values"
    for channel, given in (node.get("encoding") or {}).items():
        if not _channel(given):
            return f"encoding.{channel}"
    below = [child for name in _CHILDREN for child in node.get(name) or ()]
    return next(filter(None, map(_part, below + ([node["spec"]] if node.get("spec") else []))), "")


def _channel(given: Any) -> bool:
    parts = given if isinstance(given, list) else [given]
    return all(
        one is None or (isinstance(one, dict) and isinstance(one.get("scale") or {}, dict))
        for one in parts
    )


def _depth(node: Any) -> int:
    """Give how many parts lie in each other, looked for one floor after the other."""
    floor, depth = [node], 0
    while floor and depth <= _DEEPEST:
        depth += 1
        floor = [
            child for part in floor for child in (part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
            if isinstance(child, dict | list)
        ]  # fmt: skip
    return depth
