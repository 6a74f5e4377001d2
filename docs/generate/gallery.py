"""The gallery of charts: its page, and its pictures."""

from __future__ import annotations

import re
import sys
from textwrap import wrap
from xml.sax.saxutils import escape

from generate.markdown import DOCS

#: What a chart of the gallery is called with; most take the view alone.
CALLS = {
    "bullets": ("K02", "K03", "K05", "K06", "K07", "K04"), "by_part": ("W01",), "course": ("W02",), "multiples": ("V04",), "survival": ("V06", "by=severity"),
}  # fmt: skip


def charts() -> str:
    """Give the gallery: each chart, what it shows and which reports hold it."""
    from reportkit import charts as module
    from reportkit import resources

    used: dict[str, list[str]] = {}
    for name, path in resources.notebooks().items():
        source = path.read_text(encoding="utf-8")
        for chart in sorted(set(re.findall(r"rk\.charts\.(\w+)\(", source))):
            used.setdefault(chart, []).append(name)
    lines = [
        "# Charts",
        "",
        "Each takes a view, gives one message with its numbers, and says what stands in its place when there is nothing to draw. The pictures",
        "are of the fictional company of `reportkit demo`; `python docs/make.py --gallery WORKSPACE` draws them again.",
    ]
    for name in (n for n in module.__all__ if n != "Plot"):
        words = " ".join((getattr(module, name).__doc__ or "").split("\n\n")[0].split())
        given = "".join(
            f", {a.replace('=', '=' + chr(34)) + chr(34) if '=' in a else chr(34) + a + chr(34)}"
            for a in CALLS.get(name, ())
        )
        where = (
            f"In {', '.join(f'`{one}`' for one in used[name])}."
            if name in used
            else "In no report of the suite; for one of your own."
        )
        lines += [
            "",
            f"## {name}",
            "",
            f"{words} {where}",
            "",
            f"`rk.charts.{name}(view{given})`",
            "",
            f"![{name}](../gallery/{name}.svg)",
        ]
    return "\n".join(lines) + "\n"


def draw(workspace: str) -> None:
    """Draw the pictures of the gallery from a workspace."""
    import reportkit as rk
    from reportkit.render import charts as drawing
    from reportkit.render import model

    (DOCS / "gallery").mkdir(exist_ok=True)
    view = rk.open(workspace).at("2026-Q3")
    for name in (n for n in rk.charts.__all__ if n != "Plot"):
        given = CALLS.get(name, ())
        plain, named = (
            [a for a in given if "=" not in a],
            dict(a.split("=") for a in given if "=" in a),
        )
        made = getattr(rk.charts, name)(view, *plain, **named)
        if not isinstance(made, rk.charts.Plot):
            sys.exit(f"{name} has nothing to draw in {workspace}: {made}")
        spec = made.spec()
        for part in ("title", "description", "usermeta"):
            spec.pop(part)
        svg = drawing.svg(model.Chart(id=name.replace("_", "-"), spec=spec, alt=made.alt))
        wide, high = drawing.svg_size(svg)
        svg = svg.replace('font-family="Inter"', 'font-family="Inter, Arial, sans-serif"')
        width = max(wide, 560.0) + 24
        said = [(line, 15, 600, "#0B2239") for line in wrap(made.title, int(width / 8.4))]
        said += [(line, 12, 400, "#556374") for line in wrap(made.subtitle, int(width / 6.2))]
        heads = "".join(
            f'<text x="12" y="{26 + 20 * place}" font-family="Inter, Arial, sans-serif" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
            for place, (text, size, weight, fill) in enumerate(said)
        )
        top = 20 * len(said) + 22
        framed = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {high + top + 12:.0f}" width="{width:.0f}" height="{high + top + 12:.0f}" role="img">'
            f"<title>{escape(made.title)}</title><desc>{escape(made.alt)}</desc>"
            f'<rect width="100%" height="100%" fill="white"/>{heads}<g transform="translate(12 {top})">{svg}</g></svg>'
        )
        rounded = re.sub(r"(\.\d\d)\d+(?!\d*e)", r"\1", framed)
        (DOCS / "gallery" / f"{name}.svg").write_text(rounded + "\n", encoding="utf-8")
