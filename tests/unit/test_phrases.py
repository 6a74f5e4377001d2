"""What moved is said as it is written, and never twice the same number."""

from __future__ import annotations

import pytest

from reportkit import locale, phrases


def money(value: float) -> str:
    return locale.EN.money(value)


@pytest.mark.parametrize(
    ("before", "now", "plain", "by"),
    [
        (2.18e6, 2.23e6, "stays at €2.2m", "stays at €2.2m (+€50k)"),
        (2.23e6, 2.18e6, "stays at €2.2m", "stays at €2.2m (\N{MINUS SIGN}€50k)"),
        (2.2e6, 2.2e6, "stays at €2.2m", "stays at €2.2m"),
        (1.1e6, 2.2e6, "rose from €1.1m to €2.2m", "rose by €1.1m to €2.2m"),
        (2.2e6, 1.1e6, "fell from €2.2m to €1.1m", "fell by €1.1m to €1.1m"),
    ],
)
def test_moves(before: float, now: float, plain: str, by: str) -> None:
    assert phrases.moved(before, now, money) == plain
    assert phrases.moved_by(before, now, money) == by


def test_what_lies_ahead_is_not_said_as_past() -> None:
    assert phrases.moved(33, 24, ahead=True) == "falls from 33 to 24"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 6, "none of the 6 findings"), (2, 6, "2 of 6 findings"), (6, 6, "all 6 findings"), (1, 1, "the only finding")],
)  # fmt: skip
def test_how_many_of_how_many(part: int, whole: int, said: str) -> None:
    assert phrases.some(part, whole, "finding") == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.043, "4.3\u202f%"), (0.002, "0.2\u202f%"), (0.00123, "0.12\u202f%"), (0.00001, "under 0.01\u202f%"), (0.0, "0\u202f%"), (0.05, "5\u202f%"), (0.72, "72\u202f%")],
)  # fmt: skip
def test_a_chance_is_never_rounded_to_none(share: float, said: str) -> None:
    assert phrases.chance(share) == said
