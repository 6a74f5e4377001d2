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
