"""How wide the columns of a table are: no wider than the page, and so that the table is low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: A column up to this wide, in points, stays on one line while others wrap.
SHORT = 72.0


@dataclass(frozen=True)
class Need:
    """What a column needs, in points.

    Attributes:
        least: width of its longest word.
        most: width without any wrapping.
        share: the author's wish for a share of what is left over.
        sides: padding that is part of both widths.
        words: of some cells, the widths of the words of each of their paragraphs.
    """

    least: float
    most: float
    share: float = 0.0
    sides: float = 0.0
    words: tuple[tuple[tuple[float, ...], ...], ...] = ()


@dataclass(frozen=True)
class Fit:
    """Widths of columns in points.

    Attributes:
        lines: of the tallest cell.
        average: lines of a row, on average.
        fits: whether no word has to be broken.
    """

    widths: tuple[float, ...]
    lines: int
    average: float
    fits: bool


def fit(needs: Sequence[Need], room: float) -> Fit:
    """Share ``room`` among columns: narrow ones get what they want, wide ones wrap in proportion to their text."""
    least, most = sum(need.least for need in needs), sum(need.most for need in needs)
    if most <= room:
        widths = _spread(needs, room)
    elif least <= room:
        widths = _settled(needs, _wrapped(needs, room))
    else:
        widths = [need.least * room / least for need in needs]
    rows = [max(row) for row in zip(*_heights(needs, widths), strict=False)]
    return Fit(
        widths=tuple(round(width, 2) for width in widths),
        lines=max(rows, default=1),
        average=sum(rows) / len(rows) if rows else 1.0,
        fits=least <= room + 0.01,
    )


def _heights(needs: Sequence[Need], widths: Sequence[float]) -> list[list[int]]:
    return [
        [_cell_lines(cell, width - need.sides + 0.01) for cell in need.words]
        for need, width in zip(needs, widths, strict=True)
    ]


def _cell_lines(cell: Sequence[Sequence[float]], width: float) -> int:
    return sum(wrapped_lines(words, width) for words in cell)


def wrapped_lines(words: Sequence[float], width: float, space: float = 2.3) -> int:
    """Give the number of lines that words of these widths take."""
    lines, used = 1, 0.0
    for word in words:
        if used and used + space + word > width:
            lines, used = lines + 1, word
        else:
            used += word + (space if used else 0.0)
        if word > width:
            lines += int(word / max(width, 1.0))
    return lines


def _settled(needs: Sequence[Need], widths: list[float]) -> list[float]:
    """Move room between columns as long as that makes the table lower."""
    heights = _heights(needs, widths)
    if not heights or not heights[0]:
        return widths
    best = _height(heights)
    for step in (24.0, 12.0, 6.0):
        for taker in sorted(range(len(needs)), key=lambda i: -needs[i].most):
            for giver in range(len(needs)):
                if (
                    giver == taker
                    or needs[taker].most <= widths[taker]
                    or widths[giver] - step < needs[giver].least
                ):
                    continue
                tried = list(heights)
                for column, width in ((taker, widths[taker] + step), (giver, widths[giver] - step)):
                    tried[column] = [
                        _cell_lines(cell, width - needs[column].sides)
                        for cell in needs[column].words
                    ]
                if _height(tried) < best:
                    best, heights = _height(tried), tried
                    widths[taker] += step
                    widths[giver] -= step
    return widths


def _height(heights: Sequence[Sequence[int]]) -> int:
    """Give the lines of all rows, and among equals prefer that fewer cells wrap."""
    rows: int = sum(max(row) for row in zip(*heights, strict=True))
    return 1000 * rows + sum(sum(column) for column in heights)


def _spread(needs: Sequence[Need], room: float) -> list[float]:
    rest = room - sum(need.most for need in needs)
    shares = sum(need.share for need in needs)
    if shares > 0:
        return [need.most + rest * need.share / shares for need in needs]
    weight = [need.most + 24.0 for need in needs]
    return [need.most + rest * part / sum(weight) for need, part in zip(needs, weight, strict=True)]


def _wrapped(needs: Sequence[Need], room: float) -> list[float]:
    """Give wrapping columns the same number of lines, and let short columns stay on one."""
    floors = [min(need.most, max(need.least, SHORT)) for need in needs]
    if sum(floors) > room:
        floors = [need.least for need in needs]
    low, high = 1.0, max(need.most for need in needs)
    for _ in range(40):
        lines = (low + high) / 2
        used = sum(max(floor, need.most / lines) for floor, need in zip(floors, needs, strict=True))
        low, high = (low, lines) if used <= room else (lines, high)
    widths = [max(floor, need.most / high) for floor, need in zip(floors, needs, strict=True)]
    spare = (room - sum(widths)) / sum(widths)
    return [width * (1 + spare) for width in widths]
