"""Green, amber or red: computed from dated limits, steady at the edges, overridden only in the open."""

from __future__ import annotations

from dataclasses import dataclass

from reportkit.facts import Status
from reportkit.measures.model import Direction


@dataclass(frozen=True)
class Limits:
    """The limits of a measure in force on a day.

    Attributes:
        green, red: better than or at ``green`` is green, worse than ``red`` is red, between is amber. For a band both
            are distances from zero.
        hysteresis: how far a value must pass a limit before the status changes.
        default: reportkit's own limits, because the organisation set none.
        override: a status set by a person, with the reason; printed wherever the status is.
    """

    green: float | None
    red: float | None
    hysteresis: float = 0.0
    default: bool = True
    override: Status | None = None
    reason: str = ""


def status(
    value: float | None, limits: Limits, direction: Direction, before: Status = "none"
) -> Status:
    """Give the status of a value.

    Args:
        value: None is "not measured" and has no status.
        limits: in force on the day.
        direction: which way is better.
        before: the last published status; within the hysteresis it is kept.
    """
    if value is None or limits.green is None:
        return "none"
    if limits.override is not None:
        return limits.override
    plain = _plain(value, limits, direction)
    if before in {"none", plain} or not limits.hysteresis:
        return plain
    better, worse = (
        _plain(value + shift, limits, direction) for shift in _shifts(value, limits, direction)
    )
    return before if before in {better, worse} else plain


def _plain(value: float, limits: Limits, direction: Direction) -> Status:
    green = limits.green if limits.green is not None else 0.0
    red = limits.red if limits.red is not None else green
    if direction == "up":
        return "green" if value >= green else "red" if value < red else "amber"
    size = abs(value) if direction == "band" else value
    return "green" if size <= green else "red" if size > red else "amber"


def _shifts(value: float, limits: Limits, direction: Direction) -> tuple[float, float]:
    away = limits.hysteresis if value >= 0 or direction != "band" else -limits.hysteresis
    return (away, -away) if direction == "up" else (-away, away)
