"""Turns of phrase that several sentences share: how something moved, and how many of how many."""

from __future__ import annotations

from collections.abc import Callable

from reportkit.locale import number, percent, plural

Write = Callable[[float], str]


def moved(before: float, now: float, write: Write = number, *, ahead: bool = False) -> str:
    """Say how a number moved, as it is written: ``rose from 12 to 15``; what is written alike ``stays at 15``.

    Args:
        before: what it was.
        now: what it is.
        write: how they are written.
        ahead: whether it has not happened yet: ``rises from 12 to 15``.
    """
    was, is_ = write(before), write(now)
    if was == is_:
        return f"stays at {is_}"
    up, down = ("rises", "falls") if ahead else ("rose", "fell")
    return f"{up if now > before else down} from {was} to {is_}"


def moved_by(before: float, now: float, write: Write = number) -> str:
    """Say by how much a number moved and where it is; where that does not show in it, that it stays: ``stays at €2.2m (+€49k)``."""
    is_ = write(now)
    if write(before) == is_:
        difference = write(abs(now - before))
        zero = difference == write(0.0)
        sign = "+" if now > before else "\N{MINUS SIGN}"
        return f"stays at {is_}" if zero else f"stays at {is_} ({sign}{difference})"
    return f"{'rose' if now > before else 'fell'} by {write(abs(now - before))} to {is_}"


def some(part: int, whole: int, one: str, many: str = "") -> str:
    """Say how many of how many: ``none of the 6 findings``, ``2 of 6 findings``, ``all 6 findings``, ``the only finding``."""
    noun = plural(whole, one, many)
    if part == whole:
        return f"the only {one}" if whole == 1 else f"all {noun}"
    return f"none of the {noun}" if part == 0 else f"{number(part)} of {noun}"


def chance(share: float) -> str:
    """Write a chance in percent to two significant digits, and never as none where there is one: 4.3 %, 0.12 %, under 0.01 %."""
    value = 100 * share
    if 0 < value < 0.01:
        return f"under {percent(0.01, None)}"
    return (
        percent(value, 1)
        if value >= 1 and value != round(value)
        else percent(float(f"{value:.2g}") if value < 1 else value, None)
    )


def capital(sentence: str) -> str:
    """Begin a sentence with a capital."""
    return sentence[:1].upper() + sentence[1:]
