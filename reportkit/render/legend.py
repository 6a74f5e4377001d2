"""Lets readers of a live chart pick series by its legend; the still drawing is not touched."""

from __future__ import annotations

import copy
from typing import Any

_PARAM = "picked"
_FADED = 0.12
#: What a mark's opacity is when nobody says otherwise.
_OPACITY = {"area": 0.9}


def pickable(spec: dict[str, Any]) -> dict[str, Any]:
    """Give a specification whose legend picks series; unchanged when there is no legend by name or it is bound already.

    Args:
        spec: a Vega-Lite specification of one view or of layers.
    """
    changed = copy.deepcopy(spec)
    body = changed
    while isinstance(body.get("spec"), dict):
        body = body["spec"]
    shared = body.get("encoding") or {}
    units = [
        unit for unit in body.get("layer", [body]) if isinstance(unit, dict) and "mark" in unit
    ]
    if len(units) != len(body.get("layer", [body])) or _has_params(spec):
        return spec
    coloured = [(unit, _field(unit, shared)) for unit in units]
    field = next((field for _, field in coloured if field), None)
    if field is None:
        return spec
    picks = {
        "name": _PARAM,
        "select": {"type": "point", "fields": [field], "toggle": "true"},
        "bind": "legend",
    }
    first = True
    for unit, own in coloured:
        if own != field:
            continue
        encoding = unit.setdefault("encoding", {})
        if "opacity" not in encoding and "opacity" not in shared:
            encoding["opacity"] = {
                "condition": {"param": _PARAM, "value": _opacity(unit["mark"])},
                "value": _FADED,
            }
        if first:
            unit["params"] = [picks]
            first = False
    return changed


def _has_params(node: Any) -> bool:
    if isinstance(node, dict):
        return bool(node.get("params")) or any(
            _has_params(child) for key, child in node.items() if key not in {"data", "datasets"}
        )
    return isinstance(node, list) and any(_has_params(child) for child in node)


def _field(unit: dict[str, Any], shared: dict[str, Any]) -> str | None:
    """Give the field that a legend names, None without such a legend."""
    colour = (unit.get("encoding") or {}).get("color") or shared.get("color") or {}
    named = colour.get("type") in {"nominal", "ordinal"} and "aggregate" not in colour
    shown = colour.get("legend", {}) is not None
    return colour.get("field") if named and shown and isinstance(colour.get("field"), str) else None


def _opacity(mark: Any) -> float:
    if isinstance(mark, dict):
        return float(mark.get("opacity", _OPACITY.get(str(mark.get("type")), 1.0)))
    return _OPACITY.get(str(mark), 1.0)
