"""Chart of coverage: each safeguard alone, and all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from reportkit import locale, theme
from reportkit.charts.plot import WIDTH, Plot, not_measured, told
from reportkit.measures import definition
from reportkit.measures.coverage import NAMES, OBSERVED_DAYS, SPOKEN, WORKS

if TYPE_CHECKING:
    from reportkit.display import Shown
    from reportkit.view import View

_COLOUR = theme.Live("light")
_CHART = theme.Live("chart")


def coverage(view: View) -> Plot | Shown:
    """Draw the share of critical assets with each safeguard, and with all four at once."""
    title = "Safeguards on critical assets"
    reason = view.missing(definition("K07"))
    if reason:
        return not_measured(title, reason)
    joint = view.measure("K07")
    rows = joint.frame
    if rows is None or rows.empty:
        return not_measured(title, joint.value.reason or "no critical asset is in scope")
    n, found = int(rows["n"].sum()), []
    gaps: list[str] = []
    for control in WORKS:
        if rows[f"{control}_observed"].sum():
            found.append(
                (NAMES[control], 100 * int((rows[control] * rows["n"]).sum()) / n, "One safeguard")
            )
        else:
            gaps.append(f"{SPOKEN[control]}, not observed in {OBSERVED_DAYS[control]} days")
    if joint.value.value is not None:
        found.append(("All four at once", joint.value.value, "All four"))
    data = pd.DataFrame(found, columns=["control", "share", "kind"])
    data["text"] = [locale.percent(v) for v in data["share"]]
    order = data["control"].tolist()
    y = alt.Y(
        "control:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelOverlap=False),
        scale=alt.Scale(paddingInner=0.4),
    )
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=1).encode(
        x=alt.X("share:Q", title="Share of critical assets, %", scale=alt.Scale(domain=[0, 106], nice=False), axis=alt.Axis(grid=True, values=[0, 20, 40, 60, 80, 100])),
        color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=["One safeguard", "All four"], range=[_CHART["category"][4], _CHART["category"][0]])),
        tooltip=[alt.Tooltip("control:N", title="Safeguard"), alt.Tooltip("share:Q", title="Share, %", format=".1f")],
    )  # fmt: skip
    labels = base.mark_text(align="left", dx=5, fontWeight=600, color=_COLOUR["ink"]).encode(
        x="share:Q", text="text:N"
    )
    least = min((v for _, v, kind in found if kind == "One safeguard"), default=0.0)
    if joint.value.value is None:
        message = f"Joint coverage is not measured: {joint.value.reason}"
    else:
        message = f"Each safeguard covers at least {locale.percent(least)} of critical assets; all four together {locale.percent(joint.value.value)}"
    said = "; ".join(f"{name.lower()} {locale.number(share)} per cent" for name, share, _ in found)
    note = f"Not measured: {'; '.join(gaps)}." if gaps else ""
    return Plot(
        (bars + labels).properties(width=WIDTH, height=28 * len(data)), "coverage", message,
        f"{n} critical assets (criticality 1) at quarter end", f"Bars of coverage of critical assets: {said}.", note=note, facts=told(joint),
    )  # fmt: skip
