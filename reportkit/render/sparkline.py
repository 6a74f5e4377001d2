"""A trend in the size of a word, as SVG: a line with gaps where nothing was measured, and a dot at the end."""

from __future__ import annotations

from collections.abc import Sequence


def sparkline(
    values: Sequence[float | None],
    *,
    line: str,
    dot: str,
    width: float = 64.0,
    height: float = 16.0,
) -> str:
    """Draw values at equal steps, oldest first; None is a gap and never a zero.

    Args:
        values: the numbers.
        line: colour of the line, ``#RRGGBB``.
        dot: colour of the last point.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    edge = 2.6
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    step = (width - 2 * edge) / max(len(values) - 1, 1)

    def point(position: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return edge + position * step, height - edge - share * (height - 2 * edge)

    runs: list[list[tuple[float, float]]] = [[]]
    for position, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(point(position, value))
    parts = []
    for run in filter(None, runs):
        if len(run) == 1:
            parts.append(f'<circle cx="{run[0][0]:.1f}" cy="{run[0][1]:.1f}" r="1" fill="{line}"/>')
        else:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
            parts.append(
                f'<path d="M{path}" fill="none" stroke="{line}" stroke-width="1.3" stroke-linejoin="round" stroke-linecap="round"/>'
            )
    if values and values[-1] is not None:
        x, y = point(len(values) - 1, values[-1])
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{dot}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f"{''.join(parts)}</svg>"
    )
