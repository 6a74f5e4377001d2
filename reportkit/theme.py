"""How a report looks: one file of tokens, given to pages, PDF, mail and charts in the form each of them needs."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from reportkit import branding
from reportkit.errors import ConfigError, DataError

Tokens = dict[str, Any]
Scheme = Literal["light", "dark"]

FILE = "theme.toml"
_PARTS = (
    "font",
    "type",
    "space",
    "page",
    "light",
    "dark",
    "tone",
    "severity",
    "status",
    "trend",
    "chart",
)
#: Widths of a chart on the page, outside measure, in pixels of 1/96 inch: across the text, and two side by side.
CHART_WIDTH = 640
CHART_HALF_WIDTH = 308
CHART_HEIGHT = 220

_OWN: list[Path | None] = [None]


def use(path: Path | None) -> None:
    """Take a workspace's ``theme.toml`` from now on and in this process; None for the bundled one alone."""
    _OWN[0] = path


def own() -> Path | None:
    """Give the workspace's ``theme.toml`` that this process takes, if there is one."""
    return _OWN[0]


def tokens(path: Path | None = None) -> Tokens:
    """Give all tokens of the theme.

    Args:
        path: a whole ``theme.toml``; without it the bundled one, with what the workspace's own says instead.

    Raises:
        ConfigError: a file cannot be read as TOML, a part is missing, a key is not known, or two colours cannot be told apart.
    """
    if path is not None:
        return _whole(path, _stamp(path))
    from reportkit import resources

    base = resources.templates() / FILE
    mine = _OWN[0]
    if mine is None:
        return _whole(base, _stamp(base))
    return _merged(base, _stamp(base), mine, _stamp(mine))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _whole(path: Path, _changed: int) -> Tokens:
    data = _read(path)
    missing = [part for part in _PARTS if part not in data]
    if missing:
        raise ConfigError(
            f"theme: {path} lacks [{'], ['.join(missing)}]; copy these parts from the bundled theme.toml."
        )
    return _sized(data, path)


@lru_cache(maxsize=8)
def _merged(base: Path, _base_changed: int, mine: Path, _changed: int) -> Tokens:
    data = copy.deepcopy(_read(base))
    branding.merge(data, _read(mine), mine)
    branding.check_colours(data, mine)
    return _sized(data, mine)


def _sized(data: Tokens, path: Path) -> Tokens:
    page = data["page"]
    if "paper" in page:
        page["width"], page["height"] = branding.paper(page["paper"], path)
    return data


def _read(path: Path) -> Tokens:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"theme: {path} cannot be opened ({error.strerror}); check the path."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"theme: {path} is not valid TOML: {error}.") from error


