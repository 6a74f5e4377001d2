"""Status from limits: three colours, steady at the edges, overridden in the open."""

from __future__ import annotations

import pytest

from reportkit.facts import Status
from reportkit.measures.model import Direction
from reportkit.measures.status import Limits, status


@pytest.mark.parametrize(
    ("value", "direction", "limits", "expected"),
    [
        (0, "down", Limits(0, 3), "green"),
        (1, "down", Limits(0, 3), "amber"),
        (3, "down", Limits(0, 3), "amber"),
        (4, "down", Limits(0, 3), "red"),
        (90, "up", Limits(90, 80), "green"),
        (89.9, "up", Limits(90, 80), "amber"),
        (80, "up", Limits(90, 80), "amber"),
        (79.9, "up", Limits(90, 80), "red"),
        (-5, "band", Limits(5, 10), "green"),
        (-7, "band", Limits(5, 10), "amber"),
        (11, "band", Limits(5, 10), "red"),
        (None, "down", Limits(0, 3), "none"),
        (4, "down", Limits(None, None), "none"),
    ],
)
def test_colours(
    value: float | None, direction: Direction, limits: Limits, expected: Status
) -> None:
    assert status(value, limits, direction) == expected


@pytest.mark.parametrize(
    ("value", "direction", "before", "expected"),
    [
        (89.5, "up", "green", "green"),
        (88.5, "up", "green", "amber"),
        (90.5, "up", "amber", "amber"),
        (91.5, "up", "amber", "green"),
        (10.5, "down", "green", "green"),
        (11.5, "down", "green", "amber"),
        (89.5, "up", "none", "amber"),
    ],
)
def test_hysteresis_keeps_the_last_published_status(
    value: float, direction: Direction, before: Status, expected: Status
) -> None:
    limits = Limits(90, 80, hysteresis=1) if direction == "up" else Limits(10, 20, hysteresis=1)
    assert status(value, limits, direction, before) == expected


def test_an_override_counts_but_not_for_what_is_not_measured() -> None:
    limits = Limits(0, 3, override="amber", reason="agreed with the committee")
    assert status(9, limits, "down") == "amber"
    assert status(None, limits, "down") == "none"
