"""What outputs of other libraries are called where no format can show them, and which of them show nothing by themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Bring a library's scripts into the page; nothing is seen of them.
_LOADERS = re.compile(r"application/vnd\.(?:bokehjs_load|holoviews_load)\.v\d+\+json")
_DRAWN = {
    re.compile(r"application/vnd\.plotly\.v\d+\+json"): "a chart of Plotly",
    re.compile(r"application/vnd\.bokehjs_exec\.v\d+\+json"): "a chart of Bokeh",
    re.compile(r"application/vnd\.holoviews_exec\.v\d+\+json"): "a chart of HoloViews",
    re.compile(r"application/geo\+json"): "a map",
}
_HOW = "which only a browser draws; save it as a picture, or draw it with Altair"
#: How a library's chart looks as HTML: the script that draws it, and the place that it draws into.
_SCRIPTS = {"Plotly.newPlot": "a chart of Plotly", "Bokeh.embed": "a chart of Bokeh"}
_PLACES = ("PlotlyConfig", "data-root-id", "bk-notebook-logo", "BokehJS")
#: What Python says of an object that says nothing of itself, such as ``<Axes: xlabel='unit'>`` or ``[<Line2D at 0x7f..>]``.
_NAMELESS = re.compile(r"(?s)[\[(]*<[A-Za-z_][\w.]*(?:: | object| at 0x).*>[\])]*|<[\w.]+ object>|Text\(.*\)|array\(\[.*dtype=object\)")  # fmt: skip


def loads(data: Mapping[str, Any]) -> bool:
    """Say whether an output only brings a library's scripts into the page."""
    return any(map(_LOADERS.fullmatch, data))


def drawn(data: Mapping[str, Any]) -> str:
    """Name what a browser would draw of an output, with its title; empty for any other."""
    for mime, value in data.items():
        for shape, name in _DRAWN.items():
            if shape.fullmatch(mime):
                title = _title(value)
                return f"{name}{f' (“{title}”)' if title else ''}, {_HOW}"
    return ""


def scripted(html: str) -> str | None:
    """Name what a script in some HTML would draw; empty where nothing would be seen, None where that is not known."""
    for mark, name in _SCRIPTS.items():
        if mark in html:
            return f"{name}, {_HOW}"
    return "" if any(mark in html for mark in _PLACES) else None


def nameless(text: str) -> bool:
    """Say whether a text is what Python says of an object that says nothing of itself."""
    return bool(_NAMELESS.fullmatch(text.strip()))


def _title(value: Any) -> str:
    layout = value.get("layout") if isinstance(value, Mapping) else None
    title = layout.get("title") if isinstance(layout, Mapping) else None
    words = title.get("text") if isinstance(title, Mapping) else title
    return re.sub(r"<[^<>]*>", " ", words).strip()[:120] if isinstance(words, str) else ""