class Live(Mapping[str, Any]):
    """A part of the theme as it is when it is asked: a workspace's colours hold for charts that were loaded before."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __getitem__(self, name: str) -> Any:
        return tokens()[self._part][name]

    def __iter__(self) -> Iterator[str]:
        return iter(tokens()[self._part])

    def __len__(self) -> int:
        return len(tokens()[self._part])


def css_variables(path: Path | None = None) -> str:
    """Give the tokens as CSS custom properties, light first, then dark by the reader's preference.

    Names are ``--ink``, ``--tone-good-fill``, ``--severity-high-text``, ``--chart-1``, ``--size-h1`` (rem), ``--space-m``.
    Print always takes the light values.
    """
    look = tokens(path)
    fixed = {
        f"size-{name}": f"{_number(size / look['type']['body'])}rem"
        for name, size in look["type"].items()
        if name != "screen"
    }
    fixed |= {
        f"space-{name}": f"{_number(step * 2 / 16)}rem" for name, step in look["space"].items()
    }
    fixed |= {
        "font-sans": f'"{look["font"]["sans"]}", system-ui, sans-serif',
        "font-mono": f'ui-monospace, "{look["font"]["mono"]}", monospace',
        "size-screen": f"{_number(look['type']['screen'])}px",
    }
    light = _declare({**fixed, **dict(_colours(look, "light"))})
    dark = _declare(dict(_colours(look, "dark")))
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def _colours(look: Tokens, scheme: Scheme) -> Iterator[tuple[str, str]]:
    for name, colour in look[scheme].items():
        yield name.replace("_", "-"), colour
    for group in ("tone", "severity"):
        for name, entry in look[group].items():
            for part, colour in entry[scheme].items():
                yield f"{group}-{name}-{part}", colour
    chart = look["chart"]
    for position, colour in enumerate(
        chart["category" if scheme == "light" else "category_dark"], start=1
    ):
        yield f"chart-{position}", colour


def _declare(pairs: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in pairs.items())


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def families(path: Path | None = None) -> list[str]:
    """Give the families of fonts in the order in which they are asked for a character."""
    look = tokens(path)
    font = look["font"]
    own_fonts = branding.faces(look, _OWN[0].parent) if _OWN[0] and path is None else ()
    return list(dict.fromkeys((font["sans"], "Inter", font["mono"], *(face.family for face in own_fonts))))  # fmt: skip


def typst(path: Path | None = None) -> Tokens:
    """Give the tokens for print: light colours only, one flat dictionary for each group."""
    look = tokens(path)
    return {
        "font": {**look["font"], "families": families(path)},
        "type": look["type"],
        "space": look["space"],
        "page": look["page"],
        "brand": {"footer": look.get("brand", {}).get("footer", "")},
        "colour": look["light"],
        "tone": {
            name: {**tone["light"], "shape": tone["shape"]} for name, tone in look["tone"].items()
        },
        "severity": {name: level["light"] for name, level in look["severity"].items()},
        "trend": look["trend"],
        "status": look["status"],
    }


def severity_scale(path: Path | None = None) -> tuple[list[str], list[str]]:
    """Give the domain and range of a colour scale by severity, worst first."""
    look = tokens(path)["severity"]
    return list(look), [level["light"]["mark"] for level in look.values()]


def front_end_font(path: Path | None = None) -> str:
    """Give the fonts of the front end of a notebook: the theme's own where a reader has it, else the system's plain one."""
    own_font = tokens(path)["font"]["sans"]
    names = dict.fromkeys((own_font, "Inter", "Segoe UI", "Roboto", "Helvetica Neue", "Arial"))
    first, *others = (f"'{name}'" for name in names)
    return ",".join((first, "system-ui", *others, "sans-serif"))


def front_end(path: Path | None = None) -> dict[str, Any]:
    """Give the Vega-Lite ``config`` of a chart in the front end of a notebook: on white, since nobody knows what is around it."""
    look = tokens(path)
    config = altair(path, font=front_end_font(path))
    return {**config, "background": look["light"]["page"], "padding": 12}


def altair(path: Path | None = None, scheme: Scheme = "light", *, font: str = "") -> dict[str, Any]:
    """Give the Vega-Lite ``config`` of every chart.

    Sizes are pixels of 1/96 inch: 11 px is 8.25 pt on paper. Title and subtitle are set by the page, not by the chart.
    ``font`` is another than the theme's own.
    """
    look = tokens(path)
    colour, chart = look[scheme], look["chart"]
    category = chart["category" if scheme == "light" else "category_dark"]
    sans = font or look["font"]["sans"]
    word = {
        "labelFont": sans,
        "titleFont": sans,
        "labelColor": colour["muted"],
        "titleColor": colour["muted"],
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": 500,
    }
    return {
        "font": sans,
        "background": None,
        "padding": {"left": 0, "right": 4, "top": 4, "bottom": 0},
        "autosize": {"type": "fit", "contains": "padding"},
        "view": {
            "stroke": None,
            "continuousWidth": CHART_WIDTH,
            "continuousHeight": CHART_HEIGHT,
            "discreteWidth": CHART_WIDTH,
            "discreteHeight": CHART_HEIGHT,
        },
        "axis": {
            **word,
            "domainColor": colour["rule"],
            "tickColor": colour["rule"],
            "gridColor": colour["hair"],
            "domainWidth": 0.8,
            "gridWidth": 0.7,
            "tickSize": 4,
            "labelPadding": 5,
            "titlePadding": 8,
            "labelLimit": 240,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
        },
        "axisX": {"grid": False, "labelFlush": False},
        "axisY": {"domain": False, "ticks": False, "tickCount": 5},
        "axisBand": {"ticks": False},
        "axisYBand": {"grid": False, "labelColor": colour["text"], "labelFontWeight": 500},
        "legend": {
            **word,
            "labelColor": colour["text"],
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "symbolType": "square",
            "symbolSize": 90,
            "symbolStrokeWidth": 0,
            "columnPadding": 14,
            "offset": 8,
            "labelLimit": 260,
        },
        "header": {
            **word,
            "labelColor": colour["text"],
            "labelFontWeight": 600,
            "labelAnchor": "start",
            "labelPadding": 6,
            "title": None,
        },
        "title": {
            "font": sans,
            "subtitleFont": sans,
            "color": colour["ink"],
            "subtitleColor": colour["muted"],
            "anchor": "start",
            "fontSize": 13,
            "fontWeight": 600,
            "subtitleFontSize": 11,
            "frame": "group",
        },
        "text": {"font": sans, "fontSize": 11, "color": colour["text"]},
        "mark": {"color": category[1]},
        "bar": {"color": category[1], "cornerRadiusEnd": 1.5},
        "line": {
            "color": category[1],
            "strokeWidth": 2.2,
            "strokeCap": "round",
            "strokeJoin": "round",
        },
        "point": {"filled": True, "size": 42, "color": category[1]},
        "area": {"color": category[1], "opacity": 0.9, "line": False},
        "rule": {"color": colour["muted"], "strokeWidth": 1.2},
        "tick": {"color": colour["ink"], "thickness": 2},
        "rect": {"color": category[1]},
        "range": {
            "category": category,
            "ordinal": chart["sequence"],
            "ramp": chart["sequence"],
            "heatmap": chart["sequence"],
            "diverging": chart["diverge"],
        },
    }
