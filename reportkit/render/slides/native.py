"""Which charts a slide can hold as charts of its own program: bars, stacks, waterfalls and lines, that an editor can open and change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from reportkit.render.model import Chart

_MOST_CATEGORIES, _MOST_SERIES = 24, 6
_NAMED = {"nominal", "ordinal"}
_DERIVED = {"aggregate", "bin", "timeUnit", "stack", "impute"}
_APART = ("facet", "hconcat", "vconcat", "concat", "repeat", "spec")

Row = Mapping[str, Any]
Kind = Literal["bar", "column", "line", "stack"]


@dataclass(frozen=True)
class Series:
    """One row of marks: a value for each category, None being a gap.

    Attributes:
        colours: of all marks (one), or of each mark; none takes the house's.
        hidden: holds up what stands on it, and is not seen.
    """

    name: str
    values: tuple[float | None, ...]
    colours: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Native:
    """A chart as a presentation program draws it.

    Attributes:
        kind: horizontal bars, columns, columns on each other, or lines.
        categories: in the order in which they are read.
        value_title: of the axis of values.
        limit: a line across a chart of lines, with its words.
        span: least and greatest value of the axis, where the chart fixes them.
        labels: words at the end of each bar or line point, as the report writes them.
    """

    kind: Kind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    value_title: str = ""
    limit: tuple[str, float] | None = None
    span: tuple[float, float] | None = None
    labels: tuple[str, ...] = ()


class _Layer(NamedTuple):
    mark: str
    node: Row
    rows: list[Row]
    encoding: Mapping[str, Any]


class _Axes(NamedTuple):
    """Which channel names the categories, which one counts, and what kind of chart that makes."""

    named: Row
    counted: Row
    second: str
    kind: Kind


def read(chart: Chart) -> Native | None:
    """Give a chart in the form of a presentation program, or None where something of it would be lost."""
    spec = chart.spec
    if any(part in spec for part in _APART) or spec.get("transform"):
        return None
    layers = list(_layers(spec, spec.get("data"), spec.get("encoding") or {}, spec.get("datasets") or {}))  # fmt: skip
    main = [one for one in layers if one.mark in {"bar", "line"}]
    rest = [one for one in layers if one.mark not in {"bar", "line"}]
    if len(main) != 1 or {one.mark for one in rest} - {"text", "point", "rule"}:
        return None
    axes = _axes(main[0])
    if axes is None or not main[0].rows or main[0].node.get("transform"):
        return None
    names = _names(axes.named, main[0].rows)
    series = _series(main[0], axes, names) if names else None
    if series is None:
        return None
    kind: Kind = "stack" if axes.kind == "column" and len(series) > 1 else axes.kind
    if kind == "bar" and len(series) > 1:
        return None
    scale, title = axes.counted.get("scale") or {}, axes.counted.get("title")
    domain: Any = scale.get("domain")
    span = (float(domain[0]), float(domain[1])) if _numbers(domain) else None
    texts = [one for one in rest if one.mark == "text"]
    found = (_labels(one, str(axes.named["field"]), names) for one in texts)
    labels = next((words for words in found if words), ())
    made = Native(kind, names, series, title if isinstance(title, str) else "", None, span, labels)
    rules = [one for one in rest if one.mark == "rule"]
    if not rules:
        return made
    limit = _limit(rules[0]) if kind == "line" and len(rules) == 1 else None
    return None if limit is None else replace(made, limit=limit)


def _layers(node: Row, source: Any, shared: Row, datasets: Mapping[str, Any]) -> Iterator[_Layer]:
    source = node.get("data") or source
    encoding = {**shared, **(node.get("encoding") or {})}
    for child in node.get("layer", ()):
        yield from _layers(child, source, encoding, datasets)
    if "mark" in node:
        mark = node["mark"]
        named = source if isinstance(source, Mapping) else {}
        values = named.get("values", datasets.get(str(named.get("name", ""))))
        rows = [row for row in values or () if isinstance(row, Mapping)]
        yield _Layer(
            str(mark.get("type") if isinstance(mark, Mapping) else mark), node, rows, encoding
        )


def _axes(layer: _Layer) -> _Axes | None:
    x, y = layer.encoding.get("x") or {}, layer.encoding.get("y") or {}
    if _DERIVED & {*x, *y} or "field" not in x or "field" not in y:
        return None
    if x.get("type") in _NAMED and y.get("type") == "quantitative":
        axes = _Axes(x, y, "y2", "column" if layer.mark == "bar" else "line")
    elif y.get("type") in _NAMED and x.get("type") == "quantitative" and layer.mark == "bar":
        axes = _Axes(y, x, "x2", "bar")
    else:
        return None
    linear = (axes.counted.get("scale") or {}).get("type") in {None, "linear"}
    other = "x2" if axes.second == "y2" else "y2"
    return axes if linear and other not in layer.encoding else None


def _names(named: Row, rows: list[Row]) -> tuple[str, ...]:
    found = list(dict.fromkeys(str(row.get(named["field"])) for row in rows))
    order = named.get("sort")
    if isinstance(order, list):
        listed = [str(name) for name in order]
        found = [n for n in listed if n in found] if set(found) <= set(listed) else []
    elif order not in (None, "ascending"):
        found = []
    return tuple(found) if 1 < len(found) <= _MOST_CATEGORIES else ()


def _series(layer: _Layer, axes: _Axes, names: tuple[str, ...]) -> tuple[Series, ...] | None:
    colour = layer.encoding.get("color") or {}
    field = colour.get("field")
    if "condition" in colour or (field is not None and colour.get("type") not in _NAMED):
        return None
    paint = _paint(colour)
    groups: dict[str, dict[str, Row]] = {}
    several = len(layer.rows) > len(names)
    for row in layer.rows:
        place = groups.setdefault(str(row.get(field)) if field and (several or axes.kind == "line") else "", {})  # fmt: skip
        name = str(row.get(axes.named["field"]))
        if name in place:
            return None
        place[name] = row
    if len(groups) > _MOST_SERIES:
        return None
    if axes.second in layer.encoding:
        return _floating(layer, axes, names, groups, paint)
    made = []
    for key, rows in groups.items():
        values = tuple(_value(rows.get(name), axes.counted) for name in names)
        own: tuple[str, ...] = (paint[key],) if key in paint else ()
        if not own and field and not key:
            own = tuple(paint.get(str(rows[n].get(field)), "") for n in names if n in rows)
        if len(own) not in {0, 1, len(names)} or "" in own:
            return None
        made.append(Series(key, values, own))
    order = (colour.get("scale") or {}).get("domain") or []
    return tuple(sorted(made, key=lambda one: -order.index(one.name) if one.name in order else 1))


def _floating(
    layer: _Layer, axes: _Axes, names: tuple[str, ...], groups: dict[str, dict[str, Row]], paint: Row
) -> tuple[Series, ...] | None:  # fmt: skip
    """Give bars that stand in the air (a waterfall) as what is seen on what is not."""
    second = layer.encoding[axes.second].get("field")
    if axes.kind != "column" or len(groups) != 1 or second is None:
        return None
    (rows,) = groups.values()
    ends = [(_value(rows.get(n), axes.counted), _value(rows.get(n), {"field": second})) for n in names]  # fmt: skip
    pairs = [(a, b) for a, b in ends if a is not None and b is not None and min(a, b) >= 0]
    if len(pairs) != len(names):
        return None
    field = (layer.encoding.get("color") or {}).get("field")
    colours = tuple(str(paint.get(str(rows[n].get(field)), "")) for n in names) if field else ()
    return None if "" in colours else (
        Series("", tuple(min(pair) for pair in pairs), hidden=True),
        Series("Value", tuple(abs(a - b) for a, b in pairs), colours),
    )  # fmt: skip


def _paint(colour: Row) -> dict[str, str]:
    scale = colour.get("scale") or {}
    domain, used = scale.get("domain"), scale.get("range")
    if isinstance(domain, list) and isinstance(used, list):
        return {str(name): str(tint) for name, tint in zip(domain, used, strict=False)}
    return {}


def _value(row: Row | None, channel: Row) -> float | None:
    found = (row or {}).get(str(channel["field"]))
    return float(found) if isinstance(found, int | float) else None


def _labels(layer: _Layer, axis: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give what a layer of texts writes beside each category, where it does."""
    field = str((layer.encoding.get("text") or {}).get("field"))
    if len(layer.rows) != len(names):
        return ()
    words = {str(row.get(axis)): row.get(field) for row in layer.rows}
    found = [words.get(name) for name in names]
    return tuple(str(w) for w in found) if all(isinstance(w, str) for w in found) else ()


def _numbers(domain: Any) -> bool:
    return isinstance(domain, list) and len(domain) == 2 and all(isinstance(d, int | float) for d in domain)  # fmt: skip


def _limit(rule: _Layer) -> tuple[str, float] | None:
    axis = rule.encoding.get("y") or {}
    if {"x2", "y2"} & rule.encoding.keys() or (rule.encoding.get("x") or {}).get("field"):
        return None
    if isinstance(axis.get("datum"), int | float):
        return "Limit", float(axis["datum"])
    value = rule.rows[0].get(str(axis.get("field"))) if len(rule.rows) == 1 else None
    if not isinstance(value, int | float):
        return None
    words = next((v for v in rule.rows[0].values() if isinstance(v, str)), "Limit")
    return words[:1].upper() + words[1:], float(value)
