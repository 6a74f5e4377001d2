"""The numbers behind a chart as a table: for readers who cannot see it, and for those who want to count."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportkit import locale as locales
from reportkit.locale import Locale
from reportkit.render.model import Chart

#: Rows of a table behind a chart; a finer curve is thinned, and says so.
MOST = 60
#: A number of JSON may be larger than any that is drawn.
_LARGEST = 1e300
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T00:00:00(?:\.0+)?)?")
_CHANNELS = ("facet", "row", "column", "y", "x", "x2", "y2", "color", "text")

Value = str | float | bool | date | None


@dataclass(frozen=True)
class Behind:
    """What a chart draws.

    Attributes:
        columns: headings.
        rows: one value for each column: text, numbers, days.
        left_out: rows that were thinned out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    left_out: int = 0


def tables(chart: Chart, most: int | None = MOST) -> tuple[Behind, ...]:
    """Give the data of a chart as tables, one for each set of rows that it draws; what only labels something is left out.

    Args:
        chart: with its data inside.
        most: rows of a table; None for all of them.
    """
    drawn: dict[str, dict[str, str]] = {}
    tipped: dict[str, dict[str, str]] = {}
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for key, data, encoding in _layers(chart.spec, chart.spec.get("datasets") or {}, None):
        if data:
            rows[key] = data
            _keep(drawn.setdefault(key, {}), _channels(encoding))
            _keep(tipped.setdefault(key, {}), _tips(encoding))
    # What stands in tooltips was chosen for readers, and has words.
    found = [_table(rows[key], tipped[key] or drawn[key], most) for key in rows]
    # Of a chart in layers the same rows often lie in several sets, with some columns more or less.
    kept: list[Behind] = []
    for table in sorted(
        (one for one in found if one is not None),
        key=lambda one: (-len(one.columns), -len(one.rows)),
    ):
        own = {value for row in table.rows for value in row}
        if not any(own <= {v for row in other.rows for v in row} for other in kept):
            kept.append(table)
    return tuple(kept)


def _layers(
    node: Mapping[str, Any],
    datasets: Mapping[str, Any],
    above: Any,
    shared: Mapping[str, Any] | None = None,
) -> Iterator[tuple[str, list[Mapping[str, Any]], Mapping[str, Any]]]:
    """Give each mark with its rows and its encoding, what it inherits among them."""
    source = node.get("data") or above
    encoding = {**(shared or {}), **(node.get("encoding") or {})}
    for part in ("layer", "hconcat", "vconcat", "concat"):
        for child in node.get(part, ()):
            yield from _layers(child, datasets, source, encoding)
    if isinstance(node.get("spec"), dict):
        facet = node.get("facet") or {}
        split = facet if "field" not in facet else {"facet": facet}
        yield from _layers(node["spec"], datasets, source, {**encoding, **split})
    if "mark" in node and isinstance(source, Mapping):
        values = source.get("values", datasets.get(str(source.get("name", ""))))
        known = [row for row in values or () if isinstance(row, Mapping)]
        kind = node["mark"].get("type") if isinstance(node["mark"], Mapping) else node["mark"]
        # Of one row, a rule or a text is a limit or a label, which title and words say.
        if len(known) > 1 or kind not in {"rule", "text", "rect"}:
            yield str(source.get("name") or id(values)), known, encoding


def _keep(fields: dict[str, str], found: Iterable[tuple[str, str]]) -> None:
    for field, title in found:
        fields[field] = title or fields.get(field, "")


def _tips(encoding: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = encoding.get("tooltip")
    for tip in [given] if isinstance(given, Mapping) else given or ():
        if isinstance(tip, Mapping) and isinstance(tip.get("field"), str):
            yield tip["field"], str(tip.get("title") or "")


def _channels(encoding: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for channel in _CHANNELS:
        given = encoding.get(channel)
        if isinstance(given, Mapping) and isinstance(given.get("field"), str):
            axis = given.get("axis") or {}
            title = given.get("title") or (axis.get("title") if isinstance(axis, Mapping) else "")
            yield given["field"], title if isinstance(title, str) else ""


def _table(
    rows: list[Mapping[str, Any]], fields: Mapping[str, str], most: int | None
) -> Behind | None:
    shown = [field for field in fields if any(row.get(field) is not None for row in rows)]
    if not shown:
        return None
    unique = list(dict.fromkeys(tuple(_value(row.get(field)) for field in shown) for row in rows))
    kept = unique
    if most is not None and len(unique) > most:
        step = (len(unique) - 1) / (most - 1)
        kept = [unique[round(i * step)] for i in range(most)]
    heads = tuple(fields[field] or _spoken(field) for field in shown)
    return Behind(heads, tuple(kept), len(unique) - len(kept))


def _spoken(field: str) -> str:
    words = re.sub(r"[_\W]+", " ", field).strip()
    return words[:1].upper() + words[1:]


def _value(raw: Any) -> Value:
    if isinstance(raw, str):
        match = _DAY.fullmatch(raw)
        return date(int(match[1]), int(match[2]), int(match[3])) if match else raw
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float):
        # JSON of others says NaN and Infinity, and has numbers of thousands of digits.
        number = float(raw) if abs(raw) < _LARGEST else math.nan
        return number if math.isfinite(number) else None
    return None if raw is None else str(raw)


def written(value: Value, locale: Locale | None = None) -> str:
    """Write a value as text, numbers to four significant digits; in the report's own locale where none is given."""
    locale = locale or locales.here()
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return locale.day(value)
    if isinstance(value, str):
        return value
    size = abs(value)
    if value == int(value) or size >= 1000:
        return locale.number(value)
    digits = 1 if size >= 100 else 2 if size >= 10 else 3 if size >= 1 else 4
    text = locale.number(value, digits)
    return text.rstrip("0").rstrip(locale.decimal) if locale.decimal in text else text
