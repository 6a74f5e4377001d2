"""A chart drawn by the presentation program itself: its data lies in the file, and an editor can open and change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (  # fmt: skip
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE_DASH_STYLE
from pptx.oxml.ns import qn
from pptx.util import Pt

from reportkit.render.slides.deck import Deck, Room, clean

if TYPE_CHECKING:
    from reportkit.render.slides.native import Native, Series

_KINDS = {
    "bar": XL_CHART_TYPE.BAR_CLUSTERED, "column": XL_CHART_TYPE.COLUMN_CLUSTERED, "stack": XL_CHART_TYPE.COLUMN_STACKED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
}  # fmt: skip


def draw(deck: Deck, slide: Any, room: Room, drawn: Native) -> Any:
    """Add the chart; give its frame."""
    data = CategoryChartData()
    data.categories = [clean(name) for name in drawn.categories]
    for series in drawn.series:
        data.add_series(clean(series.name) or drawn.value_title or "Value", series.values)
    if drawn.limit is not None:
        data.add_series(clean(drawn.limit[0]), [drawn.limit[1]] * len(drawn.categories))
    tops = _tops(drawn)
    if tops:
        data.add_series("Labels", tops)
    frame = slide.shapes.add_chart(_KINDS[drawn.kind], *(Pt(v) for v in (room.left, room.top, room.width, room.height)), data)  # fmt: skip
    chart = frame.chart
    chart.font.size = Pt(12)
    chart.has_title = False
    named = [series for series in drawn.series if series.name and not series.hidden]
    chart.has_legend = len(named) > 1 or drawn.limit is not None
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
        if tops:
            _unlisted(chart.legend, len(drawn.series))
    _axes(deck, chart, drawn)
    plot = chart.plots[0]
    if drawn.kind != "line":
        plot.gap_width = 60
    if drawn.kind == "stack":
        plot.overlap = 100
    for position, (made, series) in enumerate(zip(plot.series, drawn.series, strict=False)):
        _painted(deck, made, series, position, line=drawn.kind == "line")
    if drawn.limit is not None:
        _limited(deck, plot.series[len(drawn.series)])
    if tops:
        _hidden(plot.series[len(drawn.series)])
    _labelled(deck, plot, drawn)
    return frame


def _tops(drawn: Native) -> list[float]:
    """Give what carries the words over a stack: a program writes no label outside of a stack's end."""
    if drawn.kind != "stack" or not drawn.labels:
        return []
    heights = [sum(series.values[i] or 0.0 for series in drawn.series) for i in range(len(drawn.categories))]  # fmt: skip
    return [max(heights) * 0.08 or 1.0] * len(heights)


def _unlisted(legend: Any, position: int) -> None:
    """Take a series out of the legend."""
    element = legend._element  # noqa: SLF001 - python-pptx has no other way
    entry = element.makeelement(qn("c:legendEntry"), {})
    for name, value in (("c:idx", position), ("c:delete", 1)):
        entry.append(entry.makeelement(qn(name), {"val": str(value)}))
    element.insert(1, entry)


def _hidden(made: Any) -> None:
    made.format.fill.background()
    made.format.line.fill.background()


def _axes(deck: Deck, chart: Any, drawn: Native) -> None:
    values, categories = chart.value_axis, chart.category_axis
    values.has_major_gridlines = True
    values.major_gridlines.format.line.color.rgb = deck.colour("hair")
    values.format.line.fill.background()
    if drawn.value_title:
        values.has_title = True
        values.axis_title.text_frame.text = clean(drawn.value_title)
        for run in values.axis_title.text_frame.paragraphs[0].runs:
            run.font.size, run.font.bold = Pt(11), False
    if drawn.span is not None:
        values.minimum_scale, values.maximum_scale = drawn.span
    categories.format.line.color.rgb = deck.colour("rule")
    if drawn.kind == "bar":
        # The first category stands on top, as on paper.
        categories.reverse_order = True
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH


def _painted(deck: Deck, made: Any, series: Series, position: int, *, line: bool) -> None:
    tint = _rgb(series.colours[0] if len(series.colours) == 1 else _house(deck, position))
    if series.hidden:
        _hidden(made)
    elif line:
        made.smooth = False
        made.format.line.color.rgb, made.format.line.width = tint, Pt(2.5)
        made.marker.style, made.marker.size = XL_MARKER_STYLE.CIRCLE, 7
        made.marker.format.fill.solid()
        made.marker.format.fill.fore_color.rgb = tint
        made.marker.format.line.color.rgb = tint
    else:
        made.format.fill.solid()
        made.format.fill.fore_color.rgb = tint
        for place, colour in enumerate(series.colours if len(series.colours) > 1 else ()):
            fill = made.points[place].format.fill
            fill.solid()
            fill.fore_color.rgb = _rgb(colour)


def _house(deck: Deck, position: int) -> str:
    """Give the house's colours in its order for one series: its accent, then its ink."""
    colours = deck.look["chart"]["category"]
    return str(colours[{0: 1, 1: 0}.get(position, position) % len(colours)])


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour.lstrip("#").upper())


def _limited(deck: Deck, made: Any) -> None:
    made.smooth = False
    made.format.line.color.rgb, made.format.line.width = _rgb(deck.look["chart"]["appetite"]), Pt(1.5)  # fmt: skip
    made.format.line.dash_style = MSO_LINE_DASH_STYLE.DASH
    made.marker.style = XL_MARKER_STYLE.NONE


def _labelled(deck: Deck, plot: Any, drawn: Native) -> None:
    """Write values beside their marks, in the report's words where it has some; on a stack, at its top."""
    seen = [series for series in drawn.series if not series.hidden]
    stacked = drawn.kind == "stack"
    if (len(seen) > 1 or stacked) and not (stacked and drawn.labels):
        return
    values = drawn.series[0].values if not stacked else (0.0,) * len(drawn.categories)
    for place, value in enumerate(values):
        if value is None:
            continue
        label = plot.series[len(drawn.series) if stacked else 0].points[place].data_label
        label.text_frame.text = clean(drawn.labels[place] if drawn.labels else f"{value:,.4g}")
        if stacked:
            label.position = XL_LABEL_POSITION.INSIDE_BASE
        for run in label.text_frame.paragraphs[0].runs:
            run.font.size, run.font.bold = Pt(11), True
            run.font.color.rgb = deck.colour("ink")
